"""A claim is a test like any other: it is selected, parametrised and set up as everywhere."""

from hw4.seeds import seeds_from


def test_k_selects_claims(planted, run):
    outcome = run("-k", "win or proof")
    assert (outcome.code, outcome.passed) == (0, 2)
    assert {name for name, _ in outcome.records()} == {"planted/win", "planted/proof"}


def test_a_node_id_selects_one_claim(planted, run):
    assert run("test_planted.py::test_null").records().keys() == {("planted/null", "")}


def test_what_failed_last_is_run_again(pytester, run):
    file = """
        from hw4 import claim

        @claim("It rises.", id="it/rises")
        def test_rises(seeds):
            return 1.0 + seeds

        @claim("It falls.", id="it/falls", expect={expect!r})
        def test_falls(seeds):
            return -1.0 - seeds
    """
    pytester.makepyfile(test_it=file.format(expect="supported"))
    assert (run().passed, run("--lf").failed) == (1, 1)
    pytester.makepyfile(test_it=file.format(expect="refuted"))
    again = run("--lf")
    assert (again.code, again.passed) == (0, 1)
    assert again.records().keys() == {("it/falls", "")}


def test_parameters_make_instances(pytester, run):
    pytester.makepyfile(
        """
        import pytest
        from hw4 import claim

        @claim("It scales.", id="it/scales")
        @pytest.mark.parametrize("factor", [2, 3])
        @pytest.mark.parametrize("dataset", ["phantom", "digits"])
        def test_it(seeds, dataset, factor):
            return factor * (1.0 + seeds)
        """
    )
    records = run().records()
    assert [instance for _, instance in records] == [
        "digits-2",
        "digits-3",
        "phantom-2",
        "phantom-3",
    ]
    assert all(
        record["test"].endswith(f"[{instance}]") for (_, instance), record in records.items()
    )


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
    said = run_with(0, "--only-claims", "--collect-only", "-q").text
    order = [line.partition("::")[2] for line in said.splitlines() if "::" in line]
    assert order == [
        "test_quick[0]",
        "test_quick[1]",
        "test_proof",
        "test_data[digits]",
        "test_data[phantom]",
        "test_other",
    ]


def test_fixtures_are_set_up_once_for_all_blocks(pytester, run):
    pytester.makepyfile(
        """
        import numpy as np, pytest
        from hw4 import claim

        made = []

        @pytest.fixture
        def offset():
            made.append("set up")
            yield 0.25
            made.append("torn down")

        @claim.rate("Three in four.", id="it/has-blocks", expect=None)
        def test_it(seeds, offset):
            assert (made, offset) == (["set up"], 0.25)
            return np.arange(seeds.size) % 4 > 0
        """
    )
    outcome = run()
    assert (outcome.code, outcome.passed) == (0, 1)
    assert outcome.records()["it/has-blocks", ""]["seeds"] == 64


def test_methods_of_a_class_may_be_claims(pytester, run):
    pytester.makepyfile(
        """
        from hw4 import claim

        class TestGroup:
            factor = 2.0

            @claim("It rises.")
            def test_it_rises(self, seeds):
                return self.factor * (1 + seeds)
        """
    )
    outcome = run()
    (record,) = outcome.records().values()
    assert (record["id"], record["verdict"]) == ("test_it_rises", "supported")
    assert record["test"].endswith("::TestGroup::test_it_rises")


def test_seeds_move_on_from_block_to_block(pytester, run):
    pytester.makepyfile(
        """
        import numpy as np
        from hw4 import claim

        @claim("Three in four seeds are no multiple of four.", id="it/moves-on", expect=None)
        def test_it(seeds):
            return (seeds % 4 > 0) - 0.5
        """
    )
    record = run().records()["it/moves-on", ""]
    expected = (seeds_from(0, 64) % 4 > 0) - 0.5
    assert record["seeds"] > 16
    assert record["evidence"] == expected[: record["seeds"]].tolist()


def test_claims_stand_beside_plain_tests(pytester, run):
    pytester.makepyfile(
        """
        from hw4 import claim

        def test_plain(seeds):
            assert len(seeds) == 8

        def test_plain_failure():
            assert False

        @claim("It rises.")
        def test_claim(seeds):
            return 1.0 + seeds
        """
    )
    outcome = run()
    assert (outcome.passed, outcome.failed) == (2, 1)
    assert len(outcome.book["claims"]) == 1
    assert outcome.book["errors"] == []


def test_a_skipped_claim_is_not_decided(pytester, run):
    pytester.makepyfile(
        """
        import pytest
        from hw4 import claim

        @pytest.mark.skip(reason="not today")
        @claim("It rises.")
        def test_claim(seeds):
            return 1.0 + seeds
        """
    )
    outcome = run()
    assert outcome.code == 0
    assert outcome.records() == {}
