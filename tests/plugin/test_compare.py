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
    assert err.startswith(f"hw4: got '{wrong}', expected k/n as 118/175: ")
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


# Shares of so many images


def test_reported_shares_are_read_as_counts_which_is_said(hw4):
    code, out, err = hw4("compare", "0.674", "57.1%", "--images", "175")
    assert (code, err) == (0, "")
    said, _, compared = out.partition("\n\n")
    assert said.splitlines() == ["0.674 is read as 118/175", "57.1% is read as 100/175"]
    assert compared == hw4("compare", "118/175", "100/175")[1]


def test_a_share_that_several_counts_round_to_says_which(hw4):
    _, out, _ = hw4("compare", ".67", "118/175", "--images", "175")
    assert out.startswith(".67 is read as 117/175; 117 to 118 would round to it too\n\n")


@pytest.mark.parametrize(
    ("share", "count"),
    [
        ("0", 0),
        ("1", 175),
        ("1.0", 175),
        ("100%", 175),
        ("0.0 %", 0),
        ("0.0057", 1),
        ("0.571", 100),
    ],
)
def test_every_share_is_a_count(hw4, share, count):
    _, out, _ = hw4("compare", share, "5/7", "--images", "175")
    assert out.startswith(f"{share} is read as {count}/175")


def test_a_rounded_share_of_every_count_is_read_as_that_count(hw4):
    shares = [f"{count / 175:.3f}" for count in range(0, 176, 25)]
    _, out, _ = hw4("compare", *shares, "--images", "175")
    read = [line.rpartition(" ")[2] for line in out.partition("\n\n")[0].splitlines()]
    assert read == [f"{count}/175" for count in range(0, 176, 25)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["0.677", "5/7", "--images=175"],
            "got '0.677', which no count of 175 images gives: "
            "expected 118/175 = 0.6743 or 119/175 = 0.6800",
        ),
        (
            ["0.674", "0.571"],
            "got '0.674' without --images: expected --images N, or k/n as 118/175",
        ),
        (["100.1%", "5/7", "--images=175"], "got '100.1%', expected k/n as 118/175: whole"),
        (["1.5", "5/7", "--images=175"], "got '1.5', expected k/n as 118/175: whole numbers"),
        (["5/7", "5/7", "--images=0"], "argument --images: got '0', expected a whole number of"),
        (["5/7", "5/7", "--images=1000001"], "argument --images: got '1000001', expected a whole"),
    ],
)
def test_what_is_no_share_of_so_many_images_is_refused(hw4, given, said):
    code, out, err = hw4("compare", *given)
    assert (code, out) == (2, "")
    assert err.startswith(f"hw4: {said}")
    assert err.count("\n") == 1
