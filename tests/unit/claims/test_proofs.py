"""That no assertion failed is a proof only where one ran that could have failed."""

import asyncio
import contextlib
import functools
import sys
import threading
import warnings
from unittest import mock

import numpy as np
import pytest

from hw4 import ClaimError
from hw4.claims import proofs


@pytest.fixture(autouse=True)
def _untraced():
    """Let no other trace, as that of coverage, be there."""
    before = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(before)


def proved(function):
    """Call a function as an exact claim's is called."""
    with proofs.watched(function):
        function()


def one_is_less_than_two(a=1, b=2):
    """A helper module's assertion, say."""
    assert a < b


def asserts():
    assert int("1") < 2


def asserts_in_a_loop():
    for n in range(3):
        assert n < 3, f"{n} is not"


def asserts_in_a_function_within():
    def check(n):
        assert n < 3

    list(map(check, range(3)))


def calls_a_helper():
    one_is_less_than_two()


def calls_numpy():
    np.testing.assert_array_equal([1], [1])


def raises_by_itself():
    if int("1") > 2:
        raise AssertionError("1 > 2")


def expects_an_error():
    with pytest.raises(ValueError, match="invalid"):
        int("one")


def asserts_in_a_thread():
    thread = threading.Thread(target=one_is_less_than_two)
    thread.start()
    thread.join()


def passes_an_assertion_on():
    try:
        assert int("1") < 2
    except AssertionError:
        raise ValueError("not so") from None


def helper_that_asserts_for_a_rare_case():
    np.testing.assert_array_equal([1], [1])
    if int("1") > 2:
        assert int("1") < 2


PROOFS = [
    asserts,
    asserts_in_a_loop,
    asserts_in_a_function_within,
    calls_a_helper,
    calls_numpy,
    raises_by_itself,
    expects_an_error,
    asserts_in_a_thread,
    passes_an_assertion_on,
    helper_that_asserts_for_a_rare_case,
    lambda: one_is_less_than_two(),
    lambda: 1 < 2,  # what it returns is refused by the judge
    functools.partial(one_is_less_than_two, 0),
    functools.partial(asserts),
]


@pytest.mark.parametrize("function", PROOFS, ids=lambda each: getattr(each, "__name__", "partial"))
def test_what_asserts_is_a_proof(function):
    proved(function)


def skipping(function):
    @functools.wraps(function)
    def skip():
        """Call nothing."""

    return skip


def says_nothing():
    """Only its docstring."""


def passes():
    pass


def computes():
    _ = 1 + 1
    return None  # noqa: RET501


nothing = lambda: None  # noqa: E731


def asserts_nothing_of_no_case():
    for n in range(0):
        assert n > 2


def asserts_in_a_function_that_nobody_calls():
    def check(n):
        assert n > 2

    list(map(abs, range(3)))


def catches_its_assertion():
    try:
        assert int("1") > 2
    except AssertionError:
        _ = 1


def catches_everything():
    with contextlib.suppress(ValueError):
        try:
            assert int("1") > 2
        except (ValueError, Exception):
            _ = 1


def catches_without_a_name():
    try:
        assert int("1") > 2
    except:  # noqa: E722
        _ = 1


def suppresses():
    with contextlib.suppress(AssertionError):
        assert int("1") > 2


def returns_from_finally():
    try:
        assert int("1") > 2
    finally:
        return  # noqa: B012


@skipping
def is_skipped():
    assert int("1") < 2


REFUSED = {
    says_nothing: "its function asserts nothing",
    passes: "its function asserts nothing",
    computes: "its function asserts nothing",
    nothing: "its function asserts nothing",
    asserts_nothing_of_no_case: "none of its assertions ran: expected at least one",
    asserts_in_a_function_that_nobody_calls: "none of its assertions ran",
    catches_its_assertion: "is caught by the function itself",
    catches_everything: "is caught by the function itself",
    catches_without_a_name: "is caught by the function itself",
    suppresses: "is caught by the function itself",
    returns_from_finally: "is caught by the function itself",
    is_skipped: "its function did not run: expected what decorates it to call it",
}


@pytest.mark.parametrize("function", REFUSED, ids=lambda each: each.__name__)
def test_what_proves_nothing_is_refused_in_a_sentence(function):
    with pytest.raises(ClaimError) as error:
        proved(function)
    assert REFUSED[function] in str(error.value)
    assert "\n" not in str(error.value)


def written(path, text):
    """Return the function `claim` of a file; of what is always true Python itself warns."""
    path.write_text(text, encoding="utf-8")
    names = {}
    with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
        exec(compile(text, str(path), "exec"), names)
    return names["claim"]


@pytest.mark.parametrize(
    "condition", ['(1 > 2, "why")', "(n > 2 for n in ())", "lambda: False", "'1 > 2'", "[1 > 2]"]
)
def test_an_assertion_that_is_always_true_is_named_by_its_line(tmp_path, condition):
    claim = written(tmp_path / "a.py", f"def claim():\n    assert int('1')\n    assert {condition}")
    with pytest.raises(ClaimError, match=r"its assertion in line 3 is always true: expected a con"):
        proved(claim)


def test_what_may_be_empty_is_not_always_true(tmp_path):
    proved(written(tmp_path / "a.py", "def claim():\n    assert [*'a'] and {**{1: 2}}, [*'b']"))


def test_an_assertion_that_fails_in_a_thread_is_one_of_the_function():
    def claim():
        thread = threading.Thread(target=one_is_less_than_two, args=(3,))
        thread.start()
        thread.join()

    before = threading.excepthook
    with pytest.raises(AssertionError, match="3"):
        proved(claim)
    assert threading.excepthook is before


def test_a_thread_that_is_still_running_is_refused():
    go = threading.Event()

    def claim():
        threading.Thread(target=go.wait, name="late").start()

    with pytest.raises(ClaimError, match="left the thread 'late' running: expected it to wait"):
        proved(claim)
    go.set()


def test_a_failed_assertion_comes_before_any_other_complaint():
    def claim():
        threading.Thread(target=one_is_less_than_two).start()
        assert int("1") > 2

    with pytest.raises(AssertionError):
        proved(claim)


def test_a_function_without_a_file_is_judged_by_what_it_does():
    names = {}
    exec("def claim():\n    assert int('1') < 2\ndef nothing(): pass", names)
    proved(names["claim"])
    proved(names["nothing"])  # it ran: more is not known
    with pytest.raises(ClaimError, match="did not run"), proofs.watched(names["nothing"]):
        pass


def test_what_is_no_python_function_is_taken_as_it_is():
    proved(functools.partial(int, "1"))


def test_a_file_that_is_no_python_any_more_is_not_read():
    with mock.patch("inspect.findsource", return_value=(["def claim(:\n"], 0)):
        proved(asserts_nothing_of_no_case)


def test_under_a_debugger_what_runs_is_not_watched(monkeypatch):
    monkeypatch.setattr(proofs.sys, "gettrace", lambda: print)
    proved(asserts_nothing_of_no_case)


def test_tracing_ends_with_the_call():
    for function in (asserts, calls_a_helper):
        proved(function)
        assert sys.gettrace() is None


async def coroutine():
    await asyncio.sleep(0)


def generator():
    yield


async def asynchronous():
    yield


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (coroutine, "a coroutine"),
        (generator, "a generator"),
        (asynchronous, "a generator of coroutines"),
    ],
)
def test_a_function_that_a_call_does_not_run_is_refused(function, kind):
    with pytest.raises(ClaimError, match=f"its function is {kind}, which a call does not run"):
        proofs.check_plain(function)
    proofs.check_plain(asserts)
