"""Runs on two workers of Dask, of which one, or their scheduler, is killed at a random moment."""

import atexit
import contextlib
import functools
import json
import random
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter

import ends

CLAIMS = """
import keras
import pytest
from hw4 import claim, cnn, mlp, sgd

SMALL = {"images": 64, "test_images": 32, "epochs": 2}
UNITS = 6

def network(shape, classes):
    stack = [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(UNITS, "relu")]
    return keras.Sequential([*stack, keras.layers.Dense(classes, "softmax")])

@claim("More epochs give a higher accuracy.", id="epochs", expect=None)
@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_epochs(train, rate):
    runs = train(mlp(1, 8), sgd(rate), "digits", **SMALL)
    return runs.test_accuracy[:, 1] - runs.test_accuracy[:, 0]

@claim("A higher rate learns more.", id="rates", expect=None)
@pytest.mark.parametrize("model", [cnn((4,)), network], ids=["cnn", "own"])
def test_rates(train, model):
    slow = train(model, sgd(0.01), "digits", **SMALL)
    fast = train(model, sgd(0.1), "digits", **SMALL)
    return slow.train_loss[:, -1] - fast.train_loss[:, -1]
"""
QUIET = ["--no-dashboard", "--host", "127.0.0.1"]
UNREACHED = re.compile(r"hw4: scheduler \S+ (cannot be reached \(.*\): .*|has gone|has no .*)\n")


class Cluster:
    """A scheduler and two workers on this machine, of one thread each."""

    def __init__(self, folder):
        self.folder, self._processes = folder, {}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self._port}"
        self.start()

    def start(self):
        """Start all of it, in place of what is left of an earlier one."""
        for name in ("first", "second", "scheduler"):
            self.kill(name)
        self._start("scheduler", "dask_scheduler", "--port", str(self._port), *QUIET)
        for name in ("first", "second"):
            self.start_worker(name)

    def start_worker(self, name):
        """Start a worker in place of one that was killed; it begins with a scheduler's address."""
        options = ["--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder / name)]
        self._start(name, "dask_worker", self.address, *options, *QUIET)

    def _start(self, name, program, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments]
        log = (self.folder / f"{name}.log").open("ab")
        self._processes[name] = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self, name):
        """Kill a process, if it has been started."""
        if process := self._processes.pop(name, None):
            process.kill()
            process.wait()


@functools.cache
def _place():
    """Return folder, cluster, ledger and rows of a run without it, and seconds of one with it."""
    place = ends.Place(ends.TEMPORARY.enter_context(tempfile.TemporaryDirectory()), CLAIMS)
    reference = place.decided("alone")
    cluster = Cluster(place.folder)
    for name in ("first", "second", "scheduler"):
        atexit.register(cluster.kill, name)
    for store in ("cold", "warm"):
        start = time.monotonic()
        assert _ended(place, cluster, store) == (0, "")
        assert _ledger(place) == reference
        assert _rows(place, store) == _rows(place, "alone")
    return place, cluster, reference, time.monotonic() - start


def _start(place, cluster, store):
    options = ["--scheduler", cluster.address, "--store", store, "--ledger", "ledger.json"]
    (place.folder / "ledger.json").unlink(missing_ok=True)
    return place.start(*options)


def _ended(place, cluster, store, process=None):
    """Return exit code and complaints of a run that has been started, or is now."""
    process = process or _start(place, cluster, store)
    out, err = process.communicate(timeout=600)
    assert "Traceback" not in err, err
    assert "!" not in out, out  # a claim that is an error
    return process.returncode, ends.complaints(err)


def _ledger(place):
    return ends.timeless(json.loads((place.folder / "ledger.json").read_text(encoding="utf-8")))


def _rows(place, store):
    """Return key → arrays, as bytes."""
    with contextlib.closing(sqlite3.connect(place.folder / store)) as connection:
        try:
            found = connection.execute("SELECT key, arrays FROM runs").fetchall()
        except sqlite3.OperationalError:  # nothing was trained yet
            return {}
    return dict(found)


def lost(what, seed, count):
    """Kill a worker or the scheduler at random moments; each run, or the next one, is whole.

    Args:
        what: "worker", with another one in its place; "scheduler"; or "restart", of a scheduler
            that is there again at once.
        seed: draws the moments.
        count: of runs.
    """
    place, cluster, reference, seconds = _place()
    draw, found = random.Random(seed), Counter()
    for round_ in range(count):
        store = f"{what}-{round_}"
        process = _start(place, cluster, store)
        time.sleep(draw.uniform(0, 0.9 * seconds))
        killed = draw.choice(["first", "second"]) if what == "worker" else "scheduler"
        cluster.kill(killed)
        if what == "worker":
            cluster.start_worker(killed)
        elif what == "restart":
            cluster.start()
        code, err = _ended(place, cluster, store, process)
        kept = _rows(place, store)
        found[_outcome(what, cluster, code, err)] += 1
        assert kept.items() <= _rows(place, "alone").items()
        if what == "scheduler":
            cluster.start()
        if code:
            assert _ended(place, cluster, store) == (0, "")
        assert _ledger(place) == reference
        assert _rows(place, store) == _rows(place, "alone")
    return found


def _outcome(what, cluster, code, err):
    """Return what became of a run; raises AssertionError where that is wrong."""
    if code == 0:
        assert err == "", err
        return "whole"
    assert what != "worker", err
    if code == 2:  # it was killed before the run had begun
        assert UNREACHED.fullmatch(err), err
        return "refused in a sentence"
    assert code == 3, (code, err)
    said, _, rest = err.partition("\n")
    assert said == f"hw4: scheduler {cluster.address} has gone; {ends.KEPT}", err
    assert re.fullmatch(r"(hw4: \d of 5 claims (was|were) skipped or never reached\n)?", rest), err
    return "ended in a sentence"
