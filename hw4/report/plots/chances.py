"""The probability of each verdict against the true share of seeds: the exact curves of one test."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from hw4.ledger.records import BySeeds, Record
from hw4.report.plots import axis, svg, words
from hw4.report.plots.anchor import anchor
from hw4.report.plots.scale import Scale
from hw4.report.reading.events import holds, sequential_test, shown
from hw4.report.reading.numerals import percent, share
from hw4.statistics.sequential import SequentialTest
from hw4.statistics.stopping import ends

WIDTH, HEIGHT = 340.0, 226.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, WIDTH - 12, 40.0, HEIGHT - 54
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
    key = f"chances {anchor(record)}"
    return svg.picture(key, WIDTH, HEIGHT, title, _description(record, test), body)


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
    for number, (verdict, values) in enumerate(
        (("refuted", found.refuted), ("inconclusive", found.inconclusive), (upper, found.supported))
    ):
        points = [
            (_ALONG(100 * x), _UP(100 * y)) for x, y in zip(found.shares, values, strict=True)
        ]
        label = svg.text(_LEFT + number * 104, 14, verdict, "coloured strong")
        curve = svg.path(svg.line(points), "line dashed" if number == 1 else "line")
        lines.append(svg.element("g", curve + label, class_=verdict))
    return "".join(lines)


def _description(record: BySeeds, test: SequentialTest) -> str:
    """Return the curves' values at what the verdicts rule out, and what was seen."""
    low, high = map(share, shown(record))
    seen = share(record.events / record.seeds)
    said = _values(test, str(holds(record)))
    return f"By the true share: {said}. Seen: {seen}, 95 % interval {low} to {high}."


@functools.cache
def _values(test: SequentialTest, upper: str) -> str:
    """Return the curves' values at what the verdicts rule out, and half-way between, in words."""
    middle = (test.p0 + test.p1) / 2
    said = []
    for true in (test.p0, middle, test.p1):
        found = test.operating_characteristics(true)
        said.append(
            f"at {percent(true)} it is {upper} in {percent(found.supported, 2)} of runs, "
            f"refuted in {percent(found.refuted, 2)} and inconclusive in "
            f"{percent(found.inconclusive, 2)}"
        )
    return "; ".join(said)
