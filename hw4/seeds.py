"""The seeds of a run: one root seed, and as many independent seeds from it as the budget allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 8  # seeds a call: at α = 1e-4 six unanimous ones refute a claim, and sixteen support it


class Seeds(np.ndarray[tuple[int, ...], np.dtype[np.int64]]):
    """An array of whole numbers whose elements are Python integers.

    `random.seed` and `keras.utils.set_random_seed` refuse NumPy's integers.
    """

    def __iter__(self) -> Iterator[Any]:
        """Iterate over Python integers, or over rows if there is more than one axis."""
        return iter(self.tolist()) if self.ndim == 1 else super().__iter__()

    def __getitem__(self, index: Any) -> Any:
        """Return one seed as a Python integer, anything else as NumPy does."""
        found = super().__getitem__(index)
        return int(found) if isinstance(found, np.integer) else found

    def __array_wrap__(
        self, array: NDArray[np.generic], context: object = None, return_scalar: bool = False
    ) -> Any:
        """Return what is computed from seeds as a plain NumPy array: it is not a seed."""
        return array[()] if return_scalar else array.view(np.ndarray)


def seeds_from(root: int, count: int) -> Seeds:
    """Return `count` distinct seeds in [0, 2³¹), (count,): the first of the root's sequence.

    Seeds have 31 bits, because some generators take no more. Raises ValueError for a negative root.
    """
    if root < 0:
        raise ValueError(f"got root seed {root}, expected a whole number of at least 0")
    drawn: dict[int, None] = {}  # keeps the order and drops the rare repetition
    sequence = np.random.SeedSequence(root)
    while len(drawn) < count:
        (child,) = sequence.spawn(1)
        drawn[int(child.generate_state(1)[0] >> 1)] = None
    return np.array(list(drawn), np.int64).view(Seeds)


def repeated(seeds: NDArray[np.int64], repeat: int) -> NDArray[np.int64]:
    """Return another seed for each one, (n,): the seeds of a second run, a third, and so on.

    A seed's repeats depend only on the seed, not on its block; repeat 0 is the seed itself.
    """
    if not repeat:
        return seeds
    drawn = [np.random.SeedSequence([int(seed), repeat]).generate_state(1)[0] for seed in seeds]
    return np.array(drawn, np.int64) >> 1
