"""Prints the map of activations/relu-is-fast from a ledger: ratio against size, and crossovers.

python docs/write_regimes.py LEDGER
"""

import itertools
import math
import sys
from pathlib import Path

from hw4.ledger import ledger
from hw4.ledger.records import Ledger, Timed

CLAIM = "activations/relu-is-fast"


def maps(book: Ledger) -> dict[str, list[Timed]]:
    """Return the records of each map, "sigmoid, forward", in order of size."""
    found: dict[str, list[Timed]] = {}
    for record in book.claims:
        if isinstance(record, Timed) and record.id == CLAIM and record.timing.elements:
            activation, measured, _ = record.instance.split("-")
            found.setdefault(f"{activation}, {measured}", []).append(record)
    return {
        name: sorted(records, key=lambda record: record.timing.elements)
        for name, records in found.items()
    }


def crossover(records: list[Timed]) -> float | None:
    """Return the size at which the ratio first passes 1 + the stated margin.

    Between two sizes the logarithm of the ratio is taken to be linear in that of the size.
    """
    points = [
        (math.log(r.timing.elements), math.log(r.effect.median / (1 + r.margin))) for r in records
    ]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if y0 <= 0 < y1:
            return math.exp(x0 + (x1 - x0) * -y0 / (y1 - y0))
    return None


def main() -> None:
    """Print the table in Markdown."""
    found = maps(ledger.read(Path(sys.argv[1])))
    sizes = [f"{r.timing.elements:,}" for r in next(iter(found.values()))]
    print(f"| time over ReLU's | {' | '.join(sizes)} | passes 1.1 at |")
    print("|---" * (len(sizes) + 2) + "|")
    for name, records in found.items():
        cells = [f"{r.effect.median:.2f} ({r.effect.low:.2f}–{r.effect.high:.2f})" for r in records]
        at = crossover(records)
        print(f"| {name} | {' | '.join(cells)} | {f'{at:,.0f}' if at else 'none'} |")


if __name__ == "__main__":
    main()
