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


KILLED = """
    import os
    import signal
    from pathlib import Path
    import pytest
    from hw4 import claim

    def killed():
        os.kill(os.getpid(), signal.SIGKILL)

    @claim("It is killed once.", id="killed/once")
    @pytest.mark.parametrize("n", [3])
    def test_once(seeds, n):
        if not Path("begun").exists():
            Path("begun").touch()
            killed()
        return 1.0 + seeds

    @claim("It is killed each time.", id="killed/always")
    def test_always(seeds):
        killed()

    def test_that_is_no_claim():
        killed()

    @claim("It rises.", id="killed/not")
    def test_not(seeds):
        return 1.0 + seeds
"""


@pytest.mark.parametrize("runner", ["pytest", "hw4 run"])
def test_a_claim_whose_worker_is_killed_is_tried_once_more_alone(decide, hw4, runner):
    """As when memory runs out: what needs the memory of two processes gets it then."""
    if runner == "pytest":
        outcome = decide({"test_killed.py": KILLED}, 2, "--tb=no", "--junit-xml=report.xml")
        assert outcome.code == 1
        book, said, cases = outcome.book, outcome.text, outcome.cases()
        assert {name: what[0] for name, what in cases.items()} == {
            "test_once[3]": ["properties"],
            "test_not": ["properties"],
            "test_always": ["error"],
            "test_that_is_no_claim": ["error"],
        }
        assert "2 rerun" in said
    else:
        hw4.write("test_killed.py", KILLED)
        code, _, said = hw4("run", "test_killed.py", "--jobs=2", "--store=s", "--ledger=l.json")
        assert code == 3
        book = hw4.ledger("l.json")
    verdicts = {record["id"]: record["verdict"] for record in book["claims"]}
    assert verdicts == {"killed/once": "supported", "killed/not": "supported"}
    (error,) = book["errors"]
    how = "was killed by SIGKILL, as the system does when memory runs out"
    assert (error["id"], error["error"]) == ("killed/always", "crash")
    assert error["message"] == f"the process that tried it again alone {how}"
    for name in ("killed/once [3]", "killed/always"):
        assert f"{name}: its worker {how}: it was tried alone" in said


def test_half_a_surrogate_pair_costs_no_verdict(outcome):
    """As in a file name of foreign bytes: xdist cannot send it, and its worker would die."""
    records = outcome.records()
    said = r"ValueError: r\udcf6ntgen.csv (test_foreign.py, line 8)"
    assert records["foreign/raises", ""]["message"] == said
    assert records["foreign/is-refuted", ""]["counterexample"].startswith(r"\udcf6")
    assert records["foreign/rises", ""]["explanation"] == r"Its docstring has \udcf6."


RAISING = """
    import pytest
    from hw4 import claim

    @pytest.fixture(scope={scope!r})
    def fragile():
        if {setup}:
            raise OSError("too early")
        yield
        if {teardown}:
            raise RuntimeError("too late")

    @claim("It rises.", id="it/rises")
    def test_rises(seeds, fragile):
        if {call}:
            raise KeyError("in between")
        return 1.0 + seeds
"""
AFTERWARDS = "afterwards a fixture raised RuntimeError: too late (test_it.py, line 11)"


@pytest.mark.parametrize("scope", ["function", "module", "session"])
@pytest.mark.parametrize("raising", ["setup", "call", "teardown", "call and teardown"])
def test_a_fixture_that_raises_leaves_one_record(decide, hw4, scope, raising):
    """A verdict stands; what was raised afterwards is told, and fails the run."""
    where = {name: name in raising for name in ("setup", "call", "teardown")}
    text = RAISING.format(scope=scope, **where)
    outcome = decide({"test_it.py": text}, 0, "--tb=no")
    (record,) = outcome.book["claims"] + outcome.book["errors"]
    hw4.write("test_it.py", text)
    code, out, err = hw4("run", "test_it.py", "--jobs", "1", "--store", "s", "--ledger", "l.json")
    assert hw4.ledger("l.json")["errors"] == outcome.book["errors"]
    assert (outcome.code, code) == (1, 3)
    if raising == "teardown":
        assert (record["verdict"], record["warnings"]) == ("supported", [AFTERWARDS])
        assert err == f"hw4: it/rises: {AFTERWARDS}\n"
        assert "1 claim: 1 supported" in out
    else:
        first = "OSError: too early" if where["setup"] else "KeyError: 'in between'"
        assert record["message"].startswith(first)
        assert record["message"].endswith(AFTERWARDS) == where["teardown"]
        assert "1 claim: 1 not measured" in out


def test_a_teardown_of_a_worker_leaves_one_record_too(decide):
    text = RAISING.format(scope="session", setup=False, call=False, teardown=True)
    outcome = decide({"test_it.py": text}, 1, "--tb=no")
    assert [record["warnings"] for record in outcome.book["claims"]] == [[AFTERWARDS]]
    assert outcome.book["errors"] == []


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


def test_a_plugin_that_raises_at_the_end_costs_no_verdict(pytester, hw4):
    pytester.makepyfile(
        conftest="def pytest_sessionfinish():\n    raise ValueError('at the end')\n",
        test_it="""
            from hw4 import claim

            @claim("It rises.", id="it/rises")
            def test_rises(seeds):
                return 1.0 + seeds
        """,
    )
    code, out, err = hw4("run", "test_it.py", "--jobs=1", "--store=s", "--ledger=l.json")
    assert (code, err) == (
        3,
        "hw4: pytest broke down: ValueError: at the end (conftest.py, line 2)\n",
    )
    assert "1 claim: 1 supported" in out
    assert [record["verdict"] for record in hw4.ledger("l.json")["claims"]] == ["supported"]
