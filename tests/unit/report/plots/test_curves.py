"""Learning curves are where training was, and break where it diverged."""

import math
import re

import numpy as np
import pytest

from hw4.report.plots import curves


def panels(read, record):
    """Return the key, the loss and the accuracy."""
    return read(curves(record))


def height_of(picture):
    """Return pixel → value along y, from the numbers beside the rules."""
    marks = []
    for x, y, words in picture.texts():
        text = words.replace("−", "-")
        if x < 60 and y < 175 and text.replace(".", "").replace("-", "").replace("e", "").isdigit():
            marks.append((y - 4, float(text)))
    (top, high), (bottom, low) = min(marks), max(marks)
    if high / max(low, 1e-300) > 100:
        slope = (math.log(high) - math.log(low)) / (top - bottom)
        return lambda y: math.exp(math.log(low) + (y - bottom) * slope)
    return lambda y: low + (y - bottom) * (high - low) / (top - bottom)


def test_a_line_inverts_to_its_curve(decided, arm, read):
    curve = [2.0, 1.5, 1.1, 0.9, 0.8]
    _, loss, _ = panels(read, decided([0.5, 0.4], arms=[arm("a, b", curve)]))
    solid = next(shape for shape in loss.paths("line"))
    assert solid
    value_of = height_of(loss)
    ends = [value_of(y) for _, y in loss.points("line")[:5]]
    assert ends == pytest.approx(curve, abs=0.02)


def test_the_first_epoch_is_the_first(decided, arm, read):
    _, loss, _ = panels(read, decided([0.5, 0.4], arms=[arm("a, b", [2.0, 1.5, 1.1, 0.9, 0.8])]))
    epoch_of = loss.x_scale(loss.height - 38 + 16)
    found = [epoch_of(x) for x, _ in loss.points("line")[:5]]
    assert found == pytest.approx([1, 2, 3, 4, 5], abs=0.01)


def test_a_loss_over_more_than_two_decades_is_logarithmic(decided, arm, read):
    curve = (np.geomspace(5, 0.001, 12) * np.tile([1, 1.5], 6)).tolist()  # no point is on a line
    _, loss, _ = panels(read, decided([0.5, 0.4], arms=[arm("a, b", curve)]))
    assert {"1", "0.1", "0.01"} <= set(loss.words())
    value_of = height_of(loss)
    found = [value_of(y) for _, y in loss.points("line")[:12]]
    assert found == pytest.approx(curve, rel=0.05)


def test_numbers_have_a_loss_and_no_accuracy(decided, arm, read):
    made = arm("a, b", [1.0, 0.8, 0.6])
    made |= {"train_accuracy": [[], [], []], "test_accuracy": [[], [], []]}
    _, loss = panels(read, decided([0.5, 0.4], arms=[made]))
    assert loss.points("line")


def test_the_band_lies_between_the_quartiles(decided, arm, read):
    made = arm("a, b", [1.0, 0.8, 0.6])
    made["test_loss"] = [[0.9, 0.7, 0.5], [1.0, 0.8, 0.6], [1.3, 1.1, 0.9]]
    _, loss, _ = panels(read, decided([0.5, 0.4], arms=[made]))
    value_of = height_of(loss)
    band = [value_of(y) for shape in loss.paths("band")[1:] for y in [0] if shape]  # test is last
    heights = sorted(value_of(y) for _, y in loss.points("band"))
    assert band
    assert heights[0] == pytest.approx(0.5, abs=0.02)
    assert heights[-1] == pytest.approx(1.3, abs=0.02)


def test_a_curve_breaks_where_it_diverges(decided, arm, read):
    made = arm("a, SGD(1)", [2.0, 1.5, "inf", "inf", "inf", "inf"])
    for metric in ("train_accuracy", "test_accuracy"):
        made[metric] = [[0.1, 0.2, *["-inf"] * 4]] * 3
    _, loss, accuracy = panels(read, decided([0.5, 0.4], arms=[made, arm("a, SGD(2)", [2.0] * 6)]))
    for picture, arrow in ((loss, "▲"), (accuracy, "▼")):
        assert f"{arrow} diverged" in picture.words()
        first = picture.paths("line")[0]
        assert first.count("l") == 1  # two points of six
    assert "∞" in loss.description


def test_what_explodes_leaves_the_axis_and_not_the_others_flat(decided, arm, read):
    arms = [arm("a, SGD(1)", [2.0, 1e9, 1e30, 1e33]), arm("a, SGD(2)", [2.0, 1.0, 0.5, 0.1])]
    _, loss, _ = panels(read, decided([0.5, 0.4], arms=arms))
    value_of = height_of(loss)
    calm = [value_of(y) for _, y in loss.points("line")]
    assert max(calm) < 3
    assert "▲ beyond the axis" in loss.words()  # as the arrows point


def test_a_curve_has_at_most_forty_points_and_keeps_its_ends(decided, arm, read):
    curve = (np.linspace(2, 1, 1000) + np.tile([0, 0.2], 500)).tolist()  # no point is on a line
    _, loss, _ = panels(read, decided([0.5, 0.4], arms=[arm("a, b", curve)]))
    points = loss.points("line")
    assert 2 * 30 < len(points) <= 2 * 40  # training and test
    value_of = height_of(loss)
    assert [value_of(points[n][1]) for n in (0, len(points) // 2 - 1)] == pytest.approx(
        [2, 1.2], abs=0.02
    )


def test_a_single_epoch_is_a_point(decided, arm, read):
    _, loss, _ = panels(read, decided([0.5, 0.4], arms=[arm("a, b", [1.5])]))
    assert loss.paths("mark")


def test_arms_that_were_evaluated_once_stand_beside_one_another(decided, arm, read):
    spread = {key: [[1.0], [1.5], [2.0]] for key in ("train_loss", "test_loss")}
    arms = [arm(f"a, SGD({n})", [1.5]) | {"epochs": [4], **spread} for n in range(3)]
    _, loss, _ = panels(read, decided([0.5, 0.4], arms=arms))
    assert "after epoch 4, arm by arm" in loss.words()
    bars = np.array(loss.points("band")).reshape(6, 4, 2)  # of training, then of the test
    assert (np.ptp(bars[:, :, 0], axis=1) == 6).all()
    heights = np.sort(np.vectorize(height_of(loss))(bars[3, :, 1]))
    assert heights == pytest.approx([1, 1, 2, 2], abs=0.05)
    places = np.sort(bars[:, :, 0].mean(axis=1))  # no two on one another
    assert np.diff(places).min() > 15
    assert loss.paths("rule")[-1].count("M") == 1  # an axis without ticks


def test_the_axis_begins_where_the_curves_do(decided, arm, read):
    arms = [arm(f"a, SGD({n})", [1.6, 1.5, 1.4]) | {"epochs": [18, 19, 20]} for n in range(2)]
    _, loss, _ = panels(read, decided([0.5, 0.4], arms=arms))
    ticks = [words for _, y, words in loss.texts() if y == loss.height - 38 + 16]
    assert ticks == ["18", "19", "20"]


def test_a_band_ends_where_its_curve_does(decided, arm, read):
    made = arm("a, SGD(1)", [2.0, 1.5, "inf", "inf"])
    made["test_loss"] = [[1.9, 1.4, 1.0, 1.0], [2.0, 1.5, "inf", "inf"], [2.1, *["inf"] * 3]]
    _, loss, _ = panels(read, decided([0.5, 0.4], arms=[made]))
    epoch_of = loss.x_scale(loss.height - 38 + 16)
    assert max(epoch_of(x) for x, _ in loss.points("band")) < 2.1


def test_the_last_epochs_are_drawn_where_they_were(decided, arm, read):
    arms = [arm("a, SGD(1)", [1.6, 1.5]) | {"epochs": [4, 5]}, arm("a, SGD(2)", [2.0] * 5)]
    _, loss, _ = panels(read, decided([0.5, 0.4], arms=arms))
    epoch_of = loss.x_scale(loss.height - 38 + 16)
    found = [epoch_of(x) for x, _ in loss.points("line")[:2]]
    assert found == pytest.approx([4, 5], abs=0.01)


def test_epochs_that_do_not_fit_the_curve_are_left_aside(decided, arm, read):
    """Of a ledger that another program has written."""
    plain = arm("a, b", [2.0, 1.5])
    odd = plain | {"epochs": [4]}
    assert curves(decided([0.5], arms=[odd])) == curves(decided([0.5], arms=[plain]))


def test_many_arms_have_several_pictures_on_the_same_axes(decided, arm, read):
    arms = [arm(f"MLP(), SGD({n}), digits", [2.0 + n, 1.0, 0.5]) for n in range(8)]
    pictures = read(curves(decided([0.5, 0.4], arms=arms)))
    assert len(pictures) == 6
    for key, loss, first in ((*pictures[:2], 0), (*pictures[3:5], 4)):
        assert [words for words in key.words() if "SGD(" in words] == [
            *[f"SGD({first + n})" for n in range(4)],
            "MLP(), SGD(…), digits",
        ]
        assert f"arms {first + 1} to {first + 4} of 8" in key.words()
        assert f"SGD({first}) ends at a test loss of 0.5, in training 0.5" in loss.description
    axes = [[text for text in pictures[n].texts() if text[0] < 60] for n in (1, 4)]
    assert axes[0] == axes[1]


def test_arms_are_told_apart_without_colour(decided, arm, read):
    arms = [arm(f"a, SGD({n})") for n in range(6)]
    key, *_ = panels(read, decided([0.5, 0.4], arms=arms))
    outlines = [
        re.sub(r"^M[^a-z]*", "", shape)  # without where it begins
        for shape in key.paths("mark")
    ]
    assert len(set(outlines)) == 6


def test_nothing_trained_has_no_curves(decided, arm):
    assert curves(decided([0.5, 0.4])) == ""
    assert curves(decided([0.5, 0.4], arms=[arm("a, b", [])])) == ""


def test_a_panels_name_says_along_what(decided, arm, read):
    _, loss, accuracy = panels(read, decided([0.5], arms=[arm("a, b", [2.0, 1.0])]))
    assert loss.title == "Loss by epoch"
    assert accuracy.title == "Accuracy, share of images by epoch"
    once = arm("a, b", [2.0]) | {"epochs": [7]}
    assert panels(read, decided([0.5], arms=[once]))[1].title == "Loss after epoch 7, arm by arm"
