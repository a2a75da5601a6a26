"""What is measured inside a network before the first step and after the last.

A probe sees one seed's network and training set and returns a vector. It is written for one seed;
the engine maps it over the stack. `path_length` alone is measured along the way, in every epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hw4.data import DataError
from hw4.training.gradient_noise import BATCH_SIZES, gradient_cosine, gradient_variance

PATH_LENGTH = "path_length"
"""The sum of the lengths of an epoch's steps, over all trainable weights together."""

_SATURATED = 4.0  # |z| beyond which σ′(z) is below 0.018, a fourteenth of its greatest value
_HIDDEN = ("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU")  # layers that are an activation


@dataclass(frozen=True)
class Snapshot:
    """One seed's network at one moment, with its training set.

    `loss` is of (trainable variables, images, labels): data term and penalty, in training mode.
    """

    model: Any
    trainable: list[Any]
    fixed: list[Any]
    images: Any  # (images, height, width, channels)
    labels: Any  # (images,)
    loss: Callable[[list[Any], Any, Any], Any]

    def gradient(self, images: Any, labels: Any) -> list[Any]:
        """Return the loss's gradient on these images, one tensor a trainable variable."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(self.trainable)
            value = self.loss(self.trainable, images, labels)
        gradient: list[Any] = tape.gradient(value, self.trainable)
        return gradient

    def hidden(self) -> list[tuple[Any, Any]]:
        """Return inputs and outputs of each hidden activation, input side first.

        Each is (images, …units), in inference mode.

        Raises:
            ValueError: the model has no activation as a layer of its own.
        """
        import keras

        last = self.model.outputs[0]._keras_history.operation
        layers = [
            layer
            for layer in self.model.layers
            if type(layer).__name__ in _HIDDEN and layer is not last
        ]
        if not layers:
            raise ValueError(
                f"model {self.model.name!r} has no hidden activation as a layer of its own: "
                "expected Activation layers, as mlp(…) builds them"
            )
        taps = [tensor for layer in layers for tensor in (layer.input, layer.output)]
        tapped = keras.Model(self.model.inputs, taps)
        values = {
            id(variable): value
            for variables, given in (
                (self.model.trainable_variables, self.trainable),
                (self.model.non_trainable_variables, self.fixed),
            )
            for variable, value in zip(variables, given, strict=True)
        }
        trainable = [values[id(variable)] for variable in tapped.trainable_variables]
        fixed = [values[id(variable)] for variable in tapped.non_trainable_variables]
        outputs, _ = tapped.stateless_call(trainable, fixed, self.images, training=False)
        return list(zip(outputs[::2], outputs[1::2], strict=True))


Probe = Callable[[Snapshot], Any]
"""Snapshot → (n,)"""


def kernels(model: Any, values: list[Any]) -> list[Any]:
    """Return those of the trainable values that are kernels: two axes or more."""
    return [
        value
        for variable, value in zip(model.trainable_variables, values, strict=True)
        if len(variable.shape) >= 2
    ]


def gradient_norm(network: Snapshot) -> Any:
    """Return the Euclidean norm of the loss's gradient for each kernel, (kernels,).

    The loss is that of the whole training set, in training mode (batch norm sees one batch).
    """
    import tensorflow as tf

    gradients = network.gradient(network.images, network.labels)
    return tf.stack([tf.norm(gradient) for gradient in kernels(network.model, gradients)])


def weight_norm(network: Snapshot) -> Any:
    """Return the Euclidean norm of each kernel, (kernels,)."""
    import tensorflow as tf

    return tf.stack([tf.norm(kernel) for kernel in kernels(network.model, network.trainable)])


def zero_weights(network: Snapshot) -> Any:
    """Return how many weights of each kernel are exactly zero, (kernels,)."""
    import tensorflow as tf

    return tf.stack(
        [
            tf.reduce_sum(tf.cast(tf.equal(kernel, 0.0), tf.float32))
            for kernel in kernels(network.model, network.trainable)
        ]
    )


def dead_units(network: Snapshot) -> Any:
    """Return the share of each hidden layer's units that give 0 for every image, (layers,)."""
    import tensorflow as tf

    def share(outputs: Any) -> Any:
        dead = tf.reduce_all(tf.equal(outputs, 0.0), axis=0)
        return tf.reduce_mean(tf.cast(dead, tf.float32))

    return tf.stack([share(outputs) for _, outputs in network.hidden()])


def saturated_units(network: Snapshot) -> Any:
    """Return the share of each hidden layer's inputs z with |z| > 4, (layers,)."""
    import tensorflow as tf

    return tf.stack(
        [
            tf.reduce_mean(tf.cast(tf.abs(inputs) > _SATURATED, tf.float32))
            for inputs, _ in network.hidden()
        ]
    )


def mean_activation(network: Snapshot) -> Any:
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
