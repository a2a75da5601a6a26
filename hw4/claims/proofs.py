"""What must be seen of an exact claim's function before "no assertion failed" is a proof.

A function that asserts nothing, or whose assertions do not run, would be proved whatever it states.
Refused is what can be known: Python without assertions; a function that is never run, that cannot
fail, or of whose own assertions none runs; an assertion that is always true, or that the function
itself catches. An assertion that fails in a thread counts as one of the function. Not known is what
other functions do: that a helper asserts nothing or catches what it asserts, and what fails in
another process or in a future that is not asked for its result.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import TYPE_CHECKING

from hw4.claims.claim import ClaimError

if TYPE_CHECKING:
    from _typeshed import TraceFunction

_BROAD = {"AssertionError", "Exception", "BaseException"}  # what catches an assertion
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Watch:
    """What is told of a call that is watched: whether the function asserts, or returned a value."""

    asserts = True


@contextlib.contextmanager
def watched(function: Callable[..., object], *, or_returns: bool = False) -> Iterator[Watch]:
    """Watch a function that asserts while the context's body calls it.

    Args:
        function: that is called.
        or_returns: whether it may return a value in place of asserting. The body says so by
            setting `asserts` of the watch to False, and then nothing is refused.

    Raises:
        ClaimError: that no assertion failed would prove nothing, in one sentence.
        BaseException: what a thread raised that the function had started.
    """
    watch, own = Watch(), _Function(inspect.unwrap(function))
    if not or_returns:
        own.check()
    with threads(), own.traced():
        yield watch
    if or_returns and watch.asserts:
        own.check()
    if watch.asserts:
        own.check_run()


def check_plain(function: Callable[..., object]) -> None:
    """Raise ClaimError for a function that calling does not run: a generator, or a coroutine."""
    plain = inspect.unwrap(function)
    tests = {
        "coroutine": inspect.iscoroutinefunction,
        "generator": inspect.isgeneratorfunction,
        "generator of coroutines": inspect.isasyncgenfunction,
    }
    for kind, test in tests.items():
        if test(plain):
            raise ClaimError(
                f"its function is a {kind}, which a call does not run: expected a plain function"
            )


class _Function:
    """A claim's own function, as it is written and as it runs."""

    def __init__(self, function: Callable[..., object]) -> None:
        code = getattr(function, "__code__", None)
        self._code: CodeType | None = code
        self._node = _node_of(code) if code else None
        self._asserts = [
            node for node in ast.walk(self._node or ast.Pass()) if isinstance(node, ast.Assert)
        ]
        self._traced = self._entered = self._asserted = False

    def check(self) -> None:
        """Raise ClaimError for what cannot fail as it is written."""
        if not __debug__:
            raise ClaimError(
                "Python runs with -O or PYTHONOPTIMIZE, which drops assertions: "
                "expected neither for a proof"
            )
        if self._node is None:
            return
        if not _may_fail(self._node):
            raise ClaimError("its function asserts nothing: expected an assertion that can fail")
        for node in self._asserts:
            if _always_true(node.test):
                raise ClaimError(
                    f"its assertion in line {node.lineno} is always true: expected a condition "
                    'that can fail, as in `assert a < b, "why"`'
                )
        for caught in map(_caught, ast.walk(self._node)):
            if caught:
                raise ClaimError(
                    f"its assertion in line {caught.lineno} is caught by the function itself: "
                    "expected it to leave the function"
                )

    @contextlib.contextmanager
    def traced(self) -> Iterator[None]:
        """Note whether the function is entered and asserts; not under a debugger's own trace."""
        if self._code is None or sys.gettrace() is not None:
            yield
            return
        self._traced = True
        sys.settrace(self._on_call)
        try:
            yield
        finally:
            sys.settrace(None)

    def _on_call(self, frame: FrameType, event: str, arg: object) -> TraceFunction | None:
        code, own = frame.f_code, self._code
        if code is own:
            self._entered = True
        elif own is None or code.co_filename != own.co_filename or not self._holds(code):
            return None
        if self._asserts and not self._asserted:
            return self._on_line
        sys.settrace(None)  # what there was to learn is known
        return None

    def _holds(self, code: CodeType) -> bool:
        """Return whether code is of a function within this one."""
        end = getattr(self._node, "end_lineno", 0)
        return self._code is not None and self._code.co_firstlineno <= code.co_firstlineno <= end

    def _on_line(self, frame: FrameType, event: str, arg: object) -> TraceFunction | None:
        line = frame.f_lineno
        if any(node.lineno <= line <= (node.end_lineno or 0) for node in self._asserts):
            self._asserted = True
            frame.f_trace = None
            sys.settrace(None)
            return None
        return self._on_line

    def check_run(self) -> None:
        """Raise ClaimError for a call in which the function, or its assertions, did not run."""
        if self._traced and not self._entered:
            raise ClaimError("its function did not run: expected what decorates it to call it")
        asserting = any("assert" in _named(n) or "raises" in _named(n) for n in _body(self._node))
        if self._traced and self._asserts and not self._asserted and not asserting:
            raise ClaimError("none of its assertions ran: expected at least one")


def _node_of(code: CodeType) -> ast.AST | None:
    """Return a function as it stands in its file; None where that cannot be read."""
    try:
        tree = ast.parse("".join(inspect.findsource(code)[0]))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS) and getattr(node, "name", "<lambda>") == code.co_name:
            first = [node, *getattr(node, "decorator_list", ())]
            if code.co_firstlineno == min(each.lineno for each in first):
                return node
    return None


def _body(function: ast.AST | None) -> Iterator[ast.AST]:
    """Return all nodes of a function's body, without its decorators and defaults."""
    body = getattr(function, "body", [])
    for statement in body if isinstance(body, list) else [body]:
        yield from ast.walk(statement)


def _may_fail(function: ast.AST) -> bool:
    """Return whether a function asserts or calls; what it returns is refused elsewhere."""
    nodes = list(_body(function))
    returned = [node.value for node in nodes if isinstance(node, ast.Return)]
    returned += [function.body] if isinstance(function, ast.Lambda) else []
    something = any(each and ast.unparse(each) != "None" for each in returned)
    return something or any(isinstance(n, ast.Assert | ast.Call | ast.Raise) for n in nodes)


def _named(node: ast.AST) -> str:
    """Return the name of what a node calls, in small letters; "" of what is no call of a name."""
    called = getattr(node, "func", None)
    return str(getattr(called, "attr", getattr(called, "id", ""))).lower()


def _always_true(test: ast.expr) -> bool:
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return any(not isinstance(item, ast.Starred) for item in items)
        case ast.Lambda() | ast.GeneratorExp():
            return True
    return False


def _caught(node: ast.AST) -> ast.Assert | None:
    """Return an assertion within a statement that would let nobody know of its failure."""
    match node:
        case ast.Try(body=body, handlers=handlers, finalbody=final):
            silent = any(_is_broad(each.type) and not _tells(each.body) for each in handlers)
            silent |= any(isinstance(each, ast.Return) for each in final)
        case ast.With(body=body, items=items):
            calls = [item.context_expr for item in items]
            silent = any(
                isinstance(call, ast.Call)
                and _named(call) == "suppress"
                and any(map(_is_broad, call.args))
                for call in calls
            )
        case _:
            return None
    return next((each for each in body if isinstance(each, ast.Assert)), None) if silent else None


def _is_broad(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(map(_is_broad, kind.elts))
    return kind is None or getattr(kind, "attr", getattr(kind, "id", "")) in _BROAD


def _tells(handler: list[ast.stmt]) -> bool:
    """Return whether an exception's handler does something that may fail the claim."""
    nodes = [node for statement in handler for node in ast.walk(statement)]
    return any(isinstance(node, ast.Raise | ast.Assert | ast.Call) for node in nodes)


@contextlib.contextmanager
def threads() -> Iterator[None]:
    """Raise what threads raise meanwhile, and refuse to leave one running.

    Raises:
        ClaimError: a thread that was started meanwhile, and is no daemon, still runs.
        BaseException: the first that a thread raised.
    """
    raised: list[BaseException] = []

    def keep(failure: threading.ExceptHookArgs) -> None:
        if failure.exc_value is not None:
            raised.append(failure.exc_value)

    before, running = threading.excepthook, set(threading.enumerate())
    threading.excepthook = keep
    try:
        yield
        left = [each for each in set(threading.enumerate()) - running if not each.daemon]
        if left and not raised:
            raise ClaimError(
                f"it left the thread {left[0].name!r} running: expected it to wait for its threads"
            )
    finally:
        threading.excepthook = before
    if raised:
        raise raised[0]
