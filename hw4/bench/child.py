"""The process that runs one tree's benchmarks round by round, as it is told to.

It is started by its path, with another tree's packages on `sys.path`, and so imports no `hw4`: an
older one may be there. The few modules of this one that it uses are loaded by their paths too. It
says which benchmarks it has collected, and hears which of them to run. When one is ready, it takes
rounds until "stop", and says how the benchmark ended. While another process measures, this one
waits for a message and does nothing.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def _neighbour(wing: str, name: str) -> Any:
    """Return a module of this package, under a name that no package has."""
    path = Path(__file__).parents[1] / wing / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"_hw4_bench_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


processes, timing = _neighbour("processes", "channel"), _neighbour("timing", "stopwatch")
endings, options = _neighbour("processes", "endings"), _neighbour("processes", "options")
counters = _neighbour("timing", "counters")

_OWN = ("__main__", *(each.__name__ for each in (processes, endings, options, timing, counters)))
PATHS = "--"  # on the command line: what follows are paths of benchmarks
OTHER = "HW4_BENCH_OTHER"  # the variable with the root of the tree that is not measured here
PARENT = "HW4_BENCH_PARENT"  # the variable with the process id of who started this one
Arguments = tuple[Any, dict[str, Any]]
Clock = Callable[[], float]


class Timed:
    """What a benchmark calls, and how its calls are timed.

    Args:
        target: the function.
        prepare: called before each call, untimed; returns its arguments.
        calls: how many calls make a block; None where any number does.
        clean: called with the arguments after each call, untimed.

    Attributes:
        result: what the target returned.
        seconds: of a block.
    """

    def __init__(
        self,
        target: Callable[..., Any],
        prepare: Callable[[], Arguments],
        calls: int | None = None,
        clean: Callable[..., Any] | None = None,
    ) -> None:
        self._target, self._prepare, self._clean = target, prepare, clean
        self._fresh = calls is not None
        if not self._fresh:
            self._arguments = prepare()
        self.calls = calls or 1
        self.result = self.once()[1]  # may compile, and fill caches
        self.seconds = timing.undisturbed(self.block)  # of a block
        while calls is None and self.seconds < timing.BLOCK:
            self.calls *= 2
            self.seconds = timing.undisturbed(self.block)

    def block(self, clock: Clock = time.perf_counter) -> float:
        """Return the seconds of one block of calls, or what another clock says of it."""
        enabled = gc.isenabled()
        gc.disable()
        try:
            if self._fresh:
                return sum(self.once(clock)[0] for _ in range(self.calls))
            args, kwargs = self._arguments
            target, repeat = self._target, range(self.calls)
            start = clock()
            for _ in repeat:
                target(*args, **kwargs)
            return clock() - start
        finally:
            if enabled:
                gc.enable()

    def once(self, clock: Clock = time.perf_counter) -> tuple[float, Any]:
        """Return the seconds of one call, or what another clock says of it, and its result."""
        args, kwargs = self._prepare() if self._fresh else self._arguments
        start = clock()
        result = self._target(*args, **kwargs)
        seconds = clock() - start
        if self._clean:
            self._clean(*args, **kwargs)
        return seconds, result


class Amounts:
    """What a call needs beside time, as far as this machine tells.

    Attributes:
        unknown: why something is not told, a sentence each.
    """

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self._peaks = self._if_told(lambda: next(counters.peaks()) and counters.peaks)
        self._instructions = self._if_told(counters.instructions)

    def of(self, timed: Timed) -> dict[str, float | None]:
        """Return each amount of one call by its name; None where it is not known."""
        memory, counter = None, self._instructions
        if self._peaks:
            memory, _ = timed.once(self._peaks().__next__)
        counted = timed.block(counter) / timed.calls if counter else None
        return {"memory": memory, "instructions": counted or None}

    def _if_told(self, opened: Callable[[], Callable[[], Any]]) -> Callable[[], Any] | None:
        try:
            return opened()
        except OSError as error:
            self.unknown.append(str(error))
            return None


class Chosen:
    """Which benchmarks the command line names.

    A test of a file is not left to pytest to find: it ends where the file has no such test, and
    this tree may be older than the test.

    Args:
        paths: of folders, of files, or of tests as `file.py::test`; none for all.

    Attributes:
        files: those that are there.
    """

    def __init__(self, paths: list[str]) -> None:
        parts = {path: path.partition("::") for path in paths}
        self._places = {path: (Path(p[0]).resolve(), p[2]) for path, p in parts.items()}
        self.files = list(dict.fromkeys(p[0] for p in parts.values() if Path(p[0]).exists()))

    def of(self, items: list[pytest.Item]) -> list[pytest.Item]:
        """Return those of pytest's items that are named."""
        return [
            i for i in items if not self._places or any(_names(p, i) for p in self._places.values())
        ]

    def missing(self, items: list[pytest.Item]) -> list[str]:
        """Return the paths of single tests that name none of the items."""
        tests = {path: place for path, place in self._places.items() if place[1]}
        return [path for path, place in tests.items() if not any(_names(place, i) for i in items)]


def _names(place: tuple[Path, str], item: pytest.Item) -> bool:
    """Return whether a file or folder, and a test's name in it or none, name an item."""
    path, name = place
    own = item.nodeid.partition("::")[2]
    named = not name or own == name or own.startswith((f"{name}::", f"{name}["))
    return named and item.path.resolve().is_relative_to(path)


def _place(item: pytest.Item) -> tuple[str, int]:
    """Return the file of a test, and the line from 1 in which it begins."""
    return str(item.path.resolve()), (item.location[1] or 0) + 1


class Rounds:
    """The plugin: runs the benchmarks that it is told to, and takes rounds of each on demand."""

    def __init__(self, channel: Any, chosen: Chosen) -> None:
        self._channel = channel
        self._chosen = chosen
        self._amounts = Amounts()  # now, so that it knows of threads that are started later
        self._failed = ""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """Let pytest-benchmark's fixture ask this plugin to measure."""
        from pytest_benchmark.fixture import BenchmarkFixture, FixtureAlreadyUsed

        rounds = self

        def use(fixture: Any, mode: str) -> None:
            if fixture._mode:
                raise FixtureAlreadyUsed(f"Fixture can only be used once, by {fixture._mode}.")
            fixture._mode = mode

        def call(fixture: Any, target: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            use(fixture, "benchmark(...)")
            return rounds.measure(Timed(target, lambda: (args, kwargs)), fixture)

        def pedantic(
            fixture: Any,
            target: Callable[..., Any],
            args: Any = (),
            kwargs: Any = None,
            setup: Any = None,
            teardown: Any = None,
            iterations: int = 1,
            **_: Any,
        ) -> Any:
            use(fixture, "benchmark.pedantic(...)")

            def prepare() -> Arguments:
                return (setup and setup()) or (args, kwargs or {})

            alone = setup or teardown  # each call has its own preparation
            calls = iterations if alone else None
            return rounds.measure(Timed(target, prepare, calls, teardown), fixture)

        fixture: Any = BenchmarkFixture
        fixture.__call__, fixture.pedantic = call, pedantic

    def measure(self, timed: Timed, fixture: Any) -> Any:
        """Take rounds as long as they are asked for, and return what the benchmark computes.

        The test may read `benchmark.stats` then, as when pytest-benchmark measures.
        """
        fixture._add_stats = lambda stats: None  # the session has nothing to save or to compare
        stats = fixture._make_stats(timed.calls)
        stats.update(timed.seconds)
        ready = {"calls": timed.calls, "seconds": timed.seconds}
        self._channel.say("ready", **ready, amounts=self._amounts.of(timed))
        while (told := _told(self._channel))["event"] == "round":
            timed.calls, busy = told["calls"], time.process_time()
            block = timing.undisturbed(timed.block)
            stats.stats.update(seconds := block / timed.calls)
            self._channel.say("round", seconds=seconds, busy=time.process_time() - busy)
        return timed.result

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say which benchmarks there are, and keep those that are to be run.

        Where a file cannot be collected there is nothing to be run: the end says why.
        """
        if self._failed:
            session.items.clear()
            return
        items = [i for i in session.items if "benchmark" in getattr(i, "fixturenames", ())]
        found = {item.nodeid: item for item in self._chosen.of(items)}
        self.say_collected(list(found.values()))
        session.items[:] = [found[nodeid] for nodeid in _told(self._channel)["ids"]]

    def say_collected(self, items: list[pytest.Item]) -> None:
        """Say which benchmarks there are."""
        ids, missing = [item.nodeid for item in items], self._chosen.missing(items)
        places = {item.nodeid: _place(item) for item in items}
        said = {"missing": missing, "places": places, "unknown": self._amounts.unknown}
        self._channel.say("collected", ids=ids, **said)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a file could not be collected."""
        if report.failed:
            self._failed = f"{report.nodeid or 'the tests'} cannot be collected: {_last(report)}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep why a benchmark failed, or was skipped."""
        if not report.passed:
            self._failed = f"it {'was skipped' if report.skipped else 'failed'}: {_last(report)}"

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Say how a benchmark ended."""
        self._channel.say("ended", nodeid=nodeid, failed=self._failed, stray=_stray())
        self._failed = ""

    @property
    def collection_failed(self) -> str:
        """Why nothing was run."""
        return self._failed


def _told(channel: Any) -> dict[str, Any]:
    """Return the next message; end the process when whoever started it has gone."""
    message: dict[str, Any] | None = channel.hear()
    return message or os._exit(int(pytest.ExitCode.INTERRUPTED))


def _stray() -> str:
    """Return a module that came from the other tree, where one did."""
    other = os.environ[OTHER]
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None) or ""
        ours = path.startswith((sys.prefix, sys.base_prefix)) or name in _OWN
        if not ours and path.startswith(other + os.sep):
            return name
    return ""


def _last(report: pytest.CollectReport | pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):  # a skipped test's file, line and reason
        return report.longrepr[2]
    reason: str = endings.last_line(report.longreprtext)
    return reason


class _Everything:
    """A plugin: no setting of the project's skips benchmarks, or ends the run at a failure.

    And nothing is written for a terminal: nobody reads it, and plugins may import a second's worth
    of modules for its summary.
    """

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Leave the terminal's reporter out."""
        if (reporter := config.pluginmanager.getplugin("terminalreporter")) is not None:
            config.pluginmanager.unregister(reporter)

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Set the options that the project's own settings may have set otherwise."""
        option = {"benchmark_skip": False, "maxfail": 0, "numprocesses": 0, "dist": "no", "tx": []}
        vars(config.option).update(options.WITHOUT_CACHE | option | {"log_file": os.devnull})


def _end_with(parent: int) -> None:
    """End this process when the one that started it is killed, in the midst of a long call too.

    Linux does so, prctl(2); elsewhere, it is noticed when it should say the next word.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(int(pytest.ExitCode.INTERRUPTED))


if __name__ == "__main__":
    _end_with(int(os.environ[PARENT]))
    if not sys.flags.safe_path:
        sys.path.pop(0)  # this file's own folder: the tree's packages come first
    channel = processes.Channel.up().unshared()
    split = sys.argv.index(PATHS)
    chosen = Chosen(sys.argv[split + 1 :])
    rounds = Rounds(channel, chosen)
    if chosen.files or split + 1 == len(sys.argv):
        arguments = [*chosen.files, *sys.argv[1:split]]
        code = pytest.main([*arguments, *options.IMPORTED], plugins=[rounds, _Everything()])
    else:  # every path is newer than this tree
        rounds.say_collected([])
        _told(channel)
        code = pytest.ExitCode.NO_TESTS_COLLECTED
    channel.say("end", code=int(code), failed=rounds.collection_failed)
