"""The sequential test, against enumeration of every sequence and exact fractions."""

import dataclasses
import functools
import itertools
import math
import time
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from hw4.statistics import (
    Decision,
    OperatingCharacteristics,
    SequentialTest,
    Verdict,
    agree,
    share_ruled_out,
)

SHORT = 11  # 2,048 sequences: every one can be walked by hand
SHORT_TESTS = [
    pytest.param(SequentialTest(alpha=0.05, budget=SHORT), id="the usual shares"),
    pytest.param(SequentialTest(alpha=0.2, p0=0.3, p1=0.6, budget=SHORT), id="closer shares"),
    pytest.param(SequentialTest(alpha=0.4, p0=0.1, p1=0.9, budget=SHORT), id="one seed settles"),
    pytest.param(
        SequentialTest(alpha=0.05, budget=SHORT, confirm_alpha=0.3, block=2), id="confirming"
    ),
    pytest.param(
        SequentialTest(alpha=0.4, p0=0.4, p1=0.6, budget=SHORT, confirm_alpha=0.2, block=4),
        id="confirming at longer odds",  # nobody needs it; the definition has no case of its own
    ),
]


@functools.cache
def walk_in_fractions(test, events):
    """Return the verdict and its seed by the definition, one seed at a time, without rounding."""
    p0, p1, alpha = (Fraction(str(value)) for value in (test.p0, test.p1, test.alpha))
    found, odds, looks = Verdict.SUPPORTED, 1 / alpha, range(1, SHORT + 1)
    if test.confirm_alpha is not None:
        found, odds = Verdict.CONFIRMED, 1 / Fraction(str(test.confirm_alpha))
        looks = range(test.block, SHORT + 1, test.block)
    evidence = Fraction(1)
    for seed, shown in enumerate(events, start=1):
        evidence *= p1 / p0 if shown else (1 - p1) / (1 - p0)
        if evidence >= odds and seed in looks:
            return found, seed
        if evidence <= alpha:
            return Verdict.REFUTED, seed
    return Verdict.INCONCLUSIVE, len(events)


def first_seed_that_settles(test, event):
    return test.decide(np.full(test.budget, event)).seeds


@pytest.mark.parametrize("test", SHORT_TESTS)
def test_every_short_sequence_is_decided_as_the_definition_says(test):
    for events in itertools.product([True, False], repeat=SHORT):
        decision = test.decide(events)
        assert (decision.verdict, decision.seeds) == walk_in_fractions(test, events)
        assert decision.events == sum(events[: decision.seeds])


@pytest.mark.parametrize("test", SHORT_TESTS)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.77, 1.0])
def test_operating_characteristics_agree_with_enumeration(test, share):
    expected = dict.fromkeys(Verdict, 0.0)
    seeds = 0.0
    for events in itertools.product([True, False], repeat=SHORT):
        probability = math.prod(share if shown else 1 - share for shown in events)
        verdict, stopped = walk_in_fractions(test, events)
        expected[verdict] += probability
        seeds += probability * stopped
    found = test.operating_characteristics(share)
    holds = expected[Verdict.SUPPORTED] + expected[Verdict.CONFIRMED]
    assert found.supported == pytest.approx(holds, abs=1e-12)
    assert found.refuted == pytest.approx(expected[Verdict.REFUTED], abs=1e-12)
    assert found.inconclusive == pytest.approx(expected[Verdict.INCONCLUSIVE], abs=1e-12)
    assert found.seeds == pytest.approx(seeds, abs=1e-9)


@pytest.mark.parametrize(
    ("share", "printed"),
    [
        (0.5, ("0.00079", "0.998", "0.00096", "15")),
        (0.9, ("0.998", "0.00051", "0.0019", "19")),
        (stats.norm.cdf(1), ("0.926", "0.012", "0.062", "28")),
    ],
    ids=["a coin toss", "nine in ten", "one standard deviation"],
)
def test_operating_characteristics_agree_with_the_table_of_the_design(share, printed):
    found = SequentialTest(alpha=1e-3, budget=60).operating_characteristics(share)
    values = (found.supported, found.refuted, found.inconclusive, found.seeds)
    for value, text in zip(values, printed, strict=True):
        digits = len(text.replace(".", "").lstrip("0"))
        assert f"{value:.{digits}g}" == text


def test_probabilities_of_the_three_verdicts_sum_to_one():
    found = SequentialTest().operating_characteristics(0.7)
    assert found.supported + found.refuted + found.inconclusive == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.4, 0.5])
def test_no_share_up_to_p0_is_supported_more_often_than_alpha(share):
    assert SequentialTest().operating_characteristics(share).supported <= 1e-4


@pytest.mark.parametrize("share", [0.9, 0.95, 1.0])
def test_no_share_from_p1_is_refuted_more_often_than_alpha(share):
    assert SequentialTest().operating_characteristics(share).refuted <= 1e-4


def test_unanimous_seeds_settle_after_the_logarithm_of_alpha_over_one_step():
    test = SequentialTest()
    assert first_seed_that_settles(test, True) == math.ceil(math.log(1e4) / math.log(1.8))
    assert first_seed_that_settles(test, False) == math.ceil(math.log(1e4) / math.log(5))


def test_evidence_that_equals_a_boundary_settles():
    test = SequentialTest(alpha=1 / 1.5**7, p0=0.5, p1=0.75)  # ln does not hit it exactly
    assert test.decide([True] * 7).verdict is Verdict.SUPPORTED
    assert test.decide([True] * 6).verdict is Verdict.INCONCLUSIVE


def test_evidence_is_the_logarithm_of_the_likelihood_ratio():
    found = SequentialTest().log_evidence(17, 20)
    ratio = stats.binom.pmf(17, 20, 0.9) / stats.binom.pmf(17, 20, 0.5)
    assert found == pytest.approx(math.log(ratio))


def test_a_verdict_does_not_depend_on_how_the_seeds_are_batched():
    test = SequentialTest()
    events = np.random.default_rng(0).random(64) < 0.9
    whole = test.decide(events)
    assert whole.settled
    for size in (1, 7, 16):
        upto = next(n for n in range(size, 64 + size, size) if test.decide(events[:n]).settled)
        assert test.decide(events[:upto]) == whole


def test_what_follows_a_verdict_changes_nothing():
    test = SequentialTest()
    early = test.decide([True] * 16)
    assert early.settled
    assert test.decide([True] * 16 + [False] * 40) == early


def test_events_past_the_budget_are_ignored():
    undecided = [True, True, False] * 4
    decision = SequentialTest(budget=12).decide(undecided + [True] * 100)
    assert decision == SequentialTest(budget=12).decide(undecided)
    assert (decision.verdict, decision.seeds, decision.settled) == ("inconclusive", 12, False)


def test_no_seeds_are_inconclusive():
    assert SequentialTest().decide([]) == Decision(Verdict.INCONCLUSIVE, 0, 0, 0.0)


@pytest.mark.parametrize("test", [SequentialTest(alpha=1e-2), SequentialTest().confirming()])
def test_many_walks_stop_where_each_of_them_does(test):
    events = np.random.default_rng(1).random((300, 64)) < 0.75
    seeds, evidence = test.stops(events)  # (300,), (300,)
    decisions = [test.decide(row) for row in events]
    assert [decision.seeds for decision in decisions] == seeds.tolist()
    assert [decision.log_evidence for decision in decisions] == evidence.tolist()
    assert [decision.verdict for decision in decisions] == [
        test.verdict(e, n) for e, n in zip(evidence, seeds, strict=True)
    ]


def test_the_detectable_share_is_the_smallest_that_has_the_power():
    test = SequentialTest()
    share = test.detectable_share(0.9)
    assert test.operating_characteristics(share).supported >= 0.9
    assert test.operating_characteristics(share - 1e-6).supported < 0.9


@pytest.mark.parametrize("share", [0.82, 0.9, 0.97, 1.0])
def test_seeds_needed_and_detectable_share_are_a_round_trip(share):
    seeds = SequentialTest().seeds_needed(share, 0.9)
    assert SequentialTest(budget=seeds).detectable_share(0.9) <= share
    fewer = SequentialTest(budget=seeds - 1).detectable_share(0.9)
    assert fewer is None or fewer > share


def test_decide_supports_the_detectable_share_as_often_as_planned():
    test = SequentialTest()
    rng = np.random.default_rng(2)
    claims = rng.random((2000, 64)) < test.detectable_share(0.9)
    supported = sum(test.decide(claim).verdict is Verdict.SUPPORTED for claim in claims)
    assert stats.binomtest(supported, 2000, 0.9).pvalue > 1e-3


def test_a_share_between_the_hypotheses_can_be_beyond_any_budget():
    assert SequentialTest().seeds_needed(0.7) is None


def test_a_tiny_budget_supports_no_share():
    assert SequentialTest(budget=15).detectable_share() is None
    assert SequentialTest(budget=16).detectable_share() is not None


@pytest.mark.parametrize(("events", "seeds"), [(16, 16), (0, 6), (62, 64)])
def test_a_settled_claim_needs_no_further_seeds(events, seeds):
    assert SequentialTest().seeds_to_go(events, seeds) == 0


@pytest.mark.parametrize(("events", "seeds"), [(0, 0), (10, 10), (45, 64), (50, 64)])
def test_seeds_to_go_settle_nine_claims_in_ten(events, seeds):
    test = SequentialTest(budget=10_000)  # beyond any walk here
    further = test.seeds_to_go(events, seeds)
    share = (events + 0.5) / (seeds + 1)
    fresh = np.random.default_rng(3).random((20_000, further)) < share
    counts = events + np.cumsum(fresh, axis=1)  # (claims, further)
    total = seeds + np.arange(1, further + 1)
    evidence = counts * math.log(1.8) + (total - counts) * math.log(0.2)
    crossed = np.abs(evidence) >= math.log(1e4)
    sampling = 4 * math.sqrt(0.9 * 0.1 / 20_000)
    assert crossed.any(axis=1).mean() > 0.9 - sampling
    assert crossed[:, :-1].any(axis=1).mean() < 0.9 + sampling


def test_seeds_to_go_do_not_keep_the_plugin_waiting():
    test = SequentialTest()
    started = time.perf_counter()
    for events in range(65):
        test.seeds_to_go(events, 64)
    assert (time.perf_counter() - started) / 65 < 0.05


@pytest.mark.parametrize(
    "options",
    [
        {"alpha": 0.0},
        {"alpha": 0.5},
        {"alpha": math.nan},
        {"p0": 0.0},
        {"p1": 1.0},
        {"p0": 0.9, "p1": 0.5},
        {"p0": 0.9},
        {"p1": math.nan},
        {"budget": 0},
        {"budget": 6.5},
        {"confirm_alpha": 0.0},
        {"confirm_alpha": 0.5},
        {"block": 0},
        {"block": 2.5},
    ],
)
def test_an_impossible_test_is_refused_in_one_line_that_names_the_option(options):
    with pytest.raises(ValueError, match=next(iter(options))) as refusal:
        SequentialTest(**options)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("events", [[[True]], [0.7, 0.2], [math.nan], True])
def test_events_that_are_not_booleans_per_seed_are_refused(events):
    with pytest.raises(ValueError, match="booleans of shape"):
        SequentialTest().decide(events)


@pytest.mark.parametrize(("events", "seeds"), [(3, 2), (-1, 2), (0, -1), (0.5, 2)])
def test_impossible_counts_are_refused(events, seeds):
    for question in (SequentialTest().log_evidence, SequentialTest().seeds_to_go):
        with pytest.raises(ValueError, match="whole number"):
            question(events, seeds)


def test_impossible_shares_and_powers_are_refused():
    test = SequentialTest()
    with pytest.raises(ValueError, match="share"):
        test.operating_characteristics(1.1)
    with pytest.raises(ValueError, match="share"):
        test.seeds_needed(math.nan)
    with pytest.raises(ValueError, match="power"):
        test.seeds_needed(0.9, power=1.0)
    with pytest.raises(ValueError, match="power"):
        test.detectable_share(0.0)


def test_one_possible_seed_gives_the_bernoulli_distribution():
    found = SequentialTest(alpha=0.4, p0=0.1, p1=0.9, budget=1).operating_characteristics(0.3)
    assert found == OperatingCharacteristics(0.3, 0.7, 0.0, 1.0, 1.0)


@pytest.mark.parametrize("test", SHORT_TESTS)
@pytest.mark.parametrize("block", [3, 8])
def test_what_is_run_is_whole_blocks_of_every_sequence(test, block):
    test = dataclasses.replace(test, block=block)
    share, asked = Fraction(7, 10), Fraction(0)
    for events in itertools.product((False, True), repeat=SHORT):
        _, seeds = walk_in_fractions(test, events)
        shown = sum(events)
        chance = share**shown * (1 - share) ** (SHORT - shown)
        asked += chance * min(SHORT, math.ceil(seeds / block) * block)
    found = test.operating_characteristics(float(share)).asked
    assert found == pytest.approx(float(asked), rel=1e-12)


# Sizes of a claim's own


SIZES = [
    {"p1": 0.9, "p0": 0.6},
    {"p1": 0.9, "p0": 0.8, "alpha": 0.01},
    {"p1": 0.75, "alpha": 0.05},
    {"p1": 0.9, "alpha": 1e-8},
    {"p1": 0.9, "alpha": 0.4},
    {"p1": 0.95, "p0": 0.2, "budget": 40},
]


def by_matrix(test, share):
    """Return P(supported), P(refuted) and the rest, by powers of the walk's transition matrix.

    A state is the number of seeds that show it minus those of a line through the boundaries: here
    simply the pair (seeds, events), whose products of odds are compared, not sums of logarithms.
    """
    n = test.budget
    chances, ended = np.zeros(n + 1), np.zeros(2)
    chances[0] = 1.0
    matrix = np.diag(np.full(n + 1, 1 - share)) + np.diag(np.full(n, share), -1)
    events = np.arange(n + 1)
    for seeds in range(1, n + 1):
        chances = matrix @ chances
        odds = (test.p1 / test.p0) ** events
        odds *= ((1 - test.p1) / (1 - test.p0)) ** np.clip(seeds - events, 0, None)
        for side, over in enumerate((odds * test.alpha >= 1 - 1e-9, odds <= test.alpha + 1e-15)):
            ended[side] += chances[over].sum()
            chances = np.where(over, 0, chances)
    return *ended, chances.sum()


@pytest.mark.parametrize("sizes", SIZES)
def test_sizes_of_a_claims_own_have_the_error_rates_that_they_state(sizes):
    test = SequentialTest.of_share(most=20_000, **sizes)
    for share in (test.p0, 0.7, test.p1):
        found = test.operating_characteristics(share)
        chances = found.supported, found.refuted, found.inconclusive
        assert chances == pytest.approx(by_matrix(test, share), abs=1e-10)
    assert test.operating_characteristics(test.p0).supported <= test.alpha
    assert test.operating_characteristics(test.p1).refuted <= test.alpha


@pytest.mark.parametrize("sizes", SIZES[:4])
def test_a_budget_that_is_not_given_leaves_p1_undecided_once_in_200_runs(sizes):
    """The block before would not do."""
    test = SequentialTest.of_share(most=20_000, **sizes)
    assert test.budget % 8 == 0
    power = 1 - test.alpha - 0.0044
    assert by_matrix(test, test.p1)[0] >= power - 1e-12
    assert by_matrix(dataclasses.replace(test, budget=test.budget - 8), test.p1)[0] < power


def test_a_budget_that_is_given_is_the_budget():
    assert SequentialTest.of_share(0.9, most=8, budget=1000).budget == 1000


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("event", [True, False])
@pytest.mark.parametrize("confirm", [True, False])
def test_so_many_seeds_that_agree_decide(sizes, event, confirm):
    test = SequentialTest.of_share(most=20_000, **sizes)
    test = test.confirming(0.3) if confirm else test
    assert test.unanimous(event) == first_seed_that_settles(test, event)


def test_seeds_that_reach_a_boundary_exactly_decide():
    assert SequentialTest(alpha=1 / 8, p0=0.25, p1=0.5).unanimous(True) == 3


# Confirming


DECIDING, CONFIRMING = SequentialTest(), SequentialTest().confirming()


def characteristics_seed_by_seed(share):
    """Return P(confirmed), P(refuted), P(neither) and the expected seeds, by another programme.

    It keeps probabilities by the number of seeds that do not show the claim, and compares products.
    """
    live, confirmed, refuted, seeds = {0: 1.0}, 0.0, 0.0, 0.0
    for n in range(1, 65):
        seeds += sum(live.values())
        stepped = dict.fromkeys(range(n + 1), 0.0)
        for misses, chance in live.items():
            stepped[misses] += chance * share
            stepped[misses + 1] += chance * (1 - share)
        live = {}
        for misses, chance in stepped.items():
            odds = 1.8 ** (n - misses) / 5.0**misses
            if n % 8 == 0 and odds >= 100:
                confirmed += chance
            elif odds <= 1e-4:
                refuted += chance
            else:
                live[misses] = chance
    return confirmed, refuted, sum(live.values()), seeds


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0])
def test_confirming_does_what_another_programme_says(share):
    found = CONFIRMING.operating_characteristics(share)
    values = (found.supported, found.refuted, found.inconclusive, found.seeds)
    assert values == pytest.approx(characteristics_seed_by_seed(share), rel=1e-9, abs=1e-15)


def test_eight_seeds_of_eight_confirm_where_sixteen_support():
    assert CONFIRMING.decide([True] * 8) == Decision("confirmed", 8, 8, DECIDING.log_evidence(8, 8))
    assert DECIDING.decide([True] * 8).verdict is Verdict.INCONCLUSIVE
    assert CONFIRMING.operating_characteristics(1.0).seeds == 8
    assert DECIDING.operating_characteristics(1.0).seeds == 16


def test_a_share_of_95_in_100_takes_eleven_seeds_on_average_where_deciding_takes_twenty():
    costs = [test.operating_characteristics(0.95).seeds for test in (CONFIRMING, DECIDING)]
    assert [round(cost) for cost in costs] == [11, 20]


def test_a_share_of_nine_in_ten_is_overturned_no_more_often_than_when_it_is_decided():
    found, decided = (t.operating_characteristics(0.9) for t in (CONFIRMING, DECIDING))
    assert f"{found.refuted:.0e}" == "5e-05"
    assert found.refuted < decided.refuted <= DECIDING.alpha
    assert found.inconclusive < decided.inconclusive / 10


def test_a_vanished_effect_is_confirmed_once_in_170_runs_and_not_in_three_nights():
    missed = CONFIRMING.operating_characteristics(0.5).supported
    assert missed <= CONFIRMING.confirm_alpha  # Ville
    assert f"{missed:.1%}" == "0.6%"
    assert f"{missed**3:.0e}" == "2e-07"
    assert all(CONFIRMING.operating_characteristics(p).supported < missed for p in (0, 0.3, 0.49))


def test_erosion_to_eight_in_ten_is_mostly_missed():
    assert round(CONFIRMING.operating_characteristics(0.8).supported, 2) == 0.86


def test_a_confirmation_is_looked_for_at_the_end_of_a_block_only():
    events = [True] * 7 + [False] + [True] * 4  # 12 seeds at odds of 129 : 1
    assert math.exp(CONFIRMING.log_evidence(11, 12)) > 100
    assert CONFIRMING.decide(events).verdict is Verdict.INCONCLUSIVE
    assert CONFIRMING.decide([*events, *[True] * 4]).seeds == 16
    assert CONFIRMING.decide([*events, False, False, False, True]).verdict is Verdict.INCONCLUSIVE
    assert CONFIRMING.seeds_to_go(11, 12) > 0


def test_what_overturns_a_confirmation_is_what_refutes_and_as_soon():
    for events in ([False] * 9, [True] * 3 + [False] * 20):
        assert CONFIRMING.decide(events) == DECIDING.decide(events)
        assert CONFIRMING.decide(events).verdict is Verdict.REFUTED


@pytest.mark.parametrize(("events", "seeds"), [(0, 0), (7, 8), (11, 12), (45, 64)])
def test_seeds_to_go_settle_nine_confirmations_in_ten(events, seeds):
    further = CONFIRMING.seeds_to_go(events, seeds)
    share = (events + 0.5) / (seeds + 1)
    fresh = np.random.default_rng(4).random((20_000, further)) < share
    counts = events + np.cumsum(fresh, axis=1)  # (claims, further)
    total = seeds + np.arange(1, further + 1)
    evidence = counts * math.log(1.8) + (total - counts) * math.log(0.2)
    crossed = (evidence <= -math.log(1e4)) | ((evidence >= math.log(100)) & (total % 8 == 0))
    sampling = 4 * math.sqrt(0.9 * 0.1 / 20_000)
    assert crossed.any(axis=1).mean() > 0.9 - sampling
    assert crossed[:, :-1].any(axis=1).mean() < 0.9 + sampling


@pytest.mark.parametrize("share", [0.82, 0.9, 1.0])
def test_seeds_to_confirm_and_the_share_that_they_confirm_are_a_round_trip(share):
    seeds = CONFIRMING.seeds_needed(share)
    assert seeds % 8 == 0
    assert SequentialTest(budget=seeds).confirming().detectable_share() <= share
    fewer = SequentialTest(budget=seeds - 1).confirming().detectable_share()
    assert fewer is None or fewer > share


def test_confirming_keeps_the_rest_of_the_test():
    test = SequentialTest(alpha=1e-3, p1=0.8, budget=40)
    again = test.confirming(0.05)
    assert (again.alpha, again.p1, again.budget) == (1e-3, 0.8, 40)
    assert (again.confirm_alpha, again.block) == (0.05, 8)


def test_a_block_of_a_test_that_decides_is_one_seed():
    assert SequentialTest(block=8).decide([True] * 20) == SequentialTest().decide([True] * 20)


@pytest.mark.parametrize("one", Verdict)
@pytest.mark.parametrize("other", Verdict)
def test_only_supported_and_confirmed_agree_though_they_differ(one, other):
    assert agree(one, other) is (one == other or {one, other} == {"supported", "confirmed"})


# The test of a share


@pytest.mark.parametrize("p1", [0.6, 0.75, 0.9])
def test_up_to_nine_in_ten_support_rules_out_one_half(p1):
    assert SequentialTest.of_share(p1, most=2000).p0 == 0.5


@pytest.mark.parametrize("p1", [0.91, 0.95, 0.99, 0.999])
def test_above_nine_in_ten_the_odds_ratio_stays_nine(p1):
    p0 = share_ruled_out(p1)
    assert p1 / (1 - p1) / (p0 / (1 - p0)) == pytest.approx(9)


@pytest.mark.parametrize(
    ("p1", "needed", "budget"),
    [(0.75, 194, 200), (0.9, 61, 64), (0.95, 100, 104), (0.99, 377, 384), (0.999, 3638, 3640)],
)
def test_the_budget_is_of_whole_blocks_and_supports_p1_itself(p1, needed, budget):
    test = SequentialTest.of_share(p1, most=4000)
    assert test.seeds_needed(p1, 0.9955) == needed
    assert test.budget == budget
    assert test.operating_characteristics(p1).supported >= 0.9955


def test_nine_in_ten_is_tested_as_ever():
    assert SequentialTest.of_share(0.9) == SequentialTest(1e-4, 0.5, 0.9, 64)


def test_a_share_of_999_in_1000_is_not_supported_by_23_of_24():
    """At a true share of nine in ten its old test supported it in most runs."""
    shown = np.arange(24) != 5
    old, new = SequentialTest(p1=0.999), SequentialTest.of_share(0.999, most=4000)
    assert old.decide(shown).verdict == Verdict.SUPPORTED
    assert new.decide(shown).verdict != Verdict.SUPPORTED
    assert old.operating_characteristics(0.9).supported > 0.5
    assert new.operating_characteristics(0.9).supported < 1e-4


@pytest.mark.parametrize(
    ("p1", "most", "takes"),
    [
        (0.999, 512, "0.999 takes 3,638 seeds"),
        (0.9, 60, "0.9 takes 61 seeds"),
        (0.501, 512, "0.501 takes more than 20,000 seeds"),
    ],
)
def test_a_share_that_takes_more_seeds_than_allowed_is_refused(p1, most, takes):
    with pytest.raises(ValueError, match=f"^a share of {takes}$"):
        SequentialTest.of_share(p1, most)


def test_the_most_seeds_may_be_exactly_those_it_takes():
    assert SequentialTest.of_share(0.9, most=61).budget == 61
    assert SequentialTest.of_share(0.9, most=100).budget == 64
