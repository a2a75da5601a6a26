"""Planted claims whose function takes one seed; they are decided alone, and on two workers.

What they return and assert is compared with the same claims on `seeds`.
"""

import numpy as np
import pytest

from hw4.seeds import seeds_from

FIXTURES = """
    import numpy as np
    import pytest

    @pytest.fixture(scope="module")
    def calls():
        return []

    @pytest.fixture
    def drawn(seed, tmp_path, calls):
        calls.append("set up")
        mark = tmp_path / "mark"
        assert not mark.exists(), "the folder of another seed"
        mark.touch()
        yield np.random.default_rng(seed).normal(2)
        calls.append("torn down")
"""
PLANTED = """
    import random
    import threading
    import unittest
    import numpy as np
    import pytest
    from hw4 import claim

    def draw(seed, mean):
        return np.random.default_rng(seed).normal(mean)

    @claim("A number a seed.", id="number/seed", margin=0.5)
    def test_number(seed):
        return draw(seed, 3)

    @claim("The same on seeds.", id="number/seeds", margin=0.5)
    def test_numbers(seeds):
        return [draw(seed, 3) for seed in seeds]

    @claim.equivalent("Equivalent.", id="equivalent/seed", margin=9)
    def test_equivalent(seed):
        return np.float32(draw(seed, 0))

    @claim.rate("A boolean a seed.", id="rate/seed", expect=None)
    def test_boolean(seed):
        return draw(seed, 0.3) > 0

    @claim.rate("An assertion a seed.", id="rate/asserts", expect=None)
    def test_asserts(seed):
        assert draw(seed, 0.3) > 0

    @claim.rate("The same on seeds.", id="rate/seeds", expect=None)
    def test_booleans(seeds):
        return [draw(seed, 0.3) > 0 for seed in seeds]

    @claim.rate("Seldom.", id="rate/seldom", at_most=0.1)
    def test_seldom(seed):
        assert draw(seed, -3) > 0, "it is negative"

    @claim.rate("By a fixture.", id="rate/fixture")
    def test_fixture(drawn, calls):
        assert drawn > -1
        assert calls == ["set up"] + ["torn down", "set up"] * (len(calls) // 2)

    @claim.rate("Its assertion runs on some seeds.", id="rate/either")
    def test_either(seed):
        if seed == 1878776328:
            return True
        assert seed

    @claim.rate("pytest's and others' assertions.", id="rate/others", expect="refuted")
    def test_others(seed):
        match seed // 8 % 4:  # all four are among the first six seeds
            case 0:
                pytest.fail("by pytest.fail")
            case 1:
                with pytest.raises(ValueError):
                    pass
            case 2:
                unittest.TestCase().assertEqual(1, 2)
        np.testing.assert_allclose(1, 2)

    @claim.exact("Nothing is raised.", id="exact/raises", expect="refuted")
    def test_exact_raises():
        with pytest.raises(ValueError):
            pass

    class TestOfAClass:
        @claim.rate("Each seed has an instance of its own.", id="rate/instance")
        def test_instance(self, seed):
            self.calls = getattr(self, "calls", 0) + 1
            assert self.calls == 1

    @pytest.mark.parametrize("size", [10, 1000])
    @claim.rate("Parametrised.", id="rate/sizes", expect={"10": None, "1000": "supported"})
    def test_sizes(size, seed):
        assert abs(np.random.default_rng(seed).normal(size=size).mean()) < 0.2

    # Errors

    @claim.rate("It asserts nothing.", id="wrong/nothing")
    def test_nothing(seed):
        _ = seed + 1

    @claim.rate("Always true.", id="wrong/constant")
    def test_constant(seed):
        draw(seed, 0)
        assert "always"

    @claim("Not a number.", id="wrong/number")
    def test_no_number(seed):
        assert draw(seed, 0) > 9, "too small"

    @claim("Returns nothing.", id="wrong/returns")
    def test_returns_nothing(seed):
        draw(seed, 0)

    @claim("Two numbers.", id="wrong/two")
    def test_two(seed):
        return [1, 2]

    @claim.rate("A number.", id="wrong/boolean")
    def test_no_boolean(seed):
        return draw(seed, 0)

    @claim.rate("A coroutine.", id="wrong/coroutine")
    async def test_coroutine(seed):
        assert seed

    @claim.exact("A proof.", id="wrong/exact")
    def test_exact(seed):
        assert seed

    @claim("Both.", id="wrong/both")
    def test_both(seed, train, seeds):
        return 1

    @claim.rate("Unseeded.", id="wrong/unseeded")
    def test_unseeded(seed, calls=[]):
        calls.append(seed)
        assert len(calls) < 9

    @claim.rate("A thread fails.", id="wrong/thread", expect="refuted")
    def test_thread(seed):
        def work():
            assert seed < 0
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    @claim.rate("Another exception.", id="crash/raises")
    def test_raises(seed):
        raise ZeroDivisionError("of nothing")

    @pytest.fixture
    def broken(seed):
        assert seed == 1878776328, "the second seed breaks it"

    @claim.rate("A fixture's assertion.", id="crash/fixture")
    def test_broken(broken):
        assert True is not None
"""
OTHERS = """
    import pytest
    from hw4 import claim

    @pytest.fixture
    def seed():
        return 1

    @claim.rate("Their seed.", id="theirs/seed")
    def test_their_seed(seed):
        assert seed == 1
"""
EXTENDED = """
    import pytest
    from hw4 import claim

    @pytest.fixture
    def seed(seed):
        return str(seed)

    @claim.rate("Ours, within theirs.", id="theirs/extended")
    def test_extended(seed):
        assert seed.isdigit()
"""
ERRORS = {
    "wrong/nothing": "its function asserts nothing: expected an assertion that can fail",
    "wrong/constant": "is always true",
    "wrong/number": "an assertion failed on seed 1878776328 (too small",
    "wrong/returns": "on seed 1878776328, the claim returned nothing: expected a number, or "
    "@claim.rate for a function that asserts",
    "wrong/two": "on seed 1878776328, the claim returned an array of shape (2,): expected one "
    "number",
    "wrong/boolean": "on seed 1878776328, the claim returned a number: expected one boolean",
    "wrong/coroutine": "its function is a coroutine, which a call does not run: expected a plain "
    "function",
    "wrong/exact": "it asks for seed, but a proof is asked for once: expected none",
    "wrong/both": "it asks for seed and for seeds and train: expected seed alone",
    "wrong/unseeded": "gave True, then False: something random does not come from the seed",
    "theirs/seed": "of the fixtures seed, seeds and train (its fixture seed is not hw4's)",
}
CRASHES = {
    "crash/raises": "ZeroDivisionError: of nothing",
    "crash/fixture": "the second seed breaks it",
}
VERDICTS = {
    "number/seed": "supported",
    "number/seeds": "supported",
    "equivalent/seed": "supported",
    "rate/seed": "refuted",
    "rate/asserts": "refuted",
    "rate/seeds": "refuted",
    "rate/seldom": "supported",
    "rate/fixture": "supported",
    "rate/either": "supported",
    "rate/others": "refuted",
    "rate/instance": "supported",
    "wrong/thread": "refuted",
    "exact/raises": "refuted",
    "theirs/extended": "supported",
}


@pytest.fixture(scope="module")
def outcomes(decide):
    files = {
        "conftest.py": FIXTURES,
        "test_planted.py": PLANTED,
        "test_others.py": OTHERS,
        "test_extended.py": EXTENDED,
    }
    return [decide(files, workers) for workers in (0, 2)]


@pytest.fixture(params=[0, 1], ids=["alone", "two-workers"])
def outcome(request, outcomes):
    return outcomes[request.param]


@pytest.mark.parametrize("name", VERDICTS)
def test_a_claim_of_one_seed_gets_its_verdict(outcome, name):
    assert outcome.records()[name, ""]["verdict"] == VERDICTS[name]


@pytest.mark.parametrize("name", ERRORS | CRASHES)
def test_what_is_no_evidence_is_an_error(outcome, name):
    record = outcome.records()[name, ""]
    assert record["error"] == ("claim" if name in ERRORS else "crash")
    assert (ERRORS | CRASHES)[name] in record["message"]
    assert "per seed" not in record["message"]


@pytest.mark.parametrize("pair", ["number/seed number/seeds", "rate/seed rate/seeds"])
def test_its_evidence_is_that_of_seeds(outcome, pair):
    of_seed, of_seeds = (outcome.records()[name, ""] for name in pair.split())
    assert of_seed["evidence"] == of_seeds["evidence"]
    assert of_seed["log_evidence"] == of_seeds["log_evidence"]


def test_failed_assertions_are_kept_with_their_seeds(outcome):
    record = outcome.records()["rate/asserts", ""]
    seeds = seeds_from(0, record["seeds"]).tolist()
    failing = [seed for seed in seeds if np.random.default_rng(seed).normal(0.3) <= 0]
    assert [failure["seed"] for failure in record["failures"]] == failing
    assert list(record["evidence"]) == [seed not in failing for seed in seeds]
    for failure in record["failures"]:
        value = np.random.default_rng(failure["seed"]).normal(0.3)
        assert f"{value:.5g}"[:6] in failure["message"]  # pytest's own words: assert -0.3 > 0
    assert outcome.records()["rate/seed", ""]["failures"] == []


def test_all_ways_to_fail_a_test_count(outcome):
    said = " ".join(f["message"] for f in outcome.records()["rate/others", ""]["failures"])
    for words in ("by pytest.fail", "DID NOT RAISE", "1 != 2", "Not equal to tolerance"):
        assert words in said


def test_parametrised_claims_have_one_verdict_an_instance(outcome):
    assert outcome.records()["rate/sizes", "1000"]["verdict"] == "supported"
    assert outcome.records()["rate/sizes", "10"]["verdict"] == "refuted"


def test_nothing_else_was_decided(outcome):
    names = {name for name, _ in outcome.records()}
    assert names == {"rate/sizes"} | ERRORS.keys() | CRASHES.keys() | VERDICTS.keys()


def test_a_failure_is_shown_with_its_seed(hw4):
    hw4.write(
        "claims.py",
        PLANTED[: PLANTED.index("    @claim(")]
        + """
    @claim.rate("It is <positive>.", id="it")
    def test_it(seed):
        assert draw(seed, 0) > 0, "below <zero>"
    """,
    )
    code, out, _ = hw4("run", "claims.py", "--report=page.html", "--ledger=l.json", "--jobs=1")
    assert code == 1
    record = hw4.ledger("l.json")["claims"][0]
    first = record["failures"][0]["seed"]
    shown = " ".join(hw4("show", "it", "--ledger=l.json")[1].split())
    assert f"failed on seed {first}: below <zero>" in shown
    assert f"and on {len(record['failures']) - 5} more" in shown
    page = (hw4.folder / "page.html").read_text(encoding="utf-8")
    assert all(f"<td>{each['seed']}" in page for each in record["failures"])
    assert "below &lt;zero&gt;" in page
    assert f"on seed {first}: below <zero>" in " ".join(out.split())
