"""The command `hw4 compare`: reported accuracies, as counts or as decimals of so many images."""

from __future__ import annotations

import argparse
import math
import re
from fractions import Fraction

from hw4.cli.exits import OK, UsageError
from hw4.plural import numbered
from hw4.report.text import compare as comparing
from hw4.report.text import terminal
from hw4.statistics.proportions import MOST_IMAGES

_SHARE = re.compile(
    r"0|1|0?\.\d{1,9}|1\.0{1,9}|(?:\d{1,2}(?:\.\d{1,9})?|100(?:\.0{1,9})?) ?%", re.ASCII
)


def compare(options: argparse.Namespace) -> int:
    """Print whether accuracies differ, and what such a comparison could show.

    Raises:
        UsageError: one is no proportion, or there are fewer than two.
    """
    images = options.images
    read = [_proportion(text, images) for text in options.proportions]
    if len(read) == 1:
        (given,) = options.proportions
        raise UsageError(f"got only {given}, expected at least two proportions to compare")
    said = [note for _, note in read if note]
    if said:
        print("\n".join(said), end="\n\n")
    print(comparing.described([proportion for proportion, _ in read], terminal.columns()))
    return OK


def _proportion(text: str, images: int | None) -> tuple[tuple[int, int], str]:
    """Return (k, n) of "k/n", or of a decimal share of so many images; and how that was read."""
    is_share = _SHARE.fullmatch(text)
    if is_share and images:
        return _of_images(text, images)
    if is_share and text not in ("0", "1"):
        raise UsageError(f"got {text!r} without --images: expected --images N, or k/n as 118/175")
    written = re.fullmatch(r"(\d{1,7})/(\d{1,7})", text, re.ASCII)
    hits, total = map(int, written.groups()) if written else (0, 0)
    if not written or not max(1, hits) <= total <= MOST_IMAGES:
        raise UsageError(
            f"got {text!r}, expected k/n as 118/175: whole numbers, 0 <= k <= n, "
            f"1 <= n <= {MOST_IMAGES:,}; or a share as 0.674 with --images N"
        )
    return (hits, total), ""


def _of_images(text: str, images: int) -> tuple[tuple[int, int], str]:
    """Return the count that has this share to its last digit; UsageError if there is none."""
    percent = text.endswith("%")
    digits = text.rstrip("% ")
    unit = Fraction(1, 10 ** len(digits.partition(".")[2])) / (100 if percent else 1)
    share = Fraction(digits) / (100 if percent else 1)
    low, high = math.ceil((share - unit / 2) * images), math.floor((share + unit / 2) * images)
    low, high = max(low, 0), min(high, images)
    if low > high:
        near = [k for k in (math.floor(share * images), math.ceil(share * images)) if k <= images]
        known = " or ".join(f"{k}/{images} = {k / images:.4f}" for k in near)
        raise UsageError(
            f"got {text!r}, which no count of {numbered(images, 'image')} gives: expected {known}"
        )
    hits = min(max(round(share * images), low), high)
    others = f"; {low} to {high} would round to it too" if low < high else ""
    return (hits, images), f"{text} is read as {hits}/{images}{others}"
