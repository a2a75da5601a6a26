"""A record's numbers: with their intervals for its article, in short for the table."""

from __future__ import annotations

from collections.abc import Sequence

from hw4.ledger.records import BySeeds, Entry, Rate, Record, Timed, WithEffect
from hw4.plural import numbered
from hw4.report.page.words import source
from hw4.report.reading.answers import span
from hw4.report.reading.effect import in_full, read
from hw4.report.reading.events import error_rates, events, holds, sequential_test, shown
from hw4.report.reading.numerals import percent, share, signed
from hw4.report.reading.sizes import sizes
from hw4.report.text.evidence import seconds_as_text
from hw4.timing.stopwatch import least_margin


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
    return rows + sizes(record, alpha)


def _facts_of_time(record: Timed) -> list[tuple[str, str]]:
    timing = record.timing
    pairs = "; ".join(
        f"first {seconds_as_text(a)}, second {seconds_as_text(b)}" for a, b in timing.seconds
    )
    return [
        ("Ratio of times", in_full(record)),
        ("One call, by process", pairs),
        ("Control", f"{timing.control:.3g} (the second against itself; ideal 1)"),
        *([("Array", numbered(timing.elements, "element"))] if timing.elements else []),
    ]


def rule(record: Record, alpha: float) -> str:
    """Return what decides a record, for `margin.js`; "" of a proof, which has nothing to move.

    The kind, "rare" for a rate of what hardly ever happens. Then of seeds alpha, p0, p1, the
    budget, and for a confirmation its alpha and block, else 0; of time the ratio's interval, the
    control, the processes and the least margin, 0 but for large arrays.
    """
    numbers: tuple[float, ...] = ()
    if isinstance(record, BySeeds):
        test = sequential_test(record, alpha)
        numbers = (test.alpha, test.p0, test.p1, test.budget, test.confirm_alpha or 0, test.block)
    elif isinstance(record, Timed):
        low, _, high = record.effect.ends()
        least = least_margin(record.timing.elements)
        numbers = (low, high, record.timing.control, record.timing.processes, least)
    return " ".join(["rare" if record.rare else record.kind, *map(repr, numbers)]) * bool(numbers)


def moved(record: Record) -> str:
    """Return what `margin.js` counts again: of a rate 1 for each seed that shows it, else 0."""
    if isinstance(record, Rate):
        return " ".join(str(int(each)) for each in events(record))
    return "" if isinstance(record, Timed) else " ".join(map(str, record.evidence))


def value(item: bool | float | str) -> str:
    """Return one seed's evidence as text."""
    return ("yes" if item else "no") if isinstance(item, bool) else signed(item, 4)


def spent(records: Sequence[Entry]) -> str:
    """Return what a claim's instances took together: "67/68" seeds, "96 rounds" or "proof"."""
    counted = [record for record in records if isinstance(record, BySeeds)]
    if counted:
        return f"{sum(r.events for r in counted)}/{sum(r.seeds for r in counted)}"
    timed = [record for record in records if isinstance(record, Timed)]
    if timed:
        return numbered(sum(record.rounds for record in timed), "round")
    return "proof" if any(isinstance(record, Record) for record in records) else ""


def effects(records: Sequence[Entry]) -> tuple[str, str]:
    """Return the range of a claim's effects and their unit; of several units only the first's."""
    found = [record for record in records if isinstance(record, WithEffect)]
    alike = [record for record in found if read(record).unit == read(found[0]).unit]
    return (span(alike), read(alike[0]).unit) if alike else ("", "")


def sought(record: Entry) -> str:
    """Return the words by which an instance is found, beside its name: its claim, source, unit."""
    unit = record.unit if isinstance(record, Record) else ""
    return " ".join(filter(None, (record.statement, *source(record), unit)))


def sort_key(records: Sequence[Entry]) -> str:
    """Return what a table sorts by: seeds, or rounds, and the largest effect in size, or "nan"."""
    effects = [read(record).median for record in records if isinstance(record, WithEffect)]
    largest = max(effects, key=abs, default="nan")
    taken = 0.0
    for record in records:
        if isinstance(record, Record):
            rounds = record.rounds if isinstance(record, Timed) else record.seeds
            taken += rounds + record.events / 1000
    return f"{taken:g} {largest}"
