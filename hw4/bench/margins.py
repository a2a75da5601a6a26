"""How much slower is slower, benchmark by benchmark, and how much more memory is more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hw4.bench.amounts import LEAST, MEMORY
from hw4.statistics.amounts import AmountTest
from hw4.statistics.bootstraps import BootstrapTest
from hw4.statistics.ratios import MARGIN


@dataclass(frozen=True)
class Margins:
    """The margin of each benchmark.

    Attributes:
        stated: (pattern, margin) pairs; "" stands for all. A pattern is a node id, or one with *
            and ? as in a shell; the last one that names a benchmark counts.
        memory: the margin of memory, of every benchmark.
    """

    stated: tuple[tuple[str, float], ...] = ()
    memory: float = MARGIN

    def test(self, benchmark: str) -> BootstrapTest:
        """Return what decides over a benchmark's rounds."""
        return BootstrapTest(self._of(benchmark))

    def amount_test(self, kind: str, benchmark: str) -> AmountTest:
        """Return what decides over a benchmark's amounts; instructions have the margin of time."""
        if kind == MEMORY:
            return AmountTest(self.memory, LEAST)
        return AmountTest(self._of(benchmark))

    def _of(self, benchmark: str) -> float:
        fitting = [margin for pattern, margin in self.stated if _names(pattern, benchmark)]
        return fitting[-1] if fitting else MARGIN

    def idle(self, benchmarks: Iterable[str]) -> str:
        """Return the first pattern that names none of the benchmarks; "" if all name some."""
        known = list(benchmarks)
        named = (pattern for pattern, _ in self.stated if pattern)
        return next((p for p in named if not any(_names(p, each) for each in known)), "")


def _names(pattern: str, benchmark: str) -> bool:
    return pattern in ("", benchmark) or fnmatchcase(benchmark, pattern)
