"""What `hw4 run` says in a terminal: lines that fit, and a time left that is not made up."""

import dataclasses
import math

import numpy as np
import pytest
from entries import entry
from judging import judge

from hw4 import Claim
from hw4.cli import display
from hw4.cli.display import View
from hw4.ledger import ledger

BUSY = View(
    phase=display.DECIDING,
    done=93,
    total=181,
    elapsed=102,
    left=(125, 290),
    counts=["60 supported", "30 refuted", "9 equivalent", "2 inconclusive", "1 not measured"],
    unexpected=3,
    running={
        "regularization/dropout-reduces-overfitting [phantom-0.7]": 24,
        "area/\x1b[2J\u202e[bold]图像" + "x" * 10_000: 8,
        "图像分类" * 30: 64,
    },
)


def lines(view, width=80, height=24):
    return [line.plain for line in display.frame(view, width, height)]


# The lines


def test_a_frame_says_what_is_done_what_came_out_and_what_runs():
    view = dataclasses.replace(BUSY, running={"a/b [c]": 24, "d": 8})
    assert lines(view, 90) == [
        "deciding   ━━━━━━━━────────   93 of 181 claims   1:42   2 to 5 min left",
        "60 supported   30 refuted   9 equivalent   2 inconclusive   1 not measured",
        "✗ 3 not as registered",
        "  24 seeds  a/b [c]",
        "   8 seeds  d",
    ]


def test_before_the_first_claim_a_frame_says_what_happens():
    assert lines(View()) == ["collecting claims   0:00"]
    assert lines(View(phase="starting 2 workers", elapsed=3)) == ["starting 2 workers   0:03"]


def test_the_phase_of_timing_is_named():
    first = lines(View(phase=display.TIMING, done=5, total=10))[0]
    assert first.startswith("timing, alone on the machine   ━━━━━━━━────────   5 of 10 claims")


@pytest.mark.parametrize("width", [1, 10, 20, 40, 80, 300])
@pytest.mark.parametrize("height", [1, 2, 3, 5, 24])
def test_a_frame_stays_within_the_terminal(width, height):
    """By one column and one row, where the cursor waits; a wide character takes two columns."""
    drawn = display.frame(BUSY, width, height)
    assert max(line.cell_len for line in drawn) <= max(1, width - 1)
    assert len(drawn) <= max(1, height - 1)
    assert all(line.plain.isprintable() for line in drawn)


def test_claims_that_find_no_room_are_counted():
    many = View(running={f"claim-{index}": 8 for index in range(30)}, total=30)
    drawn = lines(many, height=10)
    assert len(drawn) == 8
    assert drawn[-1] == "  and 24 more"
    assert drawn[1:7] == [f"   8 seeds  claim-{index}" for index in range(6)]


def test_markup_in_a_name_is_text():
    drawn = display.frame(View(running={"[bold]a[/bold] :smile:": 8}, total=1), 80, 24)
    assert drawn[-1].plain == "   8 seeds  [bold]a[/bold] :smile:"


def test_only_what_is_unexpected_is_bold_among_the_counts():
    _, counts, unexpected = display.frame(dataclasses.replace(BUSY, running={}), 90, 24)
    assert not any("bold" in str(span.style) for span in counts.spans)
    assert any("bold" in str(span.style) for span in unexpected.spans)


def test_a_sentence_says_the_same_where_nothing_is_redrawn():
    assert display.sentence(BUSY) == "deciding: 93 of 181 claims after 1:42; 2 to 5 min left"
    assert display.sentence(View()) == "collecting claims after 0:00"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (59.9, "0:59"), (60, "1:00"), (3599, "59:59"), (36_061, "10:01:01")],
)
def test_elapsed_time_reads_like_a_clock(seconds, shown):
    assert display.clock(seconds) == shown


# A verdict

NAME = "regularization/dropout-reduces-overfitting [phantom-0.3]"


def counterexample(seeds):
    raise AssertionError("2 + 2 is 5\nin this case")


def decided(kind="win", give=lambda seeds: 0.69 + seeds % 9e-6, name=NAME, expect="supported"):
    identifier, _, instance = name.partition(" [")
    margin = {"margin": 0.5} if kind == "equivalent" else {}
    claim = Claim("A statement.", identifier, kind, **margin)
    origin = ledger.Origin("t.py::t", instance.rstrip("]"))
    return ledger.record(claim, origin, expect, judge(claim, 0, give), [], 1.0, False)


def failed(message, name="a/b"):
    return entry(id=name, error="crash", message=message)


RATIO = {"median": 4.1, "low": 3.9, "high": 4.3, "confidence": 0.99}
VERDICTS = {
    "as registered": (
        decided(),
        f"✓ supported     {NAME}  16 of 16 seeds, +0.69",
    ),
    "not as registered": (
        decided(give=lambda seeds: seeds % 9e-6 - 0.25, name="a/b"),
        "✗ refuted       a/b  registered as supported; 0 of 6 seeds, −0.25",
    ),
    "nothing registered": (
        decided("rate", lambda seeds: np.arange(seeds.size) % 4 > 0, "a/b", None),
        "· inconclusive  a/b  48 of 64 seeds, 75 %",
    ),
    "proof": (decided("exact", lambda seeds: None, "a/b"), "✓ supported     a/b  proof"),
    "counter-example": (
        decided("exact", counterexample, "a/b", "refuted"),
        "✓ refuted       a/b  counter-example: 2 + 2 is 5",
    ),
    "timing": (
        entry(id="a/b", kind="timing", effect=RATIO),
        "✓ supported     a/b  ×4.1 (×3.9 to ×4.3)",
    ),
    "error": (
        failed("the worker\n\x1b[2Jcrashed"),
        r"! error         a/b  the worker \x1b[2Jcrashed",
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_a_line_tells_a_verdict_and_what_it_rests_on(name):
    record, said = VERDICTS[name]
    assert display.verdict(record, 101).plain == said


def bold(line):
    return {line.plain[span.start : span.end] for span in line.spans if "bold" in str(span.style)}


def test_only_a_line_that_needs_a_look_is_bold():
    looks = {"not as registered": {"✗", "a/b"}, "error": {"!", "a/b"}}
    for name, (record, _) in VERDICTS.items():
        assert bold(display.verdict(record, 80)) == looks.get(name, set()), name


def test_a_long_name_keeps_its_area_and_its_instance():
    """Evidence takes at most half of what is left of the line."""
    line = display.verdict(decided(), 80).plain
    assert line == "✓ supported     regularization/dropo…tting [phantom-0.3]  16 of 16 seeds, +0.69"
    record = decided("exact", lambda seeds: counterexample_of("x" * 500), expect="refuted")
    line = display.verdict(record, 80).plain
    assert line.startswith("✓ refuted       regularization/…g [phantom-0.3]  counter-example: xxx")
    assert line.endswith("x…")


def counterexample_of(text):
    raise AssertionError(text)


def test_a_narrow_terminal_has_verdicts_and_names():
    assert display.verdict(decided(), 40).plain == "✓ supported regularizatio…[phantom-0.3]"


@pytest.mark.parametrize("width", [1, 10, 20, 40, 59, 60, 80, 300])
@pytest.mark.parametrize(
    "name", ["a", NAME, "图像分类" * 30, "area/\x1b[2J\u202e[bold]b[/bold] :smile: " + "x" * 10_000]
)
def test_a_verdict_stays_within_the_terminal(width, name):
    for record in (decided(name=name), failed("much to say\n" * 99, name)):
        line = display.verdict(record, width)
        assert line.cell_len <= max(1, width - 1)
        assert line.plain.isprintable()


# The time left


def test_the_rest_is_like_what_is_done_times_its_sampling_error():
    """Ten claims in 100 s, of 5 and 15 s in turn: stdev 5·√(10/9), error .527·√(1/10 + 1/40)."""
    low, high = display.time_left(100, [5.0, 15.0] * 5, 10, 40)
    factor = math.exp(1.5 * 0.5270463 * math.sqrt(0.125))
    assert (low, high) == pytest.approx((400 / factor, 400 * factor), rel=1e-6)


def test_claims_being_decided_are_not_among_those_done():
    """Ten of equal cost took 100 s; five are to come, of which two are being decided."""
    assert display.time_left(100, [10.0] * 10, 10, 5, running=2) == (50, 50)


def test_equal_claims_take_equally_long():
    assert display.time_left(100, [10.0] * 10, 10, 5) == (50, 50)


def test_the_longer_one_has_watched_the_less_is_left_open():
    short, long = (display.time_left(10 * n, [5.0, 15.0] * (n // 2), n, 50) for n in (20, 100))
    assert short[1] / short[0] > long[1] / long[0] > 1


@pytest.mark.parametrize(
    "known",
    [
        (100, [10.0] * 7 + [0.0] * 3, 7, 10),  # too few that trained
        (0, [], 0, 10),  # none at all
        (0, [0.0] * 50, 0, 10),  # all from the store
        (100, [0.0] * 92 + [12.0] * 8, 8, 50),  # nearly all from the store
        (100, [10.0] * 10, 10, 2, 2),  # the last two are being decided
        (100, [10.0] * 10, 10, 0),  # all done
        (100, [90.0] + [1.0] * 9, 10, 20),  # one took nearly all the time
    ],
    ids=["few", "none", "stored", "nearly", "last", "done", "outlier"],
)
def test_nothing_is_said_where_nobody_can_know(known):
    assert display.time_left(*known) is None


def test_the_truth_is_mostly_in_the_range():
    """Claims of very unequal cost, a third of them for nothing, decided by one worker."""
    said = right = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        costs = rng.lognormal(1, 0.8, 150) * (rng.random(150) < 2 / 3)
        for done in range(10, 148):
            elapsed, rest = costs[:done].sum(), costs[done:].sum()
            trained = int(np.count_nonzero(costs[:done]))
            left = display.time_left(elapsed, costs[:done].tolist(), trained, 150 - done, 1)
            if left:
                said, right = said + 1, right + (left[0] <= rest <= left[1])
    assert said > 0.6 * 20 * 138
    assert 0.8 < right / said < 0.98  # 1.5 standard errors: 87 % of normal ones


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ((5, 20), "less than 1 min left"),
        ((50, 100), "less than 2 min left"),
        ((60, 60), "1 min left"),
        ((61, 119), "1 to 2 min left"),
        ((125, 290), "2 to 5 min left"),
        ((1500, 5399), "25 to 90 min left"),
        ((1500, 5400), "less than 2 h left"),
        ((7300, 20_000), "2 to 6 h left"),
    ],
)
def test_a_range_is_said_in_round_numbers_that_contain_it(left, said):
    assert display.in_words(left) == said
