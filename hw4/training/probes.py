"""What is measured inside a network before the first step and after the last.

A probe sees one seed's network and training set and returns a vector with one number a kernel
(input side first). It is written for one seed; the engine maps it over the stack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Probe = Callable[[Any, list[Any], Callable[[list[Any]], Any]], Any]
"""(model, trainable variables, loss of trainable variables) → (kernels,)"""


def kernels(model: Any, values: list[Any]) -> list[Any]:
    """Return those of the trainable values that are kernels: two axes or more."""
    return [
        value
        for variable, value in zip(model.trainable_variables, values, strict=True)
        if len(variable.shape) >= 2
    ]


def gradient_norm(model: Any, trainable: list[Any], loss: Callable[[list[Any]], Any]) -> Any:
    """Return the Euclidean norm of the loss's gradient for each kernel.

    The loss is that of the whole training set, in training mode (batch norm sees one batch).
    """
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(trainable)
        value = loss(trainable)
    gradients = tape.gradient(value, trainable)
    return tf.stack([tf.norm(gradient) for gradient in kernels(model, gradients)])


def weight_norm(model: Any, trainable: list[Any], loss: Callable[[list[Any]], Any]) -> Any:
    """Return the Euclidean norm of each kernel."""
    import tensorflow as tf

    return tf.stack([tf.norm(kernel) for kernel in kernels(model, trainable)])


def zero_weights(model: Any, trainable: list[Any], loss: Callable[[list[Any]], Any]) -> Any:
    """Return how many weights of each kernel are exactly zero."""
    import tensorflow as tf

    return tf.stack(
        [
            tf.reduce_sum(tf.cast(tf.equal(kernel, 0.0), tf.float32))
            for kernel in kernels(model, trainable)
        ]
    )


PROBES: dict[str, Probe] = {
    "gradient_norm": gradient_norm,
    "weight_norm": weight_norm,
    "zero_weights": zero_weights,
}


def check(names: tuple[str, ...]) -> None:
    """Refuse a probe that does not exist.

    Raises:
        ValueError: one sentence that names it and the probes there are.
    """
    for name in names:
        if name not in PROBES:
            raise ValueError(f"unknown probe {name!r}: expected one of {', '.join(PROBES)}")
