"""Every effect is a row: its point, interval and margin, and a link to its claim."""

import math

import pytest
from entries import entry

from hw4.report.plots import anchor, forest


def test_a_rows_marks_invert_to_its_effect(decided, read):
    record = decided([0.2, 0.5, 0.3, 0.4, 0.6, 0.35, 0.45, 0.1] * 2, margin=0.15, unit="accuracy")
    (picture,) = read(forest([record]))
    axis = max(y for _, y, words in picture.texts() if words == "0")
    value_of = picture.x_scale(axis)
    ends = [value_of(x) for x, _ in picture.points("line")]
    assert ends == pytest.approx([record.effect.low, record.effect.high], abs=3e-3)
    (point,) = [value_of(x) for x, _ in picture.points("point")]
    assert point == pytest.approx(record.effect.median, abs=3e-3)
    assert value_of(picture.points("margin")[0][0]) == pytest.approx(0.15, abs=3e-3)
    assert value_of(picture.points("zero")[0][0]) == pytest.approx(0, abs=3e-3)


def test_every_row_is_a_link_to_its_claim(decided, read):
    records = [decided([0.5, 0.4], instance=f"<i>{n}") for n in range(3)]
    (picture,) = read(forest(records))
    links = [each.get("href") for each in picture.root.iter() if each.get("href")]
    assert links == [f"#{anchor(record)}" for record in records]
    assert picture.root.get("role") == "group"  # an image contains no links


def test_units_and_kinds_have_pictures_of_their_own(decided, timed, read):
    records = [
        decided([0.5, 0.4], unit="loss"),
        decided([True, False], "rate"),
        timed([[1.5] * 8] * 6),
        decided([0.01, 0.02], "equivalent", margin=0.1, unit="loss"),
    ]
    titles = [picture.title for picture in read(forest(records))]
    assert titles == [
        f"Every effect in “{unit}”" for unit in ("loss", "share of seeds", "times as long")
    ]
    loss = read(forest(records))[0]
    assert len(loss.points("margin")) == 2 * (1 + 2)  # a win has one margin, an equivalence two


def test_what_lies_beyond_the_axis_has_an_arrow(decided, read):
    near = [decided([0.5, 0.4], instance=str(n)) for n in range(60)]
    far = decided([1e6, 1.1e6], instance="far")
    diverged = decided([math.inf, 0.5] * 8, instance="diverged")
    pictures = read(forest([*near, far, diverged]))
    last = pictures[-1]
    tips = max(x for x, _ in last.points("mark"))
    assert tips > last.width - 8
    assert last.paths("mark")[0].count("z") == 2  # the far one's, and the diverged one's
    assert "+∞" in last.words() or "+1.05e6" in last.words()
    numbers = [words for _, y, words in last.texts() if y == last.height - 74 + 16]
    assert numbers
    assert all("10⁶" not in words for words in numbers)


def test_many_rows_are_pictures_with_one_axis(decided, read):
    one = decided([0.5, 0.4])
    records = [entry(one, {"instance": str(n)}) for n in range(100)]
    records[0] = decided([2.0, 2.1], instance="0")
    pictures = read(forest(records))
    assert [picture.title[-8:] for picture in pictures] == ["(1 of 3)", "(2 of 3)", "(3 of 3)"]
    rows = [sum(each.get("href") is not None for each in p.root.iter()) for p in pictures]
    assert rows == [34, 34, 32]
    axes = {tuple(w for _, y, w in p.texts() if y == p.height - 74 + 16) for p in pictures}
    assert all(axes)
    assert len(axes) == 1


def test_a_row_costs_at_most_300_bytes(decided):
    one = decided([0.2, 0.5, 0.3, 0.4] * 4, id="regularization/dropout-reduces-overfitting")
    records = [entry(one, {"instance": f"phantom-{n}"}) for n in range(2000)]
    assert len(forest(records).encode()) / len(records) <= 300


LONG = "regularization/dropout-reduces-overfitting"


def test_a_claim_is_named_in_full_once_above_its_instances(decided, read):
    values = [0.2, 0.5, 0.3, 0.4] * 4
    records = [decided(values, id=LONG, instance=f"phantom-{n}") for n in ("0.3", "0.5")]
    (picture,) = read(
        forest([*records, decided(values, id="alone/without-instances", instance="")])
    )
    assert picture.words().count(LONG) == 1
    rows = [" ".join(each.itertext()) for each in picture.root.iter() if each.get("href")]
    assert [row.split(maxsplit=1)[1] for row in rows] == [
        "phantom-0.3",
        "phantom-0.5",
        "alone/without-instances",
    ]


def test_no_line_crosses_a_word(decided, timed, read):
    values = [0.2, 0.5, 0.3, 0.4] * 4
    ids = (LONG, LONG, "area/name", "area/name", "other/name")
    records = [decided(values, id=name, instance=str(n)) for n, name in enumerate(ids)]
    (picture,) = read(forest(records))
    lines = sorted({y for name in ("zero", "margin", "line") for _, y in picture.points(name)})
    for _, base, words in picture.texts():
        top, bottom = base - 9, base + 2  # of letters of 12 pixels; g and p reach a little lower
        assert not [y for y in lines if top < y < bottom], words


def test_the_marks_have_a_key_and_the_axis_its_unit(decided, read):
    pictures = read(forest([decided([0.5, 0.4], unit="loss"), decided([True, False], "rate")]))
    assert {"loss", "│ no effect · ┆ margin · ─●─ median, interval"} <= set(pictures[0].words())
    assert "│ one half · ┆ claimed · ─●─ median, interval" in pictures[1].words()


def test_a_share_is_in_percent_on_its_axis_as_beside_its_row(decided, read):
    (picture,) = read(forest([decided([True] * 16, "rate")]))
    assert {"50 %", "90 %", "100 %"} <= set(picture.words())
    assert not [words for words in picture.words() if words.startswith("0.")]


def test_numbers_below_one_another_have_as_many_digits(timed, decided, read):
    records = [timed([[ratio] * 8] * 6, str(ratio)) for ratio in (1.0, 1.5, 2.25)]
    (picture,) = read(forest(records))
    assert [words for words in picture.words() if words.startswith("×")] == [
        *("×1.00", "×1.50", "×2.25")
    ]


def test_no_effect_no_forest(decided):
    assert forest([]) == ""
    assert forest([entry(kind="exact")]) == ""
    assert forest([entry(error="crash")]) == ""


def test_the_symbols_of_verdicts_have_a_key(decided, read):
    records = [decided([0.5] * 16), decided([-0.5] * 16, instance="other")]
    (picture,) = read(forest(records))
    assert "● supported · ○ refuted" in picture.words()
