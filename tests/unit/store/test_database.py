"""Paths that no store can have, file systems of several machines, and how large a store gets."""

import contextlib
import functools
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from hw4.store import database
from hw4.store.database import StoreError, check, on_network
from hw4.store.store import Store

ROW = {"a": np.arange(900.0)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.sqlite"


def link_to_itself(path):
    path.symlink_to(path)


NO_PLACES = {
    "a folder": (lambda path: path.mkdir(), "it is a folder, expected the name of a file"),
    "a pipe": (os.mkfifo, "it is no regular file, expected the name of a file"),
    "a device": (
        lambda path: path.symlink_to("/dev/full"),
        "it is no regular file, expected the name of a file",
    ),
    "a circle of links": (link_to_itself, "Too many levels of symbolic links"),
}


@pytest.mark.parametrize("kind", NO_PLACES)
def test_what_is_no_file_is_refused_in_one_sentence(path, kind):
    make, reason = NO_PLACES[kind]
    make(path)
    with pytest.raises(StoreError) as error:
        check(path)
    assert str(error.value) == f"store {path} cannot be used: {reason}"
    store = Store(path)  # as the one that nobody asked for
    store.put({"key": ROW})
    assert store.get(["key"])[0]["a"].sum() == ROW["a"].sum()
    kept = "this run keeps its results in memory"
    assert store.news.sentences() == [f"store {path} cannot be used ({reason}): {kept}"]
    store.close()


NO_NAMES = {
    "through a file": ("file/runs.sqlite", "Not a directory"),
    "too long": ("x" * 240, "File name too long"),  # with what is added
    "much too long": ("x" * 5000, "File name too long"),
    "a NUL": ("a\0b", "embedded null byte"),
    "foreign bytes": ("\udcff", "its name is no UTF-8"),
    "half a pair": ("\ud800", "its name is no UTF-8"),
}


@pytest.mark.parametrize("kind", NO_NAMES)
def test_a_name_that_no_store_can_have_is_refused_in_one_sentence(tmp_path, kind):
    name, reason = NO_NAMES[kind]
    (tmp_path / "file").touch()
    with pytest.raises(StoreError) as error:
        check(tmp_path / name)
    assert str(error.value) == f"store {tmp_path / name} cannot be used: {reason}"
    store = Store(tmp_path / name)
    store.put({"key": ROW})
    assert store.get(["key"])[0] is not None
    (said,) = store.news.sentences()
    assert said.isprintable()
    assert f"({reason})" in said
    store.close()


def test_a_store_that_is_there_or_may_become_one_is_not_refused(path):
    check(path)
    check(path.parent / "no" / "folder" / "yet" / "runs.sqlite")
    Store(path).close()
    check(path)


# File systems that several machines share


@pytest.fixture
def mounts(tmp_path, monkeypatch):
    """Put another table of what is mounted where in the place of the system's."""

    def put(*lines):
        table = tmp_path / "mounts"
        table.write_text("".join(f"device {line} rw 0 0\n" for line in lines))
        monkeypatch.setattr(database, "_MOUNTS", table)

    return put


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs", "lustre"])
def test_a_file_system_of_several_machines_is_known_by_its_type(mounts, tmp_path, kind):
    spaced = tmp_path / "a folder"
    (spaced / "local").mkdir(parents=True)
    escaped = f"{tmp_path}/a\\040folder"
    mounts("/ ext4", f"{escaped} {kind}", f"{escaped}/local tmpfs")
    assert on_network(spaced / "runs.sqlite")
    assert not on_network(spaced / "local" / "runs.sqlite")
    assert not on_network(tmp_path / "runs.sqlite")
    (tmp_path / "link").symlink_to(spaced)
    assert on_network(tmp_path / "link" / "runs.sqlite")


def test_the_last_mount_of_a_folder_is_on_top(mounts, tmp_path):
    mounts("/ ext4", f"{tmp_path} nfs", f"{tmp_path} xfs")
    assert not on_network(tmp_path / "runs.sqlite")


def test_where_nothing_tells_what_is_mounted_all_is_local(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "_MOUNTS", tmp_path / "missing")
    assert not on_network(tmp_path / "runs.sqlite")
    monkeypatch.undo()
    assert not on_network(tmp_path / "runs.sqlite")


def journal(store):
    return store._connection.execute("PRAGMA journal_mode").fetchone()[0].decode()


WRITER = """
import pathlib, sys, numpy as np
from hw4.store import database
from hw4.store.store import Store
database._MOUNTS = pathlib.Path(sys.argv[2])
store = Store(pathlib.Path(sys.argv[1]))
assert store._connection.execute("PRAGMA journal_mode").fetchone() == (b"delete",)
for block in range(20):
    store.put({f"{sys.argv[3]}-{block}-{i}": {"a": np.full(50, block)} for i in range(8)})
assert store.news.sentences() == []
"""


def test_a_store_on_such_a_file_system_needs_no_memory_that_processes_share(mounts, path):
    """Neither does one that was begun on a disk; and back."""
    store = Store(path)
    assert journal(store) == "wal"
    store.put({"key": ROW})
    store.close()
    mounts("/ ext4", f"{path.parent} nfs4")
    command = [sys.executable, "-c", WRITER, str(path), str(path.parent / "mounts")]
    writers = [subprocess.Popen([*command, name]) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    store = Store(path)
    assert journal(store) == "delete"
    assert not path.with_name(path.name + "-shm").exists()
    keys = [f"{name}-{block}-{i}" for name in "ab" for block in range(20) for i in range(8)]
    assert None not in store.get(["key", *keys])
    store.close()
    mounts("/ ext4")
    store = Store(path)
    assert journal(store) == "wal"
    store.close()


# Stores that can be read and not written

READER = """
import os, pathlib, sys, numpy as np
from hw4.store.store import Store
os.chdir(sys.argv[1])
if os.getuid() == 0:
    os.setresuid(65534, 65534, 65534)
store = Store(pathlib.Path("runs.sqlite"))
row = store.get(["key"])[0]
store.put({"other": row})
print(row["a"].sum(), store.get(["other"])[0]["a"].sum(), *store.news.sentences())
"""


class ReadOnly(sqlite3.Connection):
    """Can be read only: SQLite would write where it waits for others."""

    def execute(self, statement, *arguments):
        if "journal_mode" in statement or "BEGIN IMMEDIATE" in statement:
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return super().execute(statement, *arguments)


def test_a_store_that_can_only_be_read_is_said_when_something_is_to_be_written(path, monkeypatch):
    with contextlib.closing(Store(path)) as store:
        store.put({"key": ROW})
    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=ReadOnly))
    store = Store(path)
    assert store.get(["key"])[0] is not None
    assert store.news.sentences() == []
    store.put({"other": ROW})
    assert None not in store.get(["key", "other"])
    (said,) = store.news.sentences()
    assert "(attempt to write a readonly database)" in said
    store.close()


@pytest.fixture
def open_folder():
    """A folder whose way is open to everybody."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_store_in_a_folder_that_cannot_be_written_is_read(open_folder):
    folder = open_folder / "mine"
    folder.mkdir()
    path = folder / "runs.sqlite"
    with contextlib.closing(Store(path)) as store:
        store.put({"key": ROW})
    path.with_name("runs.sqlite.lock").chmod(0o600)
    path.chmod(0o444)
    folder.chmod(0o555)
    command = [sys.executable, "-c", READER, str(folder)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    folder.chmod(0o755)
    assert found.stderr == ""
    total = ROW["a"].sum()
    assert found.stdout.startswith(f"{total} {total} store runs.sqlite cannot be used (")
    assert len(found.stdout.splitlines()) == 1


# How large a store gets


def test_a_store_at_its_limit_drops_the_runs_that_were_written_longest_ago(path, monkeypatch):
    monkeypatch.setattr(database, "LIMIT", 400_000)
    with contextlib.closing(Store(path)) as store:
        keys = [f"key{index}" for index in range(120)]
        for key in keys:
            store.put({key: ROW})
        found = [row is not None for row in store.get(keys)]
    kept = sum(found)
    assert 30 < kept < 60  # a row is 7.2 kB, and two pages
    assert found == [False] * (120 - kept) + [True] * kept
    assert path.stat().st_size < 500_000


# What SQLite says of a damaged file


class Muttering(sqlite3.Connection):
    """Complains in words that are no text, as of a damaged schema."""

    def execute(self, statement, *arguments):
        if "SELECT count(*)" in statement:
            b"\xff".decode()
        return super().execute(statement, *arguments)


def test_words_that_are_no_text_are_a_sign_of_damage(path, monkeypatch):
    with contextlib.closing(Store(path)) as store:
        store.put({"key": ROW})
    real, calls = sqlite3.connect, []

    def connect(*arguments, **options):
        calls.append(arguments)
        return real(*arguments, **options | ({"factory": Muttering} if len(calls) == 1 else {}))

    monkeypatch.setattr(sqlite3, "connect", connect)
    store = Store(path)
    (said,) = store.news.sentences()
    assert re.search(r"could not be read \('utf-8' .*; 1 run that verifies was taken over", said)
    assert store.get(["key"])[0] is not None
    store.close()


@pytest.mark.parametrize("row", [[b"key", b"", 0.5, b""], [None] * 4, [1, b"", b"", b""]])
def test_columns_of_another_type_do_not_verify(row):
    assert database.verified(row) is None


def test_a_damaged_file_that_another_process_has_replaced_since_is_left_alone(path):
    store = Store(path)
    store.put({"key": ROW})
    store.close()
    said = []
    damaged = (0, 0), "it was damaged"  # another file than the one that is there now
    with contextlib.closing(database.opened(path, said.append, damaged)) as connection:
        assert [row is not None for _, row in database.rows(connection)] == [True]
    assert said == []
    assert list(path.parent.glob("*.aside")) == []
