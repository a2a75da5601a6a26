import pytest

from hw4 import Claim
from hw4.report import meaning


def record(kind="win", verdict="supported", **options):
    """Return what of a record tells what its verdict means."""
    claim = Claim("A statement.", kind=kind, **options)
    asked = ("kind", "margin", "unit", "share", "holds_when")
    return {name: getattr(claim, name) for name in asked} | {
        "verdict": verdict,
        "seeds": 64,
        "seeds_to_go": 1500 * (verdict == "inconclusive"),
    }


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            record(margin=0.05, unit="test accuracy"),
            "A fresh seed shows it by more than 0.05 test accuracy at least nine times in ten.",
        ),
        (
            record(verdict="refuted"),
            "A fresh seed shows it at most one time in two. That does not make the opposite true.",
        ),
        (
            record("rate", verdict="inconclusive"),
            "64 seeds did not tell whether a fresh seed shows it at least nine times in ten, "
            "or at most one time in two. About 1,500 more seeds would probably settle it.",
        ),
        (
            record(verdict="confirmed") | {"confirm_alpha": 0.01, "seeds": 8},
            "It is registered as supported, and 8 seeds agree at odds of 100 : 1. "
            "Without --confirm, hw4 run decides it at longer odds.",
        ),
        (record("rate", share=0.95), "A fresh seed shows it at least 95 times in 100."),
        (record("rate", share=0.99, holds_when=False), "It happens on a fresh seed at most "),
        (
            record("rate", verdict="refuted", share=0.99, holds_when=False),
            "It happens on a fresh seed at least one time in two.",
        ),
        (
            record("equivalent", margin=0.03, unit="points"),
            "A fresh seed shows a difference below 0.03 points, in either direction, at least nine",
        ),
    ],
)
def test_a_verdict_is_said_of_fresh_seeds(made, said):
    assert meaning.meaning(made).startswith(said)


def test_a_ledger_that_does_not_say_which_boolean_counts_tells_by_how_many_did():
    asked = {"kind": "rate", "share": 0.9, "verdict": "supported", "seeds": 16, "events": 16}
    asked |= {"margin": 0.0, "unit": ""}
    for happened, said in ((True, "A fresh seed shows it"), (False, "It happens on a fresh seed")):
        assert meaning.meaning(asked | {"evidence": [happened] * 16}).startswith(said)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("supported", "What is said to be slower takes longer by more than 25 %: the whole "
         "interval of the ratio lies above 1.25."),
        ("refuted", "What is said to be slower takes less time: the whole interval of the ratio "
         "lies below 1."),
        ("equivalent", "Neither takes longer by more than 25 %."),
        ("inconclusive", "The interval of the ratio is too wide to tell which takes longer."),
    ],
)  # fmt: skip
def test_a_verdict_about_time_is_said_of_the_interval(verdict, said):
    assert (
        meaning.meaning(
            record() | {"kind": "timing", "verdict": verdict, "timing": {"margin": 0.25}}
        )
        == said
    )


@pytest.mark.parametrize(
    ("verdict", "said"), [("supported", "every case"), ("refuted", "One case")]
)
def test_a_proof_leaves_nothing_to_chance(verdict, said):
    counterexample = "a case" if verdict == "refuted" else None
    told = meaning.meaning({"kind": "exact", "counterexample": counterexample})
    assert said in told
    assert "No chance is involved" in told


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.9, "nine times in ten"),
        (0.1, "one time in ten"),
        (0.95, "95 times in 100"),
        (0.01, "1 time in 100"),
        (0.999, "999 times in 1000"),
        (2 / 3, "66.7 % of the time"),
    ],
)
def test_a_share_is_said_in_words(share, said):
    assert meaning.times_in(share) == said
