"""The suite that comes with hw4, a guest: what the core knows of it is in its `guest.toml`."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
"""What names of the guest's tests start from, in a checkout and in an installed wheel."""


@dataclass(frozen=True)
class Guest:
    """A suite that comes with hw4.

    Attributes:
        name: what its claims are called in a sentence.
        claims: their folder from `ROOT`, as the names of tests begin. `hw4 run` decides them unless
            it is given paths.
        document: what its claims quote, a text in Markdown.
        letters: letter → class, where the names of image files end in one.
    """

    name: str
    claims: str
    document: Path
    letters: Mapping[str, str]


@functools.cache
def guest() -> Guest:
    """Return the one guest."""
    (path,) = Path(__file__).parent.glob("*/guest.toml")
    stated = tomllib.loads(path.read_text(encoding="utf-8"))
    claims = (path.parent / stated["claims"]).relative_to(ROOT).as_posix()
    return Guest(stated["name"], claims, path.parent / stated["document"], stated["letters"])
