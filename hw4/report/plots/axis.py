"""Axes: a line of ticks below, or rules with their values beside."""

from __future__ import annotations

from hw4.report.plots import svg
from hw4.report.plots.scale import Scale, Ticks
from hw4.report.plots.words import fitted, width_of


def below(scale: Scale, y: float, title: str = "", ticks: Ticks | None = None) -> str:
    """Return an axis along x whose line is at y; it takes 18 pixels, with a title 34."""
    ticks = scale.ticks() if ticks is None else ticks
    left, right = sorted((scale.start, scale.end))
    marks = [(left, y, right, y), *((scale(value), y, scale(value), y + 4) for value, _ in ticks)]
    labels = "".join(svg.text(scale(value), y + 16, label) for value, label in ticks)
    if title:
        labels += svg.text((left + right) / 2, y + 31, fitted(title, right - left))
    return svg.path(svg.segments(marks), "rule") + svg.element("g", labels, class_="quiet middle")


def beside(scale: Scale, left: float, right: float, ticks: Ticks | None = None) -> str:
    """Return rules across a plot from `left` to `right`, their values to the left of it."""
    ticks = scale.ticks_down() if ticks is None else ticks
    rules = svg.segments((left, scale(value), right, scale(value)) for value, _ in ticks)
    labels = "".join(svg.text(left - 5, scale(value) + 4, label) for value, label in ticks)
    return svg.path(rules, "rule") + svg.element("g", labels, class_="quiet end")


def room_beside(ticks: Ticks) -> float:
    """Return how many pixels the values beside a plot take."""
    return max((width_of(label) for _, label in ticks), default=0.0) + 8
