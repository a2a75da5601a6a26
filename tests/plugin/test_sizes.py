"""Claims that state their own sizes, from the test's decorator to the ledger, and `hw4 plan`."""

import json

import pytest

SIZED = """
    import numpy as np
    from hw4 import claim

    def normal(seeds, mean):
        return np.array([np.random.default_rng(seed).normal(mean, 0.01) for seed in seeds])

    @claim("Not worse by 0.1.", id="sized/loss", margin=-0.1, unit="points")
    def test_loss(seeds):
        return normal(seeds, -0.05)

    @claim("Not worse by 0.01.", id="sized/worse", margin=-0.01, expect="refuted")
    def test_worse(seeds):
        return normal(seeds, -0.05)

    @claim("Quickly decided.", id="sized/quick", alpha=0.01, budget=40)
    def test_quick(seeds):
        return normal(seeds, 1)

    @claim("As ever.", id="sized/usual")
    def test_usual(seeds):
        return normal(seeds, 1)
"""


@pytest.fixture
def sized(pytester):
    pytester.makepyfile(test_sized=SIZED)


def test_sizes_decide_and_are_in_the_ledger(hw4, sized, tmp_path):
    code, out, err = hw4("run", "test_sized.py", "--jobs", "1", "--ledger", "book.json")
    assert (code, err) == (0, "")
    records = {r["id"]: r for r in json.loads((tmp_path / "book.json").read_text())["claims"]}
    assert [records["sized/quick"][name] for name in ("alpha", "budget", "seeds")] == [0.01, 40, 8]
    assert "alpha" not in records["sized/usual"]
    assert (records["sized/loss"]["margin"], records["sized/loss"]["events"]) == (-0.1, 16)
    assert records["sized/worse"]["verdict"] == "refuted"
    code, out, err = hw4("show", "sized/quick")
    assert "decided at 100 : 1" in out
    assert "its own sizes: decided at 100 : 1, with at most 40 seeds" in out
    code, out, err = hw4("report", "book.json")
    assert (code, err) == (0, "")
    page = (tmp_path / "book.html").read_text()
    assert "Its own sizes" in page
    assert page.count("1 instance states other odds") == 1


def test_what_errs_as_often_as_confirming_does_is_decided(hw4, sized, tmp_path):
    code, _, err = hw4("run", "test_sized.py", "--jobs", "1", "--confirm", "--ledger", "book.json")
    assert (code, err) == (0, "")
    records = {r["id"]: r for r in json.loads((tmp_path / "book.json").read_text())["claims"]}
    assert records["sized/quick"]["verdict"] == "supported"
    assert records["sized/usual"]["verdict"] == "confirmed"


def test_a_plan_decides_nothing_and_takes_times_from_an_earlier_run(hw4, sized, tmp_path):
    code, out, err = hw4("plan", "test_sized.py", "-k", "quick")
    assert (code, err) == (0, "")
    assert "sized/quick" in out
    assert "sized/usual" not in out
    assert "not known: expected --ledger FILE" in " ".join(out.split())
    assert not list(tmp_path.glob("*.json"))
    hw4("run", "test_sized.py", "--jobs", "1", "--ledger", "book.json")
    code, out, err = hw4("plan", "test_sized.py", "--ledger", "book.json")
    assert (code, err) == (0, "")
    assert "by the times of book.json." in " ".join(out.split())
    assert "?" not in out


def test_a_plan_without_claims_or_with_a_foreign_ledger_is_refused(hw4, sized, tmp_path):
    (tmp_path / "book.json").write_text("{}")
    for arguments, told in [
        (("test_sized.py", "-k", "nothing"), "no claim found that 'nothing' selects"),
        (("test_sized.py", "--ledger", "book.json"), "book.json is not a ledger"),
        (("nowhere.py",), "no file or folder 'nowhere.py'"),
    ]:
        code, out, err = hw4("plan", *arguments)
        assert (code, out) == (2, "")
        assert told in err
        assert err.count("\n") == 1
