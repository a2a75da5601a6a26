"""Finished runs of a network of the user's own, found without building it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hw4.recall.memory import Memory
from hw4.store.rows import Row
from hw4.store.store import Store


def recalled(
    memory: Memory, part: str, store: Store, fits: Callable[[Row], bool]
) -> tuple[str, list[Row]] | None:
    """Return the network's digest and the store's rows of its runs, one a seed; None if unknown.

    Args:
        memory: of the claim.
        part: which of its arms it is, and for which seeds.
        store: of all runs.
        fits: as for `Store.get`.
    """
    known = memory.get(part)
    if known is None:
        return None
    keys = known["keys"]
    assert isinstance(keys, list)
    rows = [row for row in store.get(keys, fits) if row is not None]
    return (str(known["digest"]), rows) if len(rows) == len(keys) else None


def remember(memory: Memory, part: str, digest: str, keys: Sequence[str]) -> None:
    """Remember under which keys the store has the runs of a network."""
    memory.put(part, {"digest": digest, "keys": list(keys)})
