"""What a claim's own sizes mean, in words: probabilities by SciPy, where a walk is a binomial."""

import numpy as np
import pytest
from entries import entry
from scipy import stats

from hw4.report.reading.meaning import instead, meaning
from hw4.report.reading.sizes import decided, deviations, power, sizes
from hw4.statistics.sequential import SequentialTest, share_ruled_out

# Eight seeds, all of which must agree or the claim is undecided: one other seed takes back eight.
ALL_AGREE = SequentialTest(alpha=0.005, p0=0.5, p1=0.99, budget=8)


def test_what_all_seeds_must_show_has_the_power_of_a_power():
    """0.8 = p⁸ and 0.9 = p⁸: no walk is needed to know it."""
    shares = [0.8 ** (1 / 8), 0.9 ** (1 / 8)]
    assert [ALL_AGREE.detectable_share(each) for each in (0.8, 0.9)] == pytest.approx(shares)
    assert power(ALL_AGREE) == (
        "supported with probability 80 % from a true share of 97.2 %, "
        "with probability 90 % from a true share of 98.7 %"
    )


def test_a_budget_that_supports_nothing_says_so():
    test = SequentialTest(budget=8)
    assert power(test) == "no true share is supported with probability 80 %"


def test_what_decides_is_told():
    assert decided(SequentialTest(1e-3, 0.6, 0.9, 200)) == (
        "decided at 1,000 : 1, with at most 200 seeds; supported rules out a true share of 60 % "
        "or less, refuted one of 90 % or more"
    )


def test_a_share_is_how_far_normal_differences_are_beyond_the_margin():
    for share in (0.5, 0.6, 0.847):
        assert deviations(share) == pytest.approx(stats.norm.ppf(share), abs=1e-12)


def test_a_claim_that_states_no_size_has_nothing_to_tell():
    assert sizes(entry(), 1e-4) == []
    assert sizes(entry(verdict="confirmed", seeds=8), 1e-4) == []
    assert sizes(entry(kind="rate", share=0.95, p0=share_ruled_out(0.95), budget=104), 1e-4) == []


def test_a_claims_own_sizes_are_told_with_their_consequences():
    record = entry(alpha=0.005, p0=0.5, share=0.99, budget=8, seeds=8)
    at_p1 = stats.binom.pmf(8, 8, 0.99)
    found = dict(sizes(record, 1e-4))
    assert list(found) == ["Its own sizes", "At a true share of 99 %", "Power"]
    assert found["Its own sizes"].startswith("decided at 200 : 1, with at most 8 seeds; ")
    assert found["At a true share of 99 %"].startswith(f"supported {100 * at_p1:.4g} %, refuted 0")
    assert found["Power"] == power(ALL_AGREE)


def test_odds_of_a_claims_own_are_those_of_its_verdict():
    assert "at most once in 200 runs" in meaning(entry(alpha=0.005), 1e-4)
    assert "at most once in 10,000 runs" in meaning(entry(), 1e-4)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("supported", "Clearly more than half of all seeds lose less than 0.02 points. Were it "),
        ("refuted", "Fewer than nine in ten seeds lose less than 0.02 points: 16 of 16 did. "),
        ("inconclusive", "16 seeds ruled out neither: that half of all seeds or fewer lose less "),
    ],
)
def test_a_margin_below_zero_is_a_loss_that_is_let_pass(verdict, said):
    record = entry(margin=-0.02, unit="points", verdict=verdict)
    assert meaning(record, 1e-4).startswith(said)


def test_what_seeds_did_instead_of_losing_little_is_counted():
    values = [-0.5, -0.03, -0.02, 0.01, 0.02, 0.5]
    effect = {"median": float(np.median(values)), "low": -0.5, "high": 0.5, "confidence": 0.95}
    made = {"margin": -0.02, "verdict": "refuted", "evidence": values, "events": 3, "seeds": 6}
    told = instead(entry(made, effect=effect))
    assert told.startswith(
        "Their differences instead: 1 above +0.02, 3 within ±0.02, 2 below −0.02"
    )
