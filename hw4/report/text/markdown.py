"""A ledger as Markdown for a CI job's page: what is wrong first, then all claims, folded away."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hw4.ledger.records import Entry, Ledger, Unmeasured, WithEffect
from hw4.plural import numbered
from hw4.report.reading.difference import Difference
from hw4.report.reading.effect import with_interval
from hw4.report.reading.order import natural
from hw4.report.text import changes, summary
from hw4.report.text.terminal import shortened, visible

LIMIT = 1_048_576  # bytes of a step's summary, above which GitHub shows none of it
COMMENT = 65_536  # characters of a comment, above which GitHub refuses it
_LONG = 400  # characters of one text; the page has the rest
_MARKUP = re.compile(r"[\\`*_{}\[\]|~#$!]|(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE)


class Block(NamedTuple):
    """Lines that are left out if the page has no room for them, and the text around them."""

    before: str
    lines: list[str]
    after: str = ""


def render(ledger: Ledger, found: Difference | None = None, limit: int = LIMIT) -> str:
    """Return the summary of a ledger, and of its difference from an older one.

    Args:
        ledger: what `hw4.ledger.ledger.read` gave.
        found: what `hw4.report.reading.difference` gave.
        limit: the largest size in bytes. If a list has no room, lines are left out at its end, and
            a sentence says how many.
    """
    blocks = [*_wrong(ledger), *(_differences(found) if found else ()), _table(ledger)]
    return fitted(_heading(ledger), blocks, limit)


def fitted(heading: str, blocks: list[Block], limit: int = LIMIT) -> str:
    """Return a page of so many bytes at most: what has no room is left out, which is said."""
    enclosing = "".join(b.before + _left_out(len(b.lines)) + b.after for b in blocks)
    room = limit - len((heading + enclosing).encode())
    if room < 0:  # nothing rather than a page that is not shown at all
        return heading if len(heading.encode()) <= limit else ""
    parts = [heading]
    for block in blocks:
        shown = _fitting(block.lines, room)
        room -= len("".join(shown).encode())
        left = len(block.lines) - len(shown)
        parts += [block.before, *shown, _left_out(left) if left else "", block.after]
    return "".join(parts)


def _fitting(lines: list[str], room: int) -> list[str]:
    """Return as many of the lines as so many bytes hold."""
    for count, line in enumerate(lines):
        room -= len(line.encode())
        if room < 0:
            return lines[:count]
    return lines


def _left_out(count: int) -> str:
    return f"\n{count:,} more are left out: this page has no room for them.\n"


def _heading(ledger: Ledger) -> str:
    claims, errors = ledger.claims, ledger.errors
    expected = claims and not errors and all(record.as_expected for record in claims)
    where = literal(summary.conditions(ledger))
    facts = ["all verdicts are as registered" if expected else "", where]
    told = "; ".join(filter(None, facts))
    said = f"{summary.adds(ledger)} {told[0].upper()}{told[1:]}.".strip()
    return f"## {summary.headline(ledger)}\n\n{said}\n"


def _wrong(ledger: Ledger) -> Iterator[Block]:
    unexpected = [record for record in ledger.claims if not record.as_expected]
    if unexpected:
        title = f"\n### Not as registered: {len(unexpected)} of {len(ledger.claims)}\n\n"
        lines = [
            f"- ✗ {_name(record)}: {literal(summary.sentence(record))}  \n"
            f"  “{literal(record.statement)}”\n"
            for record in unexpected
        ]
        yield Block(title, lines)
    if ledger.errors:
        lines = [f"- ! {_name(each)}: {literal(each.message)}\n" for each in ledger.errors]
        yield Block(f"\n### Not measured: {len(lines)}\n\n", lines)
    lines = [
        f"- ? {_name(record)}: {literal(remark)}\n"
        for record in ledger.claims
        for remark in summary.remarks(record)
    ]
    if lines:
        yield Block(f"\n### To be looked at: {len(lines)}\n\n", lines)


def _differences(found: Difference) -> Iterator[Block]:
    told = f"{changes.headline(found)}. {changes.explanation(found)}"
    yield Block(f"\n### Against the baseline\n\n{literal(told)}\n", [])
    for title, rows, statements in changes.sections(found):
        lines = [
            f"- {_name(record)}: {literal(words)}\n"
            + (f"  “{literal(stated)}”\n" if stated else "")
            for (record, words), stated in zip(rows, statements, strict=True)
        ]
        yield Block(f"\n#### {title}: {len(lines)}\n\n", lines)


def _table(ledger: Ledger) -> Block:
    records = sorted(ledger.records, key=natural)
    number = "All " * (len(records) > 1) + numbered(len(records), "claim")
    title = f"<details>\n<summary>{number}</summary>\n\n"
    head = "| | claim | verdict | median effect (interval) |\n|---|---|---|---|\n"
    return Block(f"\n{title}{head}", [row(_cells(each)) for each in records], "\n</details>\n")


def row(cells: Iterable[str]) -> str:
    """Return a row of a table."""
    return f"| {' | '.join(cells)} |\n"


def _cells(record: Entry) -> tuple[str, str, str, str]:
    if isinstance(record, Unmeasured):
        return "!", _name(record), "not measured", ""
    mark = "·" if record.expect is None else "✓" if record.as_expected else "✗"
    effect = literal(with_interval(record)) if isinstance(record, WithEffect) else ""
    return mark, _name(record), f"{record.verdict}, {summary.shown_by(record)}", effect


def _name(record: Entry) -> str:
    return f"<code>{literal(summary.name(record))}</code>"


def literal(text: str) -> str:
    """Return text on one line that is shown literally: no markup, no link, no HTML.

    Right-to-left letters are isolated, so that they do not reorder the rest.
    """
    shown = html.escape(shortened(visible(text).strip(), _LONG), quote=False)
    escaped = _MARKUP.sub(lambda match: f"\\{match[0]}", shown)
    from_right = any(unicodedata.bidirectional(char) in ("R", "AL") for char in escaped)
    return f"\u2068{escaped}\u2069" if from_right else escaped
