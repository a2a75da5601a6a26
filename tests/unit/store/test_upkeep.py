"""What a store holds, and what of it is dropped."""

import contextlib
import sqlite3

import numpy as np
import pytest

from hw4.store.database import StoreError
from hw4.store.store import Store
from hw4.store.upkeep import inspect

ROW = {"a": np.arange(900.0)}
OLD, NEW = "engine 6", "engine 7"


@pytest.fixture
def path(tmp_path):
    """A store of 30 runs of an older version, 10 of this one, and 2 that do not verify."""
    path = tmp_path / "runs.sqlite"
    with contextlib.closing(Store(path)) as store:
        store.put({f"old{index}": ROW for index in range(30)}, OLD)
        store.put({f"new{index}": ROW for index in range(12)}, NEW)
    changed(path, "UPDATE runs SET versions='engine 8' WHERE key in ('new3', 'new4')")
    return path


def changed(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as other, other:
        other.execute(statement)


def test_every_row_is_verified_and_nothing_changed(path):
    (path.parent / "runs.sqlite.7.aside").write_text("12345")
    before = path.read_bytes()
    found = inspect(path)
    assert (found.runs, found.unverified, found.damage) == ({OLD: 30, NEW: 10}, 2, None)
    assert found.size == len(before)
    assert found.asides == [("runs.sqlite.7.aside", 5)]
    assert [found.useless(usable) for usable in (None, {OLD, NEW}, {NEW}, set())] == [2, 2, 32, 42]
    assert path.read_bytes() == before


def test_what_is_not_written_back_yet_counts(path):
    with contextlib.closing(Store(path)) as store:
        store.put({"later": ROW}, NEW)
        found = inspect(path)
    assert found.runs[NEW] == 11
    assert found.size > path.stat().st_size


def test_a_store_that_nothing_was_written_to_is_empty(tmp_path):
    (tmp_path / "runs.sqlite").touch()
    found = inspect(tmp_path / "runs.sqlite")
    assert (found.size, found.runs, found.unverified, found.damage) == (0, {}, 0, None)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("PRAGMA user_version=99", "a newer version of hw4 has written it"),
        ("PRAGMA application_id=9", "it is no hw4 store"),
    ],
)
def test_what_is_no_store_is_not_looked_into(path, statement, reason):
    changed(path, statement)
    with pytest.raises(StoreError) as error:
        inspect(path)
    assert str(error.value) == f"store {path} cannot be used: {reason}"


def damaged_index(content):
    assert content.count(b"old20\x15") == 1  # a key, and the number of its row
    return content.replace(b"old20\x15", b"old20\x16")


def damaged_page(content):
    """Of the last row."""
    return content[:-4096] + b"\xff" * 4096


@pytest.mark.parametrize("damage", [damaged_index, damaged_page])
def test_a_damaged_file_is_found_and_replaced(path, damage):
    path.write_bytes(damage(path.read_bytes()))
    found = inspect(path)
    assert found.damage
    with contextlib.closing(Store(path)) as store:
        dropped = store.drop({NEW}, found.damage)
        assert f"could not be read ({found.damage})" in store.news.sentences()[0]
    after = inspect(path)
    assert (after.damage, after.unverified, list(after.runs)) == (None, 0, [NEW])
    assert after.runs[NEW] >= 8  # two rows a page
    assert dropped == found.runs[OLD]
    assert len(after.asides) == 1


def test_damage_that_ends_the_look_at_it_is_told(path, monkeypatch):
    class Muttering(sqlite3.Connection):
        def execute(self, statement, *arguments):
            if "integrity_check" in statement:
                raise sqlite3.DatabaseError("it is odd")
            return super().execute(statement, *arguments)

    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **o: real(*a, **o, factory=Muttering))
    assert inspect(path).damage == "it is odd"


@pytest.mark.parametrize(("usable", "dropped"), [(None, 2), ({OLD, NEW}, 2), ({NEW}, 32)])
def test_what_is_of_no_use_is_dropped_and_its_space_given_back(path, usable, dropped):
    before = path.stat().st_size
    with contextlib.closing(Store(path)) as store:
        assert store.drop(usable) == dropped
        assert store.drop(usable) == 0
        kept = [row is not None for row in store.get(["old1", "new1", "new3"])]
    assert kept == [usable != {NEW}, True, False]
    assert path.stat().st_size < before - dropped * 7200


def test_others_may_use_the_store_meanwhile(path):
    with contextlib.closing(Store(path)) as store, contextlib.closing(Store(path)) as other:
        assert other.get(["new1"])[0] is not None
        assert store.drop({NEW}) == 32
        other.put({"new3": ROW}, NEW)
        assert None not in store.get(["new1", "new3"])


def test_a_store_that_cannot_be_written_drops_nothing(path):
    path.with_name("file").touch()
    with contextlib.closing(Store(path.parent / "file" / "runs.sqlite")) as store:
        assert store.drop(None) is None
        assert "cannot be used (Not a directory)" in store.news.sentences()[0]
