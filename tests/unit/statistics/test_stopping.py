"""The share's interval after a test that stops by itself, exactly: every end is enumerated."""

import numpy as np
import pytest

from hw4.statistics import (
    SequentialTest,
    interval_span,
    median_interval,
    share_interval,
    share_when_stopped,
)
from hw4.statistics.stopping import ends

TESTS = [
    SequentialTest(),
    SequentialTest().confirming(),
    SequentialTest.of_share(0.95),
    SequentialTest.of_share(0.75),
]
SHARES = np.linspace(0.0005, 0.9995, 1999)


def intervals(test, interval):
    """Return both ends of the interval at every end of a test, (ends, 2)."""
    every = ends(test, test.budget)
    pairs = zip(every.events.tolist(), every.seeds.tolist(), strict=True)
    return np.array([interval(*pair) for pair in pairs])


def coverage(test, found):
    """Return the exact probability that an interval holds the true share, by share, (shares,)."""
    every = ends(test, test.budget)
    held = [(found[:, 0] <= share) & (share <= found[:, 1]) for share in SHARES]
    return np.array([every.chances(s) @ h for s, h in zip(SHARES, held, strict=True)])


def when_stopped(test):
    return intervals(test, lambda events, seeds: share_when_stopped(test, events, seeds))


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.685, 0.95])
def test_the_ends_are_those_of_the_operating_characteristics(test, share):
    every, exact = ends(test, test.budget), test.operating_characteristics(share)
    chances = every.chances(share)
    found = [chances[every.sides == side].sum() for side in (1, -1, 0)]
    assert found == pytest.approx([exact.supported, exact.refuted, exact.inconclusive], abs=1e-12)
    assert chances @ every.seeds == pytest.approx(exact.seeds)


def test_a_test_that_has_always_stopped_before_its_budget_has_few_ends():
    """At 2.5 : 1 two events support, one failure refutes, and no third seed is needed."""
    every = ends(SequentialTest(alpha=0.4, budget=64), 64)
    assert list(zip(every.sides, every.seeds, every.events, strict=True)) == [
        (-1, 1, 0),
        (-1, 2, 1),
        (1, 2, 2),
    ]
    assert every.chances(0.3) == pytest.approx([0.7, 0.21, 0.09])


@pytest.mark.parametrize("test", TESTS)
def test_it_covers_every_true_share_as_often_as_it_says(test):
    assert coverage(test, when_stopped(test)).min() >= 0.95


def test_an_interval_for_a_fixed_number_of_seeds_covers_too_seldom():
    """Clopper & Pearson's, which was used before: 91.8 % at worst, near a share of 0.685."""
    covered = coverage(TESTS[0], intervals(TESTS[0], share_interval))
    assert 0.918 < covered.min() < 0.919
    assert SHARES[covered.argmin()] == pytest.approx(0.685, abs=0.002)


def test_it_costs_no_more_than_four_per_cent_of_width():
    test = TESTS[0]
    every = ends(test, test.budget)
    widths = [
        np.diff(found)[:, 0] for found in (when_stopped(test), intervals(test, share_interval))
    ]
    means = np.array([[every.chances(share) @ width for width in widths] for share in SHARES])
    assert (means[:, 0] <= 1.04 * means[:, 1]).all()


@pytest.mark.parametrize("test", TESTS)
def test_it_moves_up_with_the_order_of_the_ends(test):
    found = when_stopped(test)
    assert (np.diff(found, axis=0) >= -1e-9).all()
    every = ends(test, test.budget)
    assert (found[:, 0] <= every.events / every.seeds).all()
    assert (every.events / every.seeds <= found[:, 1]).all()


def test_where_all_seeds_agree_it_has_a_closed_form():
    """At the earliest ends there is one sequence: p^16 = 0.025, (1 − p)^6 = 0.025."""
    assert share_when_stopped(TESTS[0], 16, 16) == pytest.approx((0.025 ** (1 / 16), 1))
    assert share_when_stopped(TESTS[0], 0, 6) == pytest.approx((0, 1 - 0.025 ** (1 / 6)))


def test_of_a_walk_that_goes_on_it_is_that_of_so_many_seeds():
    shorter = SequentialTest(budget=8)
    assert share_when_stopped(TESTS[0], 3, 8) == share_when_stopped(shorter, 3, 8)


def test_where_the_test_cannot_end_it_is_that_of_a_fixed_number_of_seeds():
    assert share_when_stopped(TESTS[0], 20, 20) == share_interval(20, 20)
    assert share_when_stopped(TESTS[0], 90, 100) == share_interval(90, 100)


@pytest.mark.parametrize(("events", "seeds"), [(0, 0), (3, 2), (-1, 2)])
def test_what_no_seeds_can_show_is_refused(events, seeds):
    with pytest.raises(ValueError, match="must be a whole number"):
        share_when_stopped(TESTS[0], events, seeds)


def median_coverage(test, share):
    """Return how often the median's interval holds the median of a claim that stops, exactly.

    The walk needs w, the events, and the interval k, the seeds below the median: a programme over
    both. A difference is an event above its quantile 1 - share.
    """
    both, above = max(share - 0.5, 0.0), min(share, 0.5)  # events below and above the median
    live = np.zeros((test.budget + 2, test.budget + 2))  # [w, k]
    live[0, 0], covered = 1.0, 0.0
    for seeds in range(1, test.budget + 1):
        stepped = (0.5 - above) * live  # above the median, and no event
        stepped[1:] += above * live[:-1]
        stepped[1:, 1:] += both * live[:-1, :-1]
        stepped[:, 1:] += (0.5 - both) * live[:, :-1]
        low, high = test.walking(0, seeds + 1, seeds)
        stops = np.ones(test.budget + 2, bool)
        stops[low:high] = seeds == test.budget
        found = median_interval(np.arange(1.0, seeds + 1))  # the ranks themselves
        held = np.arange(test.budget + 2) >= found.low
        held &= np.arange(test.budget + 2) < found.high
        covered += stepped[stops][:, held].sum()
        live = np.where(stops[:, None], 0.0, stepped)
    return covered


@pytest.mark.parametrize("test", TESTS[:3])
def test_the_medians_interval_covers_though_the_test_stops(test):
    """Least where a claim is decided by whether a difference is above its own median."""
    assert interval_span(6) < 1
    assert min(median_coverage(test, share) for share in np.linspace(0.05, 0.95, 37)) >= 0.95
