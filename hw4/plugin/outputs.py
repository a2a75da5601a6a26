"""What pytest and its other plugins write at the end of a run, each output apart.

pytest calls its plugins one by one when a session has finished; one that raises, as the writer of
`--junitxml` on a full disk, would cost the others their turn, the ledger its file and the user the
table of verdicts.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TextIO

import pytest

from hw4 import files
from hw4.report.text.terminal import drop_output

Note = Callable[[str], None]
Write = Callable[..., object]


class _Junit(Protocol):
    logfile: str


class _Benchmarks(Protocol):
    json: object
    handle_saving: Write


def keep_apart(config: pytest.Config, is_ours: Callable[[], bool], note: Note) -> None:
    """Let no output of another plugin end the run because it cannot be written.

    Args:
        config: of pytest, whose plugins are all there.
        is_ours: whether claims were decided: of other runs pytest says what it always says.
        note: is told which output failed and why, in a sentence.
    """
    finishing: list[Any] = config.hook.pytest_sessionfinish.get_hookimpls()
    for each in finishing:
        if not each.wrapper and not each.hookwrapper:
            each.function = _Apart(each.function, each.plugin, is_ours, note)
    if benchmarks := getattr(config, "_benchmarksession", None):
        keep_benchmarks_apart(benchmarks, is_ours, note)
    if reporter := config.pluginmanager.getplugin("terminalreporter"):
        reporter._tw._file = _Screen(reporter._tw._file, is_ours, note)


def keep_benchmarks_apart(session: _Benchmarks, is_ours: Callable[[], bool], note: Note) -> None:
    """Let the files of pytest-benchmark's session not end the run, see `keep_apart`."""
    what = f"benchmark JSON {session.json}" if session.json else "the files of pytest-benchmark"
    session.handle_saving = _Apart(session.handle_saving, what, is_ours, note)


class _Apart:
    """A function of a plugin that writes, and notes what it could not write, see `keep_apart`."""

    def __init__(
        self, function: Write, plugin: object, is_ours: Callable[[], bool], note: Note
    ) -> None:
        self._function, self._is_ours, self._note = function, is_ours, note
        name = getattr(plugin, "__name__", type(plugin).__name__)
        self._what = plugin if isinstance(plugin, str) else f"what {name} keeps"
        self._within: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
        if hasattr(plugin, "logfile"):
            self._what, self._within = f"JUnit XML {plugin.logfile}", partial(_whole, plugin)

    def __call__(self, *args: object) -> object:
        """Call the function."""
        if not self._is_ours():
            return self._function(*args)
        try:
            with self._within():
                return self._function(*args)
        except OSError as error:
            self._note(f"{self._what} cannot be written: {error.strerror or error}")
            return None


@contextlib.contextmanager
def _whole(junit: _Junit) -> Iterator[None]:
    """Let pytest write JUnit XML into a file that takes the place of the old one when it is whole.

    pytest makes folders that are missing.
    """
    path = Path(junit.logfile)
    if not files.replaceable(path):  # a device or a pipe
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.replacing(path) as part:
        junit.logfile = str(part)
        try:
            yield
        finally:
            junit.logfile = str(path)


class _Screen:
    """Standard output of a run that decides claims: when it fails, the run goes on without it."""

    def __init__(self, stream: TextIO, is_ours: Callable[[], bool], note: Note) -> None:
        self._stream, self._is_ours, self._note = stream, is_ours, note
        self._failed = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> None:
        """Write text, if it can be written."""
        self._try(partial(self._stream.write, text))

    def flush(self) -> None:
        """Write what was held back."""
        self._try(self._stream.flush)

    def _try(self, do: Callable[[], object]) -> None:
        if self._failed:
            return
        try:
            do()
        except OSError as error:
            if not self._is_ours():
                raise
            self._failed = True
            drop_output(self._stream)
            self._stream.flush()  # what is held back would fail once more at the end
            said = f"standard output cannot be used: {error.strerror}"
            self._note(said)
            with contextlib.suppress(OSError):
                print(f"hw4: {said}", file=sys.stderr, flush=True)
