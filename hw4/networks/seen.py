"""A user's own network, built and identified by what it computes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from hw4.networks.models import Custom, ImageShape, Source

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Values = list[NDArray[np.generic]]

Halves = tuple[Values, Values]
"""Trainable and non-trainable values, each in the model's order."""


class LossOfImages(Protocol):
    """What a network is trained with; see `hw4.objectives.losses`, which has two kinds."""

    def total(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """Return the loss of a batch, in training."""

    def measured(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """Return the loss of a whole set."""

    def chosen(self, outputs: NDArray[np.number]) -> NDArray[np.number]:
        """Return the class that is told of every image, (images,)."""

    def hits(self, labels: NDArray[np.number], outputs: NDArray[np.number]) -> NDArray[np.float64]:
        """Return how much of every image's targets is met, (images,)."""


class Draw(Protocol):
    """Seed → its first values; see `initial.Start` for the attributes."""

    own: bool
    given: list[tuple[str, NDArray[np.generic]]]

    def __call__(self, seed: int) -> Halves:
        """Return a seed's values."""
        ...


@dataclass(frozen=True)
class Identified(Custom):
    """A network of the user's own, known by what it computes.

    Attributes:
        source: what the user gave.
        digest: as that of `Seen`.
    """

    source: Source = field(compare=False)
    digest: str


@dataclass(frozen=True)
class Seen(Identified):
    """What `tracing.see` found. Networks with equal digests compute the same, whatever their form.

    Attributes:
        source: what the user gave.
        digest: a SHA-256 of what the network computes and of its initial weights; if not all of
            that can be seen, a digest that no other network has.
        unseen: why its runs are never kept, as the end of a sentence; None if they are kept.
        model: the `keras.Model`.
        draw: seed → (trainable, non-trainable) values.
        loss: what it is trained with.
        stacked: whether many seeds can be trained at once (`ways`); else it is one at a time.
    """

    unseen: str | None = field(compare=False)
    model: keras.Model = field(compare=False, repr=False)
    draw: Draw = field(compare=False, repr=False)
    loss: LossOfImages = field(compare=False, repr=False)
    stacked: bool = field(default=True, compare=False)

    def build(self, image_shape: ImageShape, classes: int) -> keras.Model:
        """Return the model, which is built."""
        return self.model

    def split(self) -> tuple[Seen, float]:
        """Return the network itself, as `Custom.split`."""
        return self, 1.0

    def start(self, seed: int) -> str:
        """Return what identifies a seed's initial weights, if the digest does not."""
        return digest_of(self.draw(seed)) if self.draw.own else ""


def digest_of(values: Halves) -> str:
    """Return a SHA-256 over the types, shapes and bytes of a seed's values."""
    digest = hashlib.sha256()
    for half in values:
        for value in half:
            digest.update(repr((value.dtype.str, value.shape)).encode())
            digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()
