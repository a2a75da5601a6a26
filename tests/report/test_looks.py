"""How the page looks: themes, a phone, paper, no JavaScript, and what axe says of it."""

import datetime

import pytest
from msgspec.structs import replace

from hw4.report.page import render
from hw4.report.reading.difference import difference
from hw4.report.reading.overtime import Ratio, Run, over_time

WORSE = "#claim:batch-norm/worse-here:phantom"
PHONE = {"width": 360, "height": 740}


def ground(page):
    """Return how light the page's ground is, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return max(int(part) for part in colour.strip("rgb()").split(","))


def stored(page):
    """Return the theme that the browser was asked to remember, or None."""
    return page.evaluate("localStorage.getItem('hw4-theme')")


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_theme_is_the_systems_until_one_is_chosen(opened, mixed, system):
    page = opened(mixed, color_scheme=system)
    assert (ground(page) < 128) == (system == "dark")
    assert stored(page) is None
    chosen = "light" if system == "dark" else "dark"
    page.get_by_role("button", name=f"{chosen.title()} theme").click()
    assert (ground(page) < 128) == (system == "light")
    assert stored(page) == chosen


@pytest.mark.parametrize("chosen", ["light", "dark"])
def test_the_page_begins_in_the_theme_that_was_chosen(opened, mixed, chosen):
    # The browser's memory is played, not used across a reload: on a busy machine Chromium 156 loses
    # the storage of a page whose head reads it (10 of 152 reloads of a page without our code).
    answer = f"Storage.prototype.getItem = (name) => (name === 'hw4-theme' ? '{chosen}' : null);"
    system = "light" if chosen == "dark" else "dark"
    page = opened(mixed, before=answer, color_scheme=system)
    assert (ground(page) < 128) == (chosen == "dark")
    assert page.get_by_role("button", name=f"{system.title()} theme").is_visible()


def test_a_browser_that_refuses_to_remember_still_switches(opened, mixed):
    page = opened(mixed)
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('refused'); }; }")
    page.get_by_role("button", name="Dark theme").click()
    assert ground(page) < 128


@pytest.mark.parametrize("fragment", ["", WORSE, "#claim:epochs/crash", "#claim:cnn/proof"])
def test_a_phone_needs_no_sideways_scrolling(opened, mixed, expect, fragment):
    page = opened(mixed, fragment, size=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    if not fragment:
        page.locator("#table tbody a:visible").last.click()  # still a target there
        expect(page.locator("article:visible")).to_have_count(1)


def test_everything_is_there_without_javascript(opened, mixed):
    page = opened(mixed, java_script_enabled=False)
    assert page.locator("article:visible").count() == 8
    assert page.locator("#table tbody tr:visible").count() == 7
    assert page.locator(".script:visible").count() == 0
    assert page.locator("#overview").is_visible()


def test_paper_has_the_overview_and_every_claim(opened, mixed):
    page = opened(mixed, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("article:visible").count() == 8
    assert page.locator("#table tbody tr:visible").count() == 7
    assert page.locator("button:visible").count() == page.locator("th button:visible").count()
    assert ground(page) == 255


def test_paper_has_only_the_claim_that_is_open(opened, mixed):
    page = opened(mixed, WORSE)
    page.emulate_media(media="print")
    assert page.locator("article:visible").count() == 1


@pytest.fixture(scope="session")
def axe(browser):
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("fragment", ["", WORSE, "#claim:a/depth:digits-4"])
def test_axe_finds_nothing_serious(opened, mixed, deeper, make, axe, theme, fragment):
    before = make.bound([*mixed.claims[2:4], make.decided("gone/claim")])
    after = replace(mixed, claims=mixed.claims + deeper.claims)
    page = opened(after, fragment, difference=difference(before, after), color_scheme=theme)
    found = axe.run(page).response["violations"]
    grave = [
        f"{v['id']}: {v['nodes'][0]['html'][:300]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert grave == []


def test_the_difference_stands_first_and_leads_to_claims(opened, mixed, make, expect):
    turned = make.decided("activations/relu-wins", make.falling, dataset="digits")
    before = make.bound([turned, make.decided("gone/claim")])
    page = opened(mixed, difference=difference(before, mixed))
    section = page.locator("#difference")
    assert "gone/claim" in section.inner_text()
    section.get_by_role("link", name="activations/relu-wins").first.click()
    expect(page).to_have_title("activations/relu-wins [digits] · hw4")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_drawing_that_is_referred_to_looks_like_the_first(opened, mixed, theme):
    page = opened(mixed, java_script_enabled=False, color_scheme=theme)
    name = page.locator("svg.plot > use").first.get_attribute("href")

    picture = page.locator("svg.plot:has(> use)").first
    picture.evaluate("each => each.style = 'position: fixed; inset: 0 auto auto 0'")

    def seen():
        return page.screenshot(clip=picture.bounding_box())

    referred = seen()
    picture.evaluate(
        f"each => each.lastChild.replaceWith(...document.querySelector('{name}').childNodes)"
    )
    assert page.locator(f"{name} > *").count() == 0
    assert seen() == referred
    picture.evaluate("each => each.lastChild.remove()")
    assert seen() != referred


def runs(make, mixed):
    """Return a page of three runs and of two benchmarks: one claim changed, one was not run."""
    turned = make.decided("activations/relu-wins", make.falling, dataset="digits")
    others = [record for record in mixed.claims if record.id != turned.id]
    books = [mixed, make.bound([turned, *others[:2]]), make.bound([turned, *others])]
    days = [datetime.datetime(2026, 1, day, tzinfo=datetime.UTC) for day in (1, 2, 3)]
    found = [Run(f"{day:%F}.json", day, book) for day, book in zip(days, books, strict=True)]
    ratios = [
        Ratio(f"b.py::{word}", day, "v1", "abc", word, (1.1, 1.2, 1.3), 0.1)
        for day in days
        for word in ("slower", "no change")
    ]
    return render(books[-1], over=over_time(found, ratios))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_runs_over_time_suit_everybody(opened, mixed, make, axe, expect, theme):
    """On a phone nothing is cut; axe finds nothing serious; a name leads to its claim."""
    page = opened(runs(make, mixed), color_scheme=theme, size=PHONE)
    section = page.locator("#overtime")
    expect(section.get_by_role("heading", name="Changed verdict 1")).to_be_visible()
    picture = section.get_by_role("img", name="activations/relu-wins [digits], run by run")
    told = "Run 1: supported; runs 2 to 3: refuted."
    expect(picture.locator("desc")).to_have_text(told)
    for summary in section.locator("summary").all():
        if summary.is_visible():
            summary.click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = axe.run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    section.get_by_role("link", name="activations/relu-wins [digits]").click()
    expect(page.locator("article.open")).to_have_attribute(
        "id", "claim:activations/relu-wins:digits"
    )


BOXES = """(part) => [...document.querySelectorAll(part)].map((each) => {
  const { top, bottom, left, right, height } = each.getBoundingClientRect();
  const lines = each.getClientRects().length, key = "legend" in each.dataset;
  return { top, bottom, left, right, height, lines, key };
})"""


@pytest.mark.parametrize("width", [360, 390, 560, 800, 1120])
def test_a_number_of_the_headline_stays_with_its_word(opened, make, width):
    """Of "45 right, 10" on one line and "wrong" on the next, ten would be read as right."""
    answers = [make.decided(f"a/{n}", make.falling) for n in range(25)]
    answers += [make.decided(f"b/{n}") for n in range(25)]
    page = opened(make.bound(answers), size={"width": width, "height": 740})
    heading = page.get_by_role("heading", level=1)
    assert heading.inner_text() == "50 claims: 25 right, 25 wrong"
    assert page.title() == "hw4: 50 claims: 25 right, 25 wrong"
    boxes = page.evaluate(BOXES, "h1 span")
    assert [each["lines"] for each in boxes] == [1, 1, 1]
    assert max(each["right"] for each in boxes) <= width


@pytest.mark.parametrize("width", [390, 1280])
def test_instances_of_a_claim_stand_in_columns(opened, deeper, width):
    page = opened(deeper, "#claim:a/depth:digits-4", size={"width": width, "height": 740})
    page.locator("article.open .kin li").first.wait_for()
    for column in (1, 2, 3):
        boxes = page.evaluate(BOXES, f"article.open .kin li > span:nth-of-type({column})")
        assert len(boxes) == 3
        assert len({round(each["left"]) for each in boxes}) == 1
        assert len({round(each["height"]) for each in boxes}) == 1


@pytest.mark.parametrize("width", [390, 800, 900, 1280])
def test_a_name_of_an_instance_in_the_table_stands_on_one_line(opened, deeper, width):
    page = opened(deeper, size={"width": width, "height": 740})
    page.locator("#table summary").click()
    page.locator("#table .kin a").last.wait_for()
    boxes = page.evaluate(BOXES, "#table .kin a > *")
    assert [each["lines"] for each in boxes] == [1, 1, 1]


@pytest.mark.parametrize("width", [390, 1280])
def test_a_key_stands_nearer_to_its_own_pictures_than_to_those_above(opened, make, width):
    """Learning curves of more arms than colours come in two parts, each below its own key."""
    several = make.decided("a/many", dataset="digits")
    arms = [replace(several.series.arms[0], arm=f"MLP({n}), SGD(0.1), digits") for n in range(9)]
    several = replace(several, series=replace(several.series, arms=arms))
    size = {"width": width, "height": 740}
    page = opened(make.bound([several]), "#claim:a/many:digits", size=size)
    boxes = page.evaluate(BOXES, "article.open .runs svg")
    second = [each["key"] for each in boxes].index(True, 1)
    above = boxes[second]["top"] - max(each["bottom"] for each in boxes[:second])
    below = boxes[second + 1]["top"] - boxes[second]["bottom"]
    assert above > 1.5 * below > 0
