"""What the live display says of a run: lines that fit, and a time left that is not made up."""

import dataclasses

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


def test_the_rest_is_like_all_that_is_done_or_like_what_trained():
    """Ten of twenty claims in 100 s: ten more take 100 s, or 125 s if all are like the eight."""
    assert display.time_left(100, 10, [12.0] * 8, 10) == (100, 125)


def test_the_last_claim_may_be_as_long_as_the_longest():
    assert display.time_left(100, 10, [40.0, *[8.0] * 9], 2) == (20, 40)


@pytest.mark.parametrize(
    "known",
    [
        (100, 10, [10.0] * 7, 10),  # too few that trained
        (0, 0, [], 10),  # none at all
        (100, 100, [10.0] * 8, 10),  # mostly from the store: between 10 s and 125 s says nothing
        (100, 10, [10.0] * 10, 2, 2),  # the last two are being decided
        (100, 10, [10.0] * 10, 0),  # all done
        (100, 10, [90.0, *[1.0] * 9], 2),  # one took nearly all the time
    ],
    ids=["few", "none", "stored", "last", "done", "outlier"],
)
def test_nothing_is_said_where_nobody_can_know(known):
    assert display.time_left(*known) is None


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
