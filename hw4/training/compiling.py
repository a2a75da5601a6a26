"""Which runs XLA compiles, namely those that gain more from compiling than it costs.

And how many seeds are stacked. Both are known before TensorFlow is loaded.
"""

from __future__ import annotations

import math

from hw4.networks import device
from hw4.networks.models import CNN, MLP
from hw4.networks.seen import Seen
from hw4.training.recipe import Recipe

_LONG = 3_000  # steps of a dense network
_LARGE, _LARGE_LONG = 250_000, 300  # weights of a dense network, and steps of such a one
_LONG_CNN = 500  # steps of a convolutional network
_SMALL_CNN = 250_000  # multiplications an image

# Parameters. Above the first number, the optimiser's state of eight seeds leaves the cache; above
# the second, that of two: 1024-300-150-4 trains a fifth faster alone than four together.
_STACK, _PAIR = 100_000, 250_000


def seeds_at_once(parameters: int) -> int:
    """Return how many dense networks of so many parameters are trained together."""
    return 1 if parameters > _PAIR else 4 if parameters > _STACK else 8


def block_size(recipe: Recipe) -> int | None:
    """Return how many seeds a call trains; None of the user's own network, which is to be built."""
    match recipe.network:
        case MLP() as network:
            dataset = recipe.dataset
            return seeds_at_once(network.parameters(dataset.image_shape, dataset.outputs))
        case CNN():
            return 1
    return None


def is_compiled(recipe: Recipe) -> bool:
    """Return whether XLA compiles the recipe's epochs as a whole; else TensorFlow's kernels run.

    The recipe alone decides, so that its bits never depend on what else was trained. Measured in
    seconds of one core (AMD EPYC, AVX2, TensorFlow 2.21), eight seeds of a dense network:

    - Two layers of 64, Adam: the first epoch takes 1.7 s compiled and 0.8 s not, a step 0.83 ms
      and 0.94. Sixteen layers with batch norm: 11.4 s and 6.9 s, 2.9 ms and 5.9. So compiling pays
      from 1,500 to 8,000 steps on, over all blocks of seeds and all recipes that share the program;
      most verdicts take one or two blocks. Hence 3,000 steps a run.
    - A network 256-300-150-4, images of 16×16 pixels: a step of four seeds takes 5 ms either
      way; the first epoch takes 0.8 s, and 2.5 s compiled. On 32×32 pixels, 1024-300-150-4, one
      seed trains at a time and fills the cache. Adam goes through the cache thirty times, XLA once:
      4.9 ms, and 4.5 compiled, for 1.5 s more at first. Sixteen seeds pay for that from 250 steps.
    - A step of a small convolutional network (8, 16, 16, 32, 32 filters on 8×8 pixels, 200,000
      multiplications an image) has 0.3 ms of arithmetic. It takes 5.9 ms, and 3.8 ms compiled.
      Compiling takes 7 s, which pays from 3,400 steps, or seven seeds of 500. With 64 to 256
      filters, XLA's convolutions take twenty times as long as oneDNN's.

    The user's own networks are compiled if their seeds can be stacked, see `hw4.networks.ways`:
    they may hold variables, which only a compiled function accepts. On a GPU everything is
    compiled, see `Device`.
    """
    if device.current().all_compiled:
        return True
    network, shape = recipe.network, recipe.dataset.image_shape
    classes = len(recipe.dataset.classes)
    steps = recipe.epochs * math.ceil(recipe.images / recipe.batch_size)
    if isinstance(network, CNN):
        return steps >= _LONG_CNN and network.multiplications(shape, classes) <= _SMALL_CNN
    if isinstance(network, MLP):
        return steps >= (_LARGE_LONG if network.weights(shape, classes) > _LARGE else _LONG)
    return not isinstance(network, Seen) or network.stacked
