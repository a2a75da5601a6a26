"""Exact tests for accuracies that were reported as k of n, without the runs behind them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw4.statistics.checks import check_between, check_count, check_probability, check_size

MOST_IMAGES = 1_000_000  # beyond any test set; the exact tests take milliseconds up to there
ALPHA = 0.05  # by convention: a reader's question, which gates nothing
POWER = 0.8  # by convention, with the 0.05
CONFIDENCE = 0.95
NEGLIGIBLE = 1e-18  # counts this improbable cost most of the time and change no digit of a power
ROUNDING = 1e-9  # relative; 0.3 - 0.28 is two hundredths, not less
RESOLUTION = 0.02  # about 9,700 images; the search for more would take minutes


@dataclass(frozen=True)
class Comparison:
    """Two reported shares beside each other.

    Attributes:
        p_value: Fisher's exact test, two-sided.
        difference: second share minus first.
        low: lower end of the interval of the difference.
        high: upper end of the interval of the difference.
    """

    p_value: float
    difference: float
    low: float
    high: float


def compare(k1: int, n1: int, k2: int, n2: int, confidence: float = CONFIDENCE) -> Comparison:
    """Compare k1 of n1 with k2 of n2, two independent samples.

    The p-value is exact (Fisher). The interval is Newcombe's hybrid score interval (1998,
    Statistics in Medicine 17, 873-890, method 10): each share's Wilson interval, combined by the
    square root of the sum of squares. It is approximate, and close to a border the two may differ
    on whether 0 is excluded: the p-value is the stricter.

    Raises:
        ValueError: not 0 <= hits <= total, a total below 1, or an invalid confidence.
    """
    from scipy import stats

    check_between("confidence", confidence, 0, 1)
    first, low1, high1 = _wilson(k1, n1, confidence)
    second, low2, high2 = _wilson(k2, n2, confidence)
    difference = second - first
    return Comparison(
        p_value=float(stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]]).pvalue),
        difference=difference,
        low=difference - float(np.hypot(second - low2, high1 - first)),
        high=difference + float(np.hypot(high2 - second, first - low1)),
    )


def against(k: int, n: int, p: float) -> float:
    """Return the two-sided p-value of the exact binomial test of k hits in n against share p.

    Raises:
        ValueError: not 0 <= k <= n, n below 1, or p outside [0, 1].
    """
    from scipy import stats

    _check_proportion(k, n)
    check_probability("p", p)
    return float(stats.binomtest(k, n, p).pvalue)


def detectable_difference(n: int, reference: int, alpha: float = ALPHA) -> int | None:
    """Return how many more hits than `reference`, both of n, are significant at `alpha`.

    The smallest such number; divide it by n for a difference of shares. A smaller difference that
    is reported from n images cannot be told from none. None where even n of n is not enough.

    Args:
        n: images in either sample.
        reference: hits in the first one.
        alpha: Fisher's two-sided p must be below it.

    Raises:
        ValueError: not 0 <= reference <= n, n below 1, or alpha outside (0, 1).
    """
    _check_proportion(reference, n)
    check_between("alpha", alpha, 0, 1)
    better = int(_significant_from(n, np.asarray([reference]), alpha)[0])
    return better - reference if better <= n else None


def detectable_near(k1: int, n1: int, k2: int, n2: int, alpha: float = ALPHA) -> float | None:
    """Return the smallest difference of shares, near two reported ones, that is significant.

    One share is kept as reported and the other is moved, image by image: away from the lower share
    upwards, away from the higher share downwards. The smaller of the two distances counts; None if
    so few images can show no difference at all. For samples of equal size it is the smaller of the
    results of `detectable_difference` for the hits and for the misses.

    Raises:
        ValueError: not 0 <= hits <= total, a total below 1, or alpha outside (0, 1).
    """
    _check_proportion(k1, n1)
    _check_proportion(k2, n2)
    check_between("alpha", alpha, 0, 1)
    (low, n_low), (high, n_high) = sorted([(k1, n1), (k2, n2)], key=lambda of: of[0] / of[1])
    upwards = _detectable_above(low, n_low, n_high, alpha)
    downwards = _detectable_above(n_high - high, n_high, n_low, alpha)  # in misses, that is above
    return min((found for found in (upwards, downwards) if found is not None), default=None)


def power_of_comparison(n: int, p1: float, p2: float, alpha: float = ALPHA) -> float:
    """Return the probability that Fisher's test of n and n images tells p1 from p2.

    Exact: the probability of every table that is significant, in either direction.

    Raises:
        ValueError: n below 1, a share outside [0, 1], or alpha outside (0, 1).
    """
    from scipy import stats

    check_size("n", n)
    check_probability("p1", p1)
    check_probability("p2", p2)
    check_between("alpha", alpha, 0, 1)
    every = np.arange(n + 1)
    first, second = stats.binom.pmf(every, n, p1), stats.binom.pmf(every, n, p2)
    hits = np.flatnonzero(np.maximum(first, second) > NEGLIGIBLE)
    beyond = _significant_from(n, hits, alpha) - 1
    upwards = first[hits] @ stats.binom.sf(beyond, n, p2)
    downwards = second[hits] @ stats.binom.sf(beyond, n, p1)
    return float(upwards + downwards)


def images_needed(p1: float, p2: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """Return how many images, in either sample, tell p1 from p2 with at least this power.

    The power of an exact test rises with n in small saw teeth. Doubling and halving finds an n
    that reaches the power while n - 1 does not; a tooth may reach it a few images earlier.

    Raises:
        ValueError: shares closer than 0.02 or outside [0, 1]; alpha or power outside (0, 1).
    """
    check_between("power", power, 0, 1)
    check_probability("p1", p1)
    check_probability("p2", p2)
    if abs(p1 - p2) < RESOLUTION * (1 - ROUNDING):
        raise ValueError(f"p1 and p2 must differ by at least {RESOLUTION}, got {p1!r} and {p2!r}")
    high = 1
    while power_of_comparison(high, p1, p2, alpha) < power:
        high *= 2
    low = high // 2  # too few, or no images at all
    while high - low > 1:
        middle = (low + high) // 2
        enough = power_of_comparison(middle, p1, p2, alpha) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def _check_proportion(hits: int, total: int) -> None:
    check_size("total", total)
    check_count("hits", hits, total)


def _wilson(hits: int, total: int, confidence: float) -> tuple[float, float, float]:
    _check_proportion(hits, total)
    from scipy import stats

    interval = stats.binomtest(hits, total).proportion_ci(confidence, method="wilson")
    return hits / total, float(interval.low), float(interval.high)


def _detectable_above(k: int, n: int, other: int, alpha: float) -> float | None:
    """Return by how much a share of `other` images must exceed k/n to be significant, or None.

    The p-value falls as the share moves away, so the first that is significant is bisected.
    """
    from scipy import stats

    low, high = k * other // n, other + 1  # low is no larger a share; high is out of reach
    while high - low > 1:
        middle = (low + high) // 2
        p_value = stats.fisher_exact([[k, n - k], [middle, other - middle]]).pvalue
        low, high = (low, middle) if p_value < alpha else (middle, high)
    return high / other - k / n if high <= other else None


def _significant_from(n: int, fewer: NDArray[np.intp], alpha: float) -> NDArray[np.intp]:
    """Return, per number of hits, the least larger number that is significant; n + 1 for none.

    With equal samples the hypergeometric distribution is symmetric, so Fisher's two-sided p is
    twice the tail. It falls as the larger number grows (Barnard's convexity), which lets all
    entries be bisected at once.
    """
    from scipy import stats

    low, high = fewer.copy(), np.full_like(fewer, n + 1)  # low is not significant, high is
    while np.any(high - low > 1):
        middle = (low + high) // 2
        tail = stats.hypergeom.cdf(fewer, 2 * n, fewer + middle, n)
        significant = 2 * tail < alpha
        high = np.where(significant, middle, high)
        low = np.where(significant, low, middle)
    return high
