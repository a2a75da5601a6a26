"""Where the work runs: blocks of seeds side by side in this process, finished runs in the store."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hw4.training import backend, runs
from hw4.training.recipe import Recipe
from hw4.training.runs import Runs
from hw4.training.store import Row, Store


def execute(recipe: Recipe, seeds: Sequence[int], store: Store | None = None) -> tuple[Runs, int]:
    """Return the runs of a recipe, from the store where it has them, trained where it has not.

    Args:
        recipe: the arm.
        seeds: (n,) the seeds, in an order that stays the same: blocks are cut from its start.
        store: where finished runs are kept; None keeps none.

    Returns:
        The runs, one row a seed in the order given, and how many of them were trained now.
    """
    seeds = [int(seed) for seed in seeds]
    keys = [recipe.key(seed) for seed in seeds]
    rows: list[Row | None] = store.get(keys) if store else [None] * len(keys)
    missing = [index for index, row in enumerate(rows) if row is None]
    if missing:
        _train(recipe, seeds, keys, rows, store)
    return runs.from_rows(seeds, [row for row in rows if row is not None]), len(missing)


def _train(
    recipe: Recipe, seeds: list[int], keys: list[str], rows: list[Row | None], store: Store | None
) -> None:
    """Train every block in which a run is missing, and fill it in."""
    from hw4.training import replicas  # loads TensorFlow

    def train(start: int) -> None:
        block = slice(start, start + size)
        trained = replicas.train_block(recipe, seeds[block])
        rows[block] = trained
        if store:
            store.put(dict(zip(keys[block], trained, strict=True)))

    size = replicas.block_size(recipe)
    starts = [
        start
        for start in range(0, len(seeds), size)
        if any(row is None for row in rows[start : start + size])
    ]
    with ThreadPoolExecutor(backend.lanes()) as lanes:
        list(lanes.map(train, starts))
