"""What `hw4 run` learns while pytest works, and the bar that shows it."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from hw4.claim import Claim
from hw4.items import claim_of
from hw4.ledger import Record

_REFRESH = 0.2  # seconds


class Watcher:
    """A pytest plugin: counts claims and keeps what went wrong, with xdist and without."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []
        self.collection_errors: list[str] = []
        self.interrupted = False
        self.total = 0
        self.done: set[str] = set()
        self._config: pytest.Config | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Keep the way to the plugin's collector."""
        self._config = config

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn which claims there are, where this process collects them."""
        self.claims = [claim for claim in map(claim_of, session.items) if claim]
        self.total = self.total or len(self.claims)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Learn from a worker how many claims it may be given."""
        self.total = len(ids)

    def pytest_hw4_serial_phase(self, tests: int) -> None:
        """Learn how many claims follow when the workers have gone."""
        self.total += tests

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the reason why a file could not be collected."""
        if report.failed:
            lines = str(report.longrepr).strip().splitlines()
            reasons = [line[1:].strip() for line in lines if line.startswith("E ")] or lines
            reason = f"{report.nodeid or 'the tests'} cannot be collected: {reasons[-1]}"
            if reason not in self.collection_errors:  # every worker of xdist finds it
                self.collection_errors.append(reason)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that it was the user who ended the run."""
        self.interrupted = excinfo.type is KeyboardInterrupt

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a claim as done."""
        record = getattr(report, "hw4", None)
        if record is not None:
            self.done.add(_name(record))

    def ledger(self) -> Record:
        """Return the ledger of the run."""
        book: Record = self._collector().ledger()
        return book

    def notices(self) -> list[str]:
        """Return what the user should know beside the verdicts."""
        return [notice for notice in [self._collector().notice] if notice]

    def undecided(self) -> list[str]:
        """Return a sentence if the ledger lacks claims: skipped, or never reached."""
        book = self.ledger()
        decided = {_name(record) for record in book["claims"] + book["errors"]}
        missing = self.total - len(decided)
        return [f"{missing} of {self.total} claims were skipped or never reached"] * (missing > 0)

    def _collector(self) -> Any:
        assert self._config is not None, "pytest has not run"
        return self._config.pluginmanager.getplugin("hw4-collector")


@contextlib.contextmanager
def bar(watcher: Watcher, path: Path, console: Console) -> Iterator[None]:
    """Draw a bar with the claims being decided and their seeds so far, if somebody watches.

    Args:
        watcher: counts the claims.
        path: where every process appends a line for each block of seeds, as it is decided.
        console: where to draw; nothing is drawn into a file or a terminal that cannot redraw.
    """
    if not console.is_terminal or console.is_dumb_terminal:
        yield
        return
    columns = (
        TextColumn("deciding", table_column=Column(min_width=8)),
        BarColumn(bar_width=16, table_column=Column(min_width=16)),
        MofNCompleteColumn(table_column=Column(min_width=5)),
        TimeElapsedColumn(table_column=Column(min_width=7)),
        # What does not fit on the line is cut off here, not from the others.
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
        ),
    )
    ended = threading.Event()
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as progress:
        arguments = (watcher, path, progress, ended)
        thread = threading.Thread(target=_draw, args=arguments, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _draw(watcher: Watcher, path: Path, progress: Progress, ended: threading.Event) -> None:
    task = progress.add_task("", total=None)
    seeds: dict[str, int] = {}  # by claim
    with contextlib.ExitStack() as stack:
        lines = None
        while not ended.wait(_REFRESH):
            if lines is None and path.exists():
                lines = stack.enter_context(path.open(encoding="utf-8"))
            seeds |= _told(lines.readlines() if lines else [])
            running = [f"{name} {n} seeds" for name, n in seeds.items() if name not in watcher.done]
            progress.update(
                task,
                total=watcher.total or None,
                completed=len(watcher.done),
                description=" · ".join(running),
            )


def _told(lines: list[str]) -> dict[str, int]:
    told = {}
    for line in lines:
        with contextlib.suppress(ValueError):  # a line still being written
            record = json.loads(line)
            told[_name(record)] = record["seeds"]
    return told


def _name(record: Record) -> str:
    return f"{record['id']}[{record['instance']}]" if record["instance"] else str(record["id"])
