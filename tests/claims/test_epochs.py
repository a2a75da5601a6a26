"""Part 1, task 3: what the homework says of the number of epochs."""

import pytest

from hw4 import adam, claim, mlp
from hw4.statistics import compare

EPOCHS = 40  # the most that the homework trained


def trained_twice_as_long(train, dataset):
    """Return runs of twice the homework's epochs, at Adam's usual rate."""
    return train(mlp(), adam(1e-3), dataset, epochs=2 * EPOCHS)


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
    runs = trained_twice_as_long(train, dataset)
    return runs.test_accuracy[:, 4] - runs.test_accuracy[:, 0]


@claim.equivalent(
    "After 40 epochs accuracy is in equilibrium: twice as many leave it as it was.",
    id="epochs/plateau",
    source="HW4 part 1, task 3: 'at some point, the system comes to a state of equilibrium and an increase in the number of epochs has almost no effect on the results'",
    margin=0.03,
    unit="test accuracy",
    expect={"digits": "supported", "phantom": "refuted"},
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_accuracy_comes_to_an_equilibrium(train, dataset):
    """Accuracy at epoch 80 − at 40. Three points: five of the homework's 175 test images.

    An equilibrium is reached when the training set has been fitted, not after some number of
    epochs. On digits it has been by then (99.9 % of it), and nothing moves. On phantom it has not
    (79 %), and each doubling up to 160 epochs gains another four points. A curve that rises by a
    tenth of a point an epoch looks level long before it is.
    """
    runs = trained_twice_as_long(train, dataset)
    return runs.test_accuracy[:, -1] - runs.test_accuracy[:, EPOCHS - 1]


@claim.exact(
    "The accuracies reported for 25 and 40 epochs do not differ significantly.",
    id="epochs/reported-25-vs-40",
    source="HW4 part 1, task 3: 'In our case, as we can see, there was no significant improvement.'",
)
def test_reported_epochs_do_not_differ():
    """Fisher's exact test of 100/175 against 103/175, as if the two test runs were independent."""
    found = compare(100, 175, 103, 175)
    assert found.p_value > 0.05, f"they differ, p = {found.p_value:.3g}"
