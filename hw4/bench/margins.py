"""How much slower is slower, benchmark by benchmark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hw4.statistics.bootstraps import BootstrapTest
from hw4.statistics.ratios import MARGIN


@dataclass(frozen=True)
class Margins:
    """The margin of each benchmark.

    Attributes:
        stated: (pattern, margin) pairs; "" stands for all. A pattern is a node id, or one with *
            and ? as in a shell; the last one that names a benchmark counts.
    """

    stated: tuple[tuple[str, float], ...] = ()

    def test(self, benchmark: str) -> BootstrapTest:
        """Return what decides over a benchmark's rounds."""
        fitting = [margin for pattern, margin in self.stated if _names(pattern, benchmark)]
        return BootstrapTest(fitting[-1] if fitting else MARGIN)

    def idle(self, benchmarks: Iterable[str]) -> str:
        """Return the first pattern that names none of the benchmarks; "" if all name some."""
        known = list(benchmarks)
        named = (pattern for pattern, _ in self.stated if pattern)
        return next((p for p in named if not any(_names(p, each) for each in known)), "")


def _names(pattern: str, benchmark: str) -> bool:
    return pattern in ("", benchmark) or fnmatchcase(benchmark, pattern)
