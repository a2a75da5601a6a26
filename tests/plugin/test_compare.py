"""`hw4 compare` as a shell sees it."""

import pytest


def test_two_accuracies_are_compared(hw4):
    code, out, err = hw4("compare", "118/175", "100/175")
    assert (code, err) == (0, "")
    assert "118/175 and 100/175: not distinguishable\n  p = .061\n" in out
    assert "175 images can show differences from about 10.9 points on" in out


def test_accuracies_that_differ_are_no_failure(hw4):
    code, out, _ = hw4("compare", "10/175", "100/175", "100/175")
    assert code == 0
    assert out.count(": different") == 2
    assert out.count(": not distinguishable") == 1


@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
@pytest.mark.parametrize(
    "wrong",
    [
        "foo",
        "",
        "5/0",
        "7/5",
        "-1/5",
        "1.5/3",
        "5",
        "1/2/3",
        "1/-2",
        "²/3",
        "1/9999999",
        "9" * 5000,
    ],
    ids=lambda text: text[:12],
)
def test_what_is_no_proportion_is_refused_in_one_sentence(hw4, wrong, first):
    code, out, err = hw4("compare", *([wrong, "5/7"] if first else ["5/7", wrong]))
    assert (code, out) == (2, "")
    assert err.startswith(f"hw4: argument K/N: got '{wrong}', expected k/n as 118/175: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["5/7"], "got only 5/7, expected at least two proportions to compare"),
        ([], "the following arguments are required: K/N"),
    ],
)
def test_fewer_than_two_are_refused(hw4, given, said):
    assert hw4("compare", *given) == (2, "", f"hw4: {said}\n")
