import contextlib
import functools
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from hw4.store import database, locks
from hw4.store.store import News, Store, in_use, notify, notify_end, open_store, take_news, using

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
    """Return what a new process would find: (what it would say, row under "key")."""
    store = Store(path)
    (row,) = store.get(["key"])
    store.close()
    return store.news.sentences(), row


def changed(path, statement, *values):
    """Change the database behind the store's back."""
    with contextlib.closing(sqlite3.connect(path)) as other, other:
        other.execute(statement, values)


def in_memory(path, reason):
    return f"store {path} cannot be used ({reason}): this run keeps its results in memory"


def assert_is_row(found):
    assert found.keys() == ROW.keys()
    for name, values in ROW.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)


def test_what_is_put_is_found_again_also_after_closing(store, path):
    store.put({"key": ROW, "other": ROW})
    for found in (*store.get(["other", "key"]), reopened(path)[1]):
        assert_is_row(found)
    assert store.news.take() == {}


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


KILLED = """
import os, sys, pathlib, numpy as np
from hw4.store.store import Store
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
    assert [row is not None for row in store.get(["key", "half", "whole"])] == [True, False, False]
    store.close()


WRITER = """
import sys, pathlib, numpy as np
from hw4.store.store import Store
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
        assert [store.news.sentences() for store in stores] == [[]] * 8
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
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == (b"wal",)
    store.close()


def test_a_reader_that_stays_leaves_the_runs_in_memory(path, reader, monkeypatch):
    monkeypatch.setattr(locks, "WAIT", 0.05)
    store = Store(path)
    assert store.news.sentences() == [in_memory(path, "database is locked")]
    store.put({"key": ROW})
    assert_is_row(store.get(["key"])[0])


KEY = "00f" + 61 * "0"  # as a recipe's key: 64 hexadecimal digits

# Files that are no store


def foreign(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE diary (entry TEXT)")
    connection.execute("INSERT INTO diary VALUES ('dear diary')")
    connection.commit()
    connection.close()


def of_an_older_version(path):
    """As it was before rows had digests."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TABLE runs (key TEXT PRIMARY KEY, finished REAL NOT NULL, arrays BLOB NOT NULL)"
        )
        connection.execute("INSERT INTO runs VALUES ('key', 0, x'504b')")
        connection.execute(f"PRAGMA application_id={database.APPLICATION}")
        connection.execute("PRAGMA user_version=1")
        connection.commit()


def overwritten(path):
    Store(path).close()
    path.write_bytes(path.read_bytes()[:100] + os.urandom(3000))


NO_STORES = {
    "text": lambda path: path.write_text("a letter to my aunt\n" * 50),
    "a header and noise": overwritten,
    "a truncated store": lambda path: (Store(path).close(), os.truncate(path, 5000)),
    "another program's database": foreign,
    "a store of an older version": of_an_older_version,
    "a store without its table": lambda path: (
        Store(path).close(),
        changed(path, "ALTER TABLE runs RENAME TO walks"),
    ),
}


def asides(path):
    return [name for name in path.parent.iterdir() if name.name.endswith(".aside")]


@pytest.mark.parametrize("kind", NO_STORES)
def test_what_is_no_store_is_set_aside_with_a_notice(path, kind):
    path.parent.mkdir()
    NO_STORES[kind](path)
    content = path.read_bytes()
    store = Store(path)
    assert store.get(["key"]) == [None]
    (aside,) = asides(path)
    assert aside.read_bytes() == content
    (notice,) = store.news.sentences()
    assert notice.startswith(f"store {path} could not be read (")
    assert notice.endswith(f"): set aside as {aside.name}")
    assert notice.isprintable()
    store.put({"key": ROW})
    store.close()
    said, row = reopened(path)
    assert said == []
    assert_is_row(row)


def test_what_another_process_has_not_written_back_goes_with_what_is_set_aside(path):
    Store(path).close()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA application_id=99")  # so far in the write-ahead log alone
        other.commit()
        Store(path).close()
        (aside,) = asides(path)
        assert aside.with_name(aside.name + "-wal").stat().st_size
    with contextlib.closing(sqlite3.connect(aside)) as found:
        assert found.execute("PRAGMA application_id").fetchone() == (99,)


def test_a_newer_versions_store_is_left_alone(store, path):
    store.put({"key": ROW})
    store.close()
    changed(path, "PRAGMA user_version=99")
    content = path.read_bytes()
    older = Store(path)
    older.put({"key": ROW})
    assert_is_row(older.get(["key"])[0])
    older.close()
    reason = "a newer version of hw4 has written it"
    assert older.news.sentences() == [in_memory(path, reason)]
    assert path.read_bytes() == content


def test_an_empty_file_becomes_a_store(path):
    path.parent.mkdir()
    path.touch()
    Store(path).close()
    assert reopened(path) == ([], None)


OPENER = """
import pathlib, sys, numpy as np
from hw4.store.store import Store
print("ready", flush=True)
sys.stdin.readline()
store = Store(pathlib.Path(sys.argv[1]))
store.put({sys.argv[2]: {"a": np.zeros(1)}})
print(len(store.news.sentences()), flush=True)
"""


def test_many_that_open_a_damaged_store_at_once_set_it_aside_once(tmp_path):
    """In lanes and in processes."""
    for attempt in range(10):
        path = tmp_path / f"{attempt}.sqlite"
        path.write_text("damaged")
        with ThreadPoolExecutor(8) as lanes:
            stores = list(lanes.map(Store, [path] * 8))
        for index, store in enumerate(stores):
            store.put({f"{index}": ROW})
        assert None not in stores[0].get([f"{index}" for index in range(8)])
        assert sum(len(store.news.sentences()) for store in stores) == 1
        for store in stores:
            store.close()
    assert len(asides(path)) == 10


def test_processes_that_open_a_damaged_store_at_once_set_it_aside_once(path):
    path.parent.mkdir()
    path.write_text("damaged")
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with contextlib.ExitStack() as stack:
        openers = [
            stack.enter_context(
                subprocess.Popen([sys.executable, "-c", OPENER, str(path), name], **options)
            )
            for name in "abcd"
        ]
        assert {opener.stdout.readline() for opener in openers} == {"ready\n"}
        for opener in openers:
            opener.stdin.write("go\n")
            opener.stdin.flush()
        assert sorted(opener.communicate()[0] for opener in openers) == [*["0\n"] * 3, "1\n"]
    assert len(asides(path)) == 1
    store = Store(path)
    assert None not in store.get(list("abcd"))
    store.close()


# Rows that do not verify

KEYS = [f"key{index}" for index in range(40)]
ROWS = {key: {"a": np.arange(900.0) + index} for index, key in enumerate(KEYS)}


def assert_as_put(found):
    """Check that each answer is the run that was asked for, or none; return which are missing."""
    for key, row in zip(KEYS, found, strict=True):
        assert row is None or (row.keys() == {"a"} and np.array_equal(row["a"], ROWS[key]["a"]))
    return [key for key, row in zip(KEYS, found, strict=True) if row is None]


DAMAGES = {
    "half": "UPDATE runs SET arrays = substr(arrays, 1, length(arrays) / 2) WHERE key='key'",
    "empty": "UPDATE runs SET arrays = x'' WHERE key='key'",
    "last byte": "UPDATE runs SET arrays ="
    " CAST(substr(arrays, 1, length(arrays) - 1) || x'01' AS BLOB) WHERE key='key'",
    "another's": "UPDATE runs SET (digest, arrays) ="
    " (SELECT digest, arrays FROM runs WHERE key='other') WHERE key='key'",
    "versions": "UPDATE runs SET versions = 'engine 8' WHERE key='key'",
    "digest": "UPDATE runs SET digest = x'00' WHERE key='key'",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_row_counts_as_missing_and_is_said_once(store, path, damage):
    store.put({"key": ROW, "other": ROW | {"test_loss": np.ones(4)}}, "engine 7")
    changed(path, damage)
    for _ in range(2):
        found = store.get(["key", "other"])
        assert found[0] is None
        assert found[1]["test_loss"].sum() == 4
    again = "1 run of the store did not verify and was trained again"
    assert store.news.sentences() == [again]
    store.put({"key": ROW})
    assert_is_row(store.get(["key"])[0])


def test_an_index_that_leads_to_another_run_is_noticed(store, path):
    """As one flipped bit in a page of the index does."""
    store.put(ROWS)
    store.close()
    content = path.read_bytes()
    assert content.count(b"key12\x0d") == 1  # in the index: a key, and the number of its row
    path.write_bytes(content.replace(b"key12\x0d", b"key12\x0c"))
    damaged = Store(path)
    assert assert_as_put(damaged.get(KEYS)) == []
    (said,) = damaged.news.sentences()
    assert said.endswith("40 runs that verify were taken over")
    damaged.close()


def test_a_row_that_does_not_fit_counts_as_one_that_does_not_verify(store):
    store.put({"key": ROW})
    assert store.get(["key"], lambda row: "penalty" in row) == [None]
    assert store.news.unverified == {"key"}


def test_pages_that_opening_does_not_look_at_cost_no_more_than_their_runs(store, path):
    store.put(ROWS)
    store.close()
    content = bytearray(path.read_bytes())
    pages = range(len(content) // 8192, len(content) // 4096, 3)
    for page in pages:
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    damaged = Store(path)
    missing = assert_as_put(damaged.get(KEYS))
    assert 0 < len(missing) <= 2 * len(pages)
    (aside,) = asides(path)
    taken = f": set aside as {aside.name}; {40 - len(missing)} runs that verify were taken over"
    assert damaged.news.sentences()[0].endswith(taken)
    damaged.put(ROWS)
    assert assert_as_put(damaged.get(KEYS)) == []
    damaged.close()


BEGINNINGS = {
    "what kind of file it is": lambda content: b"\0" + content[1:],
    "how large a page is": lambda content: content[:16] + b"\x02" + content[17:],
    "which tables there are": lambda content: content[:100] + os.urandom(3996) + content[4096:],
    "whose file it is": lambda content: content[:68] + bytes(4) + content[72:],
    "its end": lambda content: content[:-5000],
}


@pytest.mark.parametrize("what", BEGINNINGS)
def test_a_file_that_lacks_its_beginning_or_end_costs_no_more_than_that(store, path, what):
    store.put(ROWS)
    store.close()
    path.write_bytes(BEGINNINGS[what](path.read_bytes()))
    damaged = Store(path)
    missing = assert_as_put(damaged.get(KEYS))
    assert len(missing) <= (3 if what == "its end" else 0)
    (said,) = damaged.news.sentences()
    assert said.endswith(f"{len(KEYS) - len(missing)} runs that verify were taken over")
    assert len(list(path.parent.glob("*.aside*"))) == 1
    damaged.close()


def test_a_file_that_is_damaged_again_at_once_is_given_up(store, path, monkeypatch):
    """Nothing is tried for ever."""
    monkeypatch.setattr(database, "opened", lambda *_: sqlite3.connect(":memory:"))
    changed(path, "DROP TABLE runs")
    assert store.get(["key"]) == [None]
    assert store.news.sentences() == [in_memory(path, "no such table: runs")]
    store.put({"key": ROW})
    assert_is_row(store.get(["key"])[0])
    assert not store.put({"other": ROW})


def test_what_is_of_no_use_is_dropped(store, path):
    store.put({"key": ROW}, "engine 6")
    store.put({"other": ROW}, "engine 7")
    assert store.drop({"engine 7"}, "it is odd") == 1
    assert [row is not None for row in store.get(["key", "other"])] == [False, True]
    assert "(it is odd): set aside as" in store.news.sentences()[0]
    assert store.drop(None) == 0


# Files that go while they are used


def test_a_store_that_is_deleted_meanwhile_is_begun_anew(store, path):
    store.put({"key": ROW})
    for name in list(path.parent.iterdir()):
        name.unlink()
    assert store.get(["key"]) == [None]
    store.put({"key": ROW})
    path.parent.rename(path.parent.with_name("gone"))
    store.put({"key": ROW})
    assert store.news.sentences() == []
    assert_is_row(reopened(path)[1])


def test_a_store_that_another_process_has_replaced_is_opened_anew(store, path):
    store.put({"key": ROW})
    path.rename(path.with_name("elsewhere"))
    assert reopened(path) == ([], None)
    other = Store(path)
    other.put({"other": ROW})
    assert store.get(["key", "other"])[0] is None
    assert_is_row(store.get(["other"])[0])
    other.close()


class Moved(sqlite3.Connection):
    """Finds that its file has been replaced when it comes to writing."""

    def executemany(self, *arguments):
        path = Path(self.execute("PRAGMA database_list").fetchone()[2].decode())
        path.rename(f"{path}.moved")
        raise sqlite3.OperationalError("attempt to write a readonly database")


def test_a_file_that_is_replaced_during_a_write_is_opened_anew(path, monkeypatch):
    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Moved))
    store = Store(path)
    monkeypatch.undo()
    store.put({"key": ROW})
    assert store.news.sentences() == []
    assert_is_row(reopened(path)[1])
    store.close()


# Files that cannot be written


class Full(sqlite3.Connection):
    """Has no room."""

    def executemany(self, *arguments):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error


def test_what_cannot_be_written_is_kept_in_memory_and_said_once(store, path, monkeypatch):
    store.put({"key": ROW})
    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Full))
    full = Store(path)
    with full.reserved(KEY, wait=False), store.reserved(KEY, wait=False) as free:
        assert free
    for name in ("first", "second"):
        full.put({name: ROW})
        with full.reserved(KEY, wait=True) as free:  # nobody else would see it
            assert free
    for row in full.get(["first", "key", "second"]):
        assert_is_row(row)
    assert full.news.sentences() == [in_memory(path, "database or disk is full")]
    assert store.get(["first", "second"]) == [None, None]
    full.close()


class NoRoom(sqlite3.Connection):
    """Has no room for so much as a table."""

    def execute(self, statement, *arguments):
        if "CREATE" in statement:
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(statement, *arguments)


def test_a_store_that_cannot_be_begun_leaves_the_runs_in_memory(path, monkeypatch):
    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=NoRoom))
    store = Store(path)
    store.put({"key": ROW})
    assert_is_row(store.get(["key"])[0])
    assert store.news.sentences() == [in_memory(path, "database or disk is full")]
    store.close()


def test_what_there_is_no_room_to_take_over_is_set_aside_all_the_same(store, path, monkeypatch):
    store.put({"key": ROW})
    store.close()
    changed(path, "PRAGMA application_id=99")
    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Full))
    full = Store(path)
    assert full.get(["key"]) == [None]
    full.put({"key": ROW})
    (aside,) = asides(path)
    why = "could not be read (it is no hw4 store): set aside as"
    assert full.news.sentences() == [
        f"store {path} {why} {aside.name}",
        in_memory(path, "database or disk is full"),
    ]
    full.close()


def test_a_damaged_store_that_somebody_deletes_is_not_set_aside(path, monkeypatch):
    def gone(path, _):
        path.unlink()
        raise FileNotFoundError

    path.parent.mkdir()
    path.write_text("damaged")
    monkeypatch.setattr(type(path), "rename", gone)
    store = Store(path)
    store.put({"key": ROW})
    store.close()
    assert store.news.sentences() == []
    assert_is_row(reopened(path)[1])


LIMITED = """
import pathlib, resource, sys, numpy as np
from hw4.store.store import Store
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
store = Store(pathlib.Path(sys.argv[1]))
for key in "abc":
    store.put({key: {"a": np.arange(9000.0)}})
assert all(row["a"].sum() == 40495500 for row in store.get(list("abc")))
print(*store.news.sentences())
"""


@pytest.mark.parametrize("most", [0, 5000, 100_000])
def test_a_limit_of_file_sizes_leaves_every_answer(path, most):
    limited = [sys.executable, "-c", LIMITED, str(path), str(most)]
    found = subprocess.run(limited, capture_output=True, text=True, check=True)
    assert found.stderr == ""
    assert found.stdout.startswith(f"store {path} cannot be used (")
    assert found.stdout.count("cannot be used") == 1


def test_a_folder_that_cannot_be_made_leaves_the_runs_in_memory(tmp_path):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "runs.sqlite"
    store = Store(path)
    store.put({"key": ROW})
    assert_is_row(store.get(["key"])[0])
    assert store.news.sentences() == [in_memory(path, "Not a directory")]
    store.close()


def test_a_damaged_store_that_cannot_be_set_aside_leaves_the_runs_in_memory(path, monkeypatch):
    def refuse(*_):
        raise OSError(30, "Read-only file system")

    path.parent.mkdir()
    path.write_text("damaged")
    monkeypatch.setattr(type(path), "rename", refuse)
    store = Store(path)
    store.put({"key": ROW})
    assert_is_row(store.get(["key"])[0])
    reason = "it cannot be read (file is not a database) nor set aside (Read-only file system)"
    assert store.news.sentences() == [in_memory(path, reason)]
    store.close()
    assert path.read_text() == "damaged"


# What is said


def test_what_several_processes_have_to_say_is_said_once():
    news = News()
    for unverified in (["a", "b"], ["b", "c"]):
        news.add(["It is full."], unverified=unverified)
    again = "3 runs of the store did not verify and were trained again"
    assert news.sentences() == ["It is full.", again]
    assert News().sentences() == []
    assert news.take() == {"notices": ["It is full."], "unverified": ["a", "b", "c"]}
    assert news.take() == {}


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


def test_the_news_of_a_processs_stores_are_taken_once(path):
    path.parent.mkdir()
    path.write_text("damaged")
    take_news()
    open_store(path).close()
    (notice,) = take_news()["notices"]
    assert str(path) in notice
    assert take_news() == {}
    open_store.cache_clear()


def test_a_sentence_for_the_user_is_told_once_however_often_it_is_said():
    take_news()
    notify("a worker left")
    notify("a worker left")
    assert take_news() == {"notices": ["a worker left"]}
    assert take_news() == {}


def test_of_several_processes_that_say_why_the_run_ends_the_first_is_told():
    run = News()
    take_news()
    for said in ("the scheduler has gone", "the scheduler has no workers any more"):
        notify_end(said)
        run.add(**take_news())
    assert run.sentences() == ["the scheduler has gone"]
    assert take_news() == {}
