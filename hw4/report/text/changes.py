"""The difference between two ledgers in words, for the terminal, the page and a job page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hw4.ledger.records import Entry, Record, Unmeasured, WithEffect
from hw4.plural import numbered
from hw4.report.reading.difference import Difference, apart, key, restated, told
from hw4.report.reading.effect import with_interval
from hw4.report.text.summary import name, sentence, shown_by
from hw4.report.text.terminal import shortened, visible, wrapped
from hw4.statistics.sequential import agree

_LONG = 400  # characters of one text; the ledgers have the rest


class Section(NamedTuple):
    """A section of the text: a title, and each claim's newest record with a sentence about it.

    `statements` are what the claims of the rows state, "" where a ledger does not say, or where the
    sentence has it, because it has changed.
    """

    title: str
    rows: tuple[tuple[Entry, str], ...]
    statements: tuple[str, ...]


def headline(found: Difference) -> str:
    """Return the counts of what differs in one sentence."""
    counts = [
        f"{len(part.rows)} {part.title[0].lower()}{part.title[1:]}" for part in sections(found)
    ]
    counts += [] if counts or not found.not_run else ["no difference"]
    counts += [f"{len(found.not_run)} not run"] if found.not_run else []
    before, after = found.claims
    return f"{numbered(after, 'claim')} against {before}: {', '.join(counts) or 'no difference'}"


def explanation(found: Difference) -> str:
    """Return what differs between the runs in one sentence."""
    if not found.runs:
        return "The runs have the same profile, root seed and versions."
    runs = (f"{_readable(each)} {_shown(a)} → {_shown(b)}" for each, a, b in found.runs)
    return f"The runs differ: {'; '.join(runs)}."


def sections(found: Difference) -> list[Section]:
    """Return the sections, the gravest first; each claim is only in its gravest section."""
    changed = sorted(found.changed, key=lambda pair: _severity(pair[1]))
    parts: list[tuple[str, Iterable[tuple[Entry, str]]]] = [
        ("Changed verdict", ((b, _pair(a, b)) for a, b in changed)),
        ("No longer measured", ((b, f"{_found(b)}; {_was(a)}") for a, b in found.unmeasured)),
        ("Gone", ((record, _was(record)) for record in found.gone)),
        ("No longer as registered", ((b, _pair(a, b)) for a, b in found.unexpected)),
        ("Moved beyond the interval", ((b, _pair(a, b)) for a, b in found.moved)),
        ("As registered again", ((b, _pair(a, b)) for a, b in found.expected)),
        ("Stated otherwise", ((b, _pair(a, b)) for a, b in found.restated)),
        ("Measured now", ((b, f"{_found(b)}; {_was(a)}") for a, b in found.measured)),
        ("New", ((record, _found(record)) for record in found.new)),
    ]
    stated = _statements(found)
    seen: set[tuple[str, str]] = set()
    shown = []
    for title, rows in parts:
        fresh = tuple(row for row in rows if key(row[0]) not in seen)
        names = [key(record) for record, _ in fresh]
        seen.update(names)
        statements = tuple(stated[name] for name in names)
        shown += [Section(title, fresh, statements)] if fresh else []
    return shown


def _severity(record: Record) -> int:
    """Return a changed verdict's rank: what fails a run, what may, and what never does."""
    if record.expect is None:
        return 2
    return int(record.as_expected)


def _statements(found: Difference) -> dict[tuple[str, str], str]:
    """Return what each claim states, but for those whose row says it because it has changed.

    An error may have lost it, and an older record has it then.
    """
    pairs = [*found.changed, *found.unexpected, *found.moved, *found.restated, *found.expected]
    others = [*found.unmeasured, *found.measured]
    records = [record for pair in [*pairs, *others] for record in pair] + [*found.gone, *found.new]
    stated: dict[tuple[str, str], str] = {}
    for record in records:
        stated[key(record)] = record.statement or stated.get(key(record), "")
    told_of = {key(after) for before, after in pairs if "statement" in restated(before, after)}
    return stated | dict.fromkeys(told_of, "")


def _found(record: Entry) -> str:
    if isinstance(record, Unmeasured):
        return _shown(f"not measured: {record.message}")
    return _shown(sentence(record))


def _was(record: Entry) -> str:
    return f"was {_found(record)}"


def _pair(before: Record, after: Record) -> str:
    """Return all that differs between two records of a claim."""
    stated = restated(before, after)
    parts = []
    if not agree(before.verdict, after.verdict):
        parts.append(f"{_verdict(before)} → {_verdict(after)}")
        parts += [] if "expect" in stated else [_registered(after)]
    elif "expect" in stated:
        parts.append(_verdict(after))
    if (
        isinstance(before, WithEffect)
        and isinstance(after, WithEffect)
        and (apart(before, after) or (parts and before.effect != after.effect))
    ):
        parts.append(f"{_shown(with_interval(before))} → {_shown(with_interval(after))}")
    parts += [
        f"{_readable(field)} {_quoted(told(before, field))} → {_quoted(told(after, field))}"
        for field in stated
    ]
    return "; ".join(parts)


def _verdict(record: Record) -> str:
    found = f"{record.verdict}, {shown_by(record)}"
    if record.counterexample:
        found += f" ({_shown(record.counterexample.splitlines()[0])})"
    return found


def _registered(record: Record) -> str:
    if record.expect is None:
        return "nothing is registered"
    return "as registered" if record.as_expected else f"registered as {record.expect}"


def _readable(field: str) -> str:
    return "registered" if field == "expect" else _shown(field.replace("_", " "))


def _quoted(value: object) -> str:
    if value is None:
        return "nothing"
    return f"“{_shown(value)}”" if isinstance(value, str) else str(value)


def _shown(text: str) -> str:
    return shortened(visible(text), _LONG)


def text(found: Difference, width: int, *, colour: bool = False) -> str:
    """Return the difference as lines of at most `width` columns, ending in a line break."""
    bold, plain = ("\x1b[1m", "\x1b[0m") if colour else ("", "")
    lines = []
    for title, rows, statements in sections(found):
        lines.append(f"{bold}{title} ({len(rows)}){plain}")
        for (record, words), statement in zip(rows, statements, strict=True):
            lines += wrapped(shortened(name(record), _LONG), width, "  ")
            lines += wrapped(words, width, "      ")
            lines += wrapped(f"“{_shown(statement)}”", width, "      ") if statement else []
        lines.append("")
    lines += [*wrapped(headline(found), width), *wrapped(explanation(found), width)]
    return "\n".join(lines) + "\n"
