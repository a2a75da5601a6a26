"""How long a run takes on a cluster: by simulation, from measured times of its blocks.

    python docs/study_cluster.py LEDGER [--profile quick] [--blocks FILE] [--times N] [--jobs N]

LEDGER is of any whole run: how many seeds each claim took. Every claim is asked for one block of
seeds, without training, which tells its recipes. Of the costliest kinds of network a few steps and
an evaluation are timed, in seconds of one core's work; a block is so many of them. Other kinds take
as long a step as the measured one whose work is most nearly theirs. FILE keeps what was measured as
JSON; where it is there, it is read.

Then workers of one thread each take blocks. A claim asks for its arms one after another, and for
its next seeds when it has all of them; what another claim has trained comes from the store. A
worker's first block of a kind takes what tracing or compiling takes longer. `--times N` has N runs
with other roots, or other data, at the same time. `--jobs N` is how many claims each asks at once,
as in `hw4 run`: by default as many as there are workers, at most 64.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import heapq
import io
import json
import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from hw4.ledger import ledger
from hw4.ledger.records import Ledger
from hw4.networks.models import CNN, MLP, mlp
from hw4.training.compiling import block_size

if TYPE_CHECKING:
    from hw4.training import trainer
    from hw4.training.recipe import Recipe
    from hw4.training.runs import Runs

Claims: TypeAlias = "dict[tuple[str, str], list[tuple[Recipe, int]]]"
Times = dict[str, float]
Key = tuple[object, ...]
Block = tuple[Key, str, float]
"""What it is, its kind, its seconds."""
Chain = list[list[Block]]
"""Blocks that are sent together, list after list."""

WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)
SEEDS = 8  # that a claim asks for at once
STEPS = 4  # of which a kind's time is measured
SENDING = 0.05  # seconds that a block is on its way: on loopback, two processes
LEAST = 1e5  # multiplications that take as long as a step's own overhead
ASKED = 64  # claims at once at most, unless `hw4 run --scheduler` is told `--jobs`


class Everything(dict[str, NDArray[np.float64]]):
    """Probes and metrics of any name, of some shape."""

    def __missing__(self, name: str) -> NDArray[np.float64]:
        return np.ones((SEEDS, 2, 4))


class Asking:
    """A pytest plugin that asks every claim for its first seeds, and keeps what it would train."""

    def __init__(self) -> None:
        self.asked: Claims = {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Iterator[None]:
        """Call the function of a claim that trains, and say that it was called."""
        from hw4.plugin.items import claim_of, instance_of
        from hw4.training import trainer
        from hw4.training.runs import METRICS, Runs

        recipes: list[tuple[Recipe, int]] = []

        def run(self: trainer.Trainer, asked: Recipe, repeat: int) -> Runs:
            recipes.append((asked, repeat))
            shape = (SEEDS, len(asked.evaluated))
            curves = [np.random.default_rng(0).random(shape) for _ in METRICS]
            return Runs(self.seeds, *curves, metrics=Everything(), probes=Everything())

        claim = claim_of(pyfuncitem)
        if claim and "train" in pyfuncitem.fixturenames:
            names = pyfuncitem._fixtureinfo.argnames
            with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Exception):
                patch.setattr(trainer.Trainer, "_run", run)
                pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
        self.asked[claim.id, instance_of(pyfuncitem)] = recipes
        yield from ()
        return True


def asked(profile: str) -> Claims:
    """Return (id, instance) → [(recipe, repeat)] of the homework's claims."""
    from hw4.guest import ROOT, guest
    from hw4.processes.options import IMPORTED

    plugin = Asking()
    options = ["--hw4-only-claims", "-m", "not hw4_serial", "--tb=no", f"--hw4-profile={profile}"]
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*IMPORTED, *options, str(ROOT / guest().claims)], plugins=[plugin])
    return {name: recipes for name, recipes in plugin.asked.items() if recipes}


def kind(recipe: Recipe) -> str:
    """Return what decides a block's time but its length, as text: activations are alike."""
    from hw4.training.compiling import is_compiled

    network = recipe.network.split()[0]
    plain = {"activation": "relu", "gain": 1.0, "bias": 0.0, "initializer": "he_normal"}
    known = {name: v for name, v in plain.items() if hasattr(network, name)}
    network = dataclasses.replace(network, **known) if known else network
    shown = network if known or hasattr(network, "filters") else network.source.__name__
    parts = (shown, recipe.optimiser.name, recipe.dataset.image_shape, recipe.batch_size)
    return " · ".join(map(str, (*parts, "compiled" if is_compiled(recipe) else "not compiled")))


def timed(recipe: Recipe) -> Times:
    """Return seconds of one core: the first epoch's extra, a step, an evaluated image, a block."""
    from hw4.training import replicas
    from hw4.training.executor import block_size

    long = replicas.is_compiled(recipe)
    short = dataclasses.replace(
        recipe, images=STEPS * recipe.batch_size, test_images=64, evaluate_last=None, probes=()
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replicas, "is_compiled", lambda recipe: long)
        program, seeds = replicas.program_of(short), list(range(block_size(recipe)))
        data = replicas.stacked_data(short.dataset, tuple(seeds), short.images, 64)
        state, numbers = program.initial_state(seeds), program.numbers(short)
        spent = []
        for number, evaluate in enumerate((True, False, True)):
            order = replicas.batch_orders(seeds, number, short.images, short.batch_size)
            start = time.process_time()
            state, _ = program.epoch(state, data, order, numbers, evaluate=evaluate)
            spent.append(time.process_time() - start)
    first, trained, again = spent
    step = trained / STEPS
    images = min(short.images, 1024) + 64
    return {
        "first": max(0.0, first - again),
        "step": step,
        "image": max(0.0, again - trained) / images,
        "seeds": len(seeds),
    }


def work(recipe: Recipe) -> float:
    """Return the multiplications of a block's steps, before its networks are built."""
    network, shape = recipe.network, recipe.dataset.image_shape
    classes = recipe.dataset.outputs
    if isinstance(network, CNN):
        each: float = network.multiplications(shape, classes)
    else:
        dense = network if isinstance(network, MLP) else mlp(4, 64)
        each = dense.weights(shape, classes)
    return each * recipe.batch_size


def measured(claims: Claims, path: Path | None, most: int) -> dict[str, Times]:
    """Return kind → its times: the costliest are measured, unless the file has them.

    Another kind takes as long a step as the measured one that has most nearly its work.
    """
    known: dict[str, Times] = json.loads(path.read_text()) if path and path.exists() else {}
    cost = Counter[str]()
    example: dict[str, Recipe] = {}
    for recipe in (recipe for recipes in claims.values() for recipe, _ in recipes):
        example.setdefault(kind(recipe), recipe)
        steps = recipe.epochs * math.ceil(sizes(recipe)[0] / recipe.batch_size)
        cost[kind(recipe)] += int(SEEDS * steps * (work(recipe) + LEAST))
    for name, _ in cost.most_common(most):
        if name not in known:
            known[name] = timed(example[name])
            print(name, known[name], flush=True)
            if path:
                path.write_text(json.dumps(known, indent=1))
    found = dict(known)
    for name, recipe in example.items():
        if name not in known:
            convolves = name.startswith("CNN")
            alike = [n for n in known if n in example and n.startswith("CNN") == convolves]
            near = min(alike, key=lambda n: abs(math.log(work(example[n]) / work(recipe))))
            size = block_size(recipe)
            found[name] = known[near] | {"seeds": size or SEEDS}
    share = sum(cost[name] for name in known) / cost.total()  # which counts multiplications
    print(f"{len(known)} of {len(example)} kinds measured, {share:.0%} of the work")
    return found


def sizes(recipe: Recipe) -> tuple[int, int]:
    """Return how many images there are to train and to test on: `digits` has fewer than asked."""
    if not recipe.dataset.name.startswith("digits"):
        return recipe.images, recipe.test_images
    split = recipe.dataset.draw(0, recipe.images, recipe.test_images)
    return len(split.y_train), len(split.y_test)


def seconds(recipe: Recipe, times: Times) -> float:
    """Return what a block takes once its program is there."""
    train, test = sizes(recipe)
    steps = recipe.epochs * math.ceil(train / recipe.batch_size)
    evaluated = len(recipe.evaluated) * (min(train, 1024) + test)
    return steps * times["step"] + evaluated * times["image"]


def chains(claims: Claims, ledger: Ledger, times: dict[str, Times], run: int) -> list[Chain]:
    """Return for each claim its rounds: blocks that are sent together, (key, kind, seconds)."""
    seeds = {(r.id, r.instance): r.seeds for r in ledger.claims}
    found = []
    for name, recipes in claims.items():
        chain = []
        for block in range(math.ceil(seeds.get(name, SEEDS) / SEEDS)):
            for recipe, repeat in recipes:
                of = times[kind(recipe)]
                parts = range(math.ceil(SEEDS / of["seeds"]))
                cost = seconds(recipe, of)
                key = (run, block, repeat, repr(recipe.network), *_rest(recipe))
                chain.append([((*key, part), kind(recipe), cost) for part in parts])
        found.append(chain)
    return found


def _rest(recipe: Recipe) -> tuple[object, ...]:
    sizes = recipe.epochs, recipe.batch_size, recipe.images, recipe.test_images
    return recipe.optimiser, recipe.dataset.fingerprint, *sizes, recipe.probes, recipe.evaluate_last


@dataclass
class Left:
    """What a claim waits for."""

    blocks: int
    chain: Iterator[list[Block]]
    later: deque[Chain]


class Simulated:
    """Workers that take blocks, first come, first served; `run` returns when the last is done."""

    def __init__(
        self, runs: list[list[Chain]], workers: int, firsts: dict[str, float], jobs: int
    ) -> None:
        self.waiting, self.free = deque[Block](), list(range(workers))
        self.firsts = firsts
        self.done, self.listeners = set[Key](), defaultdict[Key, list[Left]](list)
        self.traced = [set[str]() for _ in range(workers)]
        self.events, self.now = list[tuple[float, int, Key]](), 0.0
        for later in map(deque, runs):
            for _ in range(min(jobs, len(later))):
                self.ask(iter(later.popleft()), later)

    def ask(self, chain: Iterator[list[Block]], later: deque[Chain]) -> None:
        """Send a claim's next round; without one, begin the next claim of its run."""
        for blocks in chain:
            missing = [block for block in blocks if block[0] not in self.done]
            if not missing:
                continue
            left = Left(len(missing), chain, later)
            for block in missing:
                if block[0] not in self.listeners:
                    self.waiting.append(block)
                self.listeners[block[0]].append(left)
            return
        if later:
            self.ask(iter(later.popleft()), later)

    def run(self) -> float:
        """Return the seconds until all is decided."""
        while True:
            while self.waiting and self.free:
                key, kind, cost = self.waiting.popleft()
                # Of the free ones, one that has the program already.
                ready = [w for w in self.free if kind in self.traced[w]] or self.free
                worker = ready[0]
                self.free.remove(worker)
                cost += 0 if kind in self.traced[worker] else self.firsts[kind]
                self.traced[worker].add(kind)
                heapq.heappush(self.events, (self.now + cost + SENDING, worker, key))
            if not self.events:
                return self.now
            self.now, worker, key = heapq.heappop(self.events)
            self.free.append(worker)
            self.done.add(key)
            for left in self.listeners[key]:
                left.blocks -= 1
                if not left.blocks:
                    self.ask(left.chain, left.later)


def table(runs: list[list[Chain]], firsts: dict[str, float], jobs: int | None) -> None:
    """Print time, efficiency and the longest chain for each number of workers."""
    chains = [chain for run in runs for chain in run]
    longest = max(sum(max(cost for *_, cost in blocks) for blocks in c) for c in chains)
    blocks = {block[0]: block[2] for chain in chains for each in chain for block in each}
    print(f"{len(chains)} claims, {len(blocks)} blocks, {sum(blocks.values()):.0f} s of one core")
    print(f"longest block {max(blocks.values()):.0f} s, longest claim {longest:.0f} s")
    print("| workers | hours | efficiency |\n|---|---|---|")
    alone = None
    for workers in WORKERS:
        end = Simulated(runs, workers, firsts, jobs or min(workers, ASKED)).run()
        alone = alone or end
        print(f"| {workers:,} | {end / 3600:.2f} | {alone / workers / end:.0%} |")


def main() -> None:
    """Measure, simulate, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--profile", default="homework")
    parser.add_argument("--blocks", type=Path)
    parser.add_argument("--kinds", type=int, default=16)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--jobs", type=int)
    options = parser.parse_args()
    claims = asked(options.profile)
    times = measured(claims, options.blocks, options.kinds)
    firsts = {name: each["first"] for name, each in times.items()}
    book = ledger.read(options.ledger)
    runs = [chains(claims, book, times, run) for run in range(options.times)]
    table(runs, firsts, options.jobs)


if __name__ == "__main__":
    main()
