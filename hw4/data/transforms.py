"""Data sets made from others: with labels drawn at random, inputs shifted, or smaller images.

Each is a value: the same change to the same data set is equal, and has the same fingerprint.
"""

import hashlib
import os
from abc import abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from hw4.data.dataset import DataError, Dataset, Images, Split
from hw4.data.sources import load_once

_LABELS = 4  # names the random stream of noisy labels


@dataclass(frozen=True)
class Changed(Dataset):
    """Another data set's splits, changed one by one."""

    base: Dataset
    amount: float

    @property
    def name(self) -> str:  # type: ignore[override]
        """What the user calls the other one, and what was done to it."""
        return f"{self.base.name} ({self._change})"

    @property
    def classes(self) -> tuple[str, ...]:  # type: ignore[override]
        """The other one's classes."""
        return self.base.classes

    @property
    def image_shape(self) -> tuple[int, int, int]:  # type: ignore[override]
        """The other one's height, width and channels."""
        return self.base.image_shape

    @property
    def fingerprint(self) -> str:  # type: ignore[override]
        """The SHA-256 of the other one's fingerprint and of the change."""
        parts = f"{self.base.fingerprint} {type(self).__name__} {self.amount!r}"
        return hashlib.sha256(parts.encode()).hexdigest()

    @property
    @abstractmethod
    def _change(self) -> str: ...

    def draw(self, seed: int, train: int, test: int) -> Split:
        """Draw the other one's split and change it."""
        return self._changed(self.base.draw(seed, train, test), seed)

    @abstractmethod
    def _changed(self, split: Split, seed: int) -> Split: ...


class NoisyLabels(Changed):
    """A share of the training labels is drawn again, uniformly; test labels stay as they are."""

    @property
    def _change(self) -> str:
        return f"{self.amount:.0%} random labels"

    def _changed(self, split: Split, seed: int) -> Split:
        rng = np.random.default_rng([seed, _LABELS])
        drawn = rng.integers(0, len(self.classes), split.y_train.size).astype(np.int32)
        chosen = rng.random(split.y_train.size) < self.amount
        return replace(split, y_train=np.where(chosen, drawn, split.y_train))


class Shifted(Changed):
    """A number is added to every pixel of training and test images."""

    @property
    def _change(self) -> str:
        return f"shifted by {self.amount:g}"

    def _changed(self, split: Split, seed: int) -> Split:
        by = np.float32(self.amount)
        return replace(split, x_train=split.x_train + by, x_test=split.x_test + by)


class Shrunk(Changed):
    """Each image's pixels are averaged over squares of `amount` a side; what is over is cut off."""

    @property
    def image_shape(self) -> tuple[int, int, int]:  # type: ignore[override]
        """Height, width and channels after shrinking."""
        height, width, channels = self.base.image_shape
        return height // int(self.amount), width // int(self.amount), channels

    @property
    def _change(self) -> str:
        height, width, _ = self.image_shape
        return f"{height}×{width}"

    def _changed(self, split: Split, seed: int) -> Split:
        return replace(
            split, x_train=self._averaged(split.x_train), x_test=self._averaged(split.x_test)
        )

    def _averaged(self, images: Images) -> Images:
        factor = int(self.amount)
        height, width, channels = self.image_shape
        kept = images[:, : height * factor, : width * factor]
        squares = kept.reshape(-1, height, factor, width, factor, channels)
        return np.asarray(squares.mean(axis=(2, 4), dtype=np.float32))


def noisy_labels(dataset: str | os.PathLike[str] | Dataset, share: float) -> Dataset:
    """Return a data set in which a share of the training labels is drawn uniformly at random.

    A drawn label may be the right one: of `share`, 1/classes stays right by chance.

    Raises:
        DataError: the share is not in [0, 1].
    """
    if not 0 <= share <= 1:
        raise DataError(f"cannot draw a share of {share} of the labels: expected one in [0, 1]")
    return NoisyLabels(load_once(dataset), float(share))


def shifted(dataset: str | os.PathLike[str] | Dataset, by: float) -> Dataset:
    """Return a data set with `by` added to every pixel: by −1, all inputs are negative or 0.

    Raises:
        DataError: `by` is not finite.
    """
    if not np.isfinite(by):
        raise DataError(f"cannot shift pixels by {by}: expected a finite number")
    return Shifted(load_once(dataset), float(by))


def shrunk(dataset: str | os.PathLike[str] | Dataset, side: int) -> Dataset:
    """Return a data set whose images are averaged down as far as both sides keep `side` pixels.

    Images that are smaller than twice that stay as they are.

    Raises:
        DataError: `side` is no whole number of at least 1.
    """
    if side < 1 or side != int(side):
        raise DataError(
            f"cannot shrink images to {side} pixels a side: expected a whole number of at least 1"
        )
    base = load_once(dataset)
    factor = min(base.image_shape[:2]) // side
    return Shrunk(base, factor) if factor > 1 else base
