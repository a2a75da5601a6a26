"""What `hw4 report` reads if it is given several results files, or folders of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from hw4.bench import results
from hw4.bench.trees import BenchError
from hw4.cli.exits import UsageError
from hw4.files import read_text
from hw4.ledger import ledger
from hw4.ledger.records import Ledger
from hw4.report.reading.overtime import Ratio, Run
from hw4.report.text.terminal import visible

_SUFFIXES = (".json", ".jsonl")


class Results(NamedTuple):
    """What the files hold.

    Attributes:
        runs: of claims, in no order.
        ratios: of benchmarks, the same.
        files: that were read.
        notices: what was counted once, a sentence each.
    """

    runs: list[Run]
    ratios: list[Ratio]
    files: list[Path]
    notices: list[str]

    @property
    def newest(self) -> Run:
        """The newest run of claims."""
        return max(self.runs, key=lambda run: (run.time, run.ledger.root_seed, run.name))


class _Kind(Struct):
    """What tells the files of results from others."""

    claims: Raw | UnsetType = UNSET
    benchmarks: Raw | UnsetType = UNSET
    base: Raw | UnsetType = UNSET


def is_one_ledger(paths: Sequence[Path]) -> bool:
    """Return whether paths are one file, and not one of benchmarks."""
    if len(paths) != 1 or _is_folder(paths[0]):
        return False
    return _kind(paths[0]) not in ("history", "comparison")


def read(paths: Iterable[Path]) -> Results:
    """Return what files and folders hold: of a folder, all results in it and in its own folders.

    Raises:
        FileError: a ledger that cannot be read.
        UsageError: another file, or a folder without any results.
    """
    found = Results([], [], [], [])
    for path in _files(paths):
        kind = _kind(path)
        found.files.append(path)
        try:
            if kind == "history":
                found.ratios.extend(results.of_history(path))
            elif kind == "comparison":
                found.ratios.extend(results.of_comparison(path))
            else:
                _add(found, path, ledger.read(path))
        except BenchError as error:
            raise UsageError(str(error)) from None
    return found


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not _is_folder(path):
            yield path
            continue
        inside = sorted([*path.glob("*"), *path.glob("*/*")])  # a CI job's files: a folder each
        named = [each for each in inside if each.suffix in _SUFFIXES and each.is_file()]
        files = [each for each in named if _kind(each) != "other"]
        if not files:
            raise UsageError(
                f"folder {path} has no results: expected files of hw4 run --ledger or hw4 bench"
            )
        yield from files


def _is_folder(path: Path) -> bool:
    # Path.is_dir raises where a name is too long.
    return os.path.isdir(path)  # noqa: PTH112


def _kind(path: Path) -> str:
    """Return "ledger", "history", "comparison" or "other"; of what is no JSON, a ledger.

    What reads it says then what is wrong.
    """
    try:
        text = read_text(path)
        if path.suffix == ".jsonl" or _is_entry(text.partition("\n")[0]):
            return "history"
        found = msgspec.json.decode(text, type=_Kind)
    except msgspec.ValidationError:
        return "other"
    except (OSError, ValueError):
        return "ledger"
    if found.benchmarks is not UNSET and found.base is not UNSET:
        return "comparison"
    return "other" if found.claims is UNSET else "ledger"


def _is_entry(line: str) -> bool:
    try:
        entry = json.loads(line) if len(line) < 10_000 else None
    except (ValueError, RecursionError):
        return False
    return isinstance(entry, dict) and {"benchmark", "against"} <= entry.keys()


def _add(found: Results, path: Path, book: Ledger) -> None:
    """Add a run, unless another file has it."""
    for run in found.runs:
        if run.ledger == book:
            said = f"{path} is the same run as {run.name}: it is shown once"
            found.notices.append(visible(said))
            return
    try:
        time = results.moment(book.created)
    except ValueError:
        raise UsageError(
            f"ledger {path} has created {book.created[:40]!r}: expected a time in ISO 8601"
        ) from None
    found.runs.append(Run(str(path), time, book))
