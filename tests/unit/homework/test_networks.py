"""The homework's networks and optimiser have the homework's numbers."""

import itertools

import pytest

import hw4
from hw4.homework import cnn, homework_adam, homework_mlp

IMAGE, CLASSES = (32, 32, 1), 4


def weights_of_cnn(filters):
    """Weights and biases of convolutions and dense layers; four a row of each normalised map."""
    pairs = itertools.pairwise((1, *filters))
    convolutions = sum((9 * before + 1) * after for before, after in pairs)
    normalised_rows = 32 + 16 + 16 + 8 + 8
    flat = 4 * 4 * filters[-1]
    dense = (flat + 1) * 512 + 513 * 128 + 129 * CLASSES
    return convolutions + 4 * normalised_rows + dense


def test_the_networks_have_as_many_parameters_as_the_claims_say():
    full, half = (64, 128, 128, 256, 256), (32, 64, 64, 128, 128)
    assert cnn().build(IMAGE, CLASSES).count_params() == weights_of_cnn(full) == 3_271_492
    assert cnn(half).build(IMAGE, CLASSES).count_params() == weights_of_cnn(half) == 1_392_772
    dense = 1025 * 300 + 301 * 150 + 151 * CLASSES
    assert homework_mlp().build(IMAGE, CLASSES).count_params() == dense == 353_254


def test_their_options_reach_the_networks():
    assert homework_mlp("tanh", norm="batch") == hw4.mlp(
        widths=(300, 150), activation="tanh", norm="batch"
    )
    options = {"batch_norm_axis": None, "dropout": 0.1, "l2": 0.2}
    assert cnn((1, 2), **options) == hw4.cnn((1, 2), **options)


def test_the_optimiser_is_slow_adam():
    built = homework_adam(decay=1e-3).build()
    found = (type(built).__name__, built.beta_1, built.beta_2, built.epsilon)
    assert found == ("Adam", 0.9, 0.999, 1e-7)
    assert float(built.learning_rate) == pytest.approx(1e-5)
    assert homework_adam(decay=1e-3) == hw4.adam(1e-5, decay=1e-3)
