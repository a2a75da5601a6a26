"""Finished runs on disk: one SQLite file, one row a seed. What a file refuses, memory keeps."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

from hw4.store import database, upkeep
from hw4.store.database import Record, StoreError, check
from hw4.store.locks import Reservations
from hw4.store.rows import Row, digest, pack, unpack

__all__ = ["News", "Store", "StoreError", "check", "default_path", "open_store", "take_news"]

_SELECT = "SELECT versions, digest, arrays FROM runs WHERE key=?"
_INSERT = "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)"

T = TypeVar("T")


def default_path() -> Path:
    """Return where runs are kept unless `--store` says otherwise: the user's cache folder."""
    import platformdirs

    return platformdirs.user_cache_path("hw4") / "runs.sqlite"


class News:
    """What a user should know of the stores of a run; every process gathers its part."""

    def __init__(self) -> None:
        self.notices: list[str] = []  # each said once
        self.ends: list[str] = []  # why the run ended, as each process saw it
        self.unverified: set[str] = set()  # keys

    def add(
        self,
        notices: Sequence[str] = (),
        ends: Sequence[str] = (),
        unverified: Sequence[str] = (),
    ) -> None:
        """Add what is new."""
        self.notices += [notice for notice in notices if notice not in self.notices]
        self.ends += ends
        self.unverified |= set(unverified)

    def take(self) -> dict[str, list[str]]:
        """Return all of it, as the arguments of `add`, and forget it; nothing where all is well."""
        taken = {
            "notices": self.notices,
            "ends": self.ends,
            "unverified": sorted(self.unverified),
        }
        self.notices, self.ends, self.unverified = [], [], set()
        return {name: values for name, values in taken.items() if values}

    def sentences(self) -> list[str]:
        """Return what to say at the end of the run."""
        count = len(self.unverified)
        runs, were = ("run", "was") if count == 1 else ("runs", "were")
        again = f"{count:,} {runs} of the store did not verify and {were} trained again"
        return [*self.notices, *self.ends[:1], *[again] * bool(count)]


class Store:
    """Runs by key. A block of seeds is written in one transaction, when it is finished.

    So a killed process loses only what it was doing, and any number of processes share the file. It
    may be damaged, deleted or replaced meanwhile: a row that does not verify is no run, see
    `hw4.store.database` for a file that cannot be read, and where none can be written the
    process keeps its own runs in memory. `news` then has a sentence.
    """

    def __init__(self, path: Path, news: News | None = None) -> None:
        self.path = path
        self.news = news or News()
        self._lock = threading.Lock()
        self._memory: dict[str, Record] = {}
        self._writable = True
        self._looked_at = False
        self._connection: sqlite3.Connection | None = None
        self._file: database.Identity | None = None
        self._open()
        self._locks = Reservations(path.with_name(f"{path.name}.lock"))

    def _open(self, damage: str | None = None) -> None:
        """Open the file, which is known to be damaged where that says how."""
        self._disconnect()
        try:
            damaged = (self._file, damage) if damage else None
            self._connection = database.opened(self.path, self._say, damaged)
        except (*database.FAILURES, OSError, ValueError) as error:
            self._refused(error)
        else:
            self._file = database.identity(self.path)

    def _refused(self, error: Exception) -> None:
        """Keep everything in memory from now on."""
        if self._writable:
            reason = (isinstance(error, OSError) and error.strerror) or str(error)
            kept = "this run keeps its results in memory"
            self._say(f"store {self.path} cannot be used ({reason}): {kept}")
        self._writable = False

    def _say(self, sentence: str) -> None:
        """Add news; SQLite's words for what is damaged may hold anything."""
        self.news.add(["".join(char if char.isprintable() else "?" for char in sentence)])

    def _working(self, work: Callable[[sqlite3.Connection], T], again: bool = True) -> T | None:
        """Return what work does at the file; None where that cannot be.

        A file that is found to be damaged is replaced, once; one that was deleted, or replaced by
        another process, is opened anew.
        """
        if self._connection and self._replaced:
            self._open()
        if self._connection is None:
            return None
        try:
            return work(self._connection)
        except database.FAILURES as error:
            if again and database.is_damage(error):
                self._open(damage=str(error))
            elif not again or not self._replaced:
                self._refused(error)
                return None
        return self._working(work, again=False)

    @property
    def _replaced(self) -> bool:
        return database.identity(self.path) != self._file

    @contextlib.contextmanager
    def reserved(self, key: str, *, wait: bool) -> Iterator[bool]:
        """Keep other processes from training a run meanwhile; one that dies lets it go.

        Args:
            key: the run, or the first of a block.
            wait: for another process that has it, or else look at the answer.

        Yields:
            Whether it is reserved now; always where there are no file locks, as on Windows, or
            where others would not see what is trained.
        """
        if not self._writable:
            yield True
            return
        with self._locks.reserved(key, wait=wait) as reserved:
            yield reserved

    def get(
        self, keys: Sequence[str], fits: Callable[[Row], bool] = lambda row: True
    ) -> list[Row | None]:
        """Return each key's arrays by name, or None where there is no run or a damaged one.

        Args:
            keys: of the runs.
            fits: whether a row has the arrays that these runs have.
        """
        with self._lock:  # a transaction is the connection's, not the lane's
            found = self._working(lambda connection: _find(connection, keys)) or {}
            if not all(found.values()) and self._mended():
                found = self._working(lambda connection: _find(connection, keys)) or {}
        rows: list[Row | None] = []
        for key in keys:
            record = self._memory.get(key) or found.get(key)
            row = unpack(record[3]) if record else None
            rows.append(row if row is not None and fits(row) else None)
            if key in found and rows[-1] is None:
                self.news.add(unverified=[key])
        return rows

    def _mended(self) -> bool:
        """Replace a damaged file, which a row that does not verify may be a sign of; look once.

        An index that leads to a wrong row would lose more of them with every row that is written.
        """
        damage = None if self._looked_at else self._working(database.damage)
        self._looked_at = True
        if damage:
            self._open(damage)
        return bool(damage)

    def put(self, rows: dict[str, Row], versions: str = "") -> None:
        """Keep finished runs, all or none of them.

        Args:
            rows: by key.
            versions: of what has computed them, as "engine 7, keras 3.15.0".
        """
        packed = {key: pack(row) for key, row in rows.items()}
        records = {
            key: (key, versions, digest(key, versions, arrays), arrays)
            for key, arrays in packed.items()
        }

        def write(connection: sqlite3.Connection) -> bool:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_INSERT, records.values())
                database.trim(connection)
            return True

        with self._lock:
            if not (self._writable and self._working(write)):
                self._memory |= records

    def drop(self, usable: set[str] | None, damage: str | None = None) -> int | None:
        """Drop what none of these versions can use, and what does not verify.

        Args:
            usable: versions; None keeps all.
            damage: what is wrong with the file, which is set aside then.

        Returns:
            How many rows that were; None where the file cannot be written, as `news` says.
        """
        with self._lock:
            if damage:
                self._open(damage)
            return self._working(lambda connection: upkeep.drop(connection, usable))

    def _disconnect(self) -> None:
        if self._connection:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def close(self) -> None:
        """Close the file."""
        self._disconnect()
        self._locks.close()


def _find(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, Record | None]:
    """Return the rows of keys that have one, None for those that do not verify as that key's."""
    found = {key: connection.execute(_SELECT, (key,)).fetchone() for key in keys}
    return {key: database.verified([key.encode(), *row]) for key, row in found.items() if row}


_NEWS = News()  # of this process


def take_news() -> dict[str, list[str]]:
    """Return what is new of the stores that this process has opened, see `News.take`."""
    return _NEWS.take()


def notify(sentence: str) -> None:
    """Tell the user a sentence at the end of the run, once, whichever process says it."""
    _NEWS.add([sentence])


def notify_end(sentence: str) -> None:
    """Tell the user why the run ends; of several processes, what the first one says is told."""
    _NEWS.add(ends=[sentence])


@functools.lru_cache(maxsize=2)
def open_store(path: Path) -> Store:
    """Return the process's one connection to a store."""
    return Store(path, _NEWS)


_in_use: ContextVar[Path | None] = ContextVar("store in use", default=None)


@contextlib.contextmanager
def using(path: Path) -> Iterator[None]:
    """Let what is measured meanwhile, and is no training run, be kept in this store."""
    before = _in_use.set(path)
    try:
        yield
    finally:
        _in_use.reset(before)


def in_use() -> Store | None:
    """Return the store of the claim that is being decided; None outside of one."""
    path = _in_use.get()
    return open_store(path) if path else None
