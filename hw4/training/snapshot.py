"""What a probe sees: one seed's network at one moment, with its training set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hw4.networks import privates

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_HIDDEN = ("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU")  # layers that are an activation


@dataclass(frozen=True)
class Snapshot:
    """One seed's network at one moment, with its training set.

    `loss` is of (trainable variables, images, labels): data term and penalty, in training mode.
    """

    model: keras.Model
    trainable: list[tf.Tensor]
    fixed: list[tf.Tensor]
    images: tf.Tensor  # (images, height, width, channels)
    labels: tf.Tensor  # (images,)
    loss: Callable[[list[tf.Tensor], tf.Tensor, tf.Tensor], tf.Tensor]

    def gradient(self, images: tf.Tensor, labels: tf.Tensor) -> list[tf.Tensor]:
        """Return the loss's gradient on these images, one tensor a trainable variable."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(self.trainable)
            value = self.loss(self.trainable, images, labels)
        gradient: list[tf.Tensor] = tape.gradient(value, self.trainable)
        return gradient

    def hidden(self) -> list[tuple[tf.Tensor, tf.Tensor]]:
        """Return inputs and outputs of each hidden activation, input side first.

        Each is (images, …units), in inference mode.

        Raises:
            ValueError: the model has no activation as a layer of its own.
        """
        import keras

        last = privates.producer_of(self.model.outputs[0])
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


def kernels(model: keras.Model, values: list[tf.Tensor]) -> list[tf.Tensor]:
    """Return those of the trainable values that are kernels: two axes or more."""
    return [
        value
        for variable, value in zip(model.trainable_variables, values, strict=True)
        if len(variable.shape) >= 2
    ]
