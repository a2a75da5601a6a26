"""Text from claims, file names and data sets appears as text, whatever it is."""

import pytest
from entries import changed, entry

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`</title></style>&amp;{{ 7*7 }}"
REVERSED = "\u202eevil\u2066 \u202d gnp.exe"
LONG = "a" * 10_000


def hostile(make, text):
    """Return a ledger whose every text is this one."""
    fields = {"statement": text, "source": f"{text}: '{text}'", "unit": text, "explanation": text}
    fields |= {
        "instance": text,
        "parameters": {"dataset": text, text: text},
        "test": f"{text}::{text}",
    }
    win = make.decided("a/b", **fields)
    win.series.arms[0].arm = text
    named = entry(make.decided("a/c"), fields, id=text)
    refuted = entry(fields, id="a/d", kind="exact", verdict="refuted", counterexample=text)
    book = make.bound([win, named, refuted], [make.failed(text, message=text, statement=text)])
    return changed(book, profile=text, environment={text: text})


@pytest.mark.parametrize("text", [SCRIPT, REVERSED, LONG], ids=["script", "reversed", "long"])
@pytest.mark.parametrize("width", [1280, 360])
def test_hostile_text_is_text(opened, make, expect, text, width):
    """No dialog, message or request: the fixture looks at the end."""
    page = opened(hostile(make, text), size={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#table tbody tr:visible").count() == 3  # two have one id
    assert page.locator("body img, body script").count() == 0
    for row in range(3):
        page.locator("#table td.claim > a").nth(row).click()
        article = page.locator("article.open")
        expect(article).to_have_count(1)
        assert text.strip() in article.locator("h2").text_content()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("link", name="← All claims").click()
        expect(page.locator("#overview")).to_be_visible()


def test_a_long_statement_is_cut_in_the_table_only(opened, make):
    page = opened(make.bound([make.decided("a/b", statement=LONG)]))
    assert len(page.locator("#table tbody a").inner_text()) < 400
    assert page.locator("#table tbody tr").bounding_box()["height"] < 200


def test_two_claims_of_one_name_have_an_article_each(opened, make, expect):
    twins = [make.decided("a/b", statement=f"Number {n}.") for n in range(2)]
    page = opened(make.bound(twins))
    page.locator("#table summary").click()
    for n in range(2):
        page.locator("#table li a").nth(n).click()
        expect(page.locator("article.open h2")).to_have_text(f"Number {n}.")
        page.go_back()
