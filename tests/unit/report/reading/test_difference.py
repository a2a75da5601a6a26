"""What changed, moved, came and went between two ledgers, and how it is told."""

from math import comb

import pytest
from entries import changed, entry

from hw4.ledger import ledger
from hw4.report.reading.difference import difference
from hw4.report.reading.effect import with_interval
from hw4.report.text import changes
from hw4.statistics.effects import _rank


def claim(name="a", verdict="supported", expect="supported", effect=(0.5, 0.4, 0.6), **more):
    """A record with the fields that matter here."""
    median, low, high = effect or (None,) * 3
    found = {"median": median, "low": low, "high": high, "confidence": 0.95}
    made = {"unit": "points", "as_expected": expect in (None, verdict)}
    made |= {"effect": found} if effect else {"kind": "exact"}
    return entry(made, id=name, verdict=verdict, expect=expect, **more)


def failed(name="a", message="boom"):
    return entry(id=name, error="crash", message=message)


def book(*records, environment=(), **settings):
    claims = [record for record in records if record.measured]
    built = ledger.build(claims, [r for r in records if not r.measured], "quick", 0)
    built.environment = {"keras": "3.15", "cpu": "a"} | dict(environment)
    return changed(built, settings)


def compared(before, after):
    return difference(book(*before), book(*after))


def names(found):
    """Return the names in each field of a difference that has any."""
    fields = vars(found).items()
    lists = {
        field: [(row[1] if isinstance(row, tuple) else row).id for row in rows]
        for field, rows in fields
        if field not in ("created", "claims", "runs")
    }
    return {field: rows for field, rows in lists.items() if rows}


REFUTED = {"verdict": "refuted", "events": 0}
CASES = {
    "equal": ([claim()], [claim()], {}, False),
    "changed": ([claim()], [claim(**REFUTED)], {"changed": ["a"], "unexpected": ["a"]}, True),
    "changed-back": ([claim(**REFUTED)], [claim()], {"changed": ["a"], "expected": ["a"]}, True),
    "confirmed": ([claim()], [claim(verdict="confirmed", as_expected=True)], {}, False),
    "decided-again": ([claim(verdict="confirmed", as_expected=True)], [claim()], {}, False),
    "overturned": (
        [claim(verdict="confirmed", as_expected=True)],
        [claim(**REFUTED)],
        {"changed": ["a"], "unexpected": ["a"]},
        True,
    ),
    "changed-not-gating": (
        [claim(expect=None)],
        [claim(expect=None, verdict="inconclusive")],
        {"changed": ["a"]},
        True,
    ),
    "registered-otherwise": (
        [claim()],
        [claim(expect="refuted")],
        {"unexpected": ["a"], "restated": ["a"]},
        False,
    ),
    "moved-up": ([claim()], [claim(effect=(0.8, 0.61, 0.9))], {"moved": ["a"]}, False),
    "moved-down": ([claim()], [claim(effect=(0.2, 0.1, 0.39))], {"moved": ["a"]}, False),
    "touching": ([claim()], [claim(effect=(0.8, 0.6, 0.9))], {}, False),
    "infinite": ([claim()], [claim(effect=("inf", 1.5, "inf"))], {"moved": ["a"]}, False),
    "wide": ([claim()], [claim(effect=(9.0, "-inf", "inf"))], {}, False),
    "proof": ([claim(effect=None)], [claim(effect=None)], {}, False),
    "other-unit": (
        [claim()],
        [claim(effect=(50.0, 40.0, 60.0), unit="percent")],
        {"restated": ["a"]},
        False,
    ),
    "other-margin": ([claim()], [claim(margin=0.2)], {"restated": ["a"]}, False),
    "unmeasured": ([claim()], [failed()], {"unmeasured": ["a"]}, True),
    "measured": ([failed()], [claim()], {"measured": ["a"]}, False),
    "both-failed": ([failed()], [failed(message="bang")], {}, False),
    "decided-though-failed": ([claim()], [claim(), failed()], {}, False),
    "new": ([claim()], [claim(), claim("b")], {"new": ["b"]}, False),
    "new-failed": ([], [failed("b")], {"new": ["b"]}, False),
    "gone": ([claim(), claim("b")], [claim()], {"gone": ["b"]}, True),
    "gone-failed": ([failed("b")], [], {"gone": ["b"]}, False),
    "other-instance": (
        [claim(instance="x")],
        [claim(instance="y")],
        {"gone": ["a"], "new": ["a"]},
        True,
    ),
    "empty": ([], [], {}, False),
}


@pytest.mark.parametrize("name", CASES)
def test_each_claim_is_where_it_belongs(name):
    before, after, expected, grave = CASES[name]
    found = compared(before, after)
    assert names(found) == expected
    assert found.grave is grave


@pytest.mark.parametrize("kind", ["rate", "timing", "equivalent"])
def test_shares_and_ratios_move_as_differences_do(kind):
    apart = [claim(kind=kind, unit="")], [claim(kind=kind, unit="", effect=(0.9, 0.7, 1.0))]
    assert names(compared(*apart)) == {"moved": ["a"]}


def test_a_field_that_an_older_ledger_lacks_is_not_stated_otherwise():
    assert names(compared([claim()], [claim(holds_when=True, parameters={"a": "b"})])) == {}


def test_what_differs_between_the_runs_is_named():
    before = book(profile="quick", root_seed=7, environment={"gone": "1"})
    after = book(profile="homework", environment={"keras": "3.16", "new": "2"})
    assert difference(before, after).runs == (
        ("profile", "quick", "homework"),
        ("root_seed", "7", "0"),
        ("keras", "3.15", "3.16"),
        ("gone", "1", "none"),
        ("new", "none", "2"),
    )
    assert difference(before, before).runs == ()


def test_a_run_that_confirmed_is_named_and_an_older_ledger_decided():
    confirmed, decided = book(confirm=True), book(confirm=False)
    older = changed(decided, confirm=...)
    for before in (decided, older):
        assert difference(before, confirmed).runs == (("confirm", "no", "yes"),)
        assert difference(decided, before).runs == ()


def test_few_claims_move_beyond_the_interval_by_chance():
    """Of samples of n and m from one continuous distribution, X₍ₙ₊₁₋ₖ₎ < Y₍ₖ₎ or the reverse.

    The number of X before the k-th Y is negative hypergeometric.
    """
    rank = {n: _rank(n, 0.95) for n in range(6, 65)}

    def below(n, m):
        k = rank[m]
        ways = (
            comb(j + k - 1, j) * comb(n + m - j - k, n - j) for j in range(n + 1 - rank[n], n + 1)
        )
        return sum(ways) / comb(n + m, n)

    assert max(below(n, m) + below(m, n) for n in rank for m in rank) < 1 / 100


# A run of some claims


def chosen(claims, selection):
    return changed(book(*claims), selection=selection)


MANY = [claim(f"{number:03}") for number in range(179)]


@pytest.mark.parametrize(
    ("before", "after", "not_run"),
    [
        ("", "-k a", 171),
        ("-k b", "-k a", 171),
        (..., "-k a", 171),
        (..., ..., 171),
        ("", "", 0),
        ("-k a", "-k a", 0),
        ("-k a", "", 0),
        (..., "", 0),
    ],
)
def test_a_claim_is_gone_only_if_the_run_would_have_run_it(before, after, not_run):
    found = difference(chosen(MANY, before), chosen(MANY[:8], after))
    assert (len(found.not_run), len(found.gone)) == (not_run, 171 - not_run)
    assert found.grave is not bool(not_run)


@pytest.mark.parametrize("kept", [90, 178])
def test_a_few_that_are_missing_are_gone_if_an_older_hw4_does_not_say(kept):
    found = difference(chosen(MANY, ...), chosen(MANY[:kept], ...))
    assert (len(found.not_run), len(found.gone)) == (0, 179 - kept)


def test_claims_that_were_not_run_are_counted_and_not_listed():
    found = difference(book(*MANY), chosen(MANY[:8], "-k 00"))
    assert changes.text(found, 80) == (
        "8 claims against 179: no difference, 171 not run\n"
        "The runs differ: selection none → -k 00.\n"
    )
    lost = difference(book(*MANY), chosen([claim("000", **REFUTED)], "-k 000"))
    assert changes.headline(lost) == "1 claim against 179: 1 changed verdict, 178 not run"


# In words


def told(before, after):
    return [
        (section.title, record.id, words)
        for section in changes.sections(compared(before, after))
        for record, words in section.rows
    ]


def test_a_changed_verdict_is_told_with_both():
    assert told([claim()], [claim(**REFUTED, effect=(-0.1, -0.2, 0.0))]) == [
        (
            "Changed verdict",
            "a",
            "supported, shown by 16 of 16 seeds (79 to 100 %) → "
            "refuted, shown by 0 of 16 seeds (0 to 21 %); "
            "registered as supported; +0.5 (+0.4 to +0.6) points → −0.1 (−0.2 to 0) points",
        )
    ]


def test_a_claim_that_moved_and_was_only_confirmed_has_no_other_verdict():
    after = claim(verdict="confirmed", as_expected=True, effect=(0.8, 0.61, 0.9))
    assert told([claim()], [after]) == [
        (
            "Moved beyond the interval",
            "a",
            "+0.5 (+0.4 to +0.6) points → +0.8 (+0.61 to +0.9) points",
        )
    ]


def test_a_verdict_that_was_registered_meanwhile_is_told_so():
    before, after = claim(), claim(**REFUTED, expect="refuted")
    assert told([before], [after])[0][2] == (
        "supported, shown by 16 of 16 seeds (79 to 100 %) → "
        "refuted, shown by 0 of 16 seeds (0 to 21 %); "
        "registered “supported” → “refuted”"
    )
    never = told([claim(expect=None)], [claim(**REFUTED, expect=None)])
    assert never[0][2].endswith("; nothing is registered")


def test_every_claim_is_told_once_in_its_gravest_section():
    before = [claim(), claim("b"), claim("c"), failed("d"), claim("e")]
    after = [
        claim(effect=(0.9, 0.8, 1.0), expect="refuted"),
        claim("b", effect=(0.9, 0.8, 1.0), statement="It soars."),
        failed("c", "ValueError: 3"),
        claim("d"),
        claim("f", **REFUTED),
    ]
    moved = "+0.5 (+0.4 to +0.6) points → +0.9 (+0.8 to +1) points"
    assert told(before, after) == [
        (
            "No longer measured",
            "c",
            "not measured: ValueError: 3; was supported, shown by 16 of 16 seeds (79 to 100 %)",
        ),
        ("Gone", "e", "was supported, shown by 16 of 16 seeds (79 to 100 %)"),
        (
            "No longer as registered",
            "a",
            "supported, shown by 16 of 16 seeds (79 to 100 %); "
            f"{moved}; registered “supported” → “refuted”",
        ),
        ("Moved beyond the interval", "b", f"{moved}; statement “It rises.” → “It soars.”"),
        (
            "Measured now",
            "d",
            "supported, shown by 16 of 16 seeds (79 to 100 %); was not measured: boom",
        ),
        (
            "New",
            "f",
            "refuted, shown by 0 of 16 seeds (0 to 21 %); registered as supported",
        ),
    ]


def test_rates_are_shares_and_ratios_are_ratios():
    rate, timing = (claim(kind=kind, unit="times", holds_when=True) for kind in ("rate", "timing"))
    assert with_interval(rate) == "50 % (40 % to 60 %) of seeds"
    assert with_interval(timing) == "×0.5 (×0.4 to ×0.6)"
    assert with_interval(claim(effect=(1.0, "-inf", "inf"))) == "+1 (−∞ to +∞) points"


def test_the_text_ends_with_the_counts_and_what_explains_them():
    found = difference(book(claim()), book(claim(**REFUTED), claim("b"), root_seed=5))
    assert changes.text(found, 80).splitlines()[-2:] == [
        "2 claims against 1: 1 changed verdict, 1 new",
        "The runs differ: root seed 0 → 5.",
    ]
    assert changes.text(compared([claim()], [claim()]), 80) == (
        "1 claim against 1: no difference\n"
        "The runs have the same profile, root seed and versions.\n"
    )


HOSTILE = "\x1b[31m<script>\n\u202e'\"\u05d0 " + "long" * 2500


@pytest.mark.parametrize("width", [40, 80])
def test_hostile_text_is_text_and_fits(width):
    before = claim(HOSTILE, instance=HOSTILE, unit=HOSTILE)
    effect = {"median": 9, "low": 8, "high": 9, "confidence": 0.95}
    after = entry(before, REFUTED, statement=HOSTILE, effect=effect)
    others = [failed("b", HOSTILE)], [failed("c", HOSTILE)]
    old, new = book(before, *others[0]), book(after, *others[1], profile=HOSTILE)
    found = difference(old, new)
    assert all(words.isprintable() for part in changes.sections(found) for _, words in part.rows)
    assert changes.explanation(found).isprintable()
    text = changes.text(found, width)
    assert max(map(len, text.splitlines())) <= width
    assert all(character.isprintable() or character == "\n" for character in text)
    assert len(text) < 10_000


def test_colour_is_for_terminals_only():
    found = compared([claim()], [])
    assert "\x1b" not in changes.text(found, 80)
    assert changes.text(found, 80, colour=True).startswith("\x1b[1mGone (1)\x1b[0m\n")
