"""What a call needs beside time, before and now: peak memory and instructions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hw4.statistics.amounts import AmountTest
from hw4.statistics.ratios import RatioDecision
from hw4.statistics.sequential import Verdict

MEMORY, INSTRUCTIONS = "memory", "instructions"
MORE, LESS, SAME, NOT_MORE, UNCLEAR = "more", "less", "no change", "not more", "unclear"

LEAST = 1e6  # bytes; Linux counts resident pages in batches, off by a few hundred kilobytes
_SCALES = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


@dataclass(frozen=True)
class Amount:
    """One kind of amount that a call of a benchmark needs.

    Attributes:
        verdict: more, less, no change, not more (less or no change) or unclear.
        decision: the ratio now over before, and its interval.
        before: median over the processes of the revision, in bytes or instructions.
        now: the same of the current tree.
    """

    verdict: str
    decision: RatioDecision
    before: float
    now: float

    def as_json(self) -> dict[str, object]:
        """Return it as JSON values; docs/benchmarks.md describes the fields."""
        names = ("ratio", "low", "high", "confidence", "margin")
        said: dict[str, object] = {"verdict": self.verdict}
        said |= {name: getattr(self.decision, name) for name in names}
        return said | {"before": self.before, "now": self.now}


@dataclass
class Processes:
    """An amount of each process that has measured a benchmark, of either tree."""

    now: list[float] = field(default_factory=list)
    before: list[float] = field(default_factory=list)

    def judged(self, test: AmountTest) -> Amount | None:
        """Return what they say; None where too few of them know it."""
        decision = test.decide(self.now, self.before)
        if decision is None:
            return None
        before, now = float(np.median(self.before)), float(np.median(self.now))
        word = in_words(decision, MORE, LESS, NOT_MORE, UNCLEAR)
        return Amount(word, decision, before, now)


def in_words(decision: RatioDecision, more: str, less: str, not_more: str, unclear: str) -> str:
    """Return one of these words, or that nothing has changed, for a ratio of now and before."""
    match decision.verdict:
        case Verdict.SUPPORTED:
            return more
        case Verdict.EQUIVALENT:
            return SAME
        case Verdict.REFUTED:
            return less if decision.high < 1 / (1 + decision.margin) else not_more
    return unclear


class Measured:
    """The amounts of all processes that have measured a benchmark, by kind."""

    def __init__(self) -> None:
        self.of = {MEMORY: Processes(), INSTRUCTIONS: Processes()}

    def add(self, ready: list[dict[str, Any]], exchanged: bool) -> None:
        """Add what the processes of a set have said.

        Args:
            ready: their messages; the first is of a tree, the others of the other.
            exchanged: whether the first is the revision's.
        """
        for index, message in enumerate(ready):
            is_now = (index == 0) != exchanged
            for kind, processes in self.of.items():
                if (amount := message["amounts"][kind]) is not None:
                    (processes.now if is_now else processes.before).append(amount)


def as_text(kind: str, amount: float) -> str:
    """Return an amount with three digits in the unit that suits it."""
    scale, letter = next((s, letter) for s, letter in _SCALES if amount >= s or s == 1)
    return f"{amount / scale:.3g} {letter}{'B' * (kind == MEMORY)}".rstrip()


def is_seen(kind: str, amount: Amount) -> bool:
    """Return whether an amount is large enough to be shown to people."""
    return kind != MEMORY or max(amount.before, amount.now) >= LEAST
