import contextlib
import functools
import importlib.util
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hw4 import store as module
from hw4.store import Store, StoreError, in_use, open_store, using

ROW = {"test_loss": np.arange(4.0), "probe/weight_norm": np.ones((2, 3))}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "runs.sqlite"


@pytest.fixture
def store(path):
    store = Store(path)
    yield store
    store.close()


def reopened(path):
    """Return what a new process would find: (store's notice, row under "key")."""
    store = Store(path)
    (row,) = store.get(["key"])
    store.close()
    return store.notice, row


def assert_is_row(found):
    assert found.keys() == ROW.keys()
    for name, values in ROW.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)


def test_what_is_put_is_found_again_also_after_closing(store, path):
    store.put({"key": ROW, "other": ROW})
    for found in (*store.get(["other", "key"]), reopened(path)[1]):
        assert_is_row(found)
    assert store.notice is None


def test_infinities_and_the_last_bit_survive(store):
    values = np.array([np.inf, -np.inf, np.nan, 1 / 3, 5e-324])
    store.put({"key": {"a": values}})
    assert store.get(["key"])[0]["a"].tobytes() == values.tobytes()


def test_rows_come_in_the_order_asked_with_none_where_there_is_no_run(store):
    store.put({name: {"a": np.array([float(index)])} for index, name in enumerate("xyz")})
    found = store.get(["z", "missing", "x", "z"])
    assert [row and row["a"][0] for row in found] == [2, None, 0, 2]


def test_a_run_may_be_put_twice(store):
    store.put({"key": {"a": np.zeros(1)}})
    store.put({"key": ROW})
    assert_is_row(store.get(["key"])[0])


def test_an_exception_in_the_middle_leaves_nothing(store, path):
    class Unpackable:
        def __array__(self, *_, **__):
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        store.put({"key": ROW, "bad": {"a": Unpackable()}})
    assert store.get(["key", "bad"]) == [None, None]
    store.put({"later": ROW})  # and the connection still works
    assert reopened(path)[1] is None


def test_an_error_of_the_database_in_the_middle_leaves_nothing(store, path):
    with sqlite3.connect(path) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON runs WHEN NEW.key='bad'"
            " BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    other.close()
    with pytest.raises(StoreError) as error:
        store.put({"key": ROW, "bad": ROW})
    assert str(error.value) == f"store {path} cannot be used: full"
    assert store.get(["key"]) == [None]


KILLED = """
import os, sys, pathlib, numpy as np
from hw4.store import Store
store = Store(pathlib.Path(sys.argv[1]))
row = {"a": np.zeros(1)}
store.put({"key": row})
store._connection.create_function("die", 0, lambda: os._exit(9))
store._connection.execute(
    "CREATE TEMP TRIGGER t AFTER INSERT ON runs WHEN NEW.key='last' BEGIN SELECT die(); END"
)
store.put({"half": row, "whole": row, "last": row})
"""


def test_a_killed_process_loses_only_what_it_was_doing(path):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert killed.returncode == 9
    store = Store(path)
    assert store.notice is None
    assert [row is not None for row in store.get(["key", "half", "whole"])] == [True, False, False]
    store.close()


WRITER = """
import sys, pathlib, numpy as np
from hw4.store import Store
print("ready", flush=True)
sys.stdin.readline()
store = Store(pathlib.Path(sys.argv[1]))  # which neither has made yet
for block in range(25):
    store.put({f"{sys.argv[2]}-{block}-{i}": {"a": np.full(50, block)} for i in range(8)})
store.close()
"""


def test_two_processes_that_open_and_write_at_once_lose_nothing(path):
    pipe = subprocess.PIPE
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", WRITER, str(path), name],
                    stdin=pipe,
                    stdout=pipe,
                    stderr=pipe,
                    text=True,
                )
            )
            for name in "ab"
        ]
        assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * 2
        for writer in writers:
            writer.stdin.write("go\n")
            writer.stdin.flush()
        assert [writer.communicate()[1] for writer in writers] == ["", ""]
    store = Store(path)
    keys = [f"{name}-{block}-{i}" for name in "ab" for block in range(25) for i in range(8)]
    assert all(row is not None for row in store.get(keys))
    store.close()


def test_many_that_open_a_new_store_at_once_all_get_it(tmp_path):
    """SQLite refuses one of two that switch to WAL at once without waiting: ours must wait."""
    for attempt in range(15):
        path = tmp_path / f"{attempt}.sqlite"
        with ThreadPoolExecutor(8) as lanes:
            stores = list(lanes.map(Store, [path] * 8))
        for index, store in enumerate(stores):
            store.put({f"{index}": ROW})
        assert [store.notice for store in stores] == [None] * 8
        assert None not in stores[0].get([f"{index}" for index in range(8)])
        for store in stores:
            store.close()


def test_lanes_share_one_connection(store):
    def work(lane):
        for block in range(20):
            store.put({f"{lane}-{block}-{i}": ROW for i in range(4)})
            assert store.get([f"{lane}-{block}-0"])[0] is not None

    with ThreadPoolExecutor(4) as lanes:
        list(lanes.map(work, range(4)))
    keys = [f"{lane}-{block}-{i}" for lane in range(4) for block in range(20) for i in range(4)]
    assert None not in store.get(keys)


@pytest.fixture
def reader(path):
    """A connection that reads a database which is no store yet: it cannot switch to WAL."""
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        connection.execute("PRAGMA user_version=0")
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield connection


def test_a_new_store_waits_for_a_reader(path, reader):
    timer = threading.Timer(0.1, reader.rollback)
    timer.start()
    store = Store(path)
    store.put({"key": ROW})
    store.close()
    timer.join()
    assert_is_row(reopened(path)[1])


class Refusing(sqlite3.Connection):
    """Refuses twice to switch to WAL, as SQLite does to one of two that switch at once."""

    refused = 0

    def execute(self, statement, *arguments):
        if "journal_mode" in statement and self.refused < 2:
            self.refused += 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return super().execute(statement, *arguments)


def test_a_switch_to_wal_that_is_refused_is_tried_again(path, monkeypatch):
    connect = functools.partial(sqlite3.connect, factory=Refusing)
    monkeypatch.setattr(sqlite3, "connect", connect)
    store = Store(path)
    assert store._connection.refused == 2
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_a_reader_that_stays_is_refused_in_one_sentence(path, reader, monkeypatch):
    monkeypatch.setattr(module, "_WAIT", 0.05)
    with pytest.raises(StoreError, match=r"^store .* cannot be used: database is locked$"):
        Store(path)


# Reservations

KEY = "00f" + 61 * "0"  # as a recipe's key: 64 hexadecimal digits, the first 15 are a place

HOLDER = """
import pathlib, sys
from hw4.store import Store
with Store(pathlib.Path(sys.argv[1])).reserved(sys.argv[2], wait=False) as reserved:
    print(reserved, flush=True)
    sys.stdin.read()
"""


def test_a_run_is_reserved_for_one_process_until_it_dies(store, path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "True\n"
        with store.reserved(KEY, wait=False) as reserved:
            assert not reserved
        with store.reserved("1" + KEY[1:], wait=False) as another:
            assert another
        threading.Timer(0.1, holder.kill).start()
        with store.reserved(KEY, wait=True) as reserved:
            assert reserved
            assert holder.wait() != 0


def test_a_reservation_ends_with_its_block_also_by_an_exception(store, path):
    with pytest.raises(ZeroDivisionError), store.reserved(KEY, wait=False):
        _ = 1 / 0
    tried = [sys.executable, "-c", HOLDER, str(path), KEY]
    found = subprocess.run(tried, input="", capture_output=True, text=True, check=True)
    assert found.stdout == "True\n"


def test_where_there_are_no_file_locks_all_is_reserved(monkeypatch, path):
    monkeypatch.setitem(sys.modules, "fcntl", None)  # as on Windows
    spec = importlib.util.spec_from_file_location("store_without_locks", module.__file__)
    without = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(without)
    store = without.Store(path)
    for wait in (False, True):
        with store.reserved(KEY, wait=wait) as reserved:
            assert reserved
    store.put({"key": ROW})
    store.close()
    assert_is_row(reopened(path)[1])


# Files that are no store


def foreign(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE diary (entry TEXT)")
    connection.execute("INSERT INTO diary VALUES ('dear diary')")
    connection.commit()
    connection.close()


def of_another_version(path):
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.commit()
    connection.close()


def overwritten(path):
    Store(path).close()
    path.write_bytes(path.read_bytes()[:100] + os.urandom(3000))


NO_STORES = {
    "text": lambda path: path.write_text("a letter to my aunt\n" * 50),
    "a header and noise": overwritten,
    "a truncated store": lambda path: (Store(path).close(), os.truncate(path, 5000)),
    "another program's database": foreign,
    "a store of another version": of_another_version,
}


@pytest.mark.parametrize("kind", NO_STORES)
def test_what_is_no_store_is_set_aside_with_a_notice(path, kind):
    path.parent.mkdir()
    NO_STORES[kind](path)
    content = path.read_bytes()
    store = Store(path)
    (aside,) = [name for name in path.parent.iterdir() if name.name.endswith(".aside")]
    assert aside.read_bytes() == content
    assert str(path) in store.notice
    assert store.notice.endswith(f"set aside as {aside.name}")
    assert "\n" not in store.notice
    store.put({"key": ROW})
    store.close()
    notice, row = reopened(path)
    assert notice is None
    assert_is_row(row)


def test_what_another_process_has_not_written_back_goes_with_what_is_set_aside(path):
    Store(path).close()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version=99")  # so far in the write-ahead log alone
        other.commit()
        Store(path).close()
        (aside,) = [name for name in path.parent.iterdir() if name.name.endswith(".aside")]
        assert aside.with_name(aside.name + "-wal").stat().st_size
    with contextlib.closing(sqlite3.connect(aside)) as found:
        assert found.execute("PRAGMA user_version").fetchone() == (99,)


def test_an_empty_file_becomes_a_store(path):
    path.parent.mkdir()
    path.touch()
    Store(path).close()
    assert reopened(path) == (None, None)


@pytest.mark.parametrize(
    "damage",
    [
        lambda blob: blob[: len(blob) // 2],
        lambda blob: b"",
        lambda blob: b"PK" + blob[2:60],
        lambda blob: blob[:70] + bytes(20) + blob[90:],
    ],
    ids=["half", "empty", "start", "hole"],
)
def test_a_damaged_row_counts_as_missing(store, path, damage):
    store.put({"key": ROW, "other": ROW})
    with sqlite3.connect(path) as other:
        (blob,) = other.execute("SELECT arrays FROM runs WHERE key='key'").fetchone()
        other.execute("UPDATE runs SET arrays=? WHERE key='key'", (damage(blob),))
    other.close()
    found = store.get(["key", "other"])
    assert found[0] is None
    assert_is_row(found[1])


def test_damage_that_opening_does_not_show_is_one_sentence(store, path):
    keys = [f"key{i}" for i in range(40)]
    store.put({key: {"a": np.arange(900.0)} for key in keys})
    store.close()
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    damaged = Store(path)
    with pytest.raises(StoreError) as error:
        damaged.get(keys)
    assert str(error.value) == f"store {path} cannot be used: database disk image is malformed"
    damaged.close()


def refusal(path):
    with pytest.raises(StoreError) as error:
        Store(path)
    message = str(error.value)
    assert message.startswith(f"store {path} cannot be used: ")
    assert "\n" not in message
    assert isinstance(error.value, ValueError)
    return message


def test_a_folder_is_refused_in_one_sentence(tmp_path):
    refusal(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_path_through_a_file_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    refusal(tmp_path / "file" / "runs.sqlite")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that root cannot write")
def test_a_folder_that_cannot_be_written_is_refused_in_one_sentence():
    refusal(Path("/proc/self/runs.sqlite"))


def test_what_is_measured_in_a_claim_finds_its_store(path):
    assert in_use() is None
    with using(path):
        store = in_use()
        assert store is open_store(path)
        with using(path.with_name("other.sqlite")):
            assert in_use() is not store
            in_use().close()
        assert in_use() is store
    assert in_use() is None
    store.close()
    open_store.cache_clear()
