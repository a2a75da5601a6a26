"""All effects against their margins: a row an instance under its claim, a picture a unit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from hw4.ledger.records import Entry, Rate, WithEffect
from hw4.plural import numbered
from hw4.report.plots import axis, svg, words
from hw4.report.plots.anchor import anchor
from hw4.report.plots.scale import Scale, in_percent, spanning
from hw4.report.plots.style import SYMBOLS, meanings
from hw4.report.reading.effect import Reading, effect, read
from hw4.report.reading.numerals import padded

_WIDTH, _TOP = 340.0, 22.0
_HEAD, _ROW = 17.0, 32.0  # pixels of a claim's name, and of an instance below it
_LEFT, _RIGHT = 12.0, _WIDTH - 12
_ROWS = 40  # in one picture: further ones would be far from an axis
_CUT = 0.02  # of the ends at either side may lie beyond the axis, so that the rest can be seen,
_OUTLYING = 2.0  # where all of them together need an axis that many times as long

Row = tuple[WithEffect, Reading, float]
"""A record, its effect, and how far down it is."""


def forest(records: Iterable[Entry]) -> str:
    """Return every effect with its interval, zero and margin; "" where no record has one."""
    units: dict[str, list[WithEffect]] = {}
    for record in records:
        if isinstance(record, WithEffect):
            units.setdefault(read(record).quantity, []).append(record)
    return "".join(_unit(unit, found) for unit, found in units.items())


def _unit(unit: str, records: Sequence[WithEffect]) -> str:
    """Return the pictures of one unit, all with the same axis."""
    scale = _scale([read(record) for record in records])
    many = len(records) > _ROWS
    rows = math.ceil(len(records) / math.ceil(len(records) / _ROWS))  # in parts of equal length
    parts = [records[start : start + rows] for start in range(0, len(records), rows)]
    return "".join(
        _part(unit, part, scale, f" ({n} of {len(parts)})" if many else "")
        for n, part in enumerate(parts, start=1)
    )


def _scale(readings: Sequence[Reading]) -> Scale:
    """Return an axis that shows no effect, all margins, and all intervals but for outliers."""
    ends = sorted(
        end
        for reading in readings
        for end in (reading.low, reading.median, reading.high)
        if svg.is_finite(end)
    )
    cut = int(_CUT * len(ends))
    fixed = [value for reading in readings for value in (reading.none, *reading.edges)]
    whole, most = (
        spanning(shown + fixed, _LEFT, _RIGHT, log=readings[0].log, pad=0.03)
        for shown in (ends, ends[cut : len(ends) - cut])
    )
    hidden = whole(most.high) - whole(most.low) < (_RIGHT - _LEFT) / _OUTLYING
    return most if hidden else whole


def _part(unit: str, records: Sequence[WithEffect], scale: Scale, which: str) -> str:
    heads, rows, bottom = _placed(records)
    met = [str(record.verdict) for record in records]
    title = f"Every effect in “{words.shortened(unit)}”{which}"
    heading = f"Every effect in “{words.cut(unit, _WIDTH - 130 - words.width_of(which))}”"
    ticks = in_percent(scale.ticks()) if isinstance(records[0], Rate) else None
    body = [
        svg.text(0, 13, svg.isolated(heading) + which, "strong"),
        *(svg.text(0, y + 12, words.fitted(name, _WIDTH)) for name, y in heads),
        svg.path(svg.segments(_lines(rows, scale, [rows[0][1].none])), "zero"),
        svg.path(svg.segments(_lines(rows, scale)), "margin"),
        *(_marks(verdict, rows, scale) for verdict in SYMBOLS),
        svg.element("g", "".join(_label(*row) for row in rows), class_="links"),
        svg.element("g", "".join(_value(*row) for row in rows), class_="end"),
        axis.below(scale, bottom, unit, ticks),
        svg.text(_WIDTH / 2, bottom + 51, meanings(met), "middle"),
        svg.text(_WIDTH / 2, bottom + 68, _key(records[0]), "middle quiet"),
    ]
    counts = ", ".join(f"{met.count(v)} {v}" for v in SYMBOLS if v in met)
    description = (
        f"The effects of {numbered(len(records), 'instance')} in {words.shortened(unit)}, each "
        f"with its interval and margin: {counts}. The claims' own articles say each in words."
    )
    return svg.picture(_WIDTH, bottom + 74, title, description, body, role="group")


def _placed(records: Sequence[WithEffect]) -> tuple[list[tuple[str, float]], list[Row], float]:
    """Return claims' names and their instances with how far down they are, and where all end.

    A claim without instances has no name but that of its row.
    """
    heads, rows, y = [], [], _TOP
    for name, kin in itertools.groupby(records, lambda record: record.id):
        alike = list(kin)
        if any(record.instance for record in alike):
            heads.append((name, y))
            y += _HEAD
        for record in alike:
            rows.append((record, read(record), y))
            y += _ROW
    return heads, rows, y + 4


def _key(record: WithEffect) -> str:
    none, margin = ("one half", "claimed") if isinstance(record, Rate) else ("no effect", "margin")
    return f"│ {none} · ┆ {margin} · ─●─ median, interval"


def _lines(
    rows: Sequence[Row], scale: Scale, values: Sequence[float] = ()
) -> Iterable[tuple[float, float, float, float]]:
    """Yield upright lines beside the rows' marks at some values, by default at each one's edges.

    They leave out the words above: those are to be read.
    """
    for _, reading, y in rows:
        for value in values or reading.edges:
            yield scale(value), y + 15, scale(value), y + 29


def _label(record: WithEffect, reading: Reading, y: float) -> str:
    room = _WIDTH - 28 - words.width_of(padded(effect(record)))
    symbol = SYMBOLS.get(record.verdict, "?")
    shown = svg.escaped(words.fitted(record.instance or record.id, room))
    name = f'<tspan class="{record.verdict}">{symbol}</tspan> {shown}'
    return f'<a href="#{anchor(record)}">{svg.element("text", name, y=y + 12)}</a>'


def _value(record: WithEffect, reading: Reading, y: float) -> str:
    return svg.text(_WIDTH - 2, y + 12, padded(effect(record)))


def _marks(verdict: str, rows: Sequence[Row], scale: Scale) -> str:
    """Return the intervals and points of the rows of one verdict; arrows where they are cut."""
    bars, points, arrows = [], [], []
    for record, reading, y in rows:
        if record.verdict == verdict:
            bars.append((scale(reading.low), y + 22, scale(reading.high), y + 22))
            arrows.append(_arrows(reading, scale, y + 22))
            if scale.holds(reading.median):
                points.append((scale(reading.median), y + 22))
    shape = svg.path(svg.segments(bars), "line") + svg.path(svg.dots(points), "point")
    shape += svg.path("".join(arrows), "mark")
    return svg.element("g", shape, class_=verdict) if shape else ""


def _arrows(reading: Reading, scale: Scale, y: float) -> str:
    """Return arrows to what lies beyond the axis, larger ones where the effect itself does."""
    size = 6 if scale.holds(reading.median) else 10
    left = svg.arrow(_LEFT - 8, y, "left", size) if reading.low < scale.low else ""
    right = svg.arrow(_RIGHT + 8, y, "right", size) if reading.high > scale.high else ""
    return left + right
