"""Every seed is a point at its value, filled where it shows the claim."""

import itertools
import math

import numpy as np
import pytest
from entries import entry

from hw4.report.plots import seeds
from hw4.report.plots.seeds import stacked

ALPHA = 1e-4


def drawn(read, record):
    (picture,) = read(seeds(record, ALPHA))
    return picture


def axis_of(picture):
    """Return the inverse of the axis whose numbers stand on one line."""
    lines = {}
    for x, y, words in picture.texts():
        lines.setdefault(y, []).append((x, words))
    (y,) = [y for y, found in lines.items() if len(found) >= 3]
    return picture.x_scale(y)


def test_every_point_inverts_to_its_value(decided, read):
    values = np.random.default_rng(0).normal(0.3, 0.2, 64).round(3)
    record = decided(values.tolist(), margin=0.05)
    picture, used = drawn(read, record), record.evidence
    value_of = axis_of(picture)
    shown = sorted(value_of(x) for x, _ in picture.points("shown"))
    unshown = sorted(value_of(x) for x, _ in picture.points("unshown"))
    assert shown == pytest.approx(sorted(v for v in used if v > 0.05), abs=2e-3)
    assert unshown == pytest.approx(sorted(v for v in used if v <= 0.05), abs=2e-3)


def test_zero_margin_median_and_interval_are_where_they_should_be(decided, read):
    record = decided([0.2, 0.5, 0.3, 0.4, 0.6, 0.35, 0.45, 0.1] * 2, margin=0.15)
    picture = drawn(read, record)
    value_of = axis_of(picture)
    effect = record.effect
    assert value_of(picture.points("zero")[0][0]) == pytest.approx(0, abs=2e-3)
    assert value_of(picture.points("margin")[0][0]) == pytest.approx(0.15, abs=2e-3)
    ends = [value_of(x) for x, _ in picture.points("interval")]
    assert ends == pytest.approx([effect.low, effect.high], abs=2e-3)
    diamond = picture.points("solid")
    assert value_of(diamond[1][0]) == pytest.approx(effect.median, abs=2e-3)


def test_the_region_of_an_equivalence_lies_between_both_margins(decided, read):
    picture = drawn(read, decided([0.01, -0.02, 0.03] * 6, "equivalent", margin=0.05))
    value_of = axis_of(picture)
    region = [value_of(x) for x, _ in picture.points("region")]
    assert (min(region), max(region)) == pytest.approx((-0.05, 0.05), abs=2e-3)


def test_a_margin_that_is_met_exactly_is_not_exceeded(decided, read):
    picture = drawn(read, decided([0.5, 0.6, 0.5, 0.7] * 16, margin=0.5))
    assert picture.points("unshown")


def test_equal_values_are_stacked_and_do_not_touch(decided, read):
    picture = drawn(read, decided([0.5, 0.5, 0.5, 0.4] * 4, margin=0.1))
    for one, other in itertools.combinations(picture.points("shown"), 2):
        assert math.dist(one, other) >= 7


def test_a_stack_takes_the_lowest_level_that_has_room():
    assert stacked([0, 1, 2, 10, 11, 30], apart=5) == [0, 1, 2, 0, 1, 0]
    assert stacked([], apart=5) == []


def test_diverged_arms_are_counted_at_the_edges(decided, read):
    values = [math.inf, 0.3, math.inf, 0.4, -math.inf, math.nan, 0.2, math.inf] * 8
    record = decided(values, margin=0.1)
    n = record.seeds
    picture = drawn(read, record)
    above, below, both = (sum(map(test, values[:n])) for test in (
        lambda v: v == math.inf, lambda v: v == -math.inf, math.isnan))  # fmt: skip
    words = " ".join(picture.words())
    assert f"▶ {above} seeds at +∞" in words
    assert f"◀ {below} seed" in words
    assert f"{both} seed" in words
    assert len(picture.points("shown")) + len(picture.points("unshown")) == n - above - below - both


def test_seeds_that_all_diverged_have_a_picture(decided, read):
    picture = drawn(read, decided([math.inf]))
    assert "▶ 16 seeds at +∞: the other arm diverged" in picture.words()
    assert not picture.points("shown")


def test_one_seed_has_a_picture(decided, read):
    record = decided([0.5, 0.4])
    effect = {"median": 0.5, "low": "-inf", "high": "inf", "confidence": 0.95}
    record = entry(record, evidence=[0.5], seeds=1, events=1, effect=effect)
    assert len(drawn(read, record).points("shown")) == 1


def test_a_rate_is_a_row_in_the_order_of_the_seeds(decided, read):
    values = [True, False, True, True] * 16
    picture = drawn(read, decided(values, "rate"))
    marks = [(y, x, True) for x, y in picture.points("shown")]
    marks += [(y, x, False) for x, y in picture.points("unshown")]
    assert [shown for _, _, shown in sorted(marks)] == values[: len(marks)]


def test_of_what_hardly_ever_happens_the_seeds_without_it_show_the_claim(decided, read):
    record = decided([False] * 9 + [True] + [False] * 54, "rate", holds_when=False)
    picture = drawn(read, record)
    assert len(picture.points("unshown")) == 1
    assert f"{record.events} of {record.seeds} seeds show it, in order" in picture.words()
    diamond = picture.points("solid")[1][0]
    left, right = picture.points("interval")[0][0], picture.points("interval")[1][0]
    assert left < diamond < right
    assert diamond > picture.points("zero")[0][0]  # more than half of them


@pytest.mark.parametrize("processes", [4, 12])
def test_a_round_is_a_point_at_its_ratio_in_the_row_of_its_process(timed, read, processes):
    ratios = np.exp(np.random.default_rng(0).normal(0.5, 0.05, (processes, 8)))
    picture = drawn(read, timed(ratios))
    dots = picture.paths("round")
    assert len(dots) == processes
    points = picture.points("round")
    place = np.log(ratios.ravel())  # a log axis: pixels are linear in logarithms
    fitted = np.polynomial.Polynomial.fit(place, [x for x, _ in points], 1)
    assert np.abs(fitted(place) - [x for x, _ in points]).max() < 0.1
    one = picture.points("zero")[0][0]
    assert fitted(0.0) == pytest.approx(one, abs=0.3)
    assert fitted(math.log(1.1)) == pytest.approx(picture.points("margin")[0][0], abs=0.3)


def test_a_proof_has_no_seeds():
    record = entry(kind="exact")
    assert seeds(record, ALPHA) == ""


def test_a_picture_says_in_words_what_it_shows(decided, read):
    record = decided([0.5, 0.4, 0.6, 0.5], margin=0.05, unit="test accuracy")
    said = drawn(read, record).description
    assert said == (
        "Supported, shown by 16 of 16 seeds (79 to 100 %): median +0.5 test accuracy, "
        "95 % interval +0.4 to +0.6; margin 0.05."
    )
