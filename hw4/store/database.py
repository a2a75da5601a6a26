"""The store's SQLite file: opened, or set aside and begun anew with the rows that verify."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from hw4.files import FileError
from hw4.plural import numbered
from hw4.store import locks
from hw4.store.rows import digest

APPLICATION = 0x68773401  # "hw4" and a byte, in the file's header: tells our files from others
SCHEMA = 2
LIMIT = 1 << 30  # bytes of the file; thousands of runs are some ten megabytes
_LARGEST = 1 << 28  # bytes of a row: a damaged length asks for no more memory than that

_PAGE = 4096  # bytes; SQLite's own choice

_MOUNTS = Path("/proc/self/mounts")
_NETWORK = re.compile(  # file systems that several machines share, and what may lead to one
    r"nfs|nfs4|cifs|smb3|smbfs|9p|afs|ceph|lustre|gpfs|beegfs|pvfs2|orangefs|ocfs2|gfs2|fuse\..*"
)
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
COMPANIONS = ("-wal", "-shm", "-journal")  # belong to the file by its name

Record = tuple[str, str, bytes, bytes]
"""A row of the table: key, versions, digest, arrays."""

Identity = tuple[int, int]
"""Of a file, whatever its name is meanwhile."""


class StoreError(FileError):
    """A store that cannot be used, in one sentence that names the file."""


class ForeignError(sqlite3.DatabaseError):
    """A database that is no store, or an older version's."""


class NewerError(sqlite3.DatabaseError):
    """A store of a newer version: it is left alone."""


# What SQLite raises; the second where its words for what is damaged are no text.
FAILURES = (sqlite3.Error, UnicodeDecodeError)


def check(path: Path) -> None:
    """Refuse a path where no store can be, before anything is measured.

    Raises:
        StoreError: a folder or a device, a name that is too long or that UTF-8 cannot write, or a
            folder on the way that is none.
    """
    if obstacle := _obstacle(path):
        raise StoreError(f"store {path} cannot be used: {obstacle}")


def _obstacle(path: Path) -> str | None:
    try:
        str(path).encode()
        with contextlib.suppress(FileNotFoundError):
            kind = path.stat().st_mode
            if not stat.S_ISREG(kind):
                what = "a folder" if stat.S_ISDIR(kind) else "no regular file"
                return f"it is {what}, expected the name of a file"
        with contextlib.suppress(FileNotFoundError):
            _aside(path).stat()  # the longest name that is ever made of it
    except UnicodeEncodeError:
        return "its name is no UTF-8"
    except (OSError, ValueError) as error:  # ValueError: a NUL
        return (isinstance(error, OSError) and error.strerror) or str(error)
    return None


def identity(path: Path) -> Identity | None:
    """Return which file is at a path now; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_damage(error: Exception) -> bool:
    """Return whether it is the file's content that SQLite complains of."""
    return isinstance(error, ForeignError | UnicodeDecodeError) or _code(error) in _DAMAGED


def _code(error: Exception) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code & 0xFF


def opened(
    path: Path, say: Callable[[str], None], damaged: tuple[Identity | None, str] | None = None
) -> sqlite3.Connection:
    """Return a connection to the store of a path, made where there is none.

    A damaged or foreign file is set aside under another name, never deleted; the rows that verify
    are taken over. One process at a time does that.

    Args:
        path: of the file.
        say: is told in a sentence that a file was set aside.
        damaged: which file is known to be, and why; another process may have replaced it since.

    Raises:
        StoreError: no store can be there, see `check`, or a damaged file cannot be set aside.
        OSError: its folder cannot be made.
        sqlite3.Error: it cannot be opened, or a newer version has written it.
    """
    if obstacle := _obstacle(path):
        raise StoreError(obstacle)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locks.alone(path.parent):
        if damaged and damaged[0] == identity(path):
            return _anew(path, say, damaged[1])
        try:
            return _connect(path)
        except FAILURES as error:
            if not is_damage(error):
                return _reading(path, error)
            return _anew(path, say, str(error))


def _connect(path: Path) -> sqlite3.Connection:
    connection = _plain(str(path))
    try:
        is_new = not is_store(connection)
        _set_journal(connection, "DELETE" if on_network(path) else "WAL")
        if is_new:
            _create(connection)
        return connection
    except BaseException:
        connection.close()
        raise


def _create(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS runs (key TEXT PRIMARY KEY, versions TEXT NOT NULL,"
            " digest BLOB NOT NULL, arrays BLOB NOT NULL) STRICT"
        )
        connection.execute(f"PRAGMA application_id={APPLICATION}")
        connection.execute(f"PRAGMA user_version={SCHEMA}")


def _plain(name: str, *, uri: bool = False) -> sqlite3.Connection:
    # Lanes of one process share the connection, one at a time.
    connection = sqlite3.connect(name, timeout=locks.WAIT, check_same_thread=False, uri=uri)
    connection.text_factory = bytes  # a damaged text may be no UTF-8
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST)
    return connection


def is_store(connection: sqlite3.Connection) -> bool:
    """Return whether a database is a store; an empty one becomes one.

    It looks once at all that tells, before anything is written into a foreign file.

    Raises:
        ForeignError: it is none, or an older version's.
        NewerError: it is a newer version's.
    """
    with connection:
        connection.execute("BEGIN")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (schema,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables:
        return False
    if application != APPLICATION:
        raise ForeignError("it is no hw4 store")
    if schema < SCHEMA:
        raise ForeignError("an older version of hw4 has written it, whose runs cannot be verified")
    if schema > SCHEMA:
        raise NewerError("a newer version of hw4 has written it")
    return True


def _set_journal(connection: sqlite3.Connection, mode: str) -> None:
    """Switch the journal: SQLite waits for no other process there, so that is done here."""
    deadline = time.monotonic() + locks.WAIT
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode={mode}")
            connection.execute("PRAGMA synchronous=NORMAL")
            return
        except sqlite3.OperationalError as error:
            busy = _code(error) == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def on_network(path: Path) -> bool:
    """Return whether a path is on a file system that other machines may share.

    SQLite's write-ahead log needs memory that all its processes share, and so one machine; its
    rollback journal needs no more than the file system's locks. See https://sqlite.org/wal.html.
    """
    try:
        lines = _MOUNTS.read_text(errors="replace").splitlines()
    except OSError:  # not Linux
        return False
    kind, depth, real = "", -1, Path(os.path.realpath(path))
    for line in lines:
        _, folder, found, *_ = line.split(" ")
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), folder))
        if real.is_relative_to(point) and len(point.parts) >= depth:  # the last one is on top
            kind, depth = found, len(point.parts)
    return _NETWORK.fullmatch(kind) is not None


def _reading(path: Path, refused: Exception) -> sqlite3.Connection:
    """Return a connection to a store that cannot be written; raise why that was, if there is none.

    What another process changes meanwhile may be read by halves; such rows do not verify.
    """
    connection = reader(path)
    with contextlib.suppress(*FAILURES):
        if is_store(connection):
            return connection
    connection.close()
    raise refused


def reader(path: Path) -> sqlite3.Connection:
    """Return a connection that changes neither a file nor its folder."""
    log = path.with_name(f"{path.name}-wal")
    used = log.exists() and os.access(path.parent, os.W_OK)
    return _plain(f"{path.absolute().as_uri()}?{'mode=ro' if used else 'immutable=1'}", uri=True)


def _anew(path: Path, say: Callable[[str], None], reason: str) -> sqlite3.Connection:
    """Set a file aside and begin another one, with the rows that verify."""
    aside = _aside(path)
    try:
        path.rename(aside)
    except FileNotFoundError:  # somebody has deleted it
        return _connect(path)
    except OSError as error:
        raise StoreError(f"it cannot be read ({reason}) nor set aside ({error.strerror})") from None
    for suffix in COMPANIONS:
        with contextlib.suppress(OSError):
            companion = path.with_name(path.name + suffix)
            companion.rename(aside.with_name(aside.name + suffix))
    taken = 0
    try:
        connection = _connect(path)
        taken = _take_over(aside, path, connection)
        return connection
    finally:
        runs = f"{numbered(taken, 'run')} that {'verifies was' if taken == 1 else 'verify were'}"
        also = f"; {runs} taken over" * bool(taken)
        say(f"store {path} could not be read ({reason}): set aside as {aside.name}{also}")


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.{time.time_ns()}.aside")


def _take_over(aside: Path, path: Path, connection: sqlite3.Connection) -> int:
    """Copy what verifies into a new store, and return how many rows that are."""
    taken = 0
    for begin in (b"", _first_page(path, connection)):
        before = connection.total_changes
        with (
            contextlib.suppress(*FAILURES, OSError),
            _readable(aside, begin) as damaged,
            connection,  # all of them or none, as on a full disk
        ):
            insert = "INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?)"
            connection.executemany(insert, (row for _, row in rows(damaged) if row))
            taken += connection.total_changes - before
    return taken


def _first_page(path: Path, connection: sqlite3.Connection) -> bytes:
    """Return what every store begins with: the header, and which page each table begins at.

    Without its number of pages, for which SQLite then looks at the file.
    """
    connection.execute("PRAGMA wal_checkpoint")
    page = path.read_bytes()[:_PAGE]
    return page[:28] + bytes(4) + page[32:]  # https://sqlite.org/fileformat.html


@contextlib.contextmanager
def _readable(aside: Path, begin: bytes) -> Iterator[sqlite3.Connection]:
    """Give a connection to a damaged file, or to a copy that has another beginning."""
    if not begin:
        with contextlib.closing(reader(aside)) as connection:
            yield connection
        return
    copy = aside.with_name(f"{aside.name}.part")
    try:
        shutil.copyfile(aside, copy)
        with copy.open("r+b") as file:
            file.write(begin)
            file.truncate(-(-copy.stat().st_size // _PAGE) * _PAGE)
        with contextlib.closing(reader(copy)) as connection:
            yield connection
    finally:
        copy.unlink(missing_ok=True)


def rows(connection: sqlite3.Connection) -> Iterator[tuple[int, Record | None]]:
    """Yield every row that SQLite can read, from both ends: (rowid, row or None, see `verified`).

    Beyond a page that cannot be read there may be others; then some rows come twice.
    """
    select = "SELECT rowid, key, versions, digest, arrays FROM runs ORDER BY rowid"
    for order in ("ASC", "DESC"):
        try:
            for rowid, *row in connection.execute(f"{select} {order}"):
                yield rowid, verified(row)
            return
        except FAILURES:
            continue


def verified(row: list[object]) -> Record | None:
    """Return a row as it was written, or None if anything in it was changed since."""
    match row:
        case [bytes(name), bytes(versions), bytes(found), bytes(arrays)]:
            key, said = (text.decode(errors="replace") for text in (name, versions))
            if found == digest(key, said, arrays):
                return key, said, found, arrays
    return None


def damage(connection: sqlite3.Connection) -> str | None:
    """Return what SQLite finds wrong with a file that it can open; it reads all of it."""
    try:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except FAILURES as error:
        return str(error)
    said: str = found.decode(errors="replace")
    return None if said == "ok" else said.splitlines()[-1]  # below a headline


def trim(connection: sqlite3.Connection) -> None:
    """Drop the eighth of the rows that was written longest ago where the file is at its limit."""
    used = "(page_count - freelist_count) * page_size"
    pragmas = "pragma_page_count, pragma_freelist_count, pragma_page_size"
    (size,) = connection.execute(f"SELECT {used} FROM {pragmas}").fetchone()
    if size > LIMIT:
        connection.execute(
            "DELETE FROM runs WHERE rowid IN"
            " (SELECT rowid FROM runs ORDER BY rowid LIMIT (SELECT count(*) / 8 + 1 FROM runs))"
        )
