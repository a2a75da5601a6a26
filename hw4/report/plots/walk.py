"""The walk of the evidence, seed by seed, to the boundary where the test decides."""

from __future__ import annotations

import math

from hw4.ledger.records import BySeeds, Record
from hw4.plural import numbered
from hw4.report.plots import axis, svg, words
from hw4.report.plots.scale import LEADING, Scale, Ticks
from hw4.report.plots.seeds import marks
from hw4.report.reading.events import boundaries, events, holds
from hw4.report.reading.events import walk as log_evidence
from hw4.report.reading.numerals import figure

WIDTH, HEIGHT = 340.0, 246.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 72.0, WIDTH - 4, 44.0, HEIGHT - 54
_SHORTEST = 16  # seeds along x at least, so that quick verdicts look quick


def walk(record: Record, alpha: float) -> str:
    """Return the walk of a claim that seeds decide; "" for any other."""
    if not isinstance(record, BySeeds):
        return ""
    heights, (low, high) = log_evidence(record, alpha), boundaries(record, alpha)
    seeds = len(heights) - 1
    along = Scale(0, max(seeds, _SHORTEST), _LEFT, _RIGHT - 5)
    highest = max(-low, high, *map(abs, heights)) * 1.04
    up = Scale(-highest, highest, _BOTTOM, _TOP)
    points = [(along(n), up(height)) for n, height in enumerate(heights)]
    places = [(x, y, shows) for (x, y), shows in zip(points[1:], events(record), strict=True)]
    body = [
        svg.text(0, 13, "Odds of the claim after every seed", "strong"),
        axis.beside(up, _LEFT, _RIGHT, _odds(low, high, up)),
        _boundary(up(high), holds(record), high, up(high) - 9),
        _boundary(up(low), "refuted", -low, up(min(low, *heights)) + 16),
        svg.path(svg.stairs(points), "zero"),
        marks(places),
        axis.below(along, _BOTTOM + 20, "seeds"),
    ]
    title = f"The walk of the evidence of {words.named(record)}"
    return svg.picture(WIDTH, HEIGHT, title, _description(record, alpha), body)


def _odds(low: float, high: float, up: Scale) -> Ticks:
    """Return rules at 1 : 1, at both boundaries and, if there is room, half-way to them."""
    ticks = [(0.0, "1 : 1")]
    for boundary in (high, low):
        half_way = abs(up(0) - up(boundary / 2))
        for share in (0.5, 1.0) if half_way > LEADING else (1.0,):
            large = _odds_as_text(abs(boundary) * share)
            ticks.append((boundary * share, f"{large} : 1" if boundary > 0 else f"1 : {large}"))
    return ticks


def _odds_as_text(log_odds: float) -> str:
    """Return odds with three digits: "31.6", "10,000", "1e9"."""
    odds = float(f"{math.exp(min(log_odds, 700.0)):.3g}")
    return f"{odds:,.0f}" if 100 <= odds < 1e6 else figure(odds)


def _boundary(y: float, verdict: str, boundary: float, base: float) -> str:
    rule = svg.path(svg.segments([(_LEFT, y, _RIGHT, y)]), "line")
    label = f"{verdict}, wrongly at most once in {_odds_as_text(boundary)}"
    return svg.element("g", rule + svg.text(_LEFT, base, label, "coloured"), class_=verdict)


def _description(record: BySeeds, alpha: float) -> str:
    odds = _odds_as_text(abs(record.log_evidence))
    side = "for" if record.log_evidence >= 0 else "against"
    end = {
        "supported": "it crosses the upper boundary: supported.",
        "confirmed": "it is at the upper boundary after a whole block of seeds: confirmed.",
        "refuted": "it crosses the lower boundary: refuted.",
    }.get(record.verdict, "it stays between the boundaries: inconclusive.")
    low, high = map(abs, boundaries(record, alpha))
    settles = f"{_odds_as_text(low)} to 1 settles it"
    if record.confirm_alpha:
        settles = f"{_odds_as_text(high)} to 1 for it confirms it and {_odds_as_text(low)} to 1 "
        settles += "against it refutes it"
    return (
        f"The evidence rises with each seed that shows the claim ({record.events}) and "
        f"falls with each other seed ({record.seeds - record.events}). After "
        f"{numbered(record.seeds, 'seed')} it is {odds} to 1 {side} the claim, "
        f"where {settles}; {end}"
    )
