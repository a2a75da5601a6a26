"""Panels of lines with bands over the seeds, for curves by epoch and probes by layer."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from hw4.report.plots import axis, svg
from hw4.report.plots.scale import Scale, Ticks, spanning
from hw4.report.plots.svg import Point
from hw4.report.plots.words import width_of

WIDTH, HEIGHT = 340.0, 208.0
_TOP, _BOTTOM = 26.0, HEIGHT - 38
_MARKERS = 4  # on a line of many points
_BAR = 3  # pixels that the band of a single point reaches to either side
_UNSEEN, _SOFT = 0.3, 0.7  # pixels that a line, and the edge of a band, may be off
_FEW = 8  # points of which all are marked
_EXPLODED = 1e4  # times the usual value: an arm that goes to infinity and would hide all others
_DECADES = 100.0  # a positive quantity that spans more than two of them is drawn on a log axis

_SHAPES = (  # around a point, radius 1: told apart without colour
    "circle",
    ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
    ((0, -1.15), (1.1, 0.85), (-1.1, 0.85)),
    ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    ((0, 1.15), (1.1, -0.85), (-1.1, -0.85)),
    ((-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4), (0.4, 1.1),
     (-0.4, 1.1), (-0.4, 0.4), (-1.1, 0.4), (-1.1, -0.4), (-0.4, -0.4)),
)  # fmt: skip


@dataclass(frozen=True)
class Series:
    """A line: its arm's number from 1, places along x, and quartiles over the seeds, (3, n)."""

    arm: int
    along: Sequence[float]
    quartiles: Sequence[Sequence[float]]
    dashed: bool = False
    banded: bool = True

    def finite(self) -> list[float]:
        """Return all values that can be drawn."""
        rows = self.quartiles if self.banded else [self.quartiles[1]]
        return [value for row in rows for value in row if svg.is_finite(value)]


def marker(arm: int, x: float, y: float, radius: float = 3.4) -> str:
    """Return the shape of an arm's marker."""
    shape = _SHAPES[(arm - 1) % len(_SHAPES)]
    if isinstance(shape, str):
        r = svg.number(radius)  # nearly all of a circle, which `z` closes
        return f"M{svg.number(x)} {svg.number(y - radius)}a{r} {r} 0 1 0 .1 0z"
    return svg.line([(x + radius * dx, y + radius * dy) for dx, dy in shape]) + "z"


def sample(arm: int, x: float, y: float, style: str) -> str:
    """Return a short line as a key shows it, with the arm's marker, or for the arm 0 a dot."""
    if style == "band":
        box = [(x, y - 5), (x + 28, y - 5), (x + 28, y + 5), (x, y + 5)]
        return svg.path(svg.line(box), "band")
    drawn = svg.path(svg.segments([(x, y, x + 28, y)]), style)
    hollow = "dashed" in style  # as its points are, where a line has few
    return drawn + svg.path(marker(arm or 1, x + 14, y), "open" if hollow else "mark")


def panel(
    heading: str,
    description: str,
    series: Sequence[Series],
    along: Scale,
    below: tuple[str, Ticks],
    *,
    log: bool | None = None,
    beside: Sequence[Series] = (),
) -> str:
    """Return a panel of lines, with the values beside it and what is along x below it.

    Args:
        heading: what is measured.
        description: what one sees, in sentences.
        series: the lines.
        along: the scale of x between any two pixels; it is moved beside the values.
        below: the title and the ticks of the axis along x.
        log: whether values are on a logarithmic axis; by default, where it takes one to see them.
        beside: the lines of panels that are to have the same axes.
    """
    values = [value for each in beside or series for value in each.finite()]
    up = _up(values, log)
    ticks = up.ticks_down()
    left = axis.room_beside(ticks) + 2
    title, marks = below
    half = max((width_of(text) / 2 for value, text in marks if value == along.high), default=0.0)
    across = Scale(along.low, along.high, left + 6, WIDTH - max(10, half + 1), along.log)
    lines = [_drawn(each, across, up) for each in series]
    note = _note([value for each in series for value in each.quartiles[1]], up)
    body = [
        svg.text(0, 13, heading, "strong"),
        axis.beside(up, left, WIDTH - 4, ticks),
        *lines,
        svg.text(WIDTH - 4, 13, note, "quiet end") if note else "",
        axis.below(across, _BOTTOM, title, marks),
    ]
    by = title if title.startswith("after") else f"by {title}"
    return svg.picture(WIDTH, HEIGHT, f"{heading} {by}", description, body)


def _note(medians: Sequence[float], up: Scale) -> str:
    """Return what the arrows mean, "" where there are none."""
    gone = [value for value in medians if not up.holds(value)]
    arrows = "".join(
        arrow
        for arrow, leaves in (("▲", [v > up.high for v in gone]), ("▼", [v < up.low for v in gone]))
        if any(leaves)
    )
    if not gone:
        return ""
    return f"{arrows} {'diverged' if not all(map(svg.is_finite, gone)) else 'beyond the axis'}"


def _up(values: Sequence[float], log: bool | None) -> Scale:
    """Return the scale of the values; it goes below zero only if they do.

    If `log` is not given, a logarithmic axis leaves out values that have exploded.
    """
    wide = _is_wide(values) if log is None else log
    if log is None and wide:
        most = _EXPLODED * statistics.median(values) or math.inf
        values = [value for value in values if value <= most]
    scale = spanning(values, _BOTTOM, _TOP, log=wide)
    if wide or scale.low >= 0 or min(values, default=0.0) < 0:
        return scale
    return Scale(0.0, scale.high, _BOTTOM, _TOP)


def _is_wide(values: Sequence[float]) -> bool:
    positive = [value for value in values if value > 0]
    nothing_below = bool(values) and min(values) >= 0
    return nothing_below and bool(positive) and max(positive) / min(positive) > _DECADES


def _drawn(series: Series, across: Scale, up: Scale) -> str:
    """Return a line with its band, markers, and arrows where it leaves the picture."""
    xs = [across(x) for x in series.along]
    pieces, departures = _pieces(xs, series.quartiles[1], up)
    shape = "".join(svg.line(svg.smooth(piece, _UNSEEN)) for piece in pieces)
    points = [point for piece in pieces for point in piece]
    bare = series.dashed and len(points) > _FEW  # the solid line's markers are enough
    marked = [] if bare else _marked(points, series.arm)
    shown = "".join(marker(series.arm, x, y, 3.2) for x, y in marked)
    return svg.element(
        "g",
        svg.path(_band(series, xs, up) if series.banded else "", "band")
        + svg.path(shape, "line dashed" if series.dashed else "line")
        + svg.path(shown, "open" if series.dashed else "mark")
        + svg.path(departures, "mark"),
        class_=f"s{series.arm}",
    )


def _band(series: Series, xs: Sequence[float], up: Scale) -> str:
    """Return the middle half of the seeds where their median is on the scale.

    In whole pixels: bands are soft, and half of all bytes.
    """
    low, middle, high = series.quartiles
    shape = ""
    for shown, run in itertools.groupby(range(len(xs)), lambda n: up.holds(middle[n])):
        if not shown:
            continue
        ends = [(xs[n], up(high[n]), up(low[n])) for n in run]
        if len(ends) == 1:  # of one point, a bar
            ((x, most, least),) = ends
            ends = [(x - _BAR, most, least), (x + _BAR, most, least)]
        edges = ([(x, most) for x, most, _ in ends], [(x, least) for x, _, least in ends])
        shape += svg.area(*(_whole(svg.smooth(edge, _SOFT)) for edge in edges))
    return shape


def _whole(points: Sequence[Point]) -> list[Point]:
    return [(round(x), round(y)) for x, y in points]


def _pieces(
    xs: Sequence[float], values: Sequence[float], up: Scale
) -> tuple[list[list[Point]], str]:
    """Return the runs of points on the scale, and an arrow where each run ends or would begin."""
    pieces: list[list[Point]] = [[]]
    arrows, gone = [], False
    for x, value in zip(xs, values, strict=True):
        if up.holds(value):
            pieces[-1].append((x, up(value)))
            gone = False
            continue
        if not gone:
            arrows.append(_departure(x, value, up))
            pieces.append([])
        gone = True
    return [piece for piece in pieces if piece], "".join(arrows)


def _departure(x: float, value: float, up: Scale) -> str:
    falls = value < up.low
    return svg.arrow(x, up.start if falls else up.end, "down" if falls else "up", 8)


def _marked(points: list[Point], arm: int) -> list[Point]:
    """Return where a line has markers: all of a few points, else some that other arms' miss."""
    if len(points) <= _FEW:
        return points
    last = len(points) - 1
    return [points[round((n + arm / 7) * last / _MARKERS)] for n in range(_MARKERS)]
