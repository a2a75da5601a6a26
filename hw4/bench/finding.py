"""What is found of a benchmark, and what that means to a shell."""

from __future__ import annotations

from dataclasses import dataclass

from hw4.statistics.ratios import RatioDecision
from hw4.statistics.sequential import Verdict

REGRESSED, IMPROVED, UNCHANGED = "regressed", "improved", "unchanged"
NOT_SLOWER, TOO_NOISY, NOT_MEASURED = "not slower", "too noisy to say", "not measured"


@dataclass(frozen=True)
class Finding:
    """One benchmark's verdict.

    Attributes:
        benchmark: node id.
        verdict: "regressed", "improved", "unchanged", "not slower", "too noisy to say" or
            "not measured".
        decision: the ratio now over before, and its interval; None where nothing was measured.
        seconds: median time of a call before.
        reason: why it was not measured.
        warnings: why it is not to be trusted, a phrase each.
        new: whether the current tree alone has it.
    """

    benchmark: str
    verdict: str
    decision: RatioDecision | None = None
    seconds: float = 0.0
    reason: str = ""
    warnings: tuple[str, ...] = ()
    new: bool = False


def exit_code(findings: list[Finding]) -> int:
    """Return 1 for a regression, 3 where something could not be said, 0 where all is well.

    A benchmark that is new has nothing to be compared with; one that is gone is not measured.
    """
    verdicts = {finding.verdict for finding in findings if not finding.new}
    if REGRESSED in verdicts:
        return 1
    return 0 if verdicts and not verdicts & {TOO_NOISY, NOT_MEASURED} else 3


def verdict(decision: RatioDecision) -> str:
    """Return the word for a decision on the ratio of the times now and before."""
    if decision.verdict is Verdict.REFUTED:
        return IMPROVED if decision.high < 1 / (1 + decision.margin) else NOT_SLOWER
    words = {Verdict.SUPPORTED: REGRESSED, Verdict.EQUIVALENT: UNCHANGED}
    return words.get(decision.verdict, TOO_NOISY)
