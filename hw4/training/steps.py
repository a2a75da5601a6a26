"""What a network does with one seed's images: its losses, gradients and probes, to be traced."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from hw4.networks import backend, privates
from hw4.networks.seen import LossOfImages
from hw4.training.probes import Probe
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

Tensors = list[tf.Tensor]

Losses = tuple[tf.Tensor, tf.Tensor, tf.Tensor]
"""Cross-entropies and hits, each (images,), and the penalty."""


class Seed(NamedTuple):
    """A seed's network and images; of a stack of seeds, each with their axis in front."""

    trainable: Tensors
    fixed: Tensors
    images: tf.Tensor  # (images, height, width, channels)
    labels: tf.Tensor  # (images,)


class Steps:
    """One seed's losses, gradients and probes as functions of its variables and images.

    Args:
        model: the network.
        loss: what it is trained with.
        by_xla: whether XLA draws the masks of its dropout.
    """

    def __init__(self, model: keras.Model, loss: LossOfImages, *, by_xla: bool = False) -> None:
        self.model = model
        self._loss = loss
        self._masks = masks.drawn_by_xla if by_xla else contextlib.nullcontext

    def losses(self, seed: Seed, *, training: bool) -> tuple[Losses, Tensors]:
        """Return the losses, with the unit penalty, and what the layers change in themselves.

        Raises:
            ValueError: the outputs have a mask, by which `fit` would weigh the images.
        """
        with self._masks(self.model):
            outputs, fixed, penalties = self.model.stateless_call(
                seed.trainable, seed.fixed, seed.images, training=training, return_losses=True
            )
        if privates.mask_of(outputs) is not None:
            raise ValueError(
                f"model {self.model.name!r} masks its outputs, by which fit would leave images out "
                "and hw4 does not: expected a layer before the last that takes no mask"
            )
        cross_entropies = self._loss(seed.labels, outputs)
        hits = tf.equal(tf.argmax(outputs, axis=-1, output_type=seed.labels.dtype), seed.labels)
        penalty = tf.add_n(penalties) if penalties else tf.constant(0.0)
        return (cross_entropies, tf.cast(hits, tf.float32), penalty), fixed

    def gradients(self, l2: tf.Tensor, seed: Seed) -> tuple[Tensors, Tensors]:
        """Return the gradients and what the layers change in themselves."""
        with tf.GradientTape() as tape:
            tape.watch(seed.trainable)
            loss, fixed = self._loss_to_train(l2, seed)
        return tape.gradient(loss, seed.trainable), fixed

    def probe(self, probe: Probe, l2: tf.Tensor, seed: Seed) -> tf.Tensor:
        """Return what a probe measures, (n,)."""

        def loss(trainable: Tensors, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
            return self._loss_to_train(l2, Seed(trainable, seed.fixed, images, labels))[0]

        return probe(Snapshot(self.model, *seed, loss))

    def _loss_to_train(self, l2: tf.Tensor, seed: Seed) -> tuple[tf.Tensor, Tensors]:
        """Return mean cross-entropy and penalty as one, and what the layers change."""
        (cross_entropies, _, penalty), fixed = self.losses(seed, training=True)
        return tf.reduce_mean(cross_entropies) + l2 * penalty, fixed


def has_convolution(model: keras.Model) -> bool:
    """Return whether a layer convolves, also inside another layer."""
    return any(isinstance(layer, _CONVOLUTIONS) for layer in privates.layers_of(model))
