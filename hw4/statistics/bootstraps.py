"""Has a benchmark become slower: rounds of a few sets of processes → ratio, interval, verdict.

The interval is a bootstrap over sets, and over rounds within them (Davison & Hinkley 1997,
Bootstrap Methods and their Application, section 3.8). With three sets it contains at most the three
medians. Then the margin, which the control widens, protects the verdict.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hw4.statistics.checks import check_between
from hw4.statistics.ratios import MARGIN, RatioDecision, checked, verdict

CONFIDENCE = 0.99  # of three sets, the interval then holds all the medians
RESAMPLES = 2000  # the ends of the interval move by less than a hundredth of its width


@dataclass(frozen=True)
class BootstrapTest:
    """Decides whether one tree's benchmark takes longer than the other's.

    The margin m is `margin`, or more where the control shows noise: in logarithms, twice the
    control's median or the far end of its own interval.

    Attributes:
        margin: how much longer is longer, as a fraction.
        confidence: of the interval.
    """

    margin: float = MARGIN
    confidence: float = CONFIDENCE

    def __post_init__(self) -> None:
        """Refuse what is no margin or no confidence."""
        check_between("margin", self.margin, 0, math.inf)
        check_between("confidence", self.confidence, 0, 1)

    def decide(self, log_ratios: ArrayLike, controls: ArrayLike) -> RatioDecision:
        """Return the verdict on paired rounds.

        Args:
            log_ratios: (sets, rounds) logarithms of the first time over the second.
            controls: (sets, rounds) the same of the second over itself.

        Raises:
            ValueError: not two equal shapes (sets, rounds), or a value that is not finite.
        """
        values, control = checked(log_ratios), checked(controls)
        if values.shape != control.shape:
            raise ValueError(f"expected a control a round, got {control.shape} for {values.shape}")
        low, high = map(float, np.exp(self._interval(values)))
        middle = float(np.median(control))
        noise = max(2 * abs(middle), *np.abs(self._interval(control)))
        margin = max(self.margin, math.expm1(noise))
        return RatioDecision(
            verdict(low, high, self.margin, margin),
            math.exp(float(np.median(values))),
            low,
            high,
            margin,
            math.exp(middle),
            self.confidence,
        )

    def _interval(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return both ends of the bootstrap interval of the median log ratio, (2,)."""
        rng = np.random.default_rng(0)  # the same rounds give the same interval
        sets, rounds = values.shape
        chosen = rng.integers(sets, size=(RESAMPLES, sets, 1))
        resampled = values[chosen, rng.integers(rounds, size=(RESAMPLES, sets, rounds))]
        medians = np.median(resampled.reshape(RESAMPLES, -1), axis=1)
        tail = (1 - self.confidence) / 2
        return np.asarray(np.quantile(medians, [tail, 1 - tail]))
