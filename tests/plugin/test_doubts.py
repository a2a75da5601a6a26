"""Planted claims whose evidence is none, or doubtful: an error, or a verdict with a warning.

They are decided alone, on two workers, and by `hw4 run`, once each.
"""

import pytest

PLANTED = """
    import random
    import numpy as np
    from hw4 import claim, mlp, sgd

    @claim("All NaN.", id="nan/all", expect="refuted")
    def test_all_nan(seeds):
        return np.full(seeds.size, np.nan)

    @claim("NaN on one.", id="nan/one", expect=None)
    def test_one_nan(seeds):
        return [np.nan if seed == 608273276 else 1.0 + seed for seed in seeds]

    @claim("Its own generator.", id="random/numpy")
    def test_numpy(seeds):
        return 1 + np.random.random(seeds.size)

    @claim("One generator for all seeds of a block.", id="random/one-a-block")
    def test_one_a_block(seeds):
        return np.random.default_rng(seeds[0]).normal(9, size=seeds.size)

    @claim("A seed leaves its state to the next one.", id="random/state")
    def test_state(seeds):
        random.seed(0)
        return [9 + random.random() for _ in seeds]

    @claim("The same eight numbers for every block.", id="random/same-eight")
    def test_same_eight(seeds):
        return np.random.default_rng(0).normal(9, size=8)[: seeds.size]

    @claim.rate("Whatever comes.", id="random/rate", expect=None)
    def test_rate(seeds, calls=[]):
        calls.append(0)
        return np.full(seeds.size, len(calls) == 1)

    @claim("It cannot be replayed.", id="unreplayed/random", replay=False)
    def test_unreplayed(seeds):
        return 1 + np.random.random(seeds.size)

    @claim("It is measured.", id="unreplayed/roughly", replay=0.5)
    def test_roughly(seeds):
        return 5 + np.random.random(seeds.size)

    @claim("Saturated.", id="constant/score", margin=0.5)
    def test_score(seeds):
        return np.ones(seeds.size)

    @claim.rate("Dead.", id="constant/rate", expect="refuted")
    def test_dead_rate(seeds):
        return np.zeros(seeds.size, bool)

    @claim.rate("Booleans from NumPy's generator.", id="random/booleans")
    def test_booleans(seeds):
        return np.random.random(seeds.size) >= 0

    @claim.rate("Booleans from generators that NumPy makes anew.", id="random/anew")
    def test_anew(seeds):
        return np.random.default_rng().random(seeds.size) >= 0

    @claim("Python's integers.", id="seeds/python")
    def test_python(seeds):
        def draw(seed):
            random.seed(seed)
            return 1 + random.random()
        return [draw(seed) for seed in seeds]
"""
TRAINED = """
    import numpy as np
    from hw4 import claim, mlp, sgd

    def loss(train, rate):
        runs = train(mlp(1, 4), sgd(rate), "digits", epochs=1, images=32, test_images=32)
        return runs.test_loss[:, -1]

    @claim("Both diverge.", id="trained/both-diverge", expect="refuted")
    def test_both_diverge(train):
        return loss(train, 1e30) - loss(train, 1e31)

    @claim("Some pairs diverge.", id="trained/some-diverge", expect="refuted")
    def test_some_diverge(train, seeds):
        both = loss(train, 1e30) - loss(train, 1e31)
        return np.where(seeds % 3 > 0, loss(train, 0.1) - 99, both)

    @claim("One diverges.", id="trained/one-diverges")
    def test_one_diverges(train):
        return loss(train, 1e30) - loss(train, 0.1)

    @claim("NaN, though only one diverges.", id="trained/nan")
    def test_trained_nan(train):
        return np.where(np.isinf(loss(train, 1e30)), np.nan, 0) + loss(train, 0.1)

    @claim("NaN, though none diverges.", id="trained/own-nan")
    def test_own_nan(train):
        return loss(train, 0.1) * np.nan
"""


@pytest.fixture(scope="module")
def outcomes(decide):
    """The outcomes of one run alone, and of one on two workers."""
    files = {"test_planted.py": PLANTED, "test_trained.py": TRAINED}
    return [decide(files, workers) for workers in (0, 2)]


@pytest.fixture(params=[0, 1], ids=["alone", "two-workers"])
def outcome(request, outcomes):
    return outcomes[request.param]


ERRORS = {
    "nan/all": "seeds 1878776328, 336614359, 1620722436 and 5 more gave NaN: expected a number",
    "nan/one": "seed 608273276 gave NaN: expected a number for every seed",
    "random/numpy": "something random does not come from the seed",
    "random/one-a-block": "something random does not come from the seed",
    "random/state": "something random does not come from the seed",
    "random/same-eight": "something random does not come from the seed",
    "random/rate": "gave True, then False: something random does not come from the seed",
    "trained/both-diverge": "both arms diverged on every seed (6 of 6): expected arms that can be",
    "trained/nan": "gave NaN: expected a number for every seed, or NaN only where both arms",
    "trained/own-nan": "gave NaN: expected a number for every seed, or NaN only where both arms",
}
VERDICTS = {
    "unreplayed/random": ("supported", [], False),
    "unreplayed/roughly": ("supported", [], 0.5),
    "seeds/python": ("supported", [], True),
    "trained/some-diverge": ("refuted", [], True),
    "trained/one-diverges": ("supported", [], True),
}
WARNINGS = {
    "random/booleans": "numpy.random is drawn from without a seed",
    "random/anew": "numpy.random.default_rng() is called without a seed",
    "constant/score": "all 16 seeds gave 1: saturated, or the seeds do nothing",
    "constant/rate": "all 8 seeds gave False: saturated, or the seeds do nothing",
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_is_no_evidence_is_an_error(outcome, name):
    record = outcome.records()[name, ""]
    assert record["error"] == "claim"
    assert ERRORS[name] in record["message"]
    assert f"{name}: {record['message']}" in outcome.text.splitlines()


@pytest.mark.parametrize("name", VERDICTS)
def test_what_is_evidence_gets_its_verdict(outcome, name):
    record = outcome.records()[name, ""]
    found = record["verdict"], record["warnings"], record["replay"]
    assert found == VERDICTS[name]
    assert record["as_expected"]


@pytest.mark.parametrize("name", WARNINGS)
def test_the_same_value_on_every_seed_gets_its_verdict_and_a_warning(outcome, name):
    record = outcome.records()[name, ""]
    assert record["as_expected"]
    assert WARNINGS[name] in record["warnings"]
    assert f"? {name}: warning: {WARNINGS[name]}" in " ".join(outcome.text.split())


def test_what_was_not_replayed_is_told(outcome):
    said = " ".join(outcome.text.split())
    assert "? unreplayed/random: not asked again (replay=False): its values may not come" in said
    assert "? unreplayed/roughly" not in said


def test_nothing_else_was_decided(outcome):
    names = {name for name, _ in outcome.records()}
    assert names == ERRORS.keys() | VERDICTS.keys() | WARNINGS.keys()


@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--strict"], 3)])
def test_a_warning_is_grave_only_where_that_is_asked_for(hw4, strict, code):
    """And stands in the summary, the page, and what `hw4 show` prints."""
    constant = PLANTED[: PLANTED.index("    @claim")] + (
        PLANTED[
            PLANTED.index('    @claim("It cannot') : PLANTED.index('    @claim("It is measured')
        ]
        + PLANTED[PLANTED.index('    @claim("Saturated') : PLANTED.index('    @claim.rate("Dead')]
    )
    hw4.write("claims.py", constant)
    written = ("--report=page.html", "--markdown=page.md", "--jobs=1")
    found, out, err = hw4("run", "claims.py", *written, *strict)
    assert (found, err) == (code, "")
    warning = WARNINGS["constant/score"]
    unreplayed = "not asked again (replay=False): its values may not come from their seeds"
    assert f"? constant/score: warning: {warning}" in " ".join(out.split())
    page, summary = ((hw4.folder / f"page.{kind}").read_text() for kind in ("html", "md"))
    shown = " ".join(
        " ".join(hw4("show", name)[1].split()) for name in ("constant/score", "unreplayed/random")
    )
    for text in (page, summary, shown):
        assert f"arning: {warning}" in text
        assert unreplayed[1:] in text or unreplayed.replace("=", r"\=")[1:] in text


def test_a_replay_is_stated_only_beside_seeds(pytester, run_with):
    pytester.makepyfile(
        """
        from hw4 import claim

        @claim("It trains.", id="it", replay=False)
        def test_it(train):
            pass
        """
    )
    outcome = run_with(0)
    assert outcome.records()["it", ""]["message"] == (
        "got replay=False, but the function does not ask for seeds: "
        "expected replay only beside them"
    )
