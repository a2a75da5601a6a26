"""The share of all seeds that show a claim, after a test that stops by itself: an exact interval.

If the seeds themselves decide how many there are, an interval for a fixed number of seeds covers
too rarely. The possible results of a test are ordered by how strongly they suggest a large share:
refuted early, refuted late, inconclusive by the number of events, supported late, supported early
(Siegmund 1985, Sequential Analysis, section 3.4; Jennison & Turnbull 2000, Group Sequential Methods
with Applications to Clinical Trials, section 8.4). The interval contains every share at which the
result is neither improbably high nor improbably low in this order.
"""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hw4.statistics.checks import check_share
from hw4.statistics.effects import CONFIDENCE, share_interval
from hw4.statistics.sequential import HALVINGS, SequentialTest, Verdict


class Ends(NamedTuple):
    """The possible results of a test, (ends,) each, ordered by how much they suggest a large share.

    Attributes:
        sides: -1 if it is refuted, 1 if it is supported (or confirmed), 0 if neither.
        seeds: after how many it stops.
        events: how many of them show the effect.
        log_paths: natural logarithm of the number of sequences that end so.
    """

    sides: NDArray[np.int64]
    seeds: NDArray[np.int64]
    events: NDArray[np.int64]
    log_paths: NDArray[np.float64]

    def chances(self, share: float) -> NDArray[np.float64]:
        """Return the probability of each end at a true share strictly between 0 and 1, (ends,)."""
        failures = self.seeds - self.events
        shown = self.events * np.log(share)
        return np.asarray(np.exp(self.log_paths + shown + failures * np.log1p(-share)))


@functools.cache
def ends(test: SequentialTest, budget: int) -> Ends:
    """Return the possible results of a test with at most so many seeds."""
    found: list[tuple[int, int, int, int, float]] = []  # a key to sort by, then what `Ends` has
    first, live = 0, np.zeros(1)  # live[i]: logarithm of the paths that walk with first + i events
    for seeds in range(1, budget + 1):
        live = np.logaddexp(np.append(live, -np.inf), np.append(-np.inf, live))
        low, high = test.walking(first, live.size, seeds)
        counts = list(enumerate(live.tolist(), first))
        found += [(-1, seeds, seeds, events, paths) for events, paths in counts[:low]]
        found += [(1, -seeds, seeds, events, paths) for events, paths in counts[high:]]
        first, live = first + low, live[low:high]
        if not live.size:
            break
    found += [(0, 0, budget, events, paths) for events, paths in enumerate(live.tolist(), first)]
    sides, _, stops, events, paths = zip(*sorted(found), strict=True)
    return Ends(np.array(sides), np.array(stops), np.array(events), np.array(paths))


@functools.cache
def share_when_stopped(
    test: SequentialTest, events: int, seeds: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return the interval of the share of all seeds after a test has ended.

    {p: P_p(as much or more) > tail and P_p(as little or less) > tail}, where the tail is half of
    1 − confidence. It covers the true share with at least the stated probability, for every share:
    both probabilities are monotone in p, because a walk with more events is never behind. For a
    test that has not stopped, it is the interval for so many seeds.

    Args:
        test: that was stopped.
        events: how many seeds show the effect.
        seeds: of how many. If this test cannot end like that, the interval is Clopper & Pearson's
            for a number of seeds that was fixed before.
        confidence: in (0, 1).

    Raises:
        ValueError: no seeds, not 0 <= events <= seeds, or an invalid confidence.
    """
    check_share(events, seeds, confidence)
    walking = test.verdict(test.log_evidence(events, seeds), seeds) is Verdict.INCONCLUSIVE
    every = ends(test, min(seeds, test.budget) if walking else test.budget)
    (found,) = np.nonzero((every.seeds == seeds) & (every.events == events))
    if not found.size:
        return share_interval(events, seeds, confidence)
    at, tail = int(found[0]), (1 - confidence) / 2
    least, most = at == 0, at == every.seeds.size - 1
    low = 0.0 if least else _crossing(every, slice(at, None), tail, rising=True)
    high = 1.0 if most else _crossing(every, slice(at + 1), tail, rising=False)
    return low, high


def _crossing(every: Ends, chosen: slice, tail: float, *, rising: bool) -> float:
    """Return the share at which these ends together have the probability of the tail."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = every.chances(middle)[chosen].sum() > tail
        low, high = (low, middle) if above == rising else (middle, high)
    return (low + high) / 2
