"""The text that claims quote travels in the ledger: the homework's, or what a project names."""

import json

import pytest

from hw4.guest import guest

INI = "[pytest]\nhw4_document = texts/said.md\n"
CLAIMS = """
    from hw4 import claim

    @claim("It rises.", id="it/rises", source="p. 1: 'It is so.'")
    def test_rises(seeds):
        return 1.0 + seeds

    @claim.exact("It falls.", id="it/falls", source="p. 1: 'It is so.'", stance="denies")
    def test_falls():
        assert False, "it does not"
"""


@pytest.fixture
def suite(hw4):
    """A project whose claims quote a text."""
    hw4.write("pytest.ini", INI)
    (hw4.folder / "texts").mkdir()
    hw4.write("texts/said.md", "It is so.\nNobody asks.\n")
    hw4.write("claims.py", CLAIMS.replace('denies")', 'denies", expect="refuted")'))
    return hw4


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_project_names_the_text_that_its_claims_quote(suite, jobs):
    ran = suite("run", "claims.py", "--jobs", jobs, "--ledger", "l.json", "--report", "page.html")
    assert ran[0] == 0, ran
    book = suite.ledger("l.json")
    assert book["document"] == {"name": "said.md", "text": "It is so.\nNobody asks.\n"}
    stances = {claim["id"]: claim.get("stance") for claim in book["claims"]}
    assert stances == {"it/rises": None, "it/falls": "denies"}
    page = (suite.folder / "page.html").read_text(encoding="utf-8")
    assert 'class="said right"' in page


def test_the_page_is_drawn_later_where_the_text_is_not(suite):
    assert suite("run", "claims.py", "--jobs", "1", "--ledger", "l.json")[0] == 0
    (suite.folder / "texts" / "said.md").unlink()
    (suite.folder / "pytest.ini").unlink()
    assert suite("report", "l.json", "--html", "page.html")[0] == 0
    page = (suite.folder / "page.html").read_text(encoding="utf-8")
    assert "Nobody asks." in page


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file or directory"),
        ("folder", "Is a directory"),
        (b"\xff\xfe\x00", "expected a text file, in UTF-8"),
        (b"x" * (2**20 + 1), "it is larger than 1 MiB"),
    ],
    ids=["missing", "folder", "binary", "large"],
)
def test_a_text_that_cannot_be_read_is_refused_before_the_work(suite, content, why):
    path = suite.folder / "texts" / "said.md"
    path.unlink()
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    code, out, err = suite("run", "claims.py", "--jobs", "1", "--ledger", "l.json")
    assert (code, out) == (2, "")
    assert err == f"hw4: document {path} cannot be read: {why}\n"
    assert not (suite.folder / "l.json").exists()


def test_the_homework_brings_its_own_text(hw4):
    assert hw4("run", "-k", "eight-layers", "--jobs", "1", "--ledger", "l.json")[0] == 0
    assert hw4.ledger("l.json")["document"] == {
        "name": "homework.md",
        "text": guest().document.read_text(encoding="utf-8"),
    }


def test_another_suite_has_no_text_unless_it_names_one(suite):
    (suite.folder / "pytest.ini").unlink()
    assert suite("run", "claims.py", "--jobs", "1", "--ledger", "l.json")[0] == 0
    assert "document" not in json.loads((suite.folder / "l.json").read_text(encoding="utf-8"))
