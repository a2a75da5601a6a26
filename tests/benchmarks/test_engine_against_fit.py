"""How fast does the engine train, next to `keras.Model.fit`, and next to the processor's peak?

    pytest tests/benchmarks --benchmark-only -s

The same steps on both sides, training only: no evaluation, no drawing of data or weights, nothing
compiled while the clock runs. The unit is a seed-step: one optimiser step of one seed's network.
`fit` gets its best of jit_compile × steps_per_execution beside its defaults. All rivals have all
cores and run in each round, one after the other in shuffled order, so that a noisy neighbour meets
them all; a rival's time is its minimum over the rounds, for noise only ever adds time. (A `fit` of
few steps sometimes runs on one core from start to end, and takes twice as long; the minimum is that
of a `fit` on all cores, which long ones are.) GFLOP/s
count the products and convolutions alone, and stand beside the peak of a large float32 product on
all cores, measured in the same rounds.

Dense networks meet two more measures. JAX, where it is installed, does the same work: `vmap` over
some seeds, `scan` over the steps, a block of seeds on each core, from the same weights to the same
weights. And the bound is the rate at which nothing but the arithmetic, at the large product's peak,
and the optimiser's way through memory took time: SGD reads each weight and its gradient and writes
the weight, 12 bytes, at the rate at which NumPy subtracts two vectors of that size on all cores.

Networks of the user's own race too: one whose seeds train one at a time (an LSTM), one with
convolutions, and a regression.

The assignment's CNN takes two minutes so. It races in a short form, of fewer rounds and steps,
unless HW4_RACES=whole is set; so do the user's LSTM and convolutions, of which XLA compiles `fit`
for half a minute. With HW4_RACES=short, as this repository's conftest.py sets it under
`-n`, all races have fewer rounds, and of each kind one rival. A table says which form it shows.

Nothing here fails because of time: the table shows what is required beside what was measured.
Where pytest-benchmark is switched off, as it is in xdist's workers, each rival runs one small round
to see that it runs, and the table says that it measures nothing.
"""

import functools
import importlib.util
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from hw4.data.finite import FiniteDataset, Labelled
from hw4.networks import backend
from hw4.networks.models import CNN, MLP, Custom, cnn, mlp
from hw4.objectives import losses
from hw4.objectives.optimisers import Optimiser, adam, sgd
from hw4.training.recipe import Recipe

ROUNDS = 9
WARM_UP = 2  # rounds before them: the first compiles
PEAK = 2048  # rows and columns of the product that shows the peak
DEFAULT = "fit, default"
LONG = 20  # epochs; the engine runs the races' networks as it runs those of a run so long
TRAFFIC = 12  # bytes that SGD moves for a weight: reads it and its gradient, writes it
SUBTRACTIONS = 200  # a round, of vectors as long as a network has weights
VMAPPED = (4, 8)  # seeds of a call of JAX
ROUNDING = 1e-4  # of a weight matrix's norm


@dataclass(frozen=True)
class Race:
    """A network and its steps, the number of seeds, and the ratios of rates that are required."""

    network: MLP | CNN | Custom
    image_shape: tuple[int, int, int]
    classes: int
    batch: int
    seeds: int
    steps: int  # an epoch
    over_default: float
    over_best: float | None
    over_jax: float | None = None
    of_bound: float | None = None
    optimiser: Optimiser = field(default_factory=lambda: sgd(0.01))
    rounds: int = ROUNDS
    warm_up: int = WARM_UP
    form: str = ""
    loss: str | None = None  # of targets; None of classes

    @property
    def images(self):
        return self.batch * self.steps

    @property
    def fits(self):
        """Rivals by name: what `fit` is told of jit_compile and steps_per_execution."""
        # XLA's convolutions are several times slower than oneDNN's: not `fit` at its best.
        compiled = (False,) if isinstance(self.network, CNN) else (False, True)
        best = {
            f"fit, jit_compile={jit}, steps={steps}": (jit, steps)
            for jit in compiled
            for steps in (1, 32)
        }
        return {DEFAULT: ("auto", 1)} | best

    @functools.cached_property
    def recipe(self):
        rng = np.random.default_rng(0)
        labels = np.arange(self.images * 4 // 3 + 4, dtype=np.int32) % self.classes
        pixels = rng.random((len(labels), *self.image_shape), np.float32)
        names = tuple(map(str, range(self.classes)))
        if self.loss:
            names, labels = (), pixels.mean((1, 2, 3))
        data = FiniteDataset("noise", names, Labelled(pixels, labels))
        sizes, loss = (LONG, self.batch, self.images, 1), self.loss and losses.said(self.loss)
        return Recipe(self.network, self.optimiser, data, *sizes, loss=loss)

    @property
    def flops(self):
        """Of one seed-step: forward, and backward to the kernels and, past the first, inputs.

        None of a network of the user's own, whose layers may do anything.
        """
        if isinstance(self.network, Custom):
            return None
        model = self.network.build(self.image_shape, self.classes)
        layers = [layer for layer in model.layers if hasattr(layer, "kernel")]
        places = [math.prod(layer.output.shape[1:-1]) for layer in layers]  # of a convolution
        products = [
            2 * self.batch * count * math.prod(layer.kernel.shape)
            for layer, count in zip(layers, places, strict=True)
        ]
        return 3 * sum(products) - products[0]

    @property
    def weights(self):
        return self.network.build(self.image_shape, self.classes).count_params()


def lstm(image_shape, classes):
    from keras import Input, Sequential, layers

    rows = [Input(image_shape), layers.Reshape(image_shape[:2])]
    return Sequential([*rows, layers.LSTM(64), layers.Dense(classes, "softmax")])


def residual(image_shape, classes):
    from keras import Input, Model, layers

    def convolved(x):
        x = layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same", use_bias=False)(x))
        return layers.ReLU()(x)

    images = Input(image_shape)
    x = convolved(images)
    for _ in range(2):
        x = layers.Add()([x, convolved(convolved(x))])
    x = layers.GlobalAveragePooling2D()(x)
    return Model(images, layers.Dense(classes, "softmax")(x))


def regression(image_shape, outputs):
    from keras import Input, Sequential, layers

    hidden = [layers.Dense(64, "relu"), layers.Dense(64, "relu")]
    return Sequential([Input(image_shape), layers.Flatten(), *hidden, layers.Dense(outputs)])


IMAGE = (32, 32, 1)
ASSIGNMENT = Race(cnn(), IMAGE, 4, 64, 2, 4, 1.7, None, optimiser=adam(1e-5))
SHORT = {"rounds": 3, "warm_up": 1, "form": " — short; the whole with HW4_RACES=whole"}
FORM = os.environ.get("HW4_RACES", "")


def shortened(race, *, always=False, **fields):
    """Return a race, or its short form where that is asked for: with fewer rounds, and fields."""
    if FORM == "short" or (always and FORM != "whole"):
        return replace(race, **SHORT, **fields)
    return race


RACES = {
    "64-32-10, batch 32": shortened(
        Race(mlp(widths=(32,)), (64, 1, 1), 10, 32, 32, 256, 50, None, 1.1)
    ),
    "1024-300-150-4, batch 64": shortened(
        Race(mlp(widths=(300, 150)), IMAGE, 4, 64, 8, 64, 3.5, 1.8, 1.1, 0.85)
    ),
    "CNN 8,16,16,32,32, batch 64": shortened(
        Race(cnn((8, 16, 16, 32, 32)), IMAGE, 4, 64, 4, 16, 1.8, None, optimiser=adam(1e-5))
    ),
    "CNN 64,128,128,256,256, batch 64": shortened(ASSIGNMENT, always=True, steps=2),
    "LSTM 64 on 28 rows, batch 64": shortened(
        Race(Custom(lstm), (28, 28, 1), 10, 64, 8, 32, 1, 1, optimiser=adam(1e-3)),
        always=True,
    ),
    "residual CNN, 5 of 16 filters, batch 32": shortened(
        Race(Custom(residual), (16, 16, 3), 10, 32, 4, 16, 1, 1, optimiser=adam(1e-3)),
        always=True,
    ),
    "regression 13-64-64-1, batch 32": shortened(
        Race(
            *(Custom(regression), (13, 1, 1), 1, 32, 32, 128, 1, 1),
            optimiser=adam(1e-3),
            loss="mean_squared_error",
        )
    ),
}


def blocks(race, size):
    """Return the seeds of each block and, stacked, their state, images and labels."""
    from hw4.training import replicas

    recipe = race.recipe
    program = replicas.program_of(recipe)
    stacks = [range(start, start + size) for start in range(0, race.seeds, size)]
    drawn = [program.initial_state(seeds) for seeds in stacks]
    data = [replicas.stacked_data(recipe.dataset, tuple(s), recipe.images, 1) for s in stacks]
    return [(*each, images.x, images.y) for *each, images in zip(stacks, drawn, data, strict=True)]


def on_lanes(race, ready, train):
    """Return a function that trains every block for one epoch, as many at once as there are cores.

    Args:
        race: the network and its steps.
        ready: the blocks, each of its seeds and of arrays.
        train: what takes a block's arrays and order of batches, and returns its weights.
    """
    from hw4.training import replicas

    lanes = ThreadPoolExecutor(backend.lanes())

    def block(arguments):
        seeds, *arrays = arguments
        return train(*arrays, replicas.batch_orders(seeds, 0, race.images, race.batch))

    return (lambda: list(lanes.map(block, ready))), race.seeds * race.steps


def engine(race):
    """Return a function that takes one epoch's steps of every seed, as the executor does."""
    import tensorflow as tf

    from hw4.training import replicas
    from hw4.training.programs import Convolutional

    program = replicas.program_of(race.recipe)
    numbers = program.numbers(race.recipe)
    steps = program.train_steps
    if isinstance(race.network, Custom):
        steps = program._train[False]
    elif not isinstance(program, Convolutional):
        steps = tf.function(steps, jit_compile=True, autograph=False)

    def train(state, x, y, order):
        (weights, _, _), _ = steps(state, x, y, tuple(map(tf.constant, order)), numbers)
        return [np.asarray(values) for values in weights]  # waits for the result

    return on_lanes(race, blocks(race, program.seeds), train)


def jax_rival(race, seeds):
    """Return a function that does what the engine's does, in JAX: so many seeds in one `vmap`."""
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_platforms", "cpu")

    def loss(weights, x, y):
        *hidden, (kernel, bias) = zip(weights[::2], weights[1::2], strict=True)
        for inner, offset in hidden:
            x = jax.nn.relu(x @ inner + offset)
        logarithms = jax.nn.log_softmax(x @ kernel + bias)
        return -jnp.take_along_axis(logarithms, y[:, None], axis=1).mean()

    def one_seed(weights, x, y, order):
        def step(weights, batch):
            gradients = jax.grad(loss)(weights, x[batch], y[batch])
            rate = race.optimiser.learning_rate
            return [w - rate * g for w, g in zip(weights, gradients, strict=True)], None

        return jax.lax.scan(step, weights, order)[0]

    epoch = jax.jit(jax.vmap(one_seed))

    def train(weights, x, y, order):
        return [np.asarray(values) for values in epoch(weights, x, y, order[0])]

    def arrays(state, x, y):
        flat = x.numpy().reshape(*x.shape[:2], -1)
        return [jnp.asarray(w) for w in state[0]], jnp.asarray(flat), jnp.asarray(y)

    ready = [(each, *arrays(*block)) for each, *block in blocks(race, seeds)]
    return on_lanes(race, ready, train)


def fit(race, jit_compile, steps_per_execution):
    """Return a function that takes one epoch's steps of one seed: `fit` knows no others."""
    import keras

    recipe = race.recipe
    split = recipe.dataset.draw(0, recipe.images, 1)
    model = recipe.network.build(race.image_shape, race.classes)
    loss = race.loss or keras.losses.SparseCategoricalCrossentropy()
    how = {"jit_compile": jit_compile, "steps_per_execution": steps_per_execution}
    model.compile(recipe.optimiser.build(), loss, **how)

    def epoch():
        model.fit(split.x_train, split.y_train, race.batch, verbose=0)

    return epoch, race.steps


def peak():
    """Return a function that multiplies two large matrices on all cores, and its GFLOP."""
    import tensorflow as tf

    a = tf.random.stateless_uniform((PEAK, PEAK), (1, 2))
    return (lambda: tf.linalg.matmul(a, a).numpy()), 2e-9 * PEAK**3


def subtraction(race):
    """Return a function that updates a network's weights many times on each core, and its GB."""
    count = race.weights
    vectors = [(np.ones(count, "f4"), np.zeros(count, "f4")) for _ in range(backend.lanes())]
    lanes = ThreadPoolExecutor(backend.lanes())

    def update(pair):
        weights, gradients = pair
        for _ in range(SUBTRACTIONS):
            np.subtract(weights, gradients, out=weights)

    gigabytes = 1e-9 * len(vectors) * SUBTRACTIONS * TRAFFIC * count
    return (lambda: list(lanes.map(update, vectors))), gigabytes


class Rounds:
    """Takes rounds of all rivals, and keeps each one's shortest time in seconds, by name."""

    def __init__(self, rivals):
        self.rivals = rivals
        self.rng = np.random.default_rng(0)
        self.best = dict.fromkeys(rivals, np.inf)

    def __call__(self):
        for name in self.rng.permutation(list(self.rivals)):
            start = time.perf_counter()
            self.rivals[name]()
            self.best[name] = min(self.best[name], time.perf_counter() - start)


@dataclass(frozen=True)
class Measured:
    """The rates of a race's rivals, in seed-steps a second by name, and what stands beside them."""

    race: Race
    rates: dict[str, float]
    peak: float  # GFLOP/s
    bandwidth: float | None  # GB/s of an optimiser's step, where there is a bound

    @property
    def bound(self):
        """Seed-steps a second if only arithmetic and the optimiser's traffic took time."""
        seconds = self.race.flops / self.peak + TRAFFIC * self.race.weights / self.bandwidth
        return 1e9 / seconds

    @property
    def gflops(self):
        """Of each rival, by name, where they are known."""
        flops = self.race.flops
        return {name: rate * flops / 1e9 for name, rate in self.rates.items()} if flops else {}

    @property
    def ratios(self):
        """The engine's rate over another, and what is required of it, by name."""
        fits = [rate for name, rate in self.rates.items() if name.startswith("fit")]
        jax = [rate for name, rate in self.rates.items() if name.startswith("JAX")]
        race = self.race
        others = {
            "default fit": (self.rates[DEFAULT], race.over_default),
            "best fit": (max(fits) if len(fits) > 1 else None, race.over_best),
            "best JAX": (max(jax, default=None), race.over_jax),
            "bound": (self.bound if race.of_bound else None, race.of_bound),
        }
        return {
            name: (self.rates["engine"] / rate, required)
            for name, (rate, required) in others.items()
            if rate and (required or "fit" in name)
        }

    def table(self, heading):
        """Return the rivals side by side, and what is required of the ratios."""
        lines = [heading, f"{'':32}{'seed-steps/s':>14}{'GFLOP/s':>10}{'of peak':>9}"]
        for name, rate in self.rates.items():
            gflops = self.gflops.get(name)
            share = f"{gflops:10.1f}{gflops / self.peak:9.1%}" if gflops else ""
            lines.append(f"{name:32}{rate:14,.1f}{share}")
        lines.append(f"{f'float32 product, {PEAK}²':32}{'':14}{self.peak:10.1f}{1:9.0%}")
        if self.race.of_bound:
            how = f"bound, at {self.bandwidth:.1f} GB/s of SGD"
            gflops = self.bound * self.race.flops / 1e9
            lines.append(f"{how:32}{self.bound:14,.1f}{gflops:10.1f}{gflops / self.peak:9.1%}")
        for name, (ratio, required) in self.ratios.items():
            asked = f"required {required}" if required else "nothing required"
            lines.append(f"engine / {name}: {ratio:.2f}, {asked}")
        if self.race.over_jax and "best JAX" not in self.ratios:
            lines.append("JAX is not installed; `pip install jax` adds it to the rivals")
        return "\n".join(lines)


def rivals_of(race, every):
    """Return all rivals by name, or of each kind one: each takes seconds at first.

    Each is a function that trains, and the number of seed-steps that it takes.
    """
    fits = race.fits if every else {DEFAULT: race.fits[DEFAULT]}
    rivals = {"engine": engine(race)} | {name: fit(race, *how) for name, how in fits.items()}
    if race.over_jax and importlib.util.find_spec("jax"):
        sizes = VMAPPED if every else VMAPPED[-1:]
        rivals |= {f"JAX, {size} seeds a call": jax_rival(race, size) for size in sizes}
    return rivals


def assert_same_weights(found, expected):
    """Assert that two rivals have trained every seed to the same weights, but for rounding."""
    stacks = [
        [np.concatenate(values) for values in zip(*blocks, strict=True)]
        for blocks in (found, expected)
    ]
    for ours, theirs in zip(*stacks, strict=True):
        assert np.linalg.norm(ours - theirs) < ROUNDING * np.linalg.norm(theirs)


@pytest.mark.parametrize("title", RACES)
def test_the_engine_against_fit(benchmark, capsys, title):
    race = RACES[title]
    rivals = rivals_of(race, benchmark.enabled and FORM != "short")
    (product, gflop), (update, gigabytes) = peak(), subtraction(race)
    calls = {name: call for name, (call, _) in rivals.items()}
    bounds = {"peak": product} | ({"update": update} if race.of_bound else {})
    take = Rounds(calls | bounds)
    rounds, warm_up = (race.rounds, race.warm_up) if benchmark.enabled else (1, 0)
    benchmark.pedantic(take, rounds=rounds, warmup_rounds=warm_up)
    for name in calls:
        if name.startswith("JAX"):
            assert_same_weights(calls[name](), calls["engine"]())
    best = take.best
    rates = {name: work / best[name] for name, (_, work) in rivals.items()}
    bandwidth = gigabytes / best["update"] if race.of_bound else None
    measured = Measured(race, rates, gflop / best["peak"], bandwidth)
    benchmark.extra_info |= {
        "seed_steps_per_second": rates,
        "gflops": measured.gflops,
        "peak_gflops": measured.peak,
        "update_gigabytes_per_second": measured.bandwidth,
        "engine_over": {name: ratio for name, (ratio, _) in measured.ratios.items()},
        "required_over": {name: required for name, (_, required) in measured.ratios.items()},
    }
    assert all(np.isfinite(rate) and rate > 0 for rate in rates.values())
    disabled = " — benchmarks are disabled: run once, not a measurement"
    heading = f"{title}, {race.seeds} seeds{race.form if benchmark.enabled else disabled}"
    with capsys.disabled():
        print(f"\n\n{measured.table(heading)}\n")
