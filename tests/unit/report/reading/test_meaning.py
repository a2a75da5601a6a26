import pytest
from entries import entry

from hw4 import Claim
from hw4.report.reading import meaning


def record(kind="win", verdict="supported", **options):
    """Return what of a record tells what its verdict means."""
    claim = Claim("A statement.", kind=kind, **options)
    asked = ("kind", "margin", "unit", "share", "holds_when")
    return entry(
        {name: getattr(claim, name) for name in asked},
        verdict=verdict,
        p0=claim.test.p0,
        seeds=64,
        events=40,
        seeds_to_go=1500 * (verdict == "inconclusive"),
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            record(margin=0.05, unit="test accuracy"),
            "Clearly more than half of all seeds show it by more than 0.05 test accuracy. Were it "
            "half or fewer, this verdict would come at most once in 10,000 runs. It does not prove "
            "nine in ten.",
        ),
        (
            record(verdict="refuted"),
            "Fewer than nine in ten seeds show it: 40 of 64 did. Were it nine in ten or more, this "
            "verdict would come at most once in 10,000 runs. This does not show the opposite.",
        ),
        (
            record("rate", verdict="inconclusive"),
            "64 seeds ruled out neither: that half of all seeds or fewer show it, or that nine in "
            "ten or more do. About 1500 more seeds would probably settle it.",
        ),
        (
            record("rate", verdict="inconclusive", share=0.75, holds_when=False),
            "64 seeds ruled out neither: that it happens on half of all seeds or more, or on 25 in "
            "100 or fewer. About 1500 more seeds would probably settle it.",
        ),
        (
            entry(verdict="confirmed", seeds=8),
            "It is registered as supported, and 8 of 8 seeds agree. Were it half of all seeds or "
            "fewer, this would come at most once in 100 runs. The claim was not decided anew.",
        ),
        (
            record("rate", share=0.99),
            "Clearly more than 91.7 % of all seeds show it. Were it 91.7 % or fewer, this verdict "
            "would come at most once in 10,000 runs. It does not prove 99 in 100.",
        ),
        (
            record("rate", share=0.99, holds_when=False),
            "It happens on clearly fewer than 8.33 % of all seeds. Were it 8.33 % or more, this "
            "verdict would come at most once in 10,000 runs. It does not prove 1 in 100 or fewer.",
        ),
        (
            record("rate", verdict="refuted", share=0.99, holds_when=False),
            "It happens on more than 1 in 100 seeds: it did on 24 of 64. Were it 1 in 100 or ",
        ),
        (
            record("equivalent", margin=0.03, unit="points"),
            "Clearly more than half of all seeds show a difference below 0.03 points, in either ",
        ),
    ],
)
def test_a_verdict_says_what_it_rules_out(made, said):
    assert meaning.meaning(made, 1e-4).startswith(said)


def test_the_odds_are_those_of_the_ledger():
    assert "at most once in 1,000 runs" in meaning.meaning(record(), 1e-3)


def test_a_ledger_that_does_not_say_which_boolean_counts_tells_by_how_many_did():
    asked = {"kind": "rate", "share": 0.9, "verdict": "supported", "seeds": 16, "events": 16}
    asked |= {"margin": 0.0, "unit": ""}
    for happened, said in ((True, "Clearly more than half"), (False, "It happens on clearly")):
        assert meaning.meaning(entry(asked, {"evidence": [happened] * 16}), 1e-4).startswith(said)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("supported", "The first takes longer than the second by more than 25 %: the whole "
         "interval of the ratio lies above 1.25."),
        ("refuted", "The first takes less time than the second: the whole interval of the ratio "
         "lies below 1."),
        ("equivalent", "Neither takes longer by more than 25 %."),
        ("inconclusive", "The interval of the ratio is too wide to tell which takes longer."),
    ],
)  # fmt: skip
def test_a_verdict_about_time_is_said_of_the_interval(verdict, said):
    assert (
        meaning.meaning(entry(kind="timing", verdict=verdict, timing={"margin": 0.25}), 1e-4)
        == said
    )


@pytest.mark.parametrize(
    ("verdict", "said"), [("supported", "every case"), ("refuted", "One case")]
)
def test_a_proof_leaves_nothing_to_chance(verdict, said):
    counterexample = "a case" if verdict == "refuted" else None
    told = meaning.meaning(entry(kind="exact", counterexample=counterexample), 1e-4)
    assert said in told
    assert "No chance is involved" in told


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.9, "nine in ten"),
        (0.1, "one in ten"),
        (0.95, "95 in 100"),
        (0.01, "1 in 100"),
        (0.999, "999 in 1,000"),
        (2 / 3, "66.7 % of all"),
        (0.99951, "99.95 % of all"),
    ],
)
def test_a_share_is_said_in_words(share, said):
    assert meaning.in_ten(share) == said


@pytest.mark.parametrize(
    ("values", "margin", "told"),
    [
        ([-0.5] * 5 + [0.0], 0.02, "1 within ±0.02 points, 5 below −0.02 points; the median is"),
        (
            [0.5] + [-0.5, float("nan")] * 2,
            0.02,
            "1 above +0.02 points, 2 below −0.02 points, 2 wh",
        ),
        ([0.02, -0.02], 0.02, "2 within ±0.02 points; "),  # a tie exceeds nothing
        ([-1.0, 0.0], 0.0, "1 at 0, 1 below 0; "),
    ],
)
def test_of_a_refuted_claim_it_is_told_what_the_seeds_did_show(values, margin, told):
    evidence = ["nan" if value != value else value for value in values]
    counts = {"seeds": len(values), "events": 0, "evidence": evidence}
    made = entry(counts, margin=margin, unit="points", verdict="refuted")
    said = meaning.instead(made)
    assert said.startswith(f"Their differences instead: {told}")
    assert said.endswith("the median is +0.5.")


def test_of_a_refuted_equivalence_both_directions_are_told():
    made = entry(kind="equivalent", verdict="refuted", seeds=3, evidence=[0.3, -0.4, 0.0], events=1)
    said = meaning.instead(made)
    assert "1 above +0.1, 1 within ±0.1, 1 below −0.1;" in said


def test_where_the_verdict_says_it_already_nothing_is_added():
    assert meaning.instead(record(margin=0.05)) == ""
    assert meaning.instead(record("rate", verdict="refuted")) == ""
