"""SVG as text: escaped, with alternative text, and few bytes a mark.

Strings and not a drawing library: a page holds thousands of pictures, and one figure of a general
library costs more time than all of them.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Iterable, Sequence

Point = tuple[float, float]

# What XML 1.0 has no way to write, and surrogates, which UTF-8 has none for.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TURNS = re.compile(  # letters written from right to left, and marks that change the direction
    "[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc"
    "\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_HUGE = 1e300
_OPEN, _CLOSE = "\u2068", "\u2069"  # first-strong isolate, and its end


def escaped(text: str) -> str:
    """Return text as it stands in an element or in a quoted attribute."""
    clean = _FORBIDDEN.sub("\ufffd", text)
    for character, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        clean = clean.replace(character, f"&{name};")
    return clean


def isolated(text: str) -> str:
    """Return a user's text so that its direction of writing ends where it does."""
    return text if not _TURNS.search(text) else f"{_OPEN}{text}{_CLOSE}"


def picture(
    width: float,
    height: float,
    title: str,
    description: str,
    body: Iterable[str],
    *,
    role: str = "img",
    legend: bool = False,
) -> str:
    """Return a whole SVG of `width` × `height` pixels that shrinks with its container.

    Args:
        width: at which its text has its size.
        height: the same.
        title: what is shown, in a few words; the name that a screen reader says.
        description: what one sees there, in sentences: the alternative text.
        body: elements.
        role: "group" where it contains links, which are no part of an image.
        legend: whether it is the key to the pictures after it, for pages to mark off.
    """
    size = f"{number(width)} {number(height)}"
    mark = ' data-legend=""' if legend else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {size}" '
        f'width="{number(width)}" height="{number(height)}" role="{role}"{mark}>'
        f"<title>{escaped(title)}</title><desc>{escaped(description)}</desc>{''.join(body)}</svg>"
    )


def number(value: float) -> str:
    """Return a coordinate with at most one decimal."""
    return _tenths(round(value * 10))


@functools.lru_cache(maxsize=1 << 16)  # a page writes some hundred thousand of the same few
def _tenths(count: int) -> str:
    plain = f"{count / 10:.1f}".removesuffix(".0")
    return plain.replace("0.", ".", 1) if abs(count) < 10 else plain


def element(name: str, content: str = "", **attributes: float | str) -> str:
    """Return an element; `class_` is its class, and numbers are rounded to one decimal.

    `content` is markup: text goes through `escaped` first.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="'
        f'{escaped(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def text(x: float, y: float, words: str, class_: str = "") -> str:
    """Return words on a line whose base is at y."""
    attributes = {"class_": class_} if class_ else {}
    return element("text", escaped(words), x=x, y=y, **attributes)


def same(content: str) -> str:
    """Return elements, none of them a group, that many pictures share: `once` writes them once."""
    return f'<g class="same">{content}</g>'


def path(shape: str, class_: str) -> str:
    """Return a path, or nothing where the shape is empty."""
    return f'<path class="{class_}" d="{shape}"/>' if shape else ""


def line(points: Sequence[Point]) -> str:
    """Return the shape of a line through points: the first absolute, the rest from one to the next.

    Each is rounded before the differences are taken, so that errors do not add up.
    """
    if not points:
        return ""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points]
    x, y = tenths[0]
    steps = [f"M{_tenths(x)} {_tenths(y)}"]
    for next_x, next_y in tenths[1:]:
        steps.append(_step(next_x - x, next_y - y))
        x, y = next_x, next_y
    return "".join(steps)


def smooth(points: Sequence[Point], off: float) -> list[Point]:
    """Return a line's points without those that its other ones pass at most `off` pixels away.

    Source: Douglas & Peucker (1973), doi:10.3138/FM57-6770-U75U-7727.
    """
    if len(points) < 3:
        return list(points)
    (x, y), (to_x, to_y) = points[0], points[-1]
    along, down = to_x - x, to_y - y
    length = math.hypot(along, down)
    if length == 0:
        distances = [math.dist(points[0], point) for point in points]
    else:  # each times the length
        distances = [abs(down * (px - x) - along * (py - y)) for px, py in points]
    most = max(distances)
    if most <= off * (length or 1):
        return [points[0], points[-1]]
    far = distances.index(most)
    return smooth(points[: far + 1], off)[:-1] + smooth(points[far:], off)


def _step(along: int, down: int) -> str:
    if down == 0:
        return f"h{_tenths(along)}"
    if along == 0:
        return f"v{_tenths(down)}"
    return f"l{_tenths(along)}{' ' if down > 0 else ''}{_tenths(down)}"


def stairs(points: Sequence[Point]) -> str:
    """Return the shape of a line that goes first along and then up or down to the next point."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points]
    steps = [f"M{_tenths(tenths[0][0])} {_tenths(tenths[0][1])}"]
    for (x, y), (to_x, to_y) in itertools.pairwise(tenths):
        steps.append(f"h{_tenths(to_x - x)}v{_tenths(to_y - y)}")
    return "".join(steps)


def area(upper: Sequence[Point], lower: Sequence[Point]) -> str:
    """Return the shape between two lines."""
    return line([*upper, *reversed(lower)]) + "z" if upper else ""


def dots(points: Iterable[Point]) -> str:
    """Return a shape that a round, thick stroke draws as dots: lines of no length."""
    return "".join(f"M{number(x)} {number(y)}h0" for x, y in points)


def segments(ends: Iterable[tuple[float, float, float, float]]) -> str:
    """Return the shape of straight lines from (x, y) to (x, y)."""
    return "".join(line([(x, y), (to_x, to_y)]) for x, y, to_x, to_y in ends)


def arrow(x: float, y: float, towards: str, size: float = 5) -> str:
    """Return a filled arrow head whose tip is at (x, y): left, right, up or down."""
    along, across = {"left": (1, 0), "right": (-1, 0), "up": (0, 1), "down": (0, -1)}[towards]
    back_x, back_y = x + along * size, y + across * size
    half_x, half_y = across * size * 0.6, along * size * 0.6
    corners = [(x, y), (back_x + half_x, back_y + half_y), (back_x - half_x, back_y - half_y)]
    return line(corners) + "z"


def is_finite(value: float) -> bool:
    """Return whether a value can be drawn: NaN cannot, and beyond 1e300 a range would overflow."""
    return -_HUGE < value < _HUGE
