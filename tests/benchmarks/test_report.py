"""What the report's pictures cost: two thousand claims of sixty-four seeds."""

import numpy as np
import pytest
from judging import judge

from hw4 import Claim
from hw4.ledger import ledger
from hw4.report import plots

ALPHA = 1e-4
CLAIMS = 2000
EPOCHS = 20


def arm(rate, rng):
    curve = np.sort(rng.lognormal(size=(3, EPOCHS)), axis=0).round(6).tolist()
    metrics = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    depths = np.sort(rng.lognormal(size=(3, 2, 5)), axis=0).round(6).tolist()
    text = f"MLP(widths=(64, 64)), SGD({rate}), digits, {EPOCHS} epochs, batch 32"
    return {"arm": text, "probes": {"gradient_norm": depths}, **dict.fromkeys(metrics, curve)}


@pytest.fixture(scope="module")
def records():
    """Return claims whose share of seeds, 0.73, keeps them walking to the end of the budget."""
    rng, found = np.random.default_rng(0), []
    for n in range(CLAIMS):
        claim = Claim("A statement.", f"area/claim-{n}", margin=0.05, unit="test accuracy")
        values = np.where(np.arange(64) % 15 < 11, 0.1, 0.0) + rng.normal(0, 0.01, 64)
        values = iter(values.reshape(8, 8))
        judgement = judge(claim, 0, lambda seeds, values=values: next(values))
        origin = ledger.Origin("test_it.py::test_it", "digits", {"dataset": "digits"})
        arms = [arm(0.01, rng), arm(0.1, rng)]
        found.append(ledger.record(claim, origin, None, judgement, arms, 1.0, False))
    assert {record.seeds for record in found} == {64}
    return found


def draw(records):
    return sum(
        len(plots.seeds(each, ALPHA) + plots.walk(each, ALPHA) + plots.curves(each))
        for each in records
    )


def test_seeds_walks_and_curves_of_two_thousand_claims(benchmark, records):
    assert benchmark.pedantic(draw, (records,), rounds=1) > CLAIMS


def test_the_probes_of_two_thousand_claims(benchmark, records):
    drawn = benchmark.pedantic(lambda: list(map(plots.layers, records)), rounds=1)
    assert all(drawn)


def test_a_forest_of_two_thousand_claims(benchmark, records):
    assert benchmark.pedantic(plots.forest, (records,), rounds=1).count("<a ") == CLAIMS
