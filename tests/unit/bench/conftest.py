"""Findings and comparisons as a run gives them."""

import pytest

from hw4.bench.amounts import Amount
from hw4.bench.comparison import Comparison
from hw4.bench.finding import Finding, Place
from hw4.statistics import Verdict
from hw4.statistics.ratios import RatioDecision


def _found(name="tests/b.py::test", verdict="no change", ratio=1.0, margin=0.12, **more):
    ends = 0.98 * ratio, 1.02 * ratio
    decision = RatioDecision(Verdict.INCONCLUSIVE, ratio, *ends, margin, 1.0, confidence=0.99)
    place = Place(name.partition("::")[0], 7)
    return Finding(name, verdict, decision, seconds=1.234e-4, **{"place": place} | more)


@pytest.fixture
def found():
    """Return a function that makes a benchmark's finding, with an interval of 2 % either way."""
    return _found


@pytest.fixture
def missing():
    """Return a function that makes the finding of a benchmark that only one tree has."""

    def make(name="tests/b.py::test_new", reason="main does not have it", *, new=True):
        return Finding(name, "not measured", reason=reason, new=new)

    return make


@pytest.fixture
def compared():
    """Return a function that makes a comparison of findings."""

    def make(*findings, against="main"):
        return Comparison(
            list(findings),
            against,
            "0123456789ab",
            "ba9876543210+",
            "2026-01-02T03:04:05+00:00",
            {"python": "3.12.1", "cpu": "A processor"},
        )

    return make


@pytest.fixture
def needing():
    """Return a function that makes amounts from ratios to 4 MB or 4 million instructions."""

    def make(**ratios):
        return {kind: _amount(ratio) for kind, ratio in ratios.items()}

    return make


def _amount(ratio):
    ends = 0.99 * ratio, 1.01 * ratio
    decision = RatioDecision(Verdict.INCONCLUSIVE, ratio, *ends, 0.1, 1.0, confidence=0.98)
    word = "more" if ratio > 1.1 else "less" if ratio < 0.9 else "no change"
    return Amount(word, decision, 4e6, 4e6 * ratio)
