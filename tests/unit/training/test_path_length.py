"""The length of the way that the weights go in an epoch."""

import dataclasses

import numpy as np
import pytest

from hw4.networks.models import mlp
from hw4.objectives.optimisers import sgd
from hw4.training import replicas
from hw4.training.executor import execute
from hw4.training.runs import METRICS

SEEDS = list(range(3, 11))  # as many as a program stacks


def steps_of(arm):
    """Return the length of each step of the first epoch, (seeds, steps), step by step."""
    program = replicas.program_of(arm)
    data = replicas.stacked_data(arm.dataset, tuple(SEEDS), arm.images, arm.test_images)
    state, lengths = program.initial_state(SEEDS), []
    full, rest = replicas.batch_orders(SEEDS, 0, data.x.shape[1], arm.batch_size)
    batches = [full[:, i : i + 1] for i in range(full.shape[1])]
    orders = [(batch, rest[:, :0]) for batch in batches]
    orders += [(full[:, :0], rest)] if rest.shape[1] else []
    for order in orders:
        before = state[0]
        state, _ = program.epoch(state, data, order, program.numbers(arm))
        squares = [
            np.square(np.asarray(b, float) - a).reshape(len(SEEDS), -1).sum(axis=1)
            for a, b in zip(before, state[0], strict=True)
        ]
        lengths.append(np.sqrt(np.sum(squares, axis=0)))
    return np.stack(lengths, axis=1)


@pytest.mark.parametrize("batch_size", [8, 7])
def test_it_is_the_sum_of_the_steps(but, batch_size):
    arm = but(network=mlp(widths=(5,)), optimiser=sgd(0.3), batch_size=batch_size)
    arm = dataclasses.replace(arm, probes=("path_length",))
    path = execute(arm, SEEDS)[0].probes["path_length"]
    assert path.shape == (len(SEEDS), arm.epochs)
    np.testing.assert_allclose(path[:, 0], steps_of(arm).sum(axis=1), rtol=1e-4)


def test_measuring_it_changes_nothing(but):
    plain = but(network=mlp(widths=(5,)))
    walked = dataclasses.replace(plain, probes=("path_length",))
    for name in METRICS:
        expected = getattr(execute(plain, SEEDS)[0], name)
        np.testing.assert_allclose(getattr(execute(walked, SEEDS)[0], name), expected, rtol=1e-6)


def test_without_an_epoch_there_is_no_way(but):
    arm = but(network=mlp(widths=(5,)), epochs=0, probes=("path_length",))
    assert execute(arm, SEEDS)[0].probes["path_length"].shape == (len(SEEDS), 0)
