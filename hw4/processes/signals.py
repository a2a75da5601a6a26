"""How the command `hw4` ends when a signal ends it: in one sentence, and nothing is left behind.

Before its work begins it ends at once, in whatever is being imported. While tests run, the signal
becomes a KeyboardInterrupt, so that fixtures are torn down; what has not ended after `PATIENCE`
seconds, or at a second signal, is ended then. xdist's workers of `hw4 run` do the same without a
word, and so they do when the run itself is killed.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # this module loads first, and little else
    from pathlib import Path

PATIENCE = 5.0  # seconds for fixtures to be torn down; a CI service gives a run seven to ten
_AGAIN = 0.1  # seconds between two tries to interrupt what the main thread waits in
_TELLING = 2.0  # seconds in which a run that was ended as well tells its workers, on a busy machine
_HANDLING = 0.5  # seconds in which Python's handler runs, unless compiled code keeps it waiting
RUN = "HW4_RUN"  # in the environment of the processes that a `hw4 run` starts: its process id
_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    if hasattr(signal, name)  # Windows lacks the last two
]
KEPT = "finished runs are kept: the same command goes on from there"
KEPT_OF = "finished runs are kept: to go on from there, {0}root-seed {1} in place of {0}fresh-seeds"


class Ending:
    """What the signals of this process lead to.

    Attributes:
        kept: what a run that is ended keeps, and how to go on; empty where there is nothing to say.
        gently: whether an exception ends the work, and not the process at once.
        number: of the signal that came; 0 before.
    """

    def __init__(self) -> None:
        self.kept = ""
        self.gently = False
        self.number = 0
        self._worker = False
        self._stderr = 2
        self._result: int | None = None  # the exit code, when the command has ended by itself
        self._last: list[Callable[[], object]] = []  # what is done before the process ends
        self._once = _thread.allocate_lock()
        self._main = 0  # the main thread
        self._nudged = False  # whether the next signal is from `_wait_for_handler`

    def install(self, *, worker: bool = False) -> None:
        """Let this process end so from now on; what the process ignores, as `nohup`, it ignores."""
        if os.name != "posix":
            return
        self._worker, self._stderr = (
            worker,
            os.dup(2),
        )  # pytest replaces the other while it captures
        self._main = _thread.get_ident()
        hear, tell = os.pipe()
        os.set_blocking(tell, False)
        for number in _SIGNALS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                signal.signal(number, self._signalled)
        # From here the watching thread learns of a signal even while compiled code keeps Python's
        # handler waiting.
        signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
        _thread.start_new_thread(self._watch, (hear, os.getppid() if worker else 0))
        os.register_at_fork(after_in_child=self._forget)
        if worker:  # blocked while it started, see `starting_workers`
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

    def sentence(self) -> str:
        """Return how the command ended, what is kept, and how to go on."""
        how = "interrupted"
        if self.number not in (0, signal.SIGINT):
            how = f"ended by {signal.Signals(self.number).name}"
        return f"hw4: {how}; {self.kept}\n" if self.kept else f"hw4: {how}\n"

    def over(self, result: int | None) -> int:
        """Return the exit code of a command that has ended; say why, if a signal has ended it.

        Args:
            result: its exit code, None where an exception has ended it.
        """
        if result is None or self.number:
            self._once.acquire(blocking=False)  # it is said once
            self._say()
            result = self._code()
        self.gently, self._result = False, result
        return result

    def _code(self) -> int:
        """Return the exit code of a process that a signal has ended, as shells give it."""
        return 128 + (self.number or signal.SIGINT)

    def _say(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._stderr, self.sentence().encode())

    @contextlib.contextmanager
    def at_last(self, do: Callable[[], object]) -> Iterator[None]:
        """Within the context, do something before the process is ended at once."""
        self._last.append(do)
        try:
            yield
        finally:
            self._last.remove(do)

    def _signalled(self, number: int, frame: object) -> None:
        nudged, self._nudged = self._nudged, False
        if nudged and self.number:
            return
        if self._result is not None:  # the interpreter is being shut down
            os._exit(self._result)
        if self._once.locked() or (self._worker and (self.number or number != signal.SIGINT)):
            return  # a terminal has told all processes, and then the run its workers; see `_watch`
        if self.number or not self.gently or number == signal.SIGQUIT:
            self._end(self.number or number)
        self.number = number
        raise KeyboardInterrupt

    def _watch(self, signals: int, parent: int) -> None:
        """Wait for a signal, or the end of the parent; end the process when patience has."""
        number, watched = 0, [signals]
        with contextlib.suppress(OSError, AttributeError):  # not on Linux
            watched += [os.pidfd_open(parent)] if parent else []
        while number not in _SIGNALS:
            if select.select(watched, [], [])[0] == [signals]:
                number = os.read(signals, 1)[0]
            else:
                number = signal.SIGINT
                os.kill(os.getpid(), number)
        told = number == signal.SIGINT or not self._worker
        if not told and select.select(watched, [], [], _TELLING)[0]:
            # All processes were, as by `timeout`, and the run now lets its workers end well.
            told = True
            os.kill(os.getpid(), signal.SIGINT)
        # First Python's handler, in the main thread, which starts no process while it ends them.
        if told:
            awaited = signal.SIGINT if self._worker else number
            self._wait_for_handler(awaited, PATIENCE if self.gently else _HANDLING)
        else:
            time.sleep(_HANDLING)
        self._end(number)

    def _wait_for_handler(self, number: int, seconds: float) -> None:
        """Wait, and see to it that Python's handler runs.

        A signal that comes between Python's last look and a call that blocks, as `time.sleep`, does
        not interrupt that call; another one does.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(_AGAIN)
            if not self.number:
                self._nudged = True
                signal.pthread_kill(self._main, number)

    def _end(self, number: int) -> None:
        """End the process, its descendants and its folder now, in one sentence."""
        if self._once.acquire(blocking=False):
            self.number = number
            for do in [_kill_descendants, *reversed(self._last)]:
                with contextlib.suppress(Exception):
                    do()
            if not self._worker:
                self._say()
        else:  # another thread does, or the main one has said it and ends
            time.sleep(PATIENCE)
        os._exit(self._code() if self._result is None else self._result)

    @staticmethod
    def _forget() -> None:
        """In a forked process, be as if nothing were installed: the pipe is its parent's."""
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            if getattr(signal.getsignal(number), "__self__", None) is ENDING:
                usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
                signal.signal(number, usual)


def follow(parent: int) -> None:
    """End this process soon after its parent, in a thread; on Linux, elsewhere nothing tells."""
    with contextlib.suppress(OSError, AttributeError):
        _thread.start_new_thread(_follow, (os.pidfd_open(parent),))


def _follow(parent: int) -> None:
    select.select([parent], [], [])
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(PATIENCE)
    os._exit(128 + signal.SIGINT)


def _kill_descendants() -> None:
    """Kill the processes that this one has started, and theirs; elsewhere than on Linux none."""
    found = {os.getpid()}
    parents = dict(_parents())
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
        for pid in more:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _parents() -> Iterator[tuple[int, int]]:
    """Return every process with its parent, as Linux lists them."""
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib costs milliseconds here
            if name.isdigit():
                with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:  # noqa: PTH123
                    yield int(name), int(stat.read().rpartition(b")")[2].split()[1])


@contextlib.contextmanager
def starting_workers(said: Path) -> Iterator[None]:
    """Within the context, start processes that inherit two things.

    Ctrl-C is held back until they can end without a traceback; and what they write to standard
    error, as when whoever reads their answers has been killed, goes into a file.
    """
    if os.name != "posix":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    own = os.dup(2)
    try:
        with said.open("wb") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(own, 2)
        os.close(own)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _is_command() -> bool:
    """Return whether this process is the command `hw4`, or `python -m hw4`, while it starts."""
    name = os.path.basename(sys.argv[0]) if sys.argv else ""  # noqa: PTH119 - as above
    as_module = name == "-m" and "hw4" in sys.orig_argv
    return name.removesuffix(".exe") == "hw4" or bool(as_module)


def _open_streams() -> None:
    """Open what whoever started this has closed: the next file to be opened would be it."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            stream = open(number, "r" if name == "stdin" else "w", closefd=False)  # noqa: SIM115
            for each in (name, f"__{name}__"):
                setattr(sys, each, stream)


ENDING = Ending()

if os.environ.get(RUN) == str(os.getppid()) and "PYTEST_XDIST_WORKER" in os.environ:
    ENDING.install(worker=True)
elif _is_command():
    ENDING.kept = KEPT if "run" in sys.orig_argv else ""
    _open_streams()
    ENDING.install()
