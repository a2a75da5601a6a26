"""The root seed of a run, and whole numbers on a command line, hw4's own or pytest's."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable

ROOT = 0  # fixed, so that a rerun replays


def fresh_root() -> int:
    """Return a random new root."""
    return secrets.randbits(31)


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return the type of an option that takes a whole number within bounds, for argparse."""

    def number(text: str) -> int:
        fits = text.isascii() and text.isdigit() and len(text) < 100
        if not fits or int(text) < least or (most and int(text) > most):
            upto = f" and at most {most:,}" if most else ""
            raise argparse.ArgumentTypeError(
                f"got {text!r}, expected a whole number of at least {least}{upto}"
            )
        return int(text)

    return number
