"""How much longer does one callable take than another? Paired rounds → ratio, interval, verdict.

A process keeps its own bias (where its code and its arrays lie in memory) however many rounds it
takes. So each process gives one number, the median of its rounds' log ratios, and the interval is
Student's over these medians (Kalibera & Jones 2013, Rigorous benchmarking in reasonable time,
ISMM, for processes as the unit; Student 1908, Biometrika 6, 1-25).

Processes are added in pairs until the interval decides. Every further look adds to the error, so
the interval is wider while more processes may follow (Pocock 1977, Biometrika 64, 191-199, on
looks; O'Brien & Fleming 1979, Biometrics 35, 549-556, on saving error for the last).
`tests/quality/test_ratio_error_rates.py` counts the errors of the whole procedure.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hw4.statistics.checks import check_between, check_size
from hw4.statistics.effects import median_interval
from hw4.statistics.sequential import POWER, Verdict

PAIR = 2  # processes at a time: one is the other's control
FEWEST = 4  # processes; Student's interval for two is 300 times as wide as their difference
ENOUGH = 6  # processes; fewer may share one bias, and decide only what is far from the margin
FAR = 0.1  # by which the interval of fewer processes must clear the margin
MOST = 24  # processes, if an open verdict would fail the run; more than eight are rare
CONFIDENCE = 0.99  # of the interval at the last look
EARLY = 0.998  # at earlier looks: ten at 0.99 would be wrong several times as often as one
MARGIN = 0.1  # alignment and frequency change less than this ratio between two builds
NOISIEST = 2.0  # times the stated margin; a wider one says nothing about equivalence


@dataclass(frozen=True)
class RatioDecision:
    """A verdict about a ratio of times, and its evidence.

    Attributes:
        verdict: supported (the first takes longer), refuted (it takes less time), equivalent, or
            inconclusive.
        ratio: of the first time to the second.
        low: lower end of its interval.
        high: upper end of its interval.
        margin: what the interval was compared with: the stated one, or more if the control shows
            more noise.
        control: ratio of the control to itself.
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

    The ratio is the mean over processes of the median log ratio of each. Its interval is Student's:
    mean ± t·sd/√P. After the last process it is the median of all, with its distribution-free
    interval, which outlying processes do not move. The margin m is `margin` or, in logarithms,
    twice the control's deviation from 0 if that is more. Fewer than six processes decide only if
    the interval clears m by another tenth.

    Attributes:
        margin: how much longer is longer, as a fraction.
    """

    margin: float = MARGIN

    def __post_init__(self) -> None:
        """Refuse an invalid margin."""
        check_between("margin", self.margin, 0, math.inf)

    def decide(self, log_ratios: ArrayLike, controls: ArrayLike) -> RatioDecision:
        """Return the verdict on paired rounds.

        Args:
            log_ratios: (processes, rounds) logarithms of the first time over the second.
            controls: (pairs, rounds) logarithms of the second's time in one process of a pair over
                its time in the other.

        Raises:
            ValueError: not these shapes, fewer than two processes, or a value that is not finite.
        """
        medians = np.median(checked(log_ratios), axis=1)  # (processes,)
        if medians.size < PAIR:
            raise ValueError(f"expected rounds of at least {PAIR} processes, got {medians.size}")
        control = float(np.mean(np.median(checked(controls), axis=1)))
        margin = max(self.margin, math.expm1(2 * abs(control)))
        middle, confidence = float(np.mean(medians)), confidence_of(medians.size)
        reach = _quantile(medians.size) * float(np.std(medians, ddof=1)) / math.sqrt(medians.size)
        low, high = middle - reach, middle + reach
        if medians.size >= MOST:  # it is still open because of outlying processes
            median = median_interval(medians, confidence)
            middle, low, high = median.median, median.low, median.high
        low, high = math.exp(low), math.exp(high)
        verdict = self._verdict(low, high, margin, medians.size)
        return RatioDecision(
            verdict, math.exp(middle), low, high, margin, math.exp(control), confidence
        )

    def _verdict(self, low: float, high: float, margin: float, processes: int) -> Verdict:
        if processes >= ENOUGH:
            return verdict(low, high, self.margin, margin)
        far = (1 + FAR) * (1 + margin)
        if processes >= FEWEST and (low > far or high < 1 / far):
            return Verdict.SUPPORTED if low > far else Verdict.REFUTED
        return Verdict.INCONCLUSIVE

    def detectable_ratio(self, spread: float, processes: int = MOST) -> float:
        """Return the smallest ratio that so many processes would probably show to be longer.

        That is, with power 0.9, for normal medians of processes and a control without noise, from
        the noncentral t distribution (Johnson, Kotz & Balakrishnan 1995, chapter 31).

        Args:
            spread: standard deviation of a process's median log ratio.
            processes: at least 4.

        Raises:
            ValueError: a spread that is not positive, or too few processes.
        """
        from scipy import optimize, special

        check_between("spread", spread, 0, math.inf)
        check_size("processes", processes, FEWEST)
        t, freedom = _quantile(processes), processes - 1

        def missing(errors: float) -> float:
            return 1 - float(special.nctdtr(freedom, errors, t)) - POWER

        errors = optimize.brentq(missing, t / 2, 4 * t)
        margin = (1 + self.margin) * (1 + FAR if processes < ENOUGH else 1)
        return margin * math.exp(errors * spread / math.sqrt(processes))

    def processes_needed(self, ratio: float, spread: float) -> int | None:
        """Return how many processes would probably show a ratio to be longer; None if none do.

        Raises:
            ValueError: a ratio or a spread that is not positive.
        """
        check_between("ratio", ratio, 0, math.inf)
        enough = (
            processes
            for processes in range(FEWEST, MOST + 1, PAIR)
            if self.detectable_ratio(spread, processes) <= ratio
        )
        return next(enough, None)


def confidence_of(processes: int) -> float:
    """Return the confidence of the interval of so many processes."""
    return CONFIDENCE if processes >= MOST else EARLY


def verdict(low: float, high: float, stated: float, margin: float) -> Verdict:
    """Return what an interval of the ratio says.

    Supported if it lies above 1 + m; equivalent if it lies within [1/(1+m), 1+m]; refuted if it
    lies below 1, or below 1/(1+m) if noise has widened m beyond the stated margin.
    """
    alike = 1 + min(margin, NOISIEST * stated)  # noise must not make callables equivalent
    if low > 1 + margin:
        return Verdict.SUPPORTED
    if 1 / alike < low and high < alike:
        return Verdict.EQUIVALENT
    if high < 1 and (high < 1 / (1 + margin) or margin == stated):
        return Verdict.REFUTED
    return Verdict.INCONCLUSIVE


def checked(values: ArrayLike) -> NDArray[np.float64]:
    """Return log ratios as an array.

    Raises:
        ValueError: not two dimensions, no value, or one that is not finite.
    """
    array = np.asarray(values, np.float64)
    if array.ndim != 2 or array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"expected finite log ratios (processes, rounds), got {array.shape}")
    return array


def _quantile(processes: int) -> float:
    """Return how many standard errors the interval of so many processes reaches."""
    from scipy import special  # faster to import than scipy.stats

    return float(special.stdtrit(processes - 1, (1 + confidence_of(processes)) / 2))
