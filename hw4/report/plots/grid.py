"""A map of verdicts over two parameters: colour, symbol and effect in every cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hw4.ledger.records import WithEffect
from hw4.report.plots import svg, words
from hw4.report.plots.anchor import anchor
from hw4.report.plots.style import SYMBOLS, meanings
from hw4.report.reading.effect import effect, read

_WIDTH, _HIGH, _TOP = 340.0, 40.0, 24.0
_NARROWEST = 46.0  # pixels of a cell, for "−0.309"

Axis = tuple[str, Sequence[str]]
"""A parameter and its values."""


def grid(
    cells: Mapping[tuple[str, str], WithEffect], down: Axis, across: Axis, dataset: str
) -> str:
    """Return a map: a record a cell, by (row, column); each cell is a link to its claim."""
    rows, columns = down[1], across[1]
    left = min(max(map(words.width_of, [*rows, down[0]])), 110.0) + 8
    wide = max((_WIDTH - left - 2) / len(columns), _NARROWEST)
    width, bottom = max(_WIDTH, left + wide * len(columns) + 2), _TOP + _HIGH * len(rows)
    first = next(iter(cells.values()))
    heading = ", ".join(filter(None, (dataset, read(first).quantity)))
    body = [svg.text(0, 13, words.fitted(heading, width), "strong")]
    for r, row in enumerate(rows):
        middle = _TOP + _HIGH * (r + 0.5)
        label = words.fitted(row, left - 6)
        body.append(svg.text(left - 6, middle + 4, label, "end"))
        for c, column in enumerate(columns):
            place = left + wide * c, _TOP + _HIGH * r, wide
            body.append(_cell(cells[row, column], *place))
    for c, column in enumerate(columns):
        middle = left + wide * (c + 0.5)
        body.append(svg.text(middle, bottom + 15, words.fitted(column, wide - 4), "middle"))
    body += _titles(cells, down[0], across[0], (left, width, bottom))
    key = f"grid {dataset} {across[0]} {down[0]} {anchor(first)}"
    title = f"Map of {words.shortened(first.id)}: {words.shortened(heading)}"
    description = _description(cells, down[0], across[0])
    return svg.picture(key, width, bottom + 54, title, description, body, role="group")


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


def _titles(
    cells: Mapping[tuple[str, str], WithEffect], down: str, across: str, place: tuple[float, ...]
) -> list[str]:
    """Return the names of the parameters, and what the symbols mean."""
    left, width, bottom = place
    symbols = meanings(record.verdict for record in cells.values())
    return [
        svg.text(left - 6, bottom + 15, words.fitted(down, left - 6), "quiet end"),
        svg.text(
            (left + width) / 2, bottom + 31, words.fitted(across, width - left), "quiet middle"
        ),
        svg.text((left + width) / 2, bottom + 49, symbols, "middle"),
    ]


def _description(cells: Mapping[tuple[str, str], WithEffect], down: str, across: str) -> str:
    said = [
        f"{words.shortened(down)} {words.shortened(row)}, {words.shortened(across)} "
        f"{words.shortened(column)}: {record.verdict}, {effect(record)}"
        for (row, column), record in cells.items()
    ]
    return "; ".join(said) + "."
