"""What a worker does with a block: compare, train, and answer."""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass

from hw4.cluster import travel
from hw4.cluster.likeness import Likeness, difference, likeness
from hw4.data import Dataset
from hw4.data.dataset import first_line
from hw4.networks import backend
from hw4.store.rows import Row

_data: dict[tuple[str, str], Dataset] = {}  # by fingerprint and name: one object each
_looking = threading.Lock()  # networks of a user's own are built one at a time


@dataclass(frozen=True)
class Answer:
    """What came of a block: rows, or a reason why there are none, as the end of a sentence.

    Attributes:
        rows: a seed's arrays each.
        differs: in what this machine differs from the one that asks.
        failed: why the block cannot be trained here. It may be trained where it came from.
    """

    rows: list[Row] | None = None
    differs: str | None = None
    failed: str | None = None


def this_machine() -> Likeness:
    """Return what must be the same here as where blocks come from."""
    backend.configure()
    return likeness()


def train(packed: bytes) -> Answer:
    """Train a block and return the answer; nothing that a block can do raises.

    What fails here fails where the block came from too, where it can be explained.
    """
    ours = this_machine()
    try:
        block = travel.unpacked(packed)
    except Exception as error:  # a class that is not installed here
        return Answer(failed=f"a worker cannot load it ({first_line(error)})")
    if differs := difference(block.likeness, ours):
        return Answer(differs=differs)
    try:
        return _trained(block)
    except Exception as error:  # whatever a network of the user's own raises
        return Answer(failed=f"a worker cannot train it ({first_line(error)})")


def _trained(block: travel.Block) -> Answer:
    from hw4.training import replicas  # loads TensorFlow

    given = block.recipe.dataset
    dataset = _data.setdefault((given.fingerprint, given.name), given)
    with _looking:
        recipe = dataclasses.replace(block.recipe, dataset=dataset).seen()
        keys = tuple(recipe.key(seed) for seed in block.seeds)
    if keys != block.keys:
        return Answer(failed="a worker finds another computation in it")
    return Answer(rows=replicas.train_block(recipe, block.seeds))
