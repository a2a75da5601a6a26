"""One loop that trains many seeds: real Keras layers and optimisers, variables stacked.

A `Program` is traced once for a structure (layers, optimiser, shapes); learning rate, decay, L2
penalty, data and seeds are numbers that it is given. XLA compiles it where runs are long
(`compiling`); else TensorFlow's kernels run in the calling thread. `train_block` runs one recipe on
one block of seeds.

Convolutional networks gain nothing by stacking: a block of theirs holds one seed, whose
convolutions are TensorFlow's own kernels, and on large images XLA fuses what lies between them. A
step of theirs takes milliseconds and is a call of its own: in a loop within the graph TensorFlow
may give a max-pooling's gradient to a kernel ten times slower (its pass for oneDNN visits the nodes
of a graph with a cycle in no certain order, and must meet the pooling before its gradient). For the
same initial weights and batch order, and without dropout, the weights agree with
`keras.Model.fit` to float32 rounding (`tests/quality/test_engine_agrees_with_fit.py`).
"""

from __future__ import annotations

import functools
import gc
import math
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hw4.data import Dataset, drawn
from hw4.networks import initial
from hw4.networks.given import cross_entropy
from hw4.networks.models import CNN, MLP, ImageShape, Network
from hw4.networks.seen import Draw
from hw4.training import backend, runs
from hw4.training.compiling import is_compiled
from hw4.training.probes import PATH_LENGTH, PROBES, check_images
from hw4.training.recipe import Optimiser, Recipe

backend.configure()
backend.require_tensorflow()

import tensorflow as tf  # noqa: E402

from hw4.training import updates  # noqa: E402
from hw4.training.in_thread import in_thread  # noqa: E402
from hw4.training.steps import AT_ONCE, Steps, has_convolution  # noqa: E402

# TensorFlow's half a million objects stay for good: tracing, which makes many more and so sets the
# garbage collector off again and again, takes up to a third less time when it skips them.
gc.freeze()

# Parameters. Above the first number, the optimiser's state of eight seeds leaves the cache; above
# the second, that of two: 1024-300-150-4 trains a fifth faster alone than four together.
_LARGE, _HUGE = 100_000, 250_000
_ORDER = 1  # names the random stream of the batch order
_FUSED = 16 * 16  # pixels from which on fusing gains more than the four seconds that it compiles

State = tuple[list[Any], list[Any], list[Any]]
"""Trainable and non-trainable variables, each (seeds, *shape), and the optimiser's (`updates`)."""


def block_size(recipe: Recipe) -> int:
    """Return how many seeds a call trains: fixed for a recipe, for its last bit depends on it."""
    return program_of(recipe).seeds


def train_block(recipe: Recipe, seeds: Sequence[int]) -> list[dict[str, NDArray[np.float64]]]:
    """Train one network a seed and return each seed's arrays, as `Runs.row` names them.

    Args:
        recipe: the arm.
        seeds: (n,) at most `block_size` seeds; fewer are padded, for one compiled shape.
    """
    recipe = recipe.seen()
    padded = [*seeds, *[seeds[-1]] * (block_size(recipe) - len(seeds))]
    program = program_of(recipe)
    data = stacked_data(recipe.dataset, tuple(padded), recipe.images, recipe.test_images)
    check_images(recipe.probes, data.x.shape[1])
    numbers = program.numbers(recipe)
    state = program.initial_state(padded, getattr(recipe.network, "draw", None))
    probes = [program.probe(state, data, numbers, recipe.probes)]
    history = []
    for epoch in range(recipe.epochs):
        order = batch_orders(padded, epoch, data.x.shape[1], recipe.batch_size)
        what = {"path": PATH_LENGTH in recipe.probes, "evaluate": epoch + 1 in recipe.evaluated}
        state, measured = program.epoch(state, data, order, numbers, **what)
        history.append(measured)
    probes.append(
        program.probe(state, data, numbers, recipe.probes) if recipe.epochs else probes[0]
    )
    names = [*runs.METRICS, *(name for name in recipe.probes if name == PATH_LENGTH)]
    return _rows(history, probes, len(padded), names)[: len(seeds)]


def _rows(
    history: list[dict[str, Any]],
    probes: list[dict[str, Any]],
    seeds: int,
    names: Sequence[str],
) -> list[dict[str, NDArray[np.float64]]]:
    """Return each seed's arrays: what was measured after epochs, and before and after all."""
    columns = {
        name: [np.asarray(m[name], np.float64) for m in history if name in m] for name in names
    }
    arrays = {
        name: np.stack(found, axis=1) if found else np.empty((seeds, 0))
        for name, found in columns.items()
    }
    path = {f"probe/{name}": arrays.pop(name) for name in names if name not in runs.METRICS}
    arrays = runs.rank_divergence(arrays) | path
    for name in probes[0]:
        arrays[f"probe/{name}"] = np.stack([np.asarray(p[name], np.float64) for p in probes], 1)
    return [{name: values[i] for name, values in arrays.items()} for i in range(seeds)]


def batch_orders(
    seeds: Sequence[int], epoch: int, images: int, batch_size: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return every seed's shuffle of the training set for one epoch.

    Returns:
        Full batches (seeds, steps, batch_size) and what is left over (seeds, images % batch_size).
    """
    orders = np.stack(
        [np.random.default_rng([seed, _ORDER, epoch]).permutation(images) for seed in seeds]
    ).astype(np.int32)
    full = images - images % batch_size
    return orders[:, :full].reshape(len(seeds), -1, batch_size), orders[:, full:]


class Data(NamedTuple):
    """What a block of seeds trains on and is evaluated on, each (seeds, images, …)."""

    x: Any
    y: Any
    x_evaluated: Any  # the first training images, as many as `Runs` measures, then the test images
    y_evaluated: Any


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
    structure, _ = recipe.network.split()
    rule = Optimiser(recipe.optimiser.name, 1.0, 0.0, recipe.optimiser.options)
    shape, classes = recipe.dataset.image_shape, len(recipe.dataset.classes)
    return _program(structure, rule, shape, classes, is_compiled(recipe))


_compiling = threading.RLock()


@functools.lru_cache(maxsize=64)
def _cached_program(*structure: Any) -> Program:
    return Program(*structure)


def _program(*structure: Any) -> Program:
    with _compiling:  # lru_cache alone would let two lanes build the same program
        return _cached_program(*structure)


class Program:
    """The training epoch, evaluation and probes of one structure, over a stack of seeds.

    Args:
        network: the structure, with a unit penalty.
        optimiser: its rule, at rate 1.
        image_shape: of its input.
        classes: of its output.
        compiled: whether XLA compiles the whole epoch; see `is_compiled`.
    """

    def __init__(
        self,
        network: Network,
        optimiser: Optimiser,
        image_shape: ImageShape,
        classes: int,
        compiled: bool,
    ) -> None:
        self.model, self._initial = initial.build(network, image_shape, classes)
        self.convolutional = has_convolution(self.model)
        own = isinstance(network, MLP | CNN)
        self.compiled = compiled and (own or not self.convolutional)
        self.by_step = self.convolutional and not self.compiled
        loss = getattr(network, "loss", None) or cross_entropy(False)  # ours give probabilities
        self._steps = Steps(self.model, loss, by_xla=self.by_step)
        self.fused = self.by_step and math.prod(image_shape[:2]) >= _FUSED
        self.seeds = self._stacked_seeds()
        self._map = _one_seed if self.seeds == 1 else _stacked
        self._update = updates.Update(
            optimiser.build(),
            self.model.trainable_variables,
            seeds=self.seeds,
            # A user's own network may have constraints and sparse gradients.
            plain=own,
            joined=self.by_step and not self.fused,
        )
        self._lock = threading.Lock()
        self._known: set[Any] = set()
        threaded = functools.partial(in_thread, fused=self.fused, tracing=self._lock)
        call = self._by_xla if self.compiled else threaded
        # What is a call of its own: an epoch, or a large convolutional network's step.
        whole, part = call, _as_it_is
        if self.by_step:
            whole, part = part, whole
        self._take, self._moved = part(self._stacked_step), part(_distance)
        self._train = {
            path: whole(functools.partial(self._traced_epoch, path)) for path in (False, True)
        }
        # Compiled, an evaluation takes as long as not, and a probe is asked twice a run at most.
        # But a user's dense network may hold variables, which only a compiled function takes.
        self._seed_by_seed = own or self.convolutional
        look, over = (threaded, _one_seed) if self._seed_by_seed else (self._by_xla, _stacked)
        self._evaluated = look(self._evaluate)
        self._probe = {
            name: look(functools.partial(self._traced_probe, probe, over))
            for name, probe in PROBES.items()
        }

    def _stacked_seeds(self) -> int:
        parameters = self.model.count_params()
        if self.convolutional or parameters > _HUGE:
            return 1
        return 4 if parameters > _LARGE else 8

    @staticmethod
    def numbers(recipe: Recipe) -> dict[str, Any]:
        """Return what the program is told at run time: learning rate, its decay, L2 penalty."""
        return {
            "learning_rate": tf.constant(recipe.optimiser.learning_rate, tf.float32),
            "decay": tf.constant(recipe.optimiser.decay, tf.float32),
            "l2": tf.constant(recipe.network.split()[1], tf.float32),
        }

    def initial_state(self, seeds: Sequence[int], draw: Draw | None = None) -> State:
        """Return the variables before the first step, stacked over the seeds.

        Args:
            seeds: of the block.
            draw: of the very network that is asked for, where it computes what this one does.
        """
        drawn = [(draw or self._initial)(seed) for seed in seeds]
        trainable, fixed = (
            [tf.constant(np.stack(values)) for values in zip(*half, strict=True)]
            for half in zip(*drawn, strict=True)
        )
        return trainable, fixed, list(map(tf.constant, self._update.initial_slots()))

    def epoch(
        self,
        state: State,
        data: Data,
        order: tuple[Any, Any],
        numbers: dict[str, Any],
        *,
        path: bool = False,
        evaluate: bool = True,
    ) -> tuple[State, dict[str, NDArray[np.float64]]]:
        """Train one epoch; return the new state and what was measured, each (seeds,).

        Args:
            state: before the epoch.
            data: of the same seeds.
            order: of `batch_orders`.
            numbers: of the recipe.
            path: whether to measure the length of the weights' path.
            evaluate: whether to measure losses and accuracies at the end.
        """
        state, length = self._train[path](state, data.x, data.y, order, numbers)
        measured = {PATH_LENGTH: np.asarray(length)} if path else {}
        return state, measured | (self.metrics(state, data, numbers) if evaluate else {})

    def metrics(
        self, state: State, data: Data, numbers: dict[str, Any]
    ) -> dict[str, NDArray[np.float64]]:
        """Return losses and accuracies in inference mode, and the penalty, each (seeds,)."""
        evaluated = self._evaluated(state[:2], data[2:], numbers["l2"])
        losses, hits, penalty = (np.asarray(values, np.float64) for values in evaluated)
        training = min(runs.EVALUATED, data.x.shape[1])
        means = [
            values[:, part].mean(axis=1)
            for part in (slice(None, training), slice(training, None))
            for values in (losses, hits)
        ]
        return dict(zip(runs.METRICS, [*means, penalty], strict=True))

    def probe(
        self, state: State, data: Data, numbers: dict[str, Any], names: Sequence[str]
    ) -> dict[str, NDArray[np.float32]]:
        """Return each named probe of every seed's network, (seeds, …)."""
        stacks = [*state[:2], data.x, data.y]
        if self._seed_by_seed:
            arrays = tf.nest.map_structure(np.asarray, stacks)
            parts = [_part(arrays, seed) for seed in range(data.x.shape[0])]
        else:
            parts = [stacks]
        return {
            name: np.concatenate([self._probe[name](*part, numbers["l2"]) for part in parts])
            for name in names
            if name != PATH_LENGTH
        }

    def _by_xla(self, function: Any) -> Callable[..., Any]:
        """Return the function, compiled as a whole."""
        compiled = tf.function(function, jit_compile=True, autograph=False)

        def call(*arguments: Any) -> Any:
            shapes = (compiled, *[tuple(tensor.shape) for tensor in tf.nest.flatten(arguments)])
            if shapes in self._known:
                return compiled(*arguments)
            with self._lock:  # of two lanes that need it first, one compiles it
                result = compiled(*arguments)
                self._known.add(shapes)
                return result

        return call

    def _traced_epoch(
        self, measure_path: bool, state: State, x: Any, y: Any, order: Any, numbers: Any
    ) -> tuple[State, Any]:
        return self.train_steps(state, x, y, order, numbers, measure_path)

    def train_steps(
        self,
        state: State,
        x: Any,
        y: Any,
        order: tuple[Any, Any],
        numbers: dict[str, Any],
        measure_path: bool = False,
    ) -> tuple[State, Any]:
        """Take every step of one epoch; to be traced, but where each step is a call of its own.

        Returns:
            The new state and, where it was asked for, the sum of the steps' lengths, (seeds,).
        """
        full, rest = order

        def step(batch: Any, state: State, path: Any) -> tuple[State, Any]:
            stepped = self._take(x, y, numbers, batch, state)
            return stepped, path + self._moved(state[0], stepped[0]) if measure_path else path

        path = tf.zeros(full.shape[0])
        if self.by_step:
            for index in range(full.shape[1]):
                state, path = step(full[:, index], state, path)
        elif full.shape[1]:
            _, state, path = tf.while_loop(
                lambda index, *_: index < full.shape[1],
                lambda index, *carried: (index + 1, *step(full[:, index], *carried)),
                (0, state, path),
                parallel_iterations=1,
            )
        return step(rest, state, path) if rest.shape[1] else (state, path)

    def _stacked_step(
        self, x: Any, y: Any, numbers: dict[str, Any], batch: Any, state: State
    ) -> State:
        """Take one optimiser step of every seed on its own batch of indices, (seeds, batch)."""
        images, labels = (tf.gather(values, batch, batch_dims=1) for values in (x, y))
        if self._update.stacked:
            return self._step(numbers, self._map, state, images, labels)
        step = functools.partial(self._step, numbers, _directly)
        stepped: State = self._map(lambda seed: step(*seed), (state, images, labels))
        return stepped

    def _step(
        self, numbers: dict[str, Any], over_seeds: Any, state: State, images: Any, labels: Any
    ) -> State:
        """Take one optimiser step: of one seed or, told how to map over them, of the stack."""
        trainable, fixed, slots = state
        gradients, fixed = over_seeds(
            lambda seed: self._steps.gradients(numbers["l2"], *seed),
            (trainable, fixed, images, labels),
        )
        rates = numbers["learning_rate"], numbers["decay"]
        trainable, slots = self._update(slots, gradients, trainable, *rates)
        return tuple([tf.convert_to_tensor(v) for v in part] for part in (trainable, fixed, slots))  # type: ignore[return-value]

    def _evaluate(self, weights: Any, data: Any, l2: Any) -> tuple[Any, Any, Any]:
        """Return cross-entropies and hits in inference mode, (seeds, images), and the penalty."""

        def one(each: tuple[Any, ...]) -> tuple[Any, Any, Any]:
            trainable, fixed, images, labels = each
            evaluate = functools.partial(self._steps.losses, trainable, fixed, training=False)
            if not self.convolutional:
                return evaluate(images, labels)[:3]
            return _in_parts(evaluate, images, labels)

        losses, hits, penalty = self._map(one, (*weights, *data))
        return losses, hits, l2 * penalty

    def _traced_probe(
        self, probe: Any, over_seeds: Any, trainable: Any, fixed: Any, x: Any, y: Any, l2: Any
    ) -> Any:
        def one(each: tuple[Any, ...]) -> Any:
            trainable, fixed, images, labels = each
            return self._steps.probe(probe, l2, trainable, fixed, images, labels)

        return over_seeds(one, (trainable, fixed, x, y))


def _as_it_is(function: Any) -> Any:
    return function


def _part(stacks: Any, seed: int) -> Any:
    """Return the seed's part of every stack, (1, …)."""
    return tf.nest.map_structure(lambda stack: stack[seed : seed + 1], stacks)


def _distance(before: Any, after: Any) -> Any:
    """Return every seed's Euclidean distance between two sets of stacked weights, (seeds,)."""
    squares = [
        tf.reduce_sum(tf.square(b - a), axis=list(range(1, len(a.shape))))
        for a, b in zip(before, after, strict=True)
    ]
    return tf.sqrt(tf.add_n(squares))


def _directly(function: Callable[[Any], Any], elements: Any) -> Any:
    return function(elements)


def _stacked(function: Callable[[Any], Any], elements: Any) -> Any:
    """Map a function of one seed's tensors over a stack of seeds, all of them at once."""
    return tf.vectorized_map(function, elements, warn=False)


def _one_seed(function: Callable[[Any], Any], elements: Any) -> Any:
    """Map a function of one seed's tensors over a stack of one seed."""
    result = function(tf.nest.map_structure(lambda tensor: tf.squeeze(tensor, 0), elements))
    return tf.nest.map_structure(lambda tensor: tf.expand_dims(tensor, 0), result)


def _in_parts(evaluate: Callable[..., Any], images: Any, labels: Any) -> tuple[Any, Any, Any]:
    """Return what `Steps.losses` gives for all images, evaluated part by part."""
    parts: list[tuple[Any, Any, Any]] = []
    for start in range(0, images.shape[0], AT_ONCE):
        part = slice(start, start + AT_ONCE)
        with tf.control_dependencies(parts[-1] if parts else []):  # never two parts in memory
            parts.append(evaluate(images[part], labels[part])[:3])
    losses, hits, penalties = zip(*parts, strict=True)
    return tf.concat(losses, 0), tf.concat(hits, 0), penalties[0]
