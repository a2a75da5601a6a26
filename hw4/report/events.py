"""Which seeds show a claim, read from its record the way the claim itself reads them."""

from __future__ import annotations

import functools

import numpy as np

from hw4.claim import Claim
from hw4.ledger import Record
from hw4.statistics.sequential import SequentialTest

STATISTICAL = ("win", "equivalent", "rate")  # kinds that are decided by seeds


def events(record: Record) -> list[bool]:
    """Return whether each seed shows it, in the order of the seeds."""
    kind, evidence = record["kind"], record["evidence"]
    claim = Claim("a record", kind=kind, margin=record["margin"], holds_when=holds_when(record))
    values = np.array(evidence, bool) if kind == "rate" else np.array(numbers(record))
    return claim.events(values).tolist() if evidence else []


def numbers(record: Record) -> list[float]:
    """Return a record's evidence as floats, infinities and NaN among them."""
    return [float(value) for value in record["evidence"]]


def holds_when(record: Record) -> bool:
    """Return which boolean of a rate counts; a ledger that does not say it says how many did."""
    if record["kind"] != "rate":
        return True
    if "holds_when" in record:
        return bool(record["holds_when"])
    return bool(record["evidence"].count(True) == record["events"])


def walk(record: Record, alpha: float) -> list[float]:
    """Return ln Λ before the first seed and after each: it grows by one amount or falls by another.

    Raises:
        ValueError: an alpha or a share that no test has.
    """
    test = SequentialTest(alpha=alpha, p1=record["share"])
    gain, loss = test.log_evidence(1, 1), test.log_evidence(0, 1)
    steps = np.where(events(record), gain, loss)
    return [0.0, *np.cumsum(steps).tolist()]


@functools.cache
def error_rates(alpha: float, share: float) -> tuple[float, float]:
    """Return the exact probabilities of wrongly supporting and of wrongly refuting a claim.

    The first where seeds show it `SequentialTest.p0` of the time, the second where `share`.
    """
    test = SequentialTest(alpha=alpha, p1=share)
    holds_not, holds = map(test.operating_characteristics, (test.p0, test.p1))
    return holds_not.supported, holds.refuted
