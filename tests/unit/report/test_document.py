"""The text that claims quote, on the page: each sentence has its answer, or is counted."""

import importlib.util
import re
import time
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from entries import changed, entry
from markdown_it import MarkdownIt

from hw4.claims.claim import ATTRIBUTE
from hw4.guest import ROOT, guest
from hw4.ledger import ledger
from hw4.ledger.records import Document
from hw4.report.page import render
from hw4.report.page.document import Annotated

TEXTBOOK = Path(__file__).parents[3] / "examples" / "optimisers"
NO_SENTENCES = {  # of the homework: its labels, and the addresses of its references
    *("Task 1:", "Task 2[1]:", "Task 3[2]:", "Figure 1", "25 epochs:", "40 epochs:"),
    *("Task 4[3] Mini-Batches:", "32:", "64:", "Task 4 – Batch normalization [4]:"),
    *("No BATCH_NORMALIZATION:", "With BATCH_NORMALIZATION:", "Task 2:", "PAY ATTENTION:::"),
    *("Initial number of filters:", "Reduced number of filters:", "References:"),
}


class Section(HTMLParser):
    """The document's section: its text, its sentences and what is said below them."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts, self.sentences, self.below, self.answers = [], [], [], {}, []
        found = re.search(r'<section id="document".*?</section>', html, re.DOTALL)
        self.there = bool(found)
        self.feed(found[0] if found else "")

    def kind(self, name):
        return any(name in classes.split() for _, classes, _ in self.open)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag != "br":
            self.open.append((tag, found.get("class") or "", found.get("id")))
        if tag == "span" and self.kind("said"):
            self.sentences.append([found["class"].split()[1], ""])
        if tag == "button":
            self.answers.append(found)

    def handle_endtag(self, tag):
        while self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        panels = [name for _, classes, name in self.open if "behind" in classes.split()]
        if panels:
            self.below[panels[0]] = self.below.get(panels[0], "") + data
        elif self.kind("document") and not self.kind("answer") and not self.kind("bare"):
            self.texts.append((data, self.kind("said")))
            if self.kind("said"):
                self.sentences[-1][1] += data
        elif self.kind("bare"):
            self.below["margin"] = self.below.get("margin", "") + data


def section(text, records, errors=()):
    book = ledger.build(records, errors, "quick", 0, document=Document("said.md", text))
    return Section(render(book))


def claim(quote, name="a/claim", verdict="supported", **more):
    return entry(id=name, source=f"p. 1: '{quote}'", verdict=verdict, **more)


def words(text):
    return re.findall(r"\w+", text)


def stated(folder):
    """Return every claim of a suite, none decided yet."""
    for path in sorted(folder.glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(f"document_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, each in vars(module).items():
            if found := getattr(each, ATTRIBUTE, None):
                place = {"test": f"{path.name}::{name}", "source": found.source}
                yield entry(place, id=found.id, error="crash", statement=found.statement)


@pytest.fixture(scope="module")
def homework():
    """The homework's text with each of its claims, none of them decided."""
    errors = list(stated(ROOT / guest().claims))
    return section(guest().document.read_text(encoding="utf-8"), [], errors), errors


def test_every_sentence_of_the_homework_is_annotated_or_counted(homework):
    """What is outside of sentences are the titles, and the labels that this test names."""
    shown, errors = homework
    kinds = Counter(kind for kind, _ in shown.sentences)
    assert set(kinds) == {"open", "uncovered"}
    assert kinds["open"] == len(shown.answers) > 30
    said = " ".join(re.findall(r"\d+ sentences? without a claim", shown.below.pop("margin")))
    assert sum(map(int, re.findall(r"\d+", said))) == kinds["uncovered"] > 10
    assert len(shown.below) == kinds["open"]
    outside = "\n".join(text for text, inside in shown.texts if not inside)
    left = {line.strip() for line in outside.splitlines()} - NO_SENTENCES
    titles = {"HW 4 – Theory Questions", "Part 1", "Part 2", ""}
    assert {line for line in left if not re.match(r"\[\d\]|https?://", line)} <= titles
    behind = " ".join(shown.below.values())
    assert not [error.statement for error in errors if error.statement not in behind]


def test_the_homework_is_shown_word_for_word(homework):
    markdown = MarkdownIt("commonmark")
    text = markdown.render(guest().document.read_text(encoding="utf-8"))
    shown = re.sub(r"<[^>]+>", "", text).replace("&quot;", '"').replace("&amp;", "&")
    assert words("".join(text for text, _ in homework[0].texts)) == words(shown)


def test_every_sentence_of_the_textbook_has_its_claim():
    text = (TEXTBOOK / "document.md").read_text(encoding="utf-8")
    shown = section(text, [], list(stated(TEXTBOOK)))
    found = [
        (kind, len(re.findall(r"open(?! ↓)", shown.below[f"behind-{n}"])))
        for n, (kind, _) in enumerate(shown.sentences, 1)
        if kind != "uncovered"
    ]
    assert found == [("open", 2)] * 10  # the sentence, and one claim
    assert [text for kind, text in shown.sentences if kind == "uncovered"] == [
        "A page as of a textbook, in ten sentences.",
        "test_optimisers.py decides each of them.",
    ]


@pytest.mark.parametrize(
    ("verdicts", "word"),
    [
        (["supported"], "right"),
        (["supported", "supported"], "right"),
        (["refuted"], "wrong"),
        (["inconclusive"], "open"),
        (["supported", "refuted"], "depends"),
        (["supported", "inconclusive"], "open"),
        (["supported", "refuted", "inconclusive"], "depends"),
    ],
)
def test_a_sentence_is_what_all_its_claims_say(verdicts, word):
    records = [claim("It is so.", f"a/{n}", each) for n, each in enumerate(verdicts)]
    shown = section("It is so. It is not.", records)
    assert [kind for kind, _ in shown.sentences] == [word, "uncovered"]
    (answer,) = shown.answers
    assert answer["aria-label"].startswith(f"{word}: {len(verdicts)} claim")
    assert "1 sentence without a claim" in shown.below["margin"]


@pytest.mark.parametrize(
    ("verdict", "stance", "word"),
    [
        ("supported", "denies", "wrong"),
        ("refuted", "denies", "right"),
        ("inconclusive", "denies", "open"),
        ("supported", "beside", "open"),
    ],
)
def test_a_claim_may_deny_its_sentence_or_be_beside_it(verdict, stance, word):
    shown = section("It is so.", [claim("It is so.", verdict=verdict, stance=stance)])
    assert shown.sentences == [[word, "It is so."]]
    says = {"denies": "the opposite of the sentence", "beside": "neither right nor wrong"}
    assert says[stance] in shown.below["behind-1"]


def test_what_is_beside_a_sentence_does_not_count():
    beside = claim("It is so.", "a/beside", "refuted", stance="beside")
    shown = section("It is so.", [claim("It is so."), beside])
    assert shown.sentences[0][0] == "right"


def test_what_a_sentence_depends_on_is_said():
    records = [
        claim("It is so.", verdict=verdict, instance=name, parameters={"depth": name})
        for name, verdict in (("2", "supported"), ("4", "supported"), ("16", "refuted"))
    ]
    below = section("It is so.", records).below["behind-1"]
    assert "It depends on the depth: right for 2 and 4; wrong for 16." in below


def test_a_quote_is_found_over_lines_and_sentences_and_wherever_it_is_said():
    records = [claim("is so. And", "a/both"), claim("odd", "a/odd")]
    shown = section("It\nis so.\nAnd more.\n\nAn odd one. Odder. As odd.", records)
    assert [kind for kind, _ in shown.sentences] == [
        "right",
        "right",
        "right",
        "uncovered",
        "right",
    ]


def test_a_sentence_that_breaks_off_goes_on_in_the_next_paragraph():
    shown = section("All of this is\n\none sentence, *said* once.\n\nAnother.", [claim("of this")])
    assert shown.sentences == [
        ["right", "All of this is one sentence, said once."],
        ["uncovered", "Another."],
    ]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("**It is so. Here.** There.", ["It is so. Here.", "There."]),  # stress is not torn
        ("- It is so.\n- There.", ["It is so.", "There."]),
        ("> It is so.", ["It is so."]),
        ("| A | B |\n|--|--|\n| It is so. | There. |", ["It is so.", "There."]),
        ("```\nIt is so.\nx = 1 < 2\n```", ["It is so.", "x = 1 < 2"]),
        ("It is so.  \nThere.\\\nHere.", ["It is so.", "There.", "Here."]),
        ("# It is so.\n\nThere.", ["It is so.", "There."]),
        ("It is so: see [the book](https://x.org/a_b_c).", ["It is so: see the book."]),
    ],
)
def test_any_markdown_has_its_sentences(text, sentences):
    shown = section(text, [claim("It is so")])
    assert [said for _, said in shown.sentences] == sentences
    assert shown.sentences[0][0] == "right"


def test_nothing_of_a_text_is_taken_for_html_or_loaded():
    text = (
        "It is so <script>alert(1)</script> <b>. ![a picture](https://x.org/p.png) "
        "[a](javascript:alert(1)) [b](other.md) [c](data:text/html,x) <https://x.org>"
    )
    book = ledger.build([claim("It is so")], [], "quick", 0, document=Document("<i>", text))
    html = render(book)
    found = re.search(r'<section id="document".*?</section>', html, re.DOTALL)[0]
    assert not [tag for tag in ("<script>", "<b>.", "<img", "<i>") if tag in found]
    assert set(re.findall(r'href="([^#"][^"]*)"', found)) == {"https://x.org"}


def test_without_a_document_or_a_quote_the_page_is_as_ever():
    records = [entry(id="a/claim", source="lecture 3")]
    book = ledger.build(records, [], "quick", 0)
    plain = render(book)
    assert not Section(plain).there
    other = changed(book, document={"name": "other.md", "text": "Nothing of it."})
    assert render(other) == plain


TWICE = "Dice fall. They are fair. Nobody knows. They are round. They are cubes."


@pytest.mark.parametrize(
    ("quotes", "told"),
    [
        (["Dice fall.", "They are fair"], ""),
        (["Dice fell."], "1 quote not found in this text, word for word: “Dice fell.” (a/0)."),
        (
            ["Dice fall.", "Dice fell.", "*They* are fair"],
            "2 quotes not found in this text, word for word: "
            "“Dice fell.” (a/1), “*They* are fair” (a/2).",
        ),
        ([f"<{n}>" for n in range(7)], "“&lt;4&gt;” (a/4) and others."),
    ],
)
def test_a_quote_that_the_text_does_not_have_is_told(quotes, told):
    records = [claim(quote, f"a/{n}") for n, quote in enumerate(quotes)]
    html = render(ledger.build(records, [], "quick", 0, document=Document("d.md", TWICE)))
    unmet = re.search(r'<p class="unmet">(.*?)</p>', html)
    assert bool(unmet) == bool(told)
    if unmet:
        assert re.sub(r"</?(bdi|code)>", "", unmet[1]).endswith(told)


def test_the_counts_lead_to_the_first_sentence_and_each_sentence_to_the_next():
    verdicts = {"Dice fall.": "supported", "They are fair": "refuted", "They are round": "refuted"}
    records = [claim(quote, f"a/{n}", v) for n, (quote, v) in enumerate(verdicts.items())]
    html = render(ledger.build(records, [], "quick", 0, document=Document("d.md", TWICE)))
    links = re.findall(r'<a href="#said-(\d)">([^<]*)</a>', html)
    assert links == [("1", "1 right"), ("2", "2 wrong"), ("4", "Next sentence that is wrong ↓")]
    assert html.index("Next sentence") < html.index('id="behind-4"')


def test_a_whole_book_is_divided_in_a_moment():
    """A quarter of a megabyte in 40 paragraphs of 200 sentences, 60 claims."""
    paragraph = " ".join(f"This is sentence number {n}." for n in range(200))
    records = [claim(f"sentence number {n}.", f"a/{n}") for n in range(60)]
    document = Document("book.md", "\n\n".join([paragraph] * 40))
    start = time.process_time()
    made = Annotated(document, records)
    assert time.process_time() - start < 20  # seconds; it takes 1, and took 35
    assert len(made.sentences) == 8000
    assert len(made.quoted) == 2400
