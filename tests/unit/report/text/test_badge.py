import json

import pytest
from entries import entry

from hw4.ledger import ledger
from hw4.report.reading.difference import difference
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


def named(name, verdict="supported", **more):
    return entry(id=name, verdict=verdict, **more)


@pytest.mark.parametrize(
    ("before", "after", "message", "colour"),
    [
        ([named("a")], [named("a")], "1 supported", "brightgreen"),
        ([named("a"), named("b")], [named("a")], "1 gone", "orange"),
        ([named("a")], [named("a", "refuted")], "1 changed", "orange"),
        ([named("a")], [], "1 gone", "orange"),
        (
            [named("a"), named("b")],
            [named("a", "refuted", as_expected=False)],
            "1 unexpected · 1 changed · 1 gone",
            "red",
        ),
        ([named(each) for each in "abc"], [named("a")], "1 supported", "brightgreen"),
    ],
    ids=["same", "gone", "changed", "all-gone", "unexpected", "not-run"],
)
def test_against_a_baseline_only_a_run_that_would_pass_is_green(before, after, message, colour):
    old, new = book(*before), book(*after)
    made = json.loads(badge.render(new, difference(old, new)))
    assert (made["message"], made["color"]) == (message, colour)
