"""How large an effect is: distribution-free intervals that describe what a verdict decided."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hw4.statistics.checks import check_between, check_share, check_size

CONFIDENCE = 0.95  # by convention; it describes, a verdict has its own and stricter error rate


@dataclass(frozen=True)
class Effect:
    """A median difference with its interval, in the unit of the differences.

    Attributes:
        median: of the differences; infinite where at least half of the seeds are.
        low: lower end of the interval.
        high: upper end of the interval.
        confidence: probability, at least, that such an interval covers the true median.
    """

    median: float
    low: float
    high: float
    confidence: float


def median_interval(differences: ArrayLike, confidence: float = CONFIDENCE) -> Effect:
    """Return the median and its exact interval from two order statistics.

    With K ~ Binomial(n, 1/2), [X_(k), X_(n+1-k)] covers the median of *any* distribution with
    probability at least 1 - 2·P(K <= k-1), with equality where it is continuous; k is the largest
    rank for which that reaches the confidence (David & Nagaraja 2003, Order Statistics, 3rd ed.,
    section 7.1). Where no rank does (five seeds or fewer at 0.95), the interval is (-inf, inf).

    Args:
        differences: (n,) numbers. Infinities are legal: an arm that diverged ranks below every
            finite one. NaN, where both did, ranks as -inf: it is no evidence for the claim.
        confidence: in (0, 1).

    Returns:
        The effect. For even n the median is the middle of the two central values if both are
        finite, otherwise the lower one; it is never NaN.

    Raises:
        ValueError: no differences, not one-dimensional, or an invalid confidence.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"differences must have shape (n,) with n >= 1, got {values.shape}")
    rank = _rank(values.size, confidence)
    ordered = np.sort(np.where(np.isnan(values), -np.inf, values))
    low, high = (ordered[rank - 1], ordered[-rank]) if rank else (-np.inf, np.inf)
    lower, upper = ordered[(values.size - 1) // 2], ordered[values.size // 2]
    finite = bool(np.isfinite(lower) and np.isfinite(upper))
    median = lower / 2 + upper / 2 if finite else lower  # halved first: a sum could overflow
    return Effect(float(median), float(low), float(high), confidence)


def interval_span(seeds: int, confidence: float = CONFIDENCE) -> float:
    """Return which share of the distribution the median's interval spans, on average.

    The expectation of F(X_(n+1-k)) - F(X_(k)) is (n+1-2k)/(n+1) for any continuous distribution
    (David & Nagaraja 2003, section 2.5). 1 where there are too few seeds for an interval.

    Raises:
        ValueError: no seeds, or an invalid confidence.
    """
    return 1 - 2 * _rank(seeds, confidence) / (seeds + 1)


def share_interval(events: int, seeds: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the interval of Clopper & Pearson (1934, Biometrika 26, 404-413) for a share.

    It covers the true share with at least the stated probability, whatever the share is.

    Args:
        events: how many seeds show the effect.
        seeds: of how many.
        confidence: in (0, 1).

    Raises:
        ValueError: no seeds, not 0 <= events <= seeds, or an invalid confidence.
    """
    check_share(events, seeds, confidence)
    from scipy import special  # loads in a third of the time of scipy.stats, which every claim pays

    tail, failures = (1 - confidence) / 2, seeds - events
    low = special.betaincinv(events, failures + 1, tail) if events else 0.0
    high = special.betainccinv(events + 1, failures, tail) if failures else 1.0
    return float(low), float(high)


def _rank(seeds: int, confidence: float) -> int:
    """Return k, counted from 1 at either end of the ordered seeds; 0 if none is far enough out."""
    check_size("seeds", seeds)
    check_between("confidence", confidence, 0, 1)
    # Farther in than half of the seeds, either tail is at least one half.
    from scipy import special

    tails = special.bdtr(np.arange(seeds // 2), seeds, 0.5)
    return int(np.count_nonzero(2 * tails <= 1 - confidence))
