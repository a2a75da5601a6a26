"""Has a benchmark become slower? Two trees measured side by side, in one run.

The revision is checked out beside the current tree. Three processes run each benchmark at a time:
one tree's, the other's, and the other's once more for control; they take turns, a block each, in
shuffled order. From set to set the trees change places, for where code and processes lie is a bias
of its own (Mytkowicz et al. 2009, Producing wrong data without doing anything obviously wrong!).
Three such sets of fresh processes make the rounds that `hw4.statistics.bootstraps` decides over;
what is still open gets as many again, twice at most.

What has regressed then is measured once more, from the beginning. Only if that measurement alone
says the same has it regressed; otherwise what the second one says counts. A process that is slow by
itself, as one in ten may be, would have to be slow in every set of both.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw4.bench import child as bench_child
from hw4.processes.endings import how_it_ended, refusal
from hw4.statistics.bootstraps import BootstrapTest
from hw4.statistics.ratios import RatioDecision
from hw4.statistics.sequential import Verdict
from hw4.timing.stopwatch import Watch, orders, too_short, unsteady

SETS = 3  # of processes: what differs between two of them differs between releases as well
EXTENSIONS = 2  # of what is still open, with as many sets again
ROUNDS = 12  # a set
FEWEST = 4  # a set, of benchmarks that take seconds
ALIKE = 8  # times as many calls may fill a block of one process as of another
PATIENCE = 20.0  # seconds for a set's rounds of one benchmark
PARTING = 5.0  # seconds in which a process that has measured everything tears its fixtures down

REGRESSED, IMPROVED, UNCHANGED = "regressed", "improved", "unchanged"
NOT_SLOWER, TOO_NOISY, NOT_MEASURED = "not slower", "too noisy to say", "not measured"


class BenchError(Exception):
    """What keeps benchmarks from being measured, in one sentence."""


class BrokenDownError(Exception):
    """A process that measured and died, in one sentence."""


@dataclass(frozen=True)
class Tree:
    """A folder with the benchmarks and the code that they measure.

    Attributes:
        name: what people call it.
        root: of the whole tree.
        folder: in it, where pytest is started.
    """

    name: str
    root: Path
    folder: Path


@dataclass
class Measured:
    """What is known of one benchmark: log ratios a set, or why there are none."""

    ratios: list[list[float]] = field(default_factory=list)  # now over before, a list a set
    controls: list[list[float]] = field(default_factory=list)  # one of the two over itself
    seconds: list[float] = field(default_factory=list)  # median before, a set
    failed: str = ""
    new: bool = False
    warnings: set[str] = field(default_factory=set)

    def add(self, logs: NDArray[np.float64], exchanged: bool) -> None:
        """Add a set's rounds.

        Args:
            logs: (rounds, 3) logarithms of the times of a tree, the other, and the other again.
            exchanged: whether the first is the revision's.
        """
        first, second, again = logs.T
        now, before = (second, first) if exchanged else (first, second)
        self.ratios.append((now - before).tolist())
        self.controls.append((again - second).tolist())
        self.seconds.append(float(np.exp(np.median(before))))


@dataclass(frozen=True)
class Finding:
    """One benchmark's verdict.

    Attributes:
        benchmark: node id.
        verdict: "regressed", "improved", "unchanged", "not slower", "too noisy to say" or
            "not measured".
        decision: the ratio now over before, and its interval; None where nothing was measured.
        seconds: median time of a call before.
        reason: why it was not measured.
        warnings: why it is not to be trusted, a phrase each.
        new: whether the current tree alone has it.
    """

    benchmark: str
    verdict: str
    decision: RatioDecision | None = None
    seconds: float = 0.0
    reason: str = ""
    warnings: tuple[str, ...] = ()
    new: bool = False


# The two trees


def git(folder: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> str:
    """Return what git prints; nothing that the repository's configuration names is executed.

    Neither hooks, nor a monitor of its files, nor what would fetch objects that it lacks. Filters
    are left to `settings`.

    Args:
        folder: of a repository.
        arguments: of git.
        settings: of git's configuration, whose names may have any characters.

    Raises:
        BenchError: git is not installed, or refused.
    """
    off = ["-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false"]
    command = ["git", "-C", str(folder), *off, *arguments]
    environment = _outside_git() | {
        "GIT_ALLOW_PROTOCOL": "",  # none: no transport, so no command of one
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_CONFIG_COUNT": str(len(settings or {})),
    }
    for number, (name, value) in enumerate((settings or {}).items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment
        )
    except FileNotFoundError:
        raise BenchError("git is not installed: expected it for --against") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        raise BenchError(said[-1].removeprefix("fatal: "))
    return done.stdout.strip()


def current(root: Path) -> str:
    """Return a repository's commit, with "+" where its tree has uncommitted changes.

    What lies in submodules is not looked at: they have a configuration of their own.

    Raises:
        BenchError: git refused.
    """
    listed = git(root, "config", "--null", "--name-only", "--list")
    filters = [name for name in listed.split("\0") if name.startswith("filter.")]
    off = {name: "false" if name.endswith(".required") else "" for name in filters}
    options = ["--porcelain", "--untracked-files=no", "--ignore-submodules=all"]
    changed = git(root, "status", *options, settings=off)
    return git(root, "rev-parse", "HEAD")[:12] + ("+" if changed else "")


def _outside_git() -> dict[str, str]:
    """Return the environment without what git tells a hook: it names the repository to change."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def repository(folder: Path) -> Path:
    """Return the root of the git repository that a folder is in.

    Raises:
        BenchError: it is in none.
    """
    try:
        return Path(git(folder, "rev-parse", "--show-toplevel"))
    except BenchError as error:
        if not str(error).startswith("not a git repository"):
            raise
        raise BenchError(
            f"{folder} is not in a git repository: expected one for --against"
        ) from None


def resolve(root: Path, revision: str) -> str:
    """Return the commit that a revision names.

    Raises:
        BenchError: it names none.
    """
    try:
        return git(
            root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
    except BenchError:
        raise BenchError(
            f"unknown revision {revision!r} in {root}: expected a commit, branch or tag"
        ) from None


@contextlib.contextmanager
def checked_out(root: Path, commit: str) -> Iterator[Path]:
    """Check a commit out into a folder that lasts as long as the context; touch nothing else.

    The folder borrows the repository's objects. A clone would do, but not of a shallow repository:
    it takes branches only.

    Raises:
        BenchError: git cannot; its reason is said.
    """
    with tempfile.TemporaryDirectory(prefix="hw4-bench-") as folder:
        target = Path(folder) / root.name
        try:
            hashes = git(root, "rev-parse", "--show-object-format")
            new = ["init", "--quiet", "--template=", f"--object-format={hashes}", str(target)]
            git(Path(folder), *new)
            objects = root / git(root, "rev-parse", "--git-path", "objects")
            alternates = target / ".git" / "objects" / "info" / "alternates"
            alternates.write_text(f"{objects}\n", encoding="utf-8")
            git(target, "checkout", "--quiet", "--detach", commit)
            if missing := git(target, "ls-files", "--deleted"):  # of a damaged repository
                raise BenchError(f"git left out {missing.splitlines()[0]}")
        except BenchError as error:
            raise BenchError(
                f"{commit[:12]} cannot be checked out beside {root}: {error}"
            ) from None
        yield target


# The processes


class _Process:
    """One tree's benchmarks, in a process that measures when it is told to."""

    def __init__(self, tree: Tree, other: Tree, arguments: list[str]) -> None:
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._cache = tempfile.TemporaryDirectory(prefix="hw4-")  # a tree's own stays as it is
        cache = ["-o", f"cache_dir={self._cache.name}"]
        own = dict.fromkeys(f for top in (tree.folder, tree.root) for f in (top, top / "src"))
        places = [*map(str, own), os.environ.get("PYTHONPATH", "")]
        outer = {k: v for k, v in _outside_git().items() if not k.startswith("PYTEST_")}
        environment = {
            "PYTHONPATH": os.pathsep.join(filter(None, places)),
            bench_child.OTHER: str(other.root),
            bench_child.PARENT: str(os.getpid()),
        }
        self._process = subprocess.Popen(
            [sys.executable, bench_child.__file__, *cache, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            text=True,
            cwd=tree.folder,
            env=outer | environment,
            process_group=0,  # Ctrl-C reaches the one that tells it what to do, and that ends it
        )
        self._tree = tree

    def say(self, **message: Any) -> None:
        """Send a message; one that has died is noticed when it should answer."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """Return its next message.

        Raises:
            BrokenDownError: it has ended, or pytest has in it.
        """
        message = self.last_word()
        if message["event"] == "end":
            raise self._broken(f"ended early, exit code {message['code']}")
        return message

    def last_word(self) -> dict[str, Any]:
        """Return its next message, which may be that pytest has ended.

        Raises:
            BrokenDownError: it has ended.
        """
        assert self._process.stdout
        line = self._process.stdout.readline()
        if line:
            message: dict[str, Any] = json.loads(line)
            return message
        ended = how_it_ended(self._process.wait())
        said = self.printed().strip().splitlines()
        killed = self._process.returncode < 0  # then what it printed last is not why
        raise self._broken(ended if killed or not said else f"{ended}: {said[-1]}")

    def printed(self) -> str:
        """Return what it, and pytest in it, have printed."""
        self._printed.seek(0)
        return self._printed.read().decode(errors="replace")

    def _broken(self, why: str) -> BrokenDownError:
        return BrokenDownError(f"the process with the benchmarks of {self._tree.name} {why}")

    def __enter__(self) -> _Process:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let it end, or end it, and whatever it has started."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(PARTING if error == (None, None, None) else 0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()
        self._printed.close()
        self._cache.cleanup()


@dataclass(frozen=True)
class _Collected:
    """The node ids of a process's benchmarks, and the paths that none of them is called by."""

    ids: list[str]
    missing: list[str]


def _collect(process: _Process, tree: Tree) -> _Collected:
    """Return what a process has collected.

    Raises:
        BenchError: they cannot be collected.
    """
    message = process.last_word()
    if message["event"] == "collected":
        return _Collected(message["ids"], message["missing"])
    reason = message["failed"] or refusal(process.printed())
    raise BenchError(f"the benchmarks of {tree.name} cannot be collected: {reason}")


Tell = Callable[[str, int, int], None]
"""Is told which benchmark is measured, its number, and of how many."""


@dataclass(frozen=True)
class Bench:
    """Two trees, and which of their benchmarks are compared.

    Attributes:
        now: the current tree.
        before: the revision's.
        paths: of benchmarks, as pytest takes them; where a tree lacks one, it has none there.
        options: of pytest, as `-k`.
        test: decides over the rounds.
        tell: is told of progress.
    """

    now: Tree
    before: Tree
    paths: list[str]
    options: list[str]
    test: BootstrapTest = field(default_factory=BootstrapTest)
    tell: Tell = lambda benchmark, number, total: None

    def run(self) -> list[Finding]:
        """Measure every benchmark and return the findings, in the current tree's order.

        Raises:
            BenchError: no benchmark can be collected in one of the trees, or neither has any.
            BrokenDownError: a process died.
        """
        found = self._measurement(None)
        slower = {benchmark for benchmark, each in found.items() if each.verdict == REGRESSED}
        if slower:
            found |= self._measurement(slower, exchanged=True)
        return list(found.values())

    def _measurement(
        self, chosen: set[str] | None, *, exchanged: bool = False
    ) -> dict[str, Finding]:
        """Return what one measurement finds, by benchmark; without a choice, of every one.

        `exchanged` begins with the trees in each other's place.
        """
        measured = {benchmark: Measured() for benchmark in chosen or ()}
        wanted = chosen
        for _ in range(1 + EXTENSIONS):
            for _ in range(SETS):
                self._set(measured, wanted, exchanged=exchanged)
                exchanged = not exchanged
            found = {b: self._find(b, each) for b, each in measured.items()}
            wanted = {b for b, each in found.items() if each.verdict == TOO_NOISY}
            if not wanted:
                break
        return found

    def _set(
        self, measured: dict[str, Measured], chosen: set[str] | None, *, exchanged: bool
    ) -> None:
        """Add the rounds of three fresh processes; without a choice, of every benchmark."""
        first, second = (self.before, self.now) if exchanged else (self.now, self.before)
        trees, others = [first, second, second], [second, first, first]
        arguments = [*self.options, bench_child.PATHS, *self.paths]
        with contextlib.ExitStack() as stack:
            processes = [
                stack.enter_context(_Process(tree, other, arguments))
                for tree, other in zip(trees, others, strict=True)
            ]
            collected = [_collect(p, t) for p, t in zip(processes, trees, strict=True)]
            now, before = collected[1::-1] if exchanged else collected[:2]
            both = set(before.ids) & (set(now.ids) if chosen is None else chosen)
            ids = [benchmark for benchmark in now.ids if benchmark in both]
            if chosen is None:
                self._note_missing(measured, now, before)
            for process in processes:
                process.say(ids=ids)
            for number, benchmark in enumerate(ids, 1):
                self.tell(benchmark, number, len(ids))
                _measure(processes, measured.setdefault(benchmark, Measured()), exchanged)

    def _note_missing(
        self, measured: dict[str, Measured], now: _Collected, before: _Collected
    ) -> None:
        if missing := [path for path in now.missing if path in before.missing]:
            raise BenchError(f"no benchmark {missing[0]!r}: expected one in either tree")
        if not now.ids and not before.ids:
            raise BenchError("no benchmark found: expected tests that use the fixture `benchmark`")
        for benchmark in dict.fromkeys([*now.ids, *before.ids]):
            each = measured.setdefault(benchmark, Measured())
            for tree, found in ((self.now, now), (self.before, before)):
                if benchmark not in found.ids:
                    each.failed, each.new = f"{tree.name} does not have it", tree is self.before

    def _find(self, benchmark: str, measured: Measured) -> Finding:
        """Return what the rounds of a benchmark say."""
        if measured.failed:
            return Finding(benchmark, NOT_MEASURED, reason=measured.failed, new=measured.new)
        if not measured.ratios:
            return Finding(benchmark, NOT_MEASURED, reason="it was not there a second time")
        rounds = min(map(len, measured.ratios))
        ratios = [each[:rounds] for each in measured.ratios]
        decision = self.test.decide(ratios, [each[:rounds] for each in measured.controls])
        seconds = float(np.median(measured.seconds))
        warnings = tuple(sorted(measured.warnings))
        return Finding(benchmark, _verdict(decision), decision, seconds, "", warnings)


def _verdict(decision: RatioDecision) -> str:
    if decision.verdict is Verdict.REFUTED:
        return IMPROVED if decision.high < 1 / (1 + decision.margin) else NOT_SLOWER
    words = {Verdict.SUPPORTED: REGRESSED, Verdict.EQUIVALENT: UNCHANGED}
    return words.get(decision.verdict, TOO_NOISY)


def _measure(processes: list[_Process], measured: Measured, exchanged: bool) -> None:
    """Take rounds of the benchmark that every process runs next, and keep them.

    Raises:
        BenchError: a tree's process has imported the other tree's code.
    """
    ready = [process.hear() for process in processes]
    ended = [message for message in ready if message["event"] == "ended"]
    if not ended:
        _take_rounds(processes, ready, measured, exchanged)
    for process, message in zip(processes, ready, strict=True):
        if message["event"] == "ready":
            process.say(do="stop")
            ended.append(process.hear())
    if strays := [message["stray"] for message in ended if message["stray"]]:
        raise BenchError(
            f"module {strays[0]} came from the other tree: expected the packages of each tree in "
            "its root or in src/"
        )
    never = [] if measured.ratios else ["it never called the fixture `benchmark`"]
    failures = [message["failed"] for message in ended if message["failed"]] + never
    if failures:
        measured.failed = failures[0]


def _take_rounds(
    processes: list[_Process], ready: list[dict[str, Any]], measured: Measured, exchanged: bool
) -> None:
    calls = _calls([message["calls"] for message in ready])
    each = [
        c * message["seconds"] / message["calls"] for c, message in zip(calls, ready, strict=True)
    ]
    rounds = int(np.clip(PATIENCE / sum(each), FEWEST, ROUNDS))
    times, busy = np.empty((rounds, len(processes))), 0.0
    with Watch() as watch:
        for row, order in zip(times, orders(len(processes)), strict=False):
            for index in order:
                processes[index].say(do="round", calls=calls[index])
                message = processes[index].hear()
                row[index], busy = message["seconds"], busy + message["busy"]
    measured.add(np.log(times), exchanged)
    measured.warnings.update(watch.around(busy))
    measured.warnings.update(unsteady(np.array(measured.ratios[-1])))
    measured.warnings.update(too_short(float((times * calls).min())))


def _calls(own: list[int]) -> list[int]:
    """Return how many calls make a block of each process, from how many fill one of its own.

    The same for all, so that what a block's first call costs has the same share; but where one of
    them is many times slower, as many as the others' would take for ever.
    """
    return [max(own)] * len(own) if max(own) <= ALIKE * min(own) else own


def exit_code(findings: list[Finding]) -> int:
    """Return 1 for a regression, 3 where something could not be said, 0 where all is well.

    A benchmark that is new has nothing to be compared with; one that is gone is not measured.
    """
    verdicts = {finding.verdict for finding in findings if not finding.new}
    if REGRESSED in verdicts:
        return 1
    return 0 if verdicts and not verdicts & {TOO_NOISY, NOT_MEASURED} else 3
