"""What `--hw4-confirm` confirms, what it leaves alone, and who decides whether it is on."""

import numpy as np
import pytest

FILE = """
    import numpy as np
    import pytest
    from hw4 import claim

    def normal(seeds, mean):
        return np.array([np.random.default_rng(seed).normal(mean) for seed in seeds])

    @claim("It wins.", id="it/wins")
    def test_wins(seeds):
        return normal(seeds, 5)

    @claim("It wins alone.", id="it/wins-alone")
    @pytest.mark.hw4_serial
    def test_wins_alone(seeds):
        return normal(seeds, 5)

    @claim("It loses.", id="it/loses", expect="refuted")
    def test_loses(seeds):
        return normal(seeds, -5)

    @claim("It is shown.", id="it/is-shown", expect=None)
    def test_shown(seeds):
        return normal(seeds, 5)

    @claim("It depends.", id="it/depends", expect={"up": "supported", "up@homework": None})
    @pytest.mark.parametrize("sign", [pytest.param(1, id="up")])
    def test_depends(seeds, sign):
        return sign * normal(seeds, 5)

    @claim.exact("One is less than two.", id="it/is-proved")
    def test_proof():
        assert 1 < 2
"""
OVERTURNED = """
    import numpy as np
    from hw4 import claim

    def normal(seeds, mean):
        return np.array([np.random.default_rng(seed).normal(mean) for seed in seeds])

    @claim("Its arms are exchanged.", id="overturned/exchanged")
    def test_exchanged(seeds):
        return -normal(seeds, 5)

    @claim("Its effect has vanished.", id="overturned/vanished")
    def test_vanished(seeds):
        return normal(seeds, 0)

    @claim.equivalent("They are alike.", id="overturned/apart", margin=0.5)
    def test_apart(seeds):
        return normal(seeds, 5)

    @claim.rate("It happens.", id="overturned/rate")
    def test_rate(seeds):
        return normal(seeds, 0) > 0

    @claim("It is between.", id="overturned/between")
    def test_between(seeds):
        return np.where(seeds // 8 % 4 > 0, 1.0, -1.0)
"""


@pytest.fixture
def file(pytester):
    return pytester.makepyfile(test_it=FILE)


def verdicts(outcome):
    """Return what was found of each claim, with its seeds."""
    return {name: (r["verdict"], r["seeds"]) for (name, _), r in outcome.records().items()}


def test_what_is_registered_as_supported_is_confirmed_and_nothing_else(file, run):
    outcome = run("--hw4-confirm", "--junit-xml=report.xml")
    assert (outcome.code, outcome.passed) == (0, 6)
    assert verdicts(outcome) == {
        "it/wins": ("confirmed", 8),
        "it/wins-alone": ("confirmed", 8),  # with workers in the process of the serial phase
        "it/loses": ("refuted", 6),
        "it/is-shown": ("supported", 16),
        "it/depends": ("confirmed", 8),
        "it/is-proved": ("supported", 0),
    }
    assert outcome.book["confirm"] is True
    records = outcome.book["claims"]
    assert {r["id"] for r in records if r["confirm_alpha"]} == {
        "it/wins",
        "it/wins-alone",
        "it/depends",
    }
    assert all(record["as_expected"] for record in records)
    assert outcome.line("it/wins ").split()[:4] == ["✓", "it/wins", "confirmed", "8/8"]
    assert "All verdicts are as registered." in outcome.text
    how = "root seed 0, confirming what is registered as supported"
    assert outcome.text.count(how) == 2  # in the header and below the table
    carried = {"hw4_verdict": "confirmed", "hw4_confirm_alpha": "0.01"}
    assert carried.items() <= outcome.cases()["test_wins"][1].items()


def test_workers_confirm_as_one_process_does_on_fresh_seeds_too(file, run_with, timeless):
    fresh = run_with(2, "--hw4-confirm", "--hw4-fresh-seeds")
    root = fresh.book["root_seed"]
    assert root != 0
    assert verdicts(fresh)["it/wins"] == ("confirmed", 8)
    alone = run_with(0, "--hw4-confirm", f"--hw4-root-seed={root}")
    assert (alone.book["fresh_seeds"], fresh.book["fresh_seeds"]) == (False, True)
    assert timeless(alone.book) | {"fresh_seeds": True} == timeless(fresh.book)


@pytest.mark.parametrize("workers", [0, 1], ids=["alone", "a-worker"])
def test_the_ini_key_is_the_default_and_the_command_line_is_stronger(
    file, pytester, run_with, workers
):
    pytester.makeini("[pytest]\nhw4_confirm = true\n")
    confirmed = verdicts(run_with(workers, "--strict-config"))
    assert confirmed["it/wins"] == confirmed["it/wins-alone"] == ("confirmed", 8)
    decided = run_with(workers, "--no-hw4-confirm")
    assert verdicts(decided)["it/wins"] == verdicts(decided)["it/wins-alone"] == ("supported", 16)
    assert decided.book["confirm"] is False
    assert "confirm" not in decided.text


def test_without_either_claims_are_decided(file, run_with):
    outcome = run_with(0)
    assert verdicts(outcome)["it/wins"] == ("supported", 16)
    assert "confirm" not in outcome.text


def test_what_is_registered_for_another_profile_is_not_confirmed(file, run_with):
    assert verdicts(run_with(0, "--hw4-confirm", "--hw4-profile=homework"))["it/depends"] == (
        "supported",
        16,
    )


def test_exchanged_arms_and_vanished_effects_fail_their_tests(pytester, run_with):
    pytester.makepyfile(OVERTURNED)
    outcome = run_with(0, "--hw4-confirm")
    assert (outcome.code, outcome.passed, outcome.failed) == (1, 0, 5)
    found = verdicts(outcome)
    assert found.pop("overturned/between") == ("inconclusive", 64)
    assert {verdict for verdict, _ in found.values()} == {"refuted"}
    assert found["overturned/exchanged"] == ("refuted", 6)
    said = (
        "overturned/exchanged: refuted, shown by 0 of 6 seeds (0 to 46 %); registered as supported"
    )
    assert said in outcome.text.splitlines()
    assert "overturned/between: inconclusive, shown by 48 of 64 seeds (" in outcome.text


def test_on_data_of_the_users_own_nothing_is_confirmed(pytester, run_with):
    pytester.makepyfile(
        """
        import pytest
        from hw4 import claim

        @claim("It rises.", id="it/rises")
        @pytest.mark.parametrize("dataset", ["phantom"])
        def test_rises(seeds, dataset):
            return 1.0 + seeds

        @claim("It has no data.", id="it/has-no-data")
        def test_it(seeds):
            return 1.0 + seeds
        """
    )
    np.savez(pytester.path / "mine.npz", x_train=np.zeros((8, 3, 4)), y_train=np.arange(8) % 2)
    outcome = run_with(0, "--hw4-confirm", "--hw4-data=mine.npz", "--hw4-data=digits")
    found = {name: record["verdict"] for name, record in outcome.records().items()}
    assert found == {
        ("it/has-no-data", ""): "confirmed",
        ("it/rises", "digits"): "confirmed",
        ("it/rises", "mine"): "supported",
    }


def test_hw4_run_decides_unless_it_is_told_to_confirm_whatever_an_ini_file_says(hw4):
    name = hw4.write("test_it.py", FILE)
    hw4.write("tox.ini", "[pytest]\nhw4_confirm = true\n")
    code, decided, _ = hw4("run", name, "-k", "it/wins", "--jobs", 1)
    assert code == 0
    assert " supported " in decided
    assert "confirm" not in decided
    code, confirmed, _ = hw4("run", name, "-k", "it/wins", "--jobs", 2, "--confirm")
    assert code == 0
    assert " supported " not in confirmed
    assert [line.split()[2:4] for line in confirmed.splitlines() if "it/wins" in line] == [
        ["confirmed", "8/8"]
    ] * 2
    _, shown, _ = hw4("show", "it/wins")
    assert "confirmed, shown by 8 of 8 seeds (63 to 100 %); registered: supported" in shown
