"""Error over many decisions, against closed testing and exact probabilities."""

import itertools
import math

import numpy as np
import pytest

from hw4.statistics import holm, instances_within, suite_error


def closed_testing(p_values):
    """Adjust by Bonferroni's test of every intersection: what Holm's shortcut must equal."""
    indices = range(len(p_values))
    subsets = [s for m in indices for s in itertools.combinations(indices, m + 1)]
    bonferroni = {s: min(1.0, len(s) * min(p_values[i] for i in s)) for s in subsets}
    return [max(p for s, p in bonferroni.items() if i in s) for i in indices]


def test_a_hundred_claims_err_in_fewer_than_one_run_in_a_hundred():
    bound = suite_error([1e-4] * 100)
    assert bound == pytest.approx(0.01)
    assert bound > 1 - (1 - 1e-4) ** 100  # the exact error, were they independent


def test_the_bound_is_reached_when_errors_exclude_each_other():
    """One uniform number u; claim i errs when u falls into its own tenth: dependent at will."""
    u = np.linspace(0, 1, 1000, endpoint=False)
    errs = [(u >= i / 10) & (u < (i + 1) / 10) for i in range(10)]
    for claims in (1, 4, 10):
        assert np.any(errs[:claims], axis=0).mean() == pytest.approx(suite_error([0.1] * claims))


def test_a_probability_is_never_more_than_one():
    assert suite_error([0.4, 0.4, 0.4]) == 1


def test_no_decision_is_never_wrong():
    assert suite_error([]) == 0


@pytest.mark.parametrize(
    ("error", "alpha", "instances"),
    [(0.01, 1e-4, 100), (0.3, 0.1, 3), (0.05, 0.02, 2), (0.5, 0.003, 166), (0.01, 0.02, 0)],
)
def test_as_many_instances_fit_as_whole_alphas(error, alpha, instances):
    assert instances_within(error, alpha) == instances


@pytest.mark.parametrize("size", range(1, 8))
def test_holm_equals_closed_testing(size):
    p_values = np.random.default_rng(size).beta(0.4, 2, size)
    np.testing.assert_allclose(holm(p_values), closed_testing(p_values), rtol=1e-12)


def test_holm_equals_closed_testing_with_ties():
    p_values = [0.02, 0.01, 0.02, 1.0, 0.01]
    np.testing.assert_allclose(holm(p_values), closed_testing(p_values), rtol=1e-12)


def test_holm_of_nothing_is_nothing():
    assert holm([]).shape == (0,)


def test_holm_leaves_its_argument_and_its_order():
    p_values = np.array([0.04, 0.01, 0.03])
    np.testing.assert_allclose(holm(p_values), [0.06, 0.03, 0.06])
    np.testing.assert_array_equal(p_values, [0.04, 0.01, 0.03])


@pytest.mark.parametrize("p_values", [[0.5, 1.5], [-0.1], [math.nan], [[0.5]], 0.5])
def test_what_is_no_list_of_p_values_is_refused(p_values):
    with pytest.raises(ValueError, match="p-values"):
        holm(p_values)


def test_impossible_errors_and_instances_are_refused():
    with pytest.raises(ValueError, match="alpha"):
        suite_error([1e-4, 0.0])
    with pytest.raises(ValueError, match="suite_error"):
        instances_within(1.0, 1e-4)
    with pytest.raises(ValueError, match="alpha"):
        instances_within(0.01, math.nan)
