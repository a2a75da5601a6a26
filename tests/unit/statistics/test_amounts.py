"""Does one tree need more than the other: exact, whatever the distribution."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from hw4.statistics import Verdict
from hw4.statistics.amounts import ERROR, AmountTest, error, left_out_of, orders


@pytest.mark.parametrize(("ours", "theirs"), [(1, 1), (2, 3), (4, 5), (5, 4)])
def test_orders_are_those_that_one_counts(ours, theirs):
    counted = [0] * (ours * theirs + 1)
    for mine in itertools.combinations(range(ours + theirs), ours):
        others = set(range(ours + theirs)) - set(mine)
        counted[sum(m < o for m in mine for o in others)] += 1
    assert orders(ours, theirs) == counted


@pytest.mark.parametrize(("ours", "theirs"), [(4, 5), (9, 9), (13, 14)])
def test_the_error_is_that_of_mann_and_whitney(ours, theirs):
    """At most 1 % for the last order that is left out, more for the next."""
    left_out = left_out_of(ours, theirs)
    chances = []
    for smaller in (left_out - 1, left_out):  # two samples without ties, with so many such pairs
        mine = np.zeros(ours)
        for index in range(ours):
            mine[index] = theirs - min(max(smaller - index * theirs, 0), theirs) + index / 100
        others = np.arange(theirs) + 0.5
        test = stats.mannwhitneyu(mine, others, alternative="greater", method="exact")
        chances.append(test.pvalue)
    assert chances[0] == pytest.approx(error(ours, theirs))
    assert chances[0] <= ERROR < chances[1]


def test_nine_processes_are_wrong_in_one_order_of_126():
    assert error(4, 5) == error(5, 4) == 1 / 126


def test_equal_processes_are_called_more_as_rarely_as_is_said():
    """Of all orders of nine amounts that differ by far more than the margin, exactly one is."""
    amounts = 10.0 ** np.arange(9)
    found = []
    for mine in itertools.combinations(range(9), 4):
        decision = AmountTest().decide(amounts[list(mine)], np.delete(amounts, mine))
        found.append(decision.verdict)
    assert len(found) == math.comb(9, 4) == 126
    assert found.count(Verdict.SUPPORTED) == found.count(Verdict.REFUTED) == 1


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [
        (2.0, Verdict.SUPPORTED),
        (1.2, Verdict.SUPPORTED),
        (1.05, Verdict.EQUIVALENT),
        (1.0, Verdict.EQUIVALENT),
        (0.5, Verdict.REFUTED),
        (1.1, Verdict.INCONCLUSIVE),
    ],
)
def test_the_verdict_is_that_of_the_ratio(ratio, verdict):
    before = np.array([100.0, 101, 99, 100, 102])
    decision = AmountTest().decide(ratio * np.array([100.0, 101, 99, 101]), before)
    assert decision.verdict == verdict
    assert decision.low < ratio < decision.high
    assert decision.ratio == pytest.approx(ratio, rel=0.01)
    assert decision.confidence == pytest.approx(1 - 2 / 126)


def test_one_process_of_many_changes_nothing():
    """Of 27 processes; of nine it would, as the interval then has all their ratios."""
    before, now = np.full(14, 100.0), np.full(13, 150.0)
    now[3] = 10.0
    assert AmountTest().decide(now, before).verdict == Verdict.SUPPORTED
    assert AmountTest().decide(now[:4], before[:5]).verdict == Verdict.INCONCLUSIVE


def test_what_is_less_than_the_least_counts_as_that():
    few, none = np.full(4, 900.0), np.zeros(5)
    decision = AmountTest(least=1000.0).decide(few, none)
    assert (decision.verdict, decision.ratio) == (Verdict.EQUIVALENT, 1.0)
    assert AmountTest(least=100.0).decide(few, none).ratio == 9.0


@pytest.mark.parametrize(("ours", "theirs"), [(0, 0), (1, 2), (2, 4), (0, 9)])
def test_too_few_processes_say_nothing(ours, theirs):
    assert AmountTest().decide(np.ones(ours), np.ones(theirs)) is None


@pytest.mark.parametrize("amounts", [[math.nan] * 4, [-1.0] * 4, [[1.0] * 4], [math.inf] * 4, 1.0])
def test_what_is_no_amount_is_refused(amounts):
    with pytest.raises(ValueError, match="one amount a process"):
        AmountTest().decide(amounts, np.ones(5))


@pytest.mark.parametrize("fields", [{"margin": 0.0}, {"margin": math.nan}, {"least": 0.0}])
def test_what_is_no_margin_is_refused(fields):
    with pytest.raises(ValueError, match="must lie strictly between"):
        AmountTest(**fields)
