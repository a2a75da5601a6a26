import contextlib
import gc
import importlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import pytest

from hw4.cli import main as cli
from hw4.processes.options import IMPORTED

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


@dataclass
class Outcome:
    """What one run of pytest said, and the ledger that it wrote if it wrote one."""

    folder: Path
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

    def cases(self):
        """Return name → (what became of it, its properties), from `--junit-xml=report.xml`."""
        suite = ElementTree.parse(self.folder / "report.xml")
        return {
            case.get("name"): (
                sorted(child.tag for child in case),
                {each.get("name"): each.get("value") for each in case.iter("property")},
            )
            for case in suite.iter("testcase")
        }

    def fails(self, name):
        """Return whether a test failed."""
        return "failure" in self.cases()[name][0]


def decided(folder, workers, *arguments):
    """Run pytest on the files of a folder, in this process, and return the outcome.

    Args:
        folder: a path; `ledger.json` and `store.sqlite` will be there.
        workers: of xdist, processes of their own; 0 for none.
        arguments: of pytest.
    """
    path = folder / "ledger.json"
    path.unlink(missing_ok=True)
    options = [f"--hw4-store={folder / 'store.sqlite'}", f"--hw4-ledger={path}"]
    options += [f"-n{workers}"] if workers else []
    # In the process of the serial tests hw4 is there before pytest, which warns of that.
    code, out, err = Here(folder, PYTEST)(*options, *arguments, *IMPORTED)
    text = out + err
    assert "INTERNALERROR" not in text
    counts = {word.rstrip("s"): int(n) for n, word in re.findall(r"(\d+) (\w+)", last_line(out))}
    book = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    return Outcome(folder, code, text, book, counts.get("passed", 0), counts.get("failed", 0))


def last_line(text):
    return text.rstrip().rpartition("\n")[2]


class Files:
    """Writes the files of a test into a folder: `path`.

    Of pytest's own `pytester` as much as is needed here. That one forgets, when a test ends, every
    module that was imported meanwhile; NumPy and SciPy cannot be imported twice.
    """

    def __init__(self, path, name):
        self.path, self._name = path, name

    def makepyfile(self, *texts, **named):
        """Write Python files, by their names without the ending, or one with the test's name."""
        for name, text in [*((self._name, text) for text in texts), *named.items()]:
            path = self.path / f"{name}.py"
            path.write_text(textwrap.dedent(text).strip() + "\n", encoding="utf-8")
        return path

    def makeini(self, text):
        """Write a `tox.ini`."""
        (self.path / "tox.ini").write_text(text, encoding="utf-8")


@pytest.fixture
def pytester(tmp_path, request):
    """Write the files of this test."""
    return Files(tmp_path, request.node.originalname)


@pytest.fixture
def run_with(pytester):
    """Run pytest on the files of the test, with `-n 2` or alone, and return the outcome."""
    return lambda workers, *arguments: decided(pytester.path, workers, *arguments)


@pytest.fixture(scope="session")
def decide(tmp_path_factory):
    """Return a function that runs pytest, as `run_with`, on files that it writes into a new folder.

    For the one run of a module that many tests look at.
    """

    def run(files, workers, *arguments, folder=None):
        here = Here(folder or tmp_path_factory.mktemp("decided"))
        for name, text in files.items():
            here.write(name, text)
        return decided(here.folder, workers, *arguments)

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


@pytest.fixture(scope="session")
def planted_text():
    """Four claims that need no training."""
    return PLANTED


@pytest.fixture
def planted(pytester):
    """The file of the test, with those claims."""
    return pytester.makepyfile(test_planted=PLANTED)


SIGN_OF_LIFE = re.compile(r"^hw4: [\w ,]+(: .*)? after [\d:]+(; .*)?\n", re.MULTILINE)


HW4, PYTEST = (sys.executable, "-m", "hw4"), (sys.executable, "-m", "pytest")


def usual_signals():
    """Let a new process end by what a shell's background job or `nohup` ignores."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@dataclass
class Shell:
    """Starts `hw4`, or pytest, in a folder of its own, with a cache of its own."""

    folder: Path
    program: tuple = HW4
    extra: dict = field(default_factory=dict)  # of its environment

    @property
    def environment(self):
        """The outer one's, without what pytest, xdist and its worker have put there.

        And without hypothesis, which takes a second to import for its summary of no tests.
        """
        hidden = ("PYTEST_", "TF_NUM_", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "PYTHONPATH")
        kept = {name: os.environ[name] for name in os.environ if not name.startswith(hidden)}
        own = {
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "PYTEST_ADDOPTS": "-p no:hypothesispytest",
        }
        return kept | own | self.extra

    def start(self, *arguments, **options):
        """Start a command in a session of its own, in which signals work, though not in ours."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        return subprocess.Popen(
            [*self.program, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            start_new_session=True,
            preexec_fn=usual_signals,
            **options,
        )

    def run(self, arguments, out, err):
        """Run a command that writes into two open files, and return its exit code."""
        self.process = self.start(*arguments, stdout=out, stderr=err)
        return self.process.wait(timeout=600)

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

    def ledger(self, name="ledger.json"):
        """Return the ledger that a file of the folder holds."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


class Here(Shell):
    """Runs the same commands inside this process: no interpreter starts, nothing loads again."""

    def __call__(self, *arguments):
        """Run a command as `Shell` does."""
        code, out, err = self.answer(*arguments)
        assert "Traceback" not in out + err
        return code, out, self.complaints(err)

    def answer(self, *arguments):
        """Run a command into files; return its exit code and all that they have then."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            code = self.run(arguments, out.fileno(), err.fileno())
            said = [self._read(file) for file in (out, err)]
        if code == 130 or "!!! KeyboardInterrupt !!!" in said[0]:  # the user's, of this whole run
            raise KeyboardInterrupt
        return code, *said

    def run(self, arguments, out, err):
        """Run a command as `Shell` does."""
        main = {HW4: cli.main, PYTEST: pytest.main}[self.program]
        with self._streams(out, err), self._place():
            try:
                return int(main([*map(str, arguments)]))
            except SystemExit as end:
                return end.code

    @property
    def _encoding(self):
        return self.extra.get("PYTHONIOENCODING", "utf-8")

    def _read(self, file):
        file.seek(0)
        return file.read().decode(self._encoding)

    @contextlib.contextmanager
    def _streams(self, *files):
        """Replace this process's standard output and error, for processes that it starts too."""
        kept = [os.dup(1), os.dup(2)]
        try:
            for number, file in enumerate(files, 1):
                os.dup2(file, number)
            with (
                open(1, "w", encoding=self._encoding, closefd=False) as out,
                open(2, "w", 1, encoding=self._encoding, closefd=False) as err,
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
            ):
                yield
        finally:
            for number, file in enumerate(kept, 1):
                os.dup2(file, number)
                os.close(file)

    @contextlib.contextmanager
    def _place(self):
        """Give the run its folder and environment; forget the modules of its folder afterwards."""
        with (
            mock.patch.dict(os.environ, self.environment, clear=True),
            mock.patch.object(sys, "path", sys.path[:]),
            contextlib.chdir(self.folder),
            warnings.catch_warnings(),
        ):
            importlib.invalidate_caches()
            gc.freeze()  # pytest's end looks for garbage, five times: not in what was here before
            try:
                yield
            finally:
                gc.unfreeze()
                for name, module in list(sys.modules.items()):
                    if (getattr(module, "__file__", None) or "").startswith(str(self.folder)):
                        del sys.modules[name]


@pytest.fixture
def hw4(tmp_path):
    """Run the command line in an empty folder, in this process."""
    return Here(tmp_path)


@pytest.fixture(scope="session")
def hw4_anew(tmp_path_factory):
    """Return a function that gives an empty folder in which the command line runs here."""
    return lambda: Here(tmp_path_factory.mktemp("here"))


@pytest.fixture
def hw4_process(tmp_path):
    """Run the command line in an empty folder, in a process of its own."""
    return Shell(tmp_path)


def _alive(pid):
    """Return whether a process is there and no zombie."""
    with contextlib.suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture(scope="session")
def alive():
    """Return a function that tells whether a process is there and no zombie."""
    return _alive


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
    """Run pytest in an empty folder, in this process."""
    return Here(tmp_path, PYTEST)


@pytest.fixture(scope="session", name="pytest_anew")
def _pytest_anew(tmp_path_factory):
    """Return a function that gives an empty folder in which pytest runs in this process."""
    return lambda: Here(tmp_path_factory.mktemp("here"), PYTEST)


@pytest.fixture(name="pytest_process")
def _pytest_process(tmp_path):
    """Run pytest in an empty folder, in a process of its own."""
    return Shell(tmp_path, PYTEST)


@pytest.fixture(scope="session")
def checkout():
    """The folder of this repository."""
    return Path(__file__).parents[2]


MODULES = {"pytorch": "torch", "jax": "jax", "xgboost": "xgboost"}  # of the extra `examples`


@pytest.fixture(scope="session")
def whole_examples():
    """Return whether every example is to be decided, in full: `tox -e examples` says so."""
    return bool(os.environ.get("HW4_EXAMPLES"))


@pytest.fixture
def needed(whole_examples):
    """Return a function that skips an example, as "pytorch", whose package is not installed."""

    def check(name):
        module = MODULES.get(name)
        if module and not importlib.util.find_spec(module):
            why = f"{module} is not installed: pip install 'hw4[test,examples]' has it"
            (pytest.fail if whole_examples else pytest.skip)(why)

    return check
