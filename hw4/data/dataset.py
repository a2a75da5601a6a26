"""What a data set is: a name, classes, and a way to draw a split from a seed."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]
Targets = npt.NDArray[np.float32]


class DataError(ValueError):
    """A data set cannot be used; the message names it and says what was expected."""


def quote(path: Path) -> str:
    """A path for an error message: on one line and printable, whatever characters it has."""
    return repr(str(path))


@contextlib.contextmanager
def reading(path: Path, expected: str) -> Iterator[None]:
    """Turns whatever a library raises over a damaged file into a DataError, one sentence."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        said = f"expected {expected} ({first_line(error)})"
        if isinstance(error, OSError):
            said = error.strerror or f"expected {expected}"
        raise DataError(f"cannot read {quote(path)}: {said}") from None


def first_line(error: Exception) -> str:
    """What a library says is wrong, without advice on further lines, and no more than a line."""
    return str(error).partition("\n")[0][:200]


@dataclass(frozen=True)
class Split:
    """Images to train on and images to test on; no image is in both.

    `x_train` and `x_test` are `(n, height, width, channels)` float32 in [0, 1]; `y_train` and
    `y_test` are `(n,)` int32, indices into the data set's classes, or its targets,
    `(n, *target_shape)` float32.
    """

    x_train: Images
    y_train: Labels | Targets
    x_test: Images
    y_test: Labels | Targets


class Dataset(ABC):
    """A source of labelled images, from which every seed draws its own split.

    Attributes:
        name: what the user calls it.
        image_shape: height, width and channels of every image, or the shape of another input.
        classes: the classes' names; a label is an index into them. Where labels are targets, the
            names of the targets, or none.
        target_shape: of an image's targets, numbers to be forecast; None where it has a class.
        fingerprint: the hexadecimal SHA-256 of all that decides what `draw` returns, the seed and
            the sizes apart.
    """

    name: str
    image_shape: tuple[int, ...]
    classes: tuple[str, ...]
    fingerprint: str
    target_shape: tuple[int, ...] | None = None

    @property
    def outputs(self) -> int:
        """How many outputs a network needs: its classes, or the last axis of its targets."""
        if self.target_shape is None:
            return len(self.classes)
        return self.target_shape[-1] if self.target_shape else 1

    @abstractmethod
    def draw(self, seed: int, train: int, test: int) -> Split:
        """Draws a split: the same one, bit for bit, whenever the seed and the sizes are the same.

        Args:
            seed: a non-negative integer, the source of all randomness.
            train: how many images to train on, at most.
            test: how many images to test on, at most.

        Returns:
            The split. Its shapes do not depend on the seed; a source that has too few images gives
            fewer.

        Raises:
            DataError: if `train` or `test` is less than 1, or `seed` is negative.
        """


CHANNELS_AT_MOST = 4  # of a picture whose axes are in doubt


def is_channels_first(shape: tuple[int, ...]) -> bool:
    """Whether an image's shape reads as (channels, height, width) rather than a strip of pixels."""
    return len(shape) == 3 and shape[0] <= CHANNELS_AT_MOST < min(shape[1:])


def drawn(dataset: Dataset, seed: int, train: int, test: int) -> Split:
    """Draws a split from a data set of anyone's, and checks that it is one.

    Raises:
        DataError: one sentence that names the data set: its arrays are not what it says, or what
            `Split` says.
    """
    split = dataset.draw(seed, train, test)
    shape = tuple(dataset.image_shape)
    if is_channels_first(shape):
        raise DataError(
            f"data set {dataset.name!r} has images of shape {shape}, channels first: "
            "expected (height, width, channels)"
        )
    parts = {"train": (split.x_train, split.y_train), "test": (split.x_test, split.y_test)}
    for part, (images, labels) in parts.items():
        found = f"data set {dataset.name!r} drew {part} "
        if images.dtype != np.float32 or images.shape[1:] != shape or not len(images):
            raise DataError(
                f"{found}images of type {images.dtype} and shape {images.shape}: "
                f"expected float32 and (images, {', '.join(map(str, shape))})"
            )
        if not np.isfinite(images).all():
            raise DataError(f"{found}images with NaN or infinite pixels: expected numbers")
        _check_labels(dataset, found, labels, len(images))
    return split


def _check_labels(dataset: Dataset, found: str, labels: Labels | Targets, images: int) -> None:
    """Refuse labels that are no classes of the data set, or targets that are no numbers."""
    if dataset.target_shape is not None:
        shape = (images, *dataset.target_shape)
        if labels.dtype != np.float32 or labels.shape != shape:
            raise DataError(
                f"{found}targets of type {labels.dtype} and shape {labels.shape}: "
                f"expected float32 and {shape}"
            )
        if not np.isfinite(labels).all():
            raise DataError(f"{found}targets that are NaN or infinite: expected numbers")
        return
    if labels.dtype.kind not in "iu" or labels.shape != (images,):
        raise DataError(
            f"{found}labels of type {labels.dtype} and shape {labels.shape}: "
            f"expected integers and ({images},)"
        )
    if labels.min() < 0 or labels.max() >= len(dataset.classes):
        raise DataError(
            f"{found}labels from {labels.min()} to {labels.max()}: "
            f"expected classes from 0 to {len(dataset.classes) - 1}"
        )


def check_request(seed: int, train: int, test: int) -> None:
    """Raises DataError for what no data set can draw, see `Dataset.draw`."""
    for size, part in ((train, "train"), (test, "test")):
        if size < 1:
            raise DataError(f"cannot draw {size} images to {part} on: expected at least 1")
    if seed < 0:
        raise DataError(f"cannot draw with seed {seed}: expected a non-negative integer")
