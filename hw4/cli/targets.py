"""What a command reads and writes: refused before the work, written after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from hw4.cli.exits import UsageError
from hw4.files import FileError, append_text, check_target, real, write_text
from hw4.report.text.terminal import visible

Targets: TypeAlias = Mapping[str, Path | None]
"""What is to be written where, as "report" or "JSON"; None where it was not asked for."""


def existing(paths: Sequence[str], what: str) -> list[str]:
    """Return paths of tests, which may name one within a file.

    Raises:
        UsageError: there is no such file or folder.
    """
    for path in paths:
        if not Path(path.partition("::")[0]).exists():
            raise UsageError(f"no file or folder {path!r}: expected {what} to run")
    return list(paths)


def check(targets: Targets, others: Targets) -> None:
    """Refuse, before anything is done, files that cannot be written or are named twice.

    `others` are files that the command reads, or writes by another way.

    Raises:
        UsageError: two of them are the same file.
        FileError: one cannot be written.
    """
    taken = {real(path): what for what, path in others.items() if path}
    for what, path in _asked(targets).items():
        check_target(path, what, appended=_is_appended(what))
        if other := taken.get(real(path)):
            raise UsageError(f"{what} {path} is the {other}: expected another file")
        taken[real(path)] = what


def write(targets: Targets, rendered: Callable[[str, Path], str]) -> tuple[list[str], list[str]]:
    """Write what was asked for, each file whole or not at all.

    Returns:
        What was written and what could not be, in a sentence each. Nothing is printed, so that a
        reader who has gone, as `head` has, costs no file.
    """
    written, failures = [], []
    for what, path in _asked(targets).items():
        try:
            put = append_text if _is_appended(what) else write_text
            put(path, rendered(what, path), what)
        except FileError as error:
            failures.append(str(error))
        else:  # of /dev/stdout there is nothing to tell
            written += [visible(f"{what} written to {path}")] * path.is_file()
    return written, failures


def _asked(targets: Targets) -> dict[str, Path]:
    return {what: path for what, path in targets.items() if path}


def _is_appended(what: str) -> bool:
    """Return whether it is added to a file: a CI job's page is one, to which each step adds."""
    return what.casefold() == "markdown"
