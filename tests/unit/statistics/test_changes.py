"""Changes of level, against SciPy's rank test, enumeration and simulation."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from hw4.statistics.changes import change_points

LUCK = 1e-3  # a count is held to what an honest judge would exceed by luck so rarely
SERIES = 300
DRAWS = {
    "normal": lambda rng: rng.normal(1, 0.05, 24),
    "heavy tails": lambda rng: rng.standard_cauchy(24),
    "ties": lambda rng: rng.integers(3, size=24),
}


def found_in_constant(draw, alpha):
    return sum(bool(change_points(draw(np.random.default_rng(i)), alpha)) for i in range(SERIES))


def steps(*levels, noise=0.05, seed=1):
    """Return a series of (level, length) after each other."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(level, noise, length) for level, length in levels])


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_constant_series_has_a_change_with_probability_alpha_at_most(draw):
    assert found_in_constant(draw, 0.05) <= stats.binom.isf(LUCK, SERIES, 0.05)


def test_alpha_is_used_and_not_only_kept():
    assert found_in_constant(DRAWS["normal"], 0.2) >= stats.binom.ppf(LUCK, SERIES, 0.15)


@pytest.mark.parametrize(("before", "after"), [(3, 40), (6, 6), (20, 20), (30, 10), (40, 3)])
@pytest.mark.parametrize("levels", [(1.0, 1.2), (1.2, 1.0)])
def test_a_step_without_noise_is_found_where_it_was_planted(before, after, levels):
    assert change_points(np.repeat(levels, (before, after))) == [before]


@pytest.mark.parametrize(
    ("lengths", "blur"),
    [
        ((20, 20), 0),
        ((15, 15, 15), 0),
        ((16, 16, 16, 16), 0),
        ((30, 10), 4),  # the order of the longer level's ranks blurs the cut
        ((10, 30), 4),
        ((10, 20, 15), 4),
    ],
)
@pytest.mark.parametrize("direction", [1, -1])
def test_steps_are_found_where_they_were_planted(lengths, blur, direction):
    """A further level turns up within each with probability α: hardly in four series of twenty."""
    levels = [(1 + direction * step / 4, length) for step, length in enumerate(lengths)]
    planted = np.cumsum(lengths)[:-1]
    found = [change_points(steps(*levels, noise=0.02, seed=seed)) for seed in range(20)]
    assert found.count(planted.tolist()) >= (10 if blur else 16)
    near = [each for each in found if len(each) == planted.size]
    assert sum(np.abs(planted - each).max() <= blur for each in near) >= 16


@pytest.mark.parametrize("seed", range(5))
def test_a_step_of_twice_the_noise_is_found_nearby(seed):
    (change,) = change_points(steps((1.0, 25), (1.1, 25), seed=seed))
    assert abs(change - 25) <= 3


@pytest.mark.parametrize("seed", range(5))
def test_the_cut_is_the_one_at_which_a_rank_test_differs_most(seed):
    series = steps((1.0, 18), (1.1, 14), seed=20 + seed)
    size = series.size

    def wilcoxon(cut):
        u = stats.mannwhitneyu(series[:cut], series[cut:]).statistic
        return abs(u - cut * (size - cut) / 2) / math.sqrt(cut * (size - cut) * (size + 1) / 12)

    (change,) = change_points(series)
    assert change == max(range(3, size - 2), key=wilcoxon)


def test_a_level_that_comes_and_goes_is_two_changes():
    series = [steps((1.0, 30), (1.5, 30), (1.0, 30), seed=seed) for seed in range(20)]
    assert [change_points(each) for each in series].count([30, 60]) >= 16


def test_the_level_of_a_significant_change_is_decided_by_enumeration():
    """Of all orders of four zeros and four ones two are a step: 2/70, between 1 % and 5 %."""
    series = [0, 0, 0, 0, 1, 1, 1, 1]
    orders = set(itertools.permutations(series))
    share = len(orders & {tuple(series), tuple(series[::-1])}) / len(orders)
    assert share == 2 / 70
    assert change_points(series, alpha=0.05) == [4]
    assert change_points(series, alpha=0.02) == []


@pytest.mark.parametrize("size", range(6))
def test_a_series_too_short_for_two_levels_has_no_change(size):
    assert change_points(np.arange(size) >= size / 2, alpha=0.5) == []


def test_a_constant_without_noise_has_no_change():
    assert change_points([1.25] * 50, alpha=0.9) == []


@pytest.mark.parametrize("place", [0, 3, 10, 19])
@pytest.mark.parametrize("outlier", [1e9, -1e9])
def test_an_outlier_makes_no_level(place, outlier):
    series = steps((1.0, 20))
    assert change_points(series) == []
    series[place] = outlier
    assert change_points(series) == []


def test_an_outlier_hides_no_level():
    series = steps((1.0, 20), (1.5, 20))
    series[5] = 1e9
    assert change_points(series) == [20]


def test_only_the_order_of_the_values_counts():
    series = steps((1.0, 20), (1.1, 17))
    assert change_points(np.exp(20 * series)) == change_points(series) == [20]


def test_turning_time_round_turns_the_changes_round():
    series = steps((1.0, 12), (1.5, 20), (2.0, 14))
    assert change_points(series) == [12, 32]
    assert change_points(series[::-1]) == [14, 34]


def test_the_same_series_has_the_same_changes_and_is_left_as_it_was():
    borderline = [steps((1.0, 12), (1.05, 12), seed=seed) for seed in range(20)]
    copies = [series.copy() for series in borderline]
    first = [change_points(series) for series in borderline]
    assert 0 < sum(map(bool, first)) < 20
    assert [change_points(series.tolist()) for series in borderline] == first
    np.testing.assert_array_equal(borderline, copies)


@pytest.mark.parametrize("values", [[[1.0, 2.0]], 1.0, [1.0, math.nan], [1.0, -math.inf]])
def test_what_is_no_finite_series_is_refused(values):
    with pytest.raises(ValueError, match=r"^values must be finite and of shape \(n,\), got \("):
        change_points(values)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 5, math.nan])
def test_an_impossible_alpha_is_refused(alpha):
    with pytest.raises(ValueError, match=r"^alpha must lie strictly between 0 and 1, got"):
        change_points([1.0] * 10, alpha)
