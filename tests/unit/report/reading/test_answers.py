"""The instances of a claim give one answer: right, wrong, open, or the condition it depends on."""

import itertools

import pytest
from entries import entry

from hw4.report.reading.answers import conditions, counted, grouped

VERDICTS = {"right": "supported", "wrong": "refuted", "open": "inconclusive"}


def instance(word, verdict=None, **parameters):
    """Return an instance with an answer, named by its parameters as pytest does."""
    shown = {"right": 16, "wrong": 0, "open": 12}[word]
    return entry(
        instance="-".join(parameters.values()),
        parameters=parameters,
        verdict=verdict or VERDICTS[word],
        seeds=16,
        events=shown,
        evidence=[1.0] * shown + [-1.0] * (16 - shown),
    )


def answer(*records):
    (found,) = grouped(records)
    return found


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["right"], "right"),
        (["right", "right"], "right"),
        (["wrong", "wrong"], "wrong"),
        (["open"], "open"),
        (["right", "wrong"], "depends"),
        (["right", "wrong", "open"], "depends"),
        (["right", "open"], "open"),  # it may still depend
        (["wrong", "open"], "open"),
    ],
)
def test_a_claim_is_right_or_wrong_only_where_every_instance_is(words, expected):
    for order in itertools.permutations(words):
        records = [instance(word, case=str(place)) for place, word in enumerate(order)]
        assert answer(*records).word == expected


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        ("supported", "right"),
        ("confirmed", "right"),
        ("refuted", "wrong"),
        ("equivalent", "wrong"),  # what is said to take longer does not
        ("inconclusive", "open"),
    ],
)
def test_each_verdict_has_a_word(verdict, word):
    kind = "timing" if verdict == "equivalent" else "win"
    alpha = {"confirm_alpha": 0.01} if verdict == "confirmed" else {}
    assert answer(entry(kind=kind, verdict=verdict, **alpha)).word == word


def test_what_was_not_measured_is_open():
    assert answer(entry(error="crash")).word == "open"
    assert answer(entry(error="crash")).finding == "Nothing could be measured."


def test_one_parameter_that_separates_is_named_with_its_values():
    found = answer(
        *(
            instance("right" if depth != "2" else "wrong", dataset=data, depth=depth)
            for data in ("digits", "phantom")
            for depth in ("2", "4", "16")
        )
    )
    assert found.depends_on == "depth: right for 4 and 16; wrong for 2"


def test_of_two_parameters_only_what_is_needed_is_told():
    words = {("a", "x"): "wrong", ("a", "y"): "right", ("b", "x"): "right", ("b", "y"): "right"}
    found = answer(*(instance(word, net=n, size=s) for (n, s), word in words.items()))
    assert found.depends_on == "net and size: right for a/y and b; wrong for a/x"


def test_an_open_instance_does_not_hide_what_separates_the_others():
    found = answer(
        instance("right", size="1M"), instance("wrong", size="1k"), instance("open", size="16k")
    )
    assert found.depends_on == "size: right for 1M; wrong for 1k"


def test_a_part_of_the_name_that_is_no_parameter_separates_as_well():
    records = [
        entry(instance=f"digits-{rule}-step", parameters={"dataset": "digits", "of": "step"})
        for rule in ("SGD", "Adam")
    ]
    records[0].verdict = "refuted"
    assert conditions(records[0]) == {"dataset": "digits", "of": "step", "case": "SGD"}
    assert answer(*records).depends_on == "case: right for Adam; wrong for SGD"


def test_sentences_of_one_claim_with_different_answers_are_told_apart():
    found = answer(
        entry(statement="It is so."), entry(statement="It helps.", instance="b", verdict="refuted")
    )
    assert found.depends_on == "sentence: right for “It is so”; wrong for “It helps”"


def test_what_no_parameter_separates_is_told_by_instance():
    """Two tests may have one name and the same parameters."""
    found = answer(instance("right", net="a"), instance("wrong", net="a"))
    assert found.word == "depends"
    assert found.depends_on == "instance: right for a; wrong for a"


def test_the_finding_has_the_numbers_of_each_side():
    found = answer(instance("right", net="a"), instance("wrong", net="b"))
    assert found.finding.startswith("Right for a: ")
    assert "shown by 16 of 16 seeds; wrong for b: " in found.finding
    assert found.finding.endswith("shown by 0 of 16 seeds.")


def test_the_headline_counts_claims_not_instances():
    records = [
        entry(id="a"),
        entry(id="a", instance="2"),
        entry(id="b", verdict="refuted"),
        *(entry(id=name, instance=i, verdict=v) for name in "cd" for i, v in VERDICTS.items()),
    ]
    assert counted(grouped(records)) == "4 claims: 1 right, 1 wrong, 2 depend"
    assert counted(grouped(records[:2])) == "1 claim: 1 right"
    assert counted([]) == "0 claims"
