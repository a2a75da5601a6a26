"""One claim at a time: by its link, by a click, back and forth, and with the keyboard alone."""

import re

import pytest

WORSE = "#claim:batch-norm/worse-here:phantom"
ALL = re.compile("^hw4: ")


@pytest.fixture
def titled(expect):
    """Return a function that waits for a page's title to begin with a claim's name."""
    return lambda page, name: expect(page).to_have_title(re.compile("^" + re.escape(name)))


def in_the_table(page, place):
    return page.locator("#table tbody a:visible").nth(place)


def test_a_claim_opens_by_its_link(opened, mixed, expect, titled):
    page = opened(mixed, WORSE)
    titled(page, "batch-norm/worse-here [phantom]")
    assert page.locator("article:visible").count() == 1
    assert not page.locator("#overview").is_visible()
    article = page.locator("article.open")
    expect(article.locator("h2")).to_be_focused()
    assert "it is said that batch-norm/worse-here" in article.locator("blockquote").inner_text()
    assert "refuted: shown by 0 of 6 seeds (0 to 46 %)" in article.inner_text()
    assert article.locator("svg").count() >= 2


def test_back_and_forward_lead_through_claims(opened, mixed, expect, titled):
    page = opened(mixed)
    page.get_by_role("searchbox").fill("batch")
    in_the_table(page, 0).click()
    titled(page, "batch-norm/worse-here [digits]")
    page.get_by_role("link", name="Next →").click()
    titled(page, "batch-norm/worse-here [phantom]")
    page.go_back()
    titled(page, "batch-norm/worse-here [digits]")
    page.go_back()
    expect(page).to_have_title(ALL)
    expect(page.get_by_role("searchbox")).to_have_value("batch")
    expect(page.locator("#table tbody tr:visible")).to_have_count(1)
    page.go_forward()
    titled(page, "batch-norm/worse-here [digits]")


def test_next_and_previous_stay_within_the_filter(opened, mixed, expect):
    page = opened(mixed)
    page.locator("select[name=verdict]").select_option("refuted")
    page.locator("#table summary").click()
    page.locator("#table li a").last.click()
    expect(page.locator("#place")).to_have_text("2 of 3")
    page.get_by_role("link", name="Next →").click()
    expect(page.locator("#place")).to_have_text("3 of 3")
    assert page.locator("#next").get_attribute("href") is None
    page.get_by_role("link", name="← All claims").click()
    expect(page.get_by_role("status")).to_have_text("2 of 7 claims, 3 of 8 instances")
    expect(in_the_table(page, 3)).to_be_focused()  # where one came from


def test_instances_lead_to_one_another(opened, mixed, titled):
    page = opened(mixed, WORSE)
    page.locator("article.open .kin").get_by_role("link", name="digits").click()
    titled(page, "batch-norm/worse-here [digits]")


def test_every_instance_has_the_explanation_that_the_page_holds_once(opened, mixed, make):
    other = make.decided("batch-norm/worse-here", instance="other", explanation="Otherwise.")
    page = opened(make.bound([*mixed.claims, other]), WORSE)
    shown = page.locator("article.open .why")
    assert shown.inner_text().split("\n")[-1] == "Because."
    assert page.locator("article .why", has_text="Because.").count() == 2  # the first lent its own
    page.locator("article.open .kin").get_by_role("link", name="other").click()
    assert shown.inner_text().split("\n")[-1] == "Otherwise."


def test_the_picture_of_all_instances_comes_along(opened, deeper, expect, titled):
    page = opened(deeper, "#claim:a/depth:digits-2")
    picture = page.locator("article.open [data-family] svg")
    expect(picture).to_have_count(1)
    page.locator("article.open .kin").get_by_role("link", name="digits-16").click()
    titled(page, "a/depth [digits-16]")
    expect(picture).to_have_count(1)
    assert page.locator("#pictures .home svg").count() == 0
    page.get_by_role("link", name="← All claims").click()
    expect(page.locator("#pictures .home svg")).to_have_count(1)


def test_a_claim_that_was_not_measured_says_why(opened, mixed):
    text = opened(mixed, "#claim:epochs/crash").locator("article.open").inner_text()
    assert "not measured" in text
    assert "RuntimeError: boom" in text


def test_the_keyboard_alone_opens_a_claim(opened, mixed, expect, titled):
    page = opened(mixed)
    status = page.get_by_role("status")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("cnn/proof")  # this / is a character like any other
    expect(status).to_have_text("1 of 7 claims, 1 of 8 instances")
    page.keyboard.press("Escape")
    expect(status).to_have_text("7 of 7 claims, 8 of 8 instances")
    page.keyboard.type("relu")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("Boolean(document.activeElement.closest('td'))"):
            break
    page.keyboard.press("Enter")
    titled(page, "activations/relu-wins")
    expect(page.locator("article.open h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page).to_have_title(ALL)
    expect(status).to_have_text("1 of 7 claims, 1 of 8 instances")


def test_a_slash_leads_from_a_claim_to_the_search(opened, mixed, expect):
    page = opened(mixed, WORSE)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_the_arrows_move_between_answers(opened, mixed, expect):
    page = opened(mixed)
    page.locator("input[name=answer]").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_have_text("3 of 7 claims, 3 of 8 instances")


# What the page puts off by two seconds never comes: the test may take longer to look.
HOLD = """
const later = setTimeout;
window.setTimeout = (work, wait, ...more) => (wait === 2000 ? 0 : later(work, wait, ...more));
"""


def test_the_command_is_copied(opened, mixed):
    permissions = ["clipboard-read", "clipboard-write"]
    page = opened(mixed, WORSE, before=HOLD, permissions=permissions)
    page.locator("article.open").get_by_role("button", name="Copy").click()
    page.locator("article.open").get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "hw4 run -k 't[phantom]'"
