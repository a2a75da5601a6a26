"""How often is `hw4 bench` red though nothing has changed? Its own procedure, on drawn rounds.

In these worlds a process is slow by itself in one benchmark of ten, by 15 %, or a place makes its
tree slower. What is drawn is what three processes would measure; all else is `Bench` itself.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy import stats

from hw4.bench import measure as bench
from hw4.bench.finding import SLOWER
from hw4.bench.trees import Tree
from hw4.statistics import Verdict
from hw4.statistics.bootstraps import BootstrapTest
from hw4.statistics.ratios import MARGIN, RatioDecision

BENCHMARKS = 100_000  # in a cell
SUITE = 200  # benchmarks of a run
SURE = 0.999  # of the bounds of what is counted
NOISE = 0.02  # of a round
SLOW, BY = 0.1, math.log(1.15)  # one process in ten


class Quick(BootstrapTest):
    """Leaves out the bootstrap where its outcome is plain: it decides a benchmark in milliseconds.

    The interval cannot lie above the margin while a set of three or six, or two of nine, are below
    it: more than half a percent of all resamples have their median there. So with two such sets a
    benchmark will not be red however many follow, and with one it may be after nine.
    """

    def decide(self, log_ratios, controls):
        below = int(np.sum(np.median(log_ratios, axis=1) <= math.log1p(self.margin)))
        if below == 0 or (below == 1 and len(log_ratios) > 6):
            return super().decide(log_ratios, controls)
        open_ = Verdict.INCONCLUSIVE if below == 1 else Verdict.EQUIVALENT
        return RatioDecision(open_, 1.0, 1.0, 1.0, self.margin, 1.0, self.confidence)


@dataclass(frozen=True)
class One:
    """The same test for every benchmark, in place of `Margins`."""

    judge: BootstrapTest

    def test(self, benchmark):
        return self.judge


@dataclass(frozen=True)
class World(bench.Bench):
    """Draws what the processes of a set would measure.

    Attributes:
        benchmarks: how many.
        slow: the probability that a process is slow in a benchmark.
        place: logarithm of how much slower the second place is.
        ratio: of the current tree's true times to the revision's.
    """

    benchmarks: int = BENCHMARKS
    slow: float = SLOW
    place: float = 0.0
    ratio: float = 1.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(5))
    drawn: list = field(default_factory=list)  # the first sets that are still to be added

    def _set(self, measured, chosen, *, exchanged):
        if chosen is None and not self.drawn:
            self.drawn.extend(self.first_sets(exchanged))
        ids = sorted(chosen or ())
        names, logs = self.drawn.pop(0) if chosen is None else (ids, self.draw(len(ids), exchanged))
        for name, each in zip(names, logs, strict=True):
            measured.setdefault(name, bench.Measured()).add(each, self.placed(exchanged))

    def first_sets(self, exchanged):
        """Draw the first three sets at once: only those that `Quick` leaves open are kept."""
        sets = [self.draw(self.benchmarks, exchanged ^ odd) for odd in (False, True, False)]
        kept = np.full(self.benchmarks, True)
        judge = self.margins.test("")
        if isinstance(judge, Quick):
            signs = [-1 if self.placed(exchanged ^ odd) else 1 for odd in (False, True, False)]
            ratios = [
                s * np.median(x[..., 0] - x[..., 1], axis=1)
                for s, x in zip(signs, sets, strict=True)
            ]
            kept = np.sum(np.array(ratios) <= math.log1p(judge.margin), axis=0) <= 1
        return [(np.flatnonzero(kept).tolist(), logs[kept]) for logs in sets]

    def draw(self, count, exchanged):
        """Return logarithms of times, (count, rounds, 3)."""
        logs = self.rng.normal(0, NOISE, (count, bench.ROUNDS, 3))
        logs += BY * (self.rng.random((count, 1, 3)) < self.slow)
        logs += self.place * np.array([0, 1, 1])
        now = np.array([0, 1, 1] if self.placed(exchanged) else [1, 0, 0])
        return logs + math.log(self.ratio) * now

    def placed(self, exchanged):
        return exchanged


class StaysInPlace(World):
    """A bench whose trees keep their places."""

    def placed(self, exchanged):
        return False


def world(kind=World, test=None, **options):
    trees = [Tree(name, None, None) for name in ("now", "before")]
    return kind(*trees, [], [], One(test or Quick()), **options)


def red(findings):
    return sum(finding.verdict == SLOWER for finding in findings)


def most_red(kind, exchanged):
    """Return how probable it is at most that one measurement of a benchmark is red."""
    found = world(kind)._measurement(None, exchanged=exchanged)
    return stats.beta.ppf(SURE, red(found.values()) + 1, BENCHMARKS)


def of_thousand_runs(chance):
    """Return how many runs of the suite are red, where each benchmark is with this probability."""
    return 1000 * -math.expm1(SUITE * math.log1p(-chance))


def test_one_measurement_is_red_as_often_as_the_documentation_says():
    """The trees in their places: slow in three sets, and the other six processes fast."""
    found = red(world(StaysInPlace)._measurement(None).values())
    expected = (SLOW * (1 - SLOW) ** 2) ** 3
    assert stats.binomtest(found, BENCHMARKS, expected).pvalue > 1e-3


@pytest.mark.parametrize("kind", [World, StaysInPlace])
def test_fewer_than_one_run_in_a_thousand_is_red_though_nothing_changed(kind):
    """Of 200 benchmarks each. Both measurements are fresh, so that their chances multiply."""
    once, twice = most_red(kind, exchanged=False), most_red(kind, exchanged=True)
    assert of_thousand_runs(once * twice) < 1
    assert of_thousand_runs(once) > 1  # what one measurement would come to


def test_where_the_trees_keep_their_places_a_place_is_a_regression():
    """A second place that costs 15 % is a regression of every benchmark, or of none."""
    options = {"benchmarks": 200, "place": -BY, "slow": 0.0}
    assert red(world(**options).run()) == 0
    assert red(world(StaysInPlace, **options).run()) == 200


@pytest.mark.parametrize("ratio", [1.15, 1.3, 2.0])
def test_a_true_slowdown_is_still_found(ratio):
    findings = world(benchmarks=200, ratio=ratio, slow=0.0, test=BootstrapTest()).run()
    assert red(findings) == 200


def test_what_is_left_out_would_not_be_red():
    """Of benchmarks whose outcome is said to be plain, the bootstrap calls none a regression."""
    plain = world(benchmarks=100, slow=0.4, test=BootstrapTest())
    measured = {}
    for number in range(9):
        plain._set(measured, None, exchanged=number % 2 == 1)
    checked = 0
    for each in measured.values():
        for sets in (3, 6, 9):
            rounds = each.ratios[:sets], each.controls[:sets]
            if Quick().decide(*rounds).ratio == 1.0:
                checked += 1
                assert BootstrapTest(MARGIN).decide(*rounds).verdict != Verdict.SUPPORTED
    assert checked > 150


def red_at_most(above):
    """Return how probable it is at most that a benchmark is red, from what `Quick` leaves out.

    Args:
        above: the probability that the median of a set lies above the margin.
    """
    three_sets, nine_sets = above**3, 3 * above**8  # of nine, one of the first three may be below
    return (three_sets + nine_sets) ** 2


def test_one_run_in_a_hundred_is_red_at_most_while_few_sets_are_above_the_margin():
    """The bound that the documentation states, for sets that do not depend on each other."""
    assert of_thousand_runs(red_at_most(0.19)) < 10 < of_thousand_runs(red_at_most(0.2))
    assert 0.01 < of_thousand_runs(red_at_most(0.067)) < 0.03
