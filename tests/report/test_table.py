"""The table of all claims: it filters, searches, sorts, and its state is in the address."""

import pytest


def names(page):
    """Return the names of the visible rows, in their order."""
    return page.locator("#table tbody tr:visible").evaluate_all(
        "rows => rows.map(row => row.querySelector('.claim small').textContent.trim())"
    )


def choose(page, verdict):
    page.locator(f'input[name=verdict][value="{verdict}"]').check()


def status(page):
    return page.get_by_role("status")


def test_every_claim_is_in_the_table(opened, mixed):
    page = opened(mixed)
    assert len(names(page)) == 8
    assert status(page).inner_text() == "8 of 8 claims"
    assert page.get_by_role("heading", level=1).inner_text().startswith("8 claims: ")


@pytest.mark.parametrize(
    ("verdict", "found"),
    [
        ("supported", ["activations/relu-wins digits", "cnn/proof", "epochs/small phantom"]),
        ("inconclusive", ["activations/coin"]),
        ("not measured", ["epochs/crash"]),
        ("unexpected", ["batch-norm/worse-here digits", "cnn/counter-example"]),
    ],
)
def test_chips_filter_by_verdict(opened, mixed, verdict, found):
    page = opened(mixed)
    choose(page, verdict)
    assert names(page) == found
    assert status(page).inner_text() == f"{len(found)} of 8 claims"


def test_a_part_of_the_homework_and_a_data_set_are_chosen_together(opened, mixed):
    page = opened(mixed)
    page.get_by_label("Part").select_option("HW4 part 1, task 2")
    page.get_by_label("Data set").select_option("phantom")
    assert names(page) == ["batch-norm/worse-here phantom", "epochs/small phantom"]
    page.get_by_label("Data set").select_option("none")
    assert names(page) == ["activations/coin"]


def test_search_finds_words_anywhere_in_a_claim(opened, mixed):
    page = opened(mixed)
    search = page.get_by_role("searchbox", name="Search")
    for words, count in [("WORSE said", 2), ("task 4b", 1), ("points", 4), ("digits", 2)]:
        search.fill(words)
        assert len(names(page)) == count, words
    search.fill("supported")  # a verdict is no part of what is searched
    assert names(page) == []


def test_filters_combine_and_reset(opened, mixed):
    page = opened(mixed)
    choose(page, "refuted")
    page.get_by_role("searchbox").fill("batch")
    page.get_by_label("Data set").select_option("digits")
    assert names(page) == ["batch-norm/worse-here digits"]
    page.get_by_role("searchbox").fill("no such words")
    assert page.get_by_text("Nothing matches.").is_visible()
    page.get_by_role("button", name="Show all claims").click()
    assert status(page).inner_text() == "8 of 8 claims"
    assert len(names(page)) == 8


def test_columns_sort_both_ways(opened, mixed):
    page = opened(mixed)
    ascending = names(page)
    page.get_by_role("button", name="Claim", exact=True).click()
    assert names(page) == ascending[::-1]
    effect = page.get_by_role("button", name="Effect", exact=True)
    effect.click()
    rising = names(page)
    assert page.locator("th.effect").get_attribute("aria-sort") == "ascending"
    effect.click()
    falling = names(page)
    assert page.locator("th.effect").get_attribute("aria-sort") == "descending"
    assert page.locator("[aria-sort]").count() == 1
    # −2e9, −2e9, 0.75, 10.5, 2e9; what has no effect stays last, whichever way.
    assert rising[2:5] == [
        "activations/coin",
        "epochs/small phantom",
        "activations/relu-wins digits",
    ]
    assert falling[:3] == rising[2:5][::-1]
    assert rising[5:] == falling[5:] == ["cnn/counter-example", "cnn/proof", "epochs/crash"]


def test_the_address_keeps_the_filter_and_the_order(opened, mixed):
    page = opened(mixed)
    choose(page, "refuted")
    page.get_by_role("searchbox").fill("batch norm")
    page.get_by_role("button", name="Data set").click()
    page.get_by_role("button", name="Data set").click()
    found = names(page)
    assert found == ["batch-norm/worse-here phantom", "batch-norm/worse-here digits"]
    again = opened(mixed, page.evaluate("location.hash"))
    assert names(again) == found
    assert again.get_by_role("searchbox").input_value() == "batch norm"
    assert again.locator("th.data").get_attribute("aria-sort") == "descending"


def test_back_undoes_a_filter(opened, mixed, expect):
    page = opened(mixed)
    choose(page, "refuted")
    choose(page, "inconclusive")
    page.go_back()
    expect(status(page)).to_have_text("3 of 8 claims")
    assert page.locator("input[value=refuted]").is_checked()
    page.go_back()
    expect(status(page)).to_have_text("8 of 8 claims")


@pytest.mark.parametrize("fragment", ["#?verdict=odd&part=none&data=%zz&sort=-odd", "#no", "#%"])
def test_an_address_with_nonsense_shows_everything(opened, mixed, fragment):
    assert len(names(opened(mixed, fragment))) == 8


def test_a_ledger_without_claims_says_so(opened, make):
    page = opened(make.bound([]))
    assert page.get_by_text("This ledger has no claims.").is_visible()
