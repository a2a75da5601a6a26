"""What judging costs beside training: the statistics, the store, a rendered table."""

import numpy as np
import pytest
from entries import entry

from hw4.ledger import ledger
from hw4.report.text import summary
from hw4.statistics import SequentialTest, compare, median_interval
from hw4.statistics.ratios import RatioTest
from hw4.store.store import Store

pytestmark = pytest.mark.benchmark(max_time=0.3)  # seconds; by default it is one

CURVE = np.linspace(1.0, 0.0, 50)
ROW = dict.fromkeys(("train_loss", "train_accuracy", "test_loss", "test_accuracy"), CURVE)
ROWS = {f"key-{n}": ROW for n in range(64)}


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    yield store
    store.close()


def test_a_verdict(benchmark):
    events = np.random.default_rng(0).random(64) < 0.7
    assert benchmark(SequentialTest().decide, events).seeds == 64


def test_operating_characteristics(benchmark):
    assert 0 < benchmark(SequentialTest().operating_characteristics, 0.7).inconclusive < 1


def test_a_median_interval(benchmark):
    differences = np.random.default_rng(0).normal(size=64)
    assert np.isfinite(benchmark(median_interval, differences).low)


def test_reported_proportions(benchmark):
    assert benchmark(compare, 118, 175, 100, 175).p_value < 1


def test_a_ratio(benchmark):
    rounds = np.random.default_rng(0).normal(size=(12, 8))
    assert benchmark(RatioTest().decide, rounds, rounds[::2]).ratio > 0


def test_the_store_writes_64_runs(benchmark, store):
    benchmark(store.put, ROWS)
    assert None not in store.get(list(ROWS))


def test_the_store_reads_64_runs(benchmark, store):
    store.put(ROWS)
    assert len(benchmark(store.get, list(ROWS))) == len(ROWS)


def test_a_table_of_a_thousand_verdicts(benchmark):
    claims = [entry(instance=f"{n:04}") for n in range(1000)]
    book = ledger.build(claims, [], "quick", 0)
    assert benchmark(summary.table, book, 80).count("area/name") == 1000
