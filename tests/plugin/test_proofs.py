"""A claim is proved, or decided, only where something looked at it: all else is an error."""

import pytest

HELPER = """
    def less(a, b):
        assert a < b, f"{a} is not less than {b}"
"""
PROOFS = """
    import functools
    import threading

    import numpy as np
    import pytest
    from helper import less
    from hw4 import claim

    def twice(function):
        @functools.wraps(function)
        def call():
            function()
            function()
        return call

    def skipped(function):
        @functools.wraps(function)
        def skip():
            pass
        return skip

    @claim.exact("A helper asserts it.", id="true/helper")
    def test_helper():
        less(1, 2)

    @claim.exact("It is asserted in a loop.", id="true/loop")
    def test_loop():
        for n in range(3):
            assert n < 3

    @twice
    @claim.exact("It is asserted twice.", id="true/twice")
    def test_twice():
        assert int("1") < 2

    @claim.exact("A helper refutes it.", id="false/helper")
    def test_false_helper():
        less(2, 1)

    @claim.exact("A thread refutes it.", id="false/thread")
    def test_thread():
        thread = threading.Thread(target=less, args=(2, 1))
        thread.start()
        thread.join()

    @claim.exact("It has no body.", id="void/body")
    def test_body():
        ""

    @claim.exact("It has no case.", id="void/case")
    def test_case():
        for n in ():
            assert n > 2

    @claim.exact("It catches what it asserts.", id="void/caught")
    def test_caught():
        try:
            assert 2 < 1
        except AssertionError:
            pass

    @claim.exact("It is true or has a message.", id="void/tuple")
    def test_tuple():
        assert (2 < 1, "why")

    @skipped
    @claim.exact("It is skipped.", id="void/skipped")
    def test_skipped():
        assert 2 < 1

    @claim.exact("It is a coroutine.", id="void/coroutine")
    async def test_coroutine():
        assert 2 < 1
"""
VOID = {
    "void/body": "its function asserts nothing: expected an assertion that can fail",
    "void/case": "none of its assertions ran: expected at least one",
    "void/caught": "its assertion in line 59 is caught by the function itself: "
    "expected it to leave the function",
    "void/tuple": "its assertion in line 65 is always true: expected a condition that can fail, "
    'as in `assert a < b, "why"`',
    "void/skipped": "its function did not run: expected what decorates it to call it",
    "void/coroutine": "its function is a coroutine, which a call does not run: expected a plain "
    "function",
}


@pytest.fixture(scope="module", params=[0, 2], ids=["alone", "two-workers"])
def outcome(request, decide):
    return decide({"helper.py": HELPER, "test_proofs.py": PROOFS}, request.param, "-rN", "-Wignore")


def test_what_asserts_is_proved(outcome):
    records = outcome.records()
    for name in ("true/helper", "true/loop", "true/twice"):
        assert records[name, ""]["verdict"] == "supported"


def test_what_fails_in_a_helper_or_a_thread_is_refuted(outcome):
    records = outcome.records()
    for name in ("false/helper", "false/thread"):
        record = records[name, ""]
        assert (record["verdict"], record["counterexample"]) == ("refuted", "2 is not less than 1")


@pytest.mark.parametrize("name", VOID)
def test_what_proves_nothing_is_an_error(outcome, name):
    record = outcome.records()[name, ""]
    assert (record["error"], record["message"]) == ("claim", VOID[name])
    assert outcome.code == 1


@pytest.mark.parametrize(
    ("program", "arguments"),
    [("hw4_process", ["run", "--jobs", 1]), ("pytest_process", ["-n", 2])],
    ids=["hw4-run", "pytest-on-workers"],
)
def test_without_assertions_nothing_is_proved(request, program, arguments):
    """A helper's are dropped; those of a test file pytest puts in place by itself."""
    start = request.getfixturevalue(program)
    start.write("helper.py", HELPER)
    claim = "from helper import less\nfrom hw4 import claim\n@claim.exact('No.', id='it')\n"
    start.write("test_it.py", f"{claim}def test_it():\n    less(2, 1)\n")
    start.extra["PYTHONOPTIMIZE"] = "1"
    code, out, _ = start(*arguments, "test_it.py")
    assert code == (2 if program == "hw4_process" else 1)
    assert "Python runs with -O or PYTHONOPTIMIZE, which drops assertions" in " ".join(out.split())
    assert "1 claim: 1 not measured" in out


UNDECIDED = """
    import functools
    import unittest

    import pytest
    from hw4 import claim

    def bare(function):
        def test_inner(seeds):
            return function(seeds)
        return test_inner

    class TestCase(unittest.TestCase):
        @claim.exact("It is a method.", id="case/proof")
        def test_proof(self):
            assert int("1") < 2

        @claim("It is no number.", id="case/win")
        def test_win(self):
            ""

    class TestAsync(unittest.IsolatedAsyncioTestCase):
        @claim.exact("It is awaited.", id="case/async")
        async def test_awaited(self):
            assert int("1") < 2

    class TestHeir(TestCase):
        test_proof = test_win = None

        @claim.exact("It is inherited.", id="case/heir")
        def test_heir(self):
            assert int("1") < 2

    class TestStatic:
        @claim("It falls.", id="decided/static", expect="refuted")
        @staticmethod
        def test_static(seeds):
            return -1.0 - seeds

        @staticmethod
        @claim("It falls.", id="decided/static-above", expect="refuted")
        def test_above(seeds):
            return -1.0 - seeds

        @classmethod
        @claim("It falls.", id="decided/class", expect="refuted")
        def test_class(cls, seeds):
            return -1.0 - seeds

        class TestNested:
            @claim("It falls.", id="decided/nested", expect="refuted")
            def test_nested(self, seeds):
                return -1.0 - seeds

    @bare
    @claim("It falls.", id="decided/decorated", expect="refuted")
    def falls(seeds):
        return -1.0 - seeds

    test_decorated = falls

    @claim("It falls.", id="decided/partial", expect="refuted")
    def falls_by(seeds, least):
        return -least - seeds

    test_partial = functools.partial(falls_by, least=1.0)

    test_lambda = claim("It falls.", id="decided/lambda", expect="refuted")(
        lambda seeds: -1.0 - seeds
    )

    @claim.exact("An item of another class calls it.", id="item/own")
    def check_it():
        assert int("1") < 2

    @claim.exact("Another plugin calls it.", id="item/called")
    @pytest.mark.called
    def test_called():
        assert int("1") < 2
"""
CONFTEST = """
    import pytest

    class Own(pytest.Item):
        def __init__(self, *, what, **more):
            super().__init__(**more)
            self.what = what

        def runtest(self):
            self.what()

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(collector, name, obj):
        if name == "check_it":
            return Own.from_parent(collector, name=name, what=obj)

    def pytest_configure(config):
        config.addinivalue_line("markers", "called: by this file")

    class Caller:
        @pytest.hookimpl(tryfirst=True)
        def pytest_pyfunc_call(self, pyfuncitem):
            if pyfuncitem.get_closest_marker("called"):
                pyfuncitem.obj()
                return True

    def pytest_collection_finish(session):  # after hw4, which comes with the first claim
        session.config.pluginmanager.register(Caller())
"""


@pytest.fixture(scope="module")
def undecided(decide):
    files = {"conftest.py": CONFTEST, "test_it.py": UNDECIDED}
    return decide(files, 0, "-rN", "-Wignore")


NOTHING_DECIDED = ["case/proof", "case/win", "case/async", "case/heir", "item/own", "item/called"]


@pytest.mark.parametrize("name", NOTHING_DECIDED)
def test_a_claim_that_pytest_calls_past_hw4_is_an_error(undecided, name):
    record = undecided.records()[name, ""]
    assert record["error"] == "claim"
    assert record["message"] == "nothing decided it: expected a function or a plain class"


def test_a_claim_is_decided_however_its_function_is_wrapped(undecided):
    decided = {
        name: record["verdict"]
        for (name, _), record in undecided.records().items()
        if name.startswith("decided/")
    }
    ways = "static static-above class nested decorated partial lambda"
    assert decided == dict.fromkeys((f"decided/{way}" for way in ways.split()), "refuted")
    assert undecided.failed == len(NOTHING_DECIDED)


def test_one_claim_under_two_names_is_refused(pytester, run_with):
    pytester.makepyfile(
        test_a="from hw4 import claim\n@claim('It rises.', id='it')\n"
        "def test_it(seeds): return 1.0 + seeds\n",
        test_b="from test_a import test_it as test_other\n",
    )
    outcome = run_with(0, "-p", "no:cacheprovider", "--import-mode=prepend")
    assert outcome.code == 2
    assert "claim 'it' is stated twice: by test_a.py::test_it and test_b.py::test_other" in (
        outcome.text
    )
