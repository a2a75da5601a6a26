"""A record's effect: its interval, its margin and the value of no effect, as numbers and in words.

For a rate, the effect is always the share of seeds that show the claim. For `at_most`, the share
counts the seeds on which it did not happen.
"""

from __future__ import annotations

from dataclasses import dataclass

from hw4.ledger.ledger import Record
from hw4.report.reading.events import holds_when
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
        log: whether it is a ratio.
    """

    low: float
    median: float
    high: float
    none: float
    edges: tuple[float, ...]
    log: bool = False


def read(record: Record) -> Reading:
    """Return a record's effect; a proof has none, so it is not asked for here."""
    ends = _ends(record)
    if record["kind"] == "rate":
        return Reading(*ends, 0.5, (float(record["share"]),))
    if record["kind"] == "timing":
        return Reading(*ends, 1.0, (1 + float(record["timing"]["margin"]),), log=True)
    margin = float(record["margin"])
    return Reading(*ends, 0.0, (-margin, margin) if record["kind"] == "equivalent" else (margin,))


def _ends(record: Record) -> tuple[float, float, float]:
    """Return the lower end, the median and the upper end of an effect."""
    low, median, high = (float(record["effect"][name]) for name in ("low", "median", "high"))
    if holds_when(record):
        return low, median, high
    return 1 - high, 1 - median, 1 - low  # a record has the share of seeds that gave true


def in_words(record: Record, value: float) -> str:
    """Return an effect of a record's kind as people read it: "+0.69", "×1.8", "94 %"."""
    if record["kind"] == "timing":
        return f"×{figure(value)}"
    return share(value) if record["kind"] == "rate" else signed(value)


def effect(record: Record) -> str:
    """Return a record's effect in few characters, "" where it has none."""
    return in_words(record, _ends(record)[1]) if record.get("effect") else ""


def unit(record: Record) -> str:
    """Return the words after an effect: "of seeds", or the user's unit unchanged."""
    return {"rate": "of seeds", "timing": ""}.get(record["kind"], str(record["unit"]))  # × says it


def margin(record: Record) -> str:
    """Return what an effect must exceed, or stay below for an equivalence: "0.05", "90 %"."""
    if record["kind"] == "timing":
        return percent(record["timing"]["margin"])
    return percent(record["share"]) if record["kind"] == "rate" else figure(record["margin"], 6)


def with_interval(record: Record) -> str:
    """Return an effect with its interval and unit: "+0.69 (+0.61 to +0.75) test accuracy"."""
    return f"{effect(record)} ({_interval(record)}) {unit(record)}".rstrip()


def in_full(record: Record) -> str:
    """Return everything: "+0.69 test accuracy, 95 % interval +0.61 to +0.75; margin 0.05"."""
    found = f"{effect(record)} {unit(record)}".rstrip()
    confidence = percent(record["effect"]["confidence"], 4)
    return f"{found}, {confidence} interval {_interval(record)}; margin {margin(record)}"


def _interval(record: Record) -> str:
    low, _, high = _ends(record)
    return f"{in_words(record, low)} to {in_words(record, high)}"


def quantity(record: Record) -> str:
    """Return what an effect is measured in, as the heading of its axis."""
    named = {"timing": "times as long", "rate": "share of seeds"}
    return named.get(record["kind"]) or record["unit"] or "difference"
