"""Part 1, task 4b: what the homework says of batch normalisation."""

import numpy as np
import pytest

from hw4 import claim, mlp, sgd

RATES = (0.001, 0.01, 0.1, 1.0)  # decades: the last is ten times the best of the others


@claim.exact(
    "Batch normalisation gives every feature mean 0 and variance 1 in training.",
    id="batch-norm/normalises",
    source="HW4 part 1, task 4b: 'Batch normalization is normalizing the mean and variance of each feature at every level of representation during training.'",
)
def test_batch_norm_normalises_each_feature():
    """Over the batch in training; by the moving statistics, whatever the batch, in inference."""
    import keras

    rng = np.random.default_rng(0)
    features = rng.normal([[-3.0, 0.5, 40.0]], [[0.1, 1.0, 7.0]], (256, 3)).astype(np.float32)
    layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3)

    trained = np.asarray(layer(features, training=True), np.float64)
    np.testing.assert_allclose(trained.mean(axis=0), 0, atol=1e-4)
    variance = features.astype(np.float64).var(axis=0)
    np.testing.assert_allclose(trained.var(axis=0), variance / (variance + 1e-3), rtol=1e-3)

    mean, moving = 0.1 * features.mean(axis=0), 0.9 + 0.1 * variance  # from 0 and 1, momentum 0.9
    inferred = np.asarray(layer(features, training=False))
    expected = (features - mean) / np.sqrt(moving + 1e-3)
    np.testing.assert_allclose(inferred, expected, rtol=1e-4, atol=1e-4)


def accuracy_by_rate(train, network, dataset):
    """Return test accuracy after 10 epochs of plain SGD at each rate, (rates, seeds)."""
    runs = [train(network, sgd(rate), dataset, epochs=10) for rate in RATES]
    return np.stack([run.test_accuracy[:, -1] for run in runs])


@claim(
    "Batch normalisation lets a deep network train at ten times the learning rate.",
    id="batch-norm/higher-learning-rates",
    source="HW4 part 1, task 4b: 'It enables to accelerate the learning process due to using higher learning rates'",
    margin=0.05,
    unit="test accuracy",
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_batch_norm_tolerates_higher_learning_rates(train, dataset):
    """At ten times the rate at which the plain network of that seed does best, six layers deep.

    Ioffe & Szegedy (2015) put it down to gradients that do not grow with the weights' scale. A gain
    below five points would change nobody's choice.
    """
    plain = accuracy_by_rate(train, mlp(depth=6), dataset)
    normed = accuracy_by_rate(train, mlp(depth=6, norm="batch"), dataset)
    tenfold = np.argmax(plain[:-1], axis=0) + 1  # (seeds,), the next rate after the best
    return np.take_along_axis(normed - plain, tenfold[np.newaxis], axis=0)[0]
