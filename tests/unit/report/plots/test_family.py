"""A family shows where its effect begins, or the map of its verdicts."""

import re

import pytest
from entries import entry

from hw4.report.plots import anchor, family
from hw4.report.plots.family import levels, numeric
from hw4.report.plots.trend import meetings

RATIOS = {"1k": 1.02, "16k": 1.08, "256k": 1.9, "1M": 3.0}


def timings(timed, ratios, **parameters):
    return [
        timed([[ratio] * 8] * 6, size, {"size": size, **parameters})
        for size, ratio in ratios.items()
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [("2", 2), ("0.3", 0.3), ("1k", 1e3), ("256k", 256e3), ("4M", 4e6), ("1e-3", 1e-3), ("-1", -1)],
)
def test_a_level_is_the_number_it_says(text, value):
    assert numeric(text) == value


@pytest.mark.parametrize(
    "text", ["relu", "", "k", "1 k", "0x10", "1e999", "٣ apples", "nan", "inf"]
)
def test_words_are_no_level(text):
    assert numeric(text) is None


def test_levels_are_in_order_of_their_numbers(timed):
    records = timings(timed, {size: RATIOS[size] for size in ("1M", "1k", "256k", "16k")})
    assert levels(records, "size") == ["1k", "16k", "256k", "1M"]


def test_the_crossover_is_between_the_sizes_where_the_ratio_passes_the_margin(timed, read):
    (picture,) = read(family(timings(timed, RATIOS)))
    assert "Passes the margin between 16k and 256k" in picture.words()
    assert picture.description == "the effect passes the margin between 16k and 256k."
    ring, _in_the_key = [shape for shape in picture.paths("ring") if shape]
    ticks = {words: x for x, _, words in picture.texts()}
    middle = float(re.match(r"M(-?[\d.]+)", ring)[1]) + 4.5
    assert ticks["16k"] < middle < ticks["256k"]


@pytest.mark.parametrize(
    ("ratios", "finding"),
    [
        ([1.5, 1.6, 1.7], "is everywhere above the margin"),
        ([1.0, 1.05, 0.9], "is nowhere above the margin"),
        ([1.5, 1.0, 1.5], "passes the margin between 16k and 256k"),
        ([1.5, 1.0, 1.5], "falls below the margin between 1k and 16k"),
        ([1.1, 1.1, 1.2], "passes the margin between 16k and 256k"),  # at the margin is not above
    ],
)
def test_every_way_to_meet_the_margin_is_named(timed, read, ratios, finding):
    (picture,) = read(family(timings(timed, dict(zip(RATIOS, ratios, strict=False)))))
    assert finding in picture.description


def test_lines_meet_where_their_heights_are_equal():
    assert meetings([(0, 10), (10, 20), (20, 0)], [15, 15, 15]) == [(5, 15), (12.5, 15)]
    assert meetings([(0, 0), (10, 10)], [10, 0]) == [(5, 5)]
    assert meetings([(0, 10), (10, 20)], [25, 25]) == []


def test_a_ring_where_a_line_passes_the_margin_is_in_the_key(timed, read):
    """Elsewhere a hollow point is a verdict, or a seed that does not show a claim."""
    for ratios, rings in (([1.0, 1.5, 1.6], 2), ([1.5, 1.6, 1.7], 0)):
        (picture,) = read(family(timings(timed, dict(zip(RATIOS, ratios, strict=False)))))
        shapes = [shape for shape in picture.paths("ring") if shape]
        assert sum(shape.count("M") for shape in shapes) == rings  # on the line, and in the key
        found = [y for x, y, words in picture.texts() if "the margin" in words and x == 40]
        assert bool(found) == bool(rings)


def test_the_other_parameters_tell_the_lines_apart(timed, read):
    records = timings(timed, RATIOS, activation="tanh") + timings(
        timed, RATIOS, activation="sigmoid"
    )
    (picture,) = read(family(records))
    assert {"tanh", "sigmoid", "size"} <= set(picture.words())


def test_a_family_says_what_it_is_about_and_in_what_it_is_measured(timed, decided, read):
    (trend,) = read(family(timings(timed, RATIOS)))
    assert trend.words()[:2] == ["area/time", "times as long (shaded: beyond the margin)"]
    assert trend.title == "area/time: times as long by size"
    grid = read(family(grid_of(decided)))[0]
    assert grid.words()[:2] == ["area/name", "digits, test accuracy"]
    assert grid.title == "area/name: digits, test accuracy, by activation and depth"


def test_a_finding_is_never_cut(timed, read):
    ratios = dict(zip(("1k", "16k", "256k", "1M", "4M"), [1.0, 1.5, 1.0, 1.5, 1.0], strict=True))
    (picture,) = read(family(timings(timed, ratios)))
    shown = " ".join(picture.words())
    assert "falls below the margin between 1M and 4M" in shown
    assert "…" not in shown


def test_the_numbers_of_an_axis_are_plain(timed, read):
    rates = {"0.001": 1.5, "0.01": 1.6, "1e-06": 1.7}
    (picture,) = read(family(timings(timed, rates)))
    assert {"10⁻⁶", "10⁻³", "10⁻²"} <= set(picture.words())
    halves = {"-1.0": 1.5, "0.5": 1.6, "2.0": 1.7}
    (picture,) = read(family(timings(timed, halves)))
    assert {"−1", "0.5", "2"} <= set(picture.words())


NAMED = {"negative": ("-100.0", 1.5), "neutral": ("1e-06", 1.0), "positive": ("100.0", 1.6)}


def named(timed, conditions=NAMED):
    return [
        timed([[ratio] * 8] * 6, name, {"easy": number})
        for name, (number, ratio) in sorted(conditions.items())
    ]


def test_numbers_with_names_stand_beside_one_another_under_their_names(timed, read):
    (picture,) = read(family(named(timed)))
    places = {words: x for x, _, words in picture.texts() if words in NAMED}
    assert list(places) == ["negative", "neutral", "positive"]
    assert places["neutral"] - places["negative"] == pytest.approx(
        places["positive"] - places["neutral"], abs=0.2
    )
    shown = picture.words()
    assert not {"easy", "1e-06", "10⁻⁶", "−100"} & set(shown)
    assert "Above the margin for negative, positive" in shown  # a line that is alone has no name
    assert picture.paths("line")[0].count("M") == 3  # intervals, and nothing that joins them


def test_conditions_are_all_above_the_margin_or_none_is(timed, read):
    for ratio, finding in ((1.5, "Everywhere above"), (1.0, "Nowhere above")):
        alike = {name: (number, ratio) for name, (number, _) in NAMED.items()}
        (picture,) = read(family(named(timed, alike)))
        assert f"{finding} the margin" in picture.words()


def test_words_without_an_order_have_no_picture(timed):
    assert family([timed([[1.5] * 8] * 6, n, {"kind": n}) for n in ("a", "b", "c")]) == ""


def test_the_intervals_of_two_lines_do_not_hide_one_another(timed, read):
    records = timings(timed, RATIOS, activation="tanh") + timings(timed, RATIOS, activation="relu")
    (picture,) = read(family(records))
    one, other = (re.findall(r"M(-?[\d.]+)", shape) for shape in picture.paths("line")[:2])
    assert not set(one) & set(other)


def test_more_lines_than_colours_are_further_pictures(timed, read):
    records = [each for n in range(8) for each in timings(timed, RATIOS, activation=f"a{n}")]
    assert len(read(family(records))) == 2


def test_an_effect_inverts_to_its_value(decided, read):
    effects = {"2": 0.1, "4": 0.3, "8": 0.7}
    records = [
        decided(
            [effect, effect + 0.002] * 8, instance=depth, parameters={"depth": depth}, margin=0.2
        )
        for depth, effect in effects.items()
    ]
    (picture,) = read(family(records))
    rules = {
        float(words): y - 4
        for x, y, words in picture.texts()
        if x < 50 and words in ("0", "0.2", "0.4", "0.6")
    }
    value_of = lambda y: (rules[0] - y) / (rules[0] - rules[0.4]) * 0.4  # noqa: E731
    found = [value_of(y) for _, y in picture.points("line")[:3]]
    assert found == pytest.approx([0.101, 0.301, 0.701], abs=0.01)
    assert "Passes the margin between 2 and 4" in picture.words()


def grid_of(decided, datasets=("digits", "phantom")):
    return [
        decided(
            [0.5 if activation == "sigmoid" else -0.5, 0.4 if activation == "sigmoid" else -0.4],
            instance=f"{dataset}-{activation}-{depth}",
            parameters={"dataset": dataset, "activation": activation, "depth": depth},
            unit="test accuracy",
        )
        for dataset in datasets
        for depth in ("16", "2", "4")
        for activation in ("relu", "sigmoid")
    ]


def test_two_parameters_make_a_map_a_data_set(decided, read):
    records = grid_of(decided)
    digits, phantom = read(family(records))
    assert "digits, test accuracy" in digits.words()
    assert "phantom, test accuracy" in phantom.words()
    assert digits.words().count("●") == digits.words().count("○") == 3
    assert digits.words().count("+0.45") == 3
    links = {
        link.get("href")
        for each in (digits, phantom)
        for link in each.root.iter()
        if link.get("href")
    }
    assert links == {f"#{anchor(record)}" for record in records}
    assert digits.root.get("role") == "group"  # an image contains no links
    assert "activation sigmoid, depth 16: supported, +0.45" in digits.description


def test_a_maps_columns_are_its_numbers_in_order(decided, read):
    picture = read(family(grid_of(decided)))[0]
    places = {words: x for x, _, words in picture.texts() if words in ("2", "4", "16")}
    assert places["2"] < places["4"] < places["16"]


def test_a_map_with_a_hole_is_no_map(decided, read):
    pictures = read(family(grid_of(decided, ["digits"])[:-1]))
    assert all(not each.paths("cell") for each in pictures)


def test_records_that_cannot_be_compared_are_left_alone(decided, timed):
    plain = decided([0.5, 0.4], parameters={"dataset": "digits"})
    twins = [
        decided([0.5, 0.4], instance=str(n), parameters={"depth": str(n % 3)}) for n in range(6)
    ]
    few = [decided([0.5, 0.4], instance=n, parameters={"depth": n}) for n in ("2", "4")]
    proof = [entry(kind="exact", parameters={"depth": n}) for n in "1234"]
    old = [entry(plain, parameters={})]
    for records in ([], [plain], twins, few, proof, old):
        assert family(records) == ""


def test_kinds_and_units_are_not_mixed(decided, timed):
    records = [decided([0.5, 0.4], instance=n, parameters={"size": n}) for n in ("1k", "16k")]
    assert family(records + timings(timed, {"256k": 1.5, "1M": 2.0})) == ""
