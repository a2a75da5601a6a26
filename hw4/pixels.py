"""The size to which images are resized, as `--hw4-resize` and `load(…, resize=…)` take it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hw4 import checks

Size = tuple[int, int]
"""Height and width in pixels."""

MOST = 99_999  # pixels a side: no image file that Pillow reads has more
_TEXT = re.compile(r"(\d{1,5})(?:[xX×](\d{1,5}))?", re.ASCII)


def size_of(given: object) -> Size:
    """Return a size that is given as 32, (32, 48), "32" or "32x48", the height first.

    Raises:
        ValueError: one sentence that says what was found and what was expected.
    """
    sides: Sequence[object] = ()
    if isinstance(given, str):
        if found := _TEXT.fullmatch(given):
            sides = [int(side) for side in found.groups() if side]
    else:
        sides = given if isinstance(given, tuple | list) else [given]
    whole = [int(side) for side in sides if checks.is_whole(side)]
    fits = len(whole) == len(sides) in (1, 2) and all(1 <= side <= MOST for side in whole)
    if not fits:
        raise ValueError(
            f"got {given!r}, expected a size in pixels, as 32 or 32x48 (height and width)"
        )
    return whole[0], whole[-1]


def written(size: Size) -> str:
    """Return a size as text that `size_of` reads, as "32x48"."""
    return "{}x{}".format(*size)
