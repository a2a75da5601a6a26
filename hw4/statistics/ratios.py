"""How much longer does one callable take than another: paired rounds → ratio, interval, verdict.

A round times both callables, and a control: the same callable once more, whose ratio to itself is 1
but for noise. Rounds come from several processes, for a process keeps its own bias (where its code
and its arrays lie in memory) however many rounds it takes; so the interval is a bootstrap over
processes, and over rounds within them (Davison & Hinkley 1997, Bootstrap Methods and their
Application, section 3.8; Kalibera & Jones 2013, Rigorous benchmarking in reasonable time, ISMM).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hw4.statistics.checks import check_between, check_size
from hw4.statistics.sequential import POWER, Verdict

CONFIDENCE = 0.99  # of three processes, the interval then holds all the medians
MARGIN = 0.1  # a smaller ratio is within what alignment and frequency do between two builds
RESAMPLES = 2000  # the ends of the interval move by less than a hundredth of its width
NOISIEST = 2.0  # margins beyond this many times the stated one say nothing about equivalence
_MEDIAN = math.sqrt(math.pi / 2)  # error of a median over that of a mean, of normal values


@dataclass(frozen=True)
class RatioDecision:
    """A verdict about a ratio of times, and what it rests on.

    Attributes:
        verdict: supported (the first takes longer), refuted (it takes less time), equivalent, or
            inconclusive.
        ratio: median of the rounds' ratios.
        low: lower end of its interval.
        high: upper end of its interval.
        margin: what the interval was held against: the stated one, or more where the control shows
            more noise.
        control: median ratio of the control to itself.
        confidence: of the interval.
    """

    verdict: Verdict
    ratio: float
    low: float
    high: float
    margin: float
    control: float
    confidence: float


@dataclass(frozen=True)
class RatioTest:
    """Decides whether one callable takes longer than another.

    The margin m is `margin`, or more where the control shows noise: in logarithms, twice the
    control's median or the far end of its own interval. Supported where the ratio's whole interval
    lies above 1 + m; equivalent where it lies within [1/(1+m), 1+m]; refuted where it lies below 1,
    and below 1/(1+m) where noise has widened m.

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
            log_ratios: (processes, rounds) logarithms of the first time over the second.
            controls: (processes, rounds) the same of the second over itself.

        Raises:
            ValueError: not two equal shapes (processes, rounds), or a value that is not finite.
        """
        values, control = _checked(log_ratios), _checked(controls)
        if values.shape != control.shape:
            raise ValueError(f"expected a control a round, got {control.shape} for {values.shape}")
        ratio = math.exp(float(np.median(values)))
        low, high = np.exp(self._interval(values))
        middle = float(np.median(control))
        noise = max(2 * abs(middle), *np.abs(self._interval(control)))
        margin = max(self.margin, math.expm1(noise))
        verdict = self._verdict(low, high, margin)
        return RatioDecision(
            verdict, ratio, float(low), float(high), margin, math.exp(middle), self.confidence
        )

    def _verdict(self, low: float, high: float, margin: float) -> Verdict:
        alike = 1 + min(margin, NOISIEST * self.margin)  # noise makes nothing equivalent
        if low > 1 + margin:
            return Verdict.SUPPORTED
        if 1 / alike < low and high < alike:
            return Verdict.EQUIVALENT
        if high < 1 and (high < 1 / (1 + margin) or margin == self.margin):
            return Verdict.REFUTED
        return Verdict.INCONCLUSIVE

    def _interval(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return both ends of the bootstrap interval of the median log ratio, (2,)."""
        rng = np.random.default_rng(0)  # the same rounds give the same interval
        processes, rounds = values.shape
        chosen = rng.integers(processes, size=(RESAMPLES, processes, 1))
        resampled = values[chosen, rng.integers(rounds, size=(RESAMPLES, processes, rounds))]
        medians = np.median(resampled.reshape(RESAMPLES, -1), axis=1)
        tail = (1 - self.confidence) / 2
        return np.asarray(np.quantile(medians, [tail, 1 - tail]))

    def detectable_ratio(self, spread: float, rounds: int) -> float:
        """Return the smallest ratio that so many rounds would probably show to be longer.

        That is, with power 0.9, for normal log ratios without differences between processes: the
        error of a median of n is √(π/2n) times the spread (David & Nagaraja 2003, section 8.5).
        The interval is up to √2 times as wide as that, as differences between processes would be
        resampled once more: so wide it is assumed to be.

        Args:
            spread: standard deviation of a round's log ratio.
            rounds: in all processes together.

        Raises:
            ValueError: a spread that is not positive, or no rounds.
        """
        check_between("spread", spread, 0, math.inf)
        check_size("rounds", rounds)
        return (1 + self.margin) * math.exp(self._errors() * _MEDIAN * spread / math.sqrt(rounds))

    def rounds_needed(self, ratio: float, spread: float) -> int | None:
        """Return how many rounds would probably show a ratio to be longer; None if none would.

        Raises:
            ValueError: a ratio or a spread that is not positive.
        """
        check_between("ratio", ratio, 0, math.inf)
        check_between("spread", spread, 0, math.inf)
        beyond = math.log(ratio / (1 + self.margin))
        if beyond <= 0:
            return None
        needed = (self._errors() * _MEDIAN * spread / beyond) ** 2
        return max(1, math.ceil(needed * (1 - 1e-12)))  # the inverse, but for its rounding

    def _errors(self) -> float:
        """Return how many standard errors lie between the margin and what is detected."""
        from scipy import stats

        half_width = math.sqrt(2) * stats.norm.ppf((1 + self.confidence) / 2)
        return float(half_width + stats.norm.ppf(POWER))


def _checked(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, np.float64)
    if array.ndim != 2 or array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"expected finite log ratios (processes, rounds), got {array.shape}")
    return array
