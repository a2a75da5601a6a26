"""The probability of each verdict against the true share of seeds: the exact curves of one test."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from hw4.ledger.records import BySeeds, Record
from hw4.report.plots import axis, svg, words
from hw4.report.plots.scale import Scale
from hw4.report.reading.events import holds, sequential_test, shown
from hw4.report.reading.numerals import percent, share
from hw4.statistics.sequential import SequentialTest
from hw4.statistics.stopping import ends

WIDTH, HEIGHT = 340.0, 244.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, WIDTH - 12, 50.0, HEIGHT - 54
_ALONG = Scale(0, 100, _LEFT, _RIGHT)  # %, of all seeds
_UP = Scale(0, 100, _BOTTOM, _TOP)  # %, of runs
_STEPS = 50  # in which half of the share is drawn
_EDGE = 1e-9  # the curves at shares of 0 and 1, of which there is no logarithm


class Chances(NamedTuple):
    """The probabilities of the verdicts at some true shares, (shares,) each."""

    shares: list[float]
    refuted: list[float]
    inconclusive: list[float]
    supported: list[float]


@functools.cache
def chances(test: SequentialTest) -> Chances:
    """Return the exact probability of each verdict, from the same walk as the error rates."""
    shares = np.linspace(0, 1, 2 * _STEPS + 1)
    every = ends(test, test.budget)
    sides = np.array([every.sides == side for side in (-1, 0, 1)])
    inner = np.clip(shares, _EDGE, 1 - _EDGE)
    found = np.array([sides @ every.chances(float(each)) for each in inner]).T
    return Chances(shares.tolist(), *found.tolist())


def curves(record: Record, alpha: float) -> str:
    """Return the curves of a claim that seeds decide; "" for any other."""
    if not isinstance(record, BySeeds):
        return ""
    test, low_high = sequential_test(record, alpha), shown(record)
    seen = record.events / record.seeds
    low, high = (_ALONG(100 * end) for end in low_high)
    body = [
        svg.element(
            "path",
            class_="band",
            d=svg.area([(low, _TOP), (high, _TOP)], [(low, _BOTTOM), (high, _BOTTOM)]),
        ),
        _fixed(test, str(holds(record))),
        svg.path(svg.segments([(_ALONG(100 * seen), _TOP, _ALONG(100 * seen), _BOTTOM)]), "zero"),
    ]
    title = f"How often each verdict comes, for {words.named(record)}"
    return svg.picture(WIDTH, HEIGHT, title, _description(record, test), body)


@functools.cache
def _fixed(test: SequentialTest, upper: str) -> str:
    """Return what claims of one test share: axes, what the verdicts rule out, and the curves."""
    found = chances(test)
    ruled_out = [(x, _TOP, x, _BOTTOM) for x in (_ALONG(100 * test.p0), _ALONG(100 * test.p1))]
    lines = [
        axis.beside(_UP, _LEFT, _RIGHT, [(tick, f"{tick} %") for tick in (0, 50, 100)]),
        axis.below(_ALONG, _BOTTOM + 20, "true share of seeds that show it, %"),
        svg.path(svg.segments(ruled_out), "margin"),
    ]
    lines.append(svg.text(0, 13, "Share of runs that end in each verdict", "strong"))
    x = 0.0
    for verdict, style, values in (
        ("refuted", "line dashed", found.refuted),
        ("inconclusive", "line dotted", found.inconclusive),
        (upper, "line", found.supported),
    ):
        points = [
            (_ALONG(100 * at), _UP(100 * y)) for at, y in zip(found.shares, values, strict=True)
        ]
        sample = svg.path(svg.segments([(x, 30, x + 22, 30)]), style)
        label = svg.text(x + 27, 34, verdict, "coloured")
        curve = svg.path(svg.line(points), style)
        lines.append(svg.element("g", curve + sample + label, class_=verdict))
        x += 27 + words.width_of(verdict) + 14
    return "".join(lines)


def _description(record: BySeeds, test: SequentialTest) -> str:
    """Return the curves' values at what the verdicts rule out, and what was seen."""
    low, high = map(share, shown(record))
    seen = share(record.events / record.seeds)
    said = _values(test, str(holds(record)))
    seen += f", 95 % interval {low} to {high}"
    return f"Shares of runs by the true share of seeds: {said}. Seen: {seen}."


@functools.cache
def _values(test: SequentialTest, upper: str) -> str:
    """Return the curves' values at what the verdicts rule out, and half-way between, in words."""
    said = []
    for true in (test.p0, (test.p0 + test.p1) / 2, test.p1):
        found = test.operating_characteristics(true)
        said.append(
            f"{percent(true)}: {upper} {percent(found.supported, 2)}, "
            f"refuted {percent(found.refuted, 2)}, inconclusive {percent(found.inconclusive, 2)}"
        )
    return "; ".join(said)
