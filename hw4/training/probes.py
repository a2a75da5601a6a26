"""What is measured inside a network before the first step and after the last.

A probe sees one seed's network and training set and returns a vector. It is written for one seed;
the engine maps it over the stack. `path_length` alone is measured along the way, in every epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from hw4.data import DataError
from hw4.training.gradient_noise import BATCH_SIZES, gradient_cosine, gradient_variance
from hw4.training.snapshot import Snapshot, kernels

if TYPE_CHECKING:
    import tensorflow as tf

PATH_LENGTH = "path_length"
"""The sum of the lengths of an epoch's steps, over all trainable weights together."""

_SATURATED = 4.0  # |z| beyond which σ′(z) is below 0.018, a fourteenth of its greatest value


Probe: TypeAlias = "Callable[[Snapshot], tf.Tensor]"
"""Snapshot → (n,)"""


def gradient_norm(network: Snapshot) -> tf.Tensor:
    """Return the Euclidean norm of the loss's gradient for each kernel, (kernels,).

    The loss is that of the whole training set, in training mode (batch norm sees one batch).
    """
    import tensorflow as tf

    gradients = network.gradient(network.images, network.labels)
    return tf.stack([tf.norm(gradient) for gradient in kernels(network.model, gradients)])


def weight_norm(network: Snapshot) -> tf.Tensor:
    """Return the Euclidean norm of each kernel, (kernels,)."""
    import tensorflow as tf

    return tf.stack([tf.norm(kernel) for kernel in kernels(network.model, network.trainable)])


def zero_weights(network: Snapshot) -> tf.Tensor:
    """Return how many weights of each kernel are exactly zero, (kernels,)."""
    import tensorflow as tf

    return tf.stack(
        [
            tf.reduce_sum(tf.cast(tf.equal(kernel, 0.0), tf.float32))
            for kernel in kernels(network.model, network.trainable)
        ]
    )


def dead_units(network: Snapshot) -> tf.Tensor:
    """Return the share of each hidden layer's units that give 0 for every image, (layers,)."""
    import tensorflow as tf

    def share(outputs: tf.Tensor) -> tf.Tensor:
        dead = tf.reduce_all(tf.equal(outputs, 0.0), axis=0)
        return tf.reduce_mean(tf.cast(dead, tf.float32))

    return tf.stack([share(outputs) for _, outputs in network.hidden()])


def saturated_units(network: Snapshot) -> tf.Tensor:
    """Return the share of each hidden layer's inputs z with |z| > 4, (layers,)."""
    import tensorflow as tf

    return tf.stack(
        [
            tf.reduce_mean(tf.cast(tf.abs(inputs) > _SATURATED, tf.float32))
            for inputs, _ in network.hidden()
        ]
    )


def mean_activation(network: Snapshot) -> tf.Tensor:
    """Return each hidden layer's mean output over units and images, (layers,)."""
    import tensorflow as tf

    return tf.stack([tf.reduce_mean(outputs) for _, outputs in network.hidden()])


PROBES: dict[str, Probe] = {
    "dead_units": dead_units,
    "gradient_cosine": gradient_cosine,
    "gradient_norm": gradient_norm,
    "gradient_variance": gradient_variance,
    "mean_activation": mean_activation,
    "saturated_units": saturated_units,
    "weight_norm": weight_norm,
    "zero_weights": zero_weights,
}


def check(names: tuple[str, ...]) -> None:
    """Refuse a probe that does not exist.

    Raises:
        ValueError: one sentence that names it and the probes there are.
    """
    known = sorted([*PROBES, PATH_LENGTH])
    for name in names:
        if name not in known:
            raise ValueError(f"unknown probe {name!r}: expected one of {', '.join(known)}")


def check_images(names: tuple[str, ...], images: int) -> None:
    """Refuse a training set that is too small for a probe.

    Raises:
        DataError: there are not two of the largest batches of which gradients are compared.
    """
    least = 2 * BATCH_SIZES[-1]
    if images < least and any(name in names for name in ("gradient_cosine", "gradient_variance")):
        raise DataError(
            f"the noise of gradients cannot be measured on {images} training images: "
            f"expected at least {least}"
        )
