"""The slider of a claim's page counts its seeds at another margin by the rule that decides claims.

JavaScript is compared with `hw4.claims.claim` and `hw4.statistics` at every place of the slider.
"""

import math
import re

import numpy as np
import pytest
from entries import entry

from hw4 import Claim
from hw4.report.reading import numerals
from hw4.report.reading.events import sequential_test
from hw4.statistics import SequentialTest, share_ruled_out
from hw4.statistics.ratios import RatioTest
from hw4.timing.stopwatch import MANY_ELEMENTS, WIDE

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


def chance(said, word):
    """Return how often, in percent, the page says that a new run would come to a verdict."""
    told = re.search(r"a new run would (.*?)\.(?: |$)", said)[1].removeprefix("be ")
    if told.startswith("always be "):
        return 100 * (told == f"always be {word}")
    found = dict(re.findall(r"(\w+) in (?:under )?([\d.]+) %", told))
    return float(found.get(word, 0))


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
        for share, word in [
            (again.supported, holds),
            (again.refuted, "refuted"),
            (again.inconclusive, "undecided"),
        ]:
            assert chance(said, word) == pytest.approx(100 * share, rel=0.06, abs=1e-4)


def test_where_all_or_no_seeds_show_it_no_share_is_given(opened, make):
    """A person says "always", not "in 100 %, and in 0 %"; and of nearly all, not "100 %"."""
    record = drawn("win", 300, budget=400, alpha=0.01, margin=0.01, evidence=[*[0.5] * 299, -0.5])
    said = dict(opened(make.bound([record]), "#claim:area/name").evaluate(EVERY))
    first, last = said[0.01], said[max(said)]
    assert "If 99.7 % of all seeds showed it, a new run would be supported in " in first
    assert "in 100 %" not in first
    assert "If no seed showed it, a new run would always be refuted. The exact" in last
    record = drawn("win", evidence=[0.5] * 40)
    said = dict(opened(make.bound([record]), "#claim:area/name").evaluate(EVERY))
    assert "If every seed showed it, a new run would always be supported. The" in said[0.05]


@pytest.mark.parametrize("seeds", [8, 16, 40, 64, 200, 400])
def test_a_share_of_seeds_is_written_as_elsewhere_on_the_page(opened, make, seeds):
    """Of eight seeds one is 12 % and seven are 88 %: Python gives a half to the even number."""
    record = drawn("win", seeds, budget=seeds, evidence=[float(n) for n in range(1, seeds + 1)])
    record = entry(record, {"margin": seeds / 10})
    for margin, said in opened(make.bound([record]), "#claim:area/name").evaluate(EVERY):
        shown = sum(value > margin + 1e-6 * max(1, margin) for value in record.evidence)
        if 0 < shown < seeds:
            assert f"If {numerals.share(shown / seeds)} of all seeds showed it" in said, (
                shown,
                seeds,
            )


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


def of_rate(holds_when=True, events=36, size=40, **more):
    """Return a rate that most seeds show; `holds_when` says which boolean does."""
    shown = [n % size < events for n in range(0, 7 * size, 7)]
    evidence = [each == holds_when for each in shown]
    counts = {"seeds": size, "events": sum(shown), "evidence": evidence}
    return entry(counts, {"kind": "rate", "margin": 0.0, "holds_when": holds_when, **more})


RATES = {
    "at least": of_rate,
    "at most": lambda: of_rate(holds_when=False, share=0.95, p0=share_ruled_out(0.95), budget=120),
    "confirmed": lambda: of_rate(verdict="confirmed", confirm_alpha=0.01),
    "every seed": lambda: of_rate(events=40),
    "a share between two": lambda: of_rate(events=39, share=0.875),
}


@pytest.mark.parametrize("case", RATES)
def test_at_every_share_the_page_says_what_python_decides(opened, make, case):
    record = RATES[case]()
    page = opened(make.bound([record]), "#claim:area/name")
    places, words = page.evaluate(EVERY), set()
    shown = np.array([each == record.holds_when for each in record.evidence])
    assert [place for place, _ in places if place == record.share] == [record.share]
    assert len(places) >= 45
    holds = "confirmed" if record.confirm_alpha else "supported"
    for share, said in places:
        p0 = record.p0 if share == record.share else share_ruled_out(share)
        test = SequentialTest(ALPHA, p0, share, record.budget, record.confirm_alpha)
        decided = test.decide(shown)
        words.add(decided.verdict)
        told = (
            f"least {100 * share:.5g} %" if record.holds_when else f"most {100 - 100 * share:.5g} %"
        )
        assert said.startswith(f"At a share of at {told}: {shown.sum()} of 40 seeds show it; ")
        if decided.settled:
            stop = f"{decided.verdict}, after {decided.seeds} seeds of which {decided.events} show"
        else:
            stop = f"these {decided.seeds} seeds decide nothing"
        assert f"; {stop}" in said, share
        wrongly = test.operating_characteristics(p0).supported
        found = float(said.partition(f"wrongly {holds} ")[2].partition(" %")[0])
        assert found == pytest.approx(100 * wrongly, rel=0.06, abs=1e-9)
        assert said.endswith("own share.") == (share == record.share)
    assert len(words) > 1


def of_time(middle, processes=6, spread=0.01, noise=0.0, margin=0.1, elements=0):
    """Return the record of rounds, and the rounds: logarithms of ratios and of the control."""
    rng = np.random.default_rng(2)
    logs = math.log(middle) + rng.normal(0, spread, (processes, 8))
    control = np.full((processes // 2, 8), noise)
    least = WIDE if elements > MANY_ELEMENTS else 0
    found = RatioTest(max(margin, least)).decide(logs, control)
    effect = {"median": found.ratio, "low": found.low, "high": found.high, "confidence": 0.99}
    timing = {
        "processes": processes,
        "elements": elements,
        "control": found.control,
        "margin": found.margin,
    }
    evidence = np.exp(logs).ravel().tolist()
    fields = {"kind": "timing", "margin": margin, "effect": effect, "timing": timing}
    return entry(fields, {"evidence": evidence, "verdict": found.verdict}), logs, control, least


TIMES = {
    "slower": lambda: of_time(1.25),
    "faster": lambda: of_time(0.8),
    "alike": lambda: of_time(1.03),
    "four processes": lambda: of_time(1.25, processes=4),
    "four processes, faster": lambda: of_time(0.7, processes=4),
    "many": lambda: of_time(1.1, processes=24),
    "noisy": lambda: of_time(1.25, noise=0.08),
    "noisy, faster": lambda: of_time(0.97, noise=0.01),
    "noisy, alike": lambda: of_time(1.07, spread=0.005, noise=0.08),
    "large arrays": lambda: of_time(1.15, spread=0.02, elements=MANY_ELEMENTS + 1),
    "large arrays, noisy": lambda: of_time(1.19, elements=MANY_ELEMENTS + 1, noise=0.08),
    "arrays that are not yet large": lambda: of_time(1.13, elements=MANY_ELEMENTS),
}


@pytest.mark.parametrize("case", TIMES)
def test_at_every_margin_of_time_the_page_says_what_python_decides(opened, make, case):
    record, logs, control, least = TIMES[case]()
    page = opened(make.bound([record]), "#claim:area/name")
    places, words = page.evaluate(EVERY), set()
    assert len(places) > 50
    assert sum("own margin" in said for _, said in places) == 1
    for margin, said in places:
        found = RatioTest(max(margin, least)).decide(logs, control)
        words.add(found.verdict)
        assert f": {found.verdict}. The interval of the ratio is {found.low:.3g} to " in said
        noisy = found.margin > max(margin, least)
        assert ("widens that margin to" in said) == noisy, margin
        wide = "For arrays of this size the margin is at least 0.15." in said
        assert wide == (margin < least and not noisy), margin
        if margin == record.margin:
            assert f": {record.verdict}. " in said  # the verdict that the page shows above
    assert len(words) > 1


def test_the_slider_of_a_share_has_its_name(opened, make, expect):
    page = opened(make.bound([of_rate(holds_when=False)]), "#claim:area/name")
    slider = page.get_by_role("slider", name="Share of seeds")
    expect(slider).to_have_attribute("aria-valuetext", "at most 10 %")
    expect(page.get_by_role("heading", name="Another share of seeds")).to_be_visible()


@pytest.mark.parametrize("name", ["cnn/proof", "epochs/crash"])
def test_what_has_no_margin_has_no_slider(opened, mixed, name):
    page = opened(mixed, f"#claim:{name}")
    assert page.locator("article.open").count() == 1
    assert page.get_by_role("slider").count() == 0
