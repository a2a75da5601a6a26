"""The walk ends at the evidence that the verdict rests on."""

import math

import numpy as np
import pytest
from entries import entry
from msgspec import UNSET
from msgspec.structs import replace

from hw4.report import plots
from hw4.report.reading.events import events, walk

ALPHA = 1e-4


def ledger(decided):
    """Return a record of every statistical kind, at several shares."""
    rng = np.random.default_rng(0)
    for share in (0.0, 0.3, 0.6, 0.75, 0.9, 1.0):
        shown = rng.random(64) < share
        values = np.where(shown, 1.0, -1.0) * rng.uniform(0.5, 1, 64)
        yield decided(values.tolist(), margin=0.25)
        yield decided(np.where(shown, values / 4, 2 + values).tolist(), "equivalent", margin=0.3)
        for other in (0.9, 0.8):
            for holds_when in (True, False):
                yield decided(shown.tolist(), "rate", share=other, holds_when=holds_when)
    yield decided([math.inf, -math.inf, math.nan, 0.5, math.inf] * 13, margin=0.1)


def test_the_last_value_of_every_walk_is_the_records_evidence(decided):
    records = list(ledger(decided))
    assert {record.verdict for record in records} == {"supported", "refuted", "inconclusive"}
    for record in records:
        steps = walk(record, ALPHA)
        assert len(steps) == record.seeds + 1
        assert steps[-1] == pytest.approx(record.log_evidence)
        assert sum(events(record)) == record.events


def test_a_ledger_that_does_not_say_which_boolean_counts_has_the_same_walk(decided):
    for record in ledger(decided):
        old = replace(record, holds_when=UNSET)
        assert walk(old, ALPHA)[-1] == pytest.approx(record.log_evidence)


def test_the_drawn_walk_is_the_evidence(decided, read):
    record = decided([1.0, 1.0, -1.0, 1.0] * 16)
    (picture,) = read(plots.walk(record, ALPHA))
    marks = sorted(picture.points("shown") + picture.points("unshown"))
    boundaries = sorted({y for _, y in picture.points("line")})
    top, bottom = boundaries  # ± ln 10,000
    per_pixel = 2 * math.log(1e4) / (bottom - top)
    heights = [((top + bottom) / 2 - y) * per_pixel for _, y in marks]
    assert heights == pytest.approx(walk(record, ALPHA)[1:], abs=0.1)
    assert len(picture.points("shown")) == record.events


def test_the_boundaries_are_named_with_their_error(decided, read):
    (picture,) = read(plots.walk(decided([0.5, 0.4]), 1e-3))
    words = picture.words()
    assert "supported, wrongly at most once in 1,000" in words
    assert "refuted, wrongly at most once in 1,000" in words
    assert {"1 : 1", "1,000 : 1", "1 : 1,000"} <= set(words)


def test_the_boundaries_of_a_confirmation_are_those_of_its_two_errors(decided, read):
    record = decided([0.5, 0.4], confirm=True)
    (picture,) = read(plots.walk(record, ALPHA))
    words = picture.words()
    assert "confirmed, wrongly at most once in 100" in words
    assert "refuted, wrongly at most once in 10,000" in words
    assert {"100 : 1", "1 : 10,000", "1 : 100"} <= set(words)
    assert "10,000 : 1" not in words
    upper, lower = sorted({y for _, y in picture.points("line")})
    marks = picture.points("shown")
    assert len(marks) == record.seeds == 8
    per_pixel = (math.log(100) + math.log(1e4)) / (lower - upper)
    heights = [math.log(100) - (y - upper) * per_pixel for _, y in sorted(marks)]
    assert heights == pytest.approx(walk(record, ALPHA)[1:], abs=0.1)
    assert picture.description.endswith(
        "100 to 1 for it confirms it and 10,000 to 1 against it refutes it; "
        "it is at the upper boundary after a whole block of seeds: confirmed."
    )


def test_a_confirmation_that_was_overturned_ends_below(decided, read):
    (picture,) = read(plots.walk(decided([-1.0, -2.0], confirm=True), ALPHA))
    assert picture.description.endswith("it crosses the lower boundary: refuted.")


@pytest.mark.parametrize(
    ("values", "end"),
    [
        ([1.0, 2.0], "it crosses the upper boundary: supported."),
        ([-1.0, -2.0], "it crosses the lower boundary: refuted."),
    ],
)
def test_the_description_says_how_it_ended(decided, read, values, end):
    (picture,) = read(plots.walk(decided(values), ALPHA))
    assert picture.description.endswith(end)


def test_what_no_seed_decides_has_no_walk(decided, timed):
    proof = entry(kind="exact")
    assert plots.walk(proof, ALPHA) == ""
    assert plots.walk(timed([[1.5] * 8] * 6), ALPHA) == ""
