"""What msgspec finds wrong with a ledger, as a sentence: what is where, and what was expected."""

from __future__ import annotations

import json
import re
import reprlib

import msgspec

from hw4.ledger.records import Ledger

_SHOWN = 100  # characters of a value
_AT = re.compile(r"(.*?)(?: - at `\$(.*)`)?", re.DOTALL)
_STEP = re.compile(r"\w+|\.{3}")  # of a path: a field, an index, or some key of an object
_EXPECTED = re.compile(r"Expected `(.+?)`(.*?)(, got `.*)?")
_NAMED = {  # fields of which msgspec's words say less
    "kind": "win, equivalent, rate, exact or timing",
    "verdict": "a verdict",
    "expect": "a verdict that can be registered",
}
_REAL = 'a number, "inf", "-inf" or "nan"'
_WORDS = (
    (r"float \| str", _REAL),
    (r" \| ", " or "),
    ("float", "a number"),
    ("int", "a whole number"),
    ("str", "text"),
    ("bool", "true or false"),
    ("array", "a list"),
    ("object", "an object"),
    ("of length >= 1", "of at least a character"),
    (">=", "of at least"),
    ("<=", "of at most"),
    (">", "above"),
    ("<", "below"),
    (r"\.0\b", ""),
)


def sentence(error: msgspec.ValidationError, text: str) -> str:
    """Return what is wrong with the text of a ledger.

    As "claims[4].margin is '0.5': expected a number of at least 0".
    """
    what, steps = _parts(error)
    document = json.loads(text)
    value, where = document, ""
    try:
        for step in steps:
            name = _key(document, value, steps) if step == "..." else step
            where += f"[{name}]" if isinstance(value, list) else f".{name}"
            value = value[int(name) if isinstance(value, list) else name]
    except (LookupError, TypeError, ValueError):  # Python's JSON keeps the last one
        return "an object has a name twice: expected each once"
    if what.startswith("Object missing"):
        return f"{where}.{what.split('`')[1]} is missing".removeprefix(".")
    if what[0].islower():  # a struct's own words, which begin with a field
        return f"{where}.{what}".removeprefix(".")
    shown = reprlib.repr(value)[:_SHOWN]
    return f"{where.removeprefix('.')} is {shown}: expected {_expected(what, steps)}"


def _parts(error: msgspec.ValidationError) -> tuple[str, list[str]]:
    """Return what msgspec says, and the steps from a ledger to where it is."""
    found = _AT.fullmatch(str(error))
    assert found
    return found[1], _STEP.findall(found[2] or "")


def _expected(what: str, steps: list[str]) -> str:
    found = _EXPECTED.fullmatch(what)
    if steps[-1] in _NAMED or not found:
        return _NAMED.get(steps[-1], "a number" if "out of range" in what else _REAL)
    words = found[1] + found[2]
    for pattern, word in _WORDS:
        words = re.sub(pattern, word, words)
    return words


def _key(document: object, place: dict[str, object], steps: list[str]) -> str:
    """Return the key of an object of the document whose value is at fault."""
    whole, keys = dict(place), list(place)
    while len(keys) > 1:
        half = keys[: len(keys) // 2]
        place.clear()
        place.update({key: whole[key] for key in half})
        keys = half if _faults(document) == steps else keys[len(half) :]
    place.update(whole)
    return keys[0]


def _faults(document: object) -> list[str]:
    """Return the steps to what is wrong first, [] where nothing is."""
    try:
        msgspec.convert(document, Ledger)
    except msgspec.ValidationError as error:
        return _parts(error)[1]
    return []
