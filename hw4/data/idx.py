"""A folder of IDX files, as MNIST's, as a data set: `train-images-idx3-ubyte`, perhaps `.gz`.

The format is described at the end of http://yann.lecun.com/exdb/mnist/: two zeros, the type, the
number of axes, each axis's length in four bytes, the largest first, then the numbers.
"""

import gzip
import io
import math
import re
from pathlib import Path

import numpy as np

from hw4.data.archive import Raw, named
from hw4.data.dataset import DataError, quote, reading
from hw4.data.finite import FiniteDataset
from hw4.regular import MOST, in_words, open_regular

_NAME = re.compile(r"(train|t10k|test)[-.](images|labels)[-.]idx[13]-ubyte(\.gz)?")
_BYTES = 0x08  # the type of what is read here: unsigned bytes
_AXES = {"images": 3, "labels": 1}
_FLOAT = np.dtype(np.float32).itemsize


def found(folder: Path) -> list[Path]:
    """The IDX files in a folder, by name."""
    try:
        return sorted(each for each in folder.iterdir() if _NAME.fullmatch(each.name))
    except OSError as error:
        raise DataError(f"cannot list {quote(folder)}: {error.strerror}") from None


def read_idx(folder: Path, files: list[Path]) -> FiniteDataset:
    """Reads images and labels to train on and, if they are there, to test on.

    Raises:
        DataError: if a file is damaged, too large, there twice or not there.
    """
    arrays: dict[str, Raw] = {}
    for path in files:
        part, what, _ = _NAME.fullmatch(path.name).groups()  # type: ignore[union-attr]
        key = f"{'x' if what == 'images' else 'y'}_{'train' if part == 'train' else 'test'}"
        if key in arrays:
            raise DataError(f"{quote(path)} is there twice: expected one file of {part} {what}")
        arrays[key] = _array(path, _AXES[what])
    return named(folder, arrays)


def _array(path: Path, axes: int) -> Raw:
    with reading(path, "a whole IDX file"), open_regular(path) as file:
        raw = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else io.BufferedReader(file)
        stream: io.BufferedIOBase = raw
        zeros, kind, count = stream.read(2), stream.read(1), stream.read(1)
        if zeros != b"\0\0" or not count:
            raise ValueError("it does not begin with two zeros")
        if kind[0] != _BYTES or count[0] != axes:
            raise DataError(
                f"{quote(path)} has numbers of type {kind[0]:#04x} along {count[0]} axes: expected "
                f"unsigned bytes, type {_BYTES:#04x}, along {axes}"
            )
        shape = tuple(int.from_bytes(_exactly(stream, 4), "big") for _ in range(axes))
        size = math.prod(shape)
        if size * _FLOAT > MOST:
            raise DataError(
                f"{quote(path)} would take {in_words(size * _FLOAT)} in memory: expected at most "
                f"{in_words(MOST)}"
            )
        values = np.frombuffer(_exactly(stream, size), np.uint8)
        if stream.read(1):  # which also compares the checksum of what is packed
            raise ValueError("it has bytes behind its numbers")
        return values.reshape(shape)


def _exactly(stream: io.BufferedIOBase, size: int) -> bytes:
    content = stream.read(size)
    if len(content) != size:
        raise ValueError("it ends early")
    return content
