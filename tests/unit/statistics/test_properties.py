"""What must hold of every interval, test and verdict, whatever the numbers."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from hw4.statistics import proportions
from hw4.statistics.effects import median_interval, share_interval
from hw4.statistics.multiplicity import holm, instances_within, suite_error
from hw4.statistics.ratios import RatioTest
from hw4.statistics.sequential import SequentialTest, Verdict, agree
from hw4.statistics.stopping import share_when_stopped

REALS = st.floats(-1e300, 1e300)
WITH_DIVERGED = REALS | st.sampled_from([math.inf, -math.inf, math.nan])
CONFIDENCES = st.floats(0.01, 0.999)
ALPHAS = st.floats(1e-9, 0.49)
SHARES = st.floats(0, 1)
TEST = SequentialTest()
WALKS = st.builds(  # of as many seeds as the test may take
    lambda share, seed: np.random.default_rng(seed).random(TEST.budget) < share,
    st.sampled_from([0.02, 0.2, 0.7, 0.98]),
    st.integers(0, 2**32),
)


@st.composite
def counts(draw, most=300):
    """Draw (hits, total)."""
    total = draw(st.integers(1, most))
    return draw(st.integers(0, total)), total


# Intervals


@given(st.lists(WITH_DIVERGED, min_size=1, max_size=70), CONFIDENCES)
def test_the_median_lies_within_its_interval_and_both_are_values_of_the_seeds(values, confidence):
    found = median_interval(values, confidence)
    assert found.low <= found.median <= found.high
    ranked = [-math.inf if math.isnan(value) else value for value in values]
    assert {found.low, found.high} <= {*ranked, math.inf, -math.inf}
    if np.isfinite(values).all():
        halves = np.array(values) / 2
        assert found.median == pytest.approx(2 * np.median(halves), rel=1e-12)


@given(st.lists(WITH_DIVERGED, min_size=1, max_size=70), st.randoms())
def test_the_order_of_seeds_changes_no_interval(values, random):
    shuffled = random.sample(values, len(values))
    assert median_interval(shuffled) == median_interval(values)


@given(st.lists(REALS, min_size=1, max_size=70), CONFIDENCES)
def test_exchanged_arms_mirror_the_interval(values, confidence):
    found, mirrored = (median_interval(sign * np.array(values), confidence) for sign in (1, -1))
    assert (mirrored.low, mirrored.high) == (-found.high, -found.low)
    assert mirrored.median == -found.median


@given(st.lists(REALS, min_size=1, max_size=70), CONFIDENCES, CONFIDENCES)
def test_more_confidence_never_narrows_an_interval(values, one, other):
    narrow, wide = (median_interval(values, each) for each in sorted([one, other]))
    assert wide.low <= narrow.low <= narrow.high <= wide.high


@given(st.integers(1, 300), CONFIDENCES)
def test_the_medians_interval_covers_as_often_as_it_says(seeds, confidence):
    """By SciPy's binomial distribution: how many of n values lie below the median."""
    values = np.arange(seeds, dtype=float)
    found = median_interval(values, confidence)
    if math.isinf(found.low):
        assert 1 - 2 * stats.binom.cdf(0, seeds, 0.5) < confidence
    else:
        rank = int(found.low) + 1
        assert 1 - 2 * stats.binom.cdf(rank - 1, seeds, 0.5) >= confidence - 1e-12
        assert 1 - 2 * stats.binom.cdf(rank, seeds, 0.5) < confidence  # the narrowest that does


@given(counts(), CONFIDENCES)
def test_the_interval_of_a_share_is_scipys_and_holds_the_share(of, confidence):
    low, high = share_interval(*of, confidence)
    assert 0 <= low <= of[0] / of[1] <= high <= 1
    theirs = stats.binomtest(*of).proportion_ci(confidence, method="exact")
    assert (low, high) == pytest.approx((theirs.low, theirs.high), rel=1e-9, abs=1e-12)


@given(counts(), CONFIDENCES)
def test_failures_mirror_the_interval_of_a_share(of, confidence):
    low, high = share_interval(*of, confidence)
    other = share_interval(of[1] - of[0], of[1], confidence)
    assert (1 - high, 1 - low) == pytest.approx(other, rel=1e-9, abs=1e-12)


@given(counts())
def test_another_event_never_lowers_the_interval_of_a_share(of):
    events, seeds = of
    assume(events < seeds)
    fewer, more = share_interval(events, seeds), share_interval(events + 1, seeds)
    assert fewer[0] <= more[0]
    assert fewer[1] <= more[1]


# Reported accuracies


@given(counts(), counts(), CONFIDENCES)
def test_exchanged_samples_mirror_a_comparison(one, other, confidence):
    found = proportions.compare(*one, *other, confidence)
    mirrored = proportions.compare(*other, *one, confidence)
    assert found.low <= found.difference <= found.high
    assert mirrored.p_value == pytest.approx(found.p_value, rel=1e-6)
    ends = (mirrored.difference, mirrored.low, mirrored.high)
    assert ends == pytest.approx((-found.difference, -found.high, -found.low), abs=1e-12)
    (k1, n1), (k2, n2) = one, other
    barnard = stats.hypergeom.pmf(k1, n1 + n2, k1 + k2, n1)  # the table itself is no less likely
    assert barnard * (1 - 1e-6) <= found.p_value <= 1


@given(counts(30), ALPHAS)
def test_the_least_detectable_difference_is_the_least(of, alpha):
    hits, total = of
    found = proportions.detectable_difference(total, hits, alpha)
    significant = [
        more
        for more in range(1, total - hits + 1)
        if stats.fisher_exact([[hits, total - hits], [hits + more, total - hits - more]])[1] < alpha
    ]
    assert found == (significant[0] if significant else None)


@given(counts(), st.floats(1e-9, 1 - 1e-9))  # of the smallest floats SciPy overflows
def test_the_exact_binomial_test_is_symmetric(of, share):
    hits, total = of
    found = proportions.against(hits, total, share)
    assert 0 <= found <= 1
    mirrored = proportions.against(total - hits, total, 1 - share)
    assert mirrored == pytest.approx(found, rel=1e-6, abs=1e-12)


# Many claims


@given(st.lists(ALPHAS, max_size=40))
def test_the_error_of_a_suite_is_at_least_that_of_a_claim_and_at_most_their_sum(alphas):
    error = suite_error(alphas)
    assert max(alphas, default=0) * (1 - 1e-9) <= error <= min(1, sum(alphas)) * (1 + 1e-9)


@given(st.floats(1e-6, 0.5), st.integers(1, 5000))
def test_as_many_instances_fit_as_an_equal_share_of_the_error_lets_in(error, instances):
    alpha = error / instances
    assert suite_error([alpha] * instances) <= error * (1 + 1e-9)
    assert instances_within(error * (1 + 1e-9), alpha) >= instances


@given(st.lists(SHARES, min_size=1, max_size=30), st.randoms())
def test_holms_correction_follows_its_p_values(p_values, random):
    found = holm(p_values)
    assert np.all(found >= p_values)
    assert np.all(found <= np.minimum(1, len(p_values) * np.array(p_values) + 1e-15))
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(found[order]) >= 0)
    chosen = random.sample(range(len(p_values)), len(p_values))
    assert holm([p_values[index] for index in chosen]) == pytest.approx(found[chosen])


# The sequential test


@given(st.lists(st.booleans(), min_size=1, max_size=64))
def test_a_walk_is_decided_by_the_first_boundary_that_it_passes(events):
    found = TEST.decide(events)
    paths = [TEST.log_evidence(sum(events[:n]), n) for n in range(1, len(events) + 1)]
    bound = -math.log(TEST.alpha)
    passed = [n for n, path in enumerate(paths, 1) if abs(path) >= bound * (1 - 1e-12)]
    if passed and passed[0] < len(events):
        assert found.seeds == passed[0]
        up = paths[found.seeds - 1] > 0
        assert found.verdict == (Verdict.SUPPORTED if up else Verdict.REFUTED)
    assert found.events == sum(events[: found.seeds])
    assert found.log_evidence == pytest.approx(paths[found.seeds - 1])


@given(WALKS, WALKS)
def test_what_is_decided_stays_so_whatever_comes_after(events, more):
    found = TEST.decide(events)
    if found.verdict in (Verdict.SUPPORTED, Verdict.REFUTED):
        other = np.append(events[: found.seeds], more)[: TEST.budget]
        assert TEST.decide(other) == found


@given(SHARES, SHARES)
def test_a_larger_share_is_supported_no_less_often(one, other):
    fewer, more = (TEST.operating_characteristics(each) for each in sorted([one, other]))
    assert fewer.supported <= more.supported + 1e-12
    assert fewer.refuted >= more.refuted - 1e-12
    for found in (fewer, more):
        total = found.supported + found.refuted + found.inconclusive
        assert total == pytest.approx(1, abs=1e-9)


@given(WALKS)
def test_the_share_when_stopped_holds_what_was_seen(events):
    found = TEST.decide(events)
    low, high = share_when_stopped(TEST, found.events, found.seeds)
    assert 0 <= low <= high <= 1
    assert low - 1e-6 <= found.events / found.seeds <= high + 1e-6


@given(st.sampled_from(list(Verdict)), st.sampled_from(list(Verdict)))
def test_verdicts_agree_in_either_order(one, other):
    assert agree(one, other) == agree(other, one)
    assert agree(one, one)


# Ratios of times


@given(
    st.lists(st.lists(st.floats(-3, 3), min_size=8, max_size=8), min_size=6, max_size=12),
    st.floats(-0.5, 0.5),
)
def test_a_ratios_interval_holds_its_ratio_and_mirrors(rounds, shift):
    rounds = np.array(rounds[: len(rounds) // 2 * 2]) + shift
    controls = rounds[::2] - rounds[1::2]
    found, mirrored = (RatioTest().decide(sign * rounds, sign * controls) for sign in (1, -1))
    assert found.low <= found.ratio <= found.high
    assert mirrored.ratio == pytest.approx(1 / found.ratio, rel=1e-9)
    assert (1 / mirrored.high, 1 / mirrored.low) == pytest.approx((found.low, found.high), rel=1e-9)
    if found.verdict is Verdict.SUPPORTED:
        assert mirrored.verdict is Verdict.REFUTED
