"""One claim's evidence as text: what was asked, what was found, and every seed's point."""

from __future__ import annotations

import math

from hw4.ledger import Record
from hw4.report.summary import shown_by
from hw4.statistics.effects import share_interval
from hw4.statistics.sequential import SequentialTest

_WIDTH = 60  # columns of the strip of points
_UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


def drawn(record: Record, alpha: float) -> str:
    """Return a claim's statement, verdict, numbers and seeds, as lines of text."""
    title = f"{record['id']} [{record['instance']}]" if record["instance"] else record["id"]
    if "error" in record:
        return f"{title}\n  not measured: {record['message']}\n  test: {record['test']}"
    lines = [title, f"  “{record['statement']}”"]
    lines += [f"  source: {record['source']}"] if record["source"] else []
    expected = record["expect"] or "nothing; it never gates"
    lines += [f"  {record['verdict']}, {shown_by(record)} (registered: {expected})"]
    if record["kind"] == "exact":
        lines += [f"  {line}" for line in (record["counterexample"] or "").splitlines()]
    elif record["kind"] == "timing":
        lines += _times(record)
    else:
        lines += _numbers(record, alpha) + _strip(record)
    arms = [f"  arm: {arm['arm']}" for arm in record["series"]["arms"]]
    return "\n".join([*lines, *arms, f"  test: {record['test']}"])


def _numbers(record: Record, alpha: float) -> list[str]:
    low, high = share_interval(record["events"], record["seeds"])
    share = record["events"] / record["seeds"]
    lines = [f"  share of seeds {share:.2f}, 95 % interval {low:.2f} to {high:.2f}"]
    effect, unit = record["effect"], record["unit"] and f" {record['unit']}"
    if record["kind"] != "rate":
        lines.append(
            f"  median {_text(effect['median'])}, 95 % interval {_text(effect['low'])} "
            f"to {_text(effect['high'])}{unit}; margin {record['margin']:g}"
        )
    test = SequentialTest(alpha=alpha, p1=record["share"])
    errors = test.operating_characteristics(test.p0), test.operating_characteristics(test.p1)
    lines.append(
        f"  wrongly supported at a share of {test.p0:g}: {errors[0].supported:.1e}; "
        f"wrongly refuted at {test.p1:g}: {errors[1].refuted:.1e}"
    )
    if record["seeds_to_go"]:
        lines.append(f"  about {record['seeds_to_go']} more seeds would probably settle it")
    return lines


def _times(record: Record) -> list[str]:
    effect, timing = record["effect"], record["timing"]
    pairs = ", ".join(
        f"{seconds_as_text(a)} and {seconds_as_text(b)}" for a, b in timing["seconds"]
    )
    lines = [
        f"  ratio {effect['median']:.3g}, {effect['confidence']:.0%} interval "
        f"{effect['low']:.3g} to {effect['high']:.3g}; margin {timing['margin']:.0%}",
        f"  the control took {timing['control']:.3g} times as long as itself",
        f"  a call of the first and of the second, by process: {pairs}",
    ]
    return lines + [f"  not to be trusted: {warning}" for warning in timing["warnings"]]


def seconds_as_text(seconds: float) -> str:
    """Return a time with three digits in the unit that suits it."""
    unit, scale = next((u, s) for u, s in _UNITS if seconds >= s or s == _UNITS[-1][1])
    return f"{seconds / scale:.3g} {unit}"


def _strip(record: Record) -> list[str]:
    """Draw the seeds on a line: · ∙ • for one, few and many, ┊ at zero, ┃ at the margin."""
    if record["kind"] == "rate":
        return ["  seeds: " + "".join("●" if value else "○" for value in record["evidence"])]
    values = [float(value) for value in record["evidence"]]
    finite = [value for value in values if math.isfinite(value)]
    margins = (
        [record["margin"]] if record["kind"] == "win" else [-record["margin"], record["margin"]]
    )
    low, high = min([*finite, *margins, 0.0]), max([*finite, *margins, 0.0])
    span = (high - low) or 1.0

    def column(value: float) -> int:
        return int((value - low) / span * (_WIDTH - 1) + 0.5)

    cells = [0] * _WIDTH
    for value in finite:
        cells[column(value)] += 1
    marks = [" ·∙•●"[min(count, 4)] for count in cells]
    for value, mark in [(0.0, "┊"), *((margin, "┃") for margin in margins)]:
        if not cells[column(value)]:
            marks[column(value)] = mark
    below, above = (sum(value == sign * math.inf for value in values) for sign in (-1, 1))
    diverged = [
        f"  {count} seeds at {sign}∞" for count, sign in ((below, "−"), (above, "+")) if count
    ]
    both = sum(math.isnan(value) for value in values)
    diverged += [f"  {both} seeds on which both arms diverged"] if both else []
    return [f"  {low:+.3g} {''.join(marks)} {high:+.3g}  (┊ zero, ┃ margin)", *diverged]


def _text(value: float | str) -> str:
    return f"{float(value):+.4g}"
