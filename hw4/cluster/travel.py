"""A block as bytes: a recipe, its seeds, and the keys by which both sides know the runs."""

from __future__ import annotations

import contextlib
import dataclasses
import pickle
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from hw4.cluster.likeness import Likeness
from hw4.networks.models import Custom
from hw4.networks.seen import Seen
from hw4.training.recipe import Recipe

_registering = threading.Lock()


@dataclass(frozen=True)
class Block:
    """What a worker is given.

    Attributes:
        recipe: without what is known of its network; a worker looks at that anew.
        seeds: (n,) of a block.
        keys: (n,) the store's, which the worker must find too.
        likeness: of the machine that asks.
    """

    recipe: Recipe
    seeds: tuple[int, ...]
    keys: tuple[str, ...]
    likeness: Likeness


def packed(block: Block) -> bytes:
    """Return a block as bytes.

    Functions and classes travel by their code if they are of no installed package: no worker has
    the user's test file. That takes cloudpickle, which Dask brings.

    Raises:
        Exception: whatever pickle raises over something that cannot travel.
    """
    network = block.recipe.network
    if isinstance(network, Seen):
        recipe = dataclasses.replace(block.recipe, network=Custom(network.source))
        block = dataclasses.replace(block, recipe=recipe)
    try:
        import cloudpickle
    except ImportError:
        return pickle.dumps(block)
    with _registering, _by_value(cloudpickle):
        packed: bytes = cloudpickle.dumps(block)
        return packed


def unpacked(packed: bytes) -> Block:
    """Return the block of bytes; raises whatever pickle raises where something is not there."""
    block = pickle.loads(packed)
    assert isinstance(block, Block)
    return block


@contextlib.contextmanager
def _by_value(cloudpickle: ModuleType) -> Iterator[None]:
    """Let the modules of the user's project travel by their code."""
    known = cloudpickle.list_registry_pickle_by_value()
    own = [each for each in list(sys.modules.values()) if _is_own(each)]
    own = [module for module in own if module.__name__ not in known]
    for module in own:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in own:
            cloudpickle.unregister_pickle_by_value(module)


def _is_own(module: ModuleType) -> bool:
    """Return whether a module is of a user's project, not of Python or an installed package."""
    file, name = getattr(module, "__file__", None), getattr(module, "__name__", "")
    if not file or name == "__main__" or sys.modules.get(name) is not module:
        return False
    installed = {"site-packages", "dist-packages"} & {*Path(file).parts}
    return not (installed or file.startswith(_PYTHON) or name.partition(".")[0] == "hw4")


_PYTHON = (str(Path(contextlib.__file__).parent),)  # its own library
