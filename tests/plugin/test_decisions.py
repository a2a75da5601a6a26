"""What a claim's verdict is, where it is shown, and that workers change nothing."""

import numpy as np
import pytest

from hw4.seeds import seeds_from

FIVE_LINES = """
    import numpy as np
    from hw4 import claim
    @claim("A planted claim.", expect={expect!r})
    def test_{name}(seeds):
        return np.array([np.random.default_rng(seed).{draw} for seed in seeds])
"""
OTHERS = """
    import numpy as np
    import pytest
    from hw4 import claim

    @claim("It falls.", id="it/falls")
    def test_falls(seeds):
        return -1.0 - seeds

    @claim("It is shown.", id="it/is-shown", expect=None)
    @pytest.mark.parametrize("sign", [-1, 1])
    def test_shown(seeds, sign):
        return sign * (1.0 + seeds)

    @claim.rate("Three in four.", id="it/lies-between", expect=None)
    def test_between(seeds):
        return seeds // 8 % 4 > 0

    @claim("It depends.", id="it/depends", expect={"up": "supported", "down": "refuted"})
    @pytest.mark.parametrize("sign", [pytest.param(1, id="up"), pytest.param(-1, id="down")])
    def test_depends(seeds, sign):
        return sign * (1.0 + seeds)

    @claim("It is not named.", id="it/is-not-named", expect={"up": "supported"})
    @pytest.mark.parametrize("sign", [pytest.param(1, id="sideways")])
    def test_not_named(seeds, sign):
        return sign * (1.0 + seeds)

    TYPED = {"up": "supported", "up@homework": None, "dwn": None}

    @claim("One name is wrong.", id="it/names-too-many", expect=TYPED)
    @pytest.mark.parametrize("sign", [pytest.param(1, id="up")])
    def test_names_too_many(seeds, sign):
        return sign * (1.0 + seeds)

    @claim.exact("Squares are even.", id="it/is-even", expect="refuted")
    def test_even():
        for n in range(9):
            assert n**2 % 2 == 0, f"{n}² is odd"

    @claim("It rises.", id="area/rises")
    @pytest.mark.parametrize("depth", [2, 4.5, "deep", (1, 2)])
    @pytest.mark.parametrize("dataset", ["my own"])
    def test_rises(seeds, dataset, depth):
        \"\"\"Because it does.

        A second paragraph.
        \"\"\"
        return 1.0 + seeds
"""
# Name → what it draws, the registered verdict, what is said of it.
PLAIN = {
    "five_lines": ("normal(5)", "supported", "✓ test_five_lines supported 16/16"),
    "flat": ("normal(0)", "refuted", "✓ test_flat refuted"),
    "unexpected": ("normal(0)", "supported", "test_unexpected: refuted, shown by"),
    "constant": ("normal(5, 0)", "supported", "✓ test_constant supported 16/16"),
}


@pytest.fixture(scope="module")
def outcomes(decide, planted_text):
    """The outcomes of one run alone, and of one on two workers."""
    files = {"test_planted.py": planted_text, "test_others.py": OTHERS}
    for name, (draw, expect, _) in PLAIN.items():
        files[f"{name}.py"] = FIVE_LINES.format(name=name, expect=expect, draw=draw)
    return [decide(files, workers, "--junit-xml=report.xml", *files) for workers in (0, 2)]


@pytest.fixture(params=[0, 1], ids=["alone", "two-workers"])
def outcome(request, outcomes):
    return outcomes[request.param]


def test_verdicts_and_evidence_are_the_same_on_two_workers(outcomes, timeless):
    alone, shared = outcomes
    assert (alone.passed, alone.failed) == (shared.passed, shared.failed) == (17, 4)
    assert alone.code == shared.code == 1
    assert timeless(alone.book) == timeless(shared.book)


def test_the_ledger_says_what_was_decided(outcome):
    found = {record["id"]: record for record in outcome.book["claims"]}
    verdicts = {name: record["verdict"] for name, record in found.items()}
    assert verdicts["planted/win"] == verdicts["planted/proof"] == "supported"
    assert verdicts["planted/null"] == "refuted"
    win = found["planted/win"]
    draws = [np.random.default_rng(seed).normal(5) for seed in seeds_from(0, 16)]
    assert win["evidence"] == draws
    assert win["test"] == "test_planted.py::test_win"
    assert (win["margin"], win["unit"], win["source"]) == (0.5, "points", "nowhere")


def test_the_ledger_says_of_which_parameters_a_record_is_and_why(outcome):
    found = [record for record in outcome.book["claims"] if record["id"] == "area/rises"]
    mine = {"dataset": "my own"}  # a name that means something to the claim alone
    shown = [{"depth": "2"}, {"depth": "4.5"}, {"depth": "deep"}, {}]  # a pair is no word
    assert [record["parameters"] for record in found] == [mine | more for more in shown]
    assert {r["explanation"] for r in found} == {"Because it does.\n\nA second paragraph."}


@pytest.mark.parametrize("name", PLAIN)
def test_a_file_of_five_lines_is_decided(outcome, name):
    said = PLAIN[name][2]
    assert said in " ".join(outcome.text.split())
    assert outcome.fails(f"test_{name}") == ("✓" not in said)


def test_an_unexpected_verdict_fails_with_its_sentence(outcome):
    assert outcome.fails("test_falls")
    sentence = "it/falls: refuted, shown by 0 of 6 seeds (0 to 46 %); registered as supported"
    assert sentence in outcome.text.splitlines()
    assert outcome.records()["it/falls", ""]["as_expected"] is False


def test_a_claim_that_is_only_shown_never_gates(outcome):
    shown = [record for record in outcome.book["claims"] if record["expect"] is None]
    assert {record["verdict"] for record in shown} == {"supported", "refuted", "inconclusive"}
    for name in ("test_shown[-1]", "test_shown[1]", "test_between"):
        assert not outcome.fails(name)


def test_instances_may_differ_in_their_registered_verdict(outcome):
    assert not outcome.fails("test_depends[up]")
    assert not outcome.fails("test_depends[down]")
    assert outcome.fails("test_not_named[sideways]")
    assert (
        "it/is-not-named: claim 'it/is-not-named': expect does not name its instance 'sideways'"
        in outcome.text
    )


def test_an_expectation_of_no_instance_is_refused(outcome):
    assert outcome.fails("test_names_too_many[up]")
    said = "it/names-too-many: expect names 'dwn', which is none of its instances: expected 'up'"
    assert said in outcome.text.splitlines()


def test_a_counter_example_is_told(outcome):
    assert not outcome.fails("test_even")
    found = outcome.records()["it/is-even", ""]["counterexample"]
    assert found.splitlines()[0] == "1² is odd"


def test_junit_xml_carries_the_numbers(outcome):
    found = [properties for _, properties in outcome.cases().values() if properties]
    carried = {properties["hw4_id"]: properties for properties in found}
    assert carried.keys() == {name for name, _ in outcome.records()}
    expected = {"hw4_verdict": "supported", "hw4_seeds": "16", "hw4_events": "16"}
    expected |= {"hw4_kind": "win", "hw4_margin": "0.5", "hw4_as_expected": "True"}
    assert expected.items() <= carried["planted/win"].items()
    assert float(carried["planted/win"]["hw4_effect_median"]) > 3


def test_the_table_stands_at_the_end(outcome):
    assert outcome.line("✓", "planted/win").split()[:4] == [
        "✓",
        "planted/win",
        "supported",
        "16/16",
    ]
    assert outcome.line("✓", "planted/proof").split() == [
        "✓",
        "planted/proof",
        "supported",
        "proof",
    ]
    assert outcome.line("planted/coin")[0] == "·"
    assert "profile quick, root seed 0" in outcome.text
    assert "\x1b" not in outcome.text


def test_a_run_whose_verdicts_are_as_registered_passes(planted, run):
    outcome = run()
    assert (outcome.code, outcome.passed) == (0, 4)
    assert "All verdicts are as registered." in outcome.text
    assert outcome.book["errors"] == []


def test_a_run_without_claims_says_nothing_of_them(pytester, run_with):
    pytester.makepyfile("def test_nothing(): pass")
    outcome = run_with(0)
    assert (outcome.code, outcome.passed) == (0, 1)
    assert "All verdicts" not in outcome.text
    assert outcome.book["claims"] == outcome.book["errors"] == []
