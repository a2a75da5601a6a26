"""Which seeds show a claim, read from its record the way the claim itself reads them."""

from __future__ import annotations

import functools
import math

import numpy as np

from hw4.claims.claim import Claim
from hw4.ledger.ledger import Record
from hw4.statistics.effects import share_interval
from hw4.statistics.sequential import P0, SequentialTest, Verdict

BUDGET = 64  # of a record without one: it is from a version in which all claims had this budget
STATISTICAL = ("win", "equivalent", "rate")  # kinds that are decided by seeds


def events(record: Record) -> list[bool]:
    """Return whether each seed shows the claim, in the order of the seeds."""
    kind, evidence = record["kind"], record["evidence"]
    claim = Claim("a record", kind=kind, margin=record["margin"], holds_when=holds_when(record))
    values = np.array(evidence, bool) if kind == "rate" else np.array(numbers(record))
    return claim.events(values).tolist() if evidence else []


def numbers(record: Record) -> list[float]:
    """Return a record's evidence as floats, which may be infinite or NaN."""
    return [float(value) for value in record["evidence"]]


def holds_when(record: Record) -> bool:
    """Return which boolean of a rate counts; in older ledgers the count of events shows it."""
    if record["kind"] != "rate":
        return True
    if "holds_when" in record:
        return bool(record["holds_when"])
    return bool(record["evidence"].count(True) == record["events"])


def sequential_test(record: Record, alpha: float) -> SequentialTest:
    """Return the test that a record was decided or confirmed by.

    Raises:
        ValueError: an alpha or a share that no test has.
    """
    p0, budget = record.get("p0", P0), record.get("budget", BUDGET)
    return SequentialTest(alpha, p0, record["share"], budget, record.get("confirm_alpha"))


def shown(record: Record) -> tuple[float, float]:
    """Return the interval of the share of seeds that show the claim.

    Older ledgers have none; for them it is Clopper & Pearson's.
    """
    interval = record.get("shown")
    if interval:
        return float(interval["low"]), float(interval["high"])
    return _fixed(record["events"], record["seeds"])


_fixed = functools.cache(share_interval)  # a large ledger has few different ones


def holds(record: Record) -> str:
    """Return the verdict of a record's test if the claim holds: supported, or confirmed."""
    return Verdict.CONFIRMED if record.get("confirm_alpha") else Verdict.SUPPORTED


def boundaries(record: Record, alpha: float) -> tuple[float, float]:
    """Return the values of ln Λ at which a record's claim is refuted, and at which it holds."""
    return math.log(alpha), -math.log(record.get("confirm_alpha") or alpha)


def walk(record: Record, alpha: float) -> list[float]:
    """Return ln Λ before the first seed and after each: each adds one amount or subtracts another.

    Raises:
        ValueError: an alpha or a share that no test has.
    """
    test = sequential_test(record, alpha)
    gain, loss = test.log_evidence(1, 1), test.log_evidence(0, 1)
    steps = np.where(events(record), gain, loss)
    return [0.0, *np.cumsum(steps).tolist()]


def error_rates(record: Record, alpha: float) -> tuple[float, float]:
    """Return the exact probabilities that a record's test wrongly supports, and refutes, a claim.

    The first is at a true share of `SequentialTest.p0`, the second at the record's share. For a
    test that confirms, the first is that of wrongly confirming.
    """
    return _error_rates(sequential_test(record, alpha))


@functools.cache
def _error_rates(test: SequentialTest) -> tuple[float, float]:
    false, true = map(test.operating_characteristics, (test.p0, test.p1))
    return false.supported, true.refuted
