"""What a ledger of schema 1 holds, as a table, and the first place where a file departs from it."""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from hw4.statistics.sequential import P0, Verdict

_DECISIONS = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.EQUIVALENT)
_SHOWN = 100  # characters of a value
_LARGEST = sys.float_info.max  # JSON may have larger numbers: no float, or an infinite one


class Leaf(NamedTuple):
    """A value without parts: what it should be, in words, and whether it is."""

    expected: str
    accepts: Callable[[Any], bool]


class Maybe(NamedTuple):
    """Null, or a value of the shape."""

    shape: Any


class Named(NamedTuple):
    """An object with any names, whose values have the shape, or the one that a name has."""

    shape: Any
    own: Mapping[str, Any] = MappingProxyType({})


def check(value: Any, shape: Any, where: str) -> None:
    """Refuse a value that has not the shape.

    Args:
        value: of JSON.
        shape: a Leaf, Maybe or Named; a list with the shape of every item; or a dictionary with the
            shape of each field. A field whose name ends in "?" may be missing, and one that the
            dictionary does not name may be anything.
        where: the value's path, as "claims[3].effect".

    Raises:
        ValueError: what is where, and what was expected.
    """
    match shape:
        case Leaf(expected, accepts):
            if not accepts(value):
                raise ValueError(f"{where} is {reprlib.repr(value)[:_SHOWN]}: expected {expected}")
        case Maybe(inner):
            if value is not None:
                check(value, inner, where)
        case Named(inner, own):
            check(value, _OBJECT, where)
            for name in value:
                check(name, TEXT, f"a name in {where}")
                check(value[name], own.get(name, inner), f"{where}.{name}")
        case [inner]:
            check(value, _LIST, where)
            for index, item in enumerate(value):
                check(item, inner, f"{where}[{index}]")
        case _:
            check(value, _OBJECT, where)
            for field, inner in shape.items():
                _check_field(value, field, inner, where)


def _check_field(value: dict[str, Any], field: str, shape: Any, where: str) -> None:
    name = field.removesuffix("?")
    path = f"{where}.{name}" if where else name
    if name in value:
        check(value[name], shape, path)
    elif name == field:
        raise ValueError(f"{path} is missing")


def _is_text(value: Any) -> bool:
    """Return whether a value is text that can be printed: half a surrogate pair cannot."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _is_number(value: Any, least: float = -_LARGEST) -> bool:
    return type(value) in (int, float) and least <= value <= _LARGEST


def _is_count(value: Any) -> bool:
    return type(value) is int and _is_number(value, 0)


def _is_real(value: Any) -> bool:
    return value in ("inf", "-inf", "nan") if isinstance(value, str) else _is_number(value)


def _is_table(value: Any, depth: int) -> bool:
    """Return whether a value is lists of reals, nested so deep and at every depth of one length."""
    if not isinstance(value, list):
        return False
    if depth == 1:
        return all(map(_is_real, value))
    return all(_is_table(row, depth - 1) and len(row) == len(value[0]) for row in value)


def _is_pair(value: Any) -> bool:
    return _is_table(value, 1) and len(value) == 2 and all(map(POSITIVE.accepts, value))


def _is_curve(value: Any) -> bool:
    return _is_table(value, 2) and len(value) == 3


def _is_epochs(value: Any) -> bool:
    return isinstance(value, list) and all(_is_count(epoch) and epoch > 0 for epoch in value)


def _is_probe(value: Any) -> bool:
    return _is_table(value, 3) and len(value) == 3 and all(len(row) == 2 for row in value)


_OBJECT = Leaf("an object", lambda value: isinstance(value, dict))
_LIST = Leaf("a list", lambda value: isinstance(value, list))
TEXT = Leaf("text", _is_text)
WORD = Leaf("text of at least a character", lambda value: _is_text(value) and bool(value))
BOOLEAN = Leaf("true or false", lambda value: isinstance(value, bool))
COUNT = Leaf("a whole number of at least 0", _is_count)
SIZE = Leaf("a whole number of at least 1", lambda value: _is_count(value) and value > 0)
NUMBER = Leaf("a number of at least 0", lambda value: _is_number(value, 0))
POSITIVE = Leaf("a number above 0", lambda value: _is_number(value, 0) and value > 0)
FINITE = Leaf("a number", _is_number)
REAL = Leaf('a number, "inf", "-inf" or "nan"', _is_real)
ALPHA = Leaf("a number between 0 and 1/2", lambda value: _is_number(value) and 0 < value < 0.5)
SHARE = Leaf("a number between 1/2 and 1", lambda value: _is_number(value) and 0.5 < value < 1)
REPLAY = Leaf(
    "true, false or a number below 1",
    lambda value: isinstance(value, bool) or (_is_number(value, 0) and value < 1),
)
PROBABILITY = Leaf("a number from 0 to 1", lambda value: _is_number(value, 0) and value <= 1)
VERDICT = Leaf("a verdict", lambda value: isinstance(value, str) and value in list(Verdict))
REGISTERED = Leaf(
    "a verdict that can be registered", lambda value: VERDICT.accepts(value) and value in _DECISIONS
)
PAIR = Leaf("two numbers above 0", _is_pair)
CURVE = Leaf("numbers of shape (3, epochs)", _is_curve)
NULL = Leaf("null", lambda value: value is None)
NOTHING = Leaf("no such field in a claim that was decided", lambda _: False)
PROBE = Leaf("numbers of shape (3, 2, n)", _is_probe)

EPOCHS = Leaf("the epochs of its curves", _is_epochs)

_CURVES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
_ARM = {
    "arm": TEXT,
    **dict.fromkeys(_CURVES, CURVE),
    "probes?": Named(PROBE, {"path_length": CURVE}),
    "epochs?": EPOCHS,  # where they are not 1, 2, …
}
_EFFECT = {"median": REAL, "low": REAL, "high": REAL, "confidence": NUMBER}
_SHARE = dict.fromkeys(_EFFECT, PROBABILITY)
_RATIO = {"median": POSITIVE, "low": POSITIVE, "high": POSITIVE, "confidence": NUMBER}
_TIMING = {
    "processes": SIZE,
    "rounds": SIZE,
    "elements": COUNT,
    "seconds": [PAIR],
    "control": POSITIVE,
    "margin": NUMBER,
    "warnings": [TEXT],
}
_CLAIM = {
    "id": WORD,
    "instance": TEXT,
    "test": TEXT,
    "statement": TEXT,
    "source": TEXT,
    "kind": TEXT,
    "margin": NUMBER,
    "unit": TEXT,
    "expect": Maybe(REGISTERED),
    "verdict": VERDICT,
    "as_expected": BOOLEAN,
    "seeds": COUNT,
    "events": COUNT,
    "seeds_to_go": COUNT,
    "confirm_alpha?": NULL,
    "counterexample": Maybe(TEXT),
    "series": {"arms": [_ARM]},
    "seconds": NUMBER,
    "cached": BOOLEAN,
    "notices?": [TEXT],
    "parameters?": Named(TEXT),
    "explanation?": TEXT,
    "holds_when?": BOOLEAN,
    "warnings?": [TEXT],
    "replay?": REPLAY,
    "error?": NOTHING,
}
_UNTIMED = _CLAIM | {"timing?": NULL}
_DECIDED = _UNTIMED | {
    "seeds": SIZE,
    "evidence": [REAL],
    "log_evidence": FINITE,
    "effect": _EFFECT,
    "share": SHARE,
    "p0?": PROBABILITY,
    "budget?": SIZE,
    "shown?": _SHARE,
    "confirm_alpha?": Maybe(ALPHA),
}
_KINDS = {
    "win": _DECIDED,
    "equivalent": _DECIDED | {"margin": POSITIVE},
    "rate": _DECIDED | {"evidence": [BOOLEAN]},
    "exact": _UNTIMED | {"effect": NULL, "evidence?": [REAL]},
    "timing": _CLAIM | {"evidence": [POSITIVE], "effect": _RATIO, "timing": _TIMING},
}
_ERROR = {
    "id": WORD,
    "instance": TEXT,
    "test": TEXT,
    "error": TEXT,
    "message": TEXT,
    "statement?": TEXT,
    "source?": TEXT,
}
_LEDGER = {
    "created": TEXT,
    "profile": TEXT,
    "root_seed": COUNT,
    "alpha": ALPHA,
    "confirm?": BOOLEAN,
    "fresh_seeds?": BOOLEAN,
    "environment": Named(TEXT),
    "claims": [{"kind": Leaf(f"one of {', '.join(_KINDS)}", lambda value: value in list(_KINDS))}],
    "errors": [_ERROR],
}


ERROR_FIELDS = frozenset(field.removesuffix("?") for field in _ERROR)


def check_ledger(ledger: dict[str, Any]) -> None:
    """Refuse what is no ledger of schema 1.

    Raises:
        ValueError: one sentence: what is where, and what was expected.
    """
    check(ledger, _LEDGER, "")
    for index, record in enumerate(ledger["claims"]):
        where = f"claims[{index}]"
        check(record, _KINDS[record["kind"]], where)
        if record["verdict"] == Verdict.CONFIRMED and not record.get("confirm_alpha"):
            raise ValueError(f"{where}.confirm_alpha is missing: expected one of a confirmed claim")
        if record["kind"] == "timing":
            timing = record["timing"]
            _check_length(record, timing["processes"] * timing["rounds"], where)
        elif record["kind"] != "exact":
            _check_length(record, record["seeds"], where)
            if record["events"] > record["seeds"]:
                raise ValueError(
                    f"{where}.events is {record['events']}: expected at most its seeds"
                )
            if not 0 < record.get("p0", P0) < record["share"]:
                raise ValueError(f"{where}.p0 is {record['p0']}: expected a number below its share")


def _check_length(record: dict[str, Any], expected: int, where: str) -> None:
    if len(record["evidence"]) != expected:
        found = f"{where}.evidence has {len(record['evidence'])} values"
        raise ValueError(f"{found}: expected {expected}")
