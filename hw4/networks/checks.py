"""What a network's and an optimiser's numbers must be, each said in one sentence."""

import math
import numbers
from collections.abc import Callable, Iterable


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
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        found = float(value)
        if math.isfinite(found) and holds(found):
            return found
    raise ValueError(f"{what}{value!r}, expected {expected}")


def whole(what: str, value: object, least: int = 1) -> int:
    """Return a whole number, as that of a network's layers.

    Raises:
        ValueError: it is something else, or below `least`.
    """
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= least:
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
