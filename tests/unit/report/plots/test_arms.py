"""Arms are called by what tells them apart."""

import pytest

from hw4.report.plots.arms import chosen, differences


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
            ["MLP(…)", "MLP(dropout=0.5, …)"],
            "MLP(widths=(128, 128), …), Adam(0.1)",
        ),
        (
            ["MLP(widths=(8,), activation='tanh'), 15 epochs", "deep_about_zero, 25 epochs"],
            ["MLP(widths=(8,), activation='tanh'), 15 epochs", "deep_about_zero, 25 epochs"],
            "…, …",
        ),
        (["MLP(), batch 1", "MLP(), batch 64"], ["batch 1", "batch 64"], "MLP(), …"),
        (["one, arm"], [""], "one, arm"),
        (["a, b", "a"], ["a, b", "a"], ""),
        (["the same", "the same"], ["arm 1", "arm 2"], "the same"),
        (["f(a", "f)b("], ["f(a", "f)b("], "…"),
        ([], [], ""),
    ],
)  # fmt: skip
def test_arms_are_called_by_their_differences(texts, labels, common):
    assert differences(texts) == (labels, common)


def test_the_first_and_the_last_of_many_arms_are_shown():
    arms = [{"arm": f"m, SGD({n})"} for n in range(10)]
    found = chosen({"series": {"arms": arms}})
    assert found.labels == [f"SGD({n})" for n in (0, 1, 2, 7, 8, 9)]
    assert found.shown == [arms[n] for n in (0, 1, 2, 7, 8, 9)]
    assert found.left_out == 4
    assert chosen({"series": {"arms": arms[:6]}}).left_out == 0
