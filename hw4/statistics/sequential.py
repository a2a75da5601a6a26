"""The sign test that decides a claim, seed by seed, with an error rate valid at every look.

"Supported" rules out that the share of seeds that show the effect is p0 or less; "refuted" rules
out that it is p1 or more. Between p0 and p1 either verdict may come. After n seeds, w of which show
the effect, the evidence is the likelihood ratio (Wald 1945, Ann. Math. Statist. 16, 117-186)

    Λ = (p1/p0)^w · ((1-p1)/(1-p0))^(n-w).

If the true share is p0 or less, Λ is a non-negative supermartingale that starts at 1, so the
probability that it *ever* reaches 1/α is at most α (Ville 1939). If the share is p1 or more, the
same holds for 1/Λ. So each error is at most α, however often one looks and whatever the
distribution of the differences: only the number of events counts.

*Confirming* is the same walk with a nearer upper boundary, 1/γ, which is checked after each whole
block of seeds. The same inequality bounds its error: if the share is p0 or less, the probability
of confirming is at most γ. The lower boundary and its error α do not change.
"""

import dataclasses
import enum
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hw4.statistics.checks import check_between, check_count, check_probability, check_size

POWER = 0.9  # what "probably" means when a sample is planned
ROUNDING = 1e-12  # relative; evidence that equals a boundary exactly must not miss it by an ulp
HALVINGS = 40  # of [0, 1]: a share to 1e-12, far below what is printed
CONFIRM_ALPHA = 1e-2  # a vanished effect is confirmed this often at most; 8 of 8 seeds are enough
BLOCK = 8  # seeds between two looks at whether a claim is confirmed; hw4 asks for one block a time
ALPHA, P0, P1 = 1e-4, 0.5, 0.9
ODDS_RATIO = 9.0  # of p1 to p0 above nine in ten: that of nine in ten to one half
UNDECIDED = 0.0044  # how often a claim with a share of p1 may use its budget up
BUDGETED = 1 - ALPHA - UNDECIDED  # so often 64 seeds support nine in ten
MAX_SEEDS = 512  # seeds that a claim may take unless it says otherwise; at_least=0.99 takes 377
SEARCHED = 20_000  # the largest budget that is searched for, to print how many seeds it would take


class Verdict(enum.StrEnum):
    """What is known about a claim."""

    SUPPORTED = "supported"
    CONFIRMED = "confirmed"  # registered as supported, and fewer seeds agree: no new decision
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    EQUIVALENT = "equivalent"  # only a claim about time: neither callable is faster


def share_ruled_out(p1: float) -> float:
    """Return p0, the share that support rules out: one half, or more if p1 is above nine in ten.

    With o = p1/(9·(1-p1)) it is max(1/2, o/(1+o)). If p0 stayed at one half, 23 of 24 seeds would
    support "at least 999 in 1,000".
    """
    odds = p1 / (1 - p1) / ODDS_RATIO
    return max(P0, odds / (1 + odds)) if p1 > P1 else P0


def agree(one: str, other: str) -> bool:
    """Return whether two verdicts agree: confirmed counts as supported."""
    holds = (Verdict.SUPPORTED, Verdict.CONFIRMED)
    return one == other or (one in holds and other in holds)


@dataclass(frozen=True)
class Decision:
    """A verdict and its evidence.

    Attributes:
        verdict: supported, refuted or inconclusive; a test that confirms has confirmed instead of
            supported.
        seeds: how many seeds were used; seeds after the verdict change nothing.
        events: how many of them show the effect.
        log_evidence: natural logarithm of Λ.
    """

    verdict: Verdict
    seeds: int
    events: int
    log_evidence: float

    @property
    def settled(self) -> bool:
        """Whether more seeds would change nothing."""
        return self.verdict is not Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class OperatingCharacteristics:
    """What the test does at a known true share: three probabilities and the cost.

    Attributes:
        supported: probability of that verdict within the budget, or of confirming if the test
            confirms.
        refuted: probability of that verdict within the budget.
        inconclusive: probability that the budget runs out first.
        seeds: expected number of seeds.
        asked: expected number of seeds that are run to have them: whole blocks of the test.
    """

    supported: float
    refuted: float
    inconclusive: float
    seeds: float
    asked: float


class _Walk(NamedTuple):
    supported: float  # probability of having stopped at the upper boundary so far
    refuted: float  # and at the lower one
    walking: float  # and of neither


@dataclass(frozen=True)
class SequentialTest:
    """Wald's sequential test of a share, symmetric in its two errors unless it confirms.

    Args:
        alpha: probability of each error, for one claim. At 1e-4, a hundred claims together are
            wrong in fewer than one full fresh run in a hundred.
        p0: the largest share that "supported" rules out. One half: the effect is a coin toss.
        p1: the smallest share that "refuted" rules out. Nine in ten: someone who tries it once
            usually sees it.
        budget: the largest number of seeds. 64 support a true share of 0.9 with probability 0.995,
            and one of 0.85 with 0.9.
        confirm_alpha: probability of confirming a claim that does not hold; None to decide it. It
            replaces alpha at the upper boundary.
        block: seeds that are run at once; a test that confirms looks at the upper boundary after
            each of them.

    Raises:
        ValueError: alpha or confirm_alpha outside (0, 1/2), not 0 < p0 < p1 < 1, or a budget or
            block below one seed.
    """

    alpha: float = ALPHA
    p0: float = P0
    p1: float = P1
    budget: int = 64
    confirm_alpha: float | None = None
    block: int = BLOCK

    def __post_init__(self) -> None:
        check_between("alpha", self.alpha, 0, 0.5)
        if self.confirm_alpha is not None:
            check_between("confirm_alpha", self.confirm_alpha, 0, 0.5)
        if not 0 < self.p0 < self.p1 < 1:
            raise ValueError(f"shares must satisfy 0 < p0 < p1 < 1, got p0={self.p0}, p1={self.p1}")
        check_size("budget", self.budget)
        check_size("block", self.block)

    @classmethod
    def of_share(
        cls,
        p1: float,
        most: int = MAX_SEEDS,
        *,
        p0: float | None = None,
        alpha: float = ALPHA,
        budget: int | None = None,
    ) -> "SequentialTest":
        """Return the test whose p0 and budget follow p1, where they are not given.

        A budget that is not given supports p1 itself with probability 1 − alpha − 0.0044, and is
        made of whole blocks.

        Raises:
            ValueError: not 1/2 < p1 < 1, or it takes more than `most` seeds; as the constructor.
        """
        check_between("p1", p1, P0, 1)
        test = cls(alpha, share_ruled_out(p1) if p0 is None else p0, p1)
        if budget is not None:
            return dataclasses.replace(test, budget=budget)
        needed = test.seeds_needed(p1, 1 - alpha - UNDECIDED, SEARCHED)
        if needed is None or needed > most:
            count = f"{needed:,}" if needed else f"more than {SEARCHED:,}"
            raise ValueError(f"a share of {p1:.6g} takes {count} seeds")
        return dataclasses.replace(test, budget=min(most, -(-needed // BLOCK) * BLOCK))

    def unanimous(self, event: bool) -> int:
        """Return how many seeds in a row decide, if all of them show the effect, or none does."""
        if not event:
            return math.ceil(self._lower / self.log_evidence(0, 1))
        seeds = math.ceil(self._upper / self.log_evidence(1, 1))
        return -(-seeds // self._stride) * self._stride

    def confirming(self, alpha: float = CONFIRM_ALPHA) -> "SequentialTest":
        """Return the test that confirms, at `confirm_alpha`, a claim which this test supported."""
        return dataclasses.replace(self, confirm_alpha=alpha)

    def log_evidence(self, events: int, seeds: int) -> float:
        """Return ln Λ after `seeds` seeds, `events` of which show the effect.

        Raises:
            ValueError: not 0 <= events <= seeds.
        """
        check_size("seeds", seeds, least=0)
        check_count("events", events, seeds)
        return float(self._log_evidence(np.asarray(events), np.asarray(seeds)))

    def decide(self, events: ArrayLike) -> Decision:
        """Decide from the seeds in their order; the first boundary that is reached decides.

        The test looks after every seed, and for a confirmation after every block of the test, so
        the verdict does not depend on how the seeds were batched. With fewer seeds than the budget
        and no boundary reached, the claim is inconclusive so far.

        Args:
            events: (n,) booleans, whether each seed shows the effect. Those past the budget are
                ignored.

        Raises:
            ValueError: not one-dimensional, or not boolean.
        """
        shown = np.asarray(events)
        if shown.ndim != 1 or (shown.size and shown.dtype != np.bool_):
            raise ValueError(
                f"events must be booleans of shape (n,), got {shown.dtype} of shape {shown.shape}"
            )
        stop, evidence = self.stops(shown.astype(np.bool_))
        seeds, log_evidence = int(stop), float(evidence)
        count = int(np.count_nonzero(shown[:seeds]))
        return Decision(self.verdict(log_evidence, seeds), seeds, count, log_evidence)

    def stops(self, events: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return for many claims how many seeds each takes, and its evidence then.

        A claim stops at the first boundary that it reaches, or when its seeds or the budget run
        out.

        Args:
            events: (..., n) booleans, the last axis in the order of the seeds.

        Returns:
            (...) numbers of seeds, at most min(n, budget), and (...) natural logarithms of Λ.
        """
        shown = events[..., : self.budget]
        seeds = np.arange(shown.shape[-1] + 1)
        counts = np.zeros((*shown.shape[:-1], seeds.size), np.intp)  # the walk starts at 0 of 0
        np.cumsum(shown, axis=-1, out=counts[..., 1:])
        evidence = self._log_evidence(counts, seeds)
        looked = seeds % self._stride == 0
        crossed = (evidence <= self._lower) | ((evidence >= self._upper) & looked)
        crossed[..., -1] = True
        stop = crossed.argmax(axis=-1)
        return stop, np.take_along_axis(evidence, stop[..., None], axis=-1)[..., 0]

    def verdict(self, log_evidence: float, seeds: int) -> Verdict:
        """Return the verdict of evidence, the natural logarithm of Λ, after so many seeds."""
        if log_evidence >= self._upper and seeds % self._stride == 0:
            return Verdict.SUPPORTED if self.confirm_alpha is None else Verdict.CONFIRMED
        if log_evidence <= self._lower:
            return Verdict.REFUTED
        return Verdict.INCONCLUSIVE

    def operating_characteristics(self, share: float) -> OperatingCharacteristics:
        """Return what the test does if a fresh seed shows the effect with probability `share`.

        The result is exact: a dynamic programme over the number of events carries the probability
        of every walk that has not stopped. Nothing is simulated.

        Raises:
            ValueError: share outside [0, 1].
        """
        check_probability("share", share)
        walk, seeds, asked = _Walk(0.0, 0.0, 1.0), 0.0, 0.0
        steps = self._walk(share)
        for number in range(self.budget):
            seeds += walk.walking
            if number % self.block == 0:
                asked += walk.walking * min(self.block, self.budget - number)
            walk = next(steps)
        return OperatingCharacteristics(*walk, seeds, asked)

    def detectable_share(self, power: float = POWER) -> float | None:
        """Return the smallest true share that is supported with at least this probability.

        For a test that confirms, the smallest that is confirmed. None if even a share of 1 is not:
        then the budget is too small to support anything.

        Raises:
            ValueError: power outside (0, 1).
        """
        check_between("power", power, 0, 1)
        if self.operating_characteristics(1.0).supported < power:
            return None
        low, high = 0.0, 1.0  # P(supported) rises with the share: more events only help
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            enough = self.operating_characteristics(middle).supported >= power
            low, high = (low, middle) if enough else (middle, high)
        return high

    def seeds_needed(
        self, share: float, power: float = POWER, most: int | None = None
    ) -> int | None:
        """Return the smallest budget with which this share is supported at least that often.

        The test's own budget does not matter. None if no budget is enough, because the walk is
        too likely to end at the lower boundary, or if it takes more than `most` seeds.

        Raises:
            ValueError: share outside [0, 1] or power outside (0, 1).
        """
        check_probability("share", share)
        check_between("power", power, 0, 1)
        for seeds, walk in enumerate(itertools.islice(self._walk(share), most), start=1):
            if walk.supported >= power:
                return seeds
            if walk.supported + walk.walking < power:
                break
        return None

    def seeds_to_go(self, events: int, seeds: int) -> int:
        """Return how many further seeds would probably settle a claim; 0 if it is settled.

        "Probably" is nine times in ten, from the walk's present state, if the true share is the
        estimate (w + 1/2)/(n + 1) (Jeffreys' prior). The budget does not matter.

        Raises:
            ValueError: not 0 <= events <= seeds.
        """
        if self.verdict(self.log_evidence(events, seeds), seeds) is not Verdict.INCONCLUSIVE:
            return 0
        share = (events + 0.5) / (seeds + 1)
        walks = enumerate(self._walk(share, events, seeds), start=1)
        return next(further for further, walk in walks if walk.walking <= 1 - POWER)

    def walking(self, first: int, count: int, seeds: int) -> tuple[int, int]:
        """Return which walks with `first`, `first` + 1, … events after `seeds` seeds continue.

        Returns:
            (low, high): the first `low` of `count` walks are refuted, those from `high` on are
            supported; evidence rises with the events.
        """
        evidence = self._log_evidence(np.arange(first, first + count), np.asarray(seeds))
        low = int(np.searchsorted(evidence, self._lower, side="right"))
        high = int(np.searchsorted(evidence, self._upper, side="left"))
        return low, count if seeds % self._stride else high

    @property
    def _lower(self) -> float:
        return math.log(self.alpha) * (1 - ROUNDING)

    @property
    def _upper(self) -> float:
        return -math.log(self.confirm_alpha or self.alpha) * (1 - ROUNDING)

    @property
    def _stride(self) -> int:
        """After how many seeds each the upper boundary is looked at."""
        return 1 if self.confirm_alpha is None else self.block

    def _log_evidence(
        self, events: NDArray[np.integer], seeds: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        gain = math.log(self.p1 / self.p0)
        loss = math.log((1 - self.p1) / (1 - self.p0))
        return np.asarray(gain * events + loss * (seeds - events), np.float64)

    def _walk(self, share: float, events: int = 0, seeds: int = 0) -> Iterator[_Walk]:
        """Yield, for ever, where the walk is after one, two, … seeds from where it stands."""
        supported = refuted = 0.0
        first, live = events, np.ones(1)  # live[i]: walking with first + i events
        step = np.array([1 - share, share])
        while True:
            seeds += 1
            live = np.convolve(live, step)
            low, high = self.walking(first, live.size, seeds)
            refuted += float(live[:low].sum())
            supported += float(live[high:].sum())
            # An empty walk continues as a walk of probability 0.
            live = live[low:high] if low < high else np.zeros(1)
            first += low
            yield _Walk(supported, refuted, float(live.sum()))
