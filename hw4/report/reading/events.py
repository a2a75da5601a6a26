"""Which seeds show a claim, read from its record the way the claim itself reads them."""

from __future__ import annotations

import functools
import math

import numpy as np

from hw4.claims.claim import Claim
from hw4.ledger.records import BySeeds, Rate
from hw4.statistics.effects import share_interval
from hw4.statistics.sequential import SequentialTest, Verdict


def events(record: BySeeds) -> list[bool]:
    """Return whether each seed shows the claim, in the order of the seeds."""
    claim = Claim("a record", kind=record.kind, margin=record.margin, holds_when=not record.rare)
    values = record.evidence if isinstance(record, Rate) else record.numbers()
    shown: list[bool] = claim.events(np.array(values)).tolist()
    return shown


def sequential_test(record: BySeeds, alpha: float) -> SequentialTest:
    """Return the test that a record was decided or confirmed by.

    Args:
        record: of the ledger.
        alpha: of the ledger, for a record without one of its own.

    Raises:
        ValueError: an alpha or a share that no test has.
    """
    numbers = record.alpha or alpha, record.p0, record.share, record.budget, record.confirm_alpha
    return SequentialTest(*numbers)


def shown(record: BySeeds) -> tuple[float, float]:
    """Return the interval of the share of seeds that show the claim.

    Older ledgers have none; for them it is Clopper & Pearson's.
    """
    interval = record.shown
    return (interval.low, interval.high) if interval else _fixed(record.events, record.seeds)


_fixed = functools.cache(share_interval)  # a large ledger has few different ones


def holds(record: BySeeds) -> str:
    """Return the verdict of a record's test if the claim holds: supported, or confirmed."""
    return Verdict.CONFIRMED if record.confirm_alpha else Verdict.SUPPORTED


def boundaries(record: BySeeds, alpha: float) -> tuple[float, float]:
    """Return the values of ln Λ at which a record's claim is refuted, and at which it holds."""
    alpha = record.alpha or alpha
    return math.log(alpha), -math.log(record.confirm_alpha or alpha)


def walk(record: BySeeds, alpha: float) -> list[float]:
    """Return ln Λ before the first seed and after each: each adds one amount or subtracts another.

    Raises:
        ValueError: an alpha or a share that no test has.
    """
    test = sequential_test(record, alpha)
    gain, loss = test.log_evidence(1, 1), test.log_evidence(0, 1)
    steps = np.where(events(record), gain, loss)
    return [0.0, *np.cumsum(steps).tolist()]


def error_rates(record: BySeeds, alpha: float) -> tuple[float, float]:
    """Return the exact probabilities that a record's test wrongly supports, and refutes, a claim.

    The first is at a true share of `SequentialTest.p0`, the second at the record's share. For a
    test that confirms, the first is that of wrongly confirming.
    """
    return _error_rates(sequential_test(record, alpha))


@functools.cache
def _error_rates(test: SequentialTest) -> tuple[float, float]:
    false, true = map(test.operating_characteristics, (test.p0, test.p1))
    return false.supported, true.refuted
