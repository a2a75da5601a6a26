"""Convolutional networks: one seed a block, fused between the convolutions."""

import dataclasses

import numpy as np
import pytest

from hw4.data.finite import FiniteDataset, Labelled
from hw4.networks import backend
from hw4.networks.models import cnn, network
from hw4.objectives.optimisers import adam
from hw4.training import programs, replicas
from hw4.training.executor import execute
from hw4.training.recipe import Recipe
from hw4.training.runs import METRICS

SEEDS = [5, 6, 9]


@pytest.fixture(scope="module")
def arm():
    rng = np.random.default_rng(0)
    labels = np.arange(48, dtype=np.int32) % 3
    images = Labelled(rng.random((48, 8, 8, 1), np.float32), labels)
    data = FiniteDataset("noise", ("a", "b", "c"), images)
    return Recipe(cnn((2, 3, 3, 4, 4)), adam(1e-3), data, 2, 16, 24, 12)


@pytest.fixture(scope="module")
def trained(arm):
    return execute(arm, SEEDS)[0]


def nested(image_shape, classes):
    """Return a network whose convolution is inside another network."""
    from keras import Input, Sequential, layers

    inner = Sequential([Input(image_shape), layers.SeparableConv2D(2, 3), layers.Flatten()])
    return Sequential([Input(image_shape), inner, layers.Dense(classes, "softmax")])


@pytest.mark.parametrize("net", [cnn((2, 2, 2, 2, 2)), network(nested)], ids=["cnn", "nested"])
def test_a_block_holds_one_seed(arm, net):
    assert replicas.block_size(dataclasses.replace(arm, network=net)) == 1


@pytest.mark.parametrize(("side", "fused"), [(8, False), (15, False), (16, True)])
def test_large_images_are_worth_the_time_that_xla_compiles(side, fused):
    images = Labelled(np.zeros((40, side, side, 1), np.float32), np.arange(40, dtype=np.int32) % 2)
    data = FiniteDataset(f"{side} pixels", ("a", "b"), images)
    small = Recipe(cnn((2, 3, 3, 4, 4)), adam(1e-3), data, 1, 2, 2, 2)
    assert replicas.program_of(small).fused == fused


def test_every_seed_trains_its_own_network(trained):
    assert len(set(trained.train_loss[:, -1])) == len(SEEDS)
    assert (trained.penalty > 0).all()


@pytest.mark.parametrize("lanes", [1, 3])
def test_lanes_change_no_bit(arm, trained, monkeypatch, lanes):
    monkeypatch.setattr(backend, "lanes", lambda: lanes)
    runs, _ = execute(arm, SEEDS)
    for name in METRICS:
        assert getattr(runs, name).tobytes() == getattr(trained, name).tobytes(), name


def test_evaluation_in_parts_is_that_of_the_whole(arm, monkeypatch):
    arm = dataclasses.replace(arm, network=network(constrained))
    whole, _ = execute(arm, SEEDS[:1])
    assert whole.penalty.all()
    monkeypatch.setattr(programs, "AT_ONCE", 7)  # 24 and 12 images: a smaller last part in each
    other = dataclasses.replace(arm, optimiser=adam(1e-3, epsilon=1.0000001e-7))  # a new program
    parts, _ = execute(other, SEEDS[:1])
    for name in METRICS:
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-5)


def constrained(image_shape, classes):
    """Return a small convolutional network whose kernels keep their length, with a penalty."""
    from keras import Input, Sequential, constraints, layers

    unit = constraints.UnitNorm(axis=[0, 1, 2])
    convolution = layers.Conv2D(3, 3, kernel_constraint=unit)
    dense = layers.Dense(classes, "softmax", kernel_regularizer="l2")
    return Sequential([Input(image_shape), convolution, layers.Flatten(), dense])


def test_the_constraints_of_a_users_network_hold(arm):
    arm = dataclasses.replace(arm, network=network(constrained))
    program = replicas.program_of(arm)
    data = replicas.stacked_data(arm.dataset, (5,), arm.images, arm.test_images)
    order = replicas.batch_orders([5], 0, arm.images, arm.batch_size)
    (trained, *_), _ = program.epoch(program.initial_state([5]), data, order, program.numbers(arm))
    lengths = np.sqrt(np.sum(np.square(trained[0][0]), axis=(0, 1, 2)))
    np.testing.assert_allclose(lengths, 1, rtol=1e-5)
