"""Data sets made from others: with labels drawn at random, inputs shifted, or smaller images.

Each is a value: the same change to the same data set is equal, and has the same fingerprint.
"""

from dataclasses import replace

import numpy as np

from hw4.data.changed import Changed, changed
from hw4.data.dataset import DataError, Dataset, Images, Split
from hw4.data.sources import Given, load_once

_LABELS = 4  # names the random stream of noisy labels


def noisy_labels(dataset: Given, share: float) -> Dataset:
    """Return a data set in which a share of the training labels is drawn uniformly at random.

    A drawn label may be the right one: of `share`, 1/classes stays right by chance.

    Raises:
        DataError: the share is not in [0, 1], or the labels are targets.
    """
    if not 0 <= share <= 1:
        raise DataError(f"cannot draw a share of {share} of the labels: expected one in [0, 1]")
    base, said = load_once(dataset), f"{share:.0%} random labels"
    if base.target_shape is not None:
        raise DataError(f"cannot draw labels of {base.name!r}: expected classes, not targets")
    return changed(base, "NoisyLabels", float(share), said, with_noisy_labels)


def with_noisy_labels(split: Split, seed: int, dataset: Changed) -> Split:
    """Draw a share of the training labels again, uniformly; test labels stay as they are."""
    rng = np.random.default_rng([seed, _LABELS])
    drawn = rng.integers(0, len(dataset.classes), split.y_train.size).astype(np.int32)
    chosen = rng.random(split.y_train.size) < dataset.amount
    return replace(split, y_train=np.where(chosen, drawn, split.y_train))


def shifted(dataset: Given, by: float) -> Dataset:
    """Return a data set with `by` added to every pixel: by −1, all inputs are negative or 0.

    Raises:
        DataError: `by` is not finite.
    """
    if not np.isfinite(by):
        raise DataError(f"cannot shift pixels by {by}: expected a finite number")
    return changed(load_once(dataset), "Shifted", float(by), f"shifted by {by:g}", _with_shift)


def _with_shift(split: Split, seed: int, dataset: Changed) -> Split:
    by = np.float32(dataset.amount)
    return replace(split, x_train=split.x_train + by, x_test=split.x_test + by)


def shrunk(dataset: Given, side: int) -> Dataset:
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
    if len(base.image_shape) != 3:
        raise DataError(
            f"cannot shrink {base.name!r}, whose inputs have shape {base.image_shape}: "
            "expected images"
        )
    height, width, channels = base.image_shape
    factor = min(height, width) // side
    if factor <= 1:
        return base
    height, width = height // int(factor), width // int(factor)
    small = changed(base, "Shrunk", factor, f"{height}×{width}", _averaged)
    return replace(small, image_shape=(height, width, channels))


def _averaged(split: Split, seed: int, dataset: Changed) -> Split:
    """Average each image's pixels over squares; what is over at its edges is cut off."""
    factor = int(dataset.amount)
    height, width, channels = dataset.image_shape

    def averaged(images: Images) -> Images:
        kept = images[:, : height * factor, : width * factor]
        squares = kept.reshape(-1, height, factor, width, factor, channels)
        return np.asarray(squares.mean(axis=(2, 4), dtype=np.float32))

    return replace(split, x_train=averaged(split.x_train), x_test=averaged(split.x_test))
