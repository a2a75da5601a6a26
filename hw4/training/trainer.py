"""`train`: what a claim calls to train an arm on the current block of seeds."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from hw4 import checks, data
from hw4.networks import backend
from hw4.networks.initial import Weights
from hw4.networks.models import Custom, Network, Source, network
from hw4.networks.seen import Seen
from hw4.objectives import given, optimisers, stopping
from hw4.objectives.losses import said, weights_of
from hw4.objectives.metrics import stated
from hw4.objectives.stopping import EarlyStopping
from hw4.recall.memory import Memory
from hw4.recall.runs import recalled, remember
from hw4.seeds import repeated
from hw4.store.store import Store, open_store
from hw4.training import probes as probing
from hw4.training.executor import Place, execute
from hw4.training.profiles import Profile
from hw4.training.recipe import Recipe
from hw4.training.runs import Runs, from_rows

QUARTILES = (25, 50, 75)
Size = int | Mapping[str, int]
"""A whole number, or one for each profile, by its name."""

Rounded: TypeAlias = "list[float | str | Rounded]"
"""Nested lists of numbers with six digits; infinities are text."""

D = TypeVar("D")

CURVES = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


class Trainer:
    """Trains arms on its current block of seeds, and remembers their curves for the report.

    A call, `train(model, optimiser, dataset, …)`, trains one network a seed.

    Args:
        model: `mlp(…)`, a `keras.Model`, or a function (image_shape, classes) → `keras.Model`.
        optimiser: `sgd(…)`, `adam(…)`, any `Optimiser`, or one of `keras.optimizers`.
        dataset: "phantom", "digits", a path, or a `Dataset`.
        epochs: passes over the training set; 0 only initialises, for the probes.
        batch_size: images a step; the rest makes a smaller last batch.
        images: training images a seed, by default the profile's. This and the next two are a
            number, or one for each profile: `{"quick": 512, "homework": 4096}`.
        test_images: test images a seed, by default the profile's.
        side: averages the images down while both sides keep so many pixels; by default not.
        probes: what else to measure, names from `hw4.training.probes.PROBES`.
        evaluate_last: measures losses and accuracies after this many last epochs; None measures
            them after each. 1 saves up to half of the time if only `[:, -1]` is read.
        loss: a `keras.losses.Loss`, its name or a function of labels and outputs; by default
            what the model is compiled with, or cross-entropy.
        class_weight: in training, by the class's index or name, as for `fit`; 1 by default.
        metrics: what else to measure of the outputs: metrics of `keras.metrics`, functions,
            names, and "balanced_accuracy", "class_recall" or "predictions".
        early_stopping: a rule by which each seed stops for itself; see `early_stopping`.
        weights: where every seed of your own model begins: "as given", or "drawn", every weight
            by its initialiser; by default, what you have set is kept and all else drawn.
        from_logits: whether your own model gives logits (True) or probabilities (False); needed
            only if its outputs do not show it.
        repeat: 1, 2, … trains with other seeds, each derived from one of the block, for claims
            that compare runs of one recipe. A seed's evidence must come from that seed alone.
        **others: are refused in one sentence, as `fit`'s callbacks.

    Attributes:
        seeds: (n,) the current block; the plugin moves it on.
        trained: how many runs were trained rather than found in the store.
        memory: of the claim, where it is one that remembers.
        notices: sentences to print once, for example about runs that are never kept.
    """

    def __init__(
        self,
        seeds: NDArray[np.int64],
        profile: Profile,
        store_path: Path | None,
        place: Place | None = None,
    ) -> None:
        self.seeds = seeds
        self.trained = 0
        self.notices: list[str] = []
        self._profile = profile
        self._store_path, self._place = store_path, place
        self.memory: Memory | None = None
        self._asked = Counter[str]()  # by network, its recipe and seeds
        self._arms: dict[tuple[Recipe, int], list[Runs]] = {}  # by recipe and repeat

    def __call__(
        self,
        model: Network | Source,
        optimiser: object = None,
        dataset: data.Given | None = None,
        *,
        epochs: int | None = None,
        batch_size: int = 32,
        images: Size | None = None,
        test_images: Size | None = None,
        side: Size | None = None,
        probes: Sequence[str] = (),
        evaluate_last: int | None = None,
        loss: object = None,
        class_weight: Mapping[int | str, float] | None = None,
        metrics: object = (),
        early_stopping: EarlyStopping | None = None,
        weights: Weights = None,
        from_logits: bool | None = None,
        repeat: int = 0,
        **others: object,
    ) -> Runs:
        """Train one network a seed and return their runs, paired by seed with every other arm's.

        The class says what it takes.

        Raises:
            DataError: the data set cannot be used.
            ValueError: a number that no training run can have, or an unknown probe.
            TypeError: a model or optimiser of another type, or an argument of `fit` alone.
        """
        dataset, epochs = given.needed(others, optimiser, dataset, epochs)
        stopping.check_rule(early_stopping)
        rule = optimisers.stated(optimiser)
        probing.check(tuple(probes))
        described = network(model)
        source = self._shrunk(dataset, self._size("side", side, None))
        count = self._size("images", images, self._profile.images)
        tested = self._size("test_images", test_images, self._profile.test_images)
        sizes = epochs, batch_size, count, tested
        measured = tuple(sorted(probes)), evaluate_last
        recipe = Recipe(
            *(described, rule, source, *sizes, *measured, from_logits),
            loss=None if loss is None else said(loss),
            class_weight=weights_of(class_weight, source),
            metrics=stated(metrics),
            early_stopping=early_stopping,
            weights=weights,
        )
        return self._run(recipe, repeat)

    def _run(self, asked: Recipe, repeat: int) -> Runs:
        """Return the runs of a recipe, and remember them."""
        if type(repeat) is not int or repeat < 0:
            raise ValueError(f"train got repeat={repeat!r}: expected a whole number of at least 0")
        store = open_store(self._store_path) if self._store_path else None
        seeds = repeated(self.seeds, repeat).tolist()
        if self.memory and store and isinstance(asked.network, Custom):
            recipe, runs, trained = self._recalled(asked, seeds, store, self.memory)
        else:
            runs, trained = execute(recipe := asked.seen(), seeds, store, self._place)
        late = backend.LATE if "late" in backend.unusual() else None
        for notice in (recipe.unseen, late):
            if notice and notice not in self.notices:
                self.notices.append(notice)
        self.trained += trained
        # What cannot be seen is another recipe for every block of seeds.
        arm = asked if recipe.unseen else recipe.identified()
        self._arms.setdefault((arm, repeat), []).append(runs)
        return runs

    def _recalled(
        self, asked: Recipe, seeds: list[int], store: Store, memory: Memory
    ) -> tuple[Recipe, Runs, int]:
        """Return the recipe, its runs and how many were trained, without Keras if memory can."""
        asking = f"{asked} on {seeds}"
        self._asked[asking] += 1
        part = f"{asking}, time {self._asked[asking]}"  # another network may have that name
        if found := recalled(memory, part, store, asked.fits):
            return asked.of_digest(found[0]), from_rows(seeds, found[1]), 0
        runs, trained = execute(recipe := asked.seen(), seeds, store, self._place)
        if recipe.unseen:
            memory.refuse(recipe.unseen)
        elif isinstance(recipe.network, Seen):
            remember(memory, part, recipe.network.digest, [recipe.key(seed) for seed in seeds])
        return recipe, runs, trained

    def _size(self, name: str, given: Size | None, default: D) -> int | D:
        """Return a number that may be given by profile; a recipe refuses what is none."""
        if given is None:
            return default
        if not isinstance(given, Mapping):
            return given
        if self._profile.name not in given:
            raise ValueError(
                f"train got {name}={dict(given)}: "
                f"expected a number for the profile {self._profile.name!r} too"
            )
        return given[self._profile.name]

    def _shrunk(self, dataset: data.Given, side: int | None) -> data.Dataset:
        """Return the data set, with its images averaged down to a side, or as they are."""
        if side is None:
            return data.load_once(dataset)
        if not checks.is_whole(side) or side < 1:
            raise ValueError(f"train got side={side!r}: expected a whole number ≥ 1")
        return data.shrunk(dataset, int(side))

    @property
    def used(self) -> bool:
        """Whether any arm was asked for."""
        return bool(self._arms)

    @property
    def arms(self) -> int:
        """How many different arms were asked for."""
        return len(self._arms)

    @property
    def varied(self) -> bool:
        """Whether the seeds trained networks that differ, if only in the last bit of a loss."""
        losses = [runs.train_loss for blocks in self._arms.values() for runs in blocks]
        return any((loss != loss[:1]).any() for loss in losses if loss.size)

    @property
    def incomparable(self) -> NDArray[np.bool_]:
        """Whether two arms, or the only arm, diverged on each seed of the current block, (seeds,).

        The difference of two such arms is NaN.
        """
        latest = [(repeat, blocks[-1]) for (_, repeat), blocks in self._arms.items()]
        current = [
            runs.diverged
            for repeat, runs in latest
            if np.array_equal(runs.seeds, repeated(self.seeds, repeat))
        ]
        diverged = np.sum([np.zeros(self.seeds.size), *current], axis=0)
        return np.asarray(diverged >= max(1, min(2, len(current))))

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Do not remember what is trained in the block."""
        kept, self._arms = self._arms, {}
        trained = self.trained
        try:
            yield
        finally:
            self._arms, self.trained = kept, trained

    def series(self) -> list[dict[str, object]]:
        """Return what the seeds of every arm did, as quartiles over the seeds.

        Learning curves are (3, epochs) each; `probes`, by name, are (3, 2, n): before the first
        step and after the last, and `path_length` (3, epochs). Where not every epoch was
        evaluated, `epochs` says which ones the curves' values are of.
        """
        return [
            {
                "arm": f"{recipe}, run {repeat + 1}" if repeat else str(recipe),
                "quartiles": list(QUARTILES),
            }
            | ({"epochs": list(recipe.evaluated)} if recipe.evaluate_last else {})
            | {name: _quartiles([getattr(runs, name) for runs in blocks]) for name in CURVES}
            | {
                "probes": {
                    name: _quartiles([runs.probes[name] for runs in blocks])
                    for name in recipe.probes
                }
            }
            for (recipe, repeat), blocks in self._arms.items()
        ]


def _quartiles(blocks: list[NDArray[np.float64]]) -> Rounded:
    """Return the quartiles over seeds; each is a run's own value, for infinities have no mean.

    Where nothing was measured, as the accuracy of numbers, they are of no epoch.
    """
    values = np.concatenate(blocks)  # (seeds, …)
    if np.isnan(values).any():
        values = values[:, :0]
    return _rounded(np.percentile(values, QUARTILES, axis=0, method="inverted_cdf"))


def _rounded(values: NDArray[np.float64]) -> Rounded:
    """Return an array as nested lists."""
    if values.ndim > 1:
        return [_rounded(row) for row in values]
    return [float(f"{v:.6g}") if np.isfinite(v) else str(v) for v in values]
