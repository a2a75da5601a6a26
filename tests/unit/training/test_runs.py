import numpy as np
import pytest

from hw4.training import runs
from hw4.training.runs import METRICS, Runs, rank_divergence

LOSSES = ("train_loss", "test_loss", "penalty")
ACCURACIES = ("train_accuracy", "test_accuracy")


def history(**changes):
    """Return every metric as (2, 4) halves, with changes {name: {(seed, epoch): value}}."""
    arrays = {name: np.full((2, 4), 0.5) for name in METRICS}
    for name, values in changes.items():
        for place, value in values.items():
            arrays[name][place] = value
    return arrays


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_from_the_epoch_of_divergence_on_a_run_ranks_last(name, value):
    ranked = rank_divergence(history(**{name: {(1, 2): value}}))
    for metric in METRICS:
        worst = -np.inf if metric in ACCURACIES else np.inf
        np.testing.assert_array_equal(ranked[metric][0], [0.5] * 4)
        np.testing.assert_array_equal(ranked[metric][1], [0.5, 0.5, worst, worst])


def test_what_was_given_is_not_changed():
    given = history(train_loss={(0, 0): np.nan})
    rank_divergence(given)
    assert np.isnan(given["train_loss"][0, 0])
    assert given["test_loss"][0, 0] == 0.5


def test_runs_that_converge_stay_as_they_are():
    for name, values in rank_divergence(history()).items():
        np.testing.assert_array_equal(values, history()[name])


def arm(*diverged):
    """Return runs of two seeds of which these diverge in the last epoch but one."""
    losses = {(seed, 2): np.nan for seed in diverged}
    return Runs(np.array([7, 9]), **rank_divergence(history(train_loss=losses)))


def test_a_run_that_ended_in_no_finite_loss_diverged():
    np.testing.assert_array_equal(arm(1).diverged, [False, True])
    np.testing.assert_array_equal(arm().diverged, [False, False])


def test_without_an_epoch_nothing_diverged():
    empty = Runs(np.arange(3), **{name: np.empty((3, 0)) for name in METRICS})
    np.testing.assert_array_equal(empty.diverged, [False] * 3)


def test_a_diverged_arm_is_below_every_finite_one():
    better = arm().test_accuracy[:, -1] - arm(1).test_accuracy[:, -1]
    np.testing.assert_array_equal(better, [0, np.inf])
    lower = arm(1).train_loss[:, -1] - arm().train_loss[:, -1]
    np.testing.assert_array_equal(lower, [0, np.inf])


@pytest.mark.filterwarnings("ignore:invalid value encountered in subtract")  # ∞ − ∞ is the point
def test_of_two_diverged_arms_neither_is_better():
    for name in METRICS:
        assert np.isnan(getattr(arm(0, 1), name) - getattr(arm(0, 1), name))[:, 2:].all()


def test_the_gap_is_train_minus_test_accuracy():
    values = history(train_accuracy={(0, 0): 0.75})
    assert Runs(np.arange(2), **values).gap[0, 0] == 0.25


def test_rows_and_runs_are_each_others_reverse():
    rng = np.random.default_rng(0)
    arrays = {name: rng.random((3, 4)) for name in METRICS}
    probes = {"weight_norm": rng.random((3, 2, 5))}
    given = Runs(np.array([4, 1, 8]), **arrays, probes=probes)
    rows = [given.row(index) for index in range(3)]
    assert rows[0].keys() == {*METRICS, "probe/weight_norm"}
    back = runs.from_rows([4, 1, 8], rows)
    np.testing.assert_array_equal(back.seeds, given.seeds)
    for name in METRICS:
        np.testing.assert_array_equal(getattr(back, name), arrays[name])
    np.testing.assert_array_equal(back.probes["weight_norm"], probes["weight_norm"])
    assert back.probes.keys() == probes.keys()
