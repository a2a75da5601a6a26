"""The seeds of a run: one root, and as many independent seeds from it as the budget allows."""

from __future__ import annotations

import secrets

import numpy as np
from numpy.typing import NDArray

BLOCK = 8  # seeds a call: at α = 1e-4 six unanimous ones refute a claim, and sixteen support it
ROOT = 0  # fixed, so that a rerun replays


def seeds_from(root: int, count: int) -> NDArray[np.int64]:
    """Return `count` distinct seeds in [0, 2³¹), (count,): the start of the root's one sequence.

    31 bits, because some generators take no more. Raises ValueError for a negative root.
    """
    if root < 0:
        raise ValueError(f"got root seed {root}, expected a whole number of at least 0")
    drawn: dict[int, None] = {}  # keeps the order and drops the rare repetition
    sequence = np.random.SeedSequence(root)
    while len(drawn) < count:
        (child,) = sequence.spawn(1)
        drawn[int(child.generate_state(1)[0] >> 1)] = None
    return np.array(list(drawn), np.int64)


def fresh_root() -> int:
    """Return a new root that nobody chose."""
    return secrets.randbits(31)
