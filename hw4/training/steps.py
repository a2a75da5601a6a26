"""What a network does with one seed's images: its losses, gradients and probes, to be traced."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from hw4.networks import backend, privates
from hw4.networks.seen import LossOfImages
from hw4.objectives.losses import Loss
from hw4.objectives.outputs import Last, origin
from hw4.training.probes import Probe
from hw4.training.snapshot import Snapshot

backend.configure()
backend.require_tensorflow()

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from hw4.networks import masks  # noqa: E402

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
"""Cross-entropies and hits, each (images,), and the penalty; or outputs, logits and penalty."""


class Seed(NamedTuple):
    """A seed's network and images; of a stack of seeds, each with their axis in front."""

    trainable: Tensors
    fixed: Tensors
    images: tf.Tensor  # (images, height, width, channels)
    labels: tf.Tensor  # (images,), or targets (images, …)


class Steps:
    """One seed's losses, gradients and probes as functions of its variables and images.

    Args:
        model: the network.
        loss: what it is trained with.
        by_xla: whether XLA draws the masks of its dropout.

    Attributes:
        last: what makes the outputs, as `hw4.objectives.outputs` says; known once they are traced.
    """

    def __init__(self, model: keras.Model, loss: LossOfImages, *, by_xla: bool = False) -> None:
        self.model = model
        self.loss = loss
        self.last: Last = None
        self._masks = masks.drawn_by_xla if by_xla else contextlib.nullcontext

    def losses(self, seed: Seed) -> Losses:
        """Return cross-entropies, hits and the unit penalty, in inference mode."""
        outputs, penalty, _ = self._call(seed, training=False)
        hits = tf.equal(tf.argmax(outputs, axis=-1, output_type=seed.labels.dtype), seed.labels)
        assert isinstance(self.loss, Loss)
        return self.loss(seed.labels, outputs), tf.cast(hits, tf.float32), penalty

    def outputs(self, seed: Seed) -> Losses:
        """Return outputs, the logits that made them, if any, and the penalty, in inference mode.

        Only then does a loss outside see what a loss within sees. `last` says what made them.
        """
        outputs, penalty, _ = self._call(seed, training=False)
        logits, self.last = origin(outputs)
        return outputs, logits, penalty

    def _call(self, seed: Seed, *, training: bool) -> tuple[tf.Tensor, tf.Tensor, Tensors]:
        """Return outputs, the unit penalty, and what the layers change in themselves.

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
        return outputs, tf.add_n(penalties) if penalties else tf.constant(0.0), fixed

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
        """Return loss and penalty as one, and what the layers change."""
        outputs, penalty, fixed = self._call(seed, training=True)
        return self.loss.total(seed.labels, outputs) + l2 * penalty, fixed


def has_convolution(model: keras.Model) -> bool:
    """Return whether a layer convolves, also inside another layer."""
    return any(isinstance(layer, _CONVOLUTIONS) for layer in privates.layers_of(model))
