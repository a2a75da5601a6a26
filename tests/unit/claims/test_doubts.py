"""What a claim's function returned and is no evidence."""

import copy
import pickle
import random
import re

import numpy as np
import pytest

from hw4 import Claim, ClaimError
from hw4.claims.doubts import refuse_refutation, replay, warnings
from hw4.seeds import seeds_from

SEEDS = seeds_from(0, 8)
WIN, RATE = Claim("A statement."), Claim("A statement.", kind="rate")


def draws(seeds):
    return np.array([np.random.default_rng(seed).normal(1) for seed in seeds])


def replayed(function, claim=WIN):
    return replay(claim, function, SEEDS, claim.evidence(function(SEEDS), SEEDS.size))


def one_generator_for_the_block(seeds):
    return np.random.default_rng(seeds[0]).normal(size=seeds.size)


def one_generator_for_all(seeds, rng=np.random.default_rng(0)):  # noqa: B008
    return rng.normal(size=seeds.size)


def what_the_seed_before_left(seeds):
    seen, found = 0, []
    for seed in seeds:
        seen += seed % 10 + 1
        found.append(seen)
    return found


def by_place(seeds):
    return np.arange(8.0)[: seeds.size]


def in_their_order(seeds):
    return draws(sorted(seeds, reverse=True))


def never_seeded(seeds):
    return [random.SystemRandom().random() for _ in seeds]


@pytest.mark.parametrize(
    "function",
    [
        one_generator_for_the_block,
        one_generator_for_all,
        what_the_seed_before_left,
        by_place,
        in_their_order,
        never_seeded,
    ],
)
def test_a_value_that_does_not_follow_its_seed_is_refused(function):
    with pytest.raises(ClaimError) as error:
        replayed(function)
    assert str(error.value).startswith(f"seed {SEEDS[1]} gave ")
    assert str(error.value).endswith(": something random does not come from the seed")


def test_booleans_are_replayed_for_two_seeds_that_differ():
    """By place, so that of seeds which agree neither would show it."""

    def only_the_sixth(seeds):
        return np.arange(seeds.size) == 5

    with pytest.raises(ClaimError, match=rf"^seed {SEEDS[5]} gave True, then False: "):
        replayed(only_the_sixth, RATE)


@pytest.mark.parametrize(
    ("function", "claim"),
    [
        (draws, WIN),
        (lambda seeds: draws(seeds) > 0, RATE),
        (lambda seeds: seeds % 2 / 0.0, WIN),  # ∞, and NaN
        (lambda seeds: np.zeros(seeds.size), WIN),
        (lambda seeds: draws(seeds) * (1 + 1e-13 * seeds.size), WIN),  # as a sum's order may do
    ],
)
@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
def test_values_that_follow_their_seeds_pass(function, claim):
    assert replayed(function, claim) == []


def seeded(seeds):
    found = []
    for seed in seeds:
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - as users do
        found.append(random.random() + np.random.random() > 0)  # noqa: NPY002
    return found


@pytest.mark.parametrize(
    ("function", "drawn"),
    [
        (seeded, []),
        (lambda seeds: [random.random() >= 0 for _ in seeds], ["random"]),
        (lambda seeds: np.random.random(seeds.size) >= 0, ["numpy.random"]),  # noqa: NPY002
        (lambda seeds: [bool(seeded([0]) and random.random()) for _ in seeds], []),
    ],
)
def test_a_generator_of_the_process_that_is_not_seeded_is_told(function, drawn):
    """Where the booleans that come of it all agree."""
    assert replayed(function, RATE) == [f"{name} is drawn from without a seed" for name in drawn]


def seeded_later(seed):
    generator = np.random.RandomState()
    generator.seed(seed)
    return generator


MADE = {
    "RandomState": np.random.RandomState,
    "of two numbers": lambda seed: np.random.RandomState([seed, 1]),
    "seeded later": seeded_later,
    "copied": lambda seed: copy.deepcopy(np.random.default_rng(seed)),
    "copied, old": lambda seed: copy.deepcopy(np.random.RandomState(seed)),
    "pickled": lambda seed: pickle.loads(pickle.dumps(np.random.default_rng(seed))),
    "spawned": lambda seed: np.random.default_rng(seed).spawn(1)[0],
}
UNSEEDED = {
    "default_rng": lambda seed: np.random.default_rng(),
    "RandomState": lambda seed: np.random.RandomState(),
    "PCG64": lambda seed: np.random.Generator(np.random.PCG64()),
    "copied": lambda seed: copy.deepcopy(np.random.default_rng()),
    "before a seeded one": lambda seed: (np.random.RandomState(), seeded_later(seed))[0],
}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_a_generator_that_gets_its_seed_or_state_later_is_seeded(made):
    assert replayed(lambda seeds: [made(int(seed)).normal() for seed in seeds]) == []


@pytest.mark.parametrize("made", UNSEEDED.values(), ids=UNSEEDED)
def test_a_generator_made_without_a_seed_is_told(made):
    told = replayed(lambda seeds: [bool(made(int(seed)).normal() < 99) for seed in seeds], RATE)
    (warning,) = told
    assert re.fullmatch(
        r"numpy\.random\.(default_rng|RandomState)\(\) is called without a seed", warning
    )


@pytest.mark.parametrize(("tolerance", "passes"), [(1e-2, True), (1e-4, False)])
def test_a_relative_difference_may_be_let_pass(tolerance, passes):
    def measured(seeds):
        return draws(seeds) * (1 + 1e-3 * (seeds.size == 2))

    claim = Claim("A statement.", replay=tolerance)
    if passes:
        replayed(measured, claim)
    else:
        with pytest.raises(ClaimError, match="does not come from the seed"):
            replayed(measured, claim)


def test_two_values_that_look_alike_are_told_in_full():
    def drifts(seeds):
        return draws(seeds) + 1e-7 * seeds.size

    with pytest.raises(ClaimError) as error:
        replayed(drifts)
    gave, then = str(error.value).split(": ")[0].split(" gave ")[1].split(", then ")
    assert gave != then


def test_a_function_that_returns_eight_whatever_it_is_asked_for_is_refused():
    with pytest.raises(ClaimError) as error:
        replayed(lambda seeds: np.arange(8.0))
    assert str(error.value) == (
        "asked again for two of its seeds, the claim returned an array of shape (8,): "
        "expected one number per seed, shape (2,)"
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [(np.ones(16), "1"), (np.full(16, np.inf), "inf"), (np.ones(16, bool), "True")],
)
def test_the_same_value_on_every_seed_is_told(values, said):
    claim = RATE if values.dtype == bool else WIN
    assert warnings(claim, values, None) == [
        f"all 16 seeds gave {said}: saturated, or the seeds do nothing"
    ]
    values[3] = 0
    assert warnings(claim, values, None) == []


def test_differences_that_are_ties_by_their_unit_alone_are_refused():
    def refuse(*values):
        refuse_refutation(WIN, np.array(values), WIN.events(np.array(values)))

    with pytest.raises(ClaimError) as error:
        refuse(1e-9, -5e-9, 2e-9)
    assert str(error.value) == (
        "no difference is above 5e-09, and 1e-06 or less counts as a tie: "
        "expected them in a smaller unit"
    )
    refuse(0.0, 0.0)
    refuse(1e-9, -0.1)
