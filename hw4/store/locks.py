"""Locks between processes that share a store; where the system has none, nobody waits."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

WAIT = 60.0  # seconds that one process waits for another


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one process at a time, and one of its lanes, do something with the files of a folder."""
    descriptor = _locked(folder)
    try:
        yield
    finally:
        if descriptor is not None:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # also if a fork has kept it open
            os.close(descriptor)


def _locked(folder: Path) -> int | None:
    """Return the descriptor of a folder that is locked; None where that cannot be."""
    if fcntl is None:
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    deadline = time.monotonic() + WAIT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except OSError as error:
            if not isinstance(error, BlockingIOError) or time.monotonic() > deadline:
                os.close(descriptor)
                return None
        time.sleep(0.01)


class Reservations:
    """Runs that this process is training, as locks of a file that stays empty.

    Where that file cannot be used, everything is free: two processes may train the same run then,
    to the same bits.
    """

    def __init__(self, path: Path) -> None:
        self._file: int | None = None
        if fcntl is not None:
            with contextlib.suppress(OSError, ValueError):
                self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o666)

    @contextlib.contextmanager
    def reserved(self, key: str, *, wait: bool) -> Iterator[bool]:
        """Reserve a run, see `hw4.store.store.Store.reserved`."""
        if self._file is None:
            yield True
            return
        place = (1, int(key[:15], 16))  # one byte in 2⁶⁰
        reserved = True
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB), *place)
        except BlockingIOError:
            reserved = False
        except OSError:  # the file has no locks, or two processes wait for each other
            pass
        try:
            yield reserved
        finally:
            if reserved:
                with contextlib.suppress(OSError):
                    fcntl.lockf(self._file, fcntl.LOCK_UN, *place)

    def close(self) -> None:
        """Let go of all."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
