"""What the function of a claim gave, remembered in the store; forgotten when anything changes."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import platform
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hw4.recall.inputs import Inputs, UnsafeError, gather, hold
from hw4.recall.installed import Installed
from hw4.recall.watch import Watch
from hw4.store.rows import Row
from hw4.store.store import Store

FORMAT = 1  # raise it when something else is kept
_PAUSE = 5.0  # seconds between two writes: what a killed process may lose

Outcome: TypeAlias = "dict[str, object]"
"""Plain data."""


class Memory:
    """What one instance of a claim gave, by the part of it that was asked for.

    It is one row of the store, under a key of all that was known before the function ran. In the
    row are the files that it may have read meanwhile, with their contents. Where one of them is
    another today, all is forgotten.

    Args:
        store: that keeps it.
        known: plain data that decides the outcome, as far as it is known before.
        watch: of this process.
        installed: the packages that it can import.
        files: that decide the outcome too.
        root: the folder of the project.
        say: is told why nothing is remembered, as the end of a sentence.
    """

    def __init__(
        self,
        store: Store,
        known: object,
        watch: Watch,
        installed: Installed,
        files: Iterable[str],
        root: str,
        say: Callable[[str], None],
    ) -> None:
        text = json.dumps(["remembered", FORMAT, known], sort_keys=True)
        self._key = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
        self._store, self._watch, self._say = store, watch, say
        self._gather = functools.partial(gather, watch, installed, files, root)
        self._inputs: Inputs = {}
        self._outcomes: dict[str, Outcome] = {}
        self._unsaved = self._refused = False
        self._saved = time.monotonic()
        (row,) = store.get([self._key], _fits)
        if row:
            kept = json.loads(_text(row["remembered"]))
            if hold(watch, kept["inputs"]):
                self._inputs, self._outcomes = kept["inputs"], kept["outcomes"]

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Keep what is found in the block, also where it is interrupted."""
        self._watch.changed.clear()
        try:
            yield
        finally:
            self._save()

    def get(self, part: str) -> Outcome | None:
        """Return what the function gave for a part, as for a seed; None if that is not known."""
        return self._outcomes.get(part)

    def put(self, part: str, outcome: Outcome) -> None:
        """Remember it."""
        self._outcomes[part] = outcome
        self._unsaved = True
        if time.monotonic() - self._saved > _PAUSE:
            self._save()

    def refuse(self, why: str) -> None:
        """Remember nothing of this claim, and say why."""
        if not self._refused:
            self._say(why)
            self.forget()

    def forget(self) -> None:
        """Remember nothing of this claim."""
        self._refused, kept = True, self._inputs
        self._outcomes, self._inputs = {}, {}
        if kept:
            self._write()

    def _save(self) -> None:
        if not self._unsaved or self._refused:
            return
        try:
            found = self._gather()
        except UnsafeError as error:
            self._refused = True
            self._say(str(error))
            return
        for kind, paths in self._inputs.items():
            if any(found[kind].get(path, then) != then for path, then in paths.items()):
                self.refuse("a file was changed while it ran")
                return
        self._inputs = {kind: self._inputs.get(kind, {}) | paths for kind, paths in found.items()}
        self._write()

    def _write(self) -> None:
        kept = json.dumps({"inputs": self._inputs, "outcomes": self._outcomes})
        self._store.put({self._key: {"remembered": _numbers(kept)}}, origin())
        self._unsaved, self._saved = False, time.monotonic()


def origin() -> str:
    """Return what has remembered a row, as the store names it."""
    return f"remembered {FORMAT}, python {platform.python_version()}"


def _fits(row: Row) -> bool:
    return row.keys() == {"remembered"} and row["remembered"].ndim == 1


def _numbers(text: str) -> NDArray[np.float64]:
    """Return a text in the bytes of numbers, which is what a store keeps."""
    packed = zlib.compress(text.encode(errors="surrogateescape"))
    return np.frombuffer(packed + bytes(-len(packed) % 8), "<f8")


def _text(numbers: NDArray[np.float64]) -> str:
    unpacked = zlib.decompressobj().decompress(numbers.astype("<f8").tobytes())
    return unpacked.decode(errors="surrogateescape")
