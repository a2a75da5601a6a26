"""Trains a block of seeds of one recipe, by the program of its structure (`programs`)."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hw4.data import Dataset, drawn
from hw4.networks.seen import Seen
from hw4.objectives.stopping import STOPPED, Lanes
from hw4.store.rows import Row
from hw4.training import runs
from hw4.training.compiling import is_compiled
from hw4.training.probes import PATH_LENGTH, check_images
from hw4.training.programs import Data, Order, Program, State, Structure  # sets TensorFlow up
from hw4.training.recipe import Recipe

import tensorflow as tf  # isort: skip

_ORDER = 1  # names the random stream of the batch order


def block_size(recipe: Recipe) -> int:
    """Return how many seeds a call trains: fixed for a recipe, for its last bit depends on it."""
    return program_of(recipe).seeds


def train_block(recipe: Recipe, seeds: Sequence[int]) -> list[Row]:
    """Train one network a seed and return each seed's arrays, as `Runs.row` names them.

    Args:
        recipe: the arm.
        seeds: (n,) at most `block_size` seeds; fewer are padded, for one compiled shape.
    """
    recipe = recipe.seen()
    program = program_of(recipe)
    try:
        return _block(recipe, program, seeds)
    except Exception as error:
        if not program.compiled or not _cannot_be_stacked(recipe, error):
            raise
    return _block(recipe, program_of(recipe), seeds)


def _cannot_be_stacked(recipe: Recipe, error: Exception) -> bool:
    """Return whether the error is that a user's network cannot be compiled, and note it if so.

    It fails in the same way in every process: a recipe is always trained one way.
    """
    memory = isinstance(error, MemoryError | tf.errors.ResourceExhaustedError)
    if memory or not isinstance(recipe.network, Seen):
        return False
    _alone.add(recipe.network.digest)
    return True


def _block(recipe: Recipe, program: Program, seeds: Sequence[int]) -> list[Row]:
    """Train seeds by the recipe's program, as many at once as it takes."""
    size = program.seeds
    if len(seeds) > size:  # another block of the network has turned out not to compile
        return [row for seed in seeds for row in _block(recipe, program, [seed])]
    padded = [*seeds, *[seeds[-1]] * (size - len(seeds))]
    data = stacked_data(recipe.dataset, tuple(padded), recipe.images, recipe.test_images)
    check_images(recipe.probes, data.x.shape[1])
    numbers = program.numbers(recipe)
    own = recipe.network.draw if isinstance(recipe.network, Seen) else None
    state = program.initial_state(padded, own)
    probes = [program.probe(state, data, numbers, recipe.probes)]
    state, history, stopped = _trained(program, recipe, padded, state, data)
    probes.append(
        program.probe(state, data, numbers, recipe.probes) if recipe.epochs else probes[0]
    )
    rows = _rows(history, probes, len(padded), recipe)[: len(seeds)]
    return [row | {name: each[i] for name, each in stopped.items()} for i, row in enumerate(rows)]


def _trained(
    program: Program, recipe: Recipe, seeds: Sequence[int], state: State, data: Data
) -> tuple[State, list[Row], Row]:
    """Return the state after all epochs, what was measured, and after which epoch seeds stopped."""
    rule, history = recipe.early_stopping, list[Row]()
    lanes = Lanes(rule, len(seeds), recipe.epochs) if rule else None
    numbers, path = program.numbers(recipe), PATH_LENGTH in recipe.probes
    for epoch in range(recipe.epochs):
        if lanes and lanes.stopped.all():
            history.append(lanes.hold(history[-1], history[-1], PATH_LENGTH))
            continue
        order = batch_orders(seeds, epoch, data.x.shape[1], recipe.batch_size)
        evaluate, before = epoch + 1 in recipe.evaluated, state
        state, measured = program.epoch(
            state, data, order, numbers, path=path, evaluate=evaluate, metrics=recipe.metrics
        )
        if lanes:
            if lanes.stopped.any():
                trainable, fixed = map(lanes.keep, before[:2], state[:2])
                state = trainable, fixed, state[2]
                measured = lanes.hold(history[-1], measured, PATH_LENGTH)
            lanes.look(measured, epoch + 1)
        for name in runs.LAST if history else ():  # they are read of the last epoch alone
            history[-1].pop(name, None)
        history.append(measured)
    return state, history, {STOPPED: lanes.epoch.astype(np.float64)} if lanes else {}


def _rows(history: list[Row], probes: list[Row], seeds: int, recipe: Recipe) -> list[Row]:
    """Return each seed's arrays: what was measured after epochs, and before and after all."""
    names = recipe.probes

    def over_epochs(name: str) -> NDArray[np.float64]:
        found = [measured[name] for measured in history if name in measured]
        return np.stack(found, axis=1) if found else np.empty((seeds, 0))

    arrays = runs.rank_divergence({name: over_epochs(name) for name in runs.METRICS})
    for column in (f"metric/{each}" for metric in recipe.metrics for each in metric.columns):
        last = column in runs.LAST and bool(history)
        arrays[column] = history[-1][column] if last else over_epochs(column)
    arrays |= {f"probe/{name}": over_epochs(name) for name in names if name == PATH_LENGTH}
    arrays |= {f"probe/{name}": np.stack([p[name] for p in probes], axis=1) for name in probes[0]}
    return [{name: values[i] for name, values in arrays.items()} for i in range(seeds)]


def batch_orders(seeds: Sequence[int], epoch: int, images: int, batch_size: int) -> Order:
    """Return every seed's shuffle of the training set for one epoch.

    Returns:
        Full batches (seeds, steps, batch_size) and what is left over (seeds, images % batch_size).
    """
    orders = np.stack(
        [np.random.default_rng([seed, _ORDER, epoch]).permutation(images) for seed in seeds]
    ).astype(np.int32)
    full = images - images % batch_size
    return orders[:, :full].reshape(len(seeds), -1, batch_size), orders[:, full:]


@functools.lru_cache(maxsize=12)  # the arms of a claim and its neighbours train on the same images
def stacked_data(dataset: Dataset, seeds: tuple[int, ...], images: int, test_images: int) -> Data:
    """Return every seed's images and labels as tensors."""
    splits = [drawn(dataset, seed, images, test_images) for seed in seeds]
    first = slice(runs.EVALUATED)
    return Data(
        tf.constant(np.stack([split.x_train for split in splits])),
        tf.constant(np.stack([split.y_train for split in splits])),
        tf.constant(np.stack([np.concatenate([s.x_train[first], s.x_test]) for s in splits])),
        tf.constant(np.stack([np.concatenate([s.y_train[first], s.y_test]) for s in splits])),
    )


def program_of(recipe: Recipe) -> Program:
    """Return the program that runs the recipe; recipes that differ only in numbers share it."""
    recipe = recipe.seen()
    if isinstance(recipe.network, Seen) and recipe.network.digest in _alone:
        network = dataclasses.replace(recipe.network, stacked=False)
        recipe = dataclasses.replace(recipe, network=network)
    structure = Structure(
        network=recipe.network.split()[0],
        optimiser=dataclasses.replace(recipe.optimiser, learning_rate=1.0, decay=0.0),
        image_shape=recipe.dataset.image_shape,
        classes=recipe.dataset.outputs,
        compiled=is_compiled(recipe),
    )
    with _building:  # lru_cache alone would let two lanes build the same program
        return _program(structure)


_alone: set[str] = set()  # digests of networks that turned out not to compile
_building = threading.RLock()
_program = functools.lru_cache(maxsize=64)(Structure.program)
