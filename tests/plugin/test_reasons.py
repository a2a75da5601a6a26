"""`because=` names other claims of the suite: they are told of where they are read, or refused."""

import pytest

SUITE = """
    from hw4 import claim

    @claim("It rises.", id="it/rises", because=("it/pushes", "it/pulls"))
    def test_rises(seeds):
        return 1.0 + seeds

    @claim("It pushes.", id="it/pushes")
    def test_pushes(seeds):
        return 1.0 + seeds
"""
OTHER = """
    from hw4 import claim

    @claim("It pulls.", id="it/pulls", expect="refuted"{more})
    def test_pulls(seeds):
        return -1.0 - seeds
"""


def errors(book):
    return {each["id"]: each["message"] for each in book["errors"]}


@pytest.fixture
def suite(hw4):
    """A folder of two files with a claim that has two reasons, one of them in the other file."""
    (hw4.folder / "claims").mkdir()
    hw4.write("claims/test_one.py", SUITE)
    hw4.write("claims/test_two.py", OTHER.format(more=""))
    return hw4


@pytest.mark.parametrize("jobs", [1, 2])
def test_reasons_are_in_the_ledger_and_told_with_what_was_found_of_them(suite, jobs):
    ran = suite("run", "claims", "--jobs", jobs, "--ledger", "l.json", "--report", "page.html")
    assert ran[0] == 0, ran
    found = {each["id"]: each.get("because") for each in suite.ledger("l.json")["claims"]}
    assert found == {"it/rises": ["it/pushes", "it/pulls"], "it/pushes": None, "it/pulls": None}
    shown = " ".join(suite("show", "it/rises", "--ledger", "l.json")[1].split())
    assert "A reason that was tested too: “It pushes.” +" in shown
    assert "Its supposed reason was refuted: “It pulls.” −" in shown
    page = (suite.folder / "page.html").read_text(encoding="utf-8")
    assert '<a href="#claim:it/pulls"><bdi>“It pulls.”</bdi></a>' in page


def test_of_one_file_a_reason_elsewhere_is_only_named(suite):
    ran = suite("run", "claims/test_one.py", "--jobs", "1", "--ledger", "l.json")
    assert ran[0] == 0, ran
    shown = " ".join(suite("show", "it/rises", "--ledger", "l.json")[1].split())
    assert "Its supposed reason is not among the claims of this run: “it/pulls”" in shown


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_reason_that_is_no_claim_is_refused_in_a_sentence(suite, jobs):
    suite.write("claims/test_one.py", SUITE.replace('"it/pushes", "it/pulls"', '"it/pusches",'))
    ran = suite("run", "claims", "--jobs", jobs, "--ledger", "l.json")
    assert ran[0] == 2, ran
    told = "because names 'it/pusches': expected the id of a claim of this suite"
    assert errors(suite.ledger("l.json")) == {"it/rises": told}


def test_reasons_that_go_round_in_a_circle_are_refused_in_a_sentence(suite):
    suite.write("claims/test_two.py", OTHER.format(more=", because='it/rises'"))
    ran = suite("run", "claims", "--jobs", "1", "--ledger", "l.json")
    assert ran[0] == 2, ran
    start = "because goes round in a circle, "
    assert errors(suite.ledger("l.json")) == {
        "it/rises": f"{start}it/rises → it/pulls → it/rises: expected none",
        "it/pulls": f"{start}it/pulls → it/rises → it/pulls: expected none",
    }
