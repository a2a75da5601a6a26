"""The walk of a claim's evidence to its verdict: block after block of seeds, until it decides.

Whoever has the claim's function asks it:

    walk = Walk(claim)
    for seeds in walk.blocks(root):
        walk.add(function(seeds), seeds)
    walk.judgement().verdict
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw4.claims import doubts
from hw4.claims.claim import Claim, ClaimError
from hw4.claims.doubts import Arms
from hw4.seeds import BLOCK, seeds_from
from hw4.statistics.effects import CONFIDENCE, Effect, median_interval
from hw4.statistics.ratios import RatioDecision
from hw4.statistics.sequential import Decision, SequentialTest, Verdict
from hw4.statistics.stopping import share_when_stopped


@dataclass(frozen=True)
class Judgement:
    """A verdict and what it rests on.

    `evidence` (n,) ends with the seed that settled it; an exact claim has none, and when it is
    refuted, `counterexample` says by what. `test` decided or confirmed it, on the seeds of which
    `holds_when` is true or false. A claim about time has every round's ratio, the `ratio` that they
    decide, and in `rounds` how they were measured. `warnings` are sentences on what makes the
    evidence doubtful.
    """

    verdict: Verdict
    evidence: NDArray[Any]
    decision: Decision | None = None
    seeds_to_go: int = 0
    counterexample: str | None = None
    test: SequentialTest | None = None
    holds_when: bool = True
    ratio: RatioDecision | None = None
    rounds: dict[str, Any] | None = None
    warnings: tuple[str, ...] = ()

    @property
    def confirm_alpha(self) -> float | None:
        """The probability of confirming a claim that does not hold; None where it was decided."""
        return self.test.confirm_alpha if self.test else None

    def effect(self) -> Effect | None:
        """Return the median difference with its interval; the share of seeds, or the ratio."""
        if self.ratio is not None:
            return Effect(self.ratio.ratio, self.ratio.low, self.ratio.high, self.ratio.confidence)
        shown = self.shown()
        if shown is None or self.evidence.dtype.kind != "b":
            return None if shown is None else median_interval(self.evidence)
        if self.holds_when:
            return shown
        return Effect(1 - shown.median, 1 - shown.high, 1 - shown.low, shown.confidence)

    def shown(self) -> Effect | None:
        """Return the share of seeds that show it, with its interval; None without seeds."""
        if self.test is None or self.decision is None:
            return None
        events, seeds = self.decision.events, self.decision.seeds
        low, high = share_when_stopped(self.test, events, seeds)
        return Effect(events / seeds, low, high, CONFIDENCE)


class Walk:
    """The evidence of a claim so far, and whether it decides or confirms it.

    Args:
        claim: how the evidence is read.
        confirm: whether the claim is known to be supported, so that fewer seeds are to confirm it.
            They are the first of those that decide it.

    Attributes:
        evidence: (n,) what the seeds so far gave.
        settled: whether no more seeds are needed.
    """

    def __init__(self, claim: Claim, *, confirm: bool = False) -> None:
        self.evidence: NDArray[Any] = np.empty(0)
        self.settled = False
        self._claim = claim
        self._test = claim.test.confirming() if confirm else claim.test
        self._blocks: list[NDArray[Any]] = []

    def blocks(self, root: int) -> Iterator[NDArray[np.int64]]:
        """Return blocks of seeds to ask for, (8,) each, until the walk is settled or spent."""
        seeds = seeds_from(root, self._claim.test.budget)
        for start in range(0, seeds.size, BLOCK):
            yield seeds[start : start + BLOCK]
            if self.settled:
                return

    def add(
        self, returned: object, seeds: NDArray[np.int64], arms: Arms | None = None
    ) -> NDArray[Any]:
        """Take in what the claim's function returned for a block, and return it as evidence (n,).

        Args:
            returned: by the function.
            seeds: (n,) the block.
            arms: what the function has trained.

        Raises:
            ClaimError: it is no evidence.
        """
        values = self._claim.evidence(returned, seeds.size)
        doubts.refuse_nan(values, seeds, arms)
        self._blocks.append(values)
        self.evidence = np.concatenate(self._blocks)
        self.settled = self._decision().settled
        return values

    def judgement(self, arms: Arms | None = None, warnings: Iterable[str] = ()) -> Judgement:
        """Return the verdict and what it rests on.

        Args:
            arms: what the function has trained.
            warnings: what else makes the evidence doubtful.

        Raises:
            ClaimError: the verdict would rest on nothing.
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
        ClaimError: it returned something, as if it were to be judged by numbers.
    """
    if returned is not None:
        raise ClaimError(
            f"the exact claim returned {type(returned).__name__}: expected it to assert "
            "and return nothing"
        )
    return Judgement(Verdict.SUPPORTED, np.empty(0))


def disproved(failure: AssertionError) -> Judgement:
    """Return the judgement of an exact claim of which an assertion failed."""
    # pytest adds the compared values to the message; a message of one's own says more.
    message = str(failure).partition("\nassert ")[0] or "an assertion without a message failed"
    return Judgement(Verdict.REFUTED, np.empty(0), counterexample=message)
