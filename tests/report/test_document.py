"""The text that claims quote, in a browser: by mouse, keyboard and screen reader, and on paper."""

import pytest

from hw4.ledger import ledger
from hw4.ledger.records import Document

TEXT = """# A text

First, it is said that a/right. At length it is said that a/wrong. Nobody asks.

And it is said that a/open.
"""
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def quoting(make):
    claims = [
        make.decided("a/right"),
        make.decided("a/wrong", make.falling, expect="refuted"),
        make.decided("a/wrong-too", make.falling, source="p. 1: 'said that a/wrong'", expect=None),
    ]
    error = make.failed("a/open", statement="Open.", source="p. 1: 'it is said that a/open'")
    return ledger.build(claims, [error], "quick", 0, document=Document("said.md", TEXT))


def answer(page, name):
    return page.get_by_role("button", name=name)


def test_a_click_on_a_sentence_opens_its_claims_and_leads_to_them(opened, quoting, expect):
    page = opened(quoting)
    assert page.locator(".behind:visible").count() == 0
    assert "1 sentence without a claim" in page.locator(".bare").inner_text()
    page.get_by_text("At length it is said that a/wrong.").first.click()
    panel = page.locator(".behind:visible")
    expect(panel).to_have_count(1)
    assert panel.get_by_role("link").count() == 2
    answer(page, "right: 1 claim on").click()  # of the same paragraph: the other one closes
    expect(page.locator(".behind:visible")).to_have_count(1)
    page.locator(".behind:visible").get_by_role("link").click()
    expect(page).to_have_title("a/right · hw4")
    page.go_back()
    expect(page.locator(".behind:visible").get_by_role("link")).to_be_focused()


def test_a_link_to_a_sentence_opens_it_and_leads_on(opened, make, expect):
    ten = "\n\n".join(f"Here is a/{n}, said." + " So be it." * 400 for n in range(10))
    claims = [
        make.decided(f"a/{n}", *([make.falling] if n in (3, 8) else []), source=f"'is a/{n}, said'")
        for n in range(10)
    ]
    page = opened(ledger.build(claims, [], "quick", 0, document=Document("said.md", ten)))
    page.get_by_role("link", name="2 wrong").click()
    expect(answer(page, "wrong: 1 claim on “Here is a/3, said.”")).to_be_focused()
    assert page.locator(".behind:visible").count() == 1
    page.get_by_role("link", name="Next sentence that is wrong").press("Enter")
    last = answer(page, "wrong: 1 claim on “Here is a/8, said.”")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()
    assert page.get_by_role("link", name="Next sentence that is wrong").count() == 1
    page.go_back()
    page.go_forward()
    expect(last).to_have_attribute("aria-expanded", "true")


def test_the_keyboard_opens_and_closes_a_sentence(opened, quoting, expect):
    page = opened(quoting)
    wrong = answer(page, "wrong: 2 claims on “At length it is said that a/wrong.”")
    wrong.focus()
    assert wrong.get_attribute("aria-expanded") == "false"
    page.keyboard.press("Enter")
    assert wrong.get_attribute("aria-expanded") == "true"
    page.locator(".behind:visible").get_by_role("link").first.focus()
    page.keyboard.press("Escape")
    assert page.locator(".behind:visible").count() == 0
    expect(wrong).to_be_focused()
    page.keyboard.press("Space")
    assert page.get_by_role("group", name="wrong: “At length it is").is_visible()


def test_paper_and_a_page_without_javascript_have_all_claims_below_the_text(opened, quoting):
    assert opened(quoting, java_script_enabled=False).locator(".behind:visible").count() == 3
    page = opened(quoting)
    page.emulate_media(media="print")
    assert page.locator(".behind:visible").count() == 3


def test_a_phone_needs_no_sideways_scrolling_for_the_text(opened, quoting):
    page = opened(quoting, size=PHONE)
    answer(page, "wrong").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_text(opened, quoting, browser, theme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(quoting, color_scheme=theme)
    answer(page, "wrong").click()
    found = Axe().run(page).response["violations"]
    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"][:300]) for v in grave] == []
