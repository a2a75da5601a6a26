"""The history of benchmark ratios: a file of JSON lines, one a benchmark and run."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct

from hw4 import files
from hw4.bench.finding import Finding
from hw4.bench.trees import BenchError
from hw4.files import read_text

SCHEMA = 1
# A whole number in JSON may be greater than any float.
Positive: TypeAlias = Annotated[float, Meta(gt=0, le=sys.float_info.max)]


class Measured(Struct, kw_only=True, omit_defaults=True):
    """What was found of one benchmark: see `Finding`. Without a ratio it was not measured."""

    benchmark: str
    verdict: str
    ratio: Positive | None = None
    low: Positive | None = None
    high: Positive | None = None
    margin: Positive | None = None


class Entry(Measured, kw_only=True, omit_defaults=True):
    """The same as one line of a history."""

    schema: int
    time: str
    now: str = ""
    against: str
    seconds: float | None = None


class DamagedError(BenchError):
    """A line of a history is no entry of one."""


def read(path: Path) -> list[Entry]:
    """Return a history's entries, in order; none where there is no file yet.

    Raises:
        BenchError: a line is no entry; the file has been set aside under another name.
    """
    try:
        return kept(path)
    except FileNotFoundError:
        return []
    except DamagedError as error:
        raise BenchError(_without(path, str(error))) from None


def kept(path: Path) -> list[Entry]:
    """Return a history's entries, in order; the file stays as it is, and where it is.

    Raises:
        DamagedError: a line is no entry.
        BenchError: the file cannot be read, or a newer hw4 has written it.
        FileNotFoundError: there is none.
    """
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise BenchError(f"history {path} cannot be read: {reason}") from None
    lines = text.removesuffix("\n").split("\n") if text else []
    return [_entry(path, number, line) for number, line in enumerate(lines, 1)]


def _entry(path: Path, number: int, line: str) -> Entry:
    """Return the entry of a line.

    Raises:
        BenchError: it is none, or one of a newer hw4.
    """
    found: object = None
    try:
        found = json.loads(line)  # msgspec's reader refuses names that are not UTF-8
        entry = msgspec.convert(found, Entry)
    except (ValueError, OverflowError, RecursionError):
        entry = None
    schema = found.get("schema") if isinstance(found, dict) else None
    if type(schema) is int and schema > SCHEMA:
        raise BenchError(
            f"history {path} has schema {schema} in line {number}: this hw4 expects "
            f"schema {SCHEMA}, a newer one has written it"
        )
    if entry is None or schema != SCHEMA:
        raise DamagedError(f"history {path} is damaged in line {number}")
    return entry


def _without(path: Path, damaged: str) -> str:
    """Set a history aside, and return what is wrong with it and where it is."""
    try:
        aside = _set_aside(path)
    except OSError as error:
        return f"{damaged} and cannot be set aside: {error.strerror}"
    return f"{damaged}: it is set aside as {aside.name}, the next run begins a new one"


def _set_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    return path.rename(aside)


def check_target(path: Path) -> None:
    """Refuse, before minutes of work, a file that could not be written after them.

    Raises:
        BenchError: it is a folder or read-only, or its folder is or cannot be made.
    """
    folder = next(p for p in path.absolute().parents if p.exists())
    there = path if path.exists() else folder
    if path.is_dir() or not folder.is_dir() or not os.access(there, os.W_OK):
        raise BenchError(f"history {path} cannot be written: expected a file, or a place for one")


def entries(findings: list[Finding], time: str, now: str, against: str) -> list[Entry]:
    """Return a run's findings as entries of a history.

    Args:
        findings: of the run.
        time: when it was, in ISO 8601.
        now: the current tree's commit, with "+" where it had uncommitted changes.
        against: the revision as the user named it.
    """
    return [_of(finding, time, now, against) for finding in findings]


def append(path: Path, entries: list[Entry]) -> None:
    """Add entries to a history's file, all or none; it is made where it is missing.

    Raises:
        BenchError: it cannot be written.
    """
    lines = "".join(json.dumps(msgspec.to_builtins(entry)) + "\n" for entry in entries)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            file.seek(max(file.tell() - 1, 0))
            unfinished = file.read() not in (b"", b"\n")  # an editor left out the last line break
        files.append_text(path, "\n" * unfinished + lines, "history")
    except files.FileError as error:
        raise BenchError(str(error)) from None
    except OSError as error:
        raise BenchError(f"history {path} cannot be written: {error.strerror}") from None


def _of(finding: Finding, time: str, now: str, against: str) -> Entry:
    entry = Entry(
        schema=SCHEMA,
        time=time,
        benchmark=finding.benchmark,
        now=now,
        against=against,
        verdict=finding.verdict,
    )
    if (found := finding.decision) is not None:
        for name in ("ratio", "low", "high", "margin"):
            setattr(entry, name, _rounded(getattr(found, name)))
        entry.seconds = _rounded(finding.seconds)
    return entry


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def ratios(entries: list[Entry], benchmark: str, against: str) -> list[float]:
    """Return the ratios of one benchmark against one revision, in order of time."""
    return [
        entry.ratio
        for entry in entries
        if entry.benchmark == benchmark and entry.against == against and entry.ratio is not None
    ]
