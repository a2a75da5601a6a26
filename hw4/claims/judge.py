"""Asks a claim for evidence, block after block of seeds, until its verdict is settled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw4.claims import doubts
from hw4.claims.claim import Claim, ClaimError
from hw4.claims.doubts import Arms, Ask
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


def judge(
    claim: Claim,
    root: int,
    ask: Ask,
    progress: Callable[[int], None] = lambda seeds: None,
    *,
    again: Ask | None = None,
    arms: Arms | None = None,
    confirm: bool = False,
) -> Judgement:
    """Decide a claim whose function is `ask`, or confirm it.

    Args:
        claim: how the evidence is read.
        root: the root of the seeds.
        ask: called with block after block of seeds; for an exact claim once.
        progress: told the number of seeds seen so far, after each block.
        again: called with two seeds of the first block, exchanged, where what they give must follow
            them; None where it is not asked for.
        arms: what the function has trained.
        confirm: whether the claim is known to be supported, so that fewer seeds are to confirm it.
            They are the first of those that decide it. A proof is the same either way.

    Raises:
        ClaimError: the function returned no evidence, or some that does not come from its seeds.
    """
    seeds = seeds_from(root, claim.test.budget)
    if claim.kind == "exact":
        return _proof(ask, seeds[:BLOCK])
    test = claim.test.confirming() if confirm else claim.test
    blocks: list[NDArray[Any]] = []
    warnings: list[str] = []
    for start in range(0, seeds.size, BLOCK):
        values, doubtful = _block(claim, ask, seeds[start : start + BLOCK], again, arms)
        blocks.append(values)
        warnings += doubtful
        again = None
        evidence = np.concatenate(blocks)
        progress(evidence.size)
        events = claim.events(evidence)
        decision = test.decide(events)
        if decision.settled:
            break
    warnings += doubts.warnings(claim, evidence, arms)
    evidence = evidence[: decision.seeds]
    if decision.verdict is Verdict.REFUTED:
        doubts.refuse_refutation(claim, evidence, events[: decision.seeds])
    return Judgement(
        decision.verdict,
        evidence,
        decision,
        test.seeds_to_go(decision.events, decision.seeds),
        test=test,
        holds_when=claim.holds_when,
        warnings=tuple(warnings),
    )


def _block(
    claim: Claim, ask: Ask, seeds: NDArray[np.int64], again: Ask | None, arms: Arms | None
) -> tuple[NDArray[Any], list[str]]:
    """Return the evidence of a block of seeds, and what makes it doubtful."""
    values = claim.evidence(ask(seeds), seeds.size)
    doubts.refuse_nan(values, seeds, arms)
    return values, doubts.replay(claim, again, seeds, values) if again else []


def _proof(ask: Ask, seeds: NDArray[np.int64]) -> Judgement:
    try:
        returned = ask(seeds)
    except AssertionError as failure:
        # pytest adds the compared values to the message; a message of one's own says more.
        message = str(failure).partition("\nassert ")[0] or "an assertion without a message failed"
        return Judgement(Verdict.REFUTED, np.empty(0), counterexample=message)
    if returned is not None:
        raise ClaimError(
            f"the exact claim returned {type(returned).__name__}: expected it to assert "
            "and return nothing"
        )
    return Judgement(Verdict.SUPPORTED, np.empty(0))
