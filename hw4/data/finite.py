"""A data set that has only so many images: they are shuffled by the seed and shared out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hw4.data.dataset import DataError, Dataset, Images, Labels, Split, Targets, check_request

CLASSES_AT_LEAST = 2  # with one class there is nothing to learn
IMAGES_PER_CLASS_AT_LEAST = 4  # so that the test part, a quarter at most, can show every class


@dataclass(frozen=True)
class Labelled:
    """Images `(n, height, width, channels)`, float32 in [0, 1], with their labels `(n,)`, int32.

    Or with targets, numbers to be forecast, `(n, …)` float32.
    """

    images: Images
    labels: Labels | Targets


class FiniteDataset(Dataset):
    """Images held in memory, with or without their source's own division into train and test.

    With a division, each part gives at most what it holds, and no test image is ever trained on.
    Without one, the test part is `min(test, n // 4)` of the n images and the training part
    `min(train, the rest)`. Either way images are drawn without replacement, and every class has the
    share in a part that it has in the source, to within one image.
    """

    def __init__(
        self, name: str, classes: tuple[str, ...], train: Labelled, test: Labelled | None = None
    ) -> None:
        """Takes over the arrays; they must not be changed afterwards.

        Args:
            name: what the user calls it.
            classes: the classes' names; of targets, theirs or none.
            train: the images to train on, or all images if `test` is None.
            test: the images to test on, if the source keeps them apart.

        Raises:
            DataError: if a class has too few images, or there are too few classes.
        """
        if train.labels.dtype.kind == "f":
            self.target_shape = train.labels.shape[1:]
        else:
            _check_classes(name, classes, train.labels)
        if test is not None and self.target_shape is None:
            _check_several(f"{name}'s test part", [classes[i] for i in np.unique(test.labels)])
        self.name = name
        self.classes = classes
        self.image_shape = train.images.shape[1:]
        self.fingerprint = _fingerprint(classes, train, test)
        self._train = train
        self._test = test

    def draw(self, seed: int, train: int, test: int) -> Split:
        """Draws a split without replacement; see the class for its sizes."""
        check_request(seed, train, test)
        rng = np.random.default_rng(seed)
        order = spread_order(rng, self._train.labels)
        if self._test is None:
            source, held = self._train, min(test, len(order) // 4)
            for_test, order = order[:held], order[held:]
        else:
            source, for_test = self._test, spread_order(rng, self._test.labels)[:test]
        return Split(*_take(rng, self._train, order[:train]), *_take(rng, source, for_test))


def spread_order(rng: np.random.Generator, labels: Labels | Targets) -> npt.NDArray[np.intp]:
    """A random order in which every class is spread evenly from the first image to the last.

    Targets have no classes, and so a plain random order.
    A run of consecutive images, wherever it starts, then holds each class in proportion, to within
    one image: systematic sampling, with a random start for each class. Returns a permutation of
    `range(n)` for `(n,)` labels.
    """
    if labels.dtype.kind == "f":
        return rng.permutation(len(labels))
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        place[members] = (np.arange(len(members)) + rng.uniform()) / len(members)
    return np.argsort(place, kind="stable")


def _take(
    rng: np.random.Generator, source: Labelled, chosen: npt.NDArray[np.intp]
) -> tuple[Images, Labels | Targets]:
    shuffled = rng.permutation(chosen)  # the even spread of the classes must not be a batch order
    return source.images[shuffled], source.labels[shuffled]


def _check_classes(name: str, classes: tuple[str, ...], labels: Labels | Targets) -> None:
    _check_several(name, classes)
    counts = np.bincount(labels, minlength=len(classes))
    for each, count in zip(classes, counts, strict=True):
        if count < IMAGES_PER_CLASS_AT_LEAST:
            raise DataError(
                f"{name} has {count} training images of class {each!r}:"
                f" expected at least {IMAGES_PER_CLASS_AT_LEAST}"
            )


def _check_several(part: str, classes: Sequence[str]) -> None:
    if len(classes) < CLASSES_AT_LEAST:
        found = f"only the class {classes[0]!r}" if classes else "no class"
        raise DataError(f"{part} has {found}: expected at least {CLASSES_AT_LEAST} classes")


def _fingerprint(classes: tuple[str, ...], train: Labelled, test: Labelled | None) -> str:
    digest = hashlib.sha256(repr(classes).encode())
    for part in (train, test):
        if part is None:
            digest.update(b"undivided")
        else:
            digest.update(repr(part.images.shape).encode())
            digest.update(np.ascontiguousarray(part.images, "<f4").data)
            if part.labels.dtype.kind == "f":
                digest.update(f"targets {part.labels.shape}".encode())
                digest.update(np.ascontiguousarray(part.labels, "<f4").data)
                continue
            digest.update(np.ascontiguousarray(part.labels, "<i4").data)
    return digest.hexdigest()
