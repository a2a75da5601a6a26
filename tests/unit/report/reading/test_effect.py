"""An effect reads alike wherever it stands: in tables, pictures, pages and differences."""

import numpy as np
import pytest
from entries import entry
from judging import judge
from msgspec import UNSET
from msgspec.structs import replace

from hw4 import Claim
from hw4.ledger import ledger
from hw4.ledger.records import Effect
from hw4.report import plots
from hw4.report.page import figures, render
from hw4.report.reading import effect as reading
from hw4.report.reading import meaning
from hw4.report.reading.difference import difference
from hw4.report.reading.effect import read
from hw4.report.text import changes, evidence, markdown, summary


def record(give, kind="win", **options):
    claim = Claim("A statement.", "area/name", kind, **options)
    judgement = judge(claim, 0, give)
    return ledger.record(
        claim, ledger.Origin("t.py::t"), "supported", judgement, [], 1.0, cached=False
    )


def hardly_ever(old, happens=lambda seeds: seeds < 0):
    """Return a claim that something happens at most one time in 20, as new or old ledgers do."""
    made = record(happens, "rate", share=0.95, holds_when=False)
    return replace(made, holds_when=UNSET) if old else made


def timed():
    """Return a claim about time whose own margin is 0.2, and the one it was decided by 0.25."""
    effect = {"median": 1.5, "low": 1.4, "high": 1.75, "confidence": 0.9999}
    return entry(kind="timing", margin=0.2, unit="times", timing={"margin": 0.25}, effect=effect)


@pytest.fixture(params=[False, True], ids=["new", "old"])
def hardly(request):
    return hardly_ever(request.param)


ALPHA = 1e-4


def test_of_what_hardly_ever_happens_the_effect_is_the_share_of_seeds_that_show_the_claim(hardly):
    n = hardly.seeds
    lower = 0.025 ** (1 / n)  # Clopper and Pearson's, where all seeds agree
    assert hardly.effect.median == 0  # the raw one: how often it happened
    found = read(hardly)
    assert (found.low, found.median, found.high) == (pytest.approx(lower), 1.0, 1.0)
    assert (found.none, found.edges) == (0.5, (0.95,))


def test_what_hardly_ever_happens_reads_alike_everywhere(hardly):
    n = hardly.seeds
    interval = f"{100 * 0.025 ** (1 / n):.0f} % to 100 %"
    short = interval.replace(" % to", " to")
    book = ledger.build([hardly], [], "quick", 0)
    assert summary.shown_by(hardly) == f"shown by {n} of {n} seeds ({short})"
    assert f"{n}/{n}  {short.replace(' to ', '–').replace(' ', '')}   100 %\n" in summary.table(
        book, 80
    )
    assert f"100 % ({interval}) of seeds" in markdown.render(book)
    assert f"share of seeds 100 %, 95 % interval {interval}" in evidence.drawn(hardly, ALPHA)
    full = f"100 % of seeds, 95 % interval {interval}; margin 95 %"
    assert f"shown by {n} of {n} seeds ({short}): {full}." in plots.seeds(hardly, ALPHA)
    shown = dict(figures.facts(hardly, ALPHA))["Seeds that show it"]
    assert shown == f"{n} of {n} = 100 %, 95 % interval {interval}"
    assert ">100 %</text>" in plots.forest([hardly])
    assert '<td role="cell" class="effect">100 % <small><bdi>of seeds<' in render(book)
    assert figures.sort_key([hardly]) == f"{n + n / 1000:g} 1.0"
    assert meaning.meaning(hardly, ALPHA).startswith("It happens on clearly fewer than ")
    assert meaning.meaning(hardly, ALPHA).endswith(
        "It does not prove 5 in 100 or fewer. A seed on which it does not happen shows the claim."
    )


def test_a_difference_reads_it_likewise(hardly):
    often = hardly_ever(hardly.holds_when is UNSET, lambda seeds: seeds > 0)
    found = difference(*(ledger.build([each], [], "quick", 0) for each in (hardly, often)))
    assert " % to 100 %) of seeds → 0 % (0 % to " in changes.text(found, 1000)


def test_other_booleans_that_count_are_not_compared():
    plain = record(lambda seeds: seeds > 0, "rate", share=0.95)
    found = difference(*(ledger.build([r], [], "quick", 0) for r in (plain, hardly_ever(False))))
    assert not found.moved
    assert found.restated


def test_a_ratio_is_read_against_the_margin_that_decided_it():
    assert read(timed()).edges == (1.25,)
    assert reading.in_full(timed()) == "×1.5, 99.99 % interval ×1.4 to ×1.75; margin 25 %"


def test_an_equivalence_lies_between_two_edges():
    made = record(lambda seeds: np.linspace(-0.1, 0.1, seeds.size), "equivalent", margin=0.5)
    assert read(made).edges == (-0.5, 0.5)


def test_a_win_is_read_in_full():
    made = record(lambda seeds: 1.0 - np.arange(seeds.size), margin=0.0125, unit="test loss")
    made.effect = Effect(-0.123456, "-inf", 0.0, 0.95)
    assert reading.with_interval(made) == "−0.123 (−∞ to 0) test loss"
    assert reading.in_full(made) == "−0.123 test loss, 95 % interval −∞ to 0; margin 0.0125"


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("win", 0.5, "+0.5"),
        ("equivalent", -0.0321, "−0.0321"),
        ("win", -np.inf, "−∞"),
        ("win", np.nan, "both diverged"),
        ("rate", 0.9375, "94 %"),
        ("timing", 1.8, "×1.8"),
    ],
)
def test_an_effect_in_words_says_its_kind(kind, value, words):
    assert read(entry(kind=kind)).say(value) == words


def test_a_proof_has_no_effect():
    assert reading.effect(record(lambda seeds: None, "exact")) == ""
    assert reading.effect(entry(error="crash")) == ""
