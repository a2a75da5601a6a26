"""A record's numbers: with their intervals for its article, in short for the table."""

from __future__ import annotations

from hw4.ledger.records import BySeeds, Entry, Rate, Record, Timed, Unmeasured, WithEffect
from hw4.report.reading.effect import in_full, read
from hw4.report.reading.events import error_rates, holds, shown
from hw4.report.reading.numerals import percent, share, signed
from hw4.report.text.evidence import seconds_as_text


def facts(record: Record, alpha: float) -> list[tuple[str, str]]:
    """Return a decided record's numbers as pairs of a term and its value."""
    if isinstance(record, Timed):
        return _facts_of_time(record)
    if not isinstance(record, BySeeds):
        return []
    rows = [] if isinstance(record, Rate) else [("Median effect", in_full(record))]
    low, high = map(share, shown(record))
    found = f"{record.events} of {record.seeds} = {share(record.events / record.seeds)}"
    rows.append(("Seeds that show it", f"{found}, 95 % interval {low} to {high}"))
    wrongly_supported, wrongly_refuted = error_rates(record, alpha)
    at = percent(record.p0), percent(record.share)
    rows += [
        (f"Wrongly {holds(record)}", f"{percent(wrongly_supported, 2)} at a true share of {at[0]}"),
        ("Wrongly refuted", f"{percent(wrongly_refuted, 2)} at a true share of {at[1]}"),
    ]
    return rows


def _facts_of_time(record: Timed) -> list[tuple[str, str]]:
    timing = record.timing
    pairs = "; ".join(
        f"first {seconds_as_text(a)}, second {seconds_as_text(b)}" for a, b in timing.seconds
    )
    return [
        ("Ratio of times", in_full(record)),
        ("One call, by process", pairs),
        ("Control", f"{timing.control:.3g} (the second against itself; ideal 1)"),
        *([("Array", f"{timing.elements:,} elements")] if timing.elements else []),
    ]


def effect_unit(record: Entry) -> str:
    """Return what a table's effect is counted in."""
    return read(record).unit if isinstance(record, WithEffect) else ""


def value(item: bool | float | str) -> str:
    """Return one seed's evidence as text."""
    return ("yes" if item else "no") if isinstance(item, bool) else signed(item, 4)


def sort_key(record: Entry) -> str:
    """Return what a table sorts by: seeds, or rounds, and the effect; "nan" where there is none."""
    effect = read(record).median if isinstance(record, WithEffect) else "nan"
    if isinstance(record, Unmeasured):
        return f"0 {effect}"
    spent = record.rounds if isinstance(record, Timed) else record.seeds
    return f"{spent + record.events / 1000:g} {effect}"
