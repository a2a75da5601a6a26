"""What many pictures of a page draw alike is written once, or a page is a third larger."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable

_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'  # a file needs it, HTML does not
_PICTURE = re.compile(
    rf'<svg{_NAMESPACE} (class="plot"[^>]*><title.*?</desc>)(.*?)</svg>', re.DOTALL
)
_SAME = re.compile(r'(<g class="same">)(.*?)</g>', re.DOTALL)  # see svg.same
_LEAST = 80  # characters: to refer to a shorter drawing saves nothing


def once(page: str) -> str:
    """Return a page whose pictures refer to the first one that draws the same.

    Most walks of sixteen seeds out of sixteen, for example, differ in their claim's name alone. A
    picture with links keeps what it draws, because nobody can click on a reference.

    Args:
        page: HTML with pictures as `svg.picture` makes them.
    """
    page = _referring(page, _SAME, lambda _, drawing: drawing)
    return _referring(page, _PICTURE, lambda head, drawing: f"<svg {head}{drawing}</svg>")


def _referring(page: str, part: re.Pattern[str], put: Callable[[str, str], str]) -> str:
    """Return a page in which equal drawings of some of its parts refer to the first of them.

    Args:
        page: the page.
        part: matches a part; its groups are what stands before the drawing, and the drawing.
        put: what makes a part of these.
    """
    counts = Counter(drawing for _, drawing in part.findall(page))
    seen: set[str] = set()

    def referred(found: re.Match[str]) -> str:
        head, drawing = found.groups()
        if counts[drawing] > 1 and len(drawing) >= _LEAST and "<a " not in drawing:
            digest = hashlib.blake2s(drawing.encode(errors="replace"), digest_size=6)
            name = f"b{digest.hexdigest()}"
            # A reference is styled by what it contains: so the class is repeated inside.
            first, again = f'<g id="{name}" class="plot">{drawing}</g>', f'<use href="#{name}"/>'
            drawing = again if drawing in seen else first
            seen.add(found[2])
        return put(head, drawing)

    return part.sub(referred, page)
