"""A folder of PNG or JPEG files as a data set, in either of two layouts.

The guest's: a letter before the end of the file's name, as in `…b.png`, tells the class. Or a
folder per class, named after it, in which images may lie deeper. Either may be divided into folders
`train`, `val` and `test`.
"""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw4.data.dataset import DataError, Images, Labels, quote
from hw4.data.finite import FiniteDataset, Labelled
from hw4.data.png import FORMATS, read_picture
from hw4.data.resizing import alike, cubic
from hw4.guest import guest
from hw4.pixels import Size, written
from hw4.regular import MOST

LETTER_PLACE = -1  # counted in the file's name without its ending
OTHERS = (".bmp", ".gif", ".tif", ".tiff", ".webp", ".dcm")  # not read here
PARTS = {
    "train": "train",
    "training": "train",
    "val": "train",  # nothing here tunes on it, so it is as good to train on as the rest
    "validation": "train",
    "test": "test",
    "testing": "test",
}
_RESIZE = ", or one size for all by --hw4-resize (in code: load(…, resize=32))"


@dataclass(frozen=True)
class Labelling:
    """Images with their classes, not read yet; `by_letter` tells which layout they are in."""

    files: tuple[tuple[Path, str], ...]
    by_letter: bool


@dataclass(frozen=True)
class Pictures:
    """The images of one part, `(n, height, width, channels)`, and what they have in common."""

    images: Images
    mode: str
    first: Path


def read_folder(folder: Path, size: Size | None = None) -> FiniteDataset:
    """Reads a folder of images.

    Args:
        folder: of files in either layout.
        size: to which each image is resized as it is read; None takes images of one size.

    Raises:
        DataError: if the folder is in neither layout, or one of its images cannot be used.
    """
    train, test = _find_parts(folder)
    classes = _classes(train)
    name = folder.resolve().name + (f" ({written(size)})" if size else "")
    learn = _read_part(train, size)
    labelled = Labelled(learn.images, _labels(train, classes))
    if test is None:
        return FiniteDataset(name, classes, labelled)
    examine = _fit(_read_part(test, size, MOST - learn.images.nbytes), learn)
    return FiniteDataset(name, classes, labelled, Labelled(examine.images, _labels(test, classes)))


def _find_parts(folder: Path) -> tuple[Labelling, Labelling | None]:
    """What to train on (or all there is) and, if the folder keeps it apart, what to test on."""
    parts: dict[str, list[Labelling]] = {"train": [], "test": []}
    files, folders = _list(folder)
    for each in folders:
        if each.name.casefold() in PARTS:
            parts[PARTS[each.name.casefold()]].append(_find_images(each))
    if not parts["train"] and not parts["test"]:
        return _find_images(folder), None
    others = [each for each in folders if each.name.casefold() not in PARTS]
    beside = [*files, *(each for each in others if any(_list(each)))]
    if beside:
        raise DataError(
            f"{quote(beside[0])} lies beside train or test: expected nothing else there"
        )
    if not parts["train"]:
        raise DataError(f"{quote(folder)} has no folder train: expected one beside the folder test")
    return _merge(folder, parts["train"]), _merge(folder, parts["test"]) if parts["test"] else None


def _merge(folder: Path, found: list[Labelling]) -> Labelling:
    if len({each.by_letter for each in found}) > 1:
        raise DataError(
            f"{quote(folder)} mixes two layouts: expected letters or folders for classes everywhere"
        )
    return Labelling(tuple(file for each in found for file in each.files), found[0].by_letter)


def _find_images(folder: Path) -> Labelling:
    flat, folders = _list(folder)
    nested = [(path, _plain(each.name)) for each in folders for path in _images_within(each)]
    if flat and nested:
        raise DataError(
            f"{quote(folder)} has images beside folders of images: expected only one of them"
        )
    if flat:
        return Labelling(tuple((path, _class_by_letter(path)) for path in flat), by_letter=True)
    if nested:
        return Labelling(tuple(nested), by_letter=False)
    raise DataError(
        f"{quote(folder)} has no images: expected PNG or JPEG files, or a folder for each class"
    )


def _images_within(folder: Path, above: tuple[Path, ...] = ()) -> list[Path]:
    """The images of a class's folder, and of the folders in it, however deep."""
    real = folder.resolve()
    if real in above:
        raise DataError(f"{quote(folder)} leads back to itself: expected a folder of images")
    files, folders = _list(folder)
    return [*files, *(path for each in folders for path in _images_within(each, (*above, real)))]


def _list(folder: Path) -> tuple[list[Path], list[Path]]:
    """The images and the folders in `folder`, by name, without what file managers leave."""
    try:
        entries = [
            each for each in sorted(folder.iterdir()) if not each.name.startswith((".", "__MACOSX"))
        ]
        folders = [each for each in entries if each.is_dir()]
    except OSError as error:
        raise DataError(f"cannot list {quote(folder)}: {error.strerror}") from None
    for each in entries:
        if each.suffix.lower() in OTHERS and each not in folders:
            raise DataError(f"{quote(each)} is no PNG or JPEG file: expected no other images")
    files = [each for each in entries if each.suffix.lower() in FORMATS and each not in folders]
    return files, folders


def _class_by_letter(path: Path) -> str:
    letter = path.stem[LETTER_PLACE:].lower()
    letters = guest().letters
    if letter not in letters:
        *others, last = letters
        raise DataError(
            f"{quote(path)} names no class: "
            f"expected the letter {', '.join(others)} or {last} before {path.suffix!r}"
        )
    return letters[letter]


def _plain(name: str) -> str:
    """One spelling for an accented name, which some systems store as letter and accent apart."""
    return unicodedata.normalize("NFC", name)


def _classes(found: Labelling) -> tuple[str, ...]:
    if found.by_letter:
        return tuple(guest().letters.values())
    return tuple(sorted({name for _, name in found.files}))


def _labels(found: Labelling, classes: tuple[str, ...]) -> Labels:
    for path, name in found.files:
        if name not in classes:
            expected = ", ".join(classes)
            raise DataError(
                f"{quote(path)} is of class {name!r}, not trained on: expected {expected}"
            )
    return np.array([classes.index(name) for _, name in found.files], np.int32)


def _read_part(found: Labelling, size: Size | None, room: int = MOST) -> Pictures:
    """Reads the images of one part, which must be alike in mode and, if not resized, in size."""
    paths = [path for path, _ in found.files]
    first, mode = read_picture(paths[0], len(paths), room, size)
    images = np.empty((len(paths), *first.shape), np.float32)
    for slot, path in zip(images, paths, strict=True):
        image, its_mode = read_picture(path, len(paths), room, size)
        _check_alike(path, its_mode, mode, paths[0])
        _check_alike(path, _size(image), _size(first), paths[0], _RESIZE)
        slot[...] = image
    return Pictures(images, mode, paths[0])


def _size(image: Images) -> str:
    height, width = image.shape[:2]
    return f"{width}×{height} pixels"


def _check_alike(path: Path, found: str, expected: str, model: Path, mend: str = "") -> None:
    if found != expected:
        raise DataError(
            f"{quote(path)} is stored as {found}: expected {expected}, like {quote(model)}{mend}"
        )


def _fit(part: Pictures, model: Pictures) -> Pictures:
    """Resizes a part to the size of another: those to test on may be of another size."""
    _check_alike(part.first, part.mode, model.mode, model.first)
    height, width = model.images.shape[1:3]
    return Pictures(alike(part.images, (height, width), cubic), part.mode, part.first)
