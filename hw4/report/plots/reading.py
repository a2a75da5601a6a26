"""What a record's effect is read against: its interval, the value of no effect, and its margin."""

from __future__ import annotations

from dataclasses import dataclass

from hw4.ledger import Record
from hw4.report.plots import words


@dataclass(frozen=True)
class Reading:
    """An effect, and where it would be enough.

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
    effect = record["effect"]
    low, median, high = (float(effect[name]) for name in ("low", "median", "high"))
    margin = float(record["margin"])
    if record["kind"] == "rate":
        return Reading(*_shares(record, low, median, high), 0.5, (float(record["share"]),))
    if record["kind"] == "timing":
        edge = 1 + float(record["timing"]["margin"])
        return Reading(low, median, high, 1.0, (edge,), log=True)
    edges = (-margin, margin) if record["kind"] == "equivalent" else (margin,)
    return Reading(low, median, high, 0.0, edges)


def _shares(record: Record, low: float, median: float, high: float) -> tuple[float, float, float]:
    """Return the share of seeds that show a rate, between the ends of its interval.

    A record has it for the seeds whose boolean was true; of a claim that something hardly ever
    happens, the others show it.
    """
    if record["evidence"].count(True) == record["events"]:
        return low, median, high
    return 1 - high, 1 - median, 1 - low


def in_words(record: Record, value: float) -> str:
    """Return an effect as people read it: "+0.69", "×1.8", "94 %"."""
    if record["kind"] == "timing":
        return f"×{words.figure(value)}"
    if record["kind"] == "rate":
        return f"{100 * value:.0f} %"
    digits = ".1g" if abs(value) < 0.001 else ".3f" if abs(value) < 1 else ".3g"
    return words.signed(f"{value:{digits}}")


def quantity(record: Record) -> str:
    """Return what an effect is measured in."""
    named = {"timing": "times as long", "rate": "share of seeds"}
    return named.get(record["kind"]) or record["unit"] or "difference"
