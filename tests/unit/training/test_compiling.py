"""Which way a recipe goes: decided by what it states, and by nothing else."""

import dataclasses
import math

import pytest

from hw4.data import load, shrunk
from hw4.homework import homework_mlp
from hw4.networks.models import cnn, mlp, network
from hw4.objectives.optimisers import adam
from hw4.training.compiling import block_size, is_compiled
from hw4.training.recipe import Recipe

SMALL_CNN = cnn((8, 16, 16, 32, 32))


def recipe(model, steps, side=16, **options):
    data = shrunk("phantom", side)
    return Recipe(network(model), adam(1e-3), data, 1, 1, steps, 1, **options)


@pytest.mark.parametrize(
    ("model", "side", "steps", "compiled"),
    [
        (mlp(), 16, 0, False),
        (mlp(), 16, 2_999, False),
        (mlp(), 16, 3_000, True),
        (mlp(16, 16, norm="batch"), 16, 3_000, True),
        (homework_mlp(), 16, 2_999, False),  # 122,400 weights
        (homework_mlp(), 32, 299, False),  # 352,800
        (homework_mlp(), 32, 300, True),
        (SMALL_CNN, 8, 499, False),
        (SMALL_CNN, 8, 500, True),
        (SMALL_CNN, 16, 100_000, False),
        (cnn(), 8, 100_000, False),
    ],
)
def test_long_runs_of_networks_for_which_xla_is_faster_are_compiled(model, side, steps, compiled):
    arm = recipe(model, max(steps, 1), side)
    arm = arm if steps else dataclasses.replace(arm, epochs=0)
    assert is_compiled(arm) == compiled


def test_steps_are_those_of_all_epochs_the_last_smaller_batch_included():
    arm = recipe(mlp(), 100)
    for epochs, batch_size, compiled in ((30, 1, True), (29, 1, False), (750, 33, True)):
        arm = dataclasses.replace(arm, epochs=epochs, batch_size=batch_size)
        assert is_compiled(arm) == compiled
    assert not is_compiled(dataclasses.replace(arm, epochs=749, batch_size=33))


def test_numbers_do_not_decide():
    """Arms that share a program take the same way, whatever the rate, the penalty and the seed."""
    arm = recipe(mlp(l2=0.1), 3_000)
    other = dataclasses.replace(arm, network=mlp(l2=0.2), optimiser=adam(1e-2), evaluate_last=1)
    assert is_compiled(arm)
    assert is_compiled(other)


def test_a_network_of_ones_own_is_compiled():
    assert is_compiled(recipe(lambda shape, classes: None, 1))


def weights_of(model):
    """Return the sizes of a Keras model's kernels."""
    return [math.prod(v.shape) for v in model.trainable_variables if len(v.shape) > 1]


def test_weights_and_multiplications_are_those_of_the_keras_model():
    """Multiplications: each weight of a convolution is used once for every position."""
    shape = load("phantom").image_shape
    dense = mlp(widths=(5, 7), norm="batch")
    assert dense.weights(shape, 4) == sum(weights_of(dense.build(shape, 4)))
    convolutional = cnn((2, 3, 4, 5, 6))
    model = convolutional.build(shape, 4)
    layers = [layer for layer in model.layers if hasattr(layer, "kernel")]
    expected = sum(
        math.prod(layer.kernel.shape)
        * (layer.output.shape[1] ** 2 if len(layer.output.shape) > 2 else 1)
        for layer in layers
    )
    assert convolutional.multiplications(shape, 4) == expected


@pytest.mark.parametrize(
    ("model", "side"),
    [
        (mlp(), 16),
        (mlp(0), 32),
        (mlp(16, 16, norm="batch", dropout=0.2), 16),
        (mlp(widths=(374,)), 16),  # 97,622 parameters
        (mlp(widths=(381, 4)), 16),  # 99,465; 100,989 with batch normalisation
        (mlp(widths=(381, 4), norm="batch"), 16),
        (homework_mlp(), 16),
        (homework_mlp(), 32),
        (SMALL_CNN, 8),
    ],
)
def test_how_many_seeds_are_stacked_is_known_before_tensorflow_is_loaded(model, side):
    from hw4.training import replicas

    arm = recipe(model, 1, side)
    assert block_size(arm) == replicas.block_size(arm)


def test_a_network_of_the_users_own_must_be_built_to_know():
    assert block_size(recipe(lambda shape, classes: None, 1)) is None


@pytest.mark.parametrize("model", [mlp(), mlp(3, 5, norm="batch", dropout=0.5), mlp(0)])
def test_parameters_are_those_that_keras_counts(model):
    assert model.parameters((4, 4, 1), 3) == model.build((4, 4, 1), 3).count_params()
