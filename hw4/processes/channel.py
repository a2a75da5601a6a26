"""A Python process that this one starts, and the channel on which the two talk.

The process that measures another tree's benchmarks loads this file by its path, so that it imports
nothing of `hw4`.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Self

Message = dict[str, Any]
GRACE = 10.0  # seconds in which an interrupted process may tear its fixtures down


class Channel:
    """One of two ends: it hears what the other end says, and that the other process has ended.

    Args:
        connection: to the other end.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def up(cls) -> Self:
        """Return the channel to whoever started this process as a `Process`: its standard input."""
        channel = cls(Connection(os.dup(0)))
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        return channel

    def unshared(self) -> Self:
        """Return itself; processes that this one forks and leaves behind do not hide its end."""
        os.register_at_fork(after_in_child=self.close)
        return self

    def say(self, event: str, **values: Any) -> None:
        """Send a message. That the other process has ended is noticed by `hear`."""
        message = pickle.dumps({"event": event} | values)
        with self._lock, contextlib.suppress(OSError):
            try:
                self._connection.send_bytes(message)
            except (BrokenPipeError, ConnectionResetError):
                pass  # what the other process said before it ended can still be heard
            except BaseException:  # an interrupt: after half a message no other is understood
                self.close()
                raise

    def hear(self) -> Message | None:
        """Return the next message, or None when the other process has ended, however it ended."""
        try:
            heard = self._connection.recv_bytes()
        except (EOFError, OSError):  # killed, perhaps in a word
            return None
        message: Message = pickle.loads(heard)
        return message

    def close(self) -> None:
        """Say and hear nothing more: the other end notices."""
        self._connection.close()


class Process:
    """A running Python process, and what it prints.

    It has a process group of its own: Ctrl-C reaches this process only, which ends the other one.

    Args:
        command: arguments of Python.
        environment: of the process.
        folder: in which it runs; None for this process's own.

    Attributes:
        channel: to talk to it; its own end is `Channel.up()`.
    """

    def __init__(
        self, command: list[str], environment: dict[str, str], folder: Path | None = None
    ) -> None:
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._read = 0  # bytes of it; the process writes on at a position of its own
        own, other = Pipe()
        self.channel = Channel(own)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                stdin=other.fileno(),
                stdout=self._printed,
                stderr=self._printed,
                cwd=folder,
                env=environment,
                process_group=0,
            )

    def printed(self) -> str:
        """Return what the process and its own have printed since this was last asked."""
        size = os.fstat(self._printed.fileno()).st_size
        new = os.pread(self._printed.fileno(), size - self._read, self._read)
        self._read += len(new)
        return new.decode(errors="replace")

    def stop(self, patience: float = 2 * GRACE) -> int:
        """End the process if it has not ended, and return its exit code, negative for a signal.

        Args:
            patience: seconds in which it may end by itself, before it and its own are killed.
        """
        self.channel.close()
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._process.wait(patience)
        finally:  # it does not react, or Ctrl-C was pressed once more
            if self._process.poll() is None:
                self.kill()
            code = self._process.wait()
        return code

    def kill(self) -> None:
        """Kill the process, and what it has started and left behind."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the process, and let go of what it printed."""
        try:
            self.stop()
        finally:
            self._printed.close()
