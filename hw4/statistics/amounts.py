"""Does a change need more memory, or more instructions: an amount a process → ratio, interval.

Such amounts hardly depend on what else the machine does, but differ from process to process. The
ratio is the median of all ratios of one tree's process to one of the other's, and its interval lies
between two of these ratios: that of Hodges & Lehmann, which inverts the test of Mann and Whitney
(Hollander & Wolfe 1999, Nonparametric Statistical Methods, section 4.3). It is exact whatever the
distribution, as long as a change multiplies it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hw4.statistics.checks import check_between
from hw4.statistics.ratios import MARGIN, RatioDecision, verdict

ERROR = 0.01  # on either side; five processes against four cannot tell of less than 1 in 126


@dataclass(frozen=True)
class AmountTest:
    """Decides whether one tree's processes need more than the other's.

    Attributes:
        margin: how much more is more, as a fraction.
        least: a smaller amount counts as this one.
    """

    margin: float = MARGIN
    least: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no margin or no amount."""
        check_between("margin", self.margin, 0, math.inf)
        check_between("least", self.least, 0, math.inf)

    def decide(self, now: ArrayLike, before: ArrayLike) -> RatioDecision | None:
        """Return the verdict on the ratio now / before; None for too few processes.

        If nothing has changed, it is wrongly *supported* with a probability of at most
        (1 - confidence) / 2, and far less often unless processes differ by more than the margin.

        Args:
            now: (m,) amounts, one a process.
            before: (n,) the same of the other tree.

        Raises:
            ValueError: amounts that are no numbers from 0.
        """
        ours, theirs = self._checked(now), self._checked(before)
        left_out = left_out_of(ours.size, theirs.size)
        if not left_out:
            return None
        ratios = np.sort(np.divide.outer(ours, theirs).ravel())
        low, high = float(ratios[left_out - 1]), float(ratios[-left_out])
        said = verdict(low, high, self.margin, self.margin)
        confidence = 1 - 2 * error(ours.size, theirs.size)
        ratio = float(np.median(ratios))
        return RatioDecision(said, ratio, low, high, self.margin, 1.0, confidence)

    def _checked(self, amounts: ArrayLike) -> NDArray[np.float64]:
        array = np.asarray(amounts, np.float64)
        if array.ndim != 1 or not (np.isfinite(array) & (array >= 0)).all():
            raise ValueError(f"expected one amount a process, each at least 0, got {amounts!r}")
        return np.maximum(array, self.least)


def left_out_of(ours: int, theirs: int) -> int:
    """Return which ratio, from either end, ends the interval; 0 if there are too few processes."""
    chances = np.cumsum(orders(ours, theirs)) / math.comb(ours + theirs, ours)
    return int(np.searchsorted(chances, ERROR, side="right"))


def error(ours: int, theirs: int) -> float:
    """Return the probability that the interval lies wholly above the true ratio.

    It is as probable that it lies below. For 4 and 5 processes it is 1/126.
    """
    ways = orders(ours, theirs)[: left_out_of(ours, theirs)]
    return sum(ways) / math.comb(ours + theirs, ours)


def orders(ours: int, theirs: int) -> list[int]:
    """Return how many orders of all values have u pairs in which ours is the smaller.

    Returns:
        (ours · theirs + 1,) for u from 0: the coefficients of Gauss's binomial.
    """
    ways = [1] + [0] * (ours * theirs)
    for i in range(1, ours + 1):  # times (1 - q^(theirs + i)) / (1 - q^i)
        for u in range(len(ways) - 1, theirs + i - 1, -1):
            ways[u] -= ways[u - theirs - i]
        for u in range(i, len(ways)):
            ways[u] += ways[u - i]
    return ways
