"""A claim is a test like any other: it is selected, parametrised and set up as everywhere."""

import pytest

from hw4.seeds import seeds_from

CLAIMS = """
    import numpy as np
    import pytest
    from hw4 import claim

    @claim("It scales.", id="it/scales")
    @pytest.mark.parametrize("factor", [2, 3])
    @pytest.mark.parametrize("dataset", ["phantom", "digits"])
    def test_scales(seeds, dataset, factor):
        return factor * (1.0 + seeds)

    made = []

    @pytest.fixture
    def offset():
        made.append("set up")
        yield 0.25
        made.append("torn down")

    @claim.rate("Three in four.", id="it/has-blocks", expect=None)
    def test_has_blocks(seeds, offset):
        assert (made, offset) == (["set up"], 0.25)
        return seeds // 8 % 4 > 0

    class TestGroup:
        factor = 2.0

        @claim("It rises.")
        def test_it_rises(self, seeds):
            return self.factor * (1 + seeds)

    @claim("Three in four seeds are no multiple of four.", id="it/moves-on", expect=None)
    def test_moves_on(seeds):
        return (seeds % 4 > 0) - 0.5

    def test_plain(seeds):
        assert len(seeds) == 8

    def test_plain_failure():
        assert False

    @pytest.mark.skip(reason="not today")
    @claim("It is skipped.")
    def test_skipped(seeds):
        return 1.0 + seeds

    @claim("It falls.", id="it/falls")
    def test_falls(seeds):
        return -1.0 - seeds
"""


@pytest.fixture(scope="module", params=[0, 2], ids=["alone", "two-workers"])
def outcome(request, decide):
    return decide({"test_it.py": CLAIMS}, request.param, "--junit-xml=report.xml")


@pytest.fixture(scope="module")
def again(outcome, decide):
    """Run what has failed last, of which one claim has another registered verdict now."""
    workers = 2 if "2 workers" in outcome.text else 0
    assert outcome.failed == 2
    text = CLAIMS.replace('id="it/falls"', 'id="it/falls", expect="refuted"')
    return decide({"test_it.py": text}, workers, "--lf", folder=outcome.folder)


def test_parameters_make_instances(outcome):
    records = {name: record for name, record in outcome.records().items() if name[0] == "it/scales"}
    assert [instance for _, instance in records] == [
        "digits-2",
        "digits-3",
        "phantom-2",
        "phantom-3",
    ]
    assert all(
        record["test"].endswith(f"[{instance}]") for (_, instance), record in records.items()
    )


def test_fixtures_are_set_up_once_for_all_blocks(outcome):
    assert not outcome.fails("test_has_blocks")
    assert outcome.records()["it/has-blocks", ""]["seeds"] == 64


def test_methods_of_a_class_may_be_claims(outcome):
    record = outcome.records()["test_it_rises", ""]
    assert record["verdict"] == "supported"
    assert record["test"].endswith("::TestGroup::test_it_rises")


def test_seeds_move_on_from_block_to_block(outcome):
    record = outcome.records()["it/moves-on", ""]
    expected = (seeds_from(0, 64) % 4 > 0) - 0.5
    assert record["seeds"] > 16
    assert record["evidence"] == expected[: record["seeds"]].tolist()


def test_claims_stand_beside_plain_tests(outcome):
    assert not outcome.fails("test_plain")
    assert outcome.fails("test_plain_failure")
    assert len(outcome.book["claims"]) == 8
    assert outcome.book["errors"] == []


def test_a_skipped_claim_is_not_decided(outcome):
    assert outcome.cases()["test_skipped"][0] == ["skipped"]
    assert ("test_skipped", "") not in outcome.records()


def test_what_failed_last_is_run_again(again):
    assert (again.code, again.passed, again.failed) == (1, 1, 1)
    assert again.records().keys() == {("it/falls", "")}


def test_k_selects_claims(planted, run):
    outcome = run("-k", "win or proof")
    assert (outcome.code, outcome.passed) == (0, 2)
    assert {name for name, _ in outcome.records()} == {"planted/win", "planted/proof"}


def test_a_node_id_selects_one_claim(planted, run_with):
    outcome = run_with(0, "test_planted.py::test_null")
    assert outcome.records().keys() == {("planted/null", "")}


TRAINING = """
    import pytest
    from hw4 import claim

    @claim("It needs no data.", id="a/other")
    def test_other(train):
        pass

    @claim("It is so on any data.", id="a/data")
    @pytest.mark.parametrize("dataset", ["phantom", "digits"])
    def test_data(train, dataset):
        pass

    @claim.exact("It is proved beside what trains.", id="a/proof")
    def test_proof():
        pass
"""
QUICK = """
    import pytest
    from hw4 import claim

    @claim.exact("It is proved in no time.", id="b/proof")
    @pytest.mark.parametrize("n", range(2))
    def test_quick(n):
        pass
"""


def test_the_quickest_proofs_are_decided_first_then_claims_by_their_data(pytester, run_with):
    pytester.makepyfile(test_a=TRAINING, test_b=QUICK)
    said = run_with(0, "--hw4-only-claims", "--collect-only", "-q").text
    order = [line.partition("::")[2] for line in said.splitlines() if "::" in line]
    assert order == [
        "test_quick[0]",
        "test_quick[1]",
        "test_proof",
        "test_data[digits]",
        "test_data[phantom]",
        "test_other",
    ]
