"""What a run may cost, and what it can detect, before anything runs: exact, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

from hw4.claims.claim import Claim
from hw4.ledger.records import BySeeds, Entry, Record
from hw4.plural import numbered
from hw4.report.reading.numerals import figure, percent
from hw4.report.reading.sizes import POWERS, decided, deviations, power
from hw4.report.text.summary import full_name
from hw4.report.text.terminal import WIDTH, visible, wrapped
from hw4.statistics.sequential import BLOCK, SequentialTest

Cost: TypeAlias = tuple[float, float, float]
"""Of seeds, runs or seconds: at least, on average at a true share of p₁, at most."""

SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)  # at which a test's powers are printed
_UNKNOWN = "?"
_HEAD = ("claim", "test", "seeds", "runs", "minutes")
_CELL = 8  # columns of each number in a test's table


@dataclass(frozen=True)
class Planned:
    """A claim's instance before it runs.

    Attributes:
        claim: what it states.
        instance: the id of its parameters.
        before: its record in an earlier results file, if there is one.
    """

    claim: Claim
    instance: str
    before: Entry | None

    @property
    def name(self) -> str:
        """Its name, on one line that hides nothing."""
        return visible(full_name(self.claim.id, self.instance))

    @property
    def test(self) -> SequentialTest | None:
        """What decides it; None for what no seeds decide."""
        return None if self.claim.kind in ("exact", "timing") else self.claim.test

    def seeds(self) -> Cost | None:
        """Return how many seeds it runs; None if no seeds decide it."""
        if not (test := self.test):
            return None
        fewest = min(map(test.unanimous, (True, False)))
        asked = min(test.budget, -(-fewest // BLOCK) * BLOCK)
        return asked, test.operating_characteristics(test.p1).asked, test.budget

    def runs(self) -> Cost | None:
        """Return how many networks it trains, if it was measured before; None if nobody knows."""
        seeds = self.seeds()
        if seeds is None or not isinstance(self.before, BySeeds):
            return None
        least, mean, most = seeds
        arms = len(self.before.series.arms)
        return arms * least, arms * mean, arms * most

    def seconds(self) -> Cost | None:
        """Return how long it takes, as it did before for each seed; None if nobody knows."""
        if not isinstance(self.before, Record) or self.before.cached:
            return None
        if (seeds := self.seeds()) is None:
            return (self.before.seconds,) * 3
        if not isinstance(self.before, BySeeds):  # of another kind then
            return None
        each = self.before.seconds / (-(-self.before.seeds // BLOCK) * BLOCK)
        least, mean, most = seeds
        return each * least, each * mean, each * most


def planned(claims: Iterable[tuple[Claim, str]], before: Iterable[Entry]) -> list[Planned]:
    """Return claims with their instances, by name, and what an earlier run has recorded of them."""
    found = {(record.id, record.instance): record for record in before}
    rows = [Planned(claim, name, found.get((claim.id, name))) for claim, name in claims]
    return sorted(rows, key=lambda row: row.name)


def text(rows: Sequence[Planned], source: str, width: int = WIDTH) -> str:
    """Return what each claim may cost, what all may, and what each test can detect.

    Args:
        rows: the claims.
        source: of the measured times; "" if there are none.
        width: columns.
    """
    tests = _named(rows)
    parts = [_table(rows, tests, width), _totals(rows, source, width)]
    parts += [_of_test(test, name, rows, width) for test, name in tests.items()]
    return "\n\n".join("\n".join(lines) for lines in parts)


def _named(rows: Iterable[Planned]) -> dict[SequentialTest, str]:
    """Return the tests, the most frequent one first, with the letters or numbers they go by."""
    tests = [row.test for row in rows if row.test]
    often = sorted(dict.fromkeys(tests), key=tests.count, reverse=True)
    return {test: f"T{number}" for test, number in zip(often, count(1), strict=False)}


def _table(rows: Sequence[Planned], tests: Mapping[SequentialTest, str], width: int) -> list[str]:
    """Return a line for each claim; its numbers stand below its name if they do not fit beside."""
    cells = [_HEAD]
    for row in rows:
        kind = {"exact": "proof", "timing": "rounds"}.get(row.claim.kind, "")
        costs = row.seeds(), row.runs(), row.seconds()
        seeds = _range(costs[0]) if costs[0] else "none" if kind == "proof" else kind
        runs = _range(costs[1]) if costs[1] else "none" if kind else _UNKNOWN
        minutes = _minutes(costs[2]) if costs[2] else _UNKNOWN
        cells.append((row.name, tests[row.test] if row.test else kind, seeds, runs, minutes))
    widths = [max(len(each[column]) for each in cells) for column in range(len(_HEAD))]
    beside = sum(widths) + 2 * len(_HEAD) <= width
    lines = []
    for name, *numbers in cells:
        said = "  ".join(f"{n:{size}}" for n, size in zip(numbers, widths[1:], strict=True))
        lines += [f"{name:{widths[0]}}  {said}".rstrip()] if beside else wrapped(name, width)
        lines += [] if beside else wrapped(said, width, "    ")
    return lines


def _range(cost: Cost) -> str:
    """Return a cost at least, on average and at most: "8 / 28 / 64"."""
    return " / ".join(dict.fromkeys(f"{each:,.0f}" for each in cost))


def _counted(cost: Cost, noun: str) -> str:
    told = _range(cost)
    return f"{told} {noun}" if told == "1" else f"{told} {noun}s"


def _minutes(seconds: Cost) -> str:
    minutes = [each / 60 for each in seconds]
    told = ["<0.1" if each < 0.1 else f"{each:,.{each < 10:d}f}" for each in minutes]
    return " / ".join(dict.fromkeys(told))


def _chance(probability: float) -> str:
    """Return a probability so that a small one and the rest to 1 are seen: 0.0075 %, 99.56 %."""
    return percent(probability, 2 if probability < 0.1 else 4)


def _totals(rows: Sequence[Planned], source: str, width: int) -> list[str]:
    """Return what all claims cost together, and how the columns are read."""
    seeds = _sum(row.seeds() for row in rows)
    said = f"{numbered(len(rows), 'instance')}: {_counted(seeds, 'seed')}"
    times = [row.seconds() for row in rows]
    unknown = times.count(None)
    if unknown == len(rows):
        said += ". How many runs and minutes they take is not known: expected --ledger FILE of an "
        said += "earlier run that trained them."
    else:
        said += f", {_counted(_sum(row.runs() for row in rows), 'run')} and "
        said += f"{_minutes(_sum(times))} minutes, one claim after another, by the times of "
        said += f"{source}."
        said += f" Of {numbered(unknown, 'instance')} no time is known." if unknown else ""
    key = "fewest / mean if the true share is the one that the claim states, 90 % by default / most"
    key += f"; seeds are run in blocks of {BLOCK}."
    return [*wrapped(said, width), *wrapped(key, width)]


def _sum(costs: Iterable[Cost | None]) -> tuple[float, float, float]:
    found = [cost for cost in costs if cost]
    least, mean, most = (sum(cost[n] for cost in found) for n in range(3))
    return least, mean, most


def _of_test(test: SequentialTest, name: str, rows: Sequence[Planned], width: int) -> list[str]:
    """Return what a test does at some true shares, and the smallest that it supports."""
    own = [row.claim for row in rows if row.test == test]
    lines = wrapped(f"{name}, of {numbered(len(own), 'instance')}: {decided(test)}.", width)
    found = [test.operating_characteristics(share) for share in SHARES]
    table = {
        "true share": [percent(share) for share in SHARES],
        "supported": [_chance(each.supported) for each in found],
        "refuted": [_chance(each.refuted) for each in found],
        "inconclusive": [_chance(each.inconclusive) for each in found],
        "mean seeds": [figure(each.seeds) for each in found],
    }
    fitting = max(1, (width - 14) // (_CELL + 1))
    for label, cells in table.items():
        lines.append(f"  {label:12}" + "".join(f" {cell:>{_CELL}}" for cell in cells[-fitting:]))
    lines += wrapped(f"It is {power(test)}.", width, "  ")
    least = test.detectable_share(POWERS[-1])
    if least is not None and least < 1 and any(claim.kind == "win" for claim in own):
        beyond = f"{figure(deviations(least))} standard deviations above the margin"
        said = f"Of normal differences, that is a mean {beyond}."
        lines += wrapped(said, width, "  ")
    return lines
