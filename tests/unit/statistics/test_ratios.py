"""Ratios of times, against SciPy's t interval, closed forms and simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from hw4.statistics import Verdict
from hw4.statistics.ratios import FAR, FEWEST, MOST, PAIR, RatioTest

TEST = RatioTest()
LOOKS = range(FEWEST, MOST + 1, PAIR)


def rounds_of(medians, spread=0.0):
    """Return log ratios (processes, 8) whose medians are these."""
    return np.add.outer(medians, spread * np.array([-9, -1, -0.5, 0, 0, 0.5, 1, 9]))


def constant(ratio, processes=6):
    return np.full((processes, 8), math.log(ratio))


def control(ratio=1.0, pairs=3):
    return np.full((pairs, 8), math.log(ratio))


# The judge, both ways


@pytest.mark.parametrize(
    ("ratio", "against_itself", "verdict"),
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
def test_processes_that_agree_are_decided_at_the_margin(ratio, against_itself, verdict):
    found = TEST.decide(constant(ratio), control(against_itself))
    assert found.verdict is verdict
    assert (found.ratio, found.low, found.high) == pytest.approx((ratio,) * 3)
    assert found.control == pytest.approx(against_itself)
    assert found.margin == pytest.approx(max(0.1, max(against_itself, 1 / against_itself) ** 2 - 1))


def test_an_interval_wholly_below_one_is_refuted_within_a_quiet_margin_too():
    """About 0.95: neither below 1/1.1 nor within it, but not longer."""
    values = rounds_of(np.log([0.85, 0.87, 0.89, 0.91, 0.93, 0.95]))
    assert TEST.decide(values, control()).verdict is Verdict.REFUTED
    assert TEST.decide(values, control(1.06)).verdict is Verdict.INCONCLUSIVE


def test_a_smaller_stated_margin_supports_a_smaller_ratio():
    assert TEST.decide(constant(1.05), control()).verdict is Verdict.EQUIVALENT
    assert RatioTest(0.03).decide(constant(1.05), control()).verdict is Verdict.SUPPORTED


@pytest.mark.parametrize("processes", [2, 3, 4, 5])
@pytest.mark.parametrize(
    ("ratio", "far"),
    [
        (1.0, Verdict.INCONCLUSIVE),
        (1.20, Verdict.INCONCLUSIVE),  # 1.1 · 1.1 is 1.21
        (1.22, Verdict.SUPPORTED),
        (1 / 1.20, Verdict.INCONCLUSIVE),
        (1 / 1.22, Verdict.REFUTED),
    ],
)
def test_fewer_than_six_processes_decide_only_what_is_far_from_the_margin(processes, ratio, far):
    found = TEST.decide(constant(ratio, processes), control(pairs=1)).verdict
    assert found is (far if processes >= FEWEST else Verdict.INCONCLUSIVE)


def test_far_is_beyond_the_margin_that_the_control_has_widened():
    values, noisy = constant(1.3, 4), control(1.1, 2)  # 1.1 · 1.1² is 1.33
    assert TEST.decide(values, control(pairs=2)).verdict is Verdict.SUPPORTED
    assert TEST.decide(values, noisy).verdict is Verdict.INCONCLUSIVE


# The interval


@pytest.mark.parametrize("processes", [2, 6, 12, 22])
def test_the_interval_is_scipys_over_the_medians_of_the_processes(processes):
    medians = np.random.default_rng(processes).normal(0.1, 0.03, processes)
    confidence = 0.998
    expected = stats.t.interval(confidence, processes - 1, medians.mean(), stats.sem(medians))
    found = TEST.decide(rounds_of(medians, 0.1), control())
    assert found.confidence == confidence
    assert np.log([found.low, found.high]) == pytest.approx(expected)
    assert math.log(found.ratio) == pytest.approx(medians.mean())


def test_rounds_far_from_the_others_of_their_process_change_nothing():
    medians = np.log([1.3, 1.31, 1.29, 1.3, 1.3, 1.32])
    still, spread = (TEST.decide(rounds_of(medians, s), control()) for s in (0.0, 0.3))
    assert still == spread


def test_more_rounds_of_the_same_processes_do_not_narrow_it():
    medians = np.random.default_rng(0).normal(0, 0.05, 6)
    few, many = rounds_of(medians), np.tile(rounds_of(medians), 10)
    assert TEST.decide(few, control()) == TEST.decide(many, control())


def test_a_control_that_is_off_in_one_pair_counts_by_its_mean():
    values = np.repeat(np.log([[1.0], [1.0], [1.3]]), 8, axis=1)
    found = TEST.decide(constant(1.15), values)
    assert found.control == pytest.approx(1.3 ** (1 / 3))
    assert found.margin == pytest.approx(1.3 ** (2 / 3) - 1)
    assert found.verdict is Verdict.EQUIVALENT


@pytest.mark.parametrize(
    ("ratio", "verdict", "other"),
    [
        (1.3, Verdict.SUPPORTED, Verdict.REFUTED),
        (1.0, Verdict.EQUIVALENT, Verdict.EQUIVALENT),
        (1.1, Verdict.INCONCLUSIVE, Verdict.REFUTED),  # perhaps longer; not shorter for sure
    ],
)
def test_exchanging_the_two_inverts_ratio_and_interval(ratio, verdict, other):
    values = rounds_of(math.log(ratio) + np.random.default_rng(1).normal(0, 0.02, 8))
    found, exchanged = (TEST.decide(s * values, control(1.02**s, 4)) for s in (1, -1))
    assert (found.verdict, exchanged.verdict) == (verdict, other)
    assert exchanged.ratio == pytest.approx(1 / found.ratio)
    assert (exchanged.low, exchanged.high) == pytest.approx((1 / found.high, 1 / found.low))
    assert exchanged.margin == pytest.approx(found.margin)
    assert exchanged.control == pytest.approx(1 / found.control)


def test_lists_will_do_and_rounds_are_left_as_they_were():
    values = rounds_of(np.random.default_rng(0).normal(0, 0.05, 6), 0.1)
    copy = values.copy()
    first = TEST.decide(values, control())
    assert TEST.decide(values.tolist(), control().tolist()) == first
    np.testing.assert_array_equal(values, copy)


def test_the_last_look_is_at_the_median_process_which_strays_do_not_move():
    medians = np.r_[np.linspace(-0.03, 0.03, 20), 0.13, 0.24, 0.35, 0.4]
    found = TEST.decide(rounds_of(medians, 0.1), control())
    assert 2 * stats.binom.cdf(5, 24, 0.5) < 0.01 < 2 * stats.binom.cdf(6, 24, 0.5)
    assert np.log([found.low, found.high]) == pytest.approx([medians[5], medians[18]], abs=1e-9)
    assert (found.verdict, found.confidence) == (Verdict.EQUIVALENT, 0.99)


# Planning


@pytest.mark.parametrize("spread", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("processes", LOOKS)
@pytest.mark.parametrize("test", [TEST, RatioTest(0.02)])
def test_processes_needed_for_a_detectable_ratio_are_those_it_was_computed_from(
    test, processes, spread
):
    ratio = test.detectable_ratio(spread, processes)
    assert ratio > 1 + test.margin
    assert test.processes_needed(ratio, spread) == processes
    if processes < MOST:
        assert test.processes_needed(ratio * (1 - 1e-9), spread) == processes + PAIR
    else:
        assert test.processes_needed(ratio * (1 - 1e-9), spread) is None


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.1])
def test_no_number_of_processes_shows_a_ratio_within_the_margin(ratio):
    assert TEST.processes_needed(ratio, 0.01) is None


@pytest.mark.parametrize("processes", [4, 6, 12])
def test_a_detectable_ratio_is_detected_nine_times_in_ten(processes):
    runs, spread = 1000, 0.05
    ratio = TEST.detectable_ratio(spread, processes)
    medians = np.random.default_rng(7).normal(math.log(ratio), spread, (runs, processes, 1))
    still = np.zeros((1, 1))
    found = sum(TEST.decide(each, still).verdict is Verdict.SUPPORTED for each in medians)
    assert stats.binomtest(found, runs, 0.9).pvalue > 1e-3


def test_what_fewer_than_six_processes_detect_is_far():
    assert TEST.detectable_ratio(1e-9, 4) == pytest.approx(1.1 * (1 + FAR))
    assert TEST.detectable_ratio(1e-9, 6) == pytest.approx(1.1)


# Refusals


@pytest.mark.parametrize(
    ("values", "shape"),
    [([], r"\(0,\)"), ([0.1, 0.2], r"\(2,\)"), ([[]], r"\(1, 0\)"), ([[math.nan]], r"\(1, 1\)")],
)
def test_what_are_no_rounds_is_refused(values, shape):
    message = rf"^expected finite log ratios \(processes, rounds\), got {shape}$"
    for both in [(values, [[0.0]]), ([[0.0], [0.0]], values)]:
        with pytest.raises(ValueError, match=message):
            TEST.decide(*both)


def test_a_callable_that_took_no_time_is_refused():
    with pytest.raises(ValueError, match="finite"):
        TEST.decide([[0.0, -math.inf]], [[0.0, 0.0]])


def test_a_single_process_is_refused():
    with pytest.raises(ValueError, match=r"^expected rounds of at least 2 processes, got 1$"):
        TEST.decide([[0.0]], [[0.0]])


@pytest.mark.parametrize("margin", [0.0, -0.1, math.inf, math.nan])
def test_an_impossible_margin_is_refused(margin):
    with pytest.raises(
        ValueError, match=r"^margin must lie strictly between 0 and inf, got [^\n]+$"
    ):
        RatioTest(margin)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.inf, math.nan])
def test_an_impossible_spread_or_ratio_is_refused(bad):
    with pytest.raises(ValueError, match=r"^spread must"):
        TEST.detectable_ratio(bad)
    with pytest.raises(ValueError, match=r"^spread must"):
        TEST.processes_needed(1.3, bad)
    with pytest.raises(ValueError, match=r"^ratio must"):
        TEST.processes_needed(bad, 0.05)


@pytest.mark.parametrize("processes", [0, 3, 4.5])
def test_impossible_processes_are_refused(processes):
    with pytest.raises(ValueError, match=r"^processes must be a whole number of at least 4"):
        TEST.detectable_ratio(0.05, processes)
