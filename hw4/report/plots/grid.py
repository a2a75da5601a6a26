"""A map of verdicts over two parameters: colour, symbol and effect in every cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hw4.ledger.records import WithEffect
from hw4.report.plots import svg, words
from hw4.report.plots.anchor import anchor
from hw4.report.plots.style import SYMBOLS, meanings
from hw4.report.reading.effect import effect, read

_WIDTH, _HIGH, _TOP = 340.0, 40.0, 56.0
_ACROSS = "quiet middle"
_NARROWEST = 46.0  # pixels of a cell, for "−0.309"

Axis = tuple[str, Mapping[str, str]]
"""A parameter and its values, each with how it is written."""


def grid(
    cells: Mapping[tuple[str, str], WithEffect], down: Axis, across: Axis, dataset: str
) -> str:
    """Return a map: a record a cell, by (row, column); each cell is a link to its claim."""
    (_, rows), (_, columns) = down, across
    left = min(max(map(words.width_of, [*rows.values(), _named(down)])), 110.0) + 8
    wide = max((_WIDTH - left - 2) / len(columns), _NARROWEST)
    width, bottom = max(_WIDTH, left + wide * len(columns) + 2), _TOP + _HIGH * len(rows)
    first = next(iter(cells.values()))
    subject = first.id
    measured = ", ".join(filter(None, (dataset, read(first).quantity)))
    body = [
        svg.text(0, 13, words.fitted(subject, width), "strong"),
        svg.text(0, 30, words.fitted(measured, width)),
        svg.text(left - 6, _TOP - 7, words.fitted(_named(down), left - 6), "quiet end"),
        svg.text((left + width) / 2, bottom + 31, words.fitted(_named(across), width), _ACROSS),
        svg.text((left + width) / 2, bottom + 49, _meanings(cells.values()), "middle"),
    ]
    for r, row in enumerate(rows):
        middle = _TOP + _HIGH * (r + 0.5)
        body.append(svg.text(left - 6, middle + 4, words.fitted(rows[row], left - 6), "end"))
        for c, column in enumerate(columns):
            body.append(_cell(cells[row, column], left + wide * c, _TOP + _HIGH * r, wide))
    for c, text in enumerate(columns.values()):
        middle = left + wide * (c + 0.5)
        body.append(svg.text(middle, bottom + 15, words.fitted(text, wide - 4), "middle"))
    title = f"{subject}: {measured}, by {_named(down)} and {_named(across)}"
    description = _description(cells, down, across)
    return svg.picture(width, bottom + 54, words.shortened(title), description, body, role="group")


def _named(axis: Axis) -> str:
    return axis[0].replace("_", " ")


def _meanings(records: Iterable[WithEffect]) -> str:
    return meanings(record.verdict for record in records)


def _cell(record: WithEffect, x: float, y: float, wide: float) -> str:
    verdict, middle, found = record.verdict, x + wide / 2, read(record)
    shape = svg.line([(x, y), (x + wide, y), (x + wide, y + _HIGH), (x, y + _HIGH)]) + "z"
    drawn = (
        svg.path(shape, "cell")
        + svg.text(middle, y + 17, SYMBOLS.get(verdict, "?"), "strong coloured")
        + svg.text(middle, y + 32, found.say(_short(found.median)))
    )
    link = svg.element("a", drawn, href=f"#{anchor(record)}")
    return svg.element("g", link, class_=f"middle {verdict}")


def _short(value: float) -> float:
    """Return a number with the digits that a cell has room for: three decimals."""
    return round(value, 3) or float(f"{value:.1g}")


def _description(cells: Mapping[tuple[str, str], WithEffect], down: Axis, across: Axis) -> str:
    said = [
        f"{words.shortened(_named(down))} {words.shortened(down[1][row])}, "
        f"{words.shortened(_named(across))} {words.shortened(across[1][column])}: "
        f"{record.verdict}, {effect(record)}"
        for (row, column), record in cells.items()
    ]
    return "; ".join(said) + "."
