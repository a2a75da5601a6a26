"""Runs one after another: what each claim came to in every one, and every benchmark's ratios.

`hw4.report.text.overtime` puts it in words, `hw4.report.plots.overtime` in pictures.
"""

from __future__ import annotations

import datetime
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import NamedTuple

from hw4.ledger.records import Entry, Ledger, Record, Unmeasured
from hw4.report.reading.difference import apart, key
from hw4.report.reading.order import natural
from hw4.statistics.changes import change_points
from hw4.statistics.sequential import agree

MOST = 40  # runs that are shown: in more, the marks of a picture would touch
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_WORSE = ("slower", "slower, borderline", "not measured", "faster")


class Run(NamedTuple):
    """A run of claims: the file that has it, when it was, and what it found."""

    name: str
    time: datetime.datetime
    ledger: Ledger


class Ratio(NamedTuple):
    """One comparison of a benchmark.

    Attributes:
        benchmark: node id.
        time: when it was measured.
        against: the revision as the user named it.
        now: the commit that was compared with it.
        verdict: as of `hw4 bench`.
        ends: the ratio's interval and the ratio, (low, ratio, high); None where there is none.
        margin: what it was compared with.
    """

    benchmark: str
    time: datetime.datetime
    against: str
    now: str
    verdict: str
    ends: tuple[float, float, float] | None
    margin: float | None


@dataclass(frozen=True)
class Line:
    """A claim through the runs: its entry in each, the oldest first; None where it was not run."""

    entries: tuple[Entry | None, ...]

    @cached_property
    def met(self) -> list[tuple[int, Entry]]:
        """The runs that have it, as their index, with its entry."""
        return [(index, entry) for index, entry in enumerate(self.entries) if entry is not None]

    @property
    def newest(self) -> Entry:
        """Its entry in the last run that has it."""
        return self.met[-1][1]

    @cached_property
    def changes(self) -> list[tuple[int, int]]:
        """The pairs of runs, as their indices, between which its verdict became another."""
        steps = itertools.pairwise(self.met)
        return [(a, b) for (a, old), (b, new) in steps if not _alike(old, new)]

    @property
    def moved(self) -> bool:
        """Whether the intervals of its first and its last effect do not overlap."""
        old, new = self.met[0][1], self.newest
        if isinstance(old, Unmeasured) or isinstance(new, Unmeasured):
            return False
        return apart(old, new)

    @property
    def is_new(self) -> bool:
        """Whether only the newest run has it."""
        return len(self.entries) > 1 and self.met[0][0] == len(self.entries) - 1

    @property
    def is_steady(self) -> bool:
        """Whether nothing about it changed."""
        return not (self.changes or self.moved or self.is_new)

    @property
    def failing(self) -> bool:
        """Whether its last verdict is not the registered one, or it has none."""
        return not isinstance(self.newest, Record) or not self.newest.as_expected


@dataclass(frozen=True)
class Series:
    """A benchmark's ratios against one revision, the oldest first."""

    ratios: tuple[Ratio, ...]

    @property
    def newest(self) -> Ratio:
        """The last one."""
        return self.ratios[-1]

    @cached_property
    def level(self) -> tuple[datetime.datetime, float, float] | None:
        """When its level changed last, with the medians before and after; None if it never did."""
        measured = [(each.time, each.ends[1]) for each in self.ratios if each.ends]
        ratios = [ratio for _, ratio in measured]
        changes = [0, *change_points([math.log(ratio) for ratio in ratios])]
        if len(changes) == 1:
            return None
        earlier, last = changes[-2:]
        return measured[last][0], median(ratios[earlier:last]), median(ratios[last:])

    @property
    def is_quiet(self) -> bool:
        """Whether its last verdict asks for no look, and its level never changed."""
        return self.newest.verdict not in _WORSE and not self.level


@dataclass(frozen=True)
class OverTime:
    """Runs of claims and comparisons of benchmarks, one after another.

    Attributes:
        runs: the oldest first, at most `MOST`.
        earlier: how many older ones are not shown.
        claims: what changed first.
        series: of benchmarks, the worst first.
    """

    runs: tuple[Run, ...]
    earlier: int
    claims: tuple[Line, ...]
    series: tuple[Series, ...]

    @property
    def sections(self) -> list[tuple[str, list[Line]]]:
        """The claims by what became of them, what changed first; each is in one section."""
        found: dict[str, list[Line]] = {}
        for line in self.claims:
            found.setdefault(_SECTIONS[_rank(line)], []).append(line)
        return list(found.items())

    @property
    def absent(self) -> int:
        """How many claims the newest run did not run, or no longer has."""
        return sum(line.entries[-1] is None for line in self.claims)


_SECTIONS = (
    "Changed verdict",
    "Moved beyond the interval",
    "New in the newest run",
    "The same verdict in every run",
)


def over_time(runs: Iterable[Run], ratios: Iterable[Ratio] = ()) -> OverTime:
    """Put runs and ratios in the order of their times, and what changed first."""
    ordered = sorted(runs, key=lambda run: (run.time, run.ledger.root_seed, run.name))
    shown = tuple(ordered[-MOST:])
    lines = sorted(_lines(shown), key=lambda line: (*_severity(line), natural(line.newest)))
    return OverTime(shown, len(ordered) - len(shown), tuple(lines), tuple(_series(ratios)))


def _lines(runs: Sequence[Run]) -> Iterator[Line]:
    # An error of a claim that was decided all the same is not shown: its verdict is there.
    found = [
        {key(entry): entry for entry in [*run.ledger.errors, *run.ledger.claims]} for run in runs
    ]
    for name in dict.fromkeys(itertools.chain.from_iterable(found)):
        yield Line(tuple(entries.get(name) for entries in found))


def _alike(old: Entry, new: Entry) -> bool:
    if isinstance(old, Unmeasured) or isinstance(new, Unmeasured):
        return type(old) is type(new)
    return agree(old.verdict, new.verdict)


def _rank(line: Line) -> int:
    return [bool(line.changes), line.moved, line.is_new, True].index(True)


def _severity(line: Line) -> tuple[int, bool, int]:
    """Return what lines are sorted by: kind of change, failing ones first, the latest first."""
    latest = line.changes[-1][1] if line.changes else 0
    return _rank(line), not line.failing, -latest


def _series(ratios: Iterable[Ratio]) -> list[Series]:
    """Return each benchmark's ratios by what they were compared with, the worst first.

    A commit is the base of one pull request: all ratios to commits are one series.
    """
    once = {ratio[:4]: ratio for ratio in ratios}  # two files may have the same run
    found: dict[tuple[str, str], list[Ratio]] = {}
    for ratio in sorted(once.values(), key=lambda ratio: (ratio.benchmark, ratio.time)):
        against = "its base" if _COMMIT.fullmatch(ratio.against) else ratio.against
        found.setdefault((ratio.benchmark, against), []).append(ratio._replace(against=against))
    return sorted((Series(tuple(each[-MOST:])) for each in found.values()), key=_grave)


def _grave(series: Series) -> tuple[bool, int, float, str]:
    verdict, ends = series.newest.verdict, series.newest.ends
    worse = _WORSE.index(verdict) if verdict in _WORSE else len(_WORSE)
    return series.is_quiet, worse, -ends[1] if ends else 0.0, series.newest.benchmark
