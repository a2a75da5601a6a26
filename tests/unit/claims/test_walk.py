import functools
from dataclasses import dataclass

import numpy as np
import pytest
from judging import judge

from hw4 import Claim, ClaimError, Verdict
from hw4.claims import walk as module
from hw4.claims.walk import Judgement
from hw4.seeds import BLOCK, seeds_from
from hw4.statistics.effects import Effect
from hw4.statistics.ratios import RatioTest
from hw4.statistics.sequential import BLOCK as CONFIRMING_BLOCK

SENTENCE = "A statement."
WIN = Claim(SENTENCE)


@dataclass
class Trained:
    """Two arms, as the judge asks for them."""

    varied: bool = True
    incomparable: np.ndarray = None
    arms: int = 2
    used: bool = True


@pytest.fixture
def trained():
    """Return a function that makes arms whose seeds of a block all converge, if none is named."""

    return functools.partial(Trained, incomparable=np.zeros(BLOCK, bool))


def normal(mean):
    """Return a function that draws a number with this mean for each seed."""
    return lambda seeds: np.array([np.random.default_rng(seed).normal(mean) for seed in seeds])


def happens(share):
    """Return a function that draws a boolean with this chance for each seed."""
    return lambda seeds: np.array([np.random.default_rng(seed).random() < share for seed in seeds])


def test_a_planted_win_is_supported_after_sixteen_seeds():
    judgement = judge(WIN, 0, normal(9.0))
    assert judgement.verdict is Verdict.SUPPORTED
    assert judgement.evidence.size == 16  # the first n with 1.8ⁿ ≥ 10⁴
    np.testing.assert_array_equal(judgement.evidence, normal(9.0)(seeds_from(0, 16)))


@pytest.mark.parametrize("root", range(5))
def test_a_planted_null_is_refuted(root):
    assert judge(WIN, root, normal(0.0)).verdict is Verdict.REFUTED


def test_a_planted_loss_is_refuted_after_six_seeds():
    judgement = judge(WIN, 0, normal(-9.0))
    assert judgement.verdict is Verdict.REFUTED
    assert judgement.evidence.size == 6  # the first n with 5⁻ⁿ ≤ 10⁻⁴
    assert judgement.seeds_to_go == 0


def test_a_share_between_the_two_is_inconclusive_and_says_what_is_missing():
    judgement = judge(Claim(SENTENCE, kind="rate"), 0, lambda seeds: np.arange(seeds.size) % 4 > 0)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.evidence.size == 64
    assert judgement.seeds_to_go > 0


def test_a_constant_gets_its_verdict_and_a_warning():
    """After as many blocks of seeds as settle it."""
    alike = judge(
        Claim(SENTENCE, kind="equivalent", margin=0.5), 0, lambda s: np.full(s.size, 0.25)
    )
    assert (alike.verdict, alike.warnings) == (
        Verdict.SUPPORTED,
        ("all 16 seeds gave 0.25: saturated, or the seeds do nothing",),
    )
    assert judge(WIN, 0, normal(9.0)).warnings == ()


def test_trained_arms_that_their_seeds_do_not_move_are_refused(trained):
    with pytest.raises(ClaimError, match=r"^its seeds do nothing: all 8 of them gave -1$"):
        judge(WIN, 0, lambda seeds: np.full(seeds.size, -1.0), arms=trained(varied=False))


def test_nan_is_an_error_in_whichever_block_it_comes():
    bad = seeds_from(0, 16)[[9, 12]].tolist()

    def ask(seeds):
        return np.where(np.isin(seeds, bad), np.nan, 1.0 + seeds)

    with pytest.raises(ClaimError) as error:
        judge(WIN, 0, ask)
    assert str(error.value) == (
        f"seeds {bad[0]} and {bad[1]} gave NaN: expected a number for every seed"
    )


def test_seeds_on_which_both_arms_diverged_refute_nothing_by_themselves(trained):
    arms = trained(incomparable=np.ones(BLOCK, bool))
    with pytest.raises(ClaimError, match=r"^both arms diverged on every seed \(6 of 6\)"):
        judge(WIN, 0, lambda seeds: np.full(seeds.size, np.nan), arms=arms)

    def one_loses(seeds):
        return np.where(seeds == seeds_from(0, 1)[0], -1.0, np.nan)

    assert judge(WIN, 0, one_loses, arms=arms).verdict is Verdict.REFUTED


def test_an_arm_that_diverges_on_every_seed_is_evidence():
    assert judge(WIN, 0, lambda seeds: np.full(seeds.size, np.inf)).verdict is Verdict.SUPPORTED
    assert judge(WIN, 0, lambda seeds: np.full(seeds.size, -np.inf)).verdict is Verdict.REFUTED


def test_two_seeds_of_the_first_block_are_asked_for_again_and_exchanged():
    asked = []
    judge(WIN, 0, normal(9.0), again=lambda seeds: asked.append(seeds) or normal(9.0)(seeds))
    (pair,) = asked
    assert pair.tolist() == seeds_from(0, 2).tolist()[::-1]


@pytest.mark.parametrize("confirm", [False, True])
@pytest.mark.parametrize("block", [1, 5, 16, 64])
@pytest.mark.parametrize("mean", [-1.0, 0.0, 0.6, 1.0, 1.4, 2.0])
def test_the_verdict_does_not_depend_on_the_size_of_a_block(monkeypatch, block, mean, confirm):
    expected = judge(WIN, 3, normal(mean), confirm=confirm)
    monkeypatch.setattr(module, "BLOCK", block)
    found = judge(WIN, 3, normal(mean), confirm=confirm)
    assert (found.verdict, found.decision) == (expected.verdict, expected.decision)
    np.testing.assert_array_equal(found.evidence, expected.evidence)


def test_every_seed_is_asked_for_once_and_in_order():
    asked, told = [], []

    def ask(seeds):
        asked.append(seeds)
        return np.arange(seeds.size) % 4 > 0

    judge(Claim(SENTENCE, kind="rate"), 5, ask, told.append)
    np.testing.assert_array_equal(np.concatenate(asked), seeds_from(5, 64))
    assert told == np.cumsum([seeds.size for seeds in asked]).tolist()


def test_a_later_block_of_another_shape_is_refused_too():
    returns = iter([np.arange(8.0) - 1.5, np.zeros(3)])
    with pytest.raises(ClaimError, match=r"^the claim returned an array of shape \(3,\)"):
        judge(WIN, 0, lambda seeds: next(returns))


# Confirming


def test_a_planted_win_is_confirmed_after_the_first_eight_of_its_seeds():
    confirmed, supported = (judge(WIN, 0, normal(9.0), confirm=each) for each in (True, False))
    assert confirmed.verdict is Verdict.CONFIRMED
    assert confirmed.evidence.size == BLOCK == CONFIRMING_BLOCK  # 1.8⁸ ≥ 100
    np.testing.assert_array_equal(confirmed.evidence, supported.evidence[:8])
    assert (confirmed.seeds_to_go, confirmed.confirm_alpha) == (0, 0.01)
    assert supported.confirm_alpha is None


def test_confirming_asks_for_seeds_that_deciding_asks_for_and_in_their_order():
    """So that one store answers both."""

    def asked(confirm):
        blocks = []
        judge(WIN, 3, lambda seeds: blocks.append(seeds) or normal(1.4)(seeds), confirm=confirm)
        return np.concatenate(blocks)

    few, many = asked(True), asked(False)
    assert few.size < many.size
    np.testing.assert_array_equal(few, many[: few.size])


@pytest.mark.parametrize("root", range(5))
def test_exchanged_arms_overturn_a_confirmation_as_they_refute(root):
    found = judge(WIN, root, lambda seeds: -normal(9.0)(seeds), confirm=True)
    assert (found.verdict, found.decision.seeds) == (Verdict.REFUTED, 6)
    assert found.confirm_alpha == 0.01


@pytest.mark.parametrize("root", range(5))
def test_an_effect_that_has_vanished_is_not_confirmed(root):
    """A planted null of 64 seeds; of a hundred roots .6 are confirmed, see the statistics."""
    confirmed, decided = (judge(WIN, root, normal(0.0), confirm=each) for each in (True, False))
    assert confirmed.verdict is Verdict.REFUTED
    assert confirmed.decision == decided.decision


def test_what_lies_between_is_not_confirmed_and_says_what_is_missing():
    rate, often = Claim(SENTENCE, kind="rate"), lambda seeds: np.arange(seeds.size) % 4 > 0
    found = judge(rate, 0, often, confirm=True)
    assert (found.verdict, found.decision.seeds) == (Verdict.INCONCLUSIVE, 64)
    assert 0 < found.seeds_to_go == rate.test.confirming().seeds_to_go(48, 64)


def test_a_proof_is_a_proof_though_others_are_confirmed():
    found = judge(Claim(SENTENCE, kind="exact"), 0, lambda seeds: None, confirm=True)
    assert (found.verdict, found.confirm_alpha) == (Verdict.SUPPORTED, None)


# Proofs


def test_an_exact_claim_that_asserts_nothing_false_is_supported():
    asked = []
    judgement = judge(Claim(SENTENCE, kind="exact"), 0, lambda seeds: asked.append(seeds))
    assert judgement.verdict is Verdict.SUPPORTED
    assert judgement.evidence.size == 0
    assert judgement.effect() is judgement.decision is None
    assert [seeds.size for seeds in asked] == [8]


@pytest.mark.parametrize(
    ("message", "said"),
    [("3 < 2 is false", "3 < 2 is false"), ("", "an assertion without a message failed")],
)
def test_a_counter_example_refutes_an_exact_claim(message, said):
    def ask(seeds):
        raise AssertionError(message)

    judgement = judge(Claim(SENTENCE, kind="exact"), 0, ask)
    assert (judgement.verdict, judgement.counterexample) == (Verdict.REFUTED, said)


def test_an_exact_claim_that_returns_something_is_refused():
    with pytest.raises(ClaimError) as error:
        judge(Claim(SENTENCE, kind="exact"), 0, lambda seeds: seeds > 0)
    assert str(error.value) == (
        "the exact claim returned ndarray: expected it to assert and return nothing"
    )


@pytest.mark.parametrize("kind", ["win", "exact"])
def test_an_error_that_is_no_assertion_is_a_crash(kind):
    with pytest.raises(ZeroDivisionError):
        judge(Claim(SENTENCE, kind=kind), 0, lambda seeds: 1 / 0)


def test_a_failed_assertion_is_no_evidence_of_a_win():
    def ask(seeds):
        raise AssertionError

    with pytest.raises(AssertionError):
        judge(WIN, 0, ask)


# Effects


def test_the_effect_of_a_win_is_its_median_difference():
    judgement = judge(WIN, 0, normal(9.0))
    effect = judgement.effect()
    assert effect.median == np.median(judgement.evidence)
    assert effect.low < effect.median < effect.high


def test_the_effect_of_a_claim_about_time_is_its_ratio():
    rng = np.random.default_rng(0)
    found = RatioTest(0.1).decide(0.4 + 0.01 * rng.normal(size=(8, 8)), np.zeros((8, 8)))
    effect = Judgement(found.verdict, np.ones(3), ratio=found).effect()
    assert effect == Effect(found.ratio, found.low, found.high, found.confidence)
    assert effect.median == pytest.approx(np.exp(0.4), rel=0.01)


def test_the_effect_of_a_rate_is_its_share_of_seeds():
    judgement = judge(Claim(SENTENCE, kind="rate"), 0, happens(0.3))
    assert judgement.effect().median == judgement.evidence.mean()


def test_the_effect_of_a_claim_at_most_is_the_share_in_which_it_happens():
    seldom = Claim(SENTENCE, kind="rate", holds_when=False)
    found = judge(seldom, 0, happens(0.05))
    share, shown = found.effect(), found.shown()
    assert share.median == pytest.approx(found.evidence.mean())
    assert share.median < 0.5
    assert (share.low, share.high) == (1 - shown.high, 1 - shown.low)
