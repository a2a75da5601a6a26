"""Places follow values, and ticks are round, inside, and apart."""

import itertools
import math
import random
import re

import pytest

from hw4.report.plots.scale import GAP, LEADING, Scale, labelled, spanning
from hw4.report.plots.words import width_of


def number(text):
    """Return what a tick's text says: "−0.05", "10,000", "5×10⁻⁶"."""
    digits, _, power = re.sub(r"^(-?)10(?=[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])", r"\g<1>1×10", text).partition("×10")
    if not power:
        return float(text.replace("−", "-").replace(",", ""))
    power = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(f"{digits.replace('−', '-')}e{power}")


def scales():
    """Return scales of every magnitude, as wide as the pictures' and narrower."""
    rng = random.Random(0)
    for _ in range(400):
        low = rng.choice([0.0, -1.0, 1.0, 1e-6, -1e5, 12345.678]) * rng.uniform(0.1, 10)
        span = abs(low) * 10 ** rng.uniform(-6, 9) or 1.0
        yield Scale(low, low + span, 40, 40 + rng.uniform(60, 300))
        floor = 10 ** rng.uniform(-30, 30)
        yield Scale(floor, floor * 10 ** rng.uniform(0.02, 40), 10, rng.uniform(70, 330), log=True)


@pytest.mark.parametrize("log", [False, True])
def test_the_middle_value_is_in_the_middle(log):
    scale = Scale(0.01, 50, 320, 20, log)
    middle = math.sqrt(0.01 * 50) if log else (0.01 + 50) / 2
    assert scale(middle) == pytest.approx(170)


def test_what_lies_beyond_a_scale_is_at_its_end():
    scale = Scale(0, 1, 10, 20)
    assert [scale(value) for value in (-math.inf, -3, 7, math.inf)] == [10, 10, 20, 20]
    assert not scale.holds(math.inf)
    assert not scale.holds(math.nan)


@pytest.mark.parametrize(
    "arguments", [(1, 1, 0, 9), (2, 1, 0, 9), (math.nan, 1, 0, 9), (0, 1, 0, 9, True)]
)
def test_a_scale_without_a_range_is_refused(arguments):
    with pytest.raises(ValueError, match="got a scale from"):
        Scale(*arguments)


def test_the_labels_of_ticks_never_overlap():
    for scale in scales():
        ends = [
            (scale(value) - width_of(text) / 2, scale(value) + width_of(text) / 2)
            for value, text in scale.ticks()
        ]
        for (_, before), (after, _) in itertools.pairwise(ends):
            assert after - before >= GAP - 1e-6, scale
        places = [scale(value) for value, _ in scale.ticks_down()]
        assert all(b - a >= LEADING - 1e-6 for a, b in itertools.pairwise(places)), scale


def test_ticks_lie_within_and_say_where_they_are():
    for scale in scales():
        for value, text in scale.ticks_down():
            assert scale.holds(value), scale
            assert number(text) == pytest.approx(value), scale


def test_an_axis_of_ordinary_width_has_ticks():
    for scale in scales():
        wide = Scale(scale.low, scale.high, 40, 330, scale.log)
        assert wide.ticks_down(), wide


def test_ticks_are_the_numbers_that_a_reader_would_choose():
    shares = Scale(-0.02, 0.31, 0, 300).ticks()
    assert [text for _, text in shares] == ["0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3"]
    assert [text for _, text in Scale(0.8, 6, 0, 300, log=True).ticks()] == ["1", "2", "5"]
    decades = Scale(1e-9, 2, 0, 150, log=True).ticks_down()
    assert [text for _, text in decades] == ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "1"]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([-0.05, 0, 0.05], ["−0.05", "0", "0.05"]),
        ([-100.0, 100.0], ["−100", "100"]),
        ([1000, 5000, 10_000, 250_000], ["1000", "5000", "10,000", "250,000"]),
        ([1e-6, 0.1], ["10⁻⁶", "10⁻¹"]),
        ([0, 5e-6, 1e-5], ["0", "5×10⁻⁶", "10⁻⁵"]),
        ([-1e6, 0, 2.5e6], ["−10⁶", "0", "2.5×10⁶"]),
    ],
)
def test_the_numbers_of_an_axis_are_written_in_one_way(values, texts):
    assert [text for _, text in labelled(values)] == texts


def test_an_axis_does_not_make_nothing_look_large():
    low, high = 1.386290, 1.386300  # ln 4: a network that guesses
    scale = spanning([low, high], 0, 100)
    assert abs(scale(high) - scale(low)) < 1
    assert spanning([1.0, 1.5], 0, 100)(1.5) > 90


@pytest.mark.parametrize("values", [[], [3.0], [0.0, 0.0], [math.inf, math.nan], [-1e308, 1e308]])
@pytest.mark.parametrize("log", [False, True])
def test_any_values_have_a_scale(values, log):
    scale = spanning(values, 0, 100, log=log)
    shown = [value for value in values if abs(value) < 1e300 and (value > 0 or not log)]
    assert all(0 < scale(value) < 100 for value in shown)
    assert scale.ticks() is not None
