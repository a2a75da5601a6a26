"""A fresh pytest process that runs chosen tests of the same command line, and says what happens.

Both sides: `Child` starts and hears the process, `main` is what runs in it. They talk through two
pipes: messages come up its standard output; its standard input brings answers, and is a lifeline,
at whose end the process interrupts itself, so that it never outlives whoever started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from typing import IO, Any, Self

import pytest

Message = dict[str, Any]
CHOSEN = pytest.StashKey[set[str]]()  # node ids that a child runs, of all that it collects
TIMED = pytest.StashKey["Lines"]()  # by which a process that only measures sends its rounds
GRACE = 10.0  # seconds in which an interrupted process may tear its fixtures down

_BOOT = """
import json, sys
task = json.loads(sys.stdin.readline())
sys.path[:] = task["path"]
from hw4.processes.child import main
main(task)
"""
IMPORTED = ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
"""Arguments of pytest in a process that has imported hw4 before pytest could rewrite its (few)
assertions, whatever the project makes of warnings."""

WITHOUT_CACHE: Message = dict.fromkeys(
    ("lf", "failedfirst", "newfirst", "stepwise", "stepwise_skip"), False
)
"""Options that choose by what another run has found, switched off."""

_OTHERS = ("PYTEST_XDIST_", "PYTEST_CURRENT_TEST")  # what an outer run tells its own processes


class Child:
    """A running `pytest -n0` of the same arguments, but for the tests that it is told to run.

    Args:
        config: of the process that starts it: arguments, folder and what its options settled.
        ids: node ids of the tests.
        role: "serial", to report like a worker of xdist, or "timed", to send rounds only.
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
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._read = 0  # bytes of it; the process writes on at a position of its own
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            cwd=config.invocation_params.dir,
            env=inherited | environment,
            process_group=0,  # Ctrl-C reaches this process, which passes it on once
        )
        temporary = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        task = {
            "path": list(map(str, sys.path)),
            "args": list(map(str, config.invocation_params.args)),
            "xdist": config.pluginmanager.hasplugin("xdist"),
            "ids": ids,
            "role": role,
            # A process of its own would clear the folder that `--basetemp` names.
            "options": options
            | WITHOUT_CACHE
            | {"basetemp": tempfile.mkdtemp(prefix=role, dir=temporary)},
        }
        with contextlib.suppress(BrokenPipeError):  # it died at once: `messages` will be empty
            self._stdin.write(json.dumps(task).encode() + b"\n")
            self._stdin.flush()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin
        return self._process.stdin

    def go(self) -> None:
        """Let the process go on, which has asked whether it may."""
        with contextlib.suppress(BrokenPipeError):  # it died meanwhile: its messages end
            self._stdin.write(b"\n")
            self._stdin.flush()

    def messages(self) -> Iterator[Message]:
        """Return what the process says until it ends, however it ends."""
        assert self._process.stdout
        with contextlib.suppress(EOFError, pickle.UnpicklingError):  # killed, perhaps in a word
            while True:
                message: Message = pickle.load(self._process.stdout)
                last = message["event"] == "end"
                yield message
                if last:  # what it has forked may hold the pipe open
                    return

    def printed(self) -> str:
        """Return what the process and its tests printed, uncaptured, since this was last asked."""
        size = os.fstat(self._printed.fileno()).st_size
        new = os.pread(self._printed.fileno(), size - self._read, self._read)
        self._read += len(new)
        return new.decode(errors="replace")

    def stop(self) -> int:
        """End the process if it has not ended, and return its exit code, negative for a signal."""
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._process.wait(2 * GRACE)
        finally:  # it does not react, or Ctrl-C was pressed once more
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)  # and what it has started
            code = self._process.wait()
        return code

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the process and let go of its pipes and of what it printed."""
        assert self._process.stdout
        try:
            self.stop()
        finally:
            self._process.stdout.close()
            self._printed.close()


# In the process


class Lines:
    """How the process talks to whoever started it.

    Args:
        channel: takes the messages.
    """

    def __init__(self, channel: IO[bytes]) -> None:
        self._channel = channel
        self._lock = threading.Lock()
        self.answers = threading.Semaphore(0)  # each lets the process go on once

    def say(self, event: str, **values: Any) -> None:
        """Send a message."""
        message = pickle.dumps({"event": event} | values)
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._channel.write(message)
            self._channel.flush()

    def ask(self, event: str) -> None:
        """Send a message, and wait for the answer that lets the process go on."""
        self.say(event)
        self.answers.acquire()


def main(task: Message) -> None:
    """Run the task that `Child` has sent."""
    lifeline, channel = os.dup(0), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    # What a test forks and leaves behind must not keep whoever started this waiting for the end.
    os.register_at_fork(after_in_child=lambda: os.dup2(nothing, channel.fileno()))
    lines, finished = Lines(channel), threading.Event()
    listen = threading.Thread(target=_listen, args=(lifeline, lines.answers, finished), daemon=True)
    listen.start()
    alone = ["-n0"] if task["xdist"] else []
    role = _Role(task, lines)
    try:
        code = int(pytest.main([*task["args"], *alone, *IMPORTED], plugins=[role]))
    except Exception as error:  # as pytest-benchmark's at the end: "Performance has regressed."
        traceback.print_exc()
        code, role.reason = int(pytest.ExitCode.TESTS_FAILED), str(error)
    finished.set()
    lines.say("end", code=code, reason=role.reason, refused=role.refused)
    sys.exit(code)


def _listen(lifeline: int, answers: threading.Semaphore, finished: threading.Event) -> None:
    """Pass answers on until whoever started this process closes the pipe or dies; then end it."""
    with contextlib.suppress(OSError):
        while heard := os.read(lifeline, 1024):
            answers.release(len(heard))
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

    def __init__(self, task: Message, lines: Lines) -> None:
        self.reason = self.refused = ""
        self._task = task
        self._lines, self._say = lines, lines.say
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
        if self._task["role"] == "timed":
            config.stash[TIMED] = self._lines

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


def last_line(text: str) -> str:
    """Return what an exception says, of pytest's long text about it."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (errors or lines or ["it gave no reason"])[-1]


def _reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return text.removeprefix("Skipped: ")
