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

The assignment's CNN takes two minutes so. It races in a short form, of fewer rounds and steps,
unless HW4_RACES=whole is set; its table says which form it shows.

Nothing here fails because of time: the table shows what is required beside what was measured.
Where pytest-benchmark is switched off, as it is in xdist's workers, each rival runs one small round
to see that it runs, and the table says that it measures nothing.
"""

import functools
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from hw4.data.finite import FiniteDataset, Labelled
from hw4.models import CNN, MLP, cnn, mlp
from hw4.training import backend
from hw4.training.recipe import Optimiser, Recipe, adam, sgd

ROUNDS = 9
WARM_UP = 2  # rounds before them: the first compiles
PEAK = 2048  # rows and columns of the product that shows the peak
DEFAULT = "fit, default"


@dataclass(frozen=True)
class Race:
    """A network and its steps, the number of seeds, and the ratios of rates that are required."""

    network: MLP | CNN
    image_shape: tuple[int, int, int]
    classes: int
    batch: int
    seeds: int
    steps: int  # an epoch
    over_default: float
    over_best: float | None
    optimiser: Optimiser = field(default_factory=lambda: sgd(0.01))
    rounds: int = ROUNDS
    warm_up: int = WARM_UP
    form: str = ""

    @property
    def images(self):
        return self.batch * self.steps

    @property
    def fits(self):
        """Rivals by name: what `fit` is told of jit_compile and steps_per_execution."""
        # XLA's convolutions are several times slower than oneDNN's: not `fit` at its best.
        compiled = (False, True) if isinstance(self.network, MLP) else (False,)
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
        data = FiniteDataset("noise", names, Labelled(pixels, labels))
        return Recipe(self.network, self.optimiser, data, 1, self.batch, self.images, 1)

    @property
    def flops(self):
        """Of one seed-step: forward, and backward to the kernels and, past the first, inputs."""
        model = self.network.build(self.image_shape, self.classes)
        layers = [layer for layer in model.layers if hasattr(layer, "kernel")]
        places = [math.prod(layer.output.shape[1:-1]) for layer in layers]  # of a convolution
        products = [
            2 * self.batch * count * math.prod(layer.kernel.shape)
            for layer, count in zip(layers, places, strict=True)
        ]
        return 3 * sum(products) - products[0]


IMAGE = (32, 32, 1)
ASSIGNMENT = Race(cnn(), IMAGE, 4, 64, 2, 4, 1.7, None, adam(1e-5))
SHORT = {"steps": 2, "rounds": 3, "warm_up": 1, "form": " — short; the whole with HW4_RACES=whole"}
RACES = {
    "64-32-10, batch 32": Race(mlp(widths=(32,)), (64, 1, 1), 10, 32, 32, 256, 50, None),
    "1024-300-150-4, batch 64": Race(mlp(widths=(300, 150)), IMAGE, 4, 64, 8, 64, 3.5, 1.8),
    "CNN 8,16,16,32,32, batch 64": Race(
        cnn((8, 16, 16, 32, 32)), IMAGE, 4, 64, 4, 16, 1.8, None, adam(1e-5)
    ),
    "CNN 64,128,128,256,256, batch 64": (
        ASSIGNMENT if os.environ.get("HW4_RACES") == "whole" else replace(ASSIGNMENT, **SHORT)
    ),
}


def engine(race):
    """Return a function that takes one epoch's steps of every seed, as the executor does."""
    import tensorflow as tf

    from hw4.training import replicas

    recipe = race.recipe
    program = replicas.program_of(recipe)
    size = replicas.block_size(recipe)
    steps = program.train_steps
    if not program.convolutional:
        steps = tf.function(steps, jit_compile=True, autograph=False)

    def block(start):
        seeds = tuple(range(start, start + size))
        data = replicas.stacked_data(recipe.dataset, seeds, recipe.images, 1)
        return seeds, program.initial_state(seeds), data.x, data.y

    numbers = program.numbers(recipe)
    blocks = [block(start) for start in range(0, race.seeds, size)]
    lanes = ThreadPoolExecutor(backend.lanes())

    def train(arguments):
        seeds, *state_and_data = arguments
        order = replicas.batch_orders(seeds, 0, recipe.images, recipe.batch_size)
        (trainable, _, _), _ = steps(*state_and_data, tuple(map(tf.constant, order)), numbers)
        return np.asarray(trainable[-1])  # waits for the result

    def epoch():
        list(lanes.map(train, blocks))

    return epoch, race.seeds * race.steps


def fit(race, jit_compile, steps_per_execution):
    """Return a function that takes one epoch's steps of one seed: `fit` knows no others."""
    import keras

    recipe = race.recipe
    split = recipe.dataset.draw(0, recipe.images, 1)
    model = recipe.network.build(race.image_shape, race.classes)
    loss = keras.losses.SparseCategoricalCrossentropy()
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


def table(title, race, rates, peak_rate, measured):
    """Return the rivals side by side, and what is required of the ratios."""
    lines = [f"{title}, {race.seeds} seeds", ""]
    disabled = " — benchmarks are disabled: run once, not a measurement"
    lines[0] += race.form if measured else disabled
    lines.append(f"{'':32}{'seed-steps/s':>14}{'GFLOP/s':>10}{'of peak':>9}")
    flops = race.flops
    for name, rate in rates.items():
        gflops = rate * flops / 1e9
        lines.append(f"{name:32}{rate:14,.1f}{gflops:10.1f}{gflops / peak_rate:9.1%}")
    lines.append(f"{f'float32 product, {PEAK}²':32}{'':14}{peak_rate:10.1f}{1:9.0%}")
    default, best = ratios(rates)
    lines.append(f"engine / default fit: {default:.2f}, required {race.over_default}")
    required = f"required {race.over_best}" if race.over_best else "nothing required"
    lines.append(f"engine / best fit: {best:.2f}, {required}")
    return "\n".join(lines)


def ratios(rates):
    """Return the engine's rate over that of the default `fit`, and over the best one."""
    fits = {name: rate for name, rate in rates.items() if name != "engine"}
    return rates["engine"] / fits[DEFAULT], rates["engine"] / max(fits.values())


@pytest.mark.parametrize("title", RACES)
def test_the_engine_against_fit(benchmark, capsys, title):
    race = RACES[title]
    names = list(race.fits) if benchmark.enabled else [DEFAULT]  # each takes seconds to compile
    rivals = {"engine": engine(race)} | {name: fit(race, *race.fits[name]) for name in names}
    product, gflop = peak()
    calls = {name: call for name, (call, _) in rivals.items()} | {"peak": product}
    take = Rounds(calls)
    rounds, warm_up = (race.rounds, race.warm_up) if benchmark.enabled else (1, 0)
    benchmark.pedantic(take, rounds=rounds, warmup_rounds=warm_up)
    best = take.best
    rates = {name: work / best[name] for name, (_, work) in rivals.items()}
    peak_rate = gflop / best["peak"]
    default, best_fit = ratios(rates)
    benchmark.extra_info |= {
        "seed_steps_per_second": rates,
        "gflops": {name: rate * race.flops / 1e9 for name, rate in rates.items()},
        "peak_gflops": peak_rate,
        "engine_over_default_fit": default,
        "engine_over_best_fit": best_fit,
        "required_over_default_fit": race.over_default,
        "required_over_best_fit": race.over_best,
    }
    assert all(np.isfinite(rate) and rate > 0 for rate in rates.values())
    with capsys.disabled():
        print(f"\n\n{table(title, race, rates, peak_rate, benchmark.enabled)}\n")
