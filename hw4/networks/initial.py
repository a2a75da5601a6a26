"""A seed's initial weights, drawn by the layers' own initialisers."""

from __future__ import annotations

import copy
import functools
import math
import threading
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from numpy.typing import NDArray

from hw4.data.dataset import DataError
from hw4.networks.models import ImageShape, Network
from hw4.networks.origins import (
    Drawn,
    Origin,
    initialisers_of,
    is_kerass,
    origin_of,
    recorded,
    seeded_states,
)
from hw4.networks.seen import Draw, Halves, Seen

if TYPE_CHECKING:
    import keras

_WEIGHTS, _LAYERS = 2, 3  # numbers of the random streams of initial weights and of dropout

_SMALL = 40_000  # numbers in a variable that is cached: 512 such variables take at most 80 MB

Weights = Literal["as given", "drawn"] | None
"""Where a user's network begins: as it is, drawn anew, or drawn but for what was set."""

_one_lane = threading.Lock()  # only one lane at a time may draw from the global generators


class Start:
    """Draws a seed's variables, each by its initialiser; values that the user set are always used.

    The k-th random initialiser draws from the k-th stream of the seed. So arms that differ only in
    layers without random weights start from the same weights.

    Attributes:
        own: whether an initialiser is not one of Keras's own.
        given: (path, value) of each variable that the user has set.
    """

    def __init__(self, model: keras.Model, drawn: dict[int, Drawn], begin: Weights = None) -> None:
        self._model = model
        self._origins: dict[int, Origin] = {**seeded_states(model)}
        weights = {id(weight): weight for weight in model.weights}
        if begin == "as given":
            self._origins |= {id(v): np.asarray(v.numpy()) for v in weights.values()}
        elif begin == "drawn":
            self._origins |= initialisers_of(model, drawn)
        else:
            self._origins |= {id(v): origin_of(v, model, drawn) for v in weights.values()}
        origins = [(weights[place].path, self._origins[place]) for place in weights]
        self.given = [(path, value) for path, value in origins if isinstance(value, np.ndarray)]
        self.own = not all(isinstance(each, np.ndarray) or is_kerass(each) for _, each in origins)
        drawing = {
            place: origin
            for place, origin in self._origins.items()
            if not isinstance(origin, np.ndarray)
        }
        self._origins |= _constants(model, drawing)

    def __call__(self, seed: int) -> Halves:
        """Return a seed's values."""
        model, streams = self._model, iter(range(len(self._model.variables)))
        halves = (model.trainable_variables, model.non_trainable_variables)
        trainable, fixed = (
            [_value(variable, self._origins, seed, streams) for variable in half] for half in halves
        )
        return trainable, fixed


def build(
    network: Network, image_shape: ImageShape, classes: int, begin: Weights = None
) -> tuple[keras.Model, Draw]:
    """Build the network once and return it with a function that draws a seed's variables.

    Building a Keras model costs 50 ms and more; drawing its variables again costs one call of each
    initialiser. If a weight is no longer as its initialiser drew it, in a ready-made model or in
    one that a function returns, then the user has set it: every seed starts from it, unless `begin`
    says otherwise.

    Raises:
        ValueError: a ready-made model does not show what was set in it.
        DataError: there are no classes to tell apart.
    """
    if not classes:
        raise DataError("the data set has targets, not classes: train(…) tells classes apart")
    if isinstance(network, Seen):  # it is built
        return network.model, network.draw
    with recorded() as drawn:
        model = network.build(image_shape, classes)
    return model, Start(model, drawn, begin)


def _constants(
    model: keras.Model, initialisers: dict[int, keras.initializers.Initializer]
) -> dict[int, NDArray[np.generic]]:
    """Return the values that are the same for every seed, by variable: zeros, ones, a constant.

    In a deep network with batch norm, five variables in six are constant, and calling an
    initialiser costs more than drawing a small layer's random numbers.
    """
    from keras.initializers import Constant, Ones, Zeros

    return {
        id(v): np.asarray(initialisers[id(v)](tuple(v.shape), dtype=v.dtype))
        for v in model.variables
        if type(initialisers.get(id(v))) in (Constant, Ones, Zeros)  # a subclass may draw
    }


def _value(
    variable: keras.Variable, origins: dict[int, Origin], seed: int, streams: Iterator[int]
) -> NDArray[np.generic]:
    initialiser = origins.get(id(variable))
    if initialiser is None:
        if "seed_generator_state" not in variable.path:
            return np.asarray(variable.numpy())
        state = _entropy(seed, _LAYERS, next(streams), words=2)
        return state.astype(variable.dtype)
    if isinstance(initialiser, np.ndarray):  # set by the user, or one of `_constants`
        return initialiser
    config = initialiser.get_config() if hasattr(initialiser, "get_config") else {}
    kerass, shape = is_kerass(initialiser), tuple(variable.shape)
    if "seed" not in config and not kerass:  # of the user's, which may use any global generator
        import keras

        with _one_lane:
            keras.utils.set_random_seed(int(_entropy(seed, _WEIGHTS, next(streams))[0]))
            return np.asarray(initialiser(shape, dtype=variable.dtype))
    if "seed" not in config or _seed_in(config["seed"]) is not None:
        return np.asarray(initialiser(shape, dtype=variable.dtype))
    stream = int(_entropy(seed, _WEIGHTS, next(streams))[0] >> 1)
    if not kerass:  # its configuration may not say all
        initialiser = copy.copy(initialiser)
        initialiser.seed = stream
        return np.asarray(initialiser(shape, dtype=variable.dtype))
    kind, options = type(initialiser), config | {"seed": stream}
    if math.prod(shape) > _SMALL:
        return np.asarray(kind.from_config(options)(shape, dtype=variable.dtype))
    return _again(cast("Hashable", kind), tuple(options.items()), shape, variable.dtype)


def _seed_in(config: int | dict[str, dict[str, int | None]] | None) -> int | None:
    """Return the seed that the user gave an initialiser, itself or in a SeedGenerator."""
    return config["config"]["seed"] if isinstance(config, dict) else config


@functools.lru_cache(maxsize=512)  # arms of one claim begin with the same weights
def _again(
    kind: type[keras.initializers.Initializer],
    options: tuple[tuple[str, object], ...],
    shape: tuple[int, ...],
    dtype: str,
) -> NDArray[np.generic]:
    """Return what a Keras initialiser draws; cached, because a call costs milliseconds."""
    values = np.asarray(kind.from_config(dict(options))(shape, dtype=dtype))
    values.flags.writeable = False
    return values


def _entropy(seed: int, stream: int, index: int, words: int = 1) -> NDArray[np.generic]:
    return np.random.SeedSequence([seed, stream, index]).generate_state(words, np.uint32)
