"""A fresh pytest process that runs chosen tests of the same command line, and says what happens.

Both sides: `Child` starts and hears the process, `main` is what runs in it. When their channel is
closed the process interrupts itself, so that it never outlives whoever started it.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from hw4.processes.channel import GRACE, Channel, Message, Process
from hw4.processes.endings import last_line
from hw4.processes.options import IMPORTED, WITHOUT_CACHE

CHOSEN = pytest.StashKey[set[str]]()  # node ids that a child runs, of all that it collects
TIMED = pytest.StashKey["Turns"]()  # by which a process that only measures sends what it finds

# The path comes first: a project's folder may hold a `random.py`, which is not to be imported.
_BOOT = """
import sys
sys.path[:], sys.argv[1:] = sys.argv[1:], []
from hw4.processes.child import main
main()
"""
_OTHERS = ("PYTEST_XDIST_", "PYTEST_CURRENT_TEST")  # what an outer run tells its own processes


class Child(Process):
    """A running `pytest -n0` of the same arguments, but for the tests that it is told to run.

    Args:
        config: of the process that starts it: arguments, folder and what its options settled.
        ids: node ids of the tests.
        role: "serial", to report like a worker of xdist; "timed", to send rounds only; or "seeds",
            to send what seeds give only.
        options: of `config.option`, set anew in the process.
        environment: added to this process's own.
    """

    def __init__(
        self,
        config: pytest.Config,
        ids: list[str],
        role: str,
        options: Message,
        environment: dict[str, str],
    ) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OTHERS)}
        command = ["-c", _BOOT, *map(str, sys.path)]
        super().__init__(command, inherited | environment, config.invocation_params.dir)
        temporary = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        # A process of its own would clear the folder that `--basetemp` names.
        basetemp = {"basetemp": tempfile.mkdtemp(prefix=role, dir=temporary)}
        self.channel.say(
            "task",
            args=list(map(str, config.invocation_params.args)),
            xdist=config.pluginmanager.hasplugin("xdist"),
            ids=ids,
            role=role,
            options=options | WITHOUT_CACHE | basetemp,
        )

    def messages(self) -> Iterator[Message]:
        """Return what the process says until it ends, however it ends."""
        while message := self.channel.hear():
            last = message["event"] == "end"
            yield message
            if last:
                return


# In the process


class Turns:
    """How a process that measures by turns talks to whoever started it.

    Args:
        channel: to that process.

    Attributes:
        answers: each lets this process go on once.
    """

    def __init__(self, channel: Channel) -> None:
        self.say = channel.say
        self.answers: queue.SimpleQueue[Message] = queue.SimpleQueue()

    def ask(self, event: str, **values: Any) -> Message:
        """Send a message, and return the answer that lets the process go on."""
        self.say(event, **values)
        return self.answers.get()


def main() -> None:
    """Run the task that `Child` has sent."""
    # A shell's background job ignores it, and so would this process, which interrupts itself.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    channel, finished = Channel.up().unshared(), threading.Event()
    task = channel.hear() or sys.exit()
    turns = Turns(channel)
    listen = threading.Thread(target=_listen, args=(channel, turns.answers, finished), daemon=True)
    listen.start()
    alone = ["-n0"] if task["xdist"] else []
    role = _Role(task, turns)
    try:
        code = int(pytest.main([*task["args"], *alone, *IMPORTED], plugins=[role]))
    except Exception as error:  # as pytest-benchmark's at the end: "Performance has regressed."
        traceback.print_exc()
        code, role.reason = int(pytest.ExitCode.TESTS_FAILED), str(error)
    finished.set()
    channel.say("end", code=code, reason=role.reason, refused=role.refused)
    sys.exit(code)


def _listen(
    channel: Channel, answers: queue.SimpleQueue[Message], finished: threading.Event
) -> None:
    """Pass answers on until whoever started this process closes the channel or dies; then end.

    A message "stop" ends it too: while a thread over there hears, the channel is not closed.
    """
    while (message := channel.hear()) and message["event"] != "stop":
        answers.put(message)
    if not finished.is_set():
        os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait(GRACE)
    os._exit(int(pytest.ExitCode.INTERRUPTED))


class _Role:
    """The plugin of the process: chooses the tests, and passes on what becomes of them.

    Attributes:
        reason: why it fails, where no report tells.
        refused: why it could not collect what it was told to run.
    """

    def __init__(self, task: Message, turns: Turns) -> None:
        self.reason = self.refused = ""
        self._task = task
        self._turns, self._say = turns, turns.say
        self._shown = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Set the options anew, before any plugin acts on them, and collect no other files."""
        vars(config.option).update(self._task["options"])
        config.stash[CHOSEN] = set(self._task["ids"])
        names = dict.fromkeys(nodeid.partition("::")[0] for nodeid in self._task["ids"])
        files = [config.rootpath / name for name in names]
        if all(file.is_file() for file in files):  # a plugin may collect what lies in none
            config.args = list(map(str, files))
        if self._task["role"] != "serial":
            config.stash[TIMED] = self._turns

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Let the terminal's reporter write into a file: whoever started this shows reports.

        Where only rounds are sent, there is none, as in workers of xdist: nobody reads its summary,
        for which plugins may import a second's worth of modules.
        """
        manager = config.pluginmanager
        if (reporter := manager.getplugin("terminalreporter")) is not None:
            manager.unregister(reporter)
            if self._task["role"] == "serial":
                manager.register(type(reporter)(config, self._shown), "terminalreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the chosen tests only, after every other selection was made."""
        chosen = session.config.stash[CHOSEN]
        session.items[:] = [item for item in session.items if item.nodeid in chosen]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a file could not be collected, which for the workers it could."""
        if report.failed:
            self.refused = f"cannot collect {report.nodeid}: {last_line(report.longreprtext)}"

    def pytest_internalerror(self, excrepr: object) -> None:
        """Let it be seen: what the terminal's reporter writes is not."""
        print(excrepr, file=sys.stderr, flush=True)

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Say which test starts."""
        self._say("start", nodeid=nodeid, location=location)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Pass on a report."""
        if self._task["role"] == "serial":
            data = self._config.hook.pytest_report_to_serializable(
                config=self._config, report=report
            )
            self._say("report", data=data)
        elif report.failed:
            record: Message = report.hw4
            self._say(
                "failed", nodeid=report.nodeid, error=record["error"], message=record["message"]
            )
        elif report.skipped:
            self._say("skipped", nodeid=report.nodeid, message=_reason(report))

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Say which test has ended."""
        sys.stdout.flush()
        self._say("finish", nodeid=nodeid, location=location)

    def pytest_warning_recorded(
        self,
        warning_message: Any,
        when: str,
        nodeid: str,
        location: tuple[str, int, str] | None,
    ) -> None:
        """Pass on a warning of a test; those of collection every worker has found too."""
        if when == "runtest" and self._task["role"] == "serial":
            from xdist.remote import serialize_warning_message

            data = serialize_warning_message(warning_message)
            self._say("warning", data=data, when=when, nodeid=nodeid, location=location)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep the way to the hooks."""
        self._config = session.config

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Iterator[None]:
        """Pass on what other plugins sum up, as pytest-benchmark its tables."""
        terminalreporter.stats.clear()  # the reports are summed up where they are shown
        self._shown.seek(0)
        self._shown.truncate()
        try:
            yield
        finally:  # pytest-benchmark raises "Performance has regressed." after its table
            self._shown.flush()
            self._shown.seek(0)
            self._say("summary", text=self._shown.read())


def _reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return text.removeprefix("Skipped: ")
