"""What the live display says of a run: lines that fit, and a time left that is not made up."""

import dataclasses
import math

import numpy as np
import pytest

from hw4 import display
from hw4.display import View

BUSY = View(
    done=93,
    total=181,
    elapsed=102,
    left=(125, 290),
    counts=["60 hold", "30 do not", "9 equally fast", "2 unsettled", "1 not measured"],
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
        "60 hold   30 do not   9 equally fast   2 unsettled   1 not measured",
        "✗ 3 not as registered",
        "  24 seeds  a/b [c]",
        "   8 seeds  d",
    ]


def test_before_anything_is_known_nothing_is_made_up():
    assert lines(View()) == ["deciding   ────────────────   collecting claims   0:00"]


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
    assert display.sentence(View()) == "deciding: collecting claims after 0:00"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (59.9, "0:59"), (60, "1:00"), (3599, "59:59"), (36_061, "10:01:01")],
)
def test_elapsed_time_reads_like_a_clock(seconds, shown):
    assert display.clock(seconds) == shown


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
