"""Arms are called by what tells them apart."""

import pytest
from entries import arm, entry

from hw4.report.plots.arms import differences, key, parted


@pytest.mark.parametrize(
    ("texts", "labels", "common"),
    [
        (
            ["MLP(widths=(64, 64)), SGD(0.01), digits", "MLP(widths=(64, 64)), SGD(0.1), digits"],
            ["SGD(0.01)", "SGD(0.1)"],
            "MLP(widths=(64, 64)), SGD(…), digits",
        ),
        (
            ["MLP(widths=(128, 128)), Adam(0.1)", "MLP(widths=(128, 128), dropout=0.5), Adam(0.1)"],
            ["MLP(default dropout, …)", "MLP(dropout=0.5, …)"],
            "MLP(widths=(128, 128), …), Adam(0.1)",
        ),
        (
            ["MLP(widths=(8,), activation='tanh'), 15 epochs", "deep_about_zero, 25 epochs"],
            ["MLP(widths=(8,), activation='tanh'), 15 epochs", "deep_about_zero, 25 epochs"],
            "",
        ),
        (
            ["MLP(8, norm='batch'), a", "MLP(8, activation='tanh'), a", "MLP(8), a"],
            [
                "MLP(norm='batch', default activation, …)",
                "MLP(activation='tanh', default norm, …)",
                "MLP(default norm, default activation, …)",
            ],
            "MLP(8, …), a",
        ),
        (["MLP(), batch 1", "MLP(), batch 64"], ["batch 1", "batch 64"], "MLP()"),
        (["one, arm"], [""], "one, arm"),
        (["a, b", "a"], ["a, b", "a"], ""),
        (["the same", "the same"], ["arm 1", "arm 2"], "the same"),
        (["f(a", "f)b("], ["f(a", "f)b("], ""),
        (["MLP(widths=(64, 64, 64, 64)), a", "MLP(widths=(64, 64, 64, 648)), a"],
         ["MLP(widths=(64 × 4))", "MLP(widths=(64 × 3, 648))"], "MLP(…), a"),
        (["a", "f(8, 8, 8), b"], ["a", "f(8 × 3), b"], ""),
        ([], [], ""),
    ],
)  # fmt: skip
def test_arms_are_called_by_their_differences(texts, labels, common):
    assert differences(texts) == (labels, common)


def of_arms(texts):
    return entry(series={"arms": [arm(text) for text in texts]})


@pytest.mark.parametrize(
    ("count", "lengths"), [(0, []), (1, [1]), (6, [6]), (7, [4, 3]), (10, [5, 5]), (24, [6] * 4)]
)
def test_every_one_of_many_arms_is_in_a_picture(count, lengths):
    record = of_arms([f"m, SGD({n})" for n in range(count)])
    found = parted(record)
    assert [len(part.shown) for part in found] == lengths
    assert [arm for part in found for arm in part.shown] == record.series.arms
    assert all(len(part.labels) == len(part.shown) for part in found)


def test_of_too_many_arms_the_notes_say_which_are_shown():
    found = parted(of_arms([f"m, SGD({n})" for n in range(30)]))
    assert [part.note for part in found][::3] == ["arms 1 to 6 of 30", "arms 19 to 24 of 30"]


def test_labels_are_wrapped_and_never_cut(read):
    long = "MLP(activation='a very long name of a function that nobody has used'"
    record = of_arms([f"{long}, one=1), b", f"{long} + c, one=2), b", "f(x), b"])
    picture = read(key(record, parted(record)[0], (), "x"))[0]
    shown = " ".join(picture.words())
    assert f"{long}, one=1)" in shown
    assert f"{long} + c, one=2)" in shown
    heights = [y for _, y, _ in picture.texts()]
    assert len(set(heights)) == len(heights)


def test_the_styles_of_lines_have_the_points_that_they_stand_for(read):
    styles = (("line", "test"), ("line dashed", "training"))
    record = of_arms(["a, b"])
    picture = read(key(record, parted(record)[0], styles, "x"))[0]
    assert len(picture.paths("mark")) == len(picture.paths("open")) == 1
