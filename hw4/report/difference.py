"""What differs between two ledgers: verdicts, effects beyond their intervals, claims new and gone.

`difference` finds it; `headline`, `sections` and `explanation` put it in words, which `text`, the
Markdown and the page show.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from hw4.ledger import Record
from hw4.report.summary import sentence, shown_by
from hw4.report.words import effect_of, name_of, shortened, visible

Pair = tuple[Record, Record]
"""A claim's record before and after."""

_ASKED = ("statement", "kind", "margin", "unit", "share", "holds_when")


@dataclass(frozen=True)
class Difference:
    """Two ledgers compared, claim by claim; claims are the same by id and instance.

    A claim may be in several fields: one whose verdict changed has mostly moved as well.

    Attributes:
        created: when each ledger was made.
        claims: how many claims each has, measured or not.
        changed: whose verdict changed.
        unmeasured: measured before, and no longer.
        gone: in the ledger before only.
        unexpected: as registered before, and no longer.
        moved: whose effects' intervals do not overlap. With fresh seeds fewer than one claim in
            two hundred would do so by chance (exact for continuous differences).
        restated: of which something else was asked: statement, kind, margin, unit, share.
        expected: as registered again.
        measured: measured now, and not before.
        new: in the ledger after only.
        runs: what differs between the runs and may explain the rest: (name, before, after).
    """

    created: tuple[str, str]
    claims: tuple[int, int]
    changed: tuple[Pair, ...]
    unmeasured: tuple[Pair, ...]
    gone: tuple[Record, ...]
    unexpected: tuple[Pair, ...]
    moved: tuple[Pair, ...]
    restated: tuple[Pair, ...]
    expected: tuple[Pair, ...]
    measured: tuple[Pair, ...]
    new: tuple[Record, ...]
    runs: tuple[tuple[str, str, str], ...]

    @property
    def grave(self) -> bool:
        """Whether a verdict changed or is gone, or a claim is no longer measured."""
        lost = any("error" not in record for record in self.gone)
        return bool(self.changed or self.unmeasured or lost)


def difference(before: Record, after: Record) -> Difference:
    """Compare two ledgers."""
    old, new = _by_name(before), _by_name(after)
    pairs = [(old[name], record) for name, record in new.items() if name in old]
    both = [pair for pair in pairs if not any("error" in record for record in pair)]

    def of(test: Callable[[Record, Record], bool]) -> tuple[Pair, ...]:
        return tuple(pair for pair in both if test(*pair))

    return Difference(
        created=(before["created"], after["created"]),
        claims=(len(old), len(new)),
        changed=of(lambda a, b: a["verdict"] != b["verdict"]),
        unmeasured=tuple((a, b) for a, b in pairs if "error" in b and "error" not in a),
        gone=tuple(record for name, record in old.items() if name not in new),
        unexpected=of(lambda a, b: a["as_expected"] and not b["as_expected"]),
        moved=of(_apart),
        restated=of(lambda a, b: any(_other(a, b, field) for field in _ASKED)),
        expected=of(lambda a, b: b["as_expected"] and not a["as_expected"]),
        measured=tuple((a, b) for a, b in pairs if "error" in a and "error" not in b),
        new=tuple(record for name, record in new.items() if name not in old),
        runs=tuple(_runs(before, after)),
    )


def _by_name(ledger: Record) -> dict[tuple[str, str], Record]:
    """Return claims and errors; a claim that was decided counts as measured, whatever followed."""
    records = [*ledger["errors"], *ledger["claims"]]
    named = {(record["id"], record["instance"]): record for record in records}
    return dict(sorted(named.items()))


def _apart(before: Record, after: Record) -> bool:
    """Return whether two effects that can be compared have intervals without a common point."""
    a, b = before["effect"], after["effect"]
    if not a or not b or _other(before, after, "kind") or _other(before, after, "unit"):
        return False
    return float(a["high"]) < float(b["low"]) or float(b["high"]) < float(a["low"])


def _other(before: Record, after: Record, field: str) -> bool:
    """Return whether a field differs; one that an older ledger lacks does not."""
    return field in before and field in after and bool(before[field] != after[field])


def _runs(before: Record, after: Record) -> Iterable[tuple[str, str, str]]:
    for name, title in (("profile", "profile"), ("root_seed", "root seed"), ("alpha", "alpha")):
        if before[name] != after[name]:
            yield title, visible(str(before[name])), visible(str(after[name]))
    old, new = before["environment"], after["environment"]
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield visible(name), visible(old.get(name, "none")), visible(new.get(name, "none"))


class Section(NamedTuple):
    """A part of what is shown: a title, and each claim's newest record with a sentence about it."""

    title: str
    rows: tuple[tuple[Record, str], ...]


def sections(found: Difference) -> list[Section]:
    """Return what there is to tell, the gravest first; every claim in its gravest section only."""
    parts: list[tuple[str, Iterable[tuple[Record, str]]]] = [
        ("Verdict changed", ((b, _changed(a, b)) for a, b in found.changed)),
        ("No longer measured", ((b, f"{_was(a)} → {_found(b)}") for a, b in found.unmeasured)),
        ("Gone", ((record, _was(record)) for record in found.gone)),
        ("No longer as registered", ((b, _registered(a, b)) for a, b in found.unexpected)),
        ("Moved beyond its interval", ((b, _moved(a, b)) for a, b in found.moved)),
        ("Asked otherwise", ((b, _asked(a, b)) for a, b in found.restated)),
        ("As registered again", ((b, _registered(a, b)) for a, b in found.expected)),
        ("Measured now", ((b, _found(b)) for _, b in found.measured)),
        ("New", ((record, _found(record)) for record in found.new)),
    ]
    seen: set[str] = set()
    shown = []
    for title, rows in parts:
        fresh = tuple(row for row in rows if name_of(row[0]) not in seen)
        seen |= {name_of(record) for record, _ in fresh}
        shown += [Section(title, fresh)] if fresh else []
    return shown


def headline(found: Difference) -> str:
    """Return the counts of what differs in one sentence."""
    counts = [f"{len(rows)} {title[0].lower()}{title[1:]}" for title, rows in sections(found)]
    before, after = found.claims
    return f"{after} claims against {before}: {', '.join(counts) or 'no difference'}"


def explanation(found: Difference) -> str:
    """Return what differs between the runs in one sentence."""
    if not found.runs:
        return "The runs have the same profile, root seed and versions."
    return f"The runs differ: {'; '.join(f'{name} {a} → {b}' for name, a, b in found.runs)}."


def _found(record: Record) -> str:
    found = f"not measured: {record['message']}" if "error" in record else sentence(record)
    return shortened(visible(found))


def _was(record: Record) -> str:
    return f"was {_found(record)}"


def _changed(before: Record, after: Record) -> str:
    change = f"{before['verdict']}, {shown_by(before)} → {after['verdict']}, {shown_by(after)}"
    return f"{change}; {_registered(before, after)}"


def _registered(before: Record, after: Record) -> str:
    """Return what is registered now, and before where that was something else."""
    if after["expect"] is None:
        return "nothing is registered"
    agreement = "as registered" if after["as_expected"] else f"registered as {after['expect']}"
    if before["expect"] != after["expect"]:
        agreement += f", before as {before['expect'] or 'nothing'}"
    return agreement


def _moved(before: Record, after: Record) -> str:
    return f"{effect_of(before)} → {effect_of(after)}"


def _asked(before: Record, after: Record) -> str:
    changed = [field for field in _ASKED if _other(before, after, field)]
    changes = [f"{field} {_quoted(before[field])} → {_quoted(after[field])}" for field in changed]
    return "; ".join(changes)


def _quoted(value: object) -> str:
    return f"“{shortened(visible(value))}”" if isinstance(value, str) else str(value)


def text(found: Difference, width: int, *, colour: bool = False) -> str:
    """Return the difference as lines of at most `width` columns, ending in a line break."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    for title, rows in sections(found):
        console.print(Text(f"{title} ({len(rows)})", style="bold"))
        for record, words in rows:
            for line, indent in ((name_of(record), 2), (words, 6)):
                console.print(Padding(Text(line, overflow="fold"), (0, 0, 0, indent)))
        console.print()
    console.print(Text(headline(found)))
    console.print(Text(explanation(found)))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
