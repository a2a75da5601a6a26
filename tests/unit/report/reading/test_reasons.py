"""Of a reason no more is said than its own claim, which was tested, found."""

import pytest
from entries import entry

from hw4.report.reading.answers import grouped
from hw4.report.reading.reasons import reasons


def found(own, *verdicts, because=("area/why",)):
    """Return what is told of a claim's reasons; the reason has an instance for each verdict."""
    claim = entry(id="area/name", verdict=own, because=list(because))
    kin = [
        entry({"id": "area/why", "instance": f"i{n}", "verdict": verdict, "statement": "Since."})
        for n, verdict in enumerate(verdicts)
    ]
    answers = {answer.id: answer for answer in grouped([claim, *kin])}
    return [str(reason) for reason in reasons([claim, claim], answers)]


@pytest.mark.parametrize(
    ("own", "verdicts", "told"),
    [
        ("supported", ["supported"], "A reason that was tested too: “Since.” "),
        ("supported", ["refuted"], "Its supposed reason was refuted: “Since.” "),
        ("supported", ["inconclusive"], "Its supposed reason is undecided: “Since.” "),
        (
            "supported",
            ["supported", "refuted"],
            "Its supposed reason is right in some cases and wrong in others: “Since.” ",
        ),
        ("refuted", ["supported"], "Its supposed reason was supported: “Since.” "),
        ("inconclusive", ["supported"], "Its supposed reason was supported: “Since.” "),
    ],
)
def test_a_reason_is_said_to_be_one_only_where_both_claims_hold(own, verdicts, told):
    (said,) = found(own, *verdicts)
    assert said.startswith(told)
    assert said.endswith(".")
    assert len(said) > len(told)


def test_a_reason_that_was_not_run_is_only_named():
    told = "Its supposed reason is not among the claims of this run: “area/why”"
    assert found("supported") == [told]


def test_a_claim_without_reasons_has_nothing_told():
    assert found("supported", "refuted", because=()) == []
