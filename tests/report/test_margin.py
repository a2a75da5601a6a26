"""The slider of a claim's page counts its seeds at another margin by the rule that decides claims.

JavaScript is compared with `hw4.claims.claim` and `hw4.statistics` at every place of the slider.
"""

import numpy as np
import pytest
from entries import entry

from hw4 import Claim
from hw4.report.reading.events import sequential_test

ALPHA = 1e-4
# Move the slider to every place: the margin there, and what is said of it.
EVERY = """() => {
  const section = document.querySelector("article.open section.margin");
  const slider = section.querySelector("input"), said = section.querySelector("[role=status]");
  return Array.from({ length: Number(slider.max) - Number(slider.min) + 1 }, (_, n) => {
    slider.value = Number(slider.min) + n;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    return [Number(said.dataset.margin), said.textContent];
  });
}"""


def drawn(kind, size=40, **more):
    """Return a claim whose seeds differ, some by exactly the margin and some infinitely."""
    values = np.random.default_rng(5).normal(0.12, 0.1, size).round(4).tolist()
    values[3:6] = [0.05, -0.05, 0.05 + 5e-7]
    counts = {"seeds": size, "events": 0, "evidence": values}
    return entry(counts, {"kind": kind, "margin": 0.05, "unit": "points", **more})


def diverged():
    made = drawn("win")
    made.evidence[7:10] = ["inf", "-inf", "nan"]
    return made


CASES = {
    "win": lambda: drawn("win"),
    "no margin": lambda: drawn("win", margin=0.0),
    "equivalent": lambda: drawn("equivalent"),
    "diverged": diverged,
    "confirmed": lambda: drawn("win", verdict="confirmed", confirm_alpha=0.01),
    "of 95 in 100": lambda: drawn("win", share=0.95, p0=0.6786, budget=120),
    "small budget": lambda: drawn("win", budget=24),
    "tiny": lambda: drawn("win", 6),
}


def percent(share):
    """Return a share as the page writes it: two digits."""
    return float(f"{100 * share:.1e}")


@pytest.mark.parametrize("case", CASES)
def test_at_every_margin_the_page_says_what_python_decides(opened, make, case):
    record = CASES[case]()
    page = opened(make.bound([record]), "#claim:area/name")
    test, places = sequential_test(record, ALPHA), page.evaluate(EVERY)
    assert len(places) > 100
    words = set()
    for margin, said in places:
        shown = Claim("Same.", kind=record.kind, margin=margin).events(np.array(record.numbers()))
        decided = test.decide(shown)
        words.add(decided.verdict)
        assert f": {shown.sum()} of {shown.size} seeds show it; " in said
        if decided.settled:
            stop = f"{decided.verdict}, after {decided.seeds} seeds of which {decided.events} show"
        else:
            stop = f"these {decided.seeds} seeds decide nothing"
        assert f"; {stop}" in said, margin
    assert len(words) > 1


@pytest.mark.parametrize("case", ["win", "confirmed", "of 95 in 100"])
def test_the_error_rates_are_the_exact_ones(opened, make, case):
    record = CASES[case]()
    places = opened(make.bound([record]), "#claim:area/name").evaluate(EVERY)
    test = sequential_test(record, ALPHA)
    holds = "confirmed" if record.confirm_alpha else "supported"
    rates = [f"{percent(test.operating_characteristics(test.p0).supported):g} %"]
    rates += [f"{percent(test.operating_characteristics(test.p1).refuted):g} %"]
    for margin, said in places[::20]:
        assert f"wrongly {holds} {rates[0]} at a true share of" in said
        assert f"wrongly refuted {rates[1]} at" in said
        shown = Claim("Same.", kind=record.kind, margin=margin).events(np.array(record.numbers()))
        again = test.operating_characteristics(shown.mean())
        for share, words in [
            (again.supported, f"would be {holds} in "),
            (again.refuted, "refuted in "),
            (again.inconclusive, "undecided in "),
        ]:
            found = float(said.partition(words)[2].partition(" %")[0])
            assert found == pytest.approx(100 * share, rel=0.06, abs=1e-9)


def test_it_begins_at_the_claims_own_margin_and_moves_with_the_keyboard(opened, make, expect):
    page = opened(make.bound([drawn("win")]), "#claim:area/name")
    slider = page.get_by_role("slider", name="Margin")
    said = page.locator("article.open section.margin [role=status]")
    expect(said).to_contain_text("This is the claim’s own margin.")
    expect(slider).to_have_attribute("aria-valuetext", "0.05 points")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(said).not_to_contain_text("own margin")
    assert float(slider.get_attribute("aria-valuetext").split()[0]) > 0.05
    text = page.locator("article.open section.margin").inner_text()
    assert "Exploration, not a verdict" in text


@pytest.mark.parametrize("name", ["activations/coin", "cnn/proof", "epochs/crash"])
def test_what_has_no_margin_has_no_slider(opened, mixed, name):
    page = opened(mixed, f"#claim:{name}")
    assert page.locator("article.open").count() == 1
    assert page.get_by_role("slider").count() == 0
