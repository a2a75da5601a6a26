"""Ratios of benchmarks, against exact bootstrap distributions, SciPy's bootstrap, simulation."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from hw4.statistics import Verdict
from hw4.statistics.bootstraps import BootstrapTest

TEST = BootstrapTest()
SPREAD, BIAS = 0.05, 0.02  # of a round's log ratio, and of a process's: a quiet machine


def noise(rng, spread=SPREAD, bias=BIAS, shape=(3, 12)):
    """Return log ratios of a callable to itself, (processes, rounds)."""
    return rng.normal(0, bias, (shape[0], 1)) + rng.normal(0, spread, shape)


def decided(ratio, seed=0, **shape_and_noise):
    rng = np.random.default_rng(seed)
    values, controls = noise(rng, **shape_and_noise), noise(rng, **shape_and_noise)
    return TEST.decide(math.log(ratio) + values, controls)


def verdicts(ratio, runs, judge=TEST, **shape_and_noise):
    rng = np.random.default_rng(2024)
    draws = [[noise(rng, **shape_and_noise) for _ in range(2)] for _ in range(runs)]
    return Counter(judge.decide(math.log(ratio) + a, b).verdict for a, b in draws)


def constant(ratio, shape=(3, 12)):
    return np.full(shape, math.log(ratio))


# The judge, both ways


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [
        (1.0, Verdict.EQUIVALENT),
        (1.3, Verdict.SUPPORTED),
        (2.0, Verdict.SUPPORTED),
        (0.7, Verdict.REFUTED),
        (1 / 1.3, Verdict.REFUTED),
        (1.1, Verdict.INCONCLUSIVE),
        (1 / 1.1, Verdict.REFUTED),  # not longer, whether or not shorter by more than the margin
    ],
)
def test_a_planted_ratio_has_its_verdict(ratio, verdict, seed):
    found = decided(ratio, seed, spread=0.03, bias=0.01)
    assert found.verdict is verdict
    assert found.low < ratio < found.high
    assert found.ratio == pytest.approx(ratio, rel=0.03)
    assert found.confidence == 0.99


@pytest.mark.parametrize(
    ("ratio", "control", "verdict"),
    [
        (1.099, 1.0, Verdict.EQUIVALENT),
        (1.101, 1.0, Verdict.SUPPORTED),
        (1 / 1.099, 1.0, Verdict.EQUIVALENT),
        (1 / 1.101, 1.0, Verdict.REFUTED),
        # the control is off by 5 %: the margin is 1.05² − 1 = 10.25 %, in either direction
        (1.102, 1.05, Verdict.EQUIVALENT),
        (1.103, 1.05, Verdict.SUPPORTED),
        (1.103, 1 / 1.05, Verdict.SUPPORTED),
        (1 / 1.102, 1 / 1.05, Verdict.EQUIVALENT),
        (1 / 1.103, 1.05, Verdict.REFUTED),
        # by 15 %: the margin is 32.25 %, but nothing beyond 20 % is called equivalent
        (1.32, 1.15, Verdict.INCONCLUSIVE),
        (1.33, 1.15, Verdict.SUPPORTED),
        (1.21, 1.15, Verdict.INCONCLUSIVE),
        (1.19, 1.15, Verdict.EQUIVALENT),
        (1 / 1.21, 1.15, Verdict.INCONCLUSIVE),
        (1 / 1.19, 1.15, Verdict.EQUIVALENT),
        (1 / 1.32, 1.15, Verdict.INCONCLUSIVE),
        (1 / 1.33, 1.15, Verdict.REFUTED),
    ],
)
def test_rounds_that_agree_are_decided_at_the_margin(ratio, control, verdict):
    found = TEST.decide(constant(ratio), constant(control))
    assert found.verdict is verdict
    assert (found.ratio, found.low, found.high) == pytest.approx((ratio,) * 3)
    assert found.control == pytest.approx(control)
    assert found.margin == pytest.approx(max(0.1, max(control, 1 / control) ** 2 - 1))


def test_an_interval_wholly_below_one_is_refuted_within_a_quiet_margin_too():
    """From 0.85 to 0.95: neither below 1/1.1 nor within it, but not longer."""
    values = np.log([[0.85] * 12, [0.9] * 12, [0.95] * 12])
    assert TEST.decide(values, constant(1)).verdict is Verdict.REFUTED
    assert TEST.decide(values, constant(1.06)).verdict is Verdict.INCONCLUSIVE


def test_a_smaller_stated_margin_supports_a_smaller_ratio():
    assert TEST.decide(constant(1.05), constant(1)).verdict is Verdict.EQUIVALENT
    assert BootstrapTest(0.03).decide(constant(1.05), constant(1)).verdict is Verdict.SUPPORTED


@pytest.mark.parametrize(("ratio", "quiet"), [(1.2, Verdict.SUPPORTED), (1.0, Verdict.EQUIVALENT)])
def test_noise_widens_the_margin_and_leaves_open_what_was_decided(ratio, quiet):
    still, loud = (decided(ratio, spread=spread) for spread in (0.02, 0.3))
    assert (still.verdict, still.margin) == (quiet, 0.1)
    assert loud.verdict is Verdict.INCONCLUSIVE
    assert loud.margin > 0.2


@pytest.mark.parametrize("ratio", [1.3, 1 / 1.3])
def test_noise_in_the_control_alone_leaves_open_what_was_decided(ratio):
    rng = np.random.default_rng(0)
    loud = TEST.decide(constant(ratio), noise(rng, spread=0.6))
    assert loud.margin > 0.3
    assert loud.verdict is Verdict.INCONCLUSIVE


def test_noise_never_makes_a_wide_ratio_equivalent():
    rng = np.random.default_rng(0)
    for spread in (0.1, 0.3, 1, 3):
        for ratio in (1.21, 1.5, 3, 1 / 1.21, 1 / 3):
            found = TEST.decide(constant(ratio), noise(rng, spread=spread))
            assert found.verdict is not Verdict.EQUIVALENT


# The interval


def test_the_interval_of_one_process_is_the_exact_one_of_a_bootstrapped_median():
    """A resample's median is at most the k-th of n values if more than half of its values are.

    Those are binomial(n, k/n). For n = 15: 0.42 % at k = 3 and 2.5 % at k = 4, so that 1 % lies at
    the fourth value from either end.
    """
    values = np.sort(np.random.default_rng(0).normal(size=15))
    reached = stats.binom.sf(7, 15, np.arange(1, 16) / 15)
    assert np.flatnonzero(reached >= 0.01)[0] == 3
    shuffled = np.random.default_rng(1).permutation(values)
    found = BootstrapTest(confidence=0.98).decide([shuffled], [np.zeros(15)])
    assert math.log(found.low) == pytest.approx(values[3])
    assert math.log(found.high) == pytest.approx(values[-4])


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_interval_of_one_process_is_scipys(confidence):
    values = np.random.default_rng(3).normal(0.1, SPREAD, 40)
    expected = stats.bootstrap(
        (values,),
        np.median,
        confidence_level=confidence,
        n_resamples=9999,
        method="percentile",
        rng=np.random.default_rng(4),
    ).confidence_interval
    found = BootstrapTest(confidence=confidence).decide([values], [np.zeros(40)])
    tolerance = 0.1 * (expected.high - expected.low)
    assert np.log([found.low, found.high]) == pytest.approx(tuple(expected), abs=tolerance)


@pytest.mark.parametrize("bias", [0.0, 0.1])
def test_the_interval_of_several_processes_is_that_of_plain_loops(bias):
    rng = np.random.default_rng(5)
    values = noise(rng, bias=bias, shape=(4, 9))
    medians = []
    for _ in range(4000):
        drawn = []
        for _ in range(4):
            process = values[rng.integers(4)]
            drawn += [process[rng.integers(9)] for _ in range(9)]
        medians.append(sorted(drawn)[17:19])
    expected = np.quantile(np.mean(medians, axis=1), [0.05, 0.95])
    found = BootstrapTest(confidence=0.9).decide(values, np.zeros((4, 9)))
    tolerance = 0.1 * (expected[1] - expected[0])
    np.testing.assert_allclose(np.log([found.low, found.high]), expected, atol=tolerance)


def test_processes_that_differ_widen_the_interval():
    """All three resampled processes are the lowest one with probability 1/27, beyond 0.5 %.

    A bootstrap of the rounds alone would leave the middle process's ratio, and call it certain.
    """
    values = np.log([[1.0] * 40, [1.2] * 40, [1.4] * 40])
    found = TEST.decide(values, np.zeros((3, 40)))
    assert (found.low, found.ratio, found.high) == pytest.approx((1.0, 1.2, 1.4))
    assert found.verdict is Verdict.INCONCLUSIVE
    alike = TEST.decide(values.T.reshape(3, 40), np.zeros((3, 40)))  # the same 120 rounds
    assert (alike.low, alike.ratio, alike.high) == pytest.approx((1.2, 1.2, 1.2))
    assert alike.verdict is Verdict.SUPPORTED


def test_a_biased_process_of_the_control_widens_the_margin():
    control = np.log([[1.0] * 12, [1.0] * 12, [1.25] * 12])
    found = TEST.decide(constant(1.2), control)
    assert found.control == pytest.approx(1)
    assert found.margin == pytest.approx(0.25)
    assert found.verdict is Verdict.INCONCLUSIVE


def test_more_confidence_widens_the_interval():
    rng = np.random.default_rng(0)
    values, control = noise(rng), noise(rng)
    some, more = (BootstrapTest(confidence=c).decide(values, control) for c in (0.8, 0.99))
    assert more.low < some.low < some.ratio == more.ratio < some.high < more.high


def test_the_same_rounds_give_the_same_decision_and_are_left_as_they_were():
    rng = np.random.default_rng(0)
    values, control = noise(rng), noise(rng)
    copies = values.copy(), control.copy()
    first = TEST.decide(values, control)
    assert TEST.decide(values.tolist(), control.tolist()) == first
    np.testing.assert_array_equal((values, control), copies)


@pytest.mark.parametrize(
    ("ratio", "verdict", "other"),
    [
        (1.3, Verdict.SUPPORTED, Verdict.REFUTED),
        (1.0, Verdict.EQUIVALENT, Verdict.EQUIVALENT),
        (1.1, Verdict.INCONCLUSIVE, Verdict.REFUTED),  # perhaps longer; not shorter for sure
    ],
)
def test_exchanging_the_two_inverts_ratio_and_interval(ratio, verdict, other):
    rng = np.random.default_rng(1)
    values, control = math.log(ratio) + noise(rng), noise(rng)
    found, exchanged = TEST.decide(values, control), TEST.decide(-values, -control)
    assert (found.verdict, exchanged.verdict) == (verdict, other)
    assert exchanged.ratio == pytest.approx(1 / found.ratio)
    assert (exchanged.low, exchanged.high) == pytest.approx((1 / found.high, 1 / found.low))
    assert exchanged.margin == pytest.approx(found.margin)
    assert exchanged.control == pytest.approx(1 / found.control)


# How often it is right


def test_what_takes_as_long_is_hardly_ever_called_longer():
    runs = 300
    found = verdicts(1.0, runs)
    assert found[Verdict.SUPPORTED] + found[Verdict.REFUTED] <= 0.01 * runs
    assert found[Verdict.EQUIVALENT] >= 0.9 * runs


def test_what_takes_a_third_longer_is_nearly_always_called_longer():
    runs = 200
    assert verdicts(1.3, runs)[Verdict.SUPPORTED] >= 0.95 * runs
    assert verdicts(1 / 1.3, runs)[Verdict.REFUTED] >= 0.95 * runs


def test_noise_beyond_a_small_margin_is_not_called_longer():
    """Three biased processes are all on one side every fourth time; the control then says so."""
    runs = 200
    found = verdicts(1.0, runs, BootstrapTest(0.001), bias=0.1)
    assert found[Verdict.SUPPORTED] + found[Verdict.REFUTED] <= 0.01 * runs


# Refusals


@pytest.mark.parametrize(
    ("values", "shape"),
    [([], r"\(0,\)"), ([0.1, 0.2], r"\(2,\)"), ([[]], r"\(1, 0\)"), ([[math.nan]], r"\(1, 1\)")],
)
def test_what_are_no_rounds_is_refused(values, shape):
    message = rf"^expected finite log ratios \(processes, rounds\), got {shape}$"
    for both in [(values, [[0.0]]), ([[0.0]], values)]:
        with pytest.raises(ValueError, match=message):
            TEST.decide(*both)


def test_a_callable_that_took_no_time_is_refused():
    with pytest.raises(ValueError, match="finite"):
        TEST.decide([[0.0, -math.inf]], [[0.0, 0.0]])


def test_rounds_without_a_control_each_are_refused():
    message = r"^expected a control a round, got \(3, 11\) for \(3, 12\)$"
    with pytest.raises(ValueError, match=message):
        TEST.decide(np.zeros((3, 12)), np.zeros((3, 11)))


@pytest.mark.parametrize("margin", [0.0, -0.1, math.inf, math.nan])
def test_an_impossible_margin_is_refused(margin):
    with pytest.raises(
        ValueError, match=r"^margin must lie strictly between 0 and inf, got [^\n]+$"
    ):
        BootstrapTest(margin)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 99, math.nan])
def test_an_impossible_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match=r"^confidence must lie strictly between 0 and 1, got"):
        BootstrapTest(confidence=confidence)
