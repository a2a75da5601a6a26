"""A record's numbers: with their intervals for its article, in short for the table."""

from __future__ import annotations

import functools
import math
from typing import Any

from hw4.claim import SHARE
from hw4.ledger import Record
from hw4.report.evidence import seconds_as_text
from hw4.report.meaning import times_in
from hw4.statistics.effects import share_interval
from hw4.statistics.sequential import SequentialTest

_share_interval = functools.cache(share_interval)  # a large ledger has few different ones


def facts(record: Record, alpha: float) -> list[tuple[str, str]]:
    """Return a decided record's numbers as pairs of a term and its value."""
    if record["kind"] == "exact":
        return []
    if record["kind"] == "timing":
        return _facts_of_time(record)
    rows = [] if record["kind"] == "rate" else [("Median effect", _effect(record))]
    low, high = _share_interval(record["events"], record["seeds"])
    shares = f"{record['events']} of {record['seeds']} = {record['events'] / record['seeds']:.2f}"
    rows.append(("Seeds that show it", f"{shares} (95 % interval {low:.2f} to {high:.2f})"))
    share = record.get("share") or SHARE
    wrongly_supported, wrongly_refuted = error_rates(alpha, share)
    rows += [
        ("Wrongly supported", f"{_percent(wrongly_supported)}, if one seed in two showed it"),
        ("Wrongly refuted", f"{_percent(wrongly_refuted)}, if seeds showed it {times_in(share)}"),
    ]
    return rows


def _percent(probability: float) -> str:
    return f"{100 * probability:.2g} %"


def _effect(record: Record) -> str:
    effect = record["effect"]
    low, high = signed(effect["low"]), signed(effect["high"])
    unit = record["unit"] and f" {record['unit']}"
    return (
        f"{signed(effect['median'])}{unit} ({100 * float(effect['confidence']):g} % interval "
        f"{low} to {high}); the margin is {record['margin']:g}"
    )


def _facts_of_time(record: Record) -> list[tuple[str, str]]:
    effect, timing = record["effect"], record["timing"]
    pairs = "; ".join(
        f"{seconds_as_text(a)} against {seconds_as_text(b)}" for a, b in timing["seconds"]
    )
    elements = timing.get("elements")
    return [
        (
            "Ratio of times",
            f"{float(effect['median']):.3g} ({100 * float(effect['confidence']):g} % interval "
            f"{float(effect['low']):.3g} to {float(effect['high']):.3g}); "
            f"the margin is {100 * timing['margin']:.3g} %",
        ),
        ("One call, by process", pairs),
        ("Control", f"{timing['control']:.3g} times as long as itself, 1 but for noise"),
        *([("Array", f"{elements:,} elements")] if elements else []),
    ]


def effect(record: Record) -> str:
    """Return a record's effect in the few characters that a table has room for."""
    found = record.get("effect")
    if not found:
        return ""
    if record["kind"] == "rate":
        return f"{100 * float(found['median']):.0f} %"
    if record["kind"] == "timing":
        return f"{float(found['median']):.3g}"
    return signed(found["median"], 3)


def effect_unit(record: Record) -> str:
    """Return what a table's effect is counted in."""
    if not record.get("effect"):
        return ""
    units = {"rate": "of seeds", "timing": "times as long"}
    return units.get(record["kind"], str(record["unit"]))


def signed(value: Any, digits: int = 4) -> str:
    """Return a number, or the text that a ledger has for what is none, with its sign."""
    number = float(value)
    if math.isnan(number):
        return "both diverged"
    text = "∞" if math.isinf(number) else f"{abs(number):.{digits}g}"
    return f"{'−' if number < 0 else '+'}{text}"


def seeds(record: Record) -> str:
    """Return how many seeds, or rounds, a verdict took."""
    if "error" in record:
        return ""
    if record["kind"] == "timing":
        return f"{record['timing']['rounds'] * record['timing']['processes']} rounds"
    return "proof" if record["kind"] == "exact" else f"{record['events']}/{record['seeds']}"


def value(item: bool | float | str) -> str:
    """Return one seed's evidence as text."""
    return ("yes" if item else "no") if isinstance(item, bool) else signed(item)


def sort_key(record: Record) -> str:
    """Return what a table sorts by: seeds, or rounds, and the effect; "nan" where there is none."""
    timing, effect = record.get("timing"), record.get("effect")
    spent = timing["rounds"] * timing["processes"] if timing else record.get("seeds", 0)
    return f"{spent + record.get('events', 0) / 1000:g} {effect['median'] if effect else 'nan'}"


@functools.cache
def error_rates(alpha: float, share: float) -> tuple[float, float]:
    """Return the exact probabilities of wrongly supporting and of wrongly refuting a claim."""
    test = SequentialTest(alpha=alpha, p1=share)
    holds_not, holds = map(test.operating_characteristics, (test.p0, test.p1))
    return holds_not.supported, holds.refuted
