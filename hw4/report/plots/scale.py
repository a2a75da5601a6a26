"""Scales: a value's place in pixels, the way back, and ticks whose labels do not overlap."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hw4.report.plots.svg import is_finite
from hw4.report.plots.words import width_of

Ticks = list[tuple[float, str]]
"""Values and their labels."""

GAP = 8.0  # pixels between two labels, so that they do not read as one
LEADING = 15.0  # pixels from one line of labels to the next
_MOST = 7  # more ticks than this on an axis are clutter
_LEAST, _LARGE = 1e-4, 1e6  # between them a number is plain; beyond, its noughts must be counted
_GROUPED = 10_000  # from here on, digits stand in threes
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_FLAT = 1e-3  # of the values' size: an axis does not make less of a difference than this look large


@dataclass(frozen=True)
class Scale:
    """From values in [low, high] to pixels in [start, end], which may run either way.

    Raises:
        ValueError: no range, or one that a logarithm cannot show.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False
    _from: float = field(init=False, repr=False)  # low, or its logarithm
    _slope: float = field(init=False, repr=False)  # pixels a unit, or a decade

    def __post_init__(self) -> None:
        if not (self.low < self.high and (not self.log or self.low > 0)):
            raise ValueError(f"got a scale from {self.low} to {self.high}, log={self.log}")
        low, high = (math.log10(end) if self.log else end for end in (self.low, self.high))
        object.__setattr__(self, "_from", low)
        object.__setattr__(self, "_slope", (self.end - self.start) / (high - low))

    def __call__(self, value: float) -> float:
        """Return where a value is; what lies beyond the range, or at infinity, is at its end."""
        if not value > self.low:  # or it is NaN
            return self.start
        if value >= self.high:
            return self.end
        return self.start + ((math.log10(value) if self.log else value) - self._from) * self._slope

    def holds(self, value: float) -> bool:
        """Return whether a value lies within the range."""
        return self.low <= value <= self.high

    def ticks(self) -> Ticks:
        """Return round values for an axis along x, as many as there is room for."""
        return self._ticks(lambda label: width_of(label) + GAP)

    def ticks_down(self) -> Ticks:
        """Return round values for an axis along y."""
        return self._ticks(lambda label: LEADING)

    def _ticks(self, room: Callable[[str], float]) -> Ticks:
        best: Ticks = []
        for values in self._candidates():
            ticks = labelled(values)
            if len(ticks) <= _MOST and self._apart(ticks, room):
                if len(ticks) >= 3:
                    return ticks
                best = max(best, ticks, key=len)
        return best

    def _candidates(self) -> Iterator[list[float]]:
        """Yield sets of round values, the densest first."""
        if self.log:
            yield from _log_candidates(self.low, self.high)
        yield from _linear_candidates(self.low, self.high)

    def _apart(self, ticks: Ticks, room: Callable[[str], float]) -> bool:
        places = [(self(value), room(text)) for value, text in ticks]
        pairs = itertools.pairwise(places)
        return all(abs(b - a) >= (wide + narrow) / 2 for (a, wide), (b, narrow) in pairs)


def _linear_candidates(low: float, high: float) -> Iterator[list[float]]:
    exponent = math.floor(math.log10((high - low) / _MOST))
    for power in range(exponent, exponent + 3):
        for digit in (1, 2, 5):
            step = float(f"{digit}e{power}")
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first < 2 * _MOST:
                yield [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def _log_candidates(low: float, high: float) -> Iterator[list[float]]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    if last - first <= 3:
        for digits in ((1, 2, 5), (1, 3)):
            values = [float(f"{d}e{power}") for power in range(first, last + 1) for d in digits]
            yield [value for value in values if low <= value <= high]
    for stride in (1, 2, 3, 5, 10, 20, 50, 100, 200):
        decades = range(first - first % stride, last + 1, stride)
        if len(decades) < 3 * _MOST:
            values = [float(f"1e{power}") for power in decades if abs(power) <= 300]
            yield [value for value in values if low <= value <= high]


def labelled(values: Sequence[float]) -> Ticks:
    """Return values with their numbers, all of them in one way of writing.

    Plain ones, "0.05" and "10,000"; if one is too small or too large for that, all with powers of
    ten, "10⁻⁶" and "5×10⁻⁶".
    """
    plain = all(value == 0 or _LEAST <= abs(value) < _LARGE for value in values)
    write = _plain if plain else _power
    return [(value, write(value).replace("-", "−")) for value in values]


def in_percent(ticks: Ticks) -> Ticks:
    """Return the ticks of shares, as the texts beside them say a share: "20 %" for "0.2"."""
    return [(value, f"{100 * value:.4g} %") for value, _ in ticks]


def _plain(value: float) -> str:
    digits = f"{value:.10f}".rstrip("0").rstrip(".")
    return f"{value:,.0f}" if abs(value) >= _GROUPED and "." not in digits else digits


def _power(value: float) -> str:
    digits, _, power = f"{value:.5e}".partition("e")
    digits, exponent = digits.rstrip("0").rstrip("."), int(power)
    if value == 0 or exponent == 0:
        return digits
    raised = f"10{str(exponent).translate(_RAISED)}"
    return {"1": raised, "-1": f"-{raised}"}.get(digits, f"{digits}×{raised}")


def spanning(
    values: Iterable[float], start: float, end: float, *, log: bool = False, pad: float = 0.06
) -> Scale:
    """Return a scale that shows all finite values, with a little room on either side.

    On a logarithmic one, what is not positive does not count; without any value it is 0.1 to 1.
    """
    shown = [value for value in values if is_finite(value) and (value > 0 or not log)]
    if log:
        low, high = (min(shown), max(shown)) if shown else (0.1, 1.0)
        ratio = max((high / low) ** pad, 1.02) if high / low < math.inf else 1e18
        return Scale(max(low / ratio, 1e-305), high * ratio, start, end, log=True)
    low, high = (min(shown), max(shown)) if shown else (0.0, 1.0)
    if low == high:
        room = 0.1 * abs(high) or 1.0
    else:
        room = max(pad * (high - low), _FLAT * max(abs(low), abs(high)))
    return Scale(low - room, high + room, start, end)
