"""The table of all claims: it filters, searches, sorts, and its state is in the address.

Every claim is one row, with its instances folded inside. `mixed` has seven claims; one of them has
two instances.
"""

import pytest


def names(page):
    """Return the names of the visible rows, in their order."""
    return page.locator("#table tbody tr:visible").evaluate_all(
        "rows => rows.map(row => row.querySelector('.claim small').textContent.trim())"
    )


def choose(page, verdict):
    page.locator("select[name=verdict]").select_option(verdict)


def status(page):
    return page.get_by_role("status")


def test_every_claim_is_in_the_table_once(opened, mixed):
    page = opened(mixed)
    assert len(names(page)) == 7
    assert status(page).inner_text() == "7 of 7 claims, 8 of 8 instances"
    headline = page.get_by_role("heading", level=1).inner_text()
    assert headline == "7 claims: 3 right, 2 wrong, 2 open"
    counts = "8 instances: 3 supported, 3 refuted, 1 inconclusive, 1 not measured"
    assert page.get_by_text(f"{counts}; 2 are not as registered").is_visible()


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("right", ["activations/relu-wins", "cnn/proof", "epochs/small"]),
        ("wrong", ["batch-norm/worse-here", "cnn/counter-example"]),
        ("open", ["activations/coin", "epochs/crash"]),
    ],
)
def test_chips_filter_by_answer(opened, mixed, answer, found):
    page = opened(mixed)
    page.locator(f"input[name=answer][value={answer}]").check()
    assert names(page) == found


@pytest.mark.parametrize(
    ("verdict", "found", "instances"),
    [
        ("supported", ["activations/relu-wins", "cnn/proof", "epochs/small"], 3),
        ("refuted", ["batch-norm/worse-here", "cnn/counter-example"], 3),
        ("inconclusive", ["activations/coin"], 1),
        ("not measured", ["epochs/crash"], 1),
        ("unexpected", ["batch-norm/worse-here", "cnn/counter-example"], 2),
    ],
)
def test_a_verdict_is_chosen_by_instance(opened, mixed, verdict, found, instances):
    page = opened(mixed)
    choose(page, verdict)
    assert names(page) == found
    assert status(page).inner_text() == (f"{len(found)} of 7 claims, {instances} of 8 instances")


def test_the_instances_are_folded_inside(opened, mixed, expect):
    page = opened(mixed)
    row = page.locator("#table tbody tr", has_text="batch-norm/worse-here")
    fold, inner = row.locator("summary"), row.locator("li a")
    assert fold.inner_text().strip() == "2 instances: 2 refuted"
    assert fold.locator("i").count() == 2
    assert not inner.first.is_visible()
    fold.click()
    assert inner.all_inner_texts() == ["digits", "phantom"]
    choose(page, "unexpected")  # of them only one
    expect(inner.last).to_be_hidden()
    assert row.locator("summary .out").count() == 1
    inner.first.click()
    expect(page).to_have_title("batch-norm/worse-here [digits] · hw4")


def test_a_claims_sentence_leads_to_the_first_instance_that_the_filter_leaves(opened, mixed):
    page = opened(mixed)
    page.get_by_label("Data set").select_option("phantom")
    link = page.locator("#table tbody tr:visible", has_text="worse-here").locator("a").first
    assert link.get_attribute("href") == "#claim:batch-norm/worse-here:phantom"
    page.get_by_role("button", name="Reset").click()
    assert link.get_attribute("href") == "#claim:batch-norm/worse-here:digits"


def test_two_parameters_make_a_grid_of_marks(opened, make):
    page = opened(
        make.bound(
            make.decided(
                "a/map",
                make.falling if net == "relu" else (lambda seeds: 1.0 + seeds),
                expect=None,
                instance=f"{net}-{depth}",
                parameters={"net": net, "depth": depth},
            )
            for net in ("relu", "tanh")
            for depth in ("2", "4", "16")
        )
    )
    lines = page.locator("summary .line")
    marks = [line.locator("i").count() for line in lines.all()]
    assert marks == [3, 3]
    first = lines.first.locator("i")
    assert [each.get_attribute("title") for each in first.all()] == ["relu-2", "relu-4", "relu-16"]
    assert "refuted" in first.first.get_attribute("class")
    assert "net: right for tanh; wrong for relu" in opened_article(page)


def opened_article(page):
    page.locator("#table tbody a").first.click()
    return page.locator("article.open").inner_text()


def test_a_part_of_the_homework_and_a_data_set_are_chosen_together(opened, mixed):
    page = opened(mixed)
    page.get_by_label("Part").select_option("HW4 part 1, task 2")
    page.get_by_label("Data set").select_option("phantom")
    assert names(page) == ["batch-norm/worse-here", "epochs/small"]
    page.get_by_label("Data set").select_option("none")
    assert names(page) == ["activations/coin"]


def test_search_finds_words_anywhere_in_a_claim(opened, mixed):
    page = opened(mixed)
    search = page.get_by_role("searchbox", name="Search")
    for words, count in [("WORSE said", 1), ("task 4b", 1), ("points", 3), ("digits", 2)]:
        search.fill(words)
        assert len(names(page)) == count, words
    search.fill("supported")  # a verdict is no part of what is searched
    assert names(page) == []


def test_filters_combine_and_reset(opened, mixed):
    page = opened(mixed)
    choose(page, "refuted")
    page.get_by_role("searchbox").fill("batch")
    page.get_by_label("Data set").select_option("digits")
    assert names(page) == ["batch-norm/worse-here"]
    page.get_by_role("searchbox").fill("no such words")
    assert page.get_by_text("Nothing matches.").is_visible()
    page.get_by_role("button", name="Show all claims").click()
    assert status(page).inner_text() == "7 of 7 claims, 8 of 8 instances"
    assert len(names(page)) == 7


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
    # −2e9, 0.75, 10.5, 2e9; what has no effect stays last, whichever way.
    assert rising[1:4] == [
        "activations/coin",
        "epochs/small",
        "activations/relu-wins",
    ]
    assert falling[:3] == rising[1:4][::-1]
    assert rising[4:] == falling[4:] == ["cnn/counter-example", "cnn/proof", "epochs/crash"]


def test_the_address_keeps_the_filter_and_the_order(opened, mixed):
    page = opened(mixed)
    choose(page, "refuted")
    page.get_by_role("searchbox").fill("batch norm")
    for _ in range(2):
        page.get_by_role("button", name="Answer").click()
    found = names(page)
    assert found == ["batch-norm/worse-here"]
    again = opened(mixed, page.evaluate("location.hash"))
    assert names(again) == found
    assert again.get_by_role("searchbox").input_value() == "batch norm"
    assert again.locator("th.verdict").get_attribute("aria-sort") == "descending"


def test_back_undoes_a_filter(opened, mixed, expect):
    page = opened(mixed)
    choose(page, "refuted")
    choose(page, "inconclusive")
    page.go_back()
    expect(status(page)).to_have_text("2 of 7 claims, 3 of 8 instances")
    assert page.locator("select[name=verdict]").input_value() == "refuted"
    page.go_back()
    expect(status(page)).to_have_text("7 of 7 claims, 8 of 8 instances")


@pytest.mark.parametrize("fragment", ["#?verdict=odd&part=none&data=%zz&sort=-odd", "#no", "#%"])
def test_an_address_with_nonsense_shows_everything(opened, mixed, fragment):
    assert len(names(opened(mixed, fragment))) == 7


def test_a_ledger_without_claims_says_so(opened, make):
    page = opened(make.bound([]))
    assert page.get_by_text("This ledger has no claims.").is_visible()
