"""What differs between two ledgers: verdicts, effects beyond their intervals, claims new and gone.

`hw4.report.text.changes` puts it in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from msgspec import UNSET

from hw4.ledger.records import Entry, Ledger, Record, Unmeasured
from hw4.statistics.sequential import ALPHA, agree

Pair = tuple[Record, Record]
"""A claim's record before and after."""

EntryPair = tuple[Entry, Entry]
"""The same, where one may not have been measured."""

_SIZES = ("share", "p0", "alpha", "budget")
_STATED = ("statement", "kind", "margin", "unit", *_SIZES, "holds_when", "expect")


@dataclass(frozen=True)
class Difference:
    """Two ledgers compared, claim by claim; claims are the same by id and instance.

    A claim may be in several fields: one whose verdict changed has mostly moved as well.

    Attributes:
        created: when each ledger was made.
        claims: how many claims each has, measured or not.
        changed: whose verdict changed; supported and confirmed count as the same verdict.
        unmeasured: measured before, and no longer.
        gone: only in the older ledger, though the newer run would have run it.
        not_run: only in the older ledger, as the newer run chose other claims.
        unexpected: as registered before, and no longer.
        moved: whose effects' intervals do not overlap. With fresh seeds fewer than one claim in a
            hundred would do so by chance, if its differences are continuous.
        restated: changed in words, kind, margin, unit, share, sizes or registered verdict.
        expected: as registered again.
        measured: measured now, and not before.
        new: only in the newer ledger.
        runs: what differs between the runs and may explain the rest: (name, before, after).
    """

    created: tuple[str, str]
    claims: tuple[int, int]
    changed: tuple[Pair, ...]
    unmeasured: tuple[EntryPair, ...]
    gone: tuple[Entry, ...]
    not_run: tuple[Entry, ...]
    unexpected: tuple[Pair, ...]
    moved: tuple[Pair, ...]
    restated: tuple[Pair, ...]
    expected: tuple[Pair, ...]
    measured: tuple[EntryPair, ...]
    new: tuple[Entry, ...]
    runs: tuple[tuple[str, str, str], ...]

    @property
    def grave(self) -> bool:
        """Whether a verdict changed or is gone, or a claim is no longer measured."""
        lost = any(record.measured for record in self.gone)
        return bool(self.changed or self.unmeasured or lost)


def difference(before: Ledger, after: Ledger) -> Difference:
    """Compare two ledgers."""
    old, new = _by_name(before), _by_name(after)
    pairs = [(old[name], record) for name, record in new.items() if name in old]
    both = [
        (a, b) for a, b in pairs if not isinstance(a, Unmeasured) and not isinstance(b, Unmeasured)
    ]

    missing = tuple(record for name, record in old.items() if name not in new)
    partial = _is_partial(before, after, len(pairs))

    def of(test: Callable[[Record, Record], bool]) -> tuple[Pair, ...]:
        return tuple(pair for pair in both if test(*pair))

    return Difference(
        created=(before.created, after.created),
        claims=(len(old), len(new)),
        changed=of(lambda a, b: not agree(a.verdict, b.verdict)),
        unmeasured=tuple((a, b) for a, b in pairs if not b.measured and a.measured),
        gone=() if partial else missing,
        not_run=missing if partial else (),
        unexpected=of(lambda a, b: a.as_expected and not b.as_expected),
        moved=of(apart),
        restated=of(lambda a, b: bool(restated(a, b))),
        expected=of(lambda a, b: b.as_expected and not a.as_expected),
        measured=tuple((a, b) for a, b in pairs if not a.measured and b.measured),
        new=tuple(record for name, record in new.items() if name not in old),
        runs=tuple(_runs(before, after)),
    )


def _is_partial(before: Ledger, after: Ledger, common: int) -> bool:
    """Return whether the newer run chose other claims than the older one, `common` to both.

    What an older hw4 has written does not say: then it did if it has less than half of the claims.
    """
    if after.selection is UNSET:
        return 0 < common < len(_by_name(before)) / 2
    return after.selection not in ("", before.selection)


def _by_name(ledger: Ledger) -> dict[tuple[str, str], Entry]:
    """Return claims and errors; a claim that was decided counts as measured, whatever followed."""
    records: list[Entry] = [*ledger.errors, *ledger.claims]
    named = {key(record): record for record in records}
    return dict(sorted(named.items()))


def key(record: Entry) -> tuple[str, str]:
    """Return what tells a claim from all others of its ledger: id and instance."""
    return record.id, record.instance


def apart(before: Record, after: Record) -> bool:
    """Return whether two comparable effects have intervals that do not overlap."""
    a, b = before.effect, after.effect
    if not a or not b or {"kind", "unit", "holds_when"} & set(restated(before, after)):
        return False
    (a_low, _, a_high), (b_low, _, b_high) = a.ends(), b.ends()
    return a_high < b_low or b_high < a_low


def restated(before: Record, after: Record) -> list[str]:
    """Return the fields that changed the claim; one that an older ledger lacks does not count."""
    found = [(field, told(before, field), told(after, field)) for field in _STATED]
    return [field for field, a, b in found if UNSET not in (a, b) and a != b]


def told(record: Record, field: str) -> object:
    """Return what a record states in a field; one without an error rate has the usual one."""
    value: object = getattr(record, field)
    return ALPHA if field == "alpha" and value is UNSET else value


def _runs(before: Ledger, after: Ledger) -> Iterable[tuple[str, str, str]]:
    old, new = _conditions(before), _conditions(after)
    for condition in dict.fromkeys([*old, *new]):
        values = old.get(condition, "none"), new.get(condition, "none")
        if values[0] != values[1]:
            yield condition, *values


def _conditions(ledger: Ledger) -> dict[str, str]:
    """Return what a run's numbers may depend on, by name."""
    settings = {name: str(getattr(ledger, name)) for name in ("profile", "root_seed", "alpha")}
    confirm = {"confirm": "yes" if ledger.confirm else "no"}
    chosen = {"selection": ledger.selection} if ledger.selection else {}
    return settings | confirm | chosen | ledger.environment
