"""A record's numbers: with their intervals for its article, in short for the table."""

from __future__ import annotations

from hw4.ledger.ledger import Record
from hw4.report.reading.effect import in_full, read, unit
from hw4.report.reading.events import error_rates, holds, shown
from hw4.report.reading.numerals import percent, share, signed
from hw4.report.text.evidence import seconds_as_text
from hw4.report.text.summary import rounds
from hw4.statistics.sequential import P0


def facts(record: Record, alpha: float) -> list[tuple[str, str]]:
    """Return a decided record's numbers as pairs of a term and its value."""
    if record["kind"] == "exact":
        return []
    if record["kind"] == "timing":
        return _facts_of_time(record)
    rows = [] if record["kind"] == "rate" else [("Median effect", in_full(record))]
    low, high = map(share, shown(record))
    found = f"{record['events']} of {record['seeds']} = {share(record['events'] / record['seeds'])}"
    rows.append(("Seeds that show it", f"{found}, 95 % interval {low} to {high}"))
    wrongly_supported, wrongly_refuted = error_rates(record, alpha)
    at = percent(record.get("p0", P0)), percent(record["share"])
    rows += [
        (f"Wrongly {holds(record)}", f"{percent(wrongly_supported, 2)} at a true share of {at[0]}"),
        ("Wrongly refuted", f"{percent(wrongly_refuted, 2)} at a true share of {at[1]}"),
    ]
    return rows


def _facts_of_time(record: Record) -> list[tuple[str, str]]:
    timing = record["timing"]
    pairs = "; ".join(
        f"first {seconds_as_text(a)}, second {seconds_as_text(b)}" for a, b in timing["seconds"]
    )
    elements = timing.get("elements")
    return [
        ("Ratio of times", in_full(record)),
        ("One call, by process", pairs),
        ("Control", f"{timing['control']:.3g} (the second against itself; ideal 1)"),
        *([("Array", f"{elements:,} elements")] if elements else []),
    ]


def effect_unit(record: Record) -> str:
    """Return what a table's effect is counted in."""
    return unit(record) if record.get("effect") else ""


def value(item: bool | float | str) -> str:
    """Return one seed's evidence as text."""
    return ("yes" if item else "no") if isinstance(item, bool) else signed(item, 4)


def sort_key(record: Record) -> str:
    """Return what a table sorts by: seeds, or rounds, and the effect; "nan" where there is none."""
    spent = rounds(record) if record.get("timing") else record.get("seeds", 0)
    effect = read(record).median if record.get("effect") else "nan"
    return f"{spent + record.get('events', 0) / 1000:g} {effect}"
