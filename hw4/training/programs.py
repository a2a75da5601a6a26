"""What trains the seeds of one structure: a program for dense networks, one for convolutional ones.

A program is traced once for a structure (layers, optimiser, shapes); learning rate, decay, L2
penalty, data and seeds are numbers that it is given. In it run real Keras layers and optimisers.
For the same initial weights and batch order, and without dropout, the weights agree with
`keras.Model.fit` to float32 rounding (`tests/quality/test_engine_agrees_with_fit.py`).
"""

from __future__ import annotations

import functools
import gc
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from hw4.networks import backend, device, initial, privates
from hw4.networks.models import CNN, MLP, ImageShape, Network
from hw4.networks.seen import Draw, Seen
from hw4.objectives.given import cross_entropy
from hw4.objectives.losses import Objective
from hw4.objectives.metrics import Metric
from hw4.objectives.optimisers import Optimiser
from hw4.store.rows import Row
from hw4.training import runs
from hw4.training.compiling import seeds_at_once
from hw4.training.probes import PATH_LENGTH, PROBES, Probe
from hw4.training.recipe import Recipe

backend.configure()
backend.require_tensorflow()

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from hw4.networks.by_xla import by_xla  # noqa: E402
from hw4.networks.in_thread import in_thread  # noqa: E402
from hw4.networks.updates import Update  # noqa: E402
from hw4.training.outside import Forecast, Outside  # noqa: E402
from hw4.training.steps import (  # noqa: E402
    AT_ONCE,
    Losses,
    Seed,
    Steps,
    Tensors,
    has_convolution,
)

# TensorFlow's half a million objects stay for good: tracing, which makes many more and so sets the
# garbage collector off again and again, takes up to a third less time when it skips them.
gc.freeze()

_FUSED = 16 * 16  # pixels from which on fusing gains more than the four seconds that it compiles

State = tuple[Tensors, Tensors, Tensors]
"""Trainable and non-trainable variables, each (seeds, *shape), and the optimiser's (`updates`)."""

Walked = tuple[State, tf.Tensor]
"""A state, and the length of the weights' path to it, (seeds,)."""

Order = tuple[NDArray[np.int32], NDArray[np.int32]]
"""An epoch's full batches, (seeds, steps, batch size), and what is left over, (seeds, rest)."""

E = TypeVar("E")
R = TypeVar("R")
P = ParamSpec("P")

Inference = Callable[[Seed], Losses]
"""What is measured of one seed's network in inference mode."""

Step = Callable[[tf.Tensor, State, tf.Tensor], Walked]
"""Batch of every seed, (seeds, batch size), state, length of the path to it → those after it."""


class Call(Protocol):
    """Makes a function of tensors one that is traced when it is called."""

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return it."""
        ...


class OverSeeds(Protocol):
    """Maps a function of one seed's tensors over a stack of seeds."""

    def __call__(self, function: Callable[[E], R], elements: E) -> R:
        """Return the results, stacked."""
        ...


class Data(NamedTuple):
    """What a block of seeds trains on and is evaluated on, each (seeds, images, …)."""

    x: tf.Tensor
    y: tf.Tensor
    x_evaluated: tf.Tensor  # the first training images, as many as `Runs` measures, then the test
    y_evaluated: tf.Tensor  # images


class Numbers(NamedTuple):
    """What a program is told at run time."""

    learning_rate: tf.Tensor
    decay: tf.Tensor
    l2: tf.Tensor


@dataclass(frozen=True)
class Structure:
    """What those recipes have in common that share a program.

    Attributes:
        network: with a unit penalty.
        optimiser: its rule, at rate 1.
        image_shape: of the network's input.
        classes: of its output.
        compiled: whether XLA is to compile the whole epoch; see `is_compiled`.
    """

    network: Network
    optimiser: Optimiser
    image_shape: ImageShape
    classes: int
    compiled: bool

    @property
    def described(self) -> bool:
        """Whether the network is `mlp(…)` or `cnn(…)`, not the user's own."""
        return isinstance(self.network, MLP | CNN)

    def program(self) -> Program:
        """Return a new program, of the kind that the network's layers ask for."""
        model, draw = initial.build(self.network, self.image_shape, self.classes)
        device.current().check(privates.layers_of(model))
        return (Convolutional if has_convolution(model) else Dense)(self, model, draw)


class Program:
    """An epoch of training, evaluation and probes of one structure, for a stack of seeds.

    Attributes:
        model: one network of the structure.
        seeds: how many networks a stack has.
        compiled: whether XLA compiles the whole epoch.
        fused: whether XLA fuses clusters of operations of what it does not compile.
    """

    fused = False

    def __init__(
        self,
        structure: Structure,
        model: keras.Model,
        draw: Draw,
        *,
        seeds: int,
        compiled: bool,
        masks_by_xla: bool = False,
        joined: bool = False,
    ) -> None:
        network = structure.network
        loss = network.loss if isinstance(network, Seen) else cross_entropy(False)
        self.model, self.seeds, self.compiled, self._draw = model, seeds, compiled, draw
        self.over_seeds = one_seed if seeds == 1 else stacked
        self._tracing = threading.Lock()
        self._take, self._moved, self._over_batches = self._step, _distance, _in_graph
        self._steps = Steps(model, loss, by_xla=masks_by_xla)
        self._outside = Outside(self._steps, loss, structure.classes, self._tracing)
        self._schedule = structure.optimiser.schedule
        self._update = Update(
            structure.optimiser.build(),
            model.trainable_variables,
            seeds=seeds,
            # A user's own network may have constraints and sparse gradients.
            plain=structure.described,
            joined=joined,
        )

    def _in_thread(self, function: Callable[P, R]) -> Callable[P, R]:
        if device.current().all_compiled:
            return self._by_xla(function)
        return in_thread(function, fused=self.fused, tracing=self._tracing)

    def _by_xla(self, function: Callable[P, R]) -> Callable[P, R]:
        return by_xla(function, tracing=self._tracing)

    def _train_by(self, call: Call) -> None:
        """Set how an epoch is called."""
        self._train = {
            path: call(functools.partial(self.train_steps, measure_path=path))
            for path in (False, True)
        }

    def _measure_by(self, call: Call, over_seeds: OverSeeds, at_once: int) -> None:
        """Set how networks are evaluated and probed, the latter so many seeds at once."""
        losses, outputs = self._steps.losses, self._steps.outputs
        self._evaluated = call(functools.partial(self._evaluate, losses))
        self._forecast = call(functools.partial(self._evaluate, outputs))
        self._probed_at_once = at_once
        self._probed = {
            name: call(functools.partial(self._probe, probe, over_seeds))
            for name, probe in PROBES.items()
        }

    @staticmethod
    def numbers(recipe: Recipe) -> Numbers:
        """Return what the program is told at run time: learning rate, its decay, L2 penalty."""
        numbers = recipe.optimiser.learning_rate, recipe.optimiser.decay, recipe.network.split()[1]
        return Numbers(*(tf.constant(number, tf.float32) for number in numbers))

    def initial_state(self, seeds: Sequence[int], draw: Draw | None = None) -> State:
        """Return the variables before the first step, stacked over the seeds.

        Args:
            seeds: of the block.
            draw: of the very network that is asked for, where it computes what this one does.
        """
        drawn = [(draw or self._draw)(seed) for seed in seeds]
        trainable, fixed = (
            [tf.constant(np.stack(values)) for values in zip(*half, strict=True)]
            for half in zip(*drawn, strict=True)
        )
        return trainable, fixed, list(map(tf.constant, self._update.initial_slots()))

    def epoch(
        self,
        state: State,
        data: Data,
        order: Order,
        numbers: Numbers,
        *,
        path: bool = False,
        evaluate: bool = True,
        metrics: Sequence[Metric] = (),
    ) -> tuple[State, Row]:
        """Train one epoch; return the new state and what was measured, each (seeds,).

        Args:
            state: before the epoch.
            data: of the same seeds.
            order: of `batch_orders`.
            numbers: of the recipe.
            path: whether to measure the length of the weights' path.
            evaluate: whether to measure losses, accuracies and metrics at the end.
            metrics: what else to measure of the networks' outputs.
        """
        state, length = self._train[path](state, data.x, data.y, order, numbers)
        measured = {PATH_LENGTH: np.asarray(length, np.float64)} if path else {}
        return state, measured | (self._metrics(state, data, numbers, metrics) if evaluate else {})

    def _metrics(
        self, state: State, data: Data, numbers: Numbers, metrics: Sequence[Metric]
    ) -> Row:
        """Return losses and accuracies in inference mode, the penalty, and metrics, (seeds, …)."""
        stack = Seed(*state[:2], *data[2:])
        training = min(runs.EVALUATED, data.x.shape[1])
        parts = slice(None, training), slice(training, None)
        within = not isinstance(self._steps.loss, Objective)
        row: Row = {}
        if within:
            evaluated = self._evaluated(stack, numbers.l2)
            losses, hits, penalty = (np.asarray(values, np.float64) for values in evaluated)
            means = [v[:, part].mean(axis=1) for part in parts for v in (losses, hits)]
        if metrics or not within:
            outputs, logits, penalty = map(np.asarray, self._forecast(stack, numbers.l2))
            whole = Forecast(np.asarray(data.y_evaluated), outputs, logits)
            forecasts = [whole.part(part) for part in parts]
            row = self._outside.metrics(forecasts[0], forecasts[1], metrics)
            if not within:
                means = [v for each in forecasts for v in self._outside.measured(each)]
        values = [*means, np.asarray(penalty, np.float64)]
        return dict(zip(runs.METRICS, values, strict=True)) | row

    def probe(self, state: State, data: Data, numbers: Numbers, names: Sequence[str]) -> Row:
        """Return each named probe of every seed's network, (seeds, …)."""
        stack = tf.nest.map_structure(np.asarray, Seed(*state[:2], data.x, data.y))
        starts = range(0, data.x.shape[0], self._probed_at_once)
        parts = [_part(stack, slice(start, start + self._probed_at_once)) for start in starts]
        found = {
            name: [self._probed[name](part, numbers.l2) for part in parts]
            for name in names
            if name != PATH_LENGTH
        }
        return {name: np.concatenate(each).astype(np.float64) for name, each in found.items()}

    def train_steps(
        self,
        state: State,
        x: tf.Tensor,
        y: tf.Tensor,
        order: Order,
        numbers: Numbers,
        measure_path: bool = False,
    ) -> Walked:
        """Take every step of one epoch.

        Returns:
            The new state and, where it was asked for, the sum of the steps' lengths, (seeds,).
        """
        full, rest = order

        def step(batch: tf.Tensor, state: State, path: tf.Tensor) -> Walked:
            stepped = self._take(x, y, numbers, batch, state)
            return stepped, path + self._moved(state[0], stepped[0]) if measure_path else path

        walked = self._over_batches(step, full, (state, tf.zeros(full.shape[0])))
        return step(rest, *walked) if rest.shape[1] else walked

    # Functions to be traced

    def _step(
        self, x: tf.Tensor, y: tf.Tensor, numbers: Numbers, batch: tf.Tensor, state: State
    ) -> State:
        """Take one optimiser step of every seed on its own batch of indices, (seeds, batch)."""
        images, labels = (tf.gather(values, batch, batch_dims=1) for values in (x, y))
        trainable, fixed, slots = state
        stack = Seed(trainable, fixed, images, labels)
        gradients = functools.partial(self._steps.gradients, numbers.l2)
        rate = numbers.learning_rate
        if self._schedule:  # of the steps before, which are one number for all seeds
            before = slots[0] if self._update.stacked else slots[0][0]
            rate = tf.cast(self._schedule.value(before), tf.float32)

        def update(gradients: Tensors, fixed: Tensors, trainable: Tensors, slots: Tensors) -> State:
            trainable, slots = self._update(slots, gradients, trainable, rate, numbers.decay)
            return _tensors(trainable), _tensors(fixed), _tensors(slots)

        if self._update.stacked:
            return update(*self.over_seeds(gradients, stack), trainable, slots)
        return self.over_seeds(
            lambda each: update(*gradients(each[0]), each[0].trainable, each[1]), (stack, slots)
        )

    def _evaluate(self, measure: Inference, stack: Seed, l2: tf.Tensor) -> Losses:
        """Return what is measured of every image, (seeds, images, …), and the penalty."""
        first, second, penalty = self.over_seeds(functools.partial(self._inferred, measure), stack)
        return first, second, l2 * penalty

    def _inferred(self, measure: Inference, seed: Seed) -> Losses:
        return measure(seed)

    def _probe(self, probe: Probe, over_seeds: OverSeeds, stack: Seed, l2: tf.Tensor) -> tf.Tensor:
        return over_seeds(functools.partial(self._steps.probe, probe, l2), stack)


class Dense(Program):
    """Networks without convolutions: an epoch is one call; seeds are stacked if they can be."""

    def __init__(self, structure: Structure, model: keras.Model, draw: Draw) -> None:
        loss, compiled = getattr(structure.network, "loss", None), structure.compiled
        unstacked = isinstance(structure.network, Seen) and not structure.network.stacked
        alone = unstacked or (isinstance(loss, Objective) and loss.alone)
        seeds = 1 if alone else seeds_at_once(model.count_params())
        super().__init__(structure, model, draw, seeds=seeds, compiled=compiled)
        self._train_by(self._by_xla if compiled else self._in_thread)
        # Compiled, an evaluation takes as long as not, and a probe is asked twice a run at most.
        # But a user's dense network may hold variables, which only a compiled function takes.
        if structure.described or unstacked:
            self._measure_by(self._in_thread, one_seed, at_once=1)
        else:
            self._measure_by(self._by_xla, stacked, at_once=seeds)


class Convolutional(Program):
    """Networks that convolve: they gain nothing by stacking, so a block holds one seed.

    Convolutions are TensorFlow's own kernels, and on large images XLA fuses what lies between them.
    A step takes milliseconds and is a call of its own: in a loop within the graph TensorFlow may
    give a max-pooling's gradient to a kernel ten times slower (its pass for oneDNN visits the nodes
    of a graph with a cycle in no certain order, and must meet the pooling before its gradient).
    Very small networks are faster compiled, a whole epoch at once.
    """

    def __init__(self, structure: Structure, model: keras.Model, draw: Draw) -> None:
        compiled = structure.compiled and structure.described
        self.fused = not compiled and math.prod(structure.image_shape[:2]) >= _FUSED
        super().__init__(
            structure,
            model,
            draw,
            seeds=1,
            compiled=compiled,
            masks_by_xla=not compiled,
            joined=not compiled and not self.fused,
        )
        if not compiled:
            self._take, self._moved = self._in_thread(self._step), self._in_thread(_distance)
            self._over_batches = _one_by_one
        self._train_by(self._by_xla if compiled else _as_it_is)
        self._measure_by(self._in_thread, one_seed, at_once=1)

    def _inferred(self, measure: Inference, seed: Seed) -> Losses:
        """Evaluate part by part: all images at once would fill the memory."""
        parts: list[Losses] = []
        for start in range(0, seed.images.shape[0], AT_ONCE):
            part = slice(start, start + AT_ONCE)
            with tf.control_dependencies(parts[-1] if parts else []):  # never two parts in memory
                images, labels = seed.images[part], seed.labels[part]
                parts.append(measure(seed._replace(images=images, labels=labels)))
        first, second, penalties = zip(*parts, strict=True)
        return tf.concat(first, 0), tf.concat(second, 0), penalties[0]


def _as_it_is(function: Callable[P, R]) -> Callable[P, R]:
    return function


def _in_graph(step: Step, batches: tf.Tensor, walked: Walked) -> Walked:
    """Take a step on each of the batches, (seeds, steps, batch size), in a loop of the graph."""
    if not batches.shape[1]:
        return walked
    _, state, path = tf.while_loop(
        lambda index, *_: index < batches.shape[1],
        lambda index, *walked: (index + 1, *step(batches[:, index], *walked)),
        (0, *walked),
        parallel_iterations=1,
    )
    return state, path


def _one_by_one(step: Step, batches: tf.Tensor, walked: Walked) -> Walked:
    """Take a step on each of the batches, (seeds, steps, batch size), as calls from Python."""
    for index in range(batches.shape[1]):
        walked = step(batches[:, index], *walked)
    return walked


def _part(stack: Seed, seeds: slice) -> Seed:
    """Return the part of a stack that belongs to some of its seeds."""
    part: Seed = tf.nest.map_structure(lambda values: values[seeds], stack)
    return part


def _tensors(values: Tensors) -> Tensors:
    return [tf.convert_to_tensor(value) for value in values]


def _distance(before: Tensors, after: Tensors) -> tf.Tensor:
    """Return every seed's Euclidean distance between two sets of stacked weights, (seeds,)."""
    squares = [
        tf.reduce_sum(tf.square(b - a), axis=list(range(1, len(a.shape))))
        for a, b in zip(before, after, strict=True)
    ]
    return tf.sqrt(tf.add_n(squares))


def stacked(function: Callable[[E], R], elements: E) -> R:
    """Map a function of one seed's tensors over a stack of seeds, all of them at once."""
    results: R = tf.vectorized_map(function, elements, warn=False)
    return results


def one_seed(function: Callable[[E], R], elements: E) -> R:
    """Map a function of one seed's tensors over a stack of one seed."""
    result = function(tf.nest.map_structure(lambda tensor: tf.squeeze(tensor, 0), elements))
    results: R = tf.nest.map_structure(lambda tensor: tf.expand_dims(tensor, 0), result)
    return results
