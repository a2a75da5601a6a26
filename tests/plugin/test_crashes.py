"""What breaks down is told, kept in the ledger, and leaves the other claims their verdicts."""

import pytest

CRASHING = """
    import os
    import pytest
    from hw4 import claim

    @claim("It raises.", id="it/raises")
    def test_raises(seeds):
        raise RuntimeError("boom\\nand more")

    @claim("It asserts.", id="it/asserts")
    def test_asserts(seeds):
        assert seeds.size == 3, "a block of another size"

    @pytest.fixture
    def broken():
        raise OSError("no such machine")

    @claim("It is not set up.", id="it/is-not-set-up")
    @pytest.mark.parametrize("n", [3])
    def test_not_set_up(seeds, broken, n):
        return 1.0 + seeds

    @claim("It rises.", id="it/rises")
    def test_rises(seeds):
        return 1.0 + seeds
"""

DYING = """

    @claim("It dies.", id="it/dies")
    @pytest.mark.parametrize("n", [3])
    def test_dies(seeds, n):
        os._exit(9)

    @pytest.fixture
    def deadly():
        os._exit(9)

    @claim("It dies early.", id="it/dies-early")
    def test_dies_early(seeds, deadly):
        return 1.0 + seeds

    def test_that_is_no_claim_dies():
        os._exit(9)
"""


FOREIGN = """
    import pytest
    from hw4 import claim

    @claim("It raises.", id="foreign/raises")
    def test_foreign_raises(seeds):
        print("\\udcf6")
        raise ValueError(b"r\\xf6ntgen.csv".decode("utf8", "surrogateescape"))

    @claim.exact("It is refuted.", id="foreign/is-refuted")
    def test_foreign_is_refuted():
        raise AssertionError("\\udcf6")

    @claim("It rises.", id="foreign/rises")
    def test_foreign_rises(seeds):
        "Its docstring has \\udcf6."
        return 1.0 + seeds

    def test_that_is_skipped():
        pytest.skip("\\udcf6")
"""


@pytest.fixture(scope="module")
def outcomes(decide):
    """The outcomes of one run alone, and of one on two workers, where some of them die."""
    files, options = {"test_foreign.py": FOREIGN}, ("--tb=short", "--junit-xml=report.xml")
    alone = decide(files | {"test_it.py": CRASHING}, 0, *options)
    return [alone, decide(files | {"test_it.py": CRASHING + DYING}, 2, *options)]


@pytest.fixture(params=[0, 1], ids=["alone", "two-workers"])
def outcome(request, outcomes):
    return outcomes[request.param]


def test_a_claim_that_raises_is_an_error_in_the_ledger(outcome):
    assert outcome.code == 1
    errors = {name: r for name, r in outcome.records().items() if "error" in r}
    messages = {name: record["message"] for name, record in errors.items()}
    assert messages["it/raises", ""] == "RuntimeError: boom (test_it.py, line 8)"
    assert messages["it/asserts", ""].startswith("AssertionError: a block of another size")
    assert messages["it/is-not-set-up", "3"] == "OSError: no such machine (test_it.py, line 16)"
    assert {record["error"] for record in errors.values()} == {"crash"}
    assert "! it/raises: RuntimeError: boom" in outcome.text
    decided = {record["id"] for record in outcome.book["claims"]}
    assert decided == {"it/rises", "foreign/rises", "foreign/is-refuted"}


def test_a_worker_that_dies_is_an_error_of_its_claim(outcomes):
    outcome = outcomes[1]
    died = {name: r for name, r in outcome.records().items() if "crashed" in r.get("message", "")}
    early = "test_it.py::test_dies_early"  # of which nothing but its place was known
    assert died.keys() == {("it/dies", "3"), (early, "")}
    assert died["it/dies", "3"]["test"] == "test_it.py::test_dies[3]"
    assert outcome.line("! it/dies [3]: ", "crashed while running")


def test_half_a_surrogate_pair_costs_no_verdict(outcome):
    """As in a file name of foreign bytes: xdist cannot send it, and its worker would die."""
    records = outcome.records()
    said = r"ValueError: r\udcf6ntgen.csv (test_foreign.py, line 8)"
    assert records["foreign/raises", ""]["message"] == said
    assert records["foreign/is-refuted", ""]["counterexample"].startswith(r"\udcf6")
    assert records["foreign/rises", ""]["explanation"] == r"Its docstring has \udcf6."


def test_a_teardown_that_raises_is_told_beside_the_verdict(pytester, run_with):
    pytester.makepyfile(
        """
        import pytest
        from hw4 import claim

        @pytest.fixture
        def fragile():
            yield
            raise RuntimeError("too late")

        @claim("It rises.", id="it/rises")
        def test_rises(seeds, fragile):
            return 1.0 + seeds
        """
    )
    result = run_with(0, "--tb=no")
    assert result.code == 1
    assert [record["verdict"] for record in result.book["claims"]] == ["supported"]
    assert [record["message"] for record in result.book["errors"]] == [
        "RuntimeError: too late (test_a_teardown_that_raises_is_told_beside_the_verdict.py, line 7)"
    ]


@pytest.mark.parametrize("failing", [True, False])
def test_warnings_that_are_errors_reach_a_claim(pytester, run_with, failing):
    """But not the one of ∞ − ∞, which is how two diverged arms look."""
    warn = "warnings.warn('beware')" if failing else "np.array([np.inf]) - np.inf"
    pytester.makepyfile(
        f"""
        import warnings
        import numpy as np
        from hw4 import claim

        @claim("It warns.", id="it/warns")
        def test_warns(seeds):
            {warn}
            return 1.0 + seeds
        """
    )
    assert run_with(0, "-Werror", "--tb=no").failed == int(failing)
