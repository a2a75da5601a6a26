"""Pictures of a claim's evidence as lines of text: where seeds lie, and how the evidence walks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_COUNT = " ·∙•●"  # none, one, two, three and more values in a column
_LEVELS = "▁▂▃▄▅▆▇█"


class Scale(NamedTuple):
    """The numbers at the two ends of a line."""

    low: float
    high: float

    def column(self, value: float, width: int) -> int:
        """Return in which of so many columns a value within the scale lies."""
        # Halved, for the whole range of floats is more than a float can say.
        span = self.high / 2 - self.low / 2
        share = (value / 2 - self.low / 2) / span if span else 0.0
        return int(share * (width - 1) + 0.5)


def points(values: Sequence[float], scale: Scale, marks: Mapping[float, str], width: int) -> str:
    """Return values on a line, · for one, ∙ • ● for two, three and more, and marks where none is.

    Args:
        values: (n,) finite, within the scale.
        scale: of the line.
        marks: characters by the value where they stand; later ones over earlier ones.
        width: columns.
    """
    counts = [0] * width
    for value in values:
        counts[scale.column(value, width)] += 1
    line = [_COUNT[min(count, len(_COUNT) - 1)] for count in counts]
    for value, mark in marks.items():
        at = scale.column(value, width)
        line[at] = line[at] if counts[at] else mark
    return "".join(line)


def walk(log_evidence: Sequence[float], boundaries: tuple[float, float], width: int) -> str:
    """Return a walk as a line of blocks: ▁ only at the lower boundary, █ only at the upper one.

    Args:
        log_evidence: (n,) natural logarithms of the odds after each seed.
        boundaries: the logarithms at which the test decides, the lower one below 0.
        width: columns; in a longer walk only every second step is drawn, or third, and the last.
    """
    step = math.ceil(len(log_evidence) / max(1, width)) or 1
    drawn = list(log_evidence[::-1][::step])[::-1]
    low, high = boundaries
    return "".join(_level(value / (high if value > 0 else -low)) for value in drawn)


def _level(height: float) -> str:
    """Return the block for a height; heights between −1 and 1 are undecided."""
    if abs(height) >= 1:
        return _LEVELS[-1] if height > 0 else _LEVELS[0]
    between = _LEVELS[1:-1]
    return between[int((height + 1) / 2 * len(between))]
