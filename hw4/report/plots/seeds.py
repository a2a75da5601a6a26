"""Every seed's point against zero and the margin, with the median and its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hw4.ledger.records import BySeeds, Equivalent, Rate, Record, Timed
from hw4.plural import numbered
from hw4.report.plots import axis, svg, words
from hw4.report.plots.rounds import rounds
from hw4.report.plots.scale import Scale, spanning
from hw4.report.reading.effect import in_full, read
from hw4.report.reading.events import events
from hw4.report.reading.numerals import figure, percent
from hw4.report.text.summary import shown_by

WIDTH = 340.0
_LEFT, _RIGHT = 16.0, WIDTH - 16
_DOT = 7.2  # pixels from one dot's middle to the next
_HIGHEST = 92.0  # pixels that a stack of dots may take
_ROW = 16  # seeds in a row, of a rate
_TOP = 40.0  # of what is drawn below the heading and the words for the region


def seeds(record: Record, alpha: float) -> str:
    """Return every seed's point of a claim; "" where it has none: a proof."""
    match record:
        case Timed():
            return rounds(record)
        case Rate():
            return _rate(record)
        case BySeeds():
            return _differences(record)
    return ""


def stacked(places: Sequence[float], apart: float = _DOT) -> list[int]:
    """Return for each place along x, in ascending order, on which level of the stack it has room.

    The lowest level whose last dot is far enough to the left.
    """
    last: list[float] = []
    levels = []
    for place in places:
        level = next((n for n, x in enumerate(last) if place - x >= apart), len(last))
        last[level : level + 1] = [place]
        levels.append(level)
    return levels


def _differences(record: BySeeds) -> str:
    values, reading = record.numbers(), read(record)
    ends = reading.low, reading.median, reading.high
    scale = spanning([*values, *ends, *reading.edges, 0.0], _LEFT + 8, _RIGHT - 8)
    points = sorted(
        (scale(value), shown)
        for value, shown in zip(values, events(record), strict=True)
        if svg.is_finite(value)
    )
    levels = stacked([x for x, _ in points])
    rise = min(_DOT, _HIGHEST / max([*levels, 1]))
    floor = _TOP + 16 + rise * max([*levels, 0])  # middle of the lowest dots
    places = [(x, floor - rise * n, shown) for (x, shown), n in zip(points, levels, strict=True)]
    bottom = floor + 26
    body = [
        svg.text(0, 13, "Effect of every seed", "strong"),
        _region(record, scale, bottom),
        svg.path(svg.segments([(scale(0), _TOP, scale(0), bottom)]), "zero"),
        svg.path(svg.segments((scale(x), _TOP, scale(x), bottom) for x in reading.edges), "margin"),
        marks(places),
        interval(scale, ends, floor + 15),
        axis.below(scale, bottom, f"effect ({reading.quantity})"),
    ]
    infinite, lines = _infinities(values, floor)
    top = bottom + 34
    body += [infinite, *(svg.text(_LEFT, top + 16 * n + 12, s) for n, s in enumerate(lines))]
    height = top + 16 * len(lines) + 2
    return _picture(record, height, _description(record), body)


def _region(record: BySeeds, scale: Scale, bottom: float) -> str:
    """Return the shaded region in which a seed shows the claim, with the words for it."""
    margin, alike = record.margin, isinstance(record, Equivalent)
    left = scale(-margin) if alike else scale(margin)
    right = scale(margin) if alike else _RIGHT
    corners = [(left, _TOP), (right, _TOP), (right, bottom), (left, bottom)]
    box = svg.path(svg.line(corners), "region")
    bound = f"within ±{figure(margin)}" if alike else f"above {figure(margin)}"
    label = f"shaded: {bound} a seed shows the claim"
    half = words.width_of(label) / 2
    middle = min(max((left + right) / 2, _LEFT + half), _RIGHT - half)
    return box + svg.text(middle, _TOP - 7, label, "middle supported coloured")


def marks(places: Sequence[tuple[float, float, bool]]) -> str:
    """Return seeds at (x, y): filled where they show the claim, hollow where they do not."""
    shown = svg.dots((x, y) for x, y, shows in places if shows)
    unshown = svg.dots((x, y) for x, y, shows in places if not shows)
    hollow = svg.path(unshown, "unshown") + svg.path(unshown, "hole")
    return svg.path(shown, "shown") + hollow


def interval(scale: Scale, ends: Sequence[float], y: float, size: float = 4.5) -> str:
    """Return a line from low to high and a diamond at the median; an arrow where one is cut."""
    low, median, high = ends
    bar = svg.line([(scale(low), y), (scale(high), y)]) if low < high else ""
    heads = svg.arrow(scale.start - 4, y, "left") if low < scale.low else ""
    heads += svg.arrow(scale.end + 4, y, "right") if high > scale.high else ""
    if scale.holds(median):
        x = scale(median)
        heads += svg.line([(x - size, y), (x, y - size), (x + size, y), (x, y + size)]) + "z"
    return svg.path(bar, "interval") + svg.path(heads, "solid")


def _infinities(values: Sequence[float], y: float) -> tuple[str, list[str]]:
    """Return arrows at the edges with counts, and the lines that say what they mean."""
    above, below = values.count(math.inf), values.count(-math.inf)
    huge = sum(not svg.is_finite(value) for value in values)
    both = sum(math.isnan(value) for value in values)
    drawn, lines = "", []
    if above:
        drawn += _edge(WIDTH - 1, y, "right", above)
        lines.append(f"▶ {numbered(above, 'seed')} at +∞: the other arm diverged")
    if below:
        drawn += _edge(1, y, "left", below)
        lines.append(f"◀ {numbered(below, 'seed')} at −∞: the claim's arm diverged")
    if both:
        lines.append(f"{numbered(both, 'seed')} without a point: both arms diverged")
    if huge > above + below + both:
        lines.append(f"{numbered(huge - above - below - both, 'seed')} beyond 1e300")
    return drawn, lines


def _edge(x: float, y: float, towards: str, seeds: int) -> str:
    """Return an arrow out of the picture, and above it how many seeds are there."""
    inside = 7.0 if towards == "left" else -7.0
    number = svg.text(x + inside, y - 9, str(seeds), "middle")
    return svg.path(svg.arrow(x, y, towards, 11), "solid") + number


def _rate(record: Rate) -> str:
    """Return the seeds in their order, and their share against one half and the claim's own."""
    shown, rows = events(record), -(-len(record.evidence) // _ROW)
    step = (_RIGHT - _LEFT) / _ROW
    places = [
        (_LEFT + step * (n % _ROW + 0.5), 28 + 14.0 * (n // _ROW), shows)
        for n, shows in enumerate(shown)
    ]
    bottom = 28 + 14 * rows + 36
    scale = Scale(0, 1, _LEFT + 8, _RIGHT - 8)
    reading = read(record)
    edge = scale(reading.edges[0])
    claimed = f"share of seeds (shaded: at least {percent(record.share)})"
    body = [
        svg.text(
            0, 13, f"{sum(shown)} of {numbered(len(shown), 'seed')} show it, in order", "strong"
        ),
        marks(places),
        svg.path(
            svg.line(
                [(edge, bottom - 30), (_RIGHT, bottom - 30), (_RIGHT, bottom), (edge, bottom)]
            ),
            "region",
        ),
        svg.path(svg.segments([(scale(0.5), bottom - 30, scale(0.5), bottom)]), "zero"),
        svg.path(svg.segments([(edge, bottom - 30, edge, bottom)]), "margin"),
        interval(scale, (reading.low, reading.median, reading.high), bottom - 14),
        axis.below(scale, bottom, claimed, _share_ticks(record.share)),
    ]
    return _picture(record, bottom + 36, _description(record), body)


def _share_ticks(share: float) -> list[tuple[float, str]]:
    """Return the ends, one half and the claim's share, without what has no room beside that."""
    half = [(0.5, "50 %")] if share >= 0.65 else []
    end = [(1.0, "100 %")] if share <= 0.83 else []
    return [(0.0, "0 %"), *half, (share, percent(share)), *end]


def _description(record: BySeeds) -> str:
    effect = in_full(record) if isinstance(record, Rate) else f"median {in_full(record)}"
    found = f"{record.verdict.capitalize()}, {shown_by(record)}"
    return words.shortened(f"{found}: {effect}.")


def _picture(record: BySeeds, height: float, description: str, body: list[str]) -> str:
    title = f"Every seed of {words.named(record)}"
    return svg.picture(WIDTH, height, title, description, body)
