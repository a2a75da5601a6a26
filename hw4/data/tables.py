"""A CSV file as a data set: a row an example, with a column for its class or its target.

The column `label` or `class` has classes, by name; `target` has numbers to be forecast. All other
columns are numbers. The first row names the columns.
"""

import array
import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hw4.data.arrays import arrays
from hw4.data.dataset import DataError, quote, reading
from hw4.data.finite import FiniteDataset
from hw4.regular import MOST, in_words, read_regular

LARGEST = 2**28  # bytes of a file
CLASSES, TARGET = ("label", "class"), "target"  # names of the column that says what is to be learnt
_NAMED = 8  # columns in a sentence


def read_table(path: Path) -> FiniteDataset:
    """Reads a CSV file in UTF-8, with or without a byte-order mark, whatever its line ends.

    Raises:
        DataError: if it is damaged, has no column of labels or two, or a cell that is no number.
    """
    rows = _rows(path)
    header = [name.strip() for name in next(rows, (0, []))[1]]
    at = _label_column(path, header)
    is_target = header[at].casefold() == TARGET
    features, labels = array.array("f"), list[str]()
    for line, cells in rows:
        if len(cells) != len(header):
            raise DataError(
                f"{quote(path)} has {len(cells)} cells in line {line}: expected {len(header)}, one "
                "a column"
            )
        labels.append(cells[at].strip())
        numbers = (_number(path, line, header[n], c) for n, c in enumerate(cells) if n != at)
        features.extend(numbers)
        if features.itemsize * len(features) > MOST:
            raise DataError(f"{quote(path)} takes more than {in_words(MOST)} in memory")
        if is_target:
            _number(path, line, header[at], labels[-1])
        elif not labels[-1]:
            raise DataError(f"{quote(path)} has no {header[at]} in line {line}: expected a class")
    if not labels:
        raise DataError(f"{quote(path)} has no rows below its columns' names: expected examples")
    x = np.frombuffer(features, np.float32).reshape(len(labels), -1)
    y = np.array(labels, np.float32) if is_target else np.array(labels)
    return arrays(x, y, name=path.resolve().stem)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with the number of the line each ends in."""
    with reading(path, "a CSV file in UTF-8"):
        text = read_regular(path, LARGEST).decode("utf-8-sig")
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        for cells in rows:
            if cells:
                yield rows.line_num, cells


def _label_column(path: Path, header: Sequence[str]) -> int:
    """The place of the column to be learnt, in a header whose names all differ."""
    names = [name.casefold() for name in header]
    for name in header:
        if names.count(name.casefold()) > 1:
            raise DataError(f"{quote(path)} has two columns {name!r}: expected one")
    found = [n for n, name in enumerate(names) if name in (*CLASSES, TARGET)]
    if len(found) != 1:
        listed = ", ".join(map(repr, header[:_NAMED])) + ", …" * (len(header) > _NAMED)
        raise DataError(
            f"{quote(path)} has the columns {listed or 'of no name'}: expected one of 'label', "
            "'class' and 'target', for what is to be learnt"
        )
    if len(header) == 1:
        raise DataError(f"{quote(path)} has only the column {header[0]!r}: expected others beside")
    return found[0]


def _number(path: Path, line: int, column: str, cell: str) -> float:
    try:
        with np.errstate(over="ignore"):
            value = math.nan if "_" in cell else float(np.float32(cell))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        shown = cell if len(cell) <= 40 else f"{cell[:39]}…"
        raise DataError(
            f"{quote(path)} has {shown!r} in line {line}, column {column!r}: "
            "expected a finite number"
        )
    return value
