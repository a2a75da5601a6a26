"""A comparison of reported accuracies as text: are they different, and could a test show it?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from hw4.plural import numbered
from hw4.report.text.terminal import WIDTH, wrapped
from hw4.statistics.effects import share_interval
from hw4.statistics.multiplicity import holm
from hw4.statistics.proportions import ALPHA, Comparison, compare, detectable_near

Proportion = tuple[int, int]
"""(k, n): k of n images were right."""

METHODS = (
    "p is Fisher's exact test, two-sided. Intervals are Clopper and Pearson's, which are exact, "
    "and Newcombe's for differences, which are approximate: where one of those disagrees with p, "
    "believe p. All of it takes the images of one accuracy to be independent of another's; for two "
    "models on the same images, a test of which images they disagree on (McNemar's) can show more."
)


def described(proportions: Sequence[Proportion], width: int = WIDTH) -> str:
    """Return a text about accuracies k/n: each with its interval, and every pair compared.

    With several pairs, the verdict uses p-values corrected for their number (Holm). The smallest
    difference that can be shown is for a single pair, without the correction.

    Args:
        proportions: two or more.
        width: columns, which no line exceeds.

    Raises:
        ValueError: not 0 <= k <= n, or n below 1.
    """
    pairs = list(itertools.combinations(proportions, 2))
    found = [compare(*first, *second) for first, second in pairs]
    corrected = [float(p) for p in holm([each.p_value for each in found])]
    blocks = [[_share(each) for each in proportions]]
    for pair, comparison, p_value in zip(pairs, found, corrected, strict=True):
        noted = f", corrected for {len(pairs)} pairs {_p(p_value)}" if len(pairs) > 1 else ""
        blocks.append(_pair(*pair, comparison, p_value, noted))
    blocks.append([_methods(len(pairs))])
    return "\n\n".join("\n".join(_fitted(lines, width)) for lines in blocks)


def _fitted(lines: list[str], width: int) -> Iterator[str]:
    """Yield lines; long ones are wrapped, and continue with a larger indent."""
    for line in lines:
        start = " " * (len(line) - len(line.lstrip()))
        yield from wrapped(line.lstrip(), width, start, start and f"{start}  ")


def _share(proportion: Proportion) -> str:
    hits, total = proportion
    digits = _decimals(total)
    low, high = (f"{100 * end:.{digits}f}" for end in share_interval(hits, total))
    share = f"{100 * hits / total:.{digits}f}"
    return f"{_name(proportion)} = {share} %, 95 % interval {low} to {high} %"


def _pair(
    first: Proportion, second: Proportion, found: Comparison, corrected: float, noted: str
) -> list[str]:
    digits = _decimals(first[1], second[1])
    difference, low, high = (
        f"{100 * each:+.{digits}f}" for each in (found.difference, found.low, found.high)
    )
    verdict = "different" if corrected < ALPHA else "not distinguishable"
    return [
        f"{_name(first)} and {_name(second)}: {verdict}",
        f"  {_p(found.p_value)}{noted}",
        f"  second minus first {difference} points, 95 % interval {low} to {high}",
        f"  {_resolution(first, second, digits)}",
    ]


def _resolution(first: Proportion, second: Proportion, digits: int) -> str:
    totals = sorted({first[1], second[1]})
    images = " and ".join([*map(str, totals[:-1]), numbered(totals[-1], "image")])
    least = detectable_near(*first, *second)
    if least is None:
        return f"{images} can show no difference here, however large"
    return f"{images} can show differences from about {100 * least:.{digits}f} points on"


def _methods(pairs: int) -> str:
    correction = (
        " The correction is Holm's: to call any pair different that is not has probability below "
        f"{ALPHA:g}."
    )
    return METHODS + correction * (pairs > 1)


def _name(proportion: Proportion) -> str:
    return "{}/{}".format(*proportion)


def _p(value: float) -> str:
    """Return a p-value with two significant digits, as "p = .061"."""
    if value < 1e-4:
        return "p < .0001"
    return f"p = {value:#.2g}".replace("0.", ".", 1) if value < 0.995 else "p = 1"


def _decimals(*totals: int) -> int:
    """Return how many decimals of a percentage tell one image from two."""
    return max(1, len(str(max(totals))) - 2)
