"""Memory and instructions of the processes of either tree: which is which, and in words."""

import pytest

from hw4.bench import amounts
from hw4.bench import child as bench_child
from hw4.bench.margins import Margins
from hw4.statistics.amounts import AmountTest


def said(*memory, instructions=None):
    """Return the messages of a set's processes."""
    return [{"amounts": {"memory": each, "instructions": instructions}} for each in memory]


def test_each_process_counts_for_its_own_tree():
    """The first process of a set is the current tree's, or the revision's."""
    measured = amounts.Measured()
    measured.add(said(1.0, 2.0, 3.0), exchanged=False)
    measured.add(said(4.0, 5.0, 6.0, instructions=7.0), exchanged=True)
    memory, instructions = measured.of["memory"], measured.of["instructions"]
    assert (memory.now, memory.before) == ([1.0, 5.0, 6.0], [2.0, 3.0, 4.0])
    assert (instructions.now, instructions.before) == ([7.0, 7.0], [7.0])


@pytest.mark.parametrize(
    ("ratio", "spread", "word"),
    [
        (2.0, 0.01, "more"),
        (1.0, 0.01, "no change"),
        (0.5, 0.01, "less"),
        (0.9, 0.08, "not more"),
        (1.05, 0.2, "unclear"),
    ],
)
def test_the_words(ratio, spread, word):
    processes = amounts.Processes(
        [ratio * 100 * (1 + spread * i / 4) for i in range(4)], [100.0, 100, 100, 100, 100]
    )
    found = processes.judged(AmountTest())
    assert (found.verdict, found.before) == (word, 100.0)
    assert amounts.Processes([1.0], [2.0, 3.0]).judged(AmountTest()) is None


@pytest.mark.parametrize(
    ("kind", "amount", "text"),
    [
        ("memory", 0, "0 B"),
        ("memory", 999, "999 B"),
        ("memory", 18_276_352, "18.3 MB"),
        ("memory", 2.5e12, "2.5e+03 GB"),
        ("instructions", 12, "12"),
        ("instructions", 1_234_567, "1.23 M"),
    ],
)
def test_amounts_have_three_digits(kind, amount, text):
    assert amounts.as_text(kind, amount) == text


def test_memory_below_a_megabyte_is_noise_and_is_not_shown(needing):
    small = amounts.Processes([4096.0] * 4, [0.0] * 5).judged(Margins().amount_test("memory", ""))
    assert small.verdict == "no change"
    assert not amounts.is_seen("memory", small)
    assert amounts.is_seen("instructions", small)
    assert amounts.is_seen("memory", needing(memory=0.1)["memory"])


def test_the_margin_of_instructions_is_that_of_time_memory_has_its_own():
    margins = Margins((("", 0.2), ("*slow*", 0.5)), memory=0.03)
    assert margins.amount_test("instructions", "b.py::slow").margin == 0.5
    assert margins.amount_test("instructions", "b.py::test").margin == 0.2
    assert margins.amount_test("memory", "b.py::slow") == AmountTest(0.03, amounts.LEAST)


class Counted:
    """A counter that calls of `work` move on by seven."""

    now = 0

    def work(self):
        self.now += 7

    def read(self):
        return self.now


def test_instructions_of_one_call_are_those_of_a_block_divided(monkeypatch):
    counted = Counted()
    monkeypatch.setattr(bench_child.counters, "instructions", lambda: counted.read)
    known = bench_child.Amounts()
    timed = bench_child.Timed(counted.work, lambda: ((), {}))
    assert timed.calls > 1
    assert known.of(timed)["instructions"] == 7
    counted.work = lambda: None
    still = bench_child.Timed(counted.work, lambda: ((), {}))
    assert known.of(still)["instructions"] is None  # another program has the counter


def test_what_a_call_prepares_is_not_its_own(monkeypatch):
    """Neither instructions nor memory of a setup, though it runs between the calls."""
    counted = Counted()
    kept = []

    def prepare():
        counted.now += 1000
        kept[:] = [bytearray(20_000_000)]
        return (), {}

    monkeypatch.setattr(bench_child.counters, "instructions", lambda: counted.read)
    found = bench_child.Amounts().of(bench_child.Timed(counted.work, prepare, calls=3))
    assert found["instructions"] == 7
    assert found["memory"] is None or found["memory"] < 1e6


def test_what_the_machine_does_not_tell_is_a_sentence_and_no_number(monkeypatch):
    def refuse():
        raise OSError("It is not told: so it is")

    monkeypatch.setattr(bench_child.counters, "instructions", refuse)
    monkeypatch.setattr(bench_child.counters, "peaks", refuse)
    known = bench_child.Amounts()
    assert known.unknown == ["It is not told: so it is"] * 2
    timed = bench_child.Timed(int, lambda: ((), {}))
    assert known.of(timed) == {"memory": None, "instructions": None}
