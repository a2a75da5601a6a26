import numpy as np
import pytest
from entries import entry

from hw4 import Claim
from hw4.ledger import ledger
from hw4.report.reading.events import boundaries, error_rates, events, holds


@pytest.mark.parametrize(
    ("options", "evidence"),
    [
        ({"margin": 0.5}, [0.5, 0.6, -1.0, np.inf, np.nan, -np.inf]),
        ({"kind": "equivalent", "margin": 0.5}, [0.5, 0.4, -0.4, -0.6, np.inf, np.nan]),
        ({"kind": "rate"}, [True, False]),
        ({"kind": "rate", "holds_when": False}, [True, False]),
        ({"kind": "rate"}, [True, True]),
        ({"kind": "rate", "holds_when": False}, [False, False]),
    ],
)
def test_the_seeds_that_count_are_those_that_the_claim_counts(options, evidence):
    claim = Claim("A statement.", **options)
    values = np.array(evidence)
    shown = claim.events(values)
    made = {"kind": claim.kind, "margin": claim.margin, "events": int(shown.sum())}
    made |= {"evidence": ledger.numbers(values), "seeds": values.size}
    assert events(entry(made, {"holds_when": claim.holds_when})) == shown.tolist()
    if claim.kind == "rate" and len({*evidence}) == 1:  # a ledger that does not say which counts
        assert events(entry(made)) == shown.tolist()


def test_the_error_rates_are_those_of_the_design():
    """design.md, "The verdict", states them at alpha 1e-3 and 60 seeds; 64 differ in no digit."""
    wrongly_supported, wrongly_refuted = error_rates(entry(), 1e-3)
    assert wrongly_supported == pytest.approx(7.9e-4, rel=0.02)
    assert wrongly_refuted == pytest.approx(5.1e-4, rel=0.02)


def test_the_error_rates_of_a_confirmed_claim_are_those_of_confirming():
    """.6 % of vanished effects are confirmed, one claim in 20,000 is overturned wrongly."""
    wrongly_confirmed, wrongly_refuted = error_rates(entry(confirm_alpha=0.01), 1e-4)
    assert f"{wrongly_confirmed:.1e} {wrongly_refuted:.0e}" == "5.9e-03 5e-05"


def test_a_record_says_by_which_verdict_and_at_which_odds_it_holds():
    confirmed = entry(confirm_alpha=0.01)
    assert (holds(confirmed), holds(entry())) == ("confirmed", "supported")
    assert np.exp(boundaries(confirmed, 1e-4)) == pytest.approx([1e-4, 100])
    assert np.exp(boundaries(entry(), 1e-4)) == pytest.approx([1e-4, 1e4])
