import importlib
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PLANTED = """
    import numpy as np
    from hw4 import claim

    def normal(seeds, mean):
        return np.array([np.random.default_rng(seed).normal(mean) for seed in seeds])

    @claim("A planted win.", id="planted/win", margin=0.5, unit="points", source="nowhere")
    def test_win(seeds):
        return normal(seeds, 5)

    @claim("A planted null.", id="planted/null", expect="refuted")
    def test_null(seeds):
        return normal(seeds, 0)

    @claim.rate("A planted coin.", id="planted/coin", expect=None)
    def test_coin(seeds):
        return normal(seeds, 0.8) > 0

    @claim.exact("One is less than two.", id="planted/proof")
    def test_proof():
        assert 1 < 2
"""


def pytest_configure():
    # A run inside this process forgets the modules that it was the first to import, and not all
    # of them can be imported twice.
    for module in ("scipy.stats", "scipy.special", "rich.console", "rich.table", "hw4.running"):
        importlib.import_module(module)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    """Keeps the user's cache folder, and what the outer run tells its workers, out of it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@dataclass
class Outcome:
    """What one run of pytest said, and the ledger that it wrote if it wrote one."""

    code: int
    text: str
    book: dict | None
    passed: int
    failed: int

    def line(self, *words):
        """Return the only line in which all words occur."""
        (line,) = [line for line in self.text.splitlines() if all(word in line for word in words)]
        return line

    def records(self):
        """Return (id, instance) → record, of claims and errors."""
        found = self.book["claims"] + self.book["errors"]
        return {(record["id"], record["instance"]): record for record in found}


@pytest.fixture
def run_with(pytester):
    """Run pytest on the files of the test, with `-n 2` or alone, and return the outcome."""

    def run(workers, *arguments, subprocess=False):
        path = pytester.path / "ledger.json"
        path.unlink(missing_ok=True)
        runner = pytester.runpytest_subprocess if subprocess else pytester.runpytest_inprocess
        options = [f"--store={pytester.path / 'store.sqlite'}", f"--ledger={path}"]
        if workers:
            options.append(f"-n{workers}")
        result = runner(*options, *arguments)
        text = "\n".join([*result.outlines, *result.errlines])
        assert "Traceback" not in text
        assert "INTERNALERROR" not in text
        try:
            counts = result.parseoutcomes()
        except ValueError:  # it said nothing of tests
            counts = {}
        book = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        passed, failed = counts.get("passed", 0), counts.get("failed", 0)
        return Outcome(int(result.ret), text, book, passed, failed)

    return run


@pytest.fixture(params=[0, 2], ids=["alone", "two-workers"])
def run(request, run_with):
    """Run pytest alone, and in another case on two workers."""
    return lambda *arguments, **options: run_with(request.param, *arguments, **options)


def timeless(book):
    """Return a ledger without what may differ between two equal runs."""
    book = json.loads(json.dumps(book))
    del book["created"]
    for record in book["claims"]:
        del record["seconds"], record["cached"]
    return book


@pytest.fixture(name="timeless")
def _timeless():
    return timeless


@pytest.fixture
def planted(pytester):
    """A file of four claims that need no training."""
    return pytester.makepyfile(test_planted=PLANTED)


SIGN_OF_LIFE = re.compile(r"^hw4: [\w ,]+(: .*)? after [\d:]+(; .*)?\n", re.MULTILINE)


@dataclass
class Shell:
    """Starts `hw4` in a folder of its own, with a cache of its own."""

    folder: Path
    program: tuple = (sys.executable, "-m", "hw4.cli")
    extra: dict = field(default_factory=dict)  # of its environment

    @property
    def environment(self):
        """The outer one's, without what pytest, xdist and its worker have put there."""
        hidden = ("PYTEST_", "TF_NUM_", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "PYTHONPATH")
        kept = {name: os.environ[name] for name in os.environ if not name.startswith(hidden)}
        return kept | {"XDG_CACHE_HOME": str(self.folder / "cache")} | self.extra

    def start(self, *arguments, **options):
        """Start a command in a session of its own, in which Ctrl-C works."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        return subprocess.Popen(
            [*self.program, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **options,
        )

    def __call__(self, *arguments):
        """Run a command and return its exit code, what it printed, and what it complained of."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=600)
        except subprocess.TimeoutExpired:  # it would keep the machine from the other tests
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        assert "Traceback" not in out + err
        return process.returncode, out, self.complaints(err)

    @staticmethod
    def complaints(err):
        """Return standard error without the line that `hw4 run` writes each minute into a file."""
        return SIGN_OF_LIFE.sub("", err)

    def write(self, name, text):
        """Write a file of claims and return its name."""
        (self.folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
        return name


@pytest.fixture
def hw4(tmp_path):
    """Run the command line in an empty folder."""
    return Shell(tmp_path)


def _alive(pid):
    """Return whether a process is there and no zombie."""
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def wait_until_gone():
    """Return a function that waits until none of some processes is alive."""

    def wait(pids, seconds=30):
        until = time.monotonic() + seconds
        while left := [pid for pid in pids if _alive(pid)]:
            assert time.monotonic() < until, f"still there: {left}"
            time.sleep(0.05)

    return wait


@pytest.fixture
def refused():
    """Return a function that checks an answer: refused, in one sentence that has all the words."""

    def check(answer, *words):
        code, out, err = answer
        assert (code, out) == (2, "")
        (line,) = err.splitlines()
        assert line.startswith("hw4: ")
        for word in words:
            assert word in line

    return check


@pytest.fixture(name="pytest_in")
def _pytest_in(tmp_path):
    """Run pytest, as a process of its own, in an empty folder."""
    return Shell(tmp_path, (sys.executable, "-m", "pytest"))


@pytest.fixture(scope="session")
def checkout():
    """The folder of this repository."""
    return Path(__file__).parents[2]
