"""The packages that are installed: what identifies them all, and which files are theirs."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import sys
from pathlib import Path

from hw4.recall.watch import STDLIB

_DESCRIBED = ("METADATA", "PKG-INFO", "RECORD", "direct_url.json")
_SYSTEM = ("/usr/lib/", "/usr/lib64/", "/lib/", "/lib64/", f"{sys.base_prefix}/lib/")


class Installed:
    """All distributions that this process can import, as they are now.

    A file is theirs if it lies beside a distribution's `RECORD`, in a folder that this names.
    So it is no editable install's, and nothing that was put beside packages by hand.

    Attributes:
        digest: a SHA-256 over each one's name, version, and the list of its files, which has a hash
            of each.
    """

    def __init__(self) -> None:
        digest, self._owned = hashlib.sha256(), dict[str, set[str]]()
        for described in sorted(_described()):
            digest.update(described.name.encode(errors="surrogateescape"))
            for name in _DESCRIBED if described.is_dir() else ("",):
                content = _content(described / name if name else described)
                digest.update(b"%d " % len(content) + content)
                if name == "RECORD":
                    tops = {line.partition(b",")[0].split(b"/")[0] for line in content.splitlines()}
                    owned = self._owned.setdefault(f"{described.parent}/", set())
                    owned.update(map(os.fsdecode, tops - {b"..", b"__pycache__"}))
        self.digest = digest.hexdigest()
        self._known = dict[str, bool]()  # path → whether it is of a package
        for folder in list(self._owned):  # of a link, what it leads to
            real = f"{os.path.realpath(folder)}/"
            self._owned.setdefault(real, set()).update(self._owned[folder])

    def has(self, path: str) -> bool:
        """Return whether a file is Python's own, the system's or an installed package's."""
        found = self._known.get(path)
        if found is None:
            self._known[path] = found = self._has(path)
        return found

    def _has(self, path: str) -> bool:
        for folder, owned in self._owned.items():
            if path.startswith(folder):
                return path[len(folder) :].partition("/")[0] in owned
        foreign = "/site-packages/" in path or "/dist-packages/" in path
        return path.startswith((*STDLIB, *_SYSTEM)) and not foreign


def _described() -> set[Path]:
    """Return where each distribution on `sys.path` is described."""
    found = set()
    for each in importlib.metadata.distributions():
        path = getattr(each, "_path", None)
        if isinstance(path, Path):
            found.add(path)
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
