"""Where a series changes its level: binary segmentation by cumulative sums."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hw4.statistics.checks import check_between

SHORTEST = 3  # values on each side of a change: two have no level to tell from noise
SHUFFLES = 999  # with the series itself a thousand; p-values are multiples of a thousandth


def change_points(values: ArrayLike, alpha: float = 0.01) -> list[int]:
    """Return the indices at which a new level begins, in order.

    The candidate is where the cumulative sum of deviations from the mean is farthest from zero;
    it counts if fewer than α of the series' shuffles go as far, and then either side is searched
    (Taylor 2000, Change-point analysis; Matteson & James 2014, JASA 109, 334-345, for the scheme).
    A third level blurs the cut between two; so each is sought once more, between its neighbours
    (Bai 1997, Estimating multiple breaks one at a time, Econometric Theory 13, 315-352).
    Ranks replace the values, so one outlier is not a level. In a series without a change, one is
    found with probability α at most; levels are assumed constant between changes.

    Args:
        values: (n,) in order of time.
        alpha: in (0, 1).

    Raises:
        ValueError: not one-dimensional, a value that is not finite, or an invalid alpha.
    """
    series = np.asarray(values, np.float64)
    check_between("alpha", alpha, 0, 1)
    if series.ndim != 1 or not np.isfinite(series).all():
        raise ValueError(f"values must be finite and of shape (n,), got {series.shape}")
    begins = [0]
    for end in [*_within(series, 0, alpha)[1:], series.size]:
        if cut := _cut(series[begins[-1] : end], alpha):
            begins.append(begins[-1] + cut)
    return begins[1:]


def _within(series: NDArray[np.float64], offset: int, alpha: float) -> list[int]:
    cut = _cut(series, alpha)
    if not cut:
        return []
    left = _within(series[:cut], offset, alpha)
    return [*left, offset + cut, *_within(series[cut:], offset + cut, alpha)]


def _cut(series: NDArray[np.float64], alpha: float) -> int:
    """Return where the level changes most; 0 if shuffles go as far."""
    if series.size < 2 * SHORTEST:
        return 0
    from scipy import stats

    ranks = stats.rankdata(series)
    heights = _heights(ranks[np.newaxis])[0]
    rng = np.random.default_rng(0)  # the same series has the same changes
    shuffled = rng.permuted(np.tile(ranks, (SHUFFLES, 1)), axis=1)
    higher = np.count_nonzero(_heights(shuffled).max(axis=1) >= heights.max())
    if (1 + higher) / (1 + SHUFFLES) > alpha:
        return 0
    return SHORTEST + int(np.argmax(heights))


def _heights(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return |Σ deviations| up to each admissible cut, scaled to equal variance, (rows, cuts)."""
    length = ranks.shape[1]
    sums = np.cumsum(ranks - ranks.mean(axis=1, keepdims=True), axis=1)
    cuts = np.arange(SHORTEST, length - SHORTEST + 1)
    return np.asarray(np.abs(sums[:, cuts - 1]) / np.sqrt(cuts * (length - cuts)))
