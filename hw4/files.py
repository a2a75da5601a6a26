"""Files that are read within a bound, and written whole or not at all."""

from __future__ import annotations

import contextlib
import functools
import glob
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hw4.processes.locks import LOCKS, lock
from hw4.processes.signals import ENDING
from hw4.regular import read_regular

_PART = ".hw4-part"
_YOUNG = 1.0  # seconds in which a new file gets its lock

LARGEST = 2**28
"""How many bytes of text are read: 256 MiB. A ledger has some ten thousand for each claim."""


class FileError(ValueError):
    """A file that cannot be read or written, in one sentence that names it."""


def read_text(path: Path) -> str:
    """Return the text of a file, which has UTF-8 and may begin with a byte order mark.

    Raises:
        OSError: it cannot be read, is no regular file or is larger than 256 MiB; `strerror` says
            why.
        UnicodeDecodeError: it is no text.
    """
    return read_regular(path, LARGEST).decode("utf-8-sig")


class UnwrittenError(FileError):
    """A file that could be written to judge by its name, and could not when it came to it."""


def check_target(path: Path, what: str, *, appended: bool = False) -> None:
    """Refuse, before hours of work, a file that could not be written after them.

    Args:
        path: the file.
        what: it is to hold, as "ledger".
        appended: `append_text` will write it; then it may be a device or a pipe.

    Raises:
        FileError: its folder is missing or read-only, or it is no file itself.
    """
    with _told(path, what, FileError):
        with contextlib.suppress(OSError):
            path.lstat()  # a ValueError of a name that no file can have
        folder = real(path).parent
        if path.is_dir():
            raise FileError(f"{what} {path} is a folder: expected the name of a file")
        if not folder.is_dir():
            raise FileError(f"{what} {path} cannot be written: its folder does not exist")
        if not appended and not replaceable(path):
            raise FileError(f"{what} {path} is no regular file: expected one that can be replaced")
        place, name = (path, "it") if path.exists() and appended else (folder, "its folder")
        if not os.access(place, os.W_OK):
            raise FileError(f"{what} {path} cannot be written: {name} is read-only")


def replaceable(path: Path) -> bool:
    """Return whether a path is, or may become, a regular file; /dev/stdout may lead to one."""
    named = Path(os.path.abspath(path))  # noqa: PTH100 - keeps links
    if named.is_relative_to("/dev") or named.is_relative_to("/proc"):
        return named.is_relative_to("/dev/shm")
    return not path.exists() or stat.S_ISREG(path.stat().st_mode)


def write_text(path: Path, text: str, what: str) -> None:
    """Write a file whole or not at all, see `write_whole`.

    Raises:
        UnwrittenError: it cannot be written.
    """
    with _told(path, what):
        write_whole(path, text)


def append_text(path: Path, text: str, what: str) -> None:
    """Add text to a file, which is made where it is missing; all of it or nothing.

    Raises:
        UnwrittenError: it cannot be written.
    """
    with _told(path, what), path.open("ab", buffering=0) as file:
        before = os.fstat(file.fileno())
        try:
            _write_all(file.fileno(), text.encode(errors="replace"))
        except OSError:
            if stat.S_ISREG(before.st_mode):
                file.truncate(before.st_size)
            raise


def _write_all(descriptor: int, content: bytes) -> None:
    while content:  # a disk that gets full takes a part first
        content = content[os.write(descriptor, content) :]


@contextlib.contextmanager
def _told(path: Path, what: str, kind: type[FileError] = UnwrittenError) -> Iterator[None]:
    try:
        yield
    except FileError:
        raise
    except OSError as error:
        raise kind(f"{what} {path} cannot be written: {error.strerror}") from None
    except ValueError:  # its name has a NUL, or half a surrogate pair
        raise FileError(f"{what} {path} cannot be written: a file cannot be called that") from None


def real(path: Path) -> Path:
    """Return the file that a link leads to; where links go round in a circle, a link.

    A path that no file can have is its own.
    """
    try:
        return Path(os.path.realpath(path))
    except ValueError:
        return path


def write_whole(path: Path, text: str) -> None:
    """Write a text file; an old one stays as it was when writing fails.

    What a link leads to is written, not the link; what UTF-8 has no bytes for becomes "?".

    Raises:
        OSError: the file cannot be written.
    """
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", errors="replace")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new file beside `path`, which takes its place if the context ends without an error.

    Such files of processes that were killed are removed.

    Raises:
        OSError: there can be none.
    """
    path = real(path)
    pattern = f"{glob.escape(path.name[:40])}{'?' * 8}{_PART}"
    for left in path.parent.glob(pattern):
        with contextlib.suppress(OSError):
            _remove_part(left)
    # With what is added, a long name would be too long.
    handle, name = tempfile.mkstemp(_PART, path.name[:40], path.parent)
    part = Path(name)
    remove = functools.partial(part.unlink, missing_ok=True)
    with os.fdopen(handle) as held, ENDING.at_last(remove):
        try:
            with contextlib.suppress(OSError):  # a file system without locks
                lock(held)
            yield part
            umask = os.umask(0)
            os.umask(umask)
            part.chmod(0o666 & ~umask)  # a temporary file is its owner's alone
            part.replace(path)
        except BaseException:
            remove()
            raise


def _remove_part(part: Path) -> None:
    if LOCKS and time.time() - part.stat().st_mtime > _YOUNG:
        with part.open() as file:
            lock(file)
            part.unlink()
