"""hw4 can judge JAX, for which it has no code: `jax.vmap` trains a block of seeds at once.

pytest examples/test_jax.py
"""

import jax
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from hw4 import claim

EPOCHS, BATCH, RATE = 4, 50, 0.3
SEEDS = 8  # that train together, always: JAX compiles a program for each number


def split_of(seed):
    images, labels = load_digits(return_X_y=True)
    return train_test_split(images.astype("f4") / 16, labels, test_size=397, random_state=seed)


def logits(weights, x):
    for kernel, bias in weights[:-1]:
        x = jax.nn.relu(x @ kernel + bias)
    return x @ weights[-1][0] + weights[-1][1]


def loss(weights, x, y):
    chances = jax.nn.log_softmax(logits(weights, x))
    return -jax.numpy.take_along_axis(chances, y[:, None], axis=1).mean()


def trained(units, seed, split):
    """Return one network's test accuracy; its weights and batches come from the seed alone."""
    x, x_test, y, y_test = split
    first, last, order = jax.random.split(jax.random.key(seed), 3)
    weights = [
        (jax.random.normal(key, (a, b)) * (2 / a) ** 0.5, jax.numpy.zeros(b))
        for key, a, b in ((first, 64, units), (last, units, 10))
    ]

    def step(weights, batch):
        gradients = jax.grad(loss)(weights, x[batch], y[batch])
        return jax.tree.map(lambda w, g: w - RATE * g, weights, gradients), None

    keys = jax.random.split(order, EPOCHS)
    batches = jax.vmap(lambda key: jax.random.permutation(key, len(x)))(keys).reshape(-1, BATCH)
    weights, _ = jax.lax.scan(step, weights, batches)
    return (logits(weights, x_test).argmax(axis=1) == y_test).mean()


def every_seed(units):
    """Return a compiled function: seeds and their splits → test accuracies, each (seeds, …)."""
    return jax.jit(jax.vmap(lambda seed, split: trained(units, seed, split)))


WIDE, NARROW = every_seed(32), every_seed(4)


@claim(
    "On digits, 32 hidden units are more accurate than 4.",
    id="examples/wider-in-jax",
    margin=0.05,
    unit="test accuracy",
)
def test_a_wider_network_is_more_accurate(seeds):
    """Return the differences in accuracy, shape (seeds,), paired by seed."""
    block = np.resize(seeds, SEEDS)
    splits = [np.stack(each) for each in zip(*(split_of(int(s)) for s in block), strict=True)]
    wide, narrow = (np.asarray(each(block.astype("u4"), splits), float) for each in (WIDE, NARROW))
    return (wide - narrow)[: seeds.size]
