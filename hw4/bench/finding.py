"""What is found of a benchmark, and what that means to a shell."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from hw4.bench.amounts import INSTRUCTIONS, MEMORY, MORE, SAME, Amount, in_words
from hw4.statistics.ratios import RatioDecision

SLOWER, BORDERLINE, FASTER = "slower", "slower, borderline", "faster"
NOT_SLOWER, TOO_NOISY, NOT_MEASURED = "not slower", "too noisy", "not measured"
SEVERITY = (SLOWER, BORDERLINE, NOT_MEASURED, TOO_NOISY, FASTER, NOT_SLOWER, SAME)
"""All verdicts, the worst first."""

OPEN = (TOO_NOISY, BORDERLINE)
"""What more rounds may settle."""


class Place(NamedTuple):
    """Where a benchmark is: the file, from the repository's root, and the line from 1."""

    file: str
    line: int


@dataclass(frozen=True)
class Finding:
    """One benchmark's verdict.

    Attributes:
        benchmark: node id.
        verdict: one of `SEVERITY`.
        decision: the ratio now over before, and its interval; None where nothing was measured.
        seconds: median time of a call before.
        reason: why it was not measured.
        warnings: why it is not to be trusted, a phrase each.
        new: whether the current tree alone has it.
        place: where the current tree has it; None where it has none.
        amounts: what a call needs beside time, by kind; a kind is missing where it is not known.
    """

    benchmark: str
    verdict: str
    decision: RatioDecision | None = None
    seconds: float = 0.0
    reason: str = ""
    warnings: tuple[str, ...] = ()
    new: bool = False
    place: Place | None = None
    amounts: dict[str, Amount] = field(default_factory=dict)

    @property
    def memory(self) -> Amount | None:
        """Its peak memory; None where it is not known."""
        return self.amounts.get(MEMORY)

    @property
    def needs_more(self) -> bool:
        """Whether the current tree needs more memory."""
        return self.memory is not None and self.memory.verdict == MORE

    def confirmed(self, second: Finding) -> Finding:
        """Return what is left of it after a second measurement, which counts where it was worse.

        Time and memory are confirmed each by itself.
        """
        memory = second.memory if self.needs_more else self.memory
        rest = second if self.verdict == SLOWER else self
        others = {kind: each for kind, each in rest.amounts.items() if kind != MEMORY}
        return replace(rest, amounts=({MEMORY: memory} if memory else {}) | others)


def exit_code(findings: list[Finding]) -> int:
    """Return 1 for a regression, 3 where something could not be said, 0 where all is well.

    A benchmark that is new has nothing to be compared with; one that is gone is not measured.
    "slower, borderline" is 0: the slowdown is about as large as the margin, which no further
    measurement would change.
    """
    verdicts = {finding.verdict for finding in findings if not finding.new}
    if SLOWER in verdicts:
        return 1
    return 0 if verdicts and not verdicts & {TOO_NOISY, NOT_MEASURED} else 3


def verdict(decision: RatioDecision) -> str:
    """Return the word for a decision on the ratio of the times now and before.

    What is open is borderline, not noisy, where the interval lies above 1 and is at most half as
    wide as the margin, in logarithms.
    """
    low, high = decision.low, decision.high
    is_borderline = low > 1 and high / low <= math.sqrt(1 + decision.margin)
    unclear = BORDERLINE if is_borderline else TOO_NOISY
    return in_words(decision, SLOWER, FASTER, NOT_SLOWER, unclear)


def interval(decision: RatioDecision) -> str:
    """Return a ratio with its interval, as text."""
    return f"{decision.ratio:.2f} ({decision.low:.2f} to {decision.high:.2f})"


def as_json(finding: Finding) -> dict[str, object]:
    """Return a finding as JSON values; docs/benchmarks.md describes the fields."""
    decision = finding.decision
    names = ("ratio", "low", "high", "confidence", "margin")
    return {
        "benchmark": finding.benchmark,
        "file": finding.place.file if finding.place else None,
        "line": finding.place.line if finding.place else None,
        "verdict": finding.verdict,
        **{name: getattr(decision, name, None) for name in names},
        "seconds_before": finding.seconds if decision else None,
        **dict.fromkeys((MEMORY, INSTRUCTIONS)),
        **{kind: amount.as_json() for kind, amount in finding.amounts.items()},
        "new": finding.new,
        "reason": finding.reason or None,
        "warnings": list(finding.warnings),
    }
