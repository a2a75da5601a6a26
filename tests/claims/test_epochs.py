"""Part 1, task 3: what the homework says of the number of epochs."""

import pytest

from hw4 import adam, claim, mlp
from hw4.statistics import compare

CONVERGED = 20  # epochs of Adam at 1e-3, after which accuracy has levelled off


def trained_past_convergence(train, dataset):
    """Return runs of twice the epochs that convergence takes."""
    return train(mlp(), adam(1e-3), dataset, epochs=2 * CONVERGED)


@claim(
    "The first few epochs improve accuracy strongly.",
    id="epochs/early-epochs-matter",
    source="HW4 part 1, task 3: 'When there is a small number of epochs, the influence is significant and you can see a strong improvement in the performance'",
    margin=0.05,
    unit="test accuracy",
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_early_epochs_improve_accuracy(train, dataset):
    """Accuracy after the fifth epoch − after the first; five points are "strong" in the homework."""
    runs = trained_past_convergence(train, dataset)
    return runs.test_accuracy[:, 4] - runs.test_accuracy[:, 0]


@claim.equivalent(
    "Once a network has converged, twice the epochs leave its accuracy as it was.",
    id="epochs/plateau",
    source="HW4 part 1, task 3: 'at some point, the system comes to a state of equilibrium and an increase in the number of epochs has almost no effect on the results'",
    margin=0.03,
    unit="test accuracy",
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_accuracy_comes_to_an_equilibrium(train, dataset):
    """Accuracy at epoch 2T − at T. Three points: five of the homework's 175 test images."""
    runs = trained_past_convergence(train, dataset)
    return runs.test_accuracy[:, 2 * CONVERGED - 1] - runs.test_accuracy[:, CONVERGED - 1]


@claim.exact(
    "The accuracies reported for 25 and 40 epochs do not differ significantly.",
    id="epochs/reported-25-vs-40",
    source="HW4 part 1, task 3: 'In our case, as we can see, there was no significant improvement.'",
)
def test_reported_epochs_do_not_differ():
    """Fisher's exact test of 100/175 against 103/175, as if the two test runs were independent."""
    found = compare(100, 175, 103, 175)
    assert found.p_value > 0.05, f"they differ, p = {found.p_value:.3g}"
