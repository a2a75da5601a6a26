"""The Markdown is read back with a parser of its own: what people see is the text, and it fits."""

import re
from html.parser import HTMLParser

import pytest
from entries import changed, entry
from markdown_it import MarkdownIt

from hw4.ledger import ledger
from hw4.report.reading.difference import difference
from hw4.report.text import changes, markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<!-- a comment",
    "</details></summary>",
    "a | b \\| c",
    "`code` ``more`` ```fence",
    "**bold** _under_ ~~struck~~ __init__",
    "[link](https://example.org) ![image](x.png)",
    "https://example.org and www.example.org",
    "&lt;entity&gt; &amp; &#124;",
    "\\",
    "ends with a backslash \\",
    "# heading",
    "1. list",
    "$x$ #12 @someone",
    "'\"",
]


def claim(name, expected=True, statement="It rises.", **more):
    record = {"id": name, "instance": "digits", "statement": statement, "unit": "points"}
    record |= {"seeds": 6, "events": 0, "verdict": "refuted", "as_expected": expected}
    effect = {"median": -0.5, "low": -0.6, "high": -0.4, "confidence": 0.95}
    expect = "refuted" if expected else "supported"
    return entry(record, {"effect": effect, "expect": expect}, **more)


def failed(name, message="boom"):
    return entry(id=name, error="crash", message=message)


def book(claims, errors=()):
    return ledger.build(claims, errors, "quick", 7)


class Shown(HTMLParser):
    """What a reader sees: the text of every cell, item and heading, and which tags there are."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.cells, self.items, self.titles = set(), [], [], []
        self._places = {"td": self.cells, "li": self.items, "h2": self.titles}
        self._places |= {"h3": self.titles, "summary": self.titles}
        self._open = None
        parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        self.feed(parser.render(text))

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag in self._places:
            self._open = self._places[tag]
            self._open.append("")

    def handle_endtag(self, tag):
        if tag in self._places:
            self._open = None

    def handle_data(self, data):
        if self._open is not None:
            self._open[-1] += data

    def handle_comment(self, data):
        self.tags.add("comment")


TAGS = {"h2", "h3", "p", "ul", "li", "br", "code", "details", "summary"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}


def test_what_is_wrong_comes_first_and_all_claims_are_folded_away():
    text = markdown.render(book([claim("a"), claim("b", expected=False)], [failed("c")]))
    shown = Shown(text)
    assert shown.titles == [
        "3 claims: 2 refuted, 1 not measured",
        "Not as registered: 1 of 2",
        "Not measured: 1",
        "All 3 claims",
    ]
    b, c = shown.items
    assert b.split("\n") == [
        "✗ b [digits]: refuted, shown by 0 of 6 seeds (0 to 46 %); registered as supported",
        "“It rises.”",
    ]
    assert c == "! c: boom"
    rows = [shown.cells[index : index + 4] for index in range(0, len(shown.cells), 4)]
    found = ["refuted, shown by 0 of 6 seeds (0 to 46 %)", "−0.5 (−0.6 to −0.4) points"]
    assert rows == [
        ["✓", "a [digits]", *found],
        ["✗", "b [digits]", *found],
        ["!", "c", "not measured", ""],
    ]


def test_a_run_without_surprises_says_so():
    expected = "All verdicts are as registered; profile quick, root seed 7.\n"
    assert expected in markdown.render(book([claim("a")]))
    confirmed = markdown.render(changed(book([claim("a")]), confirm=True))
    assert "root seed 7, confirming what is registered as supported.\n" in confirmed
    assert "as registered" not in markdown.render(book([]))
    assert "all verdicts" not in markdown.render(book([claim("a")], [failed("b")]))


def test_the_difference_stands_between_what_is_wrong_and_the_table():
    old, new = book([claim("a"), claim("gone")]), book([claim("a", expected=False)])
    shown = Shown(markdown.render(new, difference(old, new)))
    assert shown.titles[1:] == ["Not as registered: 1 of 1", "Against the baseline", "1 claim"]
    found = "was refuted, shown by 0 of 6 seeds (0 to 46 %)"
    assert shown.items[1] == f"gone [digits]: {found}\n“It rises.”"


def test_what_changed_comes_with_its_evidence_the_most_severe_first():
    """A statement, the verdicts, seeds and effects before and after; what fails a run is first."""
    high = {"median": 0.8, "low": 0.7, "high": 0.9, "confidence": 0.95}
    before = [claim(name, statement=f"It is {name}.", instance="") for name in "abc"]
    found = {"verdict": "supported", "seeds": 16, "events": 16, "evidence": [1.0] * 16}
    kinds = [(None, True), ("supported", True), ("refuted", False)]
    after = [
        entry(each, found | {"effect": high, "expect": expect, "as_expected": expected})
        for each, (expect, expected) in zip(before, kinds, strict=True)
    ]
    old, new = book(before), book(after)
    shown = Shown(markdown.render(new, difference(old, new)))
    changed = [item for item in shown.items if "→" in item]
    assert [item[0] for item in changed] == ["c", "b", "a"]
    told = (
        "c: refuted, shown by 0 of 6 seeds (0 to 46 %) → supported, shown by 16 of 16 seeds "
        "(79 to 100 %); registered as refuted; −0.5 (−0.6 to −0.4) points → "
        "+0.8 (+0.7 to +0.9) points\n“It is c.”"
    )
    assert changed[0] == told


def test_a_counter_example_is_evidence():
    proof = {"kind": "exact", "unit": "", "expect": "supported"}
    before = entry(proof, id="a")
    more = {"counterexample": "at 3\nand more", "verdict": "refuted", "as_expected": False}
    old, new = book([before]), book([entry(before, more)])
    (section,) = changes.sections(difference(old, new))
    ((_, words),) = section.rows
    told = "supported, by proof → refuted, by counter-example (at 3); registered as supported"
    assert words == told


def test_of_a_claim_that_has_left_nothing_but_its_name_the_statement_is_the_older_one():
    old, new = book([claim("a")]), book([], [entry(failed("a"), instance="digits")])
    assert changes.sections(difference(old, new))[0].statements == ("It rises.",)


def test_a_statement_that_has_changed_is_told_once():
    old, new = book([claim("a", statement="It fell.")]), book([claim("a"), claim("b")])
    restated, added = changes.sections(difference(old, new))
    assert restated.rows[0][1] == "statement “It fell.” → “It rises.”"
    assert (restated.statements, added.statements) == (("",), ("It rises.",))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_appears_as_text(text):
    records = [claim(text, instance="", statement=text, unit=text), failed(text, text)]
    records[0] = entry(records[0], as_expected=False, expect="supported")
    new = book(records[:1], records[1:])
    found = difference(book([claim("before", unit=text)]), new)
    written = markdown.render(new, found)
    shown = Shown(written)
    assert shown.tags <= TAGS | {"h4"}
    assert text in shown.cells[1]
    assert shown.cells[3].endswith(f"points {text}".removeprefix("points "))
    assert f"“{text}”" in shown.items[0]
    assert shown.items[1] == f"! {text}: {text}"
    assert len(shown.cells) == 8
    assert "https://" not in written  # a bare address would become a link on GitHub
    assert "www.e" not in written


def test_line_breaks_and_controls_cannot_leave_their_place():
    text = "one\n\n# two\r\n| three\x1b[31m\u202e\u2066four\x00"
    shown = Shown(markdown.render(book([claim(text, expected=False, statement=text)])))
    assert shown.tags <= TAGS
    seen = "one # two | three\\x1b[31m\\u202e\\u2066four\\x00"
    assert re.sub(" +", " ", shown.cells[1]) == f"{seen} [digits]"
    assert seen in re.sub(" +", " ", shown.items[0])


def test_text_from_the_right_is_isolated():
    shown = Shown(markdown.render(book([claim("ריצה", statement="أسرع", expected=False)])))
    assert shown.cells[1] == "\u2068ריצה [digits]\u2069"
    assert "“\u2068أسرع\u2069”" in shown.items[0]


# Size


def size(text):
    return len(text.encode())


def long_texts(expected, claims=2_000):
    claims = [claim(f"a/{index:04}", expected, "🦜<" * 5_000) for index in range(claims)]
    return book(claims, [failed(f"b/{index}", "|" * 10_000) for index in range(10)])


@pytest.mark.parametrize("expected", [True, False])
def test_two_thousand_claims_with_long_texts_stay_below_the_limit(expected):
    text = markdown.render(long_texts(expected))
    assert size(text) <= markdown.LIMIT == 2**20
    shown = Shown(text)
    assert "All 2010 claims" in shown.titles
    assert text.endswith("</details>\n")
    rows, items = len(shown.cells) // 4, len(shown.items)
    if expected:
        assert (rows, items) == (2010, 10)
        assert "left out" not in text
    else:  # the sentences of what was not expected have taken the room
        assert size(text) > 0.99 * markdown.LIMIT
        surprises = sum(item.startswith("✗") for item in shown.items)
        assert f"{2000 - surprises:,} more are left out" in text
        assert surprises > 300


def test_rows_are_left_out_from_the_end_and_counted():
    book = long_texts(True)
    whole = Shown(markdown.render(book))
    text = markdown.render(book, limit=100_000)
    shown = Shown(text)
    assert 99_000 < size(text) <= 100_000
    rows = len(shown.cells) // 4
    assert 100 < rows < 2010
    assert shown.cells == whole.cells[: 4 * rows]
    assert f"\n{2010 - rows:,} more are left out: this page has no room for them.\n" in text


def test_without_room_for_its_lists_the_heading_is_left_and_without_any_nothing():
    book = long_texts(False, claims=200)
    heading = markdown.render(book, limit=250)
    assert heading.startswith("## 210 claims: 200 refuted, 10 not measured\n")
    assert "left out" not in heading
    assert markdown.render(book, limit=size(heading)) == heading
    assert markdown.render(book, limit=size(heading) - 1) == ""


def test_the_limit_counts_bytes_of_what_encloses_the_lists_too():
    book = changed(long_texts(True, claims=200), profile="ü" * 300)
    for limit in range(900, 2200, 100):
        assert size(markdown.render(book, limit=limit)) <= limit
