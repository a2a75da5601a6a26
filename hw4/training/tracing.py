"""Traces a user's own network: the key under which its runs are kept depends on what it computes.

Its source text and configuration do not say what a network computes: a constant elsewhere, a
helper or an adapted layer changes it. So it is built and traced as the engine trains and evaluates
it. If the trace does not show everything, the runs are never kept in the store.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np

from hw4.networks import initial
from hw4.networks.models import Custom
from hw4.networks.seen import LossOfImages, Seen, digest_of
from hw4.objectives import given
from hw4.objectives.losses import Loss
from hw4.training import runs
from hw4.training.probes import PATH_LENGTH, PROBES
from hw4.training.steps import (  # sets TensorFlow up
    AT_ONCE,
    Losses,
    Seed,
    Steps,
    Tensors,
    has_convolution,
)

import keras  # isort: skip
import tensorflow as tf  # isort: skip

from hw4.networks import ways  # isort: skip
from hw4.networks.canonical import Canonical, canonical  # isort: skip

OTHER_EACH_TIME = (
    "it is another network each time it is built: expected all that is random in it to be drawn by "
    "initialisers or a keras.random.SeedGenerator"
)
OTHER_WEIGHTS = (
    "its initialisers draw other weights for the same seed: expected them to draw from np.random, "
    "tf.random, keras.random or Python's random, whose seeds hw4 sets"
)

E = TypeVar("E")

_replayed: set[str] = set()  # digests of networks that were the same when built twice


class Asked(given.Asked, Protocol):
    """What a recipe asks of a network; see `Recipe` for the attributes."""

    @property
    def images(self) -> int:
        """How many it is trained on."""

    @property
    def test_images(self) -> int:
        """How many it is tested on."""

    @property
    def batch_size(self) -> int:
        """Images a step."""

    @property
    def weights(self) -> initial.Weights:
        """Where it begins."""

    @property
    def probes(self) -> tuple[str, ...]:
        """What else is measured."""


def see(network: Custom, recipe: Asked) -> Seen:
    """Return a network of the user's own as `Seen`.

    It is built and traced anew whenever it is asked for: what it computes may have changed since.
    """
    found = _look(network, recipe)
    if found.unseen is None and found.digest not in _replayed:
        found = dataclasses.replace(found, unseen=_difference(found, network, recipe))
    if found.unseen is None:
        _replayed.add(found.digest)
    else:
        found = dataclasses.replace(found, digest=uuid.uuid4().hex)
    return found


def _difference(found: Seen, network: Custom, recipe: Asked) -> str | None:
    """Return why the network differs when it is built and traced again; None if it is the same.

    Raises:
        ValueError: the user has set weights that are others each time.
    """
    first, again = found.start(0), found.start(0)
    if first != again:
        return OTHER_WEIGHTS
    other = _look(network, recipe, found.loss)
    set_then = [value for _, value in other.draw.given]
    for (path, value), then in zip(found.draw.given, set_then, strict=False):
        if not np.array_equal(value, then):
            raise ValueError(
                f"model {found.model.name!r} begins with other weights each time it is built "
                f"({path} is set to them): expected the same each time, or an initialiser, from "
                "which hw4 draws every seed's"
            )
    return None if other.digest == found.digest else OTHER_EACH_TIME


def _look(network: Custom, recipe: Asked, loss: LossOfImages | None = None) -> Seen:
    """Build the network once and trace it, with a loss where that is known.

    Raises:
        ValueError: it brings something that the engine would ignore.
    """
    shape = recipe.dataset.image_shape
    model, draw = initial.build(network, shape, recipe.dataset.outputs, recipe.weights)
    given.check(model)
    ways.check_weights(model, draw(0), shape)
    loss = loss or given.loss_of(model, draw, recipe)
    traces = _traces(model, loss, recipe)
    convolves = has_convolution(model)
    stacked = not convolves and ways.is_stacked(model, traces)
    ways.check(model, traces, stacked=stacked)
    parts = [convolves, *(trace.digest for trace in traces), digest_of(draw(0))]
    parts += [] if stacked or convolves else ["one seed at a time"]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    unseen = next((trace.unseen for trace in traces if trace.unseen), None)
    return Seen(network.source, digest, unseen, model, draw, loss, stacked)


def _traces(model: keras.Model, loss: LossOfImages, recipe: Asked) -> list[Canonical]:
    """Return all that the engine asks of one seed's network, for the sizes of this recipe."""
    steps = Steps(model, loss, by_xla=has_convolution(model))  # as `Program`
    images, evaluated = recipe.images, min(recipe.images, runs.EVALUATED) + recipe.test_images
    batches = _sizes(images, recipe.batch_size)
    parts = _sizes(evaluated, AT_ONCE if has_convolution(model) else evaluated)
    trainable, fixed = (
        [tf.TensorSpec(variable.shape, variable.dtype) for variable in half]
        for half in (model.trainable_variables, model.non_trainable_variables)
    )

    def trace(function: Callable[[E], object], argument: E) -> Canonical:
        return canonical(tf.function(function, autograph=False).get_concrete_function(argument))

    def seed(size: int) -> Seed:
        images = tf.TensorSpec((size, *recipe.dataset.image_shape), tf.float32)
        target = recipe.dataset.target_shape
        labels = (
            tf.TensorSpec((size,), tf.int32)
            if target is None
            else tf.TensorSpec((size, *target), tf.float32)
        )
        return Seed(trainable, fixed, images, labels)

    def metrics(seed: Seed) -> Losses | tf.Tensor:
        if isinstance(loss, Loss):
            return steps.losses(seed)
        outputs, _, penalty = steps.outputs(seed)
        return outputs, loss.measured(seed.labels, outputs), penalty

    def constrained(values: Tensors) -> Tensors:
        pairs = zip(model.trainable_variables, values, strict=True)
        return [v.constraint(value) if v.constraint else value for v, value in pairs]

    def probed(seed: Seed) -> Tensors:
        probes = [PROBES[name] for name in recipe.probes if name != PATH_LENGTH]
        return [steps.probe(each, unit, seed) for each in probes]

    unit = tf.constant(1.0)
    gradients = functools.partial(steps.gradients, unit)
    traces = [trace(gradients, seed(size)) for size in batches]
    traces += [trace(metrics, seed(size)) for size in parts]
    if any(variable.constraint for variable in model.trainable_variables):
        traces.append(trace(constrained, trainable))
    if {*recipe.probes} - {PATH_LENGTH}:
        traces.append(trace(probed, seed(images)))
    return traces


def _sizes(images: int, at_once: int) -> list[int]:
    """Return the sizes of the parts that so many images are cut into, each once."""
    return sorted({min(at_once, images), images % at_once} - {0})
