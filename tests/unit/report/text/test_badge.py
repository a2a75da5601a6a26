import json

import pytest

from hw4.report.text import badge


def claim(verdict, as_expected=True):
    return {"verdict": verdict, "as_expected": as_expected}


def book(*claims, errors=0):
    return {"claims": list(claims), "errors": [{}] * errors}


HOLD, NOT, SURPRISE = claim("supported"), claim("refuted"), claim("supported", False)


@pytest.mark.parametrize(
    ("ledger", "message", "colour"),
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
def test_a_badge_says_what_is_wrong_or_else_counts(ledger, message, colour):
    expected = {"schemaVersion": 1, "label": "claims", "message": message, "color": colour}
    assert json.loads(badge.render(ledger)) == expected
