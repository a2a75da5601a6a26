"""What a store holds, and what of it is of no use any more."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hw4.store import database
from hw4.store.database import StoreError


@dataclass(frozen=True)
class Contents:
    """What a store holds.

    Attributes:
        size: in bytes, with what is not written back yet.
        runs: how many rows verify, by their versions.
        unverified: how many do not.
        damage: what SQLite says is wrong with the file, if anything is.
        asides: files that were set aside in its place, (name, bytes) each.
    """

    size: int
    runs: dict[str, int]
    unverified: int
    damage: str | None
    asides: list[tuple[str, int]]

    def useless(self, usable: set[str] | None) -> int:
        """Return how many rows are of none of these versions (None: all) or do not verify."""
        known = self.runs if usable is None else usable
        others = (count for each, count in self.runs.items() if each not in known)
        return sum(others) + self.unverified


def inspect(path: Path) -> Contents:
    """Return what a store holds, with every row read and verified; nothing is changed.

    Raises:
        StoreError: it cannot be read, or is no store of this version.
    """
    try:
        with contextlib.closing(database.reader(path)) as connection:
            found = {}
            if database.is_store(connection):
                found = {rowid: row and row[1] for rowid, row in database.rows(connection)}
            damage = database.damage(connection)
    except database.FAILURES as error:
        raise StoreError(f"store {path} cannot be used: {error}") from None
    runs = Counter(versions for versions in found.values() if versions is not None)
    others = [each for each in path.parent.iterdir() if each.name.startswith(f"{path.name}.")]
    asides = [(each.name, each.stat().st_size) for each in others if ".aside" in each.name]
    sizes = [path, *(path.with_name(path.name + suffix) for suffix in database.COMPANIONS)]
    size = sum(each.stat().st_size for each in sizes if each.exists())
    return Contents(size, dict(runs), len(found) - runs.total(), damage, sorted(asides))


def drop(connection: sqlite3.Connection, usable: set[str] | None) -> int:
    """Drop rows that do not verify or are of none of these versions; return how many.

    Their space is given back to the system.
    """
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        useless = {
            (rowid,)
            for rowid, row in database.rows(connection)
            if row is None or (usable is not None and row[1] not in usable)
        }
        connection.executemany("DELETE FROM runs WHERE rowid=?", useless)
    with contextlib.suppress(sqlite3.OperationalError):  # it needs as much room again
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return len(useless)
