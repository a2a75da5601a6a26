"""A claim about time: every round's ratio, by process, against 1 and the margin."""

from __future__ import annotations

from hw4.ledger.records import Timed
from hw4.report.plots import axis, svg, words
from hw4.report.plots.scale import Scale, spanning
from hw4.report.reading.effect import in_full, read
from hw4.report.reading.numerals import figure
from hw4.report.text.summary import shown_by

_WIDTH = 340.0
_LEFT, _RIGHT = 70.0, _WIDTH - 14
_TOP, _HIGH = 40.0, 26.0  # where the first process's row begins, and how high it is
_SPREAD = 5  # levels on which a row's dots alternate


def rounds(record: Timed) -> str:
    """Return a row of dots a process, in the order of their rounds from bottom to top."""
    processes, reading = record.timing.processes, read(record)
    ratios, (margin,) = record.numbers(), reading.edges
    ends = reading.low, reading.median, reading.high
    scale = spanning([*ratios, *ends, margin, 1 / margin, 1.0], _LEFT, _RIGHT, log=True, pad=0.04)
    each = max(len(ratios) // processes, 1)
    bottom = _TOP + _HIGH * processes + 22
    heading = svg.text(0, 13, "Ratio of times, first to second, every round", "strong")
    body = [heading, _regions(scale, margin, bottom)]
    for process in range(processes):
        row = ratios[process * each : (process + 1) * each]
        floor = _TOP + _HIGH * (process + 1) - 4
        places = ((scale(r), floor - 4 * (n % _SPREAD)) for n, r in enumerate(row))
        body.append(svg.text(4, floor - 4, f"process {process + 1}", "quiet"))
        body.append(svg.path(svg.dots(places), "round"))
    y = bottom - 11
    low, median, high = (scale(end) for end in ends)
    diamond = svg.line([(median - 4.5, y), (median, y - 4.5), (median + 4.5, y), (median, y + 4.5)])
    body += [
        svg.path(svg.line([(low, y), (high, y)]), "interval") + svg.path(diamond + "z", "solid"),
        svg.text(4, y + 4, "median", "quiet"),
        axis.below(scale, bottom, "times as long"),
    ]
    title = f"Every round of {words.named(record)}"
    return svg.picture(_WIDTH, bottom + 36, title, _description(record), body)


def _regions(scale: Scale, margin: float, bottom: float) -> str:
    """Return where it takes longer, and where neither does."""
    edge, under = scale(margin), scale(1 / margin)
    box = [(edge, _TOP), (_RIGHT, _TOP), (_RIGHT, bottom), (edge, bottom)]
    alike = [(under, _TOP), (edge, _TOP), (edge, bottom), (under, bottom)]
    return (
        svg.path(svg.line(box), "region")
        + svg.path(svg.line(alike), "alike")
        + svg.path(svg.segments([(scale(1), _TOP, scale(1), bottom)]), "zero")
        + svg.path(svg.segments([(edge, _TOP, edge, bottom)]), "margin")
        + svg.text(
            0, 33, f"×{figure(1 / margin)} to ×{figure(margin)}: alike", "equivalent coloured"
        )
        + svg.text(_WIDTH - 4, 33, "above: takes longer", "end supported coloured")
    )


def _description(record: Timed) -> str:
    found = f"{record.verdict.capitalize()}, {shown_by(record)}"
    return f"{found}: ratio {in_full(record)}."
