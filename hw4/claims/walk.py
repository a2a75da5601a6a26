"""The walk of a claim's evidence to its verdict: blocks of seeds are added until it decides.

The caller calls the claim's function:

    walk = Walk(claim)
    for seeds in walk.blocks(root):
        walk.add(function(seeds), seeds)
    walk.judgement().verdict
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw4.claims import doubts
from hw4.claims.claim import Claim, ClaimError, Values
from hw4.claims.doubts import Arms
from hw4.seeds import BLOCK, seeds_from
from hw4.statistics.effects import CONFIDENCE, Effect, median_interval
from hw4.statistics.ratios import RatioDecision
from hw4.statistics.sequential import CONFIRM_ALPHA, Decision, SequentialTest, Verdict
from hw4.statistics.stopping import share_when_stopped


@dataclass(frozen=True)
class Judgement:
    """A verdict and its evidence.

    `evidence` (n,) ends with the seed that decided the claim. An exact claim has none; if it is
    refuted, `counterexample` is the reason. `test` is the sequential test that decided or confirmed
    the claim. `holds_when` says which boolean of a rate counts. For a claim about time, `evidence`
    has the ratio of every round, `ratio` is the decision, and `rounds` says how they were measured.
    `warnings` are reasons to doubt the evidence. `failures` are seeds on which an assertion failed,
    and what it said.
    """

    verdict: Verdict
    evidence: Values
    decision: Decision | None = None
    seeds_to_go: int = 0
    counterexample: str | None = None
    test: SequentialTest | None = None
    holds_when: bool = True
    ratio: RatioDecision | None = None
    rounds: dict[str, object] | None = None
    warnings: tuple[str, ...] = ()
    failures: Sequence[tuple[int, str]] = ()

    @property
    def confirm_alpha(self) -> float | None:
        """The probability of confirming a claim that does not hold; None if it was decided."""
        return self.test.confirm_alpha if self.test else None

    def effect(self) -> Effect | None:
        """Return the median difference, the share of seeds or the ratio, with its interval."""
        if self.ratio is not None:
            return Effect(self.ratio.ratio, self.ratio.low, self.ratio.high, self.ratio.confidence)
        shown = self.shown()
        if shown is None or self.evidence.dtype.kind != "b":
            return None if shown is None else median_interval(self.evidence)
        if self.holds_when:
            return shown
        return Effect(1 - shown.median, 1 - shown.high, 1 - shown.low, shown.confidence)

    def shown(self) -> Effect | None:
        """Return the share of seeds that show the claim, with its interval; None without seeds."""
        if self.test is None or self.decision is None:
            return None
        events, seeds = self.decision.events, self.decision.seeds
        low, high = share_when_stopped(self.test, events, seeds)
        return Effect(events / seeds, low, high, CONFIDENCE)


class Walk:
    """The evidence of a claim so far, and whether it decides or confirms the claim.

    Args:
        claim: how the evidence is read.
        confirm: whether to confirm the claim with fewer seeds, because it is registered as
            supported. They are the first of those that would decide it. A claim with an error
            rate that is no smaller than that of confirming is decided.

    Attributes:
        evidence: (n,) what the seeds so far gave.
        settled: whether no more seeds are needed.
    """

    def __init__(self, claim: Claim, *, confirm: bool = False) -> None:
        self.evidence: Values = np.empty(0)
        self.settled = False
        self._claim = claim
        confirm = confirm and claim.alpha < CONFIRM_ALPHA
        self._test = claim.test.confirming() if confirm else claim.test
        self._blocks: list[Values] = []

    def blocks(self, root: int) -> Iterator[NDArray[np.int64]]:
        """Yield blocks of seeds, (8,) each, until the walk is settled or the budget is spent."""
        seeds = seeds_from(root, self._claim.test.budget)
        for start in range(0, seeds.size, BLOCK):
            yield seeds[start : start + BLOCK]
            if self.settled:
                return

    def add(self, returned: object, seeds: NDArray[np.int64], arms: Arms | None = None) -> Values:
        """Add what the claim's function returned for a block, and return it as evidence (n,).

        Raises:
            ClaimError: it is not valid evidence.
        """
        values = self._claim.evidence(returned, seeds.size)
        doubts.refuse_nan(values, seeds, arms)
        self._blocks.append(values)
        self.evidence = np.concatenate(self._blocks)
        self.settled = self._decision().settled
        return values

    def judgement(self, arms: Arms | None = None, warnings: Iterable[str] = ()) -> Judgement:
        """Return the verdict and its evidence, with further warnings.

        Raises:
            ClaimError: the verdict would have no evidence.
        """
        decision, test = self._decision(), self._test
        doubtful = [*warnings, *doubts.warnings(self._claim, self.evidence, arms)]
        evidence = self.evidence[: decision.seeds]
        if decision.verdict is Verdict.REFUTED:
            doubts.refuse_refutation(self._claim, evidence, self._claim.events(evidence))
        return Judgement(
            decision.verdict,
            evidence,
            decision,
            test.seeds_to_go(decision.events, decision.seeds),
            test=test,
            holds_when=self._claim.holds_when,
            warnings=tuple(doubtful),
        )

    def _decision(self) -> Decision:
        return self._test.decide(self._claim.events(self.evidence))


def proved(returned: object) -> Judgement:
    """Return the judgement of an exact claim whose assertions held.

    Raises:
        ClaimError: it returned something, as claims on seeds do.
    """
    if returned is not None:
        raise ClaimError(
            f"the exact claim returned {type(returned).__name__}: expected it to assert "
            "and return nothing"
        )
    return Judgement(Verdict.SUPPORTED, np.empty(0))


def disproved(failure: BaseException) -> Judgement:
    """Return the judgement of an exact claim with a failed assertion."""
    # pytest adds the compared values to the message; the author's own message says more.
    message = str(failure).partition("\nassert ")[0] or "an assertion without a message failed"
    return Judgement(Verdict.REFUTED, np.empty(0), counterexample=message)
