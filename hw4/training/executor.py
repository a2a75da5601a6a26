"""Where the work runs: blocks of seeds side by side, here or elsewhere; runs go into the store."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import BoundedSemaphore
from typing import Protocol

from hw4.networks import device
from hw4.store.rows import Row
from hw4.store.store import Store
from hw4.training import compiling, runs
from hw4.training.recipe import Recipe, origin
from hw4.training.runs import Runs


class Place(Protocol):
    """Another place than this process, where blocks are trained; see `hw4.cluster.place`."""

    def train(self, recipe: Recipe, seeds: Sequence[int], keys: Sequence[str]) -> list[Row] | None:
        """Return each seed's arrays, to the same bits as here; None if they must be trained here.

        Args:
            recipe: the arm, as it was `seen`.
            seeds: (n,) of a block.
            keys: (n,) the store's.
        """


def execute(
    recipe: Recipe, seeds: Sequence[int], store: Store | None = None, place: Place | None = None
) -> tuple[Runs, int]:
    """Return the runs of a recipe: from the store if it has them, otherwise trained.

    Args:
        recipe: the arm.
        seeds: (n,) the seeds, in an order that stays the same: blocks are cut from its start.
        store: where finished runs are kept; None keeps none.
        place: where blocks are trained; None trains them in this process.

    Returns:
        The runs, one row a seed in the order given, and how many of them were trained now.
    """
    seeds = [int(seed) for seed in seeds]
    recipe = recipe.seen()
    store = None if recipe.unseen else store
    keys = [recipe.key(seed) for seed in seeds]
    rows: list[Row | None] = store.get(keys, recipe.fits) if store else [None] * len(keys)
    trained = _complete(recipe, seeds, keys, rows, store, place) if None in rows else 0
    return runs.from_rows(seeds, [row for row in rows if row is not None]), trained


def _complete(
    recipe: Recipe,
    seeds: list[int],
    keys: list[str],
    rows: list[Row | None],
    store: Store | None,
    place: Place | None,
) -> int:
    """Complete every block in which a run is missing; return how many runs were trained.

    A block that another process is training is skipped until its runs are in the store. So two
    workers that need the same arm share the work.
    """
    here = BoundedSemaphore(device.current().lanes)  # of those that no other place trains

    def trained_block(block: slice) -> list[Row]:
        if place and (found := place.train(recipe, seeds[block], keys[block])):
            return found
        with here:
            return _train(recipe, seeds[block])

    def train(start: int, wait: bool) -> int | None:
        block = slice(start, start + size)
        with store.reserved(keys[start], wait=wait) if store else nullcontext(True) as reserved:
            if not reserved:
                return None
            if store:  # another process may have finished it since
                rows[block] = store.get(keys[block], recipe.fits)
            missing = rows[block].count(None)
            if missing:
                rows[block] = trained = trained_block(block)
                if store:
                    store.put(dict(zip(keys[block], trained, strict=True)), origin())
            return missing

    size = block_size(recipe)
    starts = [start for start in range(0, len(seeds), size) if None in rows[start : start + size]]
    with ThreadPoolExecutor(len(starts) if place else device.current().lanes) as lanes:
        done = list(lanes.map(lambda start: train(start, False), starts))
        later = [start for start, trained in zip(starts, done, strict=True) if trained is None]
        done += lanes.map(lambda start: train(start, True), later)
    return sum(trained or 0 for trained in done)


def block_size(recipe: Recipe) -> int:
    """Return how many seeds a block has; TensorFlow is loaded only to build the user's own."""
    known = compiling.block_size(recipe)
    if known is None:
        from hw4.training import replicas

        known = replicas.block_size(recipe)
    return known


def _train(recipe: Recipe, seeds: Sequence[int]) -> list[Row]:
    """Train a block in this process."""
    from hw4.training import culprits, replicas  # load TensorFlow

    try:
        return replicas.train_block(recipe, seeds)
    except Exception as error:
        raise culprits.explained(recipe, error) from None
