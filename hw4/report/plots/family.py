"""A claim at many settings: what its instances show along their parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hw4.ledger.records import Record, Timed, WithEffect
from hw4.report.plots.grid import grid
from hw4.report.plots.scale import labelled
from hw4.report.plots.trend import trend

_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?)([kMG]?)")
_TIMES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
_LEVELS = 3  # of a number at least, to speak of a trend
_LINES = 6  # in one picture: as many as there are colours that stay apart
_CONDITIONS = 4  # words side by side: more have no room
_MOST = 12  # rows or columns of a map: more have no room for their numbers
DATASET = "dataset"


def family(records: Sequence[Record]) -> str:
    """Return what the records of one claim show together; "" where they have no structure.

    Two parameters beside the data set that form a full grid make a map, one picture a data set. A
    parameter that is a number makes a trend, with one line for each combination of the others.
    Where its author gave the numbers names, their effects stand beside one another.
    """
    return "".join(map(_pictures, _groups(records)))


def _groups(records: Iterable[Record]) -> list[list[WithEffect]]:
    """Return the records that can be compared: of one kind, unit and set of parameters."""
    groups: dict[tuple[object, ...], list[WithEffect]] = {}
    for record in records:
        names = tuple(sorted(record.parameters))
        if names and isinstance(record, WithEffect):
            groups.setdefault((record.kind, record.unit, names), []).append(record)
    return [group for group in groups.values() if _distinct(group)]


def _distinct(group: list[WithEffect]) -> bool:
    return len({tuple(sorted(each.parameters.items())) for each in group}) == len(group)


def _pictures(group: list[WithEffect]) -> str:
    names = [name for name in group[0].parameters if name != DATASET]
    numeric = [name for name in names if _is_numeric(group, name)]
    timing = isinstance(group[0], Timed)
    if len(names) == 2 and _is_grid(group, names) and not (timing and numeric):
        return _maps(group, names)
    if numeric:
        return _trends(group, max(numeric, key=lambda name: len(levels(group, name))))
    if len(names) == len(group[0].parameters) == 1 and _LEVELS <= len(group) <= _CONDITIONS:
        return _conditions(group, names[0])
    return ""


def levels(group: Iterable[WithEffect], name: str) -> list[str]:
    """Return a parameter's values: in ascending order where all are numbers, else as they come."""
    found = list(dict.fromkeys(record.parameters[name] for record in group))
    numbers = [numeric(value) for value in found]
    if None in numbers:
        return found
    return [value for _, value in sorted(zip(numbers, found, strict=True), key=lambda p: p[0] or 0)]


def numeric(text: str) -> float | None:
    """Return the number that a parameter's value says: 16, 0.3, 256k; None for words."""
    found = _NUMBER.fullmatch(text)
    return float(found[1]) * _TIMES[found[2]] if found else None


def _is_numeric(group: list[WithEffect], name: str) -> bool:
    """Return whether a parameter has numbers that its instances are named by.

    "negative", "neutral" and "positive" are conditions to their author, whatever numbers they have.
    """
    values = levels(group, name)
    numbers = {numeric(value) for value in values}
    distinct = len(values) >= _LEVELS and None not in numbers and len(numbers) == len(values)
    return distinct and all(record.parameters[name] in record.instance for record in group)


def spelled(values: Sequence[str]) -> list[str]:
    """Return a parameter's values as an axis writes them: "−100" for "-100.0", "16k" as it is."""
    try:
        return [text for _, text in labelled([float(value) for value in values])]
    except ValueError:
        return list(values)


def _is_grid(group: list[WithEffect], names: Sequence[str]) -> bool:
    """Return whether every data set has a record at every combination, in a readable number."""
    sizes = [len(levels(group, name)) for name in names]
    cells = sizes[0] * sizes[1] * len(_by(group, [DATASET]))
    return min(sizes) >= 2 and max(sizes) <= _MOST and cells == len(group)


def _by(group: Iterable[WithEffect], names: Sequence[str]) -> dict[str, list[WithEffect]]:
    """Return the records by their values of some parameters, in words."""
    found: dict[str, list[WithEffect]] = {}
    for record in group:
        values = (record.parameters.get(name) for name in names)
        found.setdefault(", ".join(value for value in values if value), []).append(record)
    return found


def _maps(group: list[WithEffect], names: list[str]) -> str:
    """Return a map a data set, the parameter of more levels (a number, if one is) along x."""

    def order(name: str) -> tuple[bool, int]:
        return _is_numeric(group, name), len(levels(group, name))

    down, across = sorted(names, key=order)
    rows, columns = levels(group, down), levels(group, across)
    return "".join(
        grid(
            {(each.parameters[down], each.parameters[across]): each for each in records},
            (down, dict(zip(rows, spelled(rows), strict=True))),
            (across, dict(zip(columns, spelled(columns), strict=True))),
            dataset,
        )
        for dataset, records in _by(group, [DATASET]).items()
    )


def _trends(group: list[WithEffect], name: str) -> str:
    others = [other for other in group[0].parameters if other != name]
    values = levels(group, name)
    ticks = [
        (numeric(value) or 0.0, text) for value, text in zip(values, spelled(values), strict=True)
    ]
    lines = [
        (label, [(numeric(each.parameters[name]) or 0.0, each) for each in records])
        for label, records in _by(group, others).items()
    ]
    return "".join(
        trend(dict(lines[start : start + _LINES]), ticks, name)
        for start in range(0, len(lines), _LINES)
    )


def _conditions(group: list[WithEffect], name: str) -> str:
    """Return the effects under conditions that are words: numbers that their author gave names."""
    order = levels(group, name)
    if None in map(numeric, order):
        return ""  # words without an order
    records = sorted(group, key=lambda record: order.index(record.parameters[name]))
    ticks = [(float(n), record.instance) for n, record in enumerate(records)]
    return trend({"": list(enumerate(records))}, ticks)
