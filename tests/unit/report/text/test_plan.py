"""What a run may cost, before it runs."""

import numpy as np
import pytest
from entries import arm, entry

from hw4 import Claim
from hw4.report.text import plan
from hw4.statistics.sequential import SequentialTest


def rows(*claims, before=()):
    return plan.planned([(each, "") for each in claims], before)


def mean_seeds(test, share, claims=40_000):
    """Return how many seeds simulated claims ran on average, in whole blocks of eight."""
    events = np.random.default_rng(7).random((claims, test.budget)) < share
    stopped, _ = test.stops(events)
    return np.minimum(np.ceil(stopped / 8) * 8, test.budget).mean()


@pytest.mark.parametrize("options", [{}, {"budget": 100}, {"alpha": 0.05}, {"p0": 0.7}])
def test_a_claim_costs_what_simulated_ones_do(options):
    claim = Claim("It rises.", "a", **options)
    least, mean, most = rows(claim)[0].seeds()
    assert mean == pytest.approx(mean_seeds(claim.test, 0.9), rel=0.01)
    assert most == claim.test.budget
    assert least == np.ceil(claim.test.decide(np.zeros(64, bool)).seeds / 8) * 8


def test_runs_and_seconds_are_those_of_an_earlier_run_for_each_seed_of_its_blocks():
    """Ten seeds took two blocks."""
    arms = {"arms": [arm(), arm()]}
    before = entry(id="a", seeds=10, seconds=32.0, series=arms)
    (row,) = rows(Claim("It rises.", "a"), before=[before])
    least, mean, most = row.seeds()
    assert row.runs() == (2 * least, 2 * mean, 2 * most)
    assert row.seconds() == (2 * least, 2 * mean, 2 * most)  # 32 s for 16 seeds


@pytest.mark.parametrize(
    "before",
    [
        entry(id="b"),
        entry(id="a", cached=True),
        entry(id="a", error="crash"),
        entry(id="a", kind="exact"),
    ],
)
def test_no_time_is_made_up(before):
    (row,) = rows(Claim("It rises.", "a"), before=[before])
    assert row.seconds() is None


def test_proofs_and_times_take_no_seeds():
    proof, timing = Claim("It is.", "a", "exact"), Claim("It lasts.", "b", "timing", margin=0.1)
    made = rows(proof, timing, before=[entry(id="b", kind="timing", seconds=90.0)])
    assert [row.seeds() for row in made] == [None, None]
    assert [row.seconds() for row in made] == [None, (90.0,) * 3]
    lines = plan.text(made, "runs.json", 80).splitlines()
    assert lines[1].split() == ["a", "proof", "none", "none", "?"]
    assert lines[2].split() == ["b", "rounds", "rounds", "none", "1.5"]


def test_two_tests_are_named_and_a_claim_has_all_its_costs():
    own = Claim("It rises.", "b", alpha=0.01, budget=24)
    before = [entry(id="a", seconds=96.0, series={"arms": [arm(), arm()]})]
    made = rows(own, Claim("It rises.", "a"), Claim("It rises.", "c"), before=before)
    lines = plan.text(made, "runs.json", 80).splitlines()
    assert " ".join(lines[1].split()) == "a T1 8 / 28 / 64 16 / 56 / 128 0.8 / 2.8 / 6.4"
    assert lines[2].split()[:2] == ["b", "T2"]
    assert "T2, of 1 instance: decided at 100 : 1, with at most 24 seeds; supported" in "".join(
        lines
    )
    assert "Of 2 instances no time is known." in " ".join(lines)


def test_names_that_leave_no_room_stand_above_their_numbers():
    lines = plan.text(rows(Claim("It rises.", "a" * 70)), "", 60).splitlines()
    assert all(len(line) <= 60 for line in lines)
    assert any(line.startswith("    T1") for line in lines)


def test_what_nobody_knows_says_how_to_learn_it():
    text = plan.text(rows(Claim("It rises.", "a")), "", 300)
    assert "is not known: expected --ledger FILE of an earlier run" in text


def test_a_tests_powers_are_its_operating_characteristics():
    text = plan.text(rows(Claim("It rises.", "a")), "", 120)
    (line,) = [line for line in text.splitlines() if line.startswith("  supported")]
    told = [float(each.replace("−", "-")) / 100 for each in line.split()[1::2]]
    exact = [SequentialTest().operating_characteristics(s).supported for s in plan.SHARES]
    assert told == pytest.approx(exact, rel=0.02)
