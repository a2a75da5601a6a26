"""A user's files, read without ever waiting and within a bound, whatever lies at their paths."""

import errno
import io
import os
import stat
from pathlib import Path

MOST = 2**30
"""How many bytes the images of a data set may take, as they are stored or as float32: 1 GiB.

Reading them takes up to three times as much for a moment.
"""

_PART = 2**20  # bytes; of a read that asks for more, Python allocates all at once

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_regular(path: Path) -> io.FileIO:
    """Open a file to read, if it is one: opening a pipe that nobody writes to would never end.

    Raises:
        OSError: it cannot be read, or is none; `strerror` says why.
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except ValueError:  # it has a NUL, or half a surrogate pair
        raise OSError(errno.EINVAL, "a file cannot be called that") from None
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if kind != stat.S_IFREG:
        raise OSError(errno.EINVAL, f"it is {_KINDS.get(kind, 'something else')}, no regular file")
    return path.open("rb", buffering=0)


def read_regular(path: Path, most: int) -> bytes:
    """Return the bytes of a file, which may be so many.

    Raises:
        OSError: it cannot be read, is no file or is larger; `strerror` says why.
    """
    parts, read = [], 0
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        while max(size, read) <= most and (part := file.read(_PART)):
            parts.append(part)
            read += len(part)
    if max(size, read) > most:
        raise OSError(errno.EFBIG, f"it is larger than {in_words(most)}")
    return b"".join(parts)


def in_words(size: int) -> str:
    """Return a number of bytes as people write it: "1 GiB", "4.66 TiB"."""
    for unit, power in (("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 1 << power:
            return f"{size / (1 << power):,.3g} {unit}"
    return f"{size} bytes"


class Chunked(io.BufferedReader):
    """A file of which at most `most` bytes are read at once, whatever its own fields say."""

    def __init__(self, raw: io.FileIO, most: int) -> None:
        super().__init__(raw)
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as any file does; ValueError where more was asked for."""
        if size is None or size < 0:
            size = os.fstat(self.fileno()).st_size - self.tell()
        if size > self._most:
            raise ValueError(f"a part of it claims to have {in_words(size)}")
        return super().read(max(size, 0))
