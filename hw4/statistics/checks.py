"""What the arguments of this package must satisfy, each said in one sentence."""

import numpy as np


def check_between(name: str, value: float, low: float, high: float) -> None:
    """Raise ValueError for a number outside the open interval, NaN included."""
    if not low < value < high:
        raise ValueError(f"{name} must lie strictly between {low:g} and {high:g}, got {value!r}")


def check_probability(name: str, value: float) -> None:
    """Raise ValueError for a number outside [0, 1], NaN included."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be a probability from 0 to 1, got {value!r}")


def check_size(name: str, value: int, least: int = 1) -> None:
    """Raise ValueError for what is not a whole number of at least `least`."""
    if not _is_whole(value) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")


def check_count(name: str, value: int, total: int) -> None:
    """Raise ValueError for what is not a whole number from 0 to `total`."""
    if not _is_whole(value) or not 0 <= value <= total:
        raise ValueError(f"{name} must be a whole number from 0 to {total}, got {value!r}")


def check_share(events: int, seeds: int, confidence: float) -> None:
    """Raise ValueError for what is no count of seeds with an event, or no confidence."""
    check_size("seeds", seeds)
    check_count("events", events, seeds)
    check_between("confidence", confidence, 0, 1)


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer)
