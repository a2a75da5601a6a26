"""The files that a result rests on, and whether they are today what they were then."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

from hw4.recall.installed import Installed
from hw4.recall.watch import Watch, processes_made

Kind = Literal["content", "kind", "names", "modules"]
Inputs: TypeAlias = "dict[str, dict[str, str]]"
"""Kind → path → what was found there."""

_MAPS = Path("/proc/self/maps")


class UnsafeError(Exception):
    """Why a result is not remembered, as the end of a sentence."""


def gather(watch: Watch, installed: Installed, files: Iterable[str], root: str) -> Inputs:
    """Return all that a result of this process may rest on, as it is now.

    Contents of the project's modules, of libraries and of every file that was read; which of the
    paths that were asked about exist; names in folders that were listed; and for folders where
    modules are found, which modules they have.

    Args:
        watch: of this process.
        installed: packages, whose files are left out.
        files: further ones.
        root: the folder of the project.

    Raises:
        UnsafeError: it rests on something else too.
    """
    _check(watch)
    code = {_existing(each) for each in _code() if not (installed.has(each) or watch.is_own(each))}
    opened = [*watch.read, *watch.settings]
    read = {*files, *code, *(_source(path) for path in opened if not installed.has(path))}
    found: dict[Kind, set[str]] = {
        "content": read,
        "kind": watch.asked - read,
        "names": {*watch.listed},
        "modules": {*_folders(code | {*files}, root), *filter(None, map(_folder, sys.path))},
    }
    gathered: Inputs = {}
    for kind, paths in found.items():
        ours = [path for path in sorted(paths) if kind == "modules" or not installed.has(path)]
        ours = [path for path in ours if not watch.is_own(path) and path not in watch.written]
        gathered[kind] = {path: look(watch, kind, path) for path in ours}
    for path in gathered["content"]:
        if _touched(path) > watch.began and path not in watch.settings:
            raise UnsafeError(f"{path} was changed while it ran")
    return gathered


def hold(watch: Watch, inputs: Inputs) -> bool:
    """Return whether all is as it was."""
    return all(
        look(watch, kind, path) == then
        for kind, paths in inputs.items()
        for path, then in paths.items()
    )


def look(watch: Watch, kind: str, path: str) -> str:
    """Return what is at a path; it is looked at once in a run while it stays as it is."""
    try:
        found = os.stat(path)  # noqa: PTH116 - of thousands of paths
    except (OSError, ValueError):
        return "none"
    if kind == "kind":
        size = found.st_size if stat.S_ISREG(found.st_mode) else 0
        return f"{stat.S_IFMT(found.st_mode):o} {size}"
    name = (kind, path, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    if name not in watch.cache:
        watch.cache[name] = _digest(kind, path, found.st_mode)
    return str(watch.cache[name])


def _digest(kind: str, path: str, mode: int) -> str:
    try:
        if kind == "content" and stat.S_ISREG(mode):
            with open(path, "rb") as file:  # noqa: PTH123
                return hashlib.file_digest(file, "sha256").hexdigest()
        if kind == "content":
            return f"{stat.S_IFMT(mode):o}"
        names = sorted(os.listdir(path))  # noqa: PTH208 - names are all that is wanted
    except OSError as error:
        return type(error).__name__
    if kind == "modules":
        names = [name for name in names if _is_module(name)]
    return hashlib.sha256("\n".join(names).encode(errors="surrogateescape")).hexdigest()


def _is_module(name: str) -> bool:
    """Return whether a name in a folder may be a module's, so that `import` finds it there."""
    stem, _, suffix = name.partition(".")
    suffixes = importlib.machinery.all_suffixes()
    return (
        stem.isidentifier() and stem != "__pycache__" and (not suffix or f".{suffix}" in suffixes)
    )


def _check(watch: Watch) -> None:
    if beyond := watch.beyond or "another process" * (processes_made() != watch.processes):
        raise UnsafeError(f"{beyond} was used, which hw4 cannot look into")
    changed = sorted(path for path in watch.changed if not watch.is_own(path))
    if changed:
        raise UnsafeError(f"it changed {changed[0]}, which it would have to do again")


def _code() -> Iterator[str]:
    """Return the files of all modules, and of the libraries that are in memory."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            yield _source(os.path.abspath(file))  # noqa: PTH100 - keeps links
    try:
        maps = _MAPS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    mapped = {line.partition("/")[2] for line in maps.splitlines() if ".so" in line}
    yield from (f"/{path}" for path in mapped if path)


def _source(path: str) -> str:
    """Return the file from which Python has compiled another; itself of what it did not."""
    try:
        return importlib.util.source_from_cache(path) if "/__pycache__/" in path else path
    except ValueError:
        return path


def _existing(path: str) -> str:
    """Return a module's file, or the archive that has it."""
    each = path
    while len(each) > 1 and not os.path.exists(each):  # noqa: PTH110
        each = os.path.dirname(each)  # noqa: PTH120
    return each if os.path.isfile(each) else path  # noqa: PTH113


def _folder(entry: object) -> str:
    return os.path.abspath(entry) if isinstance(entry, str) else ""  # noqa: PTH100


def _folders(files: Iterable[str], root: str) -> set[str]:
    """Return the files' folders and those above up to the root: each may get a `conftest.py`."""
    found = set()
    for file in files:
        folder = os.path.dirname(file)  # noqa: PTH120
        found.add(folder)
        while folder.startswith(f"{root}/"):
            folder = os.path.dirname(folder)  # noqa: PTH120
            found.add(folder)
    return found


def _touched(path: str) -> int:
    """Return when a file was last changed, in nanoseconds; 0 where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - of thousands of paths
    except (OSError, ValueError):
        return 0
    return max(found.st_mtime_ns, found.st_ctime_ns)
