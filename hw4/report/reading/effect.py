"""A record's effect: its interval, its margin and the value of no effect, as numbers and in words.

For a rate, the effect is always the share of seeds that show the claim. For `at_most`, the share
counts the seeds on which it did not happen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hw4.ledger.records import Entry, Equivalent, Rate, Timed, WithEffect
from hw4.report.reading.numerals import figure, percent, share, signed


@dataclass(frozen=True)
class Reading:
    """An effect, and the values at which it would be enough for the claim.

    Attributes:
        low: lower end of its interval.
        median: the effect.
        high: upper end of its interval.
        none: the value of no effect, or for a share the one that refutes.
        edges: what a claim must exceed, or for an equivalence lie between.
        margin: what an effect must exceed, or stay below for an equivalence: "0.05", "90 %".
        quantity: what an effect is measured in, as the heading of its axis.
        unit: the words after an effect: "of seeds", or the user's unit unchanged.
        say: an effect as people read it: "+0.69", "×1.8", "94 %".
        log: whether it is a ratio.
    """

    low: float
    median: float
    high: float
    none: float
    edges: tuple[float, ...]
    margin: str
    quantity: str
    unit: str
    say: Callable[[float], str] = signed
    log: bool = False

    @property
    def words(self) -> str:
        """The effect in few characters."""
        return self.say(self.median)

    @property
    def interval(self) -> str:
        """Its interval, "+0.61 to +0.75"."""
        return f"{self.say(self.low)} to {self.say(self.high)}"


def read(record: WithEffect) -> Reading:
    """Return a record's effect; a proof has none."""
    low, median, high = record.effect.ends()
    if record.rare:  # a record has the share of seeds that gave true
        low, median, high = 1 - high, 1 - median, 1 - low
    margin, unit = record.margin, record.unit
    named = figure(margin, 6), unit or "difference", unit
    match record:
        case Rate(share=least):
            named = percent(least), "share of seeds", "of seeds"
            return Reading(low, median, high, 0.5, (least,), *named, say=share)
        case Timed(timing=timing):
            named = percent(timing.margin), "times as long", ""  # × says it
            return Reading(low, median, high, 1.0, (1 + timing.margin,), *named, _times, log=True)
        case Equivalent():
            return Reading(low, median, high, 0.0, (-margin, margin), *named)
    return Reading(low, median, high, 0.0, (margin,), *named)


def _times(value: float) -> str:
    return f"×{figure(value)}"


def effect(record: Entry) -> str:
    """Return a record's effect in few characters, "" where it has none."""
    return read(record).words if isinstance(record, WithEffect) else ""


def with_interval(record: WithEffect) -> str:
    """Return an effect with its interval and unit: "+0.69 (+0.61 to +0.75) test accuracy"."""
    found = read(record)
    return f"{found.words} ({found.interval}) {found.unit}".rstrip()


def in_full(record: WithEffect) -> str:
    """Return everything: "+0.69 test accuracy, 95 % interval +0.61 to +0.75; margin 0.05"."""
    found, confidence = read(record), percent(record.effect.confidence, 4)
    with_unit = f"{found.words} {found.unit}".rstrip()
    return f"{with_unit}, {confidence} interval {found.interval}; margin {found.margin}"
