"""How far the gradients of small batches deviate from the gradient of the whole training set.

Batches are consecutive slices of the training set: every source gives its images in random order,
so a slice is a random batch. The images after the last full 64 are left out, at every batch size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hw4.networks import privates
from hw4.training.snapshot import Snapshot

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

BATCH_SIZES = (1, 4, 16, 64)
"""What the probes measure at, in this order; each is a part of the last."""


def gradient_cosine(network: Snapshot) -> tf.Tensor:
    """Return the mean cosine of a batch's gradient with the whole set's, (batch sizes,).

    1 is the direction of the whole training set's gradient, 0 is at right angles to it.
    """
    import tensorflow as tf

    def cosine(gradient: list[tf.Tensor], whole: list[tf.Tensor]) -> tf.Tensor:
        lengths = tf.sqrt(_product(gradient, gradient) * _product(whole, whole))
        return tf.math.divide_no_nan(_product(gradient, whole), lengths)  # 0 has no direction

    totals, batches = _over_batches(network, cosine)
    return totals / batches


def gradient_variance(network: Snapshot) -> tf.Tensor:
    """Return the variance of a batch's gradient, summed over all weights, (batch sizes,).

    Σ|gᵢ − ḡ|² / (k − 1) over k disjoint batches that divide up one training set, whose gradient is
    their mean ḡ. Its expectation is the variance of one image's gradient over the batch size,
    without a correction for drawing without replacement. (Under batch norm a gradient is not a
    mean over images, and ḡ only nearly theirs.)
    """

    def square(gradient: list[tf.Tensor], whole: list[tf.Tensor]) -> tf.Tensor:
        deviation = [each - mean for each, mean in zip(gradient, whole, strict=True)]
        return _product(deviation, deviation)

    totals, batches = _over_batches(network, square)
    return totals / (batches - 1)


def _over_batches(
    network: Snapshot, measure: Callable[[list[tf.Tensor], list[tf.Tensor]], tf.Tensor]
) -> tuple[tf.Tensor, NDArray[np.float32]]:
    """Return sums of `measure(batch's gradient, whole gradient)` and the numbers of batches.

    Both are (batch sizes,). One batch after the other: their gradients together would fill the
    memory.

    Raises:
        ValueError: a layer of the network draws random numbers.
    """
    import tensorflow as tf

    random = [layer.name for layer in privates.layers_of(network.model) if _is_random(layer)]
    if random:  # of a batch that stands there several times over, every copy would draw its own
        raise ValueError(
            f"the noise of gradients cannot be measured with layer {random[0]!r}: "
            "expected a network without dropout or other random layers"
        )
    slices, kinds = _slices(int(network.images.shape[0]))
    used = slices.max() + 1
    whole = network.gradient(network.images[:used], network.labels[:used])

    def add(index: tf.Tensor, totals: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        chosen = tf.gather(slices, index)
        images, labels = (tf.gather(each, chosen) for each in (network.images, network.labels))
        measured = measure(network.gradient(images, labels), whole)
        return index + 1, totals + measured * tf.gather(kinds, index)

    _, totals = tf.while_loop(
        lambda index, _: index < len(slices),
        add,
        (0, tf.zeros(len(BATCH_SIZES))),
        parallel_iterations=1,
    )
    return totals, kinds.sum(axis=0)


def _slices(images: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return every batch as 64 indices, (batches, 64), and which size it has, one-hot.

    A smaller batch is repeated to fill the 64. That does not change its mean loss, and one compiled
    step serves all sizes.
    """
    largest = BATCH_SIZES[-1]
    order = np.arange(images - images % largest, dtype=np.int32)
    rows = [np.tile(order.reshape(-1, size), largest // size) for size in BATCH_SIZES]
    kinds = np.repeat(np.eye(len(rows), dtype=np.float32), [len(each) for each in rows], axis=0)
    return np.concatenate(rows), kinds


def _is_random(layer: keras.layers.Layer) -> bool:
    return getattr(layer, "seed_generator", None) is not None


def _product(left: list[tf.Tensor], right: list[tf.Tensor]) -> tf.Tensor:
    """Return the inner product of two gradients, over all weights."""
    import tensorflow as tf

    return tf.add_n([tf.reduce_sum(a * b) for a, b in zip(left, right, strict=True)])
