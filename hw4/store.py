"""Finished runs on disk: one SQLite file, one row a seed."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import sqlite3
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_APPLICATION = 0x68773401  # "hw4" and a byte, in the file's header: tells our files from others
_SCHEMA = 1
_WAIT = 60.0  # seconds that one writer waits for another

Row = dict[str, NDArray[np.float64]]


class StoreError(ValueError):
    """A store that cannot be used, in one sentence that names the file."""


def default_path() -> Path:
    """Return where runs are kept unless `--store` says otherwise: the user's cache folder."""
    import platformdirs

    return platformdirs.user_cache_path("hw4") / "runs.sqlite"


class Store:
    """Runs by key. A block of seeds is written in one transaction, when it is finished.

    So a killed process loses only what it was doing, and any number of processes share the file. A
    damaged or foreign file is set aside under another name, never deleted; `notice` then says so.

    Raises:
        StoreError: the file cannot be opened or its folder not made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notice: str | None = None
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, read-only, a folder, full
                raise StoreError(f"store {path} cannot be used: {error}") from None
            self._set_aside(str(error))
            self._open()
        except OSError as error:
            raise StoreError(f"store {path} cannot be used: {error.strerror}") from None
        locks = path.with_name(path.name + ".lock")
        self._locks: int | None = os.open(locks, os.O_RDWR | os.O_CREAT, 0o666)

    def _open(self) -> None:
        # Lanes of one process share the connection, one at a time.
        self._connection = sqlite3.connect(self.path, timeout=_WAIT, check_same_thread=False)
        with self._connection as connection:
            connection.execute("BEGIN")  # one look, before anything is written into a foreign file
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (schema,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables and (application, schema) != (_APPLICATION, _SCHEMA):
                raise sqlite3.DatabaseError("it is not an hw4 store of this version")
        self._write_ahead()
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS runs"
                " (key TEXT PRIMARY KEY, finished REAL NOT NULL, arrays BLOB NOT NULL) STRICT"
            )
            connection.execute(f"PRAGMA application_id={_APPLICATION}")
            connection.execute(f"PRAGMA user_version={_SCHEMA}")

    def _write_ahead(self) -> None:
        """Switch to WAL: SQLite waits for no other process there, so that is done here."""
        deadline = time.monotonic() + _WAIT
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA synchronous=NORMAL")
                return
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > deadline:
                    raise
            time.sleep(0.01)

    def _set_aside(self, reason: str) -> None:
        self._connection.close()
        aside = self.path.with_name(f"{self.path.name}.{time.time_ns()}.aside")
        self.path.rename(aside)
        for suffix in ("-wal", "-shm"):  # belong to the file by its name
            companion = self.path.with_name(self.path.name + suffix)
            if companion.exists():
                companion.rename(aside.with_name(aside.name + suffix))
        self.notice = f"store {self.path} could not be read ({reason}): set aside as {aside.name}"

    @contextlib.contextmanager
    def reserved(self, key: str, *, wait: bool) -> Iterator[bool]:
        """Keep other processes from training a run meanwhile; one that dies lets it go.

        Args:
            key: the run, or the first of a block.
            wait: for another process that has it, or else look at the answer.

        Yields:
            Whether it is reserved now; without file locks, as on Windows, always.
        """
        if fcntl is None or self._locks is None:
            yield True
            return
        place = (1, int(key[:15], 16))  # one byte in 2⁶⁰ of a file that stays empty
        try:
            fcntl.lockf(self._locks, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB), *place)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.lockf(self._locks, fcntl.LOCK_UN, *place)

    def get(self, keys: Sequence[str]) -> list[Row | None]:
        """Return each key's arrays by name, or None where there is no run or a damaged one.

        Raises:
            StoreError: the file is damaged where opening it did not show it.
        """
        found: list[Row | None] = []
        select = "SELECT arrays FROM runs WHERE key=?"
        with self._refusing():
            for key in keys:
                row = self._connection.execute(select, (key,)).fetchone()
                found.append(_unpack(row[0]) if row else None)
        return found

    def put(self, rows: dict[str, Row]) -> None:
        """Keep finished runs, all or none of them.

        Raises:
            StoreError: they cannot be written.
        """
        now = time.time()
        packed = [(key, now, _pack(row)) for key, row in rows.items()]
        with self._refusing(), self._connection as connection:
            connection.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", packed)

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        """Let one lane at the file, and say in one sentence what goes wrong there."""
        try:
            with self._lock:  # a transaction is the connection's, not the lane's
                yield
        except sqlite3.DatabaseError as error:
            raise StoreError(f"store {self.path} cannot be used: {error}") from None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        if self._locks is not None:
            os.close(self._locks)
            self._locks = None


def _pack(row: Row) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **row)  # type: ignore[arg-type]
    return buffer.getvalue()


def _unpack(blob: bytes) -> Row | None:
    try:
        with np.load(io.BytesIO(blob), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, zlib.error):
        return None  # half a row is no run: it is trained again


@functools.lru_cache(maxsize=2)
def open_store(path: Path) -> Store:
    """Return the process's one connection to a store."""
    return Store(path)


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
