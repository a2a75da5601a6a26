"""Claims whose runs are trained elsewhere: the same ledger, and one sentence when that is lost."""

import importlib.util

import pytest

CLAIMS = """
    import numpy as np
    from hw4 import claim, mlp, sgd

    SMALL = {"images": 32, "test_images": 16, "epochs": 1}

    @claim("A higher rate changes more.", id="it/rates", expect=None)
    def test_rates(train):
        slow = train(mlp(1, 4), sgd(0.003), "digits", **SMALL)
        fast = train(mlp(1, 4), sgd(0.3), "digits", **SMALL)
        return fast.train_loss[:, -1] - slow.train_loss[:, -1]

    @claim("It rises.", id="it/rises")
    def test_rises(seeds):
        return 1.0 + seeds
"""
EXECUTOR = """
    from concurrent.futures import ThreadPoolExecutor
    from unittest import mock
    import pytest
    from hw4.training import executor

    def refused(recipe, seeds):
        raise AssertionError("trained by the controller")

    @pytest.fixture(scope="session")
    def hw4_executor():
        with mock.patch.object(executor, "_train", refused), ThreadPoolExecutor(2) as pool:
            yield pool
"""
LOST = """
    from concurrent.futures import Executor
    import pytest
    from hw4.cluster.place import PlaceError

    class Lost(Executor):
        def submit(self, function, block):
            raise PlaceError("scheduler tcp://10.0.0.1:8786 has gone")

    @pytest.fixture(scope="session")
    def hw4_executor():
        return Lost()
"""
GONE = "scheduler tcp://10.0.0.1:8786 has gone; finished runs are kept: "
AGAIN = "the same command goes on from there"


def test_any_executor_gives_the_ledger_of_this_process(decide, timeless):
    plain = decide({"test_rates.py": CLAIMS}, 0)
    sent = decide({"test_rates.py": CLAIMS, "conftest.py": EXECUTOR}, 0)
    assert sent.code == 0
    assert timeless(sent.book) == timeless(plain.book)
    assert not [record for record in sent.book["claims"] if record["cached"]]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_place_that_is_lost_ends_the_run_in_one_sentence(hw4, jobs):
    hw4.write("claims.py", CLAIMS)
    hw4.write("conftest.py", LOST)
    options = ["--jobs", jobs, "--store", "store.sqlite", "--ledger", "ledger.json"]
    code, _, err = hw4("run", "claims.py", *options)
    assert code == 3
    said, *rest = err.splitlines()
    assert said == f"hw4: {GONE}{AGAIN}"
    assert len(rest) == 1
    assert rest[0].endswith("skipped or never reached")
    assert not (hw4.folder / "ledger.json").exists()  # as of every run that was interrupted
    (hw4.folder / "conftest.py").unlink()
    answer = hw4("run", "claims.py", *options)
    assert answer[0] == 0, answer
    assert {record["id"] for record in hw4.ledger()["claims"]} == {"it/rates", "it/rises"}


def test_of_processes_that_lose_it_in_different_ways_one_is_told(hw4):
    """Each learns it at its own moment: that nobody answers, or that nobody is left."""
    own = LOST.replace("import pytest", "import os, pytest").replace(
        '"scheduler tcp://10.0.0.1:8786 has gone"', 'f"scheduler has left {os.getpid()}"'
    )
    more = CLAIMS + CLAIMS.replace("it/", "again/").replace("def test_", "def test_again_")
    hw4.write("claims.py", more)
    hw4.write("conftest.py", own)
    code, _, err = hw4("run", "claims.py", "--jobs", 2, "--store", "store.sqlite")
    assert code == 3
    assert err.count("has left") == 1, err


def test_after_fresh_seeds_the_sentence_names_their_root(hw4):
    hw4.write("claims.py", CLAIMS)
    hw4.write("conftest.py", LOST)
    options = ["--jobs", 1, "--store", "store.sqlite", "--ledger", "ledger.json", "--fresh-seeds"]
    _, out, err = hw4("run", "claims.py", *options)
    root = out.rpartition("root seed ")[2].strip()
    assert err.startswith(f"hw4: {GONE}to go on from there, --root-seed {root} in place of")


def test_pytest_says_it_too(run_with, pytester):
    pytester.makepyfile(CLAIMS, conftest=LOST)
    outcome = run_with(0)
    assert outcome.code == 2  # pytest's own, of a run that was interrupted
    assert GONE + AGAIN in outcome.text


def test_a_scheduler_that_is_not_there_is_wrong_input(hw4):
    hw4.write("claims.py", CLAIMS)
    code, out, err = hw4("run", "claims.py", "--scheduler", "tcp://127.0.0.1:1")
    assert (code, out) == (2, "")
    if importlib.util.find_spec("distributed"):
        assert err.startswith("hw4: scheduler tcp://127.0.0.1:1 cannot be reached (")
        assert err.endswith("as tcp://10.0.0.1:8786\n")
    else:
        assert err == "hw4: a scheduler needs Dask: expected pip install 'hw4[cluster]'\n"
    assert err.count("\n") == 1


def test_without_dask_the_sentence_says_what_to_install(hw4, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "distributed", None)
    hw4.write("claims.py", CLAIMS)
    answer = hw4("run", "claims.py", "--scheduler", "tcp://127.0.0.1:1")
    expected = "hw4: a scheduler needs Dask: expected pip install 'hw4[cluster]'\n"
    assert answer == (2, "", expected)
