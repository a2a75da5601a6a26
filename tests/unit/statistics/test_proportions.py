"""Exact tests of reported accuracies, against the homework's numbers, papers and enumeration."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from hw4.statistics import (
    against,
    compare,
    detectable_difference,
    detectable_near,
    images_needed,
    power_of_comparison,
)


def fisher(k1, n1, k2, n2):
    """Sum the tables with these margins that are no more probable, in whole numbers."""
    hits = k1 + k2

    def ways(k):
        return math.comb(n1, k) * math.comb(n2, hits - k)

    possible = range(max(0, hits - n2), min(n1, hits) + 1)
    extreme = sum(ways(k) for k in possible if ways(k) <= ways(k1))
    return extreme / math.comb(n1 + n2, hits)


@pytest.mark.parametrize(
    ("k1", "k2", "p_value"), [(100, 103, 0.83), (113, 115, 0.91), (115, 108, 0.50)]
)
def test_the_homeworks_pairs_of_accuracies_are_not_significant(k1, k2, p_value):
    found = compare(k1, 175, k2, 175)
    assert round(found.p_value, 2) == p_value
    assert found.low < 0 < found.high


def test_the_homeworks_convolutional_net_is_not_told_from_chance():
    assert round(against(48, 175, 1 / 4), 2) == 0.48


@pytest.mark.parametrize("reference", [100, 103, 108, 113, 115, 118])
def test_175_images_resolve_about_ten_points(reference):
    assert 0.10 <= detectable_difference(175, reference) / 175 <= 0.11


@pytest.mark.parametrize(
    ("k1", "n1", "k2", "n2"), [(3, 10, 9, 10), (0, 7, 5, 12), (48, 80, 56, 70), (175, 175, 1, 4)]
)
def test_the_p_value_is_fishers_in_whole_numbers(k1, n1, k2, n2):
    assert compare(k1, n1, k2, n2).p_value == pytest.approx(fisher(k1, n1, k2, n2), rel=1e-9)


@pytest.mark.parametrize(
    ("k1", "n1", "k2", "n2", "low", "high"),
    [
        (48, 80, 56, 70, 0.0524, 0.3339),
        (3, 10, 9, 10, 0.1705, 0.8090),
        (2, 7, 6, 7, 0.0582, 0.8062),
        (0, 29, 5, 56, -0.0381, 0.1926),
        (0, 20, 0, 10, -0.1611, 0.2775),
    ],
)
def test_the_interval_is_newcombes(k1, n1, k2, n2, low, high):
    """Newcombe 1998, table II, method 10; there the difference is first minus second."""
    found = compare(k1, n1, k2, n2)
    assert found.difference == pytest.approx(k2 / n2 - k1 / n1)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5.1e-5)


def test_swapping_the_samples_mirrors_the_comparison():
    one, other = compare(100, 175, 130, 175), compare(130, 175, 100, 175)
    assert one.p_value == pytest.approx(other.p_value)
    assert (one.difference, one.low, one.high) == pytest.approx(
        (-other.difference, -other.high, -other.low)
    )


def test_a_large_difference_is_significant_and_its_interval_excludes_zero():
    found = compare(100, 175, 130, 175)
    assert found.p_value < 0.01
    assert found.low > 0


def test_the_binomial_p_value_sums_the_outcomes_that_are_no_likelier():
    outcomes = np.array([math.comb(20, k) * 0.3**k * 0.7 ** (20 - k) for k in range(21)])
    assert against(2, 20, 0.3) == pytest.approx(outcomes[outcomes <= outcomes[2]].sum())
    assert against(20, 20, 1.0) == 1
    assert against(19, 20, 1.0) == 0


@pytest.mark.parametrize("n", [8, 25, 60])
@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_the_detectable_difference_is_the_first_that_compares_as_significant(n, alpha):
    for reference in range(0, n + 1, 4):
        significant = (k for k in range(reference, n + 1) if fisher(reference, n, k, n) < alpha)
        better = next(significant, None)
        expected = None if better is None else better - reference
        assert detectable_difference(n, reference, alpha) == expected


def test_a_difference_one_hit_smaller_than_detectable_is_not_significant():
    more = detectable_difference(175, 100)
    assert compare(100, 175, 100 + more, 175).p_value < 0.05
    assert compare(100, 175, 99 + more, 175).p_value >= 0.05


@pytest.mark.parametrize(("p1", "p2"), [(0.3, 0.8), (0.8, 0.3), (0.5, 0.5), (0.0, 1.0)])
def test_the_power_is_the_probability_of_every_significant_table(p1, p2):
    n = 12
    expected = sum(
        stats.binom.pmf(k1, n, p1) * stats.binom.pmf(k2, n, p2)
        for k1 in range(n + 1)
        for k2 in range(n + 1)
        if fisher(k1, n, k2, n) < 0.05
    )
    assert power_of_comparison(n, p1, p2) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.65])
def test_equal_shares_are_told_apart_less_often_than_alpha(share):
    assert power_of_comparison(175, share, share) < 0.05


@pytest.mark.parametrize(("p1", "p2"), [(0.6, 0.7), (0.7, 0.6), (0.2, 0.9), (0.0, 1.0)])
def test_images_needed_reach_the_power_and_one_fewer_do_not(p1, p2):
    n = images_needed(p1, p2)
    assert power_of_comparison(n, p1, p2) >= 0.8
    assert power_of_comparison(n - 1, p1, p2) < 0.8


def test_images_needed_agree_with_the_corrected_normal_formula():
    """Casagrande, Pike and Smith 1978, Biometrics 34, 483-486, is good to a few images."""
    p1, p2 = 0.6, 0.75
    z_alpha, z_power = stats.norm.ppf([0.975, 0.8])
    mean = (p1 + p2) / 2
    spread = z_alpha * math.sqrt(2 * mean * (1 - mean))
    spread += z_power * math.sqrt(p1 * (1 - p1) + p2 * (1 - p2))
    uncorrected = spread**2
    root = math.sqrt(1 + 4 * abs(p2 - p1) / uncorrected)
    expected = uncorrected * (1 + root) ** 2 / (4 * (p2 - p1) ** 2)
    assert images_needed(p1, p2) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(("k", "n"), [(176, 175), (-1, 175), (0, 0), (1.5, 175)])
def test_impossible_counts_of_images_are_refused_in_one_line(k, n):
    for question in (
        lambda: compare(k, n, 1, 2),
        lambda: compare(1, 2, k, n),
        lambda: against(k, n, 0.5),
        lambda: detectable_difference(n, k),
    ):
        with pytest.raises(ValueError, match="whole number") as refusal:
            question()
        assert "\n" not in str(refusal.value)


def test_impossible_probabilities_are_refused():
    with pytest.raises(ValueError, match="p must be"):
        against(1, 2, 1.5)
    with pytest.raises(ValueError, match="alpha"):
        detectable_difference(10, 5, alpha=0)
    with pytest.raises(ValueError, match="p2"):
        power_of_comparison(10, 0.5, math.nan)
    with pytest.raises(ValueError, match="confidence"):
        compare(1, 2, 1, 2, confidence=1)


def test_shares_too_close_to_search_for_are_refused():
    with pytest.raises(ValueError, match=r"at least 0\.02"):
        images_needed(0.6, 0.61)


def near(k1, n1, k2, n2, alpha):
    """Move either share away image by image, until Fisher's test in whole numbers sees it."""
    (k1, n1), (k2, n2) = sorted([(k1, n1), (k2, n2)], key=lambda of: Fraction(*of))
    up = (k for k in range(n2 + 1) if k * n1 > k1 * n2 and fisher(k1, n1, k, n2) < alpha)
    down = (k for k in range(n1, -1, -1) if k * n2 < k2 * n1 and fisher(k, n1, k2, n2) < alpha)
    distances = [Fraction(k, n2) - Fraction(k1, n1) for k in itertools.islice(up, 1)]
    distances += [Fraction(k2, n2) - Fraction(k, n1) for k in itertools.islice(down, 1)]
    return min(distances, default=None)


@pytest.mark.parametrize("alpha", [0.05, 0.001])
@pytest.mark.parametrize("seed", range(20))
def test_the_difference_detectable_near_two_shares_is_the_first_significant_one(seed, alpha):
    rng = np.random.default_rng(seed)
    n1, n2 = rng.integers(1, 40, 2).tolist()
    k1, k2 = rng.integers(0, [n1 + 1, n2 + 1]).tolist()
    expected = near(k1, n1, k2, n2, alpha)
    assert detectable_near(k1, n1, k2, n2, alpha) == (
        None if expected is None else pytest.approx(float(expected))
    )


@pytest.mark.parametrize(("k1", "k2"), [(118, 100), (100, 118), (48, 48), (175, 175), (0, 3)])
def test_samples_of_one_size_detect_the_same_by_either_function(k1, k2):
    low, high = min(k1, k2), max(k1, k2)
    either = detectable_difference(175, low), detectable_difference(175, 175 - high)
    least = min(found for found in either if found is not None)
    assert detectable_near(k1, 175, k2, 175) == pytest.approx(least / 175)


def test_one_image_may_be_enough_against_many():
    assert detectable_near(0, 1000, 0, 1) == pytest.approx(float(near(0, 1000, 0, 1, 0.05)))


def test_too_few_images_detect_nothing():
    assert detectable_near(3, 3, 0, 3) is None
    with pytest.raises(ValueError, match="alpha"):
        detectable_near(1, 2, 1, 2, alpha=1)
    with pytest.raises(ValueError, match="whole number"):
        detectable_near(1, 2, 3, 2)
