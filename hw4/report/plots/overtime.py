"""Run by run: a mark a verdict, and below it the effect with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from hw4.report.plots import axis, svg, words
from hw4.report.plots.scale import Scale, spanning

_WIDTH, _MARKS, _TALL = 340.0, 16.0, 66.0  # pixels: of all, of the row of marks, of the effects
_LEFT = 46.0  # where runs begin, so that those of most pictures stand below one another
_RIGHT = _WIDTH - 10
_STEP = 22.0  # pixels from run to run at most

LOOKS = {
    "supported": ("supported", "disc", "●"),
    "confirmed": ("confirmed", "target", "◉"),
    "refuted": ("refuted", "ring", "○"),
    "inconclusive": ("inconclusive", "half", "◐"),
    "equivalent": ("equivalent", "bars", "="),
    "not measured": ("error", "diamond", "◇"),
    "slower": ("error", "square", "■"),
    "slower, borderline": ("error", "frame", "□"),
    "faster": ("supported", "disc", "●"),
    "not slower": ("supported", "ring", "○"),
    "no change": ("equivalent", "bars", "="),
    "too noisy": ("inconclusive", "half", "◐"),
}
"""A verdict's colour, its shape and its character, of claims and then of benchmarks."""


def look(verdict: str) -> tuple[str, str, str]:
    """Return a verdict's colour, shape and character; an unknown word has those of an open one."""
    return LOOKS.get(verdict, LOOKS["inconclusive"])


class Mark(NamedTuple):
    """What one run found; `ends` are low, effect and high, None where there is no effect."""

    verdict: str
    ends: tuple[float, float, float] | None


class Axis(NamedTuple):
    """What effects are drawn against: the value of none, the margin's edges, if it is a ratio."""

    none: float
    edges: tuple[float, ...]
    log: bool


def overtime(
    name: str, marks: Sequence[Mark | None], against: Axis | None, dates: tuple[str, str]
) -> str:
    """Return the runs from left to right; a run that has no mark leaves its place free.

    Args:
        name: of what is shown.
        marks: the oldest first.
        against: None where there are no effects.
        dates: of the first and the last run.
    """
    ends = [end for mark in marks if mark and mark.ends for end in mark.ends]
    finite = [end for end in ends if svg.is_finite(end)]
    scale = _scale(finite, against) if against and finite else None
    left = max(axis.room_beside(scale.ticks_down()), _LEFT) if scale else _LEFT
    step = min(_STEP, (_RIGHT - left) / len(marks))
    places = [left + step * (index + 0.5) for index in range(len(marks))]
    size = min(4.5, 0.45 * step)
    body = [_verdicts(marks, places, size)]
    if scale and against:
        body += [_background(scale, against, left, places[-1] + step / 2)]
        body += [_effects(marks, places, scale)]
    bottom = _MARKS + (_TALL if scale else 0)
    first, last = dates
    body.append(svg.text(left, bottom + 13, first, "quiet"))
    end = max(places[-1] + step / 2, left + words.width_of(first + last) + 24)
    body += [svg.text(end, bottom + 13, last, "quiet end")] if len(marks) > 1 else []
    title = f"{words.shortened(name)}, run by run"
    return svg.picture(_WIDTH, bottom + 18, title, told(marks), body)


def told(marks: Sequence[Mark | None]) -> str:
    """Return the verdicts in a sentence: "Runs 1 to 3: supported; run 4: refuted."."""
    found: list[tuple[int, int, str]] = []
    for number, mark in enumerate(marks, 1):
        verdict = mark.verdict if mark else "not run"
        if found and found[-1][2] == verdict:
            found[-1] = (found[-1][0], number, verdict)
        else:
            found.append((number, number, verdict))
    parts = (
        f"run {first}: {verdict}" if first == last else f"runs {first} to {last}: {verdict}"
        for first, last, verdict in found
    )
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _scale(finite: Iterable[float], against: Axis) -> Scale:
    values = [*finite, against.none, *against.edges]
    return spanning(values, _MARKS + _TALL - 6, _MARKS + 10, log=against.log)


def _background(scale: Scale, against: Axis, left: float, right: float) -> str:
    edges = [(left, scale(edge), right, scale(edge)) for edge in against.edges]
    none = scale(against.none)
    return (
        axis.beside(scale, left, right)
        + svg.path(svg.segments([(left, none, right, none)]), "zero")
        + svg.path(svg.segments(edges), "margin")
    )


def _effects(marks: Sequence[Mark | None], places: Sequence[float], scale: Scale) -> str:
    """Return each run's interval and effect, an arrow where this is infinite, by colour."""
    shapes: dict[str, list[str]] = {}
    for mark, x in zip(marks, places, strict=True):
        if mark and mark.ends and not math.isnan(mark.ends[1]):
            low, middle, high = map(scale, mark.ends)
            point = svg.path(svg.dots([(x, middle)]), "point")
            if math.isinf(mark.ends[1]):
                towards = "up" if mark.ends[1] > 0 else "down"
                point = svg.path(svg.arrow(x, middle, towards, 7), "mark")
            shape = svg.path(svg.segments([(x, low, x, high)]), "line") + point
            shapes.setdefault(look(mark.verdict)[0], []).append(shape)
    return "".join(svg.element("g", "".join(each), class_=c) for c, each in shapes.items())


def _verdicts(marks: Sequence[Mark | None], places: Sequence[float], size: float) -> str:
    found: dict[str, list[float]] = {}
    for mark, x in zip(marks, places, strict=True):
        if mark:
            found.setdefault(mark.verdict, []).append(x)
    return "".join(
        svg.element("g", _SHAPES[look(verdict)[1]](xs, _MARKS / 2, size), class_=look(verdict)[0])
        for verdict, xs in found.items()
    )


def _circle(x: float, y: float, r: float) -> str:
    arc = f"a{svg.number(r)} {svg.number(r)} 0 1 0"
    d = svg.number(2 * r)
    return f"M{svg.number(x - r)} {svg.number(y)}{arc} {d} 0{arc} -{d} 0z"


def _half(x: float, y: float, r: float) -> str:
    """Return the left half of a circle."""
    arc = f"a{svg.number(r)} {svg.number(r)} 0 0 0"
    return f"M{svg.number(x)} {svg.number(y - r)}{arc} 0 {svg.number(2 * r)}z"


def _square(x: float, y: float, r: float) -> str:
    r *= 0.88
    return svg.line([(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)]) + "z"


def _diamond(x: float, y: float, r: float) -> str:
    return svg.line([(x - r, y), (x, y - r), (x + r, y), (x, y + r)]) + "z"


def _bars(x: float, y: float, r: float) -> str:
    return svg.segments(
        [(x - r, y - 0.4 * r, x + r, y - 0.4 * r), (x - r, y + 0.4 * r, x + r, y + 0.4 * r)]
    )


Outline = Callable[[float, float, float], str]


def _drawn(*parts: tuple[Outline, float, str]) -> Callable[[Sequence[float], float, float], str]:
    """Return what draws a shape at many places: outlines, each with a share of the size."""

    def shape(xs: Sequence[float], y: float, size: float) -> str:
        return "".join(
            svg.path("".join(outline(x, y, share * size) for x in xs), class_)
            for outline, share, class_ in parts
        )

    return shape


_SHAPES = {
    "disc": _drawn((_circle, 1.0, "mark")),
    "ring": _drawn((_circle, 0.9, "open")),
    "target": _drawn((_circle, 0.9, "open"), (_circle, 0.5, "mark")),
    "half": _drawn((_circle, 0.9, "open"), (_half, 0.9, "mark")),
    "bars": _drawn((_bars, 0.9, "ring")),
    "diamond": _drawn((_diamond, 1.0, "open")),
    "square": _drawn((_square, 1.0, "mark")),
    "frame": _drawn((_square, 0.95, "open")),
}
