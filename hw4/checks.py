"""What numbers that a user gives must be, each said in one sentence."""

import math
import numbers
from collections.abc import Callable, Iterable
from typing import TypeGuard


def is_number(value: object) -> TypeGuard[float]:
    """Return whether it is a number, of NumPy too; True and False are none."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def is_whole(value: object) -> TypeGuard[int]:
    """Return whether it is a whole number, of NumPy too; True and False are none."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def number(what: str, value: object, holds: Callable[[float], bool], expected: str) -> float:
    """Return a finite number for which a condition holds.

    Args:
        what: begins the sentence, as "mlp: got gain=".
        value: as the user gave it.
        holds: the condition.
        expected: what is said if it does not hold.

    Raises:
        ValueError: it is something else.
    """
    if is_number(value) and math.isfinite(value) and holds(float(value)):
        return float(value)
    raise ValueError(f"{what}{value!r}, expected {expected}")


def whole(what: str, value: object, least: int = 1) -> int:
    """Return a whole number, as that of a network's layers.

    Raises:
        ValueError: it is something else, or below `least`.
    """
    if is_whole(value) and value >= least:
        return int(value)
    raise ValueError(f"{what}{value!r}, expected a whole number of at least {least}")


def wholes(what: str, values: Iterable[object]) -> tuple[int, ...]:
    """Return whole numbers of at least 1, as those of each layer's units.

    Raises:
        ValueError: they are something else.
    """
    try:
        return tuple(whole(what, each) for each in values)
    except (TypeError, ValueError):
        expected = "expected whole numbers of at least 1"
        raise ValueError(f"{what}{values!r}, {expected}") from None
