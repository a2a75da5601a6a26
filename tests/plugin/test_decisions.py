"""What a claim's verdict is, where it is shown, and that workers change nothing."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from hw4.seeds import seeds_from

FIVE_LINES = """
    import numpy as np
    from hw4 import claim
    @claim("A planted claim.", expect={expect!r})
    def test_planted(seeds):
        return np.array([np.random.default_rng(seed).{draw} for seed in seeds])
"""


def test_verdicts_and_evidence_are_the_same_on_two_workers(planted, run_with, timeless):
    alone, shared = run_with(0), run_with(2)
    assert alone.code == shared.code == 0
    assert alone.passed == shared.passed == 4
    assert timeless(alone.book) == timeless(shared.book)


def test_the_ledger_says_what_was_decided(planted, run):
    book = run().book
    found = {record["id"]: record for record in book["claims"]}
    verdicts = {name: record["verdict"] for name, record in found.items()}
    assert verdicts["planted/win"] == verdicts["planted/proof"] == "supported"
    assert verdicts["planted/null"] == "refuted"
    assert book["errors"] == []
    win = found["planted/win"]
    draws = [np.random.default_rng(seed).normal(5) for seed in seeds_from(0, 16)]
    assert win["evidence"] == draws
    assert win["test"] == "test_planted.py::test_win"
    assert (win["margin"], win["unit"], win["source"]) == (0.5, "points", "nowhere")


def test_the_ledger_says_of_which_parameters_a_record_is_and_why(pytester, run):
    pytester.makepyfile(
        """
        import numpy as np
        import pytest
        from hw4 import claim
        @claim("It rises.", id="area/rises")
        @pytest.mark.parametrize("depth", [2, 4.5, "deep", (1, 2)])
        @pytest.mark.parametrize("dataset", ["my own"])
        def test_rises(seeds, dataset, depth):
            \"\"\"Because it does.

            A second paragraph.
            \"\"\"
            return 1.0 + seeds
        """
    )
    found = run().book["claims"]
    mine = {"dataset": "my own"}  # a name that means something to the claim alone
    shown = [{"depth": "2"}, {"depth": "4.5"}, {"depth": "deep"}, {}]  # a pair is no word
    assert [record["parameters"] for record in found] == [mine | more for more in shown]
    assert {r["explanation"] for r in found} == {"Because it does.\n\nA second paragraph."}


@pytest.mark.parametrize(
    ("draw", "expect", "said"),
    [
        ("normal(5)", "supported", "supported"),
        ("normal(0)", "refuted", "refuted"),
        ("normal(0)", "supported", "refuted, shown by"),
        ("normal(5, 0)", "supported", "its seeds do nothing: all 16 of them gave 5"),
    ],
    ids=["win", "null", "unexpected", "constant"],
)
def test_a_file_of_five_lines_is_decided(pytester, run, draw, expect, said):
    pytester.makepyfile(that_file=FIVE_LINES.format(draw=draw, expect=expect))
    outcome = run("that_file.py")
    holds = said in ("supported", "refuted")
    assert outcome.code == (0 if holds else 1)
    assert (outcome.passed, outcome.failed) == ((1, 0) if holds else (0, 1))
    assert said in outcome.text


def test_an_unexpected_verdict_fails_with_its_sentence(pytester, run):
    pytester.makepyfile(
        """
        from hw4 import claim

        @claim("It falls.", id="it/falls")
        def test_it(seeds):
            return -1.0 - seeds
        """
    )
    outcome = run()
    assert outcome.code == 1
    sentence = "it/falls: refuted, shown by 0 of 6 seeds; registered as supported"
    assert sentence in outcome.text.splitlines()
    (record,) = outcome.book["claims"]
    assert record["as_expected"] is False


def test_a_claim_that_is_only_shown_never_gates(pytester, run):
    pytester.makepyfile(
        """
        import numpy as np, pytest
        from hw4 import claim

        @claim("It is shown.", id="it/is-shown", expect=None)
        @pytest.mark.parametrize("sign", [-1, 1])
        def test_it(seeds, sign):
            return sign * (1.0 + seeds)

        @claim.rate("Three in four.", id="it/lies-between", expect=None)
        def test_between(seeds):
            return np.arange(seeds.size) % 4 > 0
        """
    )
    outcome = run()
    assert (outcome.code, outcome.passed) == (0, 3)
    verdicts = {record["verdict"] for record in outcome.book["claims"]}
    assert verdicts == {"supported", "refuted", "inconclusive"}


def test_instances_may_differ_in_their_registered_verdict(pytester, run):
    pytester.makepyfile(
        """
        import pytest
        from hw4 import claim

        @claim("It depends.", id="it/depends", expect={"up": "supported", "down": "refuted"})
        @pytest.mark.parametrize("sign", [pytest.param(1, id="up"), pytest.param(-1, id="down")])
        def test_it(seeds, sign):
            return sign * (1.0 + seeds)

        @claim("It is not named.", id="it/is-not-named", expect={"up": "supported"})
        @pytest.mark.parametrize("sign", [pytest.param(1, id="sideways")])
        def test_not_named(seeds, sign):
            return sign * (1.0 + seeds)
        """
    )
    outcome = run()
    assert (outcome.passed, outcome.failed) == (2, 1)
    assert (
        "it/is-not-named: claim 'it/is-not-named': expect does not name its instance 'sideways'"
        in outcome.text
    )


def test_a_counter_example_is_told(pytester, run):
    pytester.makepyfile(
        """
        from hw4 import claim

        @claim.exact("Squares are even.", id="it/is-even", expect="refuted")
        def test_it():
            for n in range(9):
                assert n**2 % 2 == 0, f"{n}² is odd"
        """
    )
    outcome = run()
    (record,) = outcome.book["claims"]
    assert outcome.code == 0
    assert record["counterexample"].splitlines()[0] == "1² is odd"


def test_junit_xml_carries_the_numbers(planted, pytester, run):
    run("--junit-xml=report.xml")
    suite = ElementTree.parse(pytester.path / "report.xml")
    carried = {}
    for case in suite.iter("testcase"):
        found = {p.get("name"): p.get("value") for p in case.iter("property")}
        carried[found["hw4_id"]] = found
    assert carried.keys() == {"planted/win", "planted/null", "planted/coin", "planted/proof"}
    expected = {"hw4_verdict": "supported", "hw4_seeds": "16", "hw4_events": "16"}
    expected |= {"hw4_kind": "win", "hw4_margin": "0.5", "hw4_as_expected": "True"}
    assert expected.items() <= carried["planted/win"].items()
    assert float(carried["planted/win"]["hw4_effect_median"]) > 3


def test_the_table_stands_at_the_end(planted, run):
    outcome = run()
    assert outcome.line("planted/win").split()[:4] == ["✓", "planted/win", "supported", "16/16"]
    assert outcome.line("planted/proof").split() == ["✓", "planted/proof", "supported", "proof"]
    assert outcome.line("planted/coin")[0] == "·"
    assert "All verdicts are as registered." in outcome.text
    assert "profile quick, root seed 0" in outcome.text
    assert "\x1b" not in outcome.text


def test_a_run_without_claims_says_nothing_of_them(pytester, run):
    pytester.makepyfile("def test_nothing(): pass")
    outcome = run()
    assert (outcome.code, outcome.passed) == (0, 1)
    assert "All verdicts" not in outcome.text
    assert outcome.book["claims"] == outcome.book["errors"] == []
