"""A file that a process has for itself as long as it lives."""

from __future__ import annotations

from typing import IO, Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


LOCKS = fcntl is not None  # whether the system has any


def lock(file: IO[Any]) -> None:
    """Lock a file for as long as it is open; where the system has no locks, nothing is locked.

    Raises:
        BlockingIOError: another process has locked it.
    """
    if fcntl:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
