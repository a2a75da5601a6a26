"""What a claim says that a document says, the document says word for word."""

import importlib.util
import re
from pathlib import Path

import pytest

from hw4.claims.claim import ATTRIBUTE
from hw4.guest import guest
from hw4.report.reading.quotes import missing

ROOT = Path(__file__).parents[2]
HOMEWORK = guest().document.read_text(encoding="utf-8")
TEXTBOOK = ROOT / "examples" / "optimisers"
FILES = sorted((ROOT / "hw4" / "homework" / "claims").glob("test_*.py"))


def claims(path):
    """Return the claims that a file states, without asking them anything."""
    spec = importlib.util.spec_from_file_location(f"sources_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [getattr(each, ATTRIBUTE) for each in vars(module).values() if hasattr(each, ATTRIBUTE)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_claim_quotes_the_homework_word_for_word(path):
    stated = claims(path)
    assert stated
    wrong = {claim.id: missing(claim.source, HOMEWORK) for claim in stated}
    assert not any(wrong.values()), wrong


def test_the_textbooks_sentences_are_decided_one_by_one():
    lines = (TEXTBOOK / "document.md").read_text(encoding="utf-8")
    sentences = re.findall(r"^\d+\. (.+?\.)$", lines, re.MULTILINE | re.DOTALL)
    stated = claims(TEXTBOOK / "test_optimisers.py")
    assert len(sentences) == len(stated) == 10
    for number, (sentence, claim) in enumerate(zip(sentences, stated, strict=True), 1):
        assert claim.source.startswith(f"document.md, sentence {number}: ")
        assert not missing(claim.source, sentence)


def test_a_changed_quote_is_found():
    said = "let's define the disadvantages of the SGD"
    changed = "let's define the advantages of the SGD"
    assert missing(f"HW4 part 1, task 4: '{said}'", HOMEWORK) == []
    assert missing(f"HW4 part 1, task 4: '{changed}'", HOMEWORK) == [changed]
    assert missing(f"HW4 part 1: '{said}', '{changed}'; part 2: '{said}'", HOMEWORK) == [changed]


@pytest.mark.parametrize("source", ["", "HW4 part 1", 'HW4 part 1: "it is efficient"'])
def test_a_source_without_a_quote_is_found(source):
    assert missing(source, HOMEWORK) == [source]
