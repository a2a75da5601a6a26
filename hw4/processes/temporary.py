"""The one folder of a run, in which everything temporary lies: its own, pytest's and TensorFlow's.

It is removed when the run ends. A killed run leaves it behind, and the next one removes it: its
owner holds a lock, which the system lets go of when the owner dies, however it dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hw4.processes.locks import lock
from hw4.processes.signals import ENDING, RUN

_PREFIX = "hw4-run-"
_OWNER = "owner"  # the file that the owner keeps locked; it says what the folder belongs to
_YOUNG = 60.0  # seconds in which a folder without that file may still get it
_PAUSES = (0.0, 0.01, 0.1, 0.5)  # seconds before each try to remove a folder


@contextlib.contextmanager
def own_folder(**what: str) -> Iterator[Path]:
    """Give a new folder that is every process's folder for temporary files within the context.

    Args:
        what: the folder belongs to, for `swept`.

    Raises:
        OSError: it cannot be made.
    """
    path = Path(tempfile.mkdtemp(prefix=_PREFIX))
    inherited = {name: os.environ.get(name) for name in ("TMPDIR", RUN)}
    chosen = tempfile.tempdir
    with ENDING.at_last(lambda: _remove(path)):
        try:
            with _owned(path, what):
                os.environ |= {"TMPDIR": str(path), RUN: str(os.getpid())}
                tempfile.tempdir = str(path)
                yield path
        finally:
            tempfile.tempdir = chosen
            for name, value in inherited.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
            _remove(path)


@contextlib.contextmanager
def _owned(path: Path, what: dict[str, str]) -> Iterator[None]:
    """Lock a file of the folder; it has its name only when it is locked."""
    unlocked = path / f"{_OWNER}.part"
    with unlocked.open("w", encoding="utf-8") as file:
        lock(file)
        with contextlib.suppress(OSError):  # the disk is full: whose it was will not be said
            file.write(json.dumps(what | {"folder": str(Path.cwd())}))
            file.flush()
        unlocked.rename(path / _OWNER)
        yield


def swept() -> list[dict[str, str]]:
    """Remove the folders of this user's runs that were killed; return what they belonged to."""
    gone = []
    if os.name == "posix":  # elsewhere nothing tells a run that is alive
        for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError, ValueError):
                gone += _swept(path)
    return gone


def _swept(path: Path) -> list[dict[str, str]]:
    about = path.lstat()
    if about.st_uid != os.getuid() or path.is_symlink():
        return []
    owner = path / _OWNER
    if not owner.exists():  # killed before it was locked, if not about to be
        if time.time() - about.st_mtime > _YOUNG:
            (path / f"{_OWNER}.part").unlink(missing_ok=True)
            path.rmdir()
        return []
    with owner.open("r+", encoding="utf-8") as file:
        lock(file)
        said = file.read()
        _remove(path)
    return [json.loads(said)]


def _remove(path: Path) -> None:
    """Remove a folder, the file of its owner last: what is left is tried again by the next run.

    It may be filled and removed by others meanwhile: killed processes end a moment later, and when
    a signal ends a run two threads do.
    """
    for pause in _PAUSES:
        time.sleep(pause)
        with contextlib.suppress(OSError):
            for each in path.iterdir():
                if each.is_dir() and not each.is_symlink():
                    shutil.rmtree(each, ignore_errors=True)
                elif each.name != _OWNER:
                    each.unlink(missing_ok=True)
            if [each.name for each in path.iterdir()] == [_OWNER]:
                (path / _OWNER).unlink(missing_ok=True)
            path.rmdir()
        if not path.exists():
            break
