"""An effect along a number, with its intervals and the place where it passes the margin."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from hw4.ledger.records import Equivalent, WithEffect
from hw4.report.plots import axis, svg, words
from hw4.report.plots.lines import marker, sample
from hw4.report.plots.scale import GAP, Scale, Ticks, spanning
from hw4.report.reading.effect import Reading, read

_WIDTH, _HIGH = 340.0, 170.0
_TOP, _ROW = 42.0, 17.0
_APART = 5.0  # pixels between two lines' intervals at one level
_WIDE = 7.9  # levels further apart than this, as 2 and 16, are on a log axis

_ABOVE = "passes", "falls below", "is everywhere above", "is nowhere above"
_BETWEEN = " the margin between "  # two levels a line passes it
_WITHIN = "comes within", "leaves", "is everywhere within", "is nowhere within"

Point = tuple[float, Reading]
"""A level and the effect there."""

Edges = Mapping[float, tuple[float, ...]]
"""What must be exceeded at each level, or for an equivalence lain between."""


def trend(
    lines: Mapping[str, Sequence[tuple[float, WithEffect]]], levels: Ticks, name: str = ""
) -> str:
    """Return the effects along a parameter.

    Args:
        lines: the records of each line with their places, by what tells it from the others.
        levels: the places and their texts.
        name: of the parameter; "" where the levels are words, which no line joins.
    """
    points = {
        label: sorted(((place, read(each)) for place, each in records), key=_at)
        for label, records in lines.items()
    }
    first = next(iter(lines.values()))[0][1]
    edges = _edges(point for line in points.values() for point in line)
    up = _up([point for line in points.values() for point in line], edges)
    ticks, bottom = up.ticks_down(), _TOP + _HIGH
    left = axis.room_beside(ticks) + 2
    across = _across([place for place, _ in levels], left + 8, joined=bool(name))
    subject, quantity = first.id, read(first).quantity
    body = [
        svg.text(0, 13, words.fitted(subject, _WIDTH), "strong"),
        svg.text(0, 30, f"{words.fitted(quantity, _WIDTH - 180)} (shaded: beyond the margin)"),
        axis.beside(up, left, _WIDTH - 4, ticks),
        _margin(first, edges, across, up),
        *(
            _line(n, line, edges, _beside(across, n, len(points)), up, joined=bool(name))
            for n, line in enumerate(points.values())
        ),
        axis.below(across, bottom, name.replace("_", " "), _thinned(levels, across)),
    ]
    y, said = bottom + (54 if name else 38), []
    for n, (label, line) in enumerate(points.items(), start=1):
        describe = crossings if name else among
        finding = describe(line, edges, levels, alike=isinstance(first, Equivalent))
        said.append(f"{words.shortened(label) or 'the effect'} {finding}")
        key, y = _key(n, label, finding, y, len(levels) + 1)
        body += key
    title = words.shortened(f"{subject}: {quantity}" + (f" by {name}" if name else ""))
    return svg.picture(_WIDTH, y - 10, title, f"{'; '.join(said)}.", body)


def _key(n: int, label: str, finding: str, y: float, lines: int) -> tuple[list[str], float]:
    """Return the n-th line's name and what it does, and how far down the next is.

    A ring is where it passes the margin; the key says so, since a hollow point is one of a verdict
    elsewhere. A line that is alone needs no name: the picture has it.
    """
    drawn = [svg.element("g", sample(n, 4, y - 4, "line"), class_=f"s{n}")] if label else []
    left, told = 40.0, finding
    if not label:
        left, told = 4.0, finding.removeprefix("is ")
        told = f"{told[0].upper()}{told[1:]}"
    for part in words.wrapped(label, _WIDTH - 42, lines):
        drawn.append(svg.text(left, y, part))
        y += _ROW
    if _BETWEEN in finding:
        ring = svg.path(marker(1, 18, y - 4, 4.5), "ring")
        drawn.append(svg.element("g", ring, class_=f"s{n}"))
        left = 40.0
    for part in words.wrapped(told, _WIDTH - 42, lines):
        drawn.append(svg.text(left, y, part, "quiet"))
        y += _ROW
    return drawn, y + 3


def _beside(across: Scale, n: int, lines: int) -> Scale:
    """Return the scale of the n-th line, moved so that no interval hides another."""
    moved = (n - (lines - 1) / 2) * _APART
    return replace(across, start=across.start + moved, end=across.end + moved)


def crossings(line: Sequence[Point], edges: Edges, levels: Ticks, *, alike: bool = False) -> str:
    """Return where a line passes its margin, in words: "passes the margin between 1k and 16k".

    Where `alike`, the claim is that effects lie within the margin, not above it.
    """
    texts = dict(levels)
    enters, leaves, stays, never = _WITHIN if alike else _ABOVE
    shown = [_is_enough(reading.median, edges[value], alike) for value, reading in line]
    pairs = itertools.pairwise(zip(line, shown, strict=True))
    passed = [
        f"{enters if after else leaves}{_BETWEEN}{texts[low]} and {texts[high]}"
        for ((low, _), before), ((high, _), after) in pairs
        if before != after
    ]
    return ", ".join(passed) or f"{stays if shown[0] else never} the margin"


def among(line: Sequence[Point], edges: Edges, levels: Ticks, *, alike: bool = False) -> str:
    """Return under which of some conditions an effect is enough: "is above the margin for tanh"."""
    texts, (*_, stays, never) = dict(levels), _WITHIN if alike else _ABOVE
    shown = [texts[value] for value, each in line if _is_enough(each.median, edges[value], alike)]
    if shown and len(shown) < len(line):
        return f"{stays.replace('everywhere ', '')} the margin for {', '.join(shown)}"
    return f"{stays if shown else never} the margin"


def _is_enough(effect: float, edges: tuple[float, ...], alike: bool) -> bool:
    return edges[0] < effect < edges[-1] if alike else effect > edges[-1]


def _at(point: Point) -> float:
    return point[0]


def _edges(points: Iterable[Point]) -> Edges:
    """Return the margin at each level: the widest, where its records differ."""
    edges: dict[float, tuple[float, ...]] = {}
    for value, reading in points:
        edges[value] = max(edges.get(value, ()), reading.edges, key=lambda each: each[-1:])
    return dict(sorted(edges.items()))


def _up(points: Sequence[Point], edges: Edges) -> Scale:
    shown = [end for _, each in points for end in (each.low, each.median, each.high, each.none)]
    shown += [edge for each in edges.values() for edge in each]
    return spanning(shown, _TOP + _HIGH - 4, _TOP, log=points[0][1].log)


def _across(values: Sequence[float], left: float, *, joined: bool) -> Scale:
    low, high = min(values), max(values)
    if not joined:  # words have more room in the middle of their columns
        return Scale(low - 0.5, high + 0.5, left, _WIDTH - 4)
    return Scale(low, high, left + 8, _WIDTH - 20, log=low > 0 and high / low > _WIDE)


def _thinned(levels: Ticks, across: Scale) -> Ticks:
    """Return the levels whose texts have room beside the one before."""
    kept: Ticks = []
    free = -math.inf
    for value, text in levels:
        label = words.fitted(text, 80)
        half = (words.width_of(label) + GAP) / 2
        if across(value) - half >= free:
            kept.append((value, label))
            free = across(value) + half
    return kept


def _margin(record: WithEffect, edges: Edges, across: Scale, up: Scale) -> str:
    """Return the margin as a line, no effect as another, and the region in which a claim holds."""
    upper = [(across(value), up(each[-1])) for value, each in edges.items()]
    limits = [upper]
    if isinstance(record, Equivalent):
        limits.append([(across(value), up(each[0])) for value, each in edges.items()])
        region = svg.area(upper, limits[1])
    else:
        top = min(up.start, up.end)
        region = svg.area([(x, top) for x, _ in upper], upper)
    none = up(read(record).none)
    return (
        svg.path(region, "region")
        + svg.path(svg.segments([(across.start, none, across.end, none)]), "zero")
        + svg.path("".join(map(svg.line, limits)), "margin")
    )


def _line(
    n: int, line: Sequence[Point], edges: Edges, across: Scale, up: Scale, *, joined: bool
) -> str:
    """Return a line through the effects, their intervals, markers, and rings at its crossings."""
    places = [(across(value), reading) for value, reading in line]
    middle = [(x, up(each.median)) for x, each in places]
    marks = [
        marker(n + 1, x, y, 3.6)
        if up.holds(each.median)
        else svg.arrow(x, y, "up" if each.median > 0 else "down", 9)
        for (x, y), (_, each) in zip(middle, places, strict=True)
    ]
    margin = [up(edges[value][-1]) for value, _ in line]
    crossed = meetings(middle, margin) if joined else []
    bars = svg.segments((x, up(each.low), x, up(each.high)) for x, each in places)
    return svg.element(
        "g",
        svg.path((svg.line(middle) if joined else "") + bars, "line")
        + svg.path("".join(marks), "mark")
        + svg.path("".join(marker(1, x, y, 4.5) for x, y in crossed), "ring"),
        class_=f"s{n + 1}",
    )


def meetings(line: Sequence[svg.Point], margin: Sequence[float]) -> list[svg.Point]:
    """Return where a drawn line meets the drawn margin, whose heights are at the same places."""
    found = []
    for n, ((x, y), (to_x, to_y)) in enumerate(itertools.pairwise(line)):
        before, after = y - margin[n], to_y - margin[n + 1]
        if (before < 0) != (after < 0):
            share = before / (before - after)
            found.append((x + share * (to_x - x), y + share * (to_y - y)))
    return found
