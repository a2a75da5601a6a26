"""A claim's instances as small multiples: one mark an instance, in lines by their conditions."""

from __future__ import annotations

from collections.abc import Sequence

from hw4.ledger.records import Entry, Record
from hw4.plural import numbered
from hw4.report.reading.answers import conditions
from hw4.report.text import summary


def lines(records: Sequence[Entry]) -> list[list[Entry]]:
    """Return the instances in lines: along a line only one condition changes.

    It is the condition with the most values, so that two parameters make a grid.

    Args:
        records: of one claim, in their natural order, which the lines keep.
    """
    known = [conditions(record) for record in records]
    values = {
        name: len({each.get(name) for each in known})
        for name in dict.fromkeys(name for each in known for name in each)
    }
    along = max(values, key=lambda name: values[name], default="")
    found: dict[object, list[Entry]] = {}
    for record, each in zip(records, known, strict=True):
        rest = frozenset(pair for pair in each.items() if pair[0] != along)
        found.setdefault((along in each, rest), []).append(record)
    return list(found.values())


def count(claims: int, instances: int) -> str:
    """Return how many there are before anything is filtered, as `page.js` says it."""
    return (
        f"{claims} of {numbered(claims, 'claim')}, {instances} of {numbered(instances, 'instance')}"
    )


def verdicts(records: Sequence[Entry]) -> str:
    """Return how many instances have each verdict: "4 supported, 8 refuted"."""
    measured = [record for record in records if isinstance(record, Record)]
    return ", ".join(summary.counted(measured, len(records) - len(measured)))
