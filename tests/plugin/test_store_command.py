"""`hw4 store`, and what a run says of a store that is damaged, full, or no store at all."""

import contextlib
import os
import pty
import sqlite3

import numpy as np
import pytest

from hw4.store.store import Store
from hw4.training import peak_memory, recipe

ROW = {"a": np.arange(900.0)}
OLD = "engine 1, tensorflow 2.0.0, keras 2.3.1"


@pytest.fixture
def path(tmp_path):
    """A store with runs of these versions, of older ones, and one that does not verify."""
    path = tmp_path / "runs.sqlite"
    with contextlib.closing(Store(path)) as store:
        store.put({f"new{index}": ROW for index in range(20)}, recipe.origin())
        store.put({"peak": ROW}, peak_memory.origin())
        store.put({f"old{index}": ROW for index in range(30)}, OLD)
    with contextlib.closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE runs SET digest=x'00' WHERE key='new7'")
    return path


def test_a_store_is_described_and_its_rows_verified(hw4, path):
    path.with_name("runs.sqlite.7.aside").write_text("")
    code, out, err = hw4("store", "--store", "runs.sqlite")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{path}: 0.4 MB of at most 1.1 GB, 51 runs, 1 does not verify",
        f"       30  {OLD} (not these versions)",
        f"       19  {recipe.origin()}",
        f"        1  {peak_memory.origin()}",
        "set aside: runs.sqlite.7.aside, 0.0 MB",
        "to drop 31 runs of no use here: hw4 store --yes",
    ]


def test_what_is_of_no_use_is_dropped_where_a_script_says_so(hw4, path):
    code, out, err = hw4("store", "--store", "runs.sqlite", "--yes")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "31 runs dropped, now 0.2 MB"
    code, out, err = hw4("store", "--store", "runs.sqlite", "--yes")
    assert out.splitlines() == [
        f"{path}: 0.2 MB of at most 1.1 GB, 20 runs, all verify",
        f"       19  {recipe.origin()}",
        f"        1  {peak_memory.origin()}",
    ]


@pytest.mark.parametrize(("answer", "left"), [("y", 20), ("no", 51), ("\x04", 51)])
def test_it_asks_before_it_drops(hw4_process, path, answer, left):
    controller, terminal = pty.openpty()
    process = hw4_process.start("store", "--store", path, stdin=terminal)
    os.close(terminal)
    os.write(controller, f"{answer}\n".encode())
    out, err = process.communicate(timeout=60)
    os.close(controller)
    assert (process.returncode, err) == (0, "")
    assert "drop 31 runs of no use here? [y/N] " in out
    with contextlib.closing(sqlite3.connect(path)) as found:
        assert found.execute("SELECT count(*) FROM runs").fetchone() == (left,)


def test_a_damaged_store_is_repaired(hw4, path):
    content = path.read_bytes()
    path.write_bytes(content[:-4096] + b"\xff" * 4096)
    code, out, err = hw4("store", "--store", path)
    assert (code, err) == (0, "")
    assert "\ndamaged: " in out
    assert "\nto set the damaged file aside and drop 31 runs of no use here: hw4 store" in out
    code, out, err = hw4("store", "--store", path, "--yes")
    assert (code, err) == (0, "")
    assert "set aside as runs.sqlite." in out
    code, out, err = hw4("store", "--store", path)
    assert "\ndamaged: " not in out
    assert "all verify" in out


def test_without_tensorflow_no_version_is_of_no_use(hw4, path, monkeypatch):
    def missing():
        raise RuntimeError("training needs TensorFlow")

    monkeypatch.setattr(recipe, "origin", missing)
    code, out, err = hw4("store", "--store", path)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "to drop 1 run of no use here: hw4 store --yes"
    assert "not these versions" not in out


def test_where_no_run_is_kept_yet_it_says_so(hw4):
    code, out, err = hw4("store")
    assert (code, err) == (0, "")
    path = hw4.folder / "cache" / "hw4" / "runs.sqlite"
    assert out == f"no runs are kept yet: {path} does not exist\n"
    assert not path.parent.exists()


NO_STORES = {
    "text": (lambda path: path.write_text("a letter to my aunt\n" * 50), "is not a database"),
    "folder": (lambda path: path.mkdir(), "it is a folder, expected the name of a file"),
    "pipe": (os.mkfifo, "it is no regular file, expected the name of a file"),
}


@pytest.mark.parametrize("kind", NO_STORES)
def test_what_is_no_store_is_refused_and_left_alone(hw4, tmp_path, refused, kind):
    make, reason = NO_STORES[kind]
    make(tmp_path / "it")
    refused(hw4("store", "--store", "it", "--yes"), f"{tmp_path / 'it'} cannot be used", reason)
    assert [each.name for each in tmp_path.iterdir()] == ["it"]


def test_a_store_that_cannot_be_written_is_refused_in_one_sentence(hw4, path, monkeypatch):
    monkeypatch.setattr(Store, "drop", lambda self, *_: self._say(f"store {self.path} is full"))
    code, _, err = hw4("store", "--store", path, "--yes")
    assert (code, err) == (2, f"hw4: store {path} is full\n")


# What a run says

TRAINED = """
    from hw4 import claim, mlp, sgd

    @claim.rate("It learns.", id="it/learns", expect=None)
    def test_learns(train):
        runs = train(mlp(), sgd(0.1), "digits", epochs=1, images=32, test_images=32)
        return runs.test_accuracy[:, -1] > 0.05
"""


@pytest.fixture(scope="module")
def trained(hw4_anew):
    """A folder with a claim, and a store that has its runs."""
    folder = hw4_anew()
    folder.write("claims.py", TRAINED)
    assert folder("run", "claims.py", "--jobs", 1, "--store", "s", "--ledger", "l.json")[0] == 0
    return folder


def again(trained, *options):
    """Run the claim once more; return what was complained of, and whether it was from the store."""
    code, _, err = trained("run", "claims.py", "--jobs", 1, "--ledger", "again.json", *options)
    assert code == 0
    before, after = (trained.ledger(name)["claims"][0] for name in ("l.json", "again.json"))
    assert before["evidence"] == after["evidence"]
    return err, after["cached"]


def test_rows_that_do_not_verify_are_trained_again_and_said_once(trained):
    with contextlib.closing(sqlite3.connect(trained.folder / "s")) as store, store:
        store.execute("UPDATE runs SET arrays=x'00' WHERE rowid in (1, 4, 9)")
    err, cached = again(trained, "--store", "s")
    assert (err, cached) == (
        "hw4: 3 runs of the store did not verify and were trained again\n",
        False,
    )
    assert again(trained, "--store", "s") == ("", True)


def test_a_row_with_arrays_missing_is_trained_again(trained):
    """As another program may have put it there, digest and all."""
    with contextlib.closing(sqlite3.connect(trained.folder / "s")) as found:
        key, versions = found.execute("SELECT key, versions FROM runs LIMIT 1").fetchone()
    with contextlib.closing(Store(trained.folder / "s")) as store:
        (row,) = store.get([key])
        store.put({key: {name: row[name] for name in row if name != "penalty"}}, versions)
    err, cached = again(trained, "--store", "s")
    assert err == "hw4: 1 run of the store did not verify and was trained again\n"
    assert not cached


def test_a_default_store_that_is_no_file_costs_no_verdict(trained):
    place = trained.folder / "cache" / "hw4" / "runs.sqlite"
    place.mkdir(parents=True)
    err, cached = again(trained)
    reason = "it is a folder, expected the name of a file"
    kept = "this run keeps its results in memory"
    assert err == f"hw4: store {place} cannot be used ({reason}): {kept}\n"
    assert not cached
    place.rmdir()


def test_a_cache_whose_name_is_no_utf_8_costs_no_verdict(hw4):
    hw4.extra["XDG_CACHE_HOME"] = f"{hw4.folder}/\udcff"
    hw4.write("claims.py", TRAINED)
    for jobs in (1, 2):
        code, _, err = hw4("run", "claims.py", "--jobs", jobs)
        assert code == 0
        assert "runs.sqlite cannot be used (its name is no UTF-8)" in err
        assert len(err.splitlines()) == 1


def test_with_workers_each_sentence_is_said_once(trained):
    with contextlib.closing(sqlite3.connect(trained.folder / "s")) as store, store:
        store.execute(
            "UPDATE runs SET arrays=x'00' WHERE rowid in (SELECT rowid FROM runs LIMIT 2)"
        )
    code, _, err = trained("run", "claims.py", "--jobs", 2, "--store", "s")
    assert (code, err) == (0, "hw4: 2 runs of the store did not verify and were trained again\n")


NO_PATHS = {
    "a folder": (".", "it is a folder"),
    "a device": ("/dev/null", "it is no regular file"),
    "through a file": ("claims.py/s", "Not a directory"),
    "too long": ("x" * 240, "File name too long"),
    "a NUL": ("a\0b", "embedded null byte"),
    "foreign bytes": ("a\udcff", "its name is no UTF-8"),
}


@pytest.mark.parametrize("kind", NO_PATHS)
def test_a_path_that_no_store_can_have_is_wrong_usage(hw4, refused, kind):
    name, reason = NO_PATHS[kind]
    hw4.write("claims.py", TRAINED)
    for jobs in (1, 2):
        refused(hw4("run", "claims.py", "--jobs", jobs, "--store", name), "cannot be used", reason)
    refused(hw4("store", "--store", name), "cannot be used", reason)
