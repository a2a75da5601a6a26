import json

import pytest
from entries import entry

from hw4.ledger import ledger
from hw4.report.text import badge


def claim(verdict, as_expected=True):
    return entry(verdict=verdict, as_expected=as_expected)


def book(*claims, errors=0):
    return ledger.build(claims, [entry(error="crash")] * errors, "quick", 0)


HOLD, NOT, SURPRISE = claim("supported"), claim("refuted"), claim("supported", False)


@pytest.mark.parametrize(
    ("made", "message", "colour"),
    [
        (book(HOLD, HOLD, NOT), "2 supported · 1 refuted", "brightgreen"),
        (book(HOLD, claim("inconclusive")), "1 supported · 1 inconclusive", "brightgreen"),
        (
            book(HOLD, claim("confirmed"), claim("confirmed")),
            "1 supported · 2 confirmed",
            "brightgreen",
        ),
        (book(claim("equivalent")), "1 equivalent", "brightgreen"),
        (book(HOLD, SURPRISE, SURPRISE), "2 unexpected", "red"),
        (book(HOLD, errors=3), "3 not measured", "orange"),
        (book(SURPRISE, errors=1), "1 unexpected · 1 not measured", "red"),
        (book(), "none", "lightgrey"),
    ],
)
def test_a_badge_says_what_is_wrong_or_else_counts(made, message, colour):
    expected = {"schemaVersion": 1, "label": "claims", "message": message, "color": colour}
    assert json.loads(badge.render(made)) == expected
