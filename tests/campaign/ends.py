"""Runs that a signal ends at a random moment; the next one gives an undisturbed run's ledger."""

import atexit
import contextlib
import functools
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

QUICK = """
import time
import numpy as np
import pytest
from hw4 import claim

@claim("It is above.", id="above", margin=0.2)
@pytest.mark.parametrize("n", range(10))
def test_above(seeds, n):
    time.sleep(0.05)
    return np.array([np.random.default_rng([seed, n]).normal(1.5) for seed in seeds])

@claim.exact("One is less than two.", id="proof")
def test_proof():
    assert 1 < 2
"""
TRAINED = (
    QUICK
    + """
from hw4 import mlp, sgd

@claim("More epochs give a higher accuracy.", id="epochs", expect=None)
@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_epochs(train, rate):
    runs = train(mlp(8), sgd(rate), "digits", epochs=2)
    return runs.test_accuracy[:, 1] - runs.test_accuracy[:, 0]
"""
)
TEMPORARY = contextlib.ExitStack()
atexit.register(TEMPORARY.close)
EVERY = 10  # one run in so many trains networks, which takes ten times as long
GONE = 8.0  # seconds in which workers of a killed run have ended
KEPT = "finished runs are kept: the same command goes on from there"
KILLED = (
    "hw4: an earlier run was killed, as the system does when memory runs out; "
    "its finished runs are kept, and this one went on from there\n"
)


class Place:
    """A folder with a file of claims, a store, a folder for temporary files and one for caches."""

    def __init__(self, folder, text):
        self.folder = Path(folder)
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir()
        (self.folder / "claims.py").write_text(text, encoding="utf-8")

    def start(self, *arguments):
        """Start `hw4 run` with two workers, in a session of its own."""
        environment = os.environ | {
            # Other plugins that are installed here would take most of the time.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_PLUGINS": "hw4.plugin.hooks,xdist.plugin",
            "TMPDIR": str(self.temporary),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "hw4", "run", "claims.py", "--jobs", "2", *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def decided(self, store, said=("",)):
        """Run to the end, undisturbed; return the ledger without what may differ."""
        process = self.start("--store", store, "--ledger", "ledger.json")
        out, err = process.communicate(timeout=300)
        err = complaints(err)
        assert process.returncode == 0, err
        assert err in said, err
        assert "as registered" in out
        assert left(process.pid) == []
        assert list(self.temporary.iterdir()) == []
        return timeless(json.loads((self.folder / "ledger.json").read_text(encoding="utf-8")))


def complaints(err):
    """Return standard error without the signs of life."""
    return re.sub(r"^hw4: .* after \d+:\d\d.*\n", "", err, flags=re.MULTILINE)


def timeless(book):
    """Return a ledger without what may differ between two equal runs."""
    for record in book["claims"]:
        del record["seconds"], record["cached"]
    del book["created"]
    return book


def left(leader, seconds=0.0):
    """Return the processes of a session that have not ended after so many seconds."""
    until = time.monotonic() + seconds
    while (found := list(_session(leader))) and time.monotonic() < until:
        time.sleep(0.02)
    return found


def _session(leader):
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[3] == str(leader) and fields[0] != "Z":
                yield int(stat.parent.name)


def _begin(process):
    """Wait until hw4's own code runs: before, it is Python that would end with a traceback."""
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.001)


def ended(number, seed, count):
    """End runs by a signal, each at another moment; the next one goes on, and gives the ledger.

    Args:
        number: of the signal; SIGINT goes to all processes, as a terminal sends it.
        seed: draws the moments.
        count: of runs.
    """
    draw, found = random.Random(seed), Counter()
    for round_ in range(count):
        place, reference, seconds = _place(TRAINED if round_ % EVERY == EVERY - 1 else QUICK)
        store = f"{number.name}-{round_}"
        process = place.start("--store", store, "--ledger", "ended.json")
        _begin(process)
        time.sleep(draw.uniform(0, 0.9 * seconds))
        with contextlib.suppress(ProcessLookupError):
            send = os.killpg if number == signal.SIGINT else os.kill
            send(process.pid, number)
        found[_outcome(place, process, number)] += 1
        assert place.decided(store, ("", KILLED)) == reference
    return found


@functools.cache
def _place(text):
    """Return a place for these claims, what an undisturbed run decides, and in how many seconds."""
    place = Place(TEMPORARY.enter_context(tempfile.TemporaryDirectory()), text)
    place.decided("warm")  # Python compiles modules once
    start = time.monotonic()
    return place, place.decided("first"), time.monotonic() - start


def _outcome(place, process, number):
    """Check how a run has ended, and return that in a word."""
    process.wait(timeout=60)
    assert left(process.pid, GONE) == []
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in out + err
    if process.returncode == 0:
        assert (place.folder / "ended.json").exists()
        (place.folder / "ended.json").unlink()
        return "had finished"
    assert out == ""
    if number == signal.SIGKILL:
        assert (process.returncode, err) == (-signal.SIGKILL, "")
        return "killed"
    how = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
    # On a slow machine it has said each minute how far it is.
    said = [line for line in err.splitlines() if " claims after " not in line]
    assert (process.returncode, said) == (128 + number, [f"hw4: {how}; {KEPT}"]), err
    assert list(place.temporary.iterdir()) == []
    return "ended in a sentence"
