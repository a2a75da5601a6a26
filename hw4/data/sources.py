"""From what a user writes after `--data` to a data set."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

from hw4.data import idx
from hw4.data.archive import read_archive
from hw4.data.bundled import digits
from hw4.data.dataset import DataError, Dataset
from hw4.data.folders import read_folder
from hw4.data.phantom import Phantom
from hw4.data.resizing import resized
from hw4.data.tables import read_table
from hw4.pixels import Size, size_of

# Cached: a data set does not change, and every claim asks for one.
_BUNDLED: Mapping[str, Callable[[], Dataset]] = {"phantom": cache(Phantom), "digits": cache(digits)}

BUNDLED = tuple(_BUNDLED)  # the names that need no files

Given = str | os.PathLike[str] | Dataset
"""A data set, by its name or path, or itself."""

_wanted: Size | None = None  # of the images of this run


@contextlib.contextmanager
def resizing(size: Size) -> Iterator[None]:
    """Resize the images of every data set that is loaded meanwhile."""
    global _wanted
    before, _wanted = _wanted, size
    try:
        yield
    finally:
        _wanted = before


def load(spec: Given, *, resize: int | tuple[int, int] | str | None = None) -> Dataset:
    """Finds a data set by its name or path; one that is already loaded is returned as it is.

    A bundled name is loaded once; files are read on every call, for they may have changed.

    Args:
        spec: `phantom`, `digits`, or the path of a folder of images or IDX files, an `.npz` or a
            `.csv` file. A folder
            that is called like a bundled data set is reached as `./digits`.
        resize: the size to which each image is stretched, see `hw4.data.resizing.linear`: one side
            of a square, or height and width. The images of a folder may then differ in size. By
            default, what `--hw4-resize` says, or none.

    Raises:
        DataError: if there is no such data set, or its files cannot be used, or cannot be resized.
    """
    size = _wanted
    if resize is not None:
        try:
            size = size_of(resize)
        except ValueError as error:
            raise DataError(f"load got resize: {error}") from None
    found = spec if isinstance(spec, Dataset) else _found(spec, size)
    return resized(found, size) if size else found


def _found(spec: str | os.PathLike[str], size: Size | None) -> Dataset:
    if isinstance(spec, str) and spec in _BUNDLED:
        return _BUNDLED[spec]()
    return _open(os.fspath(spec), size)


def load_once(spec: Given) -> Dataset:
    """Finds a data set as `load` does, but reads files once a process.

    A run judges one state of them.

    Raises:
        DataError: as `load`.
    """
    return load(spec) if isinstance(spec, Dataset) else _loaded(os.fspath(spec), _wanted)


@lru_cache(maxsize=8)
def _loaded(name: str, size: Size | None) -> Dataset:
    return load(name, resize=size)


def _open(name: str, size: Size | None) -> Dataset:
    if not name:  # to Path, the current folder
        raise DataError(_unknown(name))
    path = Path(name)
    try:
        path.stat()
    except FileNotFoundError:
        raise DataError(_unknown(name)) from None
    except (OSError, ValueError) as error:  # forbidden, too long, or not a path at all
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {name!r}: {reason}") from None
    if path.is_dir():
        files = idx.found(path)
        return idx.read_idx(path, files) if files else read_folder(path, size)
    if path.suffix.lower() == ".npz":
        return read_archive(path)
    if path.suffix.lower() == ".csv":
        return read_table(path)
    raise DataError(f"cannot read {name!r}: expected a folder, an .npz or a .csv file")


def _unknown(name: str) -> str:
    expected = f"{', '.join(BUNDLED)}, or the path of a folder, .npz or .csv file"
    if Path(name).name == name and not Path(name).suffix:
        return f"unknown data set {name!r}: expected {expected}"
    return f"no folder or file {name!r}: expected {expected}"
