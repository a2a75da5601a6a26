"""An `.npz` file as a data set: Keras's keys `x_train, y_train, …` or MedMNIST's `train_images, …`.

Nothing in the file is ever executed: arrays of Python objects, which are pickles, are refused.
"""

import math
import os
import re
import warnings
import zipfile
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from hw4.data.dataset import DataError, Images, Labels, is_channels_first, quote, reading
from hw4.data.finite import FiniteDataset, Labelled
from hw4.plural import numbered
from hw4.regular import MOST, Chunked, in_words, open_regular

Raw = npt.NDArray[Any]  # of whatever type the file holds

KEYS = (("x_{}", "y_{}"), ("{}_images", "{}_labels"))  # Keras's, MedMNIST's
PARTS = ("train", "val", "test")
CLASSES_AT_MOST = 65536  # a larger label is no class number, and a class is never that rare
GREY_LEVELS = 255  # integers are bytes: 0 is black and 255 white

_AT_ONCE = 2**20  # bytes; 20,000 entries of an archive's directory
_END, _MANY = 22, 0xFFFF  # bytes of the record that ends it; more members than that can count
_ENCRYPTED = 0x1  # a flag of a zip file's member
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_HEADERS: Mapping[tuple[int, ...], Callable[..., Any]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_archive(path: Path) -> FiniteDataset:
    """Reads an `.npz` file; images to validate on are added to those to train on.

    Raises:
        DataError: if the file is damaged, lacks an array, or holds one that cannot be used.
    """
    return named(path, _arrays(path))


def named(path: Path, arrays: Mapping[str, Raw]) -> FiniteDataset:
    """Returns arrays that were read from a file, by their keys, as a data set.

    Raises:
        DataError: if one is missing, or cannot be used.
    """
    parts = {part: _part(path, found) for part, found in _find_parts(path, arrays).items()}
    train, test = parts["train"], parts.get("test")
    for part, other in parts.items():
        if other.images.shape[1:] != train.images.shape[1:]:
            raise DataError(
                f"{quote(path)} has {part} images of shape {other.images.shape[1:]}:"
                f" expected {train.images.shape[1:]}, like its train images"
            )
    if "val" in parts:
        train = _join(train, parts["val"])
    return FiniteDataset(path.resolve().stem, _classes(path, train, test), train, test)


def _arrays(path: Path) -> dict[str, Raw]:
    """Every array of a known name in the file."""
    with reading(path, "an .npz file of numbers"), Chunked(open_regular(path), _AT_ONCE) as file:
        if file.peek(6).startswith(np.lib.format.MAGIC_PREFIX):
            expected = "expected an .npz file, with several named arrays"
            raise DataError(f"cannot read {quote(path)}: {expected}")
        with zipfile.ZipFile(file) as archive, warnings.catch_warnings():
            _check_directory(file, archive)
            members = _members(path, archive)
            _check_sizes(path, archive, members)
            return {name: _array(archive, member) for name, member in members.items()}


def _check_directory(file: IO[bytes], archive: zipfile.ZipFile) -> None:
    """Refuses a directory that lacks members: a damaged entry may swallow the next ones."""
    file.seek(-_END - len(archive.comment), os.SEEK_END)
    said = int.from_bytes(file.read(_END)[10:12], "little")
    found = len(archive.infolist())
    if said not in (found, _MANY):
        raise ValueError(f"its directory has {found} members of {said}")


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members of a known name, in the order of the file, each packed as NumPy does."""
    known = {key.format(part) for keys in KEYS for key in keys for part in PARTS}
    named = [(member.filename.removesuffix(".npy"), member) for member in archive.infolist()]
    _check_names(path, [name for name, _ in named])
    members: dict[str, zipfile.ZipInfo] = {}
    for name, member in named:
        if name in known:
            if name in members:
                raise DataError(f"{quote(path)} has two arrays {name!r}: expected one")
            if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
                raise DataError(
                    f"{quote(path)} has an array {name!r} that is encrypted, or compressed by "
                    "another method than deflate: expected what numpy.savez writes"
                )
            members[name] = member
    return members


def _check_sizes(
    path: Path, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]
) -> None:
    """Refuses arrays that are none, or too large, by what they say of themselves."""
    total = 0
    for name, member in members.items():
        with archive.open(member) as stream:
            magic = stream.read(np.lib.format.MAGIC_LEN)
            if not magic.startswith(np.lib.format.MAGIC_PREFIX):
                raise DataError(
                    f"{quote(path)} has {name!r}, which is no array: "
                    "expected what numpy.savez writes"
                )
            if (version := tuple(magic[-2:])) not in _HEADERS:
                raise ValueError(f"format {version} is for arrays with named fields")
            shape, _, dtype = _HEADERS[version](stream)
            # As it is stored or as float32, whichever is more:
            total += math.prod(shape) * max(dtype.itemsize, np.dtype(np.float32).itemsize)
    if total > MOST:
        raise DataError(
            f"{quote(path)} has arrays that take {in_words(total)} in memory: "
            f"expected at most {in_words(MOST)}"
        )


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Raw:
    with archive.open(member) as stream:
        array: Raw = np.lib.format.read_array(stream, allow_pickle=False)
        if stream.read(1):  # which also compares the checksum
            raise ValueError(f"{member.filename} has bytes behind its numbers")
    return array


def _layout(names: Container[str]) -> tuple[str, str]:
    """The keys of images and of labels, by what there is to train on."""
    used = (keys for keys in KEYS if any(key.format("train") in names for key in keys))
    return next(used, KEYS[0])


def _check_names(path: Path, names: list[str]) -> None:
    """Refuses images and labels under a name that would be passed over, not other arrays."""
    images, labels = _layout(names)
    known = [key.format(part) for part in PARTS for key in (images, labels)]
    for name in names:
        if name not in known and re.fullmatch(r"[xy]_\w+|\w+_(images|labels)", name):
            raise DataError(
                f"{quote(path)} has an array {name!r} that is not used:"
                f" expected only {', '.join(known)}"
            )


def _find_parts(path: Path, arrays: Mapping[str, Raw]) -> dict[str, dict[str, Raw]]:
    """For each part that the file has, its images and labels by their keys, in this order."""
    images, labels = _layout(arrays)
    found = {}
    for part in PARTS:
        keys = (images.format(part), labels.format(part))
        missing = [key for key in keys if key not in arrays]
        if missing and (part == "train" or len(missing) == 1):
            expected = "x_train with y_train, or train_images with train_labels; the same for test"
            raise DataError(f"{quote(path)} has no array {missing[0]!r}: expected {expected}")
        if not missing:
            found[part] = {key: arrays[key] for key in keys}
    return found


def _part(path: Path, arrays: Mapping[str, Raw]) -> Labelled:
    (images_key, images), (labels_key, labels) = arrays.items()
    part = Labelled(
        _images(f"{quote(path)}, array {images_key!r},", images),
        _labels(f"{quote(path)}, array {labels_key!r},", labels),
    )
    if len(part.images) != len(part.labels):
        raise DataError(
            f"{quote(path)} has {numbered(len(part.labels), 'label')} in {labels_key!r}:"
            f" expected {len(part.images)}, one for each image in {images_key!r}"
        )
    return part


def _images(what: str, raw: Raw) -> Images:
    if raw.ndim not in (3, 4) or 0 in raw.shape:
        raise DataError(
            f"{what} has shape {raw.shape}:"
            " expected (images, height, width) or (images, height, width, channels), none of them 0"
        )
    if is_channels_first(raw.shape[1:]):
        raise DataError(
            f"{what} has shape {raw.shape}, channels first:"
            " expected (images, height, width, channels)"
        )
    images = raw if raw.ndim == 4 else raw[..., None]
    if raw.dtype == np.uint8:
        if (np.min(raw), np.max(raw)) == (0, 1):  # a mask, of which 255ths would be left
            raise DataError(f"{what} holds no grey level above 1: expected uint8 from 0 to 255")
        grey = images.astype(np.float32)
        grey /= np.float32(GREY_LEVELS)
        return grey
    if not np.issubdtype(raw.dtype, np.floating):
        raise DataError(f"{what} holds {raw.dtype}: expected uint8, or floats between 0 and 1")
    if not (np.min(images) >= 0 and np.max(images) <= 1):  # also false for NaN
        low, high = np.min(images), np.max(images)
        raise DataError(f"{what} ranges from {low:g} to {high:g}: expected floats between 0 and 1")
    return images.astype(np.float32)


def _labels(what: str, raw: Raw) -> Labels:
    if raw.ndim not in (1, 2) or raw.shape[1:] not in ((), (1,)):
        raise DataError(f"{what} has shape {raw.shape}: expected (images,) or (images, 1)")
    if not np.issubdtype(raw.dtype, np.integer):
        raise DataError(f"{what} holds {raw.dtype}: expected integers, the numbers of the classes")
    labels = raw.reshape(-1)
    if len(labels) and (np.min(labels) < 0 or np.max(labels) >= CLASSES_AT_MOST):
        raise DataError(
            f"{what} ranges from {np.min(labels)} to {np.max(labels)}:"
            f" expected class numbers from 0 to at most {CLASSES_AT_MOST - 1}"
        )
    return labels.astype(np.int32)


def _classes(path: Path, train: Labelled, test: Labelled | None) -> tuple[str, ...]:
    """Numbers for names; a class that is only tested could never be learnt."""
    count = int(np.max(train.labels)) + 1
    if test is not None and np.max(test.labels) >= count:
        raise DataError(
            f"{quote(path)} tests on class {np.max(test.labels)}:"
            f" expected classes to train on, 0 to {count - 1}"
        )
    return tuple(str(label) for label in range(count))


def _join(a: Labelled, b: Labelled) -> Labelled:
    return Labelled(np.concatenate([a.images, b.images]), np.concatenate([a.labels, b.labels]))
