"""Intervals that describe an effect, against enumeration and direct binomial tails."""

import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats

from hw4.statistics import Effect, interval_span, median_interval, share_interval

INF = math.inf
NAN = math.nan


@pytest.mark.parametrize(
    ("seeds", "ranks"),
    [(6, (1, 6)), (8, (1, 8)), (9, (2, 8)), (16, (4, 13)), (20, (6, 15)), (50, (18, 33))],
)
def test_ranks_agree_with_published_tables(seeds, ranks):
    """Conover 1999, Practical Nonparametric Statistics, table A3: 95 % for the median."""
    effect = median_interval(np.arange(1, seeds + 1))
    assert (effect.low, effect.high) == ranks


@pytest.mark.parametrize("seeds", range(1, 13))
@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95])
def test_the_interval_is_the_shortest_that_covers_in_every_sign_pattern(seeds, confidence):
    """Values below the median are a fair coin's heads: enumerate all tosses."""
    below = np.array([sum(tosses) for tosses in itertools.product([0, 1], repeat=seeds)])
    covers = {
        rank: np.mean((below >= rank) & (below <= seeds - rank))
        for rank in range(1, (seeds + 1) // 2 + 1)
    }
    good = [rank for rank, share in covers.items() if share >= confidence]
    effect = median_interval(np.arange(1.0, seeds + 1), confidence)
    expected = (max(good), seeds + 1 - max(good)) if good else (-INF, INF)
    assert (effect.low, effect.high) == expected


@pytest.mark.parametrize("seeds", [5, 6, 31, 64])
def test_the_median_of_finite_differences_is_numpys(seeds):
    differences = np.random.default_rng(seeds).lognormal(size=seeds)
    effect = median_interval(differences)
    assert effect.median == pytest.approx(np.median(differences), rel=1e-15)
    assert effect.low <= effect.median <= effect.high
    assert effect.confidence == 0.95


@pytest.mark.parametrize(
    ("differences", "median"),
    [
        ([1.0, 3.0], 2.0),
        ([1.0, INF], 1.0),
        ([-INF, 1.0], -INF),
        ([-INF, INF], -INF),
        ([INF, INF], INF),
        ([NAN, 1.0], -INF),
        ([NAN, 1.0, 2.0], 1.0),
        ([NAN, NAN], -INF),
        ([1.7e308, 1.7e308], 1.7e308),
        ([-1.7e308, 1.7e308], 0.0),
    ],
)
def test_diverged_arms_rank_instead_of_spoiling_the_median(differences, median):
    with np.errstate(all="raise"):
        assert median_interval(differences).median == median


def test_a_seed_that_diverged_in_both_arms_ranks_below_every_other():
    differences = [NAN, *range(1, 9)]
    assert median_interval(differences) == Effect(4.0, 1.0, 7.0, 0.95)


def test_an_interval_can_reach_a_diverged_seed():
    effect = median_interval([INF, -INF, 1, 2, 3, 4])
    assert (effect.low, effect.high) == (-INF, INF)


def test_the_order_of_the_seeds_is_irrelevant():
    differences = np.random.default_rng(5).normal(size=17)
    assert median_interval(differences) == median_interval(differences[::-1])


def test_five_seeds_are_too_few_for_an_interval_and_six_are_enough():
    assert median_interval([1, 2, 3, 4, 5]) == Effect(3.0, -INF, INF, 0.95)
    assert median_interval([1, 2, 3, 4, 5, 6]) == Effect(3.5, 1.0, 6.0, 0.95)


def test_differences_are_left_as_they_were():
    differences = np.array([3.0, NAN, 1.0])
    median_interval(differences)
    np.testing.assert_array_equal(differences, [3.0, NAN, 1.0])


@pytest.mark.parametrize("differences", [[], [[1.0]], 1.0])
def test_differences_of_another_shape_are_refused(differences):
    with pytest.raises(ValueError, match="shape"):
        median_interval(differences)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95, NAN])
def test_an_impossible_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        median_interval([1.0], confidence)
    with pytest.raises(ValueError, match="confidence"):
        share_interval(1, 2, confidence)


@pytest.mark.parametrize("seeds", [4, 9, 16, 33])
def test_the_span_is_what_uniform_order_statistics_span_on_average(seeds):
    draws = np.random.default_rng(seeds).random((4000, seeds))
    effects = [median_interval(draw) for draw in draws]
    lows = np.maximum([effect.low for effect in effects], 0)
    highs = np.minimum([effect.high for effect in effects], 1)
    assert np.mean(highs - lows) == pytest.approx(interval_span(seeds), abs=0.01)


@pytest.mark.parametrize(("events", "seeds"), [(1, 8), (8, 16), (15, 16), (57, 64)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_share_interval_ends_where_a_tail_holds_half_the_error(events, seeds, confidence):
    tail = (1 - confidence) / 2
    low = optimize.brentq(lambda p: stats.binom.sf(events - 1, seeds, p) - tail, 1e-9, 1 - 1e-9)
    high = optimize.brentq(lambda p: stats.binom.cdf(events, seeds, p) - tail, 1e-9, 1 - 1e-9)
    assert share_interval(events, seeds, confidence) == pytest.approx((low, high), abs=1e-9)


def test_share_interval_of_unanimous_seeds_is_the_closed_form():
    """All n of n: the lower end solves p^n = 2.5 %."""
    assert share_interval(16, 16) == pytest.approx((0.025 ** (1 / 16), 1))
    assert share_interval(0, 16) == pytest.approx((0, 1 - 0.025 ** (1 / 16)))


@pytest.mark.parametrize(("events", "seeds"), [(1, 0), (0, 0), (3, 2), (-1, 2), (0.5, 2)])
def test_impossible_counts_of_seeds_are_refused(events, seeds):
    with pytest.raises(ValueError, match="whole number"):
        share_interval(events, seeds)
