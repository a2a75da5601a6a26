"""The sizes of a test, in words: what it rules out, costs and can detect, by exact computation."""

from __future__ import annotations

import dataclasses
import functools
from statistics import NormalDist

from hw4.ledger.records import BySeeds
from hw4.plural import numbered
from hw4.report.reading.events import holds, sequential_test
from hw4.report.reading.numerals import percent
from hw4.statistics.sequential import SequentialTest

POWERS = (0.8, 0.9)  # at which people plan samples
MOST = 2_000  # seeds of a budget whose detectable shares are searched while a page is drawn


def sizes(record: BySeeds, alpha: float) -> list[tuple[str, str]]:
    """Return what a claim's own sizes mean, as pairs of a term and its value.

    None for a claim that states no size: those of its share are in the documentation.

    Args:
        record: of the ledger.
        alpha: of the ledger.
    """
    test = sequential_test(record, alpha)
    if _is_usual(dataclasses.replace(test, confirm_alpha=None)):
        return []
    found = test.operating_characteristics(test.p1)
    chances = (
        f"{holds(record)} {percent(found.supported, 4)}, refuted {percent(found.refuted, 2)}, "
        f"inconclusive {percent(found.inconclusive, 2)}; seeds on average: {found.seeds:.3g}"
    )
    rows = [("Its own sizes", decided(test)), (f"At a true share of {percent(test.p1)}", chances)]
    return [*rows, ("Power", power(test))] if test.budget <= MOST else rows


@functools.cache
def _is_usual(test: SequentialTest) -> bool:
    try:
        return test == SequentialTest.of_share(test.p1)
    except ValueError:  # it takes more seeds than a claim may that does not say so
        return False


def decided(test: SequentialTest) -> str:
    """Return what decides a test: its odds, its budget and what its two verdicts rule out."""
    return (
        f"decided at {1 / test.alpha:,.0f} : 1, with at most {numbered(test.budget, 'seed')}; "
        f"supported rules out a true share of {percent(test.p0)} or less, "
        f"refuted one of {percent(test.p1)} or more"
    )


def power(test: SequentialTest) -> str:
    """Return the smallest true shares that a test supports 8 and 9 times in ten."""
    found = [(test.detectable_share(each), each) for each in POWERS]
    told = [
        f"with probability {percent(chance)} from a true share of {percent(share)}"
        for share, chance in found
        if share is not None
    ]
    if not told:
        return f"no true share is supported with probability {percent(POWERS[0])}"
    return f"supported {', '.join(told)}"


def deviations(share: float) -> float:
    """Return how many standard deviations the mean of differences is beyond the margin.

    If the differences are normal and this share of them exceeds it: Φ⁻¹(share).
    """
    return NormalDist().inv_cdf(share)
