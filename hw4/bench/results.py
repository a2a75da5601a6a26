"""The ratios that `hw4 bench` has kept: of a history, or of the JSON of one comparison."""

from __future__ import annotations

import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from hw4.bench import history
from hw4.bench.comparison import SCHEMA
from hw4.bench.history import Measured
from hw4.bench.trees import BenchError
from hw4.files import read_text
from hw4.report.reading.overtime import Ratio


class _Base(Struct):
    name: str


class _Head(Struct):
    commit: str


class _Comparison(Struct):
    schema: int
    created: str
    base: _Base
    head: _Head
    benchmarks: list[Measured]


def of_history(path: Path) -> list[Ratio]:
    """Return the ratios of a history, which stays as it is.

    Raises:
        BenchError: it is damaged, or a newer hw4 has written it.
    """
    found = []
    for number, entry in enumerate(history.kept(path), 1):
        try:
            found.append(_ratio(entry, moment(entry.time), entry.against, entry.now))
        except ValueError:
            raise history.DamagedError(f"history {path} is damaged in line {number}") from None
    return found


def of_comparison(path: Path) -> list[Ratio]:
    """Return the ratios of one comparison, as `hw4 bench --json` wrote it.

    Raises:
        BenchError: it is damaged, or a newer hw4 has written it.
    """
    try:
        found = msgspec.json.decode(read_text(path), type=_Comparison)
        time = moment(found.created)
    except OSError as error:
        raise BenchError(f"benchmarks {path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise BenchError(
            f"benchmarks {path} are damaged: expected what hw4 bench --json wrote"
        ) from None
    if found.schema != SCHEMA:
        newer = ", a newer one has written it" * (found.schema > SCHEMA)
        raise BenchError(
            f"benchmarks {path} have schema {found.schema}: this hw4 expects schema {SCHEMA}{newer}"
        )
    return [_ratio(each, time, found.base.name, found.head.commit) for each in found.benchmarks]


def _ratio(found: Measured, time: datetime.datetime, against: str, now: str) -> Ratio:
    """Return what one run found of one benchmark as one of many."""
    ends = None
    if found.ratio and found.low and found.high:
        ends = found.low, found.ratio, found.high
    return Ratio(found.benchmark, time, against, now, found.verdict, ends, found.margin)


def moment(text: str) -> datetime.datetime:
    """Return a time in ISO 8601; without a zone it is UTC.

    Raises:
        ValueError: it is none.
    """
    time = datetime.datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)
