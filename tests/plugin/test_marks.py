"""pytest and `hw4 run` agree on claims that carry pytest's own marks."""

import pytest

CLAIMS = """
    import pytest
    from hw4 import claim

    {mark}
    @claim("It rises.", id="it/rises")
    def test_rises(seeds):
        {first}
        return {sign}1.0 - seeds
"""
XFAIL = "@pytest.mark.xfail({})"
RISES, FALLS = "seeds + 2 * seeds + ", ""
RAISES = "raise KeyError(1)"


def both(decide, hw4, mark, sign, first="pass"):
    """Return the exit codes of pytest and of `hw4 run`, their one record or None, and stderr."""
    text = CLAIMS.format(mark=mark, sign=sign, first=first)
    outcome = decide({"test_it.py": text}, 0, "--tb=no")
    hw4.write("test_it.py", text)
    code, _, err = hw4("run", "test_it.py", "--jobs", "1", "--store", "s", "--ledger", "l.json")
    ours, theirs = (
        [(r["id"], r.get("verdict"), r.get("message")) for r in book["claims"] + book["errors"]]
        for book in (hw4.ledger("l.json"), outcome.book)
    )
    assert ours == theirs
    records = outcome.book["claims"] + outcome.book["errors"]
    return outcome.code, code, records[0] if records else None, err


@pytest.mark.parametrize("strict", [True, False])
def test_an_unexpected_verdict_that_is_marked_gates_nothing(decide, hw4, strict):
    pytests, ours, record, err = both(decide, hw4, XFAIL.format(f"strict={strict}"), FALLS)
    assert (pytests, ours, err) == (0, 0, "")
    assert (record["verdict"], record["expect"], record["as_expected"]) == ("refuted", None, True)


def test_a_registered_verdict_that_is_marked_passes(decide, hw4):
    pytests, ours, record, _ = both(decide, hw4, XFAIL.format(""), RISES)
    assert (pytests, ours, record["verdict"]) == (0, 0, "supported")


def test_a_registered_verdict_whose_mark_is_strict_is_a_claim_that_is_written_wrongly(decide, hw4):
    pytests, ours, record, _ = both(decide, hw4, XFAIL.format("strict=True, reason='old'"), RISES)
    assert (pytests, ours) == (1, 2)
    said = "supported as registered, but pytest fails it: [XPASS(strict)] old"
    assert record["message"] == said


@pytest.mark.parametrize(
    ("mark", "first"),
    [
        (XFAIL.format("raises=KeyError"), RAISES),
        (XFAIL.format(""), RAISES),
        (XFAIL.format("run=False"), RAISES),
        ("", "pytest.xfail('known')"),
    ],
)
def test_a_claim_that_is_known_to_have_no_verdict_gates_nothing(decide, hw4, mark, first):
    pytests, ours, record, err = both(decide, hw4, mark, RISES, first)
    assert (pytests, ours, record) == (0, 0, None)
    assert err == "hw4: 1 of 1 claim has no verdict, and is marked xfail\n"


def test_another_exception_than_the_marked_one_is_an_error(decide, hw4):
    pytests, ours, record, _ = both(decide, hw4, XFAIL.format("raises=OSError"), RISES, RAISES)
    assert (pytests, ours) == (1, 3)
    assert record["message"].startswith("KeyError: 1")


@pytest.mark.parametrize(
    ("mark", "first"),
    [
        ("@pytest.mark.skip(reason='no')", "pass"),
        ("@pytest.mark.skipif(True, reason='no')", "pass"),
        ("", "pytest.skip('no')"),
    ],
)
def test_a_skipped_claim_has_no_record_and_is_told(decide, hw4, mark, first):
    """pytest passes then, as ever; `hw4 run` has not measured what it was asked for."""
    pytests, ours, record, err = both(decide, hw4, mark, RISES, first)
    assert (pytests, ours, record) == (0, 3, None)
    assert err == "hw4: 1 of 1 claim was skipped or never reached\n"
