"""Hears what becomes of every claim, in any process, and tells it at the end of the run."""

from __future__ import annotations

import signal
from collections.abc import Generator

import pytest
from msgspec import UNSET, UnsetType

from hw4 import files
from hw4.ledger import ledger
from hw4.ledger.records import Document, Entry, Ledger, Record, Unmeasured
from hw4.plugin import document, outputs, serial
from hw4.plugin.items import crashed
from hw4.plugin.selection import selection
from hw4.plural import numbered
from hw4.processes.endings import how_it_ended
from hw4.processes.signals import KEPT, KEPT_OF
from hw4.report.text import summary
from hw4.report.text.summary import full_name
from hw4.store.store import News


class Collector:
    """Hears every report, from this process or from xdist's workers, and tells what was decided."""

    def __init__(self, config: pytest.Config, store: News) -> None:
        self.config = config
        self.said: list[str] = []  # sentences for the user
        self.store = store
        self.claims: list[Record] = []
        self.errors: list[Unmeasured] = []
        self._claims: dict[str, dict[str, str] | None] = {}  # names by node id; None: another test
        self._died: list[Unmeasured] = []  # of tests of which nothing but a place is known
        self._refused = False
        self._unwritten = False
        self.late: list[str] = []  # what fixtures raised when their claims were decided

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Let what others write at the end cost neither the ledger nor the table."""
        outputs.keep_apart(self.config, self._decides, self._note)

    def _decides(self) -> bool:
        """Return whether a claim has begun."""
        return bool(self.claims or self.errors or any(self._claims.values()))

    def _note(self, failure: str) -> None:
        """Keep which output could not be written; it is a failure of the run."""
        self.said.append(failure)
        self._unwritten = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Learn that a file cannot be collected: what is decided then is no whole run."""
        self._refused |= report.failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the record that a report brings; a worker that died brings none."""
        self.store.add(**getattr(report, "hw4_store", {}))
        if values := getattr(report, "hw4", None):
            record = ledger.entry(values)
            if not (report.when == "teardown" and self._add(record)):
                self._keep(record)
        elif report.when == "setup":
            self._claims[report.nodeid] = getattr(report, "hw4_claim", None)
        elif str(report.when) == "???":  # xdist's own report of a test whose worker crashed
            self._crashed(report)
        if self.config.option.hw4_only_claims or self._decides():  # not in a run without claims
            while self._died:
                self._keep(self._died.pop(0))

    def _add(self, error: Entry) -> bool:
        """Add what a fixture's teardown raised to the record of the test, if it has one."""
        entries: list[Entry] = [*self.claims, *self.errors]
        for record in reversed(entries):
            if isinstance(error, Unmeasured) and record.test == error.test:
                said = f"afterwards a fixture raised {error.message}"
                if isinstance(record, Unmeasured):
                    record.message += f"; {said}"
                else:
                    record.warnings.append(said)
                self.late.append(f"{full_name(record.id, record.instance)}: {said}")
                return True
        return False

    def _crashed(self, report: pytest.TestReport) -> None:
        unknown = {"id": report.nodeid, "instance": ""}  # it died before the call
        name = self._claims.get(report.nodeid, unknown)
        if report.outcome == serial.RERUN:
            how = how_it_ended(-signal.SIGKILL)
            self.said.append(
                f"{full_name(**(name or unknown))}: its worker {how}: it was tried alone"
            )
        elif name is not None:  # a claim, not another test
            self._died.append(crashed(name, report.nodeid, str(report.longrepr)))

    def _keep(self, record: Entry) -> None:
        if isinstance(record, Unmeasured):
            self.errors.append(record)
        else:
            self.claims.append(record)
        self.config.hook.pytest_hw4_decided(record=record)

    def ledger(self) -> Ledger:
        """Return the ledger of what was decided so far."""
        option = self.config.option
        run = option.hw4_profile, option.hw4_root_seed, option.hw4_confirm, option.hw4_fresh_seeds
        return ledger.build(
            self.claims, self.errors, *run, selection(self.config), self._document()
        )

    def _document(self) -> Document | UnsetType:
        try:
            return document.quoted_by(self.config, [*self.claims, *self.errors])
        except files.FileError as error:
            self.said.append(str(error))
            return UNSET

    def notices(self) -> list[str]:
        """Return what the user should know beside the verdicts, each sentence once."""
        said = self.said + self.store.sentences()
        said += [notice for record in self.claims for notice in record.notices]
        own = [record for record in self.claims if "dataset" not in record.parameters]
        if self.config.option.hw4_data and own:
            said.append(
                "your data changed nothing in "
                f"{len(own)} of {numbered(len(self.claims), 'claim')}: "
                "they have no parameter `dataset`"
            )
        return list(dict.fromkeys(said))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Write the ledger of a whole run; an output that cannot be written is a failure of it.

        A run that was interrupted or refused leaves an older ledger alone.
        """
        try:
            return (yield)
        finally:  # whatever another plugin raises here
            self._finish(session)

    def _finish(self, session: pytest.Session) -> None:
        option = self.config.option
        finished = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if finished and not self._refused and not option.collectonly:
            if option.hw4_ledger:
                try:
                    ledger.write(option.hw4_ledger, self.ledger())
                except files.FileError as error:
                    self._note(str(error))
            if self._unwritten:
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int
    ) -> None:
        """Print the table of verdicts; of a run that was interrupted, how to go on."""
        for notice in self.notices():
            terminalreporter.write_line(notice)
        if self.claims or self.errors:
            terminalreporter.section("claims")
            width, colour = terminalreporter._tw.fullwidth, terminalreporter._tw.hasmarkup
            terminalreporter.write(summary.table(self.ledger(), width, colour=colour))
        option = self.config.option
        if exitstatus == pytest.ExitCode.INTERRUPTED and self.claims:
            seeds = KEPT_OF.format("--hw4-", option.hw4_root_seed)
            kept = seeds if option.hw4_fresh_seeds else KEPT
            terminalreporter.write_line(f"interrupted; {kept}")
