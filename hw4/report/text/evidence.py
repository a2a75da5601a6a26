"""One claim's evidence as text: what was asked, what was found, and every seed's point."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable

from hw4.ledger.records import BySeeds, Entry, Equivalent, Ledger, Rate, Record, Timed, Unmeasured
from hw4.report.reading.answers import grouped
from hw4.report.reading.docstrings import paragraphs
from hw4.report.reading.effect import in_full
from hw4.report.reading.events import boundaries, error_rates, events, holds
from hw4.report.reading.events import shown as shown_share
from hw4.report.reading.events import walk as log_evidence
from hw4.report.reading.meaning import meaning
from hw4.report.reading.numerals import percent, share, signed
from hw4.report.reading.reasons import Reason, reasons
from hw4.report.reading.sizes import sizes
from hw4.report.text.strips import Scale, points, walk
from hw4.report.text.summary import name, remarks, shown_by
from hw4.report.text.terminal import WIDTH, visible, wrapped
from hw4.statistics.sequential import BLOCK

_TOLD = ("id", "statement", "source", "explanation")  # shown once if instances share them
_LABEL, _LEAST = 13, 8  # columns in front of a picture ("  process 12 "), and at least of it
_MOST_ODDS = 1e12
_FAILURES = 5  # of assertions that are shown; the ledger has all
_UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


def chosen(ledger: Ledger, wanted: str) -> list[Entry]:
    """Return the records with a name: an id, or an id with its instance in brackets."""

    def names(record: Entry) -> set[str]:
        return {record.id, f"{record.id}[{record.instance}]", name(record)}

    return [r for r in ledger.records if wanted in names(r)]


def shown(
    records: Iterable[Entry], alpha: float, width: int = WIDTH, run: Iterable[Entry] = ()
) -> str:
    """Return the evidence of several records; what instances share is shown only for the first.

    `run` are all records of their ledger: what was found of a claim's reasons is among them.
    """
    answers = {answer.id: answer for answer in grouped(run)}
    blocks: list[str] = []
    before: list[str | None] = []
    for record in records:
        told = [getattr(record, field, None) for field in _TOLD]
        why = reasons([record], answers) if record.id in answers else []
        blocks.append(drawn(record, alpha, width, told=told == before, why=why))
        before = told
    return "\n\n".join(blocks)


def drawn(
    record: Entry,
    alpha: float,
    width: int = WIDTH,
    *,
    told: bool = False,
    why: Iterable[Reason] = (),
) -> str:
    """Return a claim's statement, verdict, explanation, seeds and numbers, as lines of text.

    Args:
        record: of the ledger.
        alpha: of the ledger.
        width: columns, which no line exceeds.
        told: whether another instance has shown the statement, source and explanation.
        why: what was found of its reasons.
    """
    lines = wrapped(name(record), width)
    if not told:
        lines += _line(f"“{record.statement}”", width) if record.statement else []
        lines += _line(f"source: {record.source}", width) if record.source else []
    if isinstance(record, Unmeasured):
        lines += _line(f"not measured: {record.message}", width)
    else:
        lines += _verdict(record, alpha, width)
        lines += itertools.chain(*(_line(str(reason), width) for reason in why))
        lines += [] if told else _explanation(record, width)
        lines += _found(record, alpha, width)
        for arm in record.series.arms:
            lines += wrapped(arm.arm, width, "  arm: ")
    return "\n".join(lines + _test(record.test, width))


def _line(text: str, width: int) -> list[str]:
    return wrapped(text, width, "  ", "    ")


def _beside(text: str, width: int, label: str = "") -> list[str]:
    return wrapped(text, width, f"  {label}".ljust(_LABEL))


def _test(test: str, width: int) -> list[str]:
    """Return a node id on one line or two; a reader who copies it joins them again."""
    path, colons, rest = test.partition("::")
    start = "  test: "
    if len(start) + len(test) <= width:
        return wrapped(test, width, start)
    return wrapped(path, width, start) + wrapped(colons + rest, width, " " * len(start))


def _verdict(record: Record, alpha: float, width: int) -> list[str]:
    expected = record.expect or "nothing; it never gates"
    found = f"{record.verdict}, {shown_by(record)}; registered: {expected}"
    lines = _line(found, width) + wrapped(meaning(record, alpha), width, "  ")
    for remark in remarks(record):
        lines += _line(remark, width)
    for case in (record.counterexample or "").splitlines():
        lines += _line(case, width)
    return lines


def _explanation(record: Record, width: int) -> list[str]:
    """Return the paragraphs of the test's docstring, each below an empty line."""
    lines: list[str] = []
    for paragraph in paragraphs(record.explanation):
        lines += ["", *itertools.chain(*(wrapped(line, width, "  ") for line in paragraph))]
    return lines


def _found(record: Record, alpha: float, width: int) -> list[str]:
    if isinstance(record, Timed):
        return ["", *_rounds(record, width), *_times(record, width)]
    if not isinstance(record, BySeeds):
        return []
    picture = _row(record, width) if isinstance(record, Rate) else _strip(record, width)
    found = [*picture, *_walk(record, alpha, width), *_numbers(record, alpha, width)]
    return ["", *found, *_failures(record, width)]


# Seeds


def _row(record: BySeeds, width: int) -> list[str]:
    dots = "".join("●" if event else "○" for event in events(record))
    return _beside(dots, width, "seeds:") + _beside("● shows it, ○ does not", width)


def _strip(record: BySeeds, width: int) -> list[str]:
    """Draw the seeds on a line, and print on which part of it they show the claim."""
    values = record.numbers()
    finite = [value for value in values if math.isfinite(value)]
    margin, both = record.margin, isinstance(record, Equivalent)
    margins = [-margin, margin] if both else [margin]
    scale = Scale(min([*finite, *margins, 0.0]), max([*finite, *margins, 0.0]))
    marks = {0.0: "┊"} | dict.fromkeys(margins, "┃")
    line = _scaled(finite, scale, marks, width, "seeds:", signed)
    where = "between the two ┃" if both else "right of ┃"
    key = f"shown {where}; ┊ is zero; · a seed, ● four or more"
    return [line, *_beside(key, width), *_diverged(values, width)]


def _scaled(
    values: list[float],
    scale: Scale,
    marks: dict[float, str],
    width: int,
    label: str,
    say: Callable[[float], str],
) -> str:
    """Return a line of points between the numbers at its two ends."""
    low, high = say(scale.low), say(scale.high)
    start = f"  {label}".ljust(_LABEL)
    room = max(_LEAST, width - len(f"{start}{low}  {high}"))
    return f"{start}{low} {points(values, scale, marks, room)} {high}"


def _diverged(values: list[float], width: int) -> list[str]:
    counts = {
        "seeds at −∞": values.count(-math.inf),
        "seeds at +∞": values.count(math.inf),
        "seeds on which both arms diverged": sum(map(math.isnan, values)),
    }
    found = [f"{count} {what}" for what, count in counts.items() if count]
    return list(itertools.chain(*(_beside(line, width) for line in found)))


def _walk(record: BySeeds, alpha: float, width: int) -> list[str]:
    """Draw the evidence after each seed, and print where it ended."""
    alpha = record.alpha or alpha
    steps = log_evidence(record, alpha)[1:]
    picture = walk(steps, boundaries(record, alpha), width - _LABEL)
    said = f"{_odds(steps[-1])}; decided at {1 / alpha:,.0f} : 1 (█ supported, ▁ refuted)"
    if confirm_alpha := record.confirm_alpha:
        said = f"{_odds(steps[-1])}; confirmed at {1 / confirm_alpha:,.0f} : 1 after a whole "
        said += f"block of {BLOCK} seeds (█), refuted at {1 / alpha:,.0f} : 1 (▁)"
    return _beside(picture, width, "evidence:") + _beside(said, width)


def _odds(log_evidence: float) -> str:
    """Return odds with three digits, as "12,100 : 1 for it"; large ones are only bounded."""
    odds = float(f"{math.exp(min(abs(log_evidence), math.log(_MOST_ODDS))):.3g}")
    said = f"{odds:,.0f}" if odds >= 100 else f"{odds:g}"
    if odds >= _MOST_ODDS:
        said = f"more than {said}"
    return f"{said} : 1 {'for' if log_evidence > 0 else 'against'} it"


def _numbers(record: BySeeds, alpha: float, width: int) -> list[str]:
    low, high = map(share, shown_share(record))
    found = share(record.events / record.seeds)
    lines = [f"share of seeds {found}, 95 % interval {low} to {high}"]
    if not isinstance(record, Rate):
        lines.append(f"median {in_full(record)}")
    wrongly_supported, wrongly_refuted = error_rates(record, alpha)
    at = percent(record.p0), percent(record.share)
    lines += [
        f"wrongly {holds(record)} at a true share of {at[0]}: {percent(wrongly_supported, 2)}",
        f"wrongly refuted at a true share of {at[1]}: {percent(wrongly_refuted, 2)}",
        *(f"{term[0].lower()}{term[1:]}: {value}" for term, value in sizes(record, alpha)),
    ]
    return list(itertools.chain(*(_line(line, width) for line in lines)))


def _failures(record: BySeeds, width: int) -> list[str]:
    """Return what the first assertions that failed said, each on few lines."""
    lines = []
    for failure in record.failures[:_FAILURES]:
        said = " · ".join(failure.message.split("\n"))
        lines += _line(f"failed on seed {failure.seed}: {visible(said)}", width)
    if more := len(record.failures) - _FAILURES:
        lines += _line(f"and on {more} more", width) if more > 0 else []
    return lines


# Times


def _rounds(record: Timed, width: int) -> list[str]:
    """Draw each process's ratios of times on a separate line, all on one scale."""
    rounds, most = record.timing.rounds, 1 + record.timing.margin
    ratios = record.numbers()
    scale = Scale(min([*ratios, 1 / most]), max([*ratios, most]))
    marks = {1.0: "┊", 1 / most: "┃", most: "┃"}
    lines = [
        _scaled(
            ratios[first : first + rounds],
            scale,
            marks,
            width,
            f"process {number}",
            "{:.3f}".format,
        )
        for number, first in enumerate(range(0, len(ratios), rounds), start=1)
    ]
    key = "ratio of times; ┊ equally long, ┃ margin; · a round, ● four or more"
    return lines + _beside(key, width)


def _times(record: Timed, width: int) -> list[str]:
    timing = record.timing
    pairs = ", ".join(f"{seconds_as_text(a)} and {seconds_as_text(b)}" for a, b in timing.seconds)
    lines = [
        f"ratio {in_full(record)}",
        f"control (the second against itself) {timing.control:.3g}, ideal 1",
        f"a call of the first and of the second, by process: {pairs}",
        *(f"not to be trusted: {warning}" for warning in timing.warnings),
    ]
    return list(itertools.chain(*(_line(line, width) for line in lines)))


def seconds_as_text(seconds: float) -> str:
    """Return a time with three digits in the unit that suits it."""
    unit, scale = next((u, s) for u, s in _UNITS if seconds >= s or s == _UNITS[-1][1])
    return f"{seconds / scale:.3g} {unit}"
