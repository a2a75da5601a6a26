"""Is a claim about time decided rightly? Errors of the whole procedure, counted on planted rounds.

Each of 100,000 claims has processes with a bias of their own and rounds with heavy tails (Student's
t with three degrees of freedom), and a control that differs between processes as much; pairs of
processes are added until the interval decides. That broken judges fail shows that the bars are not
idle. The judge is written once more here, for many claims at a time, and held to the real one.
"""

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

from hw4.statistics import Verdict
from hw4.statistics.ratios import ENOUGH, FAR, FEWEST, MARGIN, MOST, NOISIEST, PAIR, RatioTest

CLAIMS = 100_000
ROUNDS = 12
SPREAD = 0.05  # the scale of a round's log ratio; a quiet machine has half as much
VERDICTS = [Verdict.INCONCLUSIVE, Verdict.SUPPORTED, Verdict.REFUTED, Verdict.EQUIVALENT]
OPEN, SUPPORTED, REFUTED, EQUIVALENT = range(4)


def rounds(rng, shape, bias):
    """Return log ratios of a callable to itself, (*shape, rounds)."""
    return rng.normal(0, bias, (*shape, 1)) + SPREAD * rng.standard_t(3, (*shape, ROUNDS))


@cache
def medians(bias, strays=0.0, seed=0):
    """Return each process's and each pair's median, (claims, 24) and (claims, 12).

    In a share of processes, the strays, one callable takes half as long again.
    """
    rng = np.random.default_rng(seed)
    shapes = (CLAIMS, MOST), (CLAIMS, MOST // PAIR)
    values, controls = (np.median(rounds(rng, shape, bias), axis=-1) for shape in shapes)
    stray = math.log(1.5) * rng.choice(
        [-1, 0, 1], shapes[0], p=[strays / 2, 1 - strays, strays / 2]
    )
    return values + stray, controls


def student(processes):
    return stats.t.ppf(0.995 if processes == MOST else 0.999, processes - 1)


def look(values, controls, reach=student, enough=ENOUGH):
    """Return the verdicts on claims after so many processes, (claims,) of codes."""
    processes = values.shape[1]
    middle, spread = values.mean(axis=1), values.std(axis=1, ddof=1)
    half = reach(processes) * spread / math.sqrt(processes)
    margin = np.maximum(math.log1p(MARGIN), 2 * abs(controls.mean(axis=1)))
    alike = np.minimum(margin, math.log1p(NOISIEST * MARGIN))
    low, high = middle - half, middle + half
    if processes == MOST:
        low, high = np.sort(values, axis=1)[:, [5, 18]].T  # 99 % for 24
    if processes < enough:
        far = margin + math.log1p(FAR)
        return np.select([low > far, high < -far], [SUPPORTED, REFUTED], OPEN)
    quiet = margin <= math.log1p(MARGIN)
    below = (high < 0) & (quiet | (high < -margin))
    equal = (low > -alike) & (high < alike)
    return np.select([low > margin, equal, below], [SUPPORTED, EQUIVALENT, REFUTED], OPEN)


def shares(ratio, bias, strays=0.0, most=MOST, **judge):
    """Return the share of claims with each verdict, and the mean number of processes."""
    values, controls = medians(bias, strays)
    values = values + math.log(ratio)
    verdicts, stopped, left = np.zeros(CLAIMS, int), np.full(CLAIMS, most), np.arange(CLAIMS)
    for processes in range(judge.pop("fewest", FEWEST), most + 1, PAIR):
        found = look(values[left, :processes], controls[left, : processes // PAIR], **judge)
        settled = found != OPEN
        verdicts[left[settled]], stopped[left[settled]] = found[settled], processes
        left = left[~settled]
    return np.bincount(verdicts, minlength=4) / CLAIMS, stopped.mean()


def is_right(**judge):
    """Return whether a judge keeps every promise of docs/timing.md."""

    def keeps(bias):
        same, processes = shares(1.0, bias, **judge)
        return (
            same[REFUTED] <= 0.004
            and same[EQUIVALENT] >= 0.998
            and processes <= 10
            and shares(1.09, bias, **judge)[0][SUPPORTED] <= 0.002
            and shares(1.2, bias, **judge)[0][SUPPORTED] >= 0.97
        )

    return all(map(keeps, (0.0, 0.02, 0.05)))


def test_errors_are_rare_and_what_is_true_is_found_by_few_processes():
    assert is_right()


@pytest.mark.parametrize("ratio", [1.0, 1.09])
def test_errors_are_rare_where_six_processes_must_do(ratio):
    """So it is where nothing is registered."""
    for bias in (0.0, 0.02, 0.05):
        found, _ = shares(ratio, bias, most=ENOUGH)
        assert found[SUPPORTED] <= 0.002
        assert ratio > 1 or found[REFUTED] <= 0.004


def test_patience_settles_what_stray_processes_leave_open():
    """One process in fifty is off by half; an open claim that is registered fails a run."""
    (hasty, _), (patient, processes) = (
        shares(1.0, 0.02, strays=0.02, most=most) for most in (MOST // 2, MOST)
    )
    assert hasty[EQUIVALENT] < 0.9
    assert patient[EQUIVALENT] > 0.99
    assert processes < 9


@pytest.mark.parametrize(
    "judge",
    [
        {"reach": lambda processes: stats.norm.ppf(0.995)},
        {"reach": lambda processes: stats.t.ppf(0.995, processes - 1)},  # every look at 99 %
        {"reach": lambda processes: stats.t.ppf(0.9998, processes - 1)},
        {
            "reach": lambda processes: stats.t.ppf(0.95, processes - 1),
            "fewest": 2,
            "enough": 2,
        },
    ],
    ids=["normal", "careless", "timid", "hasty"],
)
def test_broken_judges_fail(judge):
    assert not is_right(**judge)


@pytest.mark.parametrize("ratio", [1.5, 4.0])
def test_what_is_far_from_the_margin_takes_few_processes(ratio):
    found, processes = shares(ratio, 0.02)
    assert found[SUPPORTED] > 0.9999
    assert processes < 4.5


def test_the_judge_of_this_study_is_the_real_one():
    rng = np.random.default_rng(1)
    for processes in range(FEWEST, MOST + 1, PAIR):
        for ratio in (0.8, 0.9, 1.0, 1.05, 1.2, 1.4):
            values = math.log(ratio) + rounds(rng, (10, processes), 0.03)
            controls = rounds(rng, (10, processes // PAIR), 0.05)
            codes = look(np.median(values, axis=-1), np.median(controls, axis=-1))
            real = [
                RatioTest().decide(*pair).verdict for pair in zip(values, controls, strict=True)
            ]
            assert [VERDICTS[code] for code in codes] == real
