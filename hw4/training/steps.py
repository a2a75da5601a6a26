"""What a network does with one seed's images: its losses, gradients and probes, to be traced."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from hw4.networks import privates
from hw4.training import backend
from hw4.training.snapshot import Snapshot

backend.configure()
backend.require_tensorflow()

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from hw4.training import masks  # noqa: E402

_CONVOLUTIONS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
)
AT_ONCE = 256  # images of a convolutional network's evaluation: all of them would fill the memory


class Steps:
    """One seed's losses, gradients and probes as functions of its variables and images.

    Args:
        model: the network.
        loss: of an image, by labels and outputs.
        by_xla: whether XLA draws the masks of its dropout.
    """

    def __init__(
        self, model: Any, loss: Callable[[Any, Any], Any], *, by_xla: bool = False
    ) -> None:
        self.model = model
        self._loss = loss
        self._masks = masks.drawn_by_xla if by_xla else contextlib.nullcontext

    def losses(
        self, trainable: list[Any], fixed: list[Any], images: Any, labels: Any, training: bool
    ) -> tuple[Any, Any, Any, list[Any]]:
        """Return cross-entropies and hits, (images,), unit penalty, and new state.

        Raises:
            ValueError: the outputs have a mask, by which `fit` would weigh the images.
        """
        with self._masks(self.model):
            outputs, fixed, penalties = self.model.stateless_call(
                trainable, fixed, images, training=training, return_losses=True
            )
        if privates.mask_of(outputs) is not None:
            raise ValueError(
                f"model {self.model.name!r} masks its outputs, by which fit would leave images out "
                "and hw4 does not: expected a layer before the last that takes no mask"
            )
        cross_entropies = self._loss(labels, outputs)
        hits = tf.equal(tf.argmax(outputs, axis=-1, output_type=labels.dtype), labels)
        penalty = tf.add_n(penalties) if penalties else tf.constant(0.0)
        return cross_entropies, tf.cast(hits, tf.float32), penalty, fixed

    def gradients(
        self, l2: Any, trainable: list[Any], fixed: list[Any], images: Any, labels: Any
    ) -> tuple[list[Any], list[Any]]:
        """Return the gradients and what the layers change in themselves."""
        with tf.GradientTape() as tape:
            tape.watch(trainable)
            losses, _, penalty, fixed = self.losses(trainable, fixed, images, labels, True)
            loss = tf.reduce_mean(losses) + l2 * penalty
        return tape.gradient(loss, trainable), fixed

    def probe(
        self, probe: Any, l2: Any, trainable: list[Any], fixed: list[Any], images: Any, labels: Any
    ) -> Any:
        """Return what a probe measures, (n,)."""

        def loss(values: list[Any], images: Any, labels: Any) -> Any:
            losses, _, penalty, _ = self.losses(values, fixed, images, labels, True)
            return tf.reduce_mean(losses) + l2 * penalty

        return probe(Snapshot(self.model, trainable, fixed, images, labels, loss))


def has_convolution(model: Any) -> bool:
    """Return whether a layer convolves, also inside another layer."""
    return any(isinstance(layer, _CONVOLUTIONS) for layer in privates.layers_of(model))
