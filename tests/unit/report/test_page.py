"""What can be said of the page without a browser; tests/report opens it in one."""

import copy
import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser

import numpy as np
import pytest
from entries import arm, changed, entry
from judging import judge
from msgspec import UNSET

from hw4 import Claim
from hw4.ledger import ledger
from hw4.report.page import prose, render, words
from hw4.report.reading.difference import difference
from hw4.report.reading.meaning import meaning
from hw4.seeds import seeds_from

VOID = {"meta", "link", "input", "br", "img"}
OPTIONAL = {"tr", "td", "th", "li", "option", "tbody", "thead"}  # may end without saying so


class Parsed(HTMLParser):
    """Ids, links and what is open; nesting must be right."""

    def __init__(self, html):
        super().__init__()
        self.ids, self.links, self.open, self.text, self.addresses = [], [], [], [], []
        self.feed(html)
        self.close()
        assert [tag for tag in self.open if tag not in OPTIONAL] == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if tag == "a" and "href" in found else []
        self.addresses += [v for k, v in attrs if k in ("src", "href", "action", "data", "srcset")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        while self.open[-1] != tag:
            assert self.open.pop() in OPTIONAL, (tag, self.open)
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)


def record(name="area/name", kind="win", give=lambda seeds: 1.0 + seeds, **more):
    expect = more.pop("expect", "supported")
    options = {key: more.pop(key) for key in ("share", "holds_when") if key in more}
    if kind in ("win", "equivalent"):
        options |= {"margin": 0.05, "unit": "test accuracy"}
    claim = Claim("A statement.", name, kind, source="HW4 part 1: 'so they say'", **options)
    origin = ledger.Origin("tests/claims/t.py::t", "", {}, "Why.")
    texts = [] if kind == "exact" else [f"MLP(8, norm={n}), 2 epochs" for n in "ab"]
    arms = [arm(text, [0.1, 0.2]) for text in texts]
    judgement = judge(claim, 0, give, confirm=more.pop("confirm", False))
    return entry(ledger.record(claim, origin, expect, judgement, arms, 1.0, False), more)


def falling(seeds):
    return -1.0 - seeds


def unsettled(seeds):
    return np.arange(seeds.size) % 4 > 0


def refuting(seeds):
    raise AssertionError("1 > 2")


def timed(verdict="supported"):
    effect = {"median": 1.8, "low": 1.7, "high": 1.9, "confidence": 0.99}
    timing = {"processes": 3, "rounds": 2, "elements": 1024, "seconds": [[2e-6, 1e-6]] * 3}
    timing |= {"control": 1.0, "margin": 0.1, "warnings": ["<b>a busy machine"]}
    made = {"kind": "timing", "unit": "times", "verdict": verdict, "timing": timing}
    return entry(made, effect=effect, evidence=[1.7, 1.8, 1.8, 1.9, 1.8, 1.8])


def failing(**more):
    return entry({"id": "a/crash", "error": "crash"}, more)


def book(claims=(), errors=()):
    return ledger.build(claims, errors, "quick", 0)


def mixed():
    claims = [
        record("a/win", instance="digits", parameters={"dataset": "digits"}),
        record("a/loss", give=falling, expect="refuted"),
        record("a/share", "rate", unsettled, expect=None),
        record("a/same", "equivalent", lambda seeds: seeds / 2**40),
        record("a/proof", "exact", lambda seeds: None),
        record("a/refuted", "exact", refuting),
        record("a/diverged", give=lambda seeds: np.full(seeds.size, np.inf)),
        entry(timed(), {"id": "a/time"}),
    ]
    return book(claims, [failing()])


def test_the_page_is_well_formed_and_loads_nothing():
    html = render(mixed())
    page = Parsed(html)
    assert len(page.ids) == len(set(page.ids))
    assert {a.partition(":")[0] for a in page.addresses if a[:1] != "#"} == {"data"}
    assert all(link[1:] in page.ids for link in page.links)
    assert not re.search(r"@import|url\(|<script[^>]+src|<iframe|<object", html)


def test_a_run_that_confirmed_explains_the_word_and_the_odds():
    made = [record("a/win", confirm=True), record("a/loss", give=falling, confirm=True)]
    html = render(ledger.build(made, [], "quick", 0, confirm=True))
    text = " ".join(" ".join(Parsed(html).text).split())
    assert "confirmed : shown by 8 of 8 seeds (63 to 100 %) ✓ registered as supported" in text
    assert "Confirming what is registered as supported" in text
    assert "This run confirms :" in text
    assert "Wrongly confirmed 0.59 % at a true share of 50 %" in text
    assert "It is confirmed at 100 : 1 after a whole block of 8 seeds, and refuted at 10,0" in text
    assert (
        "refuted : shown by 0 of 6 seeds (0 to 46 %) ✗ not as registered: registered "
        "as supported" in text
    )
    assert '<option value="confirmed">confirmed (1)</option>' in html
    assert "onfirm" not in render(mixed()).partition("<main")[2]


def test_only_its_own_script_may_run():
    html = render(mixed())
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("claims", [[], [record()]], ids=["nothing", "one claim"])
@pytest.mark.parametrize("errors", [[], [failing()]], ids=["no error", "an error"])
def test_any_number_of_claims_and_errors_makes_a_page(claims, errors):
    html = render(book(claims, errors))
    Parsed(html)
    assert html.count("<article") == len(claims) + len(errors)


def test_a_record_without_the_newer_fields_can_be_shown():
    whole = mixed()
    for each in whole.claims:
        each.holds_when = UNSET
    assert render(whole).count("<article") == 9


HOSTILE = "<script>alert('x')</script>\"&{{ 1 }}\u202e"


@pytest.mark.parametrize("field", ["id", "instance", "statement", "source", "unit", "test"])
def test_what_a_record_says_is_text(field):
    claims = [entry(record("a/win"), {field: HOSTILE}), entry(timed(), {field: HOSTILE})]
    html = render(book(claims, [failing(**{field: HOSTILE})]))
    assert html.count("<script>") == 1
    Parsed(html)


def test_what_else_a_ledger_says_is_text():
    hostile = entry(record("a/refuted", "exact", refuting), {"counterexample": HOSTILE})
    explained = record("a/why", explanation=HOSTILE, parameters={"dataset": HOSTILE})
    explained.series.arms[0].arm = HOSTILE
    whole = book([hostile, explained], [failing(message=HOSTILE, error=HOSTILE)])
    more = {"profile": HOSTILE, "environment": {HOSTILE: HOSTILE}, "created": HOSTILE}
    html = render(changed(whole, more))
    assert html.count("<script>") == 1
    Parsed(html)


def test_a_lone_surrogate_can_be_written():
    render(book([record(statement="half \ud83d of a pair")])).encode()


def test_claims_of_one_name_have_addresses_of_their_own():
    page = Parsed(render(book([record(), record(), record()])))
    assert len(page.ids) == len(set(page.ids))
    anchors = [name for name in page.ids if name.startswith("claim:")]
    assert len(anchors) == 3
    assert {f"#{anchor}" for anchor in anchors} <= set(page.links)


def test_numbers_in_names_are_ordered_as_numbers():
    made = [record(instance=f"digits-{size}") for size in ("16", "1M", "2", "16k", "4")]
    page = Parsed(render(book(made)))
    sizes = [name.rpartition("-")[2] for name in page.ids if name.startswith("claim:")]
    assert sizes == ["2", "4", "16", "16k", "1M"]


def test_every_seed_is_listed_with_its_value():
    html = render(book([record(give=falling)]))
    for seed in seeds_from(0, 6):
        assert f"<tr><td>{seed}<td>−{1 + seed:.4g}".replace("e+0", "e") in html


def test_a_difference_is_shown_first():
    before = book([record("a/win", give=falling), record("a/gone")])
    html = render(after := book([record("a/win")]), difference=difference(before, after))
    assert html.index("a/gone") < html.index('id="claims"')
    Parsed(html)
    assert "a/gone" not in render(after)


def test_rendering_leaves_the_ledger_as_it_was():
    whole = mixed()
    before = copy.deepcopy(whole)
    render(whole)
    assert whole == before


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (
            lambda: record(),
            "Clearly more than half of all seeds show it by more than 0.05 test accuracy. Were it "
            "half or fewer, this verdict would come at most once in 10,000 runs. It does not prove "
            "nine in ten.",
        ),
        (
            lambda: record(give=falling),
            "Fewer than nine in ten seeds show it by more than 0.05 test accuracy: 0 of 6 did. "
            "Were it nine in ten or more, this verdict would come at most once in 10,000 runs. "
            "This does not show the opposite.",
        ),
        (
            lambda: record(kind="equivalent", give=lambda seeds: seeds / 2**40),
            "Clearly more than half of all seeds show a difference below 0.05 test accuracy, in "
            "either direction. Were it half or fewer, this verdict would come at most once in "
            "10,000 runs. It does not prove nine in ten.",
        ),
        (
            lambda: record(kind="rate", give=lambda seeds: seeds > 0, share=0.95),
            "Clearly more than 67.9 % of all seeds show it. Were it 67.9 % or fewer, this verdict "
            "would come at most once in 10,000 runs. It does not prove 95 in 100.",
        ),
        (
            lambda: record(kind="rate", give=lambda seeds: seeds < 0, holds_when=False, share=0.9),
            "It happens on clearly fewer than half of all seeds. Were it half or more, this "
            "verdict would come at most once in 10,000 runs. It does not prove one in ten or "
            "fewer. A seed on which it does not happen shows the claim.",
        ),
        (
            lambda: record(kind="rate", give=lambda seeds: seeds > 0, holds_when=False),
            "It happens on more than one in ten seeds: it did on 6 of 6. Were it one in ten or "
            "fewer, this verdict would come at most once in 10,000 runs. This does not show the "
            "opposite. A seed on which it does not happen shows the claim.",
        ),
        (
            timed,
            "The first takes longer than the second by more than 10 %: "
            "the whole interval of the ratio lies above 1.1.",
        ),
        (lambda: timed("equivalent"), "Neither takes longer by more than 10 %."),
    ],
)
def test_a_verdict_is_explained_in_a_plain_sentence(made, sentence):
    assert meaning(made(), 1e-4) == sentence


def test_an_unsettled_claim_says_how_many_seeds_it_lacks():
    made = record(kind="rate", give=unsettled)
    told = meaning(made, 1e-4)
    assert told.startswith("64 seeds ruled out neither: that half of all seeds or fewer show it, ")
    assert told.endswith(f"About {made.seeds_to_go:,} more seeds would probably settle it.")


@pytest.mark.parametrize(
    ("source", "place", "quote"),
    [
        ("HW4 part 1, task 2: 'it is fast'", "HW4 part 1, task 2", "it is fast"),
        ("HW4: 'one', 'two'; part 2: 'three'", "HW4", "'one', 'two'; part 2: 'three'"),
        ("https://example.org/a", "https://example.org/a", ""),
        ("", "", ""),
        ("HW4: '", "HW4", "'"),
    ],
)
def test_a_source_is_a_place_and_a_sentence(source, place, quote):
    assert words.source(entry(source=source)) == (place, quote)


@pytest.mark.parametrize(
    ("test", "line"),
    [
        ("hw4/homework/claims/t.py::test_a[digits-2]", "hw4 run -k 'test_a[digits-2]'"),
        ("hw4/homework/claims/t.py::test_a[about 0]", "hw4 run -k 'test_a[about and 0]'"),
        ("hw4/homework/claims/t.py::test_a[a or 'b']", "hw4 run -k 'test_a[a and b'"),
        ("my tests/t.py::T::test_a", "hw4 run 'my tests/t.py' -k 'test_a'"),
    ],
)
def test_the_command_selects_the_claim(test, line):
    assert words.command(entry(test=test)) == line


def test_an_explanation_keeps_its_paragraphs_and_links():
    text = "One\nline, `a/b` and `x < y`.\n\n  1  2\n  3  4\n\nIs *worse*: 2 * 3 * 4."
    found = prose.paragraphs(text, {"a/b": "claim:a/b"}.get)
    assert [(kept, str(html)) for kept, html in found] == [
        (
            False,
            'One line, <a href="#claim:a/b"><code>a/b</code></a> and <code>x &lt; y</code>.',
        ),
        (True, "  1  2\n  3  4"),
        (False, "Is <em>worse</em>: 2 * 3 * 4."),
    ]


def test_what_differs_between_recipes_is_marked():
    plain = "MLP(widths=(16, 16)), Adam(0.1), digits, 5 epochs"
    normed = "MLP(widths=(16, 16), norm='batch'), Adam(0.1), phantom, 5 epochs"
    first, second = prose.recipes([plain, normed])
    assert [part for part, differs in first if differs] == ["digits"]
    assert [part for part, differs in second if differs] == ["norm='batch')", "phantom"]
    assert ", ".join(part for part, _ in second) == normed
    assert not any(differs for _, differs in prose.recipes([plain])[0])
