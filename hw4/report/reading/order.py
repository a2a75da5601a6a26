"""The order of claims by name, as people count: 16 after 2, and 1M after 16k."""

from __future__ import annotations

import re

from hw4.ledger.records import Entry

_NUMBER = re.compile(r"([0-9]{1,9}[kMG]?)")
_TIMES = {"k": 10**3, "M": 10**6, "G": 10**9}


def natural(record: Entry) -> tuple[object, ...]:
    """Return the sort key of a record: its id, then its instance."""
    names = [_NUMBER.split(each) for each in (record.id, record.instance)]
    return tuple([(_size(part), part) for part in name] for name in names)


def _size(part: str) -> int:
    if not _NUMBER.fullmatch(part):
        return -1
    return int(part.rstrip("kMG")) * _TIMES.get(part[-1], 1)
