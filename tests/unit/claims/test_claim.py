import dataclasses
import functools

import numpy as np
import pytest

from hw4 import Claim, ClaimError, Verdict, claim
from hw4.claims.claim import ATTRIBUTE
from hw4.statistics.sequential import SequentialTest

INF, NAN = np.inf, np.nan
SENTENCE = "A statement."


def stated(decorator):
    """Return the claim that a decorator attaches."""

    def test_of_something(seeds):
        return seeds

    assert decorator(test_of_something) is test_of_something
    return getattr(test_of_something, ATTRIBUTE)


# What counts


@pytest.mark.parametrize(
    ("difference", "shown"),
    [
        *((0.1, False), (0.56 - 0.46, False), (0.1 + 0.9e-6, False), (0.1 + 1.1e-6, True)),
        *((-0.2, False), (INF, True), (-INF, False), (NAN, False)),
    ],
)
def test_a_win_is_a_difference_beyond_the_margin(difference, shown):
    """By more than rounding: 0.56 − 0.46 is 0.10000000000000003."""
    win = Claim(SENTENCE, margin=0.1)
    assert win.events(np.array([difference])).tolist() == [shown]


def test_a_tie_is_no_win_where_the_margin_is_zero():
    assert Claim(SENTENCE).events(np.array([0.0, 1e-7, 1e-5])).tolist() == [False, False, True]


def test_no_tie_at_a_margin_of_hundredths_counts_for_the_claim():
    """Differences of k of 100 images that are the margin, and 1,000 times larger ones."""
    shares = np.arange(101) / 100
    for times in (1, 1000):
        ties = times * (shares[3:] - shares[:-3])
        win = Claim(SENTENCE, margin=times * 0.03)
        assert (ties > win.margin).any()  # by rounding
        assert not win.events(ties).any()
        assert not Claim(SENTENCE, kind="equivalent", margin=times * 0.03).events(ties).any()
        assert win.events(times * (shares[4:] - shares[:-4])).all()


@pytest.mark.parametrize(
    ("difference", "shown"),
    [
        *((0.0, True), (0.0999, True), (-0.0999, True), (0.1, False), (-0.1, False)),
        *((INF, False), (-INF, False), (NAN, False)),
    ],
)
def test_arms_are_equivalent_inside_the_margin(difference, shown):
    alike = Claim(SENTENCE, kind="equivalent", margin=0.1)
    assert alike.events(np.array([difference])).tolist() == [shown]


def test_a_share_that_takes_too_many_seeds_is_refused_unless_the_claim_allows_them():
    with pytest.raises(ClaimError, match=r"got max_seeds=512, .*: a share of 0\.999 takes 3,638"):
        claim.rate("Always.", at_least=0.999)
    with pytest.raises(ClaimError, match="got max_seeds=0, expected a whole number of at least 1"):
        claim.rate("Always.", max_seeds=0)

    @claim.rate("Always.", at_least=0.999, max_seeds=4000)
    def allowed(seeds):
        """Nothing."""

    test = getattr(allowed, ATTRIBUTE).test
    assert (test.p1, test.budget) == (0.999, 3640)
    assert test.p0 == pytest.approx(0.991, abs=5e-4)


def test_a_rate_counts_what_holds():
    happened = np.array([True, False, True])
    often = stated(claim.rate(SENTENCE, at_least=0.8))
    hardly = stated(claim.rate(SENTENCE, at_most=0.2))
    assert often.events(happened).tolist() == [True, False, True]
    assert hardly.events(happened).tolist() == [False, True, False]
    assert often.share == hardly.share == 0.8


def test_the_share_is_what_the_sequential_test_expects():
    assert stated(claim.rate(SENTENCE, at_least=0.75)).test.p1 == 0.75
    assert stated(claim(SENTENCE)).test.p1 == 0.9


# How it is stated


def test_only_the_statement_is_required():
    assert stated(claim(SENTENCE)) == Claim(SENTENCE, id="test_of_something")
    assert stated(claim(SENTENCE)).expected("") == Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("decorator", "kind"),
    [
        (claim(SENTENCE), "win"),
        (claim.equivalent(SENTENCE, margin=0.1), "equivalent"),
        (claim.rate(SENTENCE), "rate"),
        (claim.exact(SENTENCE), "exact"),
        (claim.timing(SENTENCE), "timing"),
    ],
)
def test_every_kind_has_a_decorator(decorator, kind):
    assert stated(decorator).kind == kind


@pytest.mark.parametrize(
    ("decorator", "kind", "margin", "unit"),
    [
        (claim(SENTENCE, margin=0.5, unit="points"), "win", 0.5, "points"),
        (claim.equivalent(SENTENCE, margin=0.5, unit="points"), "equivalent", 0.5, "points"),
        (claim.rate(SENTENCE), "rate", 0.0, ""),
        (claim.exact(SENTENCE), "exact", 0.0, ""),
        (claim.timing(SENTENCE), "timing", 0.1, "times"),
    ],
    ids=["win", "equivalent", "rate", "exact", "timing"],
)
def test_each_decorator_states_its_kind(decorator, kind, margin, unit):
    named = Claim(SENTENCE, "test_of_something", kind, margin=margin, unit=unit)
    assert stated(decorator) == named


@pytest.mark.parametrize(
    ("decorator", "option"),
    [
        (claim, "kind"),
        (claim, "max_seeds"),
        (claim.equivalent, "share"),
        (claim.rate, "holds_when"),
        (claim.rate, "unit"),
        (claim.exact, "budget"),
        (claim.timing, "cache"),
        (claim.timing, "unit"),
    ],
)
def test_an_option_of_another_kind_is_no_option(decorator, option):
    more = {"margin": 0.1} if decorator == claim.equivalent else {}
    with pytest.raises(TypeError, match=f"'It is true.': got an unexpected .* '{option}'$"):
        decorator("It is true.", **more, **{option: 1})


def test_a_function_states_one_claim():
    def test_it(seeds):
        return seeds

    with pytest.raises(ClaimError) as error:
        claim("Second.")(claim("First.")(test_it))
    assert str(error.value) == (
        "claim 'Second.': test_it states 'First.' already, expected one claim a function"
    )


def test_a_class_states_no_claim():
    with pytest.raises(ClaimError, match=r"^claim 'A statement.': got <class .*, expected a funct"):
        claim(SENTENCE)(dict)


def test_a_claim_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Claim(SENTENCE).margin = 1.0


@pytest.mark.parametrize("statement", ["", "   ", "\n", None, 3])
def test_an_empty_statement_is_refused(statement):
    with pytest.raises(ClaimError) as error:
        claim(statement)
    assert str(error.value) == f"a claim needs its statement in words, got {statement!r}"


@pytest.mark.parametrize("margin", [-INF, 1e-7, -1e-7, INF, NAN])
def test_a_margin_that_no_difference_can_be_held_against_is_refused(margin):
    with pytest.raises(ClaimError) as error:
        claim(SENTENCE, margin=margin)
    assert str(error.value) == (
        f"claim {SENTENCE!r}: got margin={margin}, expected a number above 1e-06 in size, or 0"
    )


@pytest.mark.parametrize("margin", [0, 1e-6, -0.1, INF, NAN])
def test_an_equivalence_needs_a_margin_above_what_rounding_does(margin):
    with pytest.raises(ClaimError, match=r"expected a number above 1e-06$"):
        claim.equivalent(SENTENCE, margin=margin)


def test_a_claim_about_time_needs_a_margin_above_zero():
    with pytest.raises(ClaimError, match=r"got margin=0, expected a number above 0$"):
        claim.timing(SENTENCE, margin=0)


# Sizes


@pytest.mark.parametrize(
    ("difference", "shown"),
    [
        (0.0, True),
        (0.3, True),
        (-0.019, True),
        (-0.02, False),
        (0.56 - 0.58, False),  # 2e-17 above the margin by rounding alone
        (-0.021, False),
        *((INF, True), (-INF, False), (NAN, False)),
    ],
)
def test_a_margin_below_zero_lets_a_smaller_loss_pass(difference, shown):
    assert Claim(SENTENCE, margin=-0.02).events(np.array([difference])).tolist() == [shown]


def test_only_a_win_has_a_margin_below_zero():
    for state in (claim.equivalent, claim.timing):
        with pytest.raises(ClaimError, match=r"got margin=-0.1, expected a number above "):
            state(SENTENCE, margin=-0.1)


KINDS = [claim, claim.rate, functools.partial(claim.equivalent, margin=1)]


@pytest.mark.parametrize("state", KINDS)
def test_sizes_are_options_of_what_seeds_decide(state):
    test = stated(state(SENTENCE, alpha=0.01, p0=0.6, budget=200)).test
    assert (test.alpha, test.p0, test.p1, test.budget) == (0.01, 0.6, 0.9, 200)
    assert stated(state(SENTENCE)).test == SequentialTest()


@pytest.mark.parametrize("state", KINDS)
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"alpha": 0}, "alpha=0, expected a number from 1e-12 to below 1/2"),
        ({"alpha": 0.5}, "alpha=0.5, expected a number from"),
        ({"alpha": 1e-13}, "alpha=1e-13, expected a number from"),
        ({"alpha": NAN}, "alpha=nan, expected a number from"),
        ({"alpha": "0.05"}, "alpha='0.05', expected a number from"),
        ({"alpha": True}, "alpha=True, expected a number from"),
        ({"alpha": None}, "alpha=None, expected a number from"),
        ({"p0": 0}, "p0=0, expected a share above 0 and below 0.9"),
        ({"p0": 0.9}, "p0=0.9, expected a share above 0 and below 0.9"),
        ({"p0": NAN}, "p0=nan, expected a share"),
        ({"p0": "half"}, "p0='half', expected a share"),
        ({"budget": 0}, "budget=0, expected a whole number from 1 to 20,000"),
        ({"budget": 64.0}, "budget=64.0, expected a whole number from"),
        ({"budget": True}, "budget=True, expected a whole number from"),
        ({"budget": 20_001}, "budget=20001, expected a whole number from"),
        ({"budget": 15}, "budget=15, expected at least 16: so many decide if all agree"),
        ({"budget": 15, "alpha": 1e-8}, "budget=15, expected at least 32: so many decide"),
        ({"p0": 0.01, "alpha": 1e-9, "budget": 8}, "budget=8, expected at least 10: so many"),
    ],
)
def test_sizes_with_which_nothing_is_decided_are_refused(state, options, told):
    with pytest.raises(ClaimError) as refused:
        state(SENTENCE, **options)
    assert str(refused.value).startswith(f"claim {SENTENCE!r}: got {told}")
    assert "\n" not in str(refused.value)


def test_the_least_budget_is_enough_for_either_verdict():
    test = stated(claim(SENTENCE, budget=16)).test
    assert test.decide(np.ones(16, bool)).verdict == Verdict.SUPPORTED
    assert test.decide(np.zeros(16, bool)).verdict == Verdict.REFUTED


def test_shares_that_are_close_take_a_budget_that_is_stated():
    with pytest.raises(
        ClaimError, match=r"got budget=None, expected how many .* 0\.9 takes 2,\d+ "
    ):
        claim(SENTENCE, p0=0.85)
    assert stated(claim(SENTENCE, p0=0.85, budget=3000)).test.budget == 3000
    with pytest.raises(ClaimError, match=r"got max_seeds=512, .*: a share of 0\.9 takes 2,\d+ "):
        claim.rate(SENTENCE, p0=0.85)


def test_the_budget_and_the_most_seeds_are_one_statement():
    with pytest.raises(ClaimError, match=r"got budget=64, expected one of budget and max_seeds"):
        claim.rate(SENTENCE, budget=64, max_seeds=100)


def test_what_hardly_ever_happens_has_its_shares_the_other_way_round():
    """Support rules out that it happens on three seeds in ten."""
    test = stated(claim.rate(SENTENCE, at_most=0.1, p0=0.3)).test
    assert (test.p0, test.p1) == (0.7, 0.9)
    with pytest.raises(ClaimError, match=r"got p0=0\.05, expected a share above 0\.1 and below 1$"):
        claim.rate(SENTENCE, at_most=0.1, p0=0.05)
    with pytest.raises(ClaimError, match=r"got p0='x', expected a share"):
        claim.rate(SENTENCE, at_most=0.1, p0="x")


@pytest.mark.parametrize("replay", [True, False, 0, 1e-3])
@pytest.mark.parametrize(
    "state", [claim, claim.rate, functools.partial(claim.equivalent, margin=1)]
)
def test_how_two_seeds_are_replayed_is_stated(state, replay):
    found = stated(state(SENTENCE, replay=replay))
    assert found.replay is replay
    assert found.replay_tolerance == (1e-9 if isinstance(replay, bool) else replay)


@pytest.mark.parametrize("replay", [1, 2.0, -1e-3, NAN])
def test_a_replay_that_lets_anything_pass_is_refused(replay):
    with pytest.raises(ClaimError, match=r"expected True, False or a relative difference below 1$"):
        claim(SENTENCE, replay=replay)


@pytest.mark.parametrize("stance", ["states", "denies", "beside"])
@pytest.mark.parametrize(
    "state",
    [claim, claim.rate, claim.exact, claim.timing, functools.partial(claim.equivalent, margin=1)],
)
def test_what_a_claim_is_to_its_sentence_is_stated(state, stance):
    assert stated(state(SENTENCE, stance=stance)).stance == stance
    assert stated(state(SENTENCE)).stance == "states"


@pytest.mark.parametrize(
    ("given", "kept"),
    [((), ()), ("area/why", ("area/why",)), (("a/one", "a/two"), ("a/one", "a/two"))],
)
@pytest.mark.parametrize(
    "state",
    [claim, claim.rate, claim.exact, claim.timing, functools.partial(claim.equivalent, margin=1)],
)
def test_the_reasons_of_a_claim_are_ids(state, given, kept):
    assert stated(state(SENTENCE, because=given)).because == kept


@pytest.mark.parametrize("given", [None, 3, "", ("a/one", 3), {"a/one"}, ("a/one", "")])
def test_a_reason_that_is_no_id_is_refused(given):
    with pytest.raises(ClaimError, match=r"expected the id of another claim, or a tuple of ids$"):
        claim(SENTENCE, because=given)


@pytest.mark.parametrize("given", ["area/name", ("a/one", "a/one"), ("a/one", "area/name")])
def test_a_claim_is_not_its_own_reason_and_names_each_once(given):
    with pytest.raises(ClaimError, match=r"expected ids of other claims, each once$"):
        claim(SENTENCE, id="area/name", because=given)


def test_another_stance_is_refused():
    with pytest.raises(ClaimError, match=r"got stance='against', expected 'states', 'denies' or"):
        claim(SENTENCE, stance="against")


@pytest.mark.parametrize("option", ["statement", "id", "source", "unit"])
def test_text_that_cannot_be_written_is_refused(option):
    with pytest.raises(ClaimError, match=rf"got {option}='.udcf6', expected text without halves"):
        Claim(**{"statement": SENTENCE, option: "\udcf6"})


@pytest.mark.parametrize("share", [{"at_least": 0.5}, {"at_least": 1}, {"at_most": 0.5}])
def test_a_share_that_cannot_be_told_from_a_coin_is_refused(share):
    with pytest.raises(
        ClaimError, match=r"expected a share between .* one half is what support rules out$"
    ):
        claim.rate(SENTENCE, **share)


def test_one_share_is_stated_and_not_two():
    with pytest.raises(ClaimError, match=r"got at_least and at_most, expected one of them$"):
        claim.rate(SENTENCE, at_least=0.9, at_most=0.1)


@pytest.mark.parametrize(
    "expect", ["wrong", "inconclusive", "confirmed", "", 1, {"digits": "maybe"}]
)
def test_an_unknown_expectation_is_refused(expect):
    with pytest.raises(ClaimError, match=r"expected 'supported', 'refuted' or None$"):
        claim(SENTENCE, expect=expect)


def test_instances_may_differ_in_what_is_expected():
    differing = Claim(SENTENCE, id="a/b", expect={"phantom": "refuted", "digits": None})
    assert differing.expected("phantom") == "refuted"
    assert differing.expected("digits") is None
    with pytest.raises(ClaimError) as error:
        differing.expected("mine")
    assert str(error.value) == "claim 'a/b': expect does not name its instance 'mine'"


def test_a_profile_may_have_a_verdict_of_its_own():
    sized = Claim(SENTENCE, expect={"digits": "supported", "digits@homework": "refuted"})
    assert sized.expected("digits", "quick") == "supported"
    assert sized.expected("digits", "homework") == "refuted"
    alone = Claim(SENTENCE, expect={"": "refuted", "@homework": None})
    assert (alone.expected(""), alone.expected("", "homework")) == ("refuted", None)


# What the function may return


@pytest.mark.parametrize(
    "returned",
    [[1, 2, 3], (0.5, 1.5, 2.5), np.arange(3, dtype=np.int32), np.array([1, 2, 3], np.float32)],
)
def test_one_number_per_seed_is_evidence(returned):
    evidence = Claim(SENTENCE).evidence(returned, 3)
    assert evidence.dtype == np.float64
    np.testing.assert_array_equal(evidence, returned)


@pytest.mark.parametrize("kind", ["uint8", "uint64", "int8", "int16"])
def test_numbers_whose_differences_wrap_around_are_refused(kind):
    """As uint8, 5 − 9 is 252."""
    hits = np.array([5, 5, 5], kind)
    with pytest.raises(ClaimError) as error:
        Claim(SENTENCE).evidence(hits - np.array(9, kind), 3)
    assert str(error.value) == (
        f"the claim returned {kind}, whose differences wrap around: "
        "expected float or int64 before they are taken"
    )


def test_masked_values_are_refused():
    masked = np.ma.masked_less([-1.0, 2.0], 0)
    with pytest.raises(ClaimError, match=r"^the claim returned masked values: expected one number"):
        Claim(SENTENCE).evidence(masked, 2)
    assert Claim(SENTENCE).evidence(np.ma.array([1.0, 2.0]), 2).tolist() == [1, 2]


def test_one_boolean_per_seed_is_evidence_of_a_rate():
    evidence = Claim(SENTENCE, kind="rate").evidence([True, False], 2)
    assert evidence.dtype == np.bool_


@pytest.mark.parametrize(
    ("returned", "received"),
    [
        (None, "the claim returned nothing"),
        (1.0, "the claim returned an array of shape ()"),
        ([1.0, 2.0], "the claim returned an array of shape (2,)"),
        ([[1.0, 2.0, 3.0]], "the claim returned an array of shape (1, 3)"),
        ([1j, 2j, 3j], "the claim returned complex numbers"),
        (["a", "b", "c"], "the claim returned strings"),
        ("abc", "the claim returned a string"),
        ([b"a", b"b", b"c"], "the claim returned strings"),
        ([None, None, None], "the claim returned values of type object"),
        ({"a": 1}, "the claim returned a value of type dict"),
        ([[1.0], [1.0, 2.0], [3.0]], "the claim returned rows of unequal length"),
        (np.zeros(3, "M8[s]"), "the claim returned values of type datetime64[s]"),
    ],
)
@pytest.mark.parametrize("kind", ["win", "rate"])
def test_what_is_not_one_value_per_seed_is_refused(kind, returned, received):
    with pytest.raises(ClaimError) as error:
        Claim(SENTENCE, kind=kind).evidence(returned, 3)
    wanted = "boolean" if kind == "rate" else "number"
    message = str(error.value)
    assert message.endswith(f": expected one {wanted} per seed, shape (3,)")
    if kind == "win" or "shape" not in received:
        assert message.startswith(received)


@pytest.mark.parametrize("kind", ["win", "equivalent"])
def test_who_returns_two_arms_is_told_to_return_their_difference(kind):
    arms = np.ones(8), np.zeros(8)
    with pytest.raises(ClaimError) as error:
        Claim(SENTENCE, kind=kind, margin=0.1).evidence(arms, 8)
    assert str(error.value) == (
        "the claim returned an array of shape (2, 8): expected one number per seed, shape (8,) "
        "(of two arms, return their difference)"
    )
    with pytest.raises(ClaimError, match=r"shape \(2, 8\): expected one boolean .*shape \(8,\)$"):
        Claim(SENTENCE, kind="rate").evidence(np.ones((2, 8), bool), 8)


def test_numbers_are_no_rate_and_booleans_no_difference():
    with pytest.raises(ClaimError, match=r"^the claim returned numbers: expected one boolean"):
        Claim(SENTENCE, kind="rate").evidence([0, 1], 2)
    with pytest.raises(ClaimError, match=r"^the claim returned booleans: .*@claim.rate"):
        Claim(SENTENCE).evidence([True, False], 2)


@pytest.mark.parametrize(
    ("returned", "received"),
    [
        (None, "nothing"),
        ([1.0, 2.0], "an array of shape (2,)"),
        ([[1.0]], "an array of shape (1, 1)"),
        ([[1.0], [1.0, 2.0]], "rows of unequal length"),
        (1j, "a complex number"),
        ("abc", "a string"),
        ({"a": 1}, "a value of type dict"),
        (np.datetime64(1, "s"), "a value of type datetime64[s]"),
        (np.uint8(1), "uint8, whose differences wrap around"),
        (True, "a boolean"),
    ],
)
def test_what_is_not_one_number_of_one_seed_is_refused(returned, received):
    with pytest.raises(ClaimError) as error:
        Claim(SENTENCE).value(returned)
    assert str(error.value).startswith(f"the claim returned {received}: expected ")
    assert "per seed" not in str(error.value)


def test_one_boolean_of_one_seed_is_a_rates():
    assert Claim(SENTENCE, kind="rate").value(np.bool_(True)).tolist() == [True]
    assert Claim(SENTENCE).value(np.float32(0.5)).tolist() == [0.5]
    with pytest.raises(ClaimError, match=r"^the claim returned a number: expected one boolean$"):
        Claim(SENTENCE, kind="rate").value(0.5)


def test_names_that_are_no_instance_are_found():
    expect = {"up": None, "up@homework": None, "up@quick": None, "dwn": None, "up@quik": None}
    unknown = Claim("A statement.", expect=expect).unknown_expectations
    assert unknown({"up", "down"}, {"quick", "homework"}) == ["dwn", "up@quik"]
    assert Claim("A statement.").unknown_expectations({"up"}, {"quick"}) == []


def test_a_partial_function_with_an_id_states_a_claim():
    stated = claim("A statement.", id="it/holds")(functools.partial(lambda seeds: seeds))
    assert stated.__hw4_claim__.id == "it/holds"
    with pytest.raises(ClaimError, match="expected a function"):
        claim("A statement.", id="it/holds")(functools.partial(int, "3"))


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        *(("", {"margin": each}, "a number above") for each in ("big", None, True, [1], 10**400)),
        ("timing", {"margin": "a"}, "a number above 0"),
        *(("", {each: 3}, "expected text") for each in ("id", "source", "unit")),
        *(("", {"replay": each}, "True, False or") for each in (None, "x")),
        ("", {"cache": "yes"}, "True or False"),
        ("", {"cache": True, "replay": False}, "it without replay=False"),
        *(("rate", {"at_least": each}, "between 0.5 and 1") for each in ("x", True, 0.5, 1, NAN)),
        *(("rate", {"at_most": each}, "between 0 and 0.5") for each in ("x", 0.5, 0, -0.1)),
    ],
)
def test_an_option_of_the_wrong_type_is_refused_by_the_name_that_was_given(kind, options, said):
    option = next(iter(options))
    with pytest.raises(ClaimError, match=rf"^claim '{SENTENCE}': got {option}=.*{said}") as refused:
        (getattr(claim, kind) if kind else claim)(SENTENCE, **options)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_numbers_of_numpy_are_written_as_floats():
    @claim.rate(SENTENCE, at_most=np.float32(0.25), alpha=np.float64(0.001), p0=np.float32(0.5))
    def stated(seeds):
        """Nothing."""

    found = getattr(stated, ATTRIBUTE)
    assert (found.share, found.alpha, found.p0) == (0.75, 0.001, 0.5)
    assert {type(each) for each in (found.margin, found.share, found.alpha, found.p0)} == {float}
