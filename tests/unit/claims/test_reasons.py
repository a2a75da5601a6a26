"""A reason is itself a claim: one that nobody states, or that needs itself, is a fault."""

import pytest

from hw4 import Claim
from hw4.claims.reasons import faults


def claims(**reasons):
    """Return claims by their ids, with their reasons."""
    return [Claim("A sentence.", id=name, because=tuple(why)) for name, why in reasons.items()]


@pytest.mark.parametrize(
    "reasons",
    [
        {"a": (), "b": ()},
        {"a": "b", "b": ()},
        {"a": "bcd", "b": "cd", "c": "d", "d": ()},
    ],
)
def test_reasons_that_are_claims_are_no_fault(reasons):
    assert faults(claims(**reasons), whole=True) == {}


def test_a_reason_that_no_claim_states_is_named():
    told = "because names 'x': expected the id of a claim of this suite"
    assert faults(claims(a="bx", b=""), whole=True) == {"a": told}


def test_a_reason_may_stand_in_a_file_that_was_not_collected():
    assert faults(claims(a="x"), whole=False) == {}


@pytest.mark.parametrize("whole", [True, False])
def test_a_circle_is_told_at_each_claim_in_it_and_at_no_other(whole):
    found = faults(claims(a="b", b="c", c="b", d="a"), whole)
    start = "because goes round in a circle, "
    assert found == {
        "b": f"{start}b → c → b: expected none",
        "c": f"{start}c → b → c: expected none",
    }


def test_tests_of_one_id_have_their_reasons_together():
    """One test's reason is the other's too: they state one claim."""
    both = [*claims(a="b", b=""), *claims(a="c"), *claims(c="a")]
    assert set(faults(both, whole=True)) == {"a", "c"}
