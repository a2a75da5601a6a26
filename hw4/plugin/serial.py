"""The serial phase: under xdist, tests marked `hw4_serial` run after its workers, one by one.

Workers leave them out and name them to the controller; when the last worker has gone, it runs them
in one fresh `pytest -n0` and takes that process's reports for its own. So a benchmark, or a claim
about time, has the machine to itself in `pytest -n auto` as it has in `pytest -n0`.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Generator
from typing import Any

import pytest

from hw4.ledger import ledger
from hw4.plugin.items import claim_of, crashed, name_of
from hw4.plugin.options import BENCHMARKS, MARK
from hw4.processes.channel import Message
from hw4.processes.child import Child
from hw4.processes.endings import how_it_ended

COLLECTED = pytest.StashKey[str]()  # a test's node id; xdist adds its group to it in a worker
OUTPUT = "hw4_left_out"  # under which a worker names the tests that it has left out
RERUN = "rerun"  # the outcome of a test that will be run once more, as pytest-rerunfailures has it
_REAPED = 5.0  # seconds until the system has the exit code of a process whose pipes are closed
_LAST = 5  # lines of what a process printed before it died

# pytest-benchmark switches itself off under xdist, and would complain or write an empty file.
# `benchmark_skip` leaves `--benchmark-only` its meaning: the other tests are skipped.
_WITHOUT_BENCHMARKS: Message = {
    "benchmark_skip": True,
    "benchmark_json": None,
    "benchmark_save": None,
    "benchmark_autosave": None,
    "benchmark_compare": None,
    "benchmark_compare_fail": [],
    "benchmark_histogram": [],
}


def leave_benchmarks_out(config: pytest.Config) -> None:
    """Tell pytest-benchmark, if it is there, that benchmarks run in the serial phase only."""
    if config.getini(BENCHMARKS) and hasattr(config.option, "benchmark_skip"):
        vars(config.option).update(_WITHOUT_BENCHMARKS)


def mark(item: pytest.Item) -> None:
    """Mark what must have the machine to itself: claims about time, and benchmarks where asked."""
    item.stash[COLLECTED] = item.nodeid
    claim = claim_of(item)
    alone = claim is not None and claim.kind == "timing"
    if item.config.getini(BENCHMARKS):
        alone |= "benchmark" in getattr(item, "fixturenames", ())
    if alone:
        item.add_marker(MARK)


def leave_out(session: pytest.Session) -> list[Message]:
    """Take the tests marked `hw4_serial` out of a worker's session, and return what they are."""
    left_out = [item for item in session.items if item.get_closest_marker(MARK)]
    session.items[:] = [item for item in session.items if item not in left_out]
    return [_described(item) for item in left_out]


def _described(item: pytest.Item) -> Message:
    claim = claim_of(item)
    named = name_of(item, claim) if claim else None
    return {"nodeid": item.stash[COLLECTED], "location": item.location, "claim": named}


class SerialPhase:
    """The controller's plugin: runs what the workers have left out."""

    def __init__(self, config: pytest.Config, options: Message) -> None:
        self._config = config
        self._options = options
        self._tests: dict[str, Message] = {}  # those that are not finished, by node id
        self._known: dict[str, Message] = {}  # claims that workers have begun
        self._killed: dict[str, Any] = {}  # node id of a claim → xdist's node that was killed
        self._who = "the process of the serial tests"
        self._summed_up = ""
        self._code = 0

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Learn from a worker that has finished which tests it has left out."""
        for test in getattr(node, "workeroutput", {}).get(OUTPUT, ()):
            self._tests[test["nodeid"]] = test

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Learn which claim a worker has begun."""
        if claim := getattr(report, "hw4_claim", None):
            described = {"nodeid": report.nodeid, "location": report.location, "claim": claim}
            self._known[report.nodeid] = described

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any) -> None:
        """Keep a claim whose worker the system has killed: it will be tried again, alone."""
        unknown = {"nodeid": crashitem, "location": report.location, "claim": None}
        if self._config.option.hw4_only_claims:
            unknown["claim"] = {"id": crashitem, "instance": ""}
        known = self._known.setdefault(crashitem, unknown)
        grouped = self._config.getoption("dist") == "loadgroup"  # its name is another there
        if known["claim"] and not grouped and _exit_code(report.node) == -signal.SIGKILL:
            report.outcome = RERUN
            self._killed[crashitem] = report.node

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """Say what became of such a claim for now."""
        return (RERUN, "R", "RERUN") if report.outcome == RERUN and report.when == "???" else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Run the phase after the workers' tests, if those did not end the run."""
        result = yield
        left_out = self._tests
        if (left_out or self._killed) and not _ends(session):
            # Their processes may still be at work, freeing memory.
            self._config.pluginmanager.getplugin("dsession").nodemanager.teardown_nodes()
            for nodeid in self._killed:
                if not _ends(session):
                    self._who, self._tests = "the process that tried it again alone", {}
                    self._tests[nodeid] = self._known[nodeid]
                    self._run(session)
            if left_out and not _ends(session):
                self._who, self._tests = "the process of the serial tests", left_out
                session.testscollected += len(left_out)
                self._config.hook.pytest_hw4_serial_phase(tests=len(left_out))
                self._run(session)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        return result

    def _run(self, session: pytest.Session) -> None:
        most = self._config.getoption("maxfail") or 0  # none or 0: any number
        failures_left = max(0, most - session.testsfailed)
        options = self._options | {"maxfail": failures_left, "xmlpath": None, "hw4_ledger": None}
        options["log_file_mode"] = "a"  # the workers have written into it
        colour = {"PY_COLORS": str(int(self._terminal._tw.hasmarkup))} if self._terminal else {}
        end: Message | None = None
        with Child(self._config, list(self._tests), "serial", options, colour) as child:
            for message in child.messages():
                self._show(child.printed())
                event = message.pop("event")
                if event == "end":
                    end = message
                else:
                    getattr(self, f"_{event}")(**message)
            code, printed = child.stop(), child.printed()
        if end is None:
            self._report_lost(_death(code, printed))
        elif end["refused"]:  # a file was changed while the workers ran
            self._report_lost(end["refused"])
        elif not self._ended_as_pytest_does(session, end):
            self._report_lost(_death(end["code"], printed))

    def _ended_as_pytest_does(self, session: pytest.Session, end: Message) -> bool:
        """Take over how the process ended; return whether that explains the tests it left."""
        if end["code"] == pytest.ExitCode.INTERRUPTED:
            session.shouldstop = session.shouldstop or "the serial tests were interrupted"
        if not session.testsfailed or end["reason"]:
            self._code = end["code"]
        return bool(session.shouldfail or session.shouldstop or not self._tests)

    # What the process says

    def _start(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._config.hook.pytest_runtest_logstart(nodeid=nodeid, location=location)

    def _report(self, data: Message) -> None:
        report = self._config.hook.pytest_report_from_serializable(config=self._config, data=data)
        self._tell(report)

    def _tell(self, report: Any) -> None:
        if report.nodeid in self._killed:  # JUnit XML takes both reports for one test's then
            report.node = self._killed[report.nodeid]
        self._config.hook.pytest_runtest_logreport(report=report)

    def _finish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._tests.pop(nodeid, None)
        self._config.hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)

    def _warning(self, data: Message, **where: Any) -> None:
        from xdist.workermanage import unserialize_warning_message

        warning = {"warning_message": unserialize_warning_message(data)}
        self._config.hook.pytest_warning_recorded.call_historic(kwargs=warning | where)

    def _summary(self, text: str) -> None:
        self._summed_up = text

    def _report_lost(self, why: str) -> None:
        """Turn every test that the process has not finished into an error.

        Where it has finished all of them, the run itself fails: a table or a file may be missing.
        """
        if not self._tests:
            self._summed_up += f"hw4: {self._who} {why}\n"
            self._code = int(pytest.ExitCode.INTERNAL_ERROR)
        for nodeid, test in list(self._tests.items()):
            message = f"{self._who} {why}"
            location = tuple(test["location"])
            report = pytest.TestReport(nodeid, location, {}, "failed", message, "setup")
            if test["claim"]:
                error = crashed(test["claim"], nodeid, message)
                vars(report)["hw4"] = ledger.plain(error)
            self._tell(report)

    # What is shown

    @property
    def _terminal(self) -> Any:
        return self._config.pluginmanager.getplugin("terminalreporter")

    def _show(self, text: str) -> None:
        if text and self._terminal:
            self._terminal.ensure_newline()
            self._terminal.write(text)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail where the process did for a reason that no report tells: a benchmark regressed."""
        if self._code and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = self._code

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show what other plugins of the process summed up."""
        if self._summed_up.strip():
            terminalreporter.ensure_newline()
            terminalreporter.write(self._summed_up)


def _ends(session: pytest.Session) -> bool:
    """Return whether no further test of the session is to be run."""
    return bool(session.shouldfail or session.shouldstop)


def _exit_code(node: Any) -> int | None:
    """Return the exit code of an xdist worker that has ended; None where it runs elsewhere."""
    with contextlib.suppress(AttributeError, subprocess.TimeoutExpired):
        code: int = node.gateway._io.popen.wait(_REAPED)
        return code
    return None


def _death(code: int, printed: str) -> str:
    """Return how a process ended, and its last words."""
    how = how_it_ended(code)
    last = "\n".join(printed.strip().splitlines()[-_LAST:])
    return f"{how}:\n{last}" if last else how
