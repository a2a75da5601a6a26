"""What `hw4 run` learns while pytest works, and who is told of it meanwhile."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import IO

import pytest
from rich.console import Console, ConsoleDimensions, Group
from rich.live import Live

from hw4.claims.claim import Claim
from hw4.cli import display
from hw4.ledger.records import Entry, Ledger, Record
from hw4.plugin.collector import Collector
from hw4.plugin.items import claim_of, instance_of
from hw4.plural import numbered
from hw4.processes.endings import last_line
from hw4.processes.options import WITHOUT_CACHE
from hw4.processes.signals import ENDING, KEPT_OF, starting_workers
from hw4.report.text.summary import counted, full_name
from hw4.report.text.terminal import FALLBACK, HEIGHT, WIDTH, printed

_FRAMES = 5  # a second
_CURSOR = b"\r\n\x1b[?25h"  # shows it, below what was drawn
# Held while a verdict or a frame is written: rich counts how many lines there are to go up, and
# writes later; what another thread writes in between would have it go up too far.
_DRAWING = threading.Lock()
_REPORT = 60.0  # seconds between two lines where nothing can be redrawn: a log shows signs of life


class Watcher:
    """A pytest plugin: counts claims and keeps what went wrong, with xdist and without."""

    def __init__(self) -> None:
        self.instances: list[tuple[Claim, str]] = []  # claims with the ids of their parameters
        self.collection_errors: list[str] = []
        self.broken = ""  # why pytest, or a plugin, broke down
        self.interrupted = False
        self.total = 0
        self.phase = display.COLLECTING
        self.show: Callable[[Entry], None] = lambda record: None  # a verdict, once it is known
        self.began: float | None = None  # when the first claim did
        self.done: set[str] = set()
        self.records: list[Entry] = []
        self.remarks: list[str] = []  # sentences for the user beside those of the plugin
        self._not_expected: set[str] = set()  # claims whose marks say that they cannot be decided
        self._names: dict[str, str] = {}  # of claims, by node id
        self._config: pytest.Config | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Decide every claim, whatever the project's settings say of those that failed last."""
        vars(config.option).update(WITHOUT_CACHE)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Keep the way to the plugin's collector; say how to go on, where seeds were drawn."""
        self._config = config
        if config.option.hw4_fresh_seeds:
            ENDING.kept = KEPT_OF.format("--", config.option.hw4_root_seed)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> Generator[None, object, object]:
        """Let pytest refuse a wrong `-k` or `-m` here: xdist's workers would break down over it."""
        config = session.config
        marks = [re.match(r"\w*", line) for line in config.getini("markers")]
        known = {mark[0] for mark in marks if mark}
        if re.search(r"\bserial\b", config.option.markexpr) and "serial" not in known:
            raise pytest.UsageError("no mark 'serial': expected hw4_serial for claims about time")
        select = config.pluginmanager.getplugin("mark")
        select.pytest_collection_modifyitems(items=[], config=config)
        progress = config.option.hw4_progress_file
        with starting_workers(progress.with_name("workers")) if progress else nullcontext():
            return (yield)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn which claims there are, where this process collects them."""
        claims = [(claim_of(item), instance_of(item)) for item in session.items]
        self.instances = [(claim, instance) for claim, instance in claims if claim]
        self._collected(len(self.instances))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[object]) -> None:
        """Learn how many workers are about to start."""
        self.phase = f"starting {numbered(len(specs), 'worker')}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self) -> None:
        """Learn that a worker has started; it collects now."""
        self.phase = self.phase if self.total else display.COLLECTING

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Learn from a worker how many claims it may be given."""
        self._collected(len(ids))

    def _collected(self, claims: int) -> None:
        self.total, self.phase = claims, display.DECIDING

    def pytest_hw4_serial_phase(self, tests: int) -> None:
        """Learn how many claims follow when the workers have gone."""
        self.phase = display.TIMING
        self.total += tests

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the reason why a file could not be collected."""
        if report.failed:
            said = last_line(str(report.longrepr))
            reason = f"{report.nodeid or 'the tests'} cannot be collected: {said}"
            if reason not in self.collection_errors:  # every worker of xdist finds it
                self.collection_errors.append(reason)

    def pytest_internalerror(self, excrepr: object) -> None:
        """Keep the first reason why pytest broke down, here or in a worker."""
        # xdist asserts False to raise what a worker has sent.
        lines = [line for line in str(excrepr).splitlines() if line[1:].strip() != "assert False"]
        self.broken = self.broken or last_line("\n".join(lines))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that it was the user who ended the run, and tell the workers at once."""
        self.interrupted = excinfo.type is KeyboardInterrupt
        assert self._config is not None
        session = self._config.pluginmanager.getplugin("dsession")
        with contextlib.suppress(AttributeError):  # it has not begun, or they run elsewhere
            for gateway in session.nodemanager.group:
                gateway._io.popen.send_signal(signal.SIGINT)

    def pytest_runtest_logstart(self) -> None:
        """Note when the first claim began."""
        self.began = self.began or time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a claim as done, decided or not."""
        if claim := getattr(report, "hw4_claim", None):
            self._names[report.nodeid] = full_name(**claim)
        name = self._names.get(report.nodeid)
        if name and report.when == "teardown":  # perhaps it was skipped
            self.done.add(name)
        if name and report.skipped and hasattr(report, "wasxfail") and not hasattr(report, "hw4"):
            self._not_expected.add(name)

    def pytest_hw4_decided(self, record: Entry) -> None:
        """Keep what was decided, or could not be, and show it."""
        self.records.append(record)
        self.done.add(full_name(record.id, record.instance))
        self.show(record)

    def view(self, elapsed: float, seeds: Mapping[str, int], serial: int) -> display.View:
        """Return what is known of the run after `elapsed` seconds; `_Told` has the other two."""
        records = list(self.records)
        claims = [record for record in records if isinstance(record, Record)]
        running = {name: number for name, number in seeds.items() if name not in self.done}
        to_come = 0 if self.phase == display.TIMING else serial
        return display.View(
            phase=self.phase,
            done=len(self.done),
            total=self.total and self.total + to_come,
            elapsed=elapsed,
            left=self._left(claims, len(running)),
            counts=counted(claims, len(records) - len(claims)),
            unexpected=sum(not record.as_expected for record in claims),
            running=running,
        )

    def _left(self, claims: list[Record], running: int) -> display.Range | None:
        if (
            self.began is None or self.phase == display.TIMING
        ):  # pairs of processes, for all claims at once
            return None
        costs = [record.seconds for record in claims]
        trained = sum(bool(r.series.arms) and not r.cached for r in claims)
        elapsed = time.monotonic() - self.began
        return display.time_left(elapsed, costs, trained, self.total - len(self.done), running)

    def ledger(self) -> Ledger:
        """Return the ledger of the run."""
        return self._collector().ledger()

    def notices(self) -> list[str]:
        """Return what the user should know beside the verdicts."""
        number = len(self._not_expected)
        verb, are = ("has", "is") if number == 1 else ("have", "are")
        unable = (
            f"{number} of {numbered(self.total, 'claim')} {verb} no verdict, and {are} marked xfail"
        )
        return [*self.remarks, *self._collector().notices(), *[unable] * bool(number)]

    def late(self) -> list[str]:
        """Return what fixtures raised when their claims were decided, a sentence each."""
        return self._collector().late

    def undecided(self) -> list[str]:
        """Return a sentence if the ledger lacks claims: skipped, or never reached."""
        book = self.ledger()
        decided = {full_name(record.id, record.instance) for record in book.records}
        missing = self.total - len(decided | self._not_expected)
        were = "was" if missing == 1 else "were"
        said = f"{missing} of {numbered(self.total, 'claim')} {were} skipped or never reached"
        return [said] * (missing > 0)

    def _collector(self) -> Collector:
        assert self._config is not None, "pytest has not run"
        collector: Collector = self._config.pluginmanager.getplugin("hw4-collector")
        return collector


@contextlib.contextmanager
def bar(watcher: Watcher, path: Path, console: Console) -> Iterator[None]:
    """Show how far the run is: redrawn where somebody watches, now and then in a line elsewhere.

    In a terminal each verdict is printed as soon as it is known, above what is redrawn.

    Args:
        watcher: counts the claims, and is told how to show a verdict.
        path: where every process appends a line for each block of seeds, as it is decided.
        console: where to draw; into a file, or a terminal that cannot redraw, nothing is drawn, and
            standard error has the lines.
    """
    start = time.monotonic()
    with contextlib.closing(_Told(path)) as told:

        def view() -> display.View:
            told.read()
            return watcher.view(time.monotonic() - start, told.seeds, told.serial)

        watched = is_watched(console)
        if watched:
            watcher.show = functools.partial(_print, console)
        with _drawn(view, console) if watched and not console.is_dumb_terminal else _lines(view):
            yield


def is_watched(console: Console) -> bool:
    """Return whether it is a terminal; FORCE_COLOR makes one of a file, as rich sees it."""
    return console.is_terminal and console.file.isatty()


def _print(console: Console, record: Entry) -> None:
    with contextlib.suppress(OSError), _DRAWING:  # the terminal has gone: the run goes on
        console.print(
            display.verdict(record, _size(console).width), soft_wrap=True, highlight=False
        )


def _size(console: Console) -> ConsoleDimensions:
    """Return the size of the terminal now.

    Not as rich finds it: pytest has put files in place of the streams that rich would ask.
    """
    columns, rows = os.get_terminal_size(console.file.fileno())
    return ConsoleDimensions(columns or WIDTH, rows or HEIGHT)


@contextlib.contextmanager
def _drawn(view: Callable[[], display.View], console: Console) -> Iterator[None]:
    """Draw until the end; whatever ends the process, the cursor is there again."""

    def drawn() -> Group:
        console.size = _size(console)
        return Group(*display.frame(view(), *console.size))

    def draw() -> None:
        with contextlib.suppress(OSError), _DRAWING:
            live.refresh()

    live = Live(
        console=console,
        get_renderable=drawn,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    shown = ENDING.at_last(lambda: os.write(console.file.fileno(), _CURSOR))
    with shown, live, _repeated(draw, 1 / _FRAMES):
        draw()  # at once, not after the first fifth of a second
        yield


@contextlib.contextmanager
def _lines(view: Callable[[], display.View]) -> Iterator[None]:
    """Write a line to standard error now and then, while pytest captures it."""
    with os.fdopen(os.dup(sys.stderr.fileno()), "w", errors=FALLBACK) as stream:

        def write() -> None:
            printed(f"hw4: {display.sentence(view())}\n", stream)  # if somebody still reads it

        with _repeated(write, _REPORT):
            yield


@contextlib.contextmanager
def _repeated(do: Callable[[], object], seconds: float) -> Iterator[None]:
    """Do something every few seconds, in a thread, until the end."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(seconds):
            do()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class _Told:
    """What the run's processes write into their file."""

    def __init__(self, path: Path) -> None:
        self.seeds: dict[str, int] = {}  # so far, by the name of the claim
        self.serial = 0  # claims that the workers leave for the serial phase
        self._path = path
        self._file: IO[str] | None = None
        self._rest = ""  # of a line still being written

    def read(self) -> None:
        """Take in what is new."""
        if self._file is None and self._path.exists():
            self._file = self._path.open(encoding="utf-8")
        *lines, self._rest = (self._rest + (self._file.read() if self._file else "")).split("\n")
        for line in lines:
            with contextlib.suppress(ValueError, KeyError):  # a full disk took a part of it
                said = json.loads(line)
                if "serial" in said:
                    self.serial = said["serial"]
                else:
                    self.seeds[full_name(said["id"], said["instance"])] = said["seeds"]

    def close(self) -> None:
        """Close the file, if it has been opened."""
        if self._file:
            self._file.close()
