"""Error over many decisions: of a whole suite of claims, and of a family of p-values."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hw4.statistics.checks import check_between

ROUNDING = 1e-12  # relative; 0.3 / 0.1 is three, not 2.9999999999999996


def suite_error(alphas: Iterable[float]) -> float:
    """Return an upper bound of the probability that any of these decisions is wrong.

    The union bound, min(1, Σα). It holds under any dependence, which matters here: claims share
    seeds, data and arms, so their errors come together.

    Args:
        alphas: the error probability of each decision; none at all is a bound of 0.

    Raises:
        ValueError: an alpha outside (0, 1).
    """
    each = list(alphas)
    for alpha in each:
        check_between("alpha", alpha, 0, 1)
    return min(1.0, math.fsum(each))


def instances_within(suite_error: float, alpha: float) -> int:
    """Return how many decisions at `alpha` fit into a suite's error, by the union bound.

    Raises:
        ValueError: an argument outside (0, 1).
    """
    check_between("suite_error", suite_error, 0, 1)
    check_between("alpha", alpha, 0, 1)
    return math.floor(suite_error / alpha * (1 + ROUNDING))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p-values adjusted for their number (Holm 1979, Scand. J. Statist. 6, 65-70).

    Those below α name the rejected hypotheses; the probability of any false rejection is at most
    α, under any dependence, and never fewer are rejected than by Bonferroni.

    Args:
        p_values: (m,) in any order.

    Returns:
        (m,) in the same order.

    Raises:
        ValueError: not one-dimensional, or a value outside [0, 1].
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1 or not np.all((values >= 0) & (values <= 1)):
        raise ValueError(f"p-values must be probabilities of shape (m,), got {p_values!r}")
    order = np.argsort(values)
    steps = values[order] * np.arange(values.size, 0, -1)  # the smallest pays for all m
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted
