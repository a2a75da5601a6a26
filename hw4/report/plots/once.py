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


def once(page: str) -> tuple[str, str]:
    """Return a page whose pictures refer to what several of them draw, and what they refer to.

    Most walks of sixteen seeds out of sixteen, for example, differ in their claim's name alone. A
    picture with links keeps what it draws, because nobody can click on a reference.

    Args:
        page: HTML with pictures as `svg.picture` makes them.

    Returns:
        The page, and elements of an SVG that has to be in the document beside it.
    """
    page, parts = _referring(page, _SAME, lambda _, drawing: drawing)
    page, whole = _referring(page, _PICTURE, lambda head, drawing: f"<svg {head}{drawing}</svg>")
    return page, parts + whole


def _referring(page: str, part: re.Pattern[str], put: Callable[[str, str], str]) -> tuple[str, str]:
    """Return a page in which equal drawings of some of its parts are references, and the drawings.

    Args:
        page: the page.
        part: matches a part; its groups are what stands before the drawing, and the drawing.
        put: what makes a part of these.
    """
    # Of hashes, because the drawings of a large page are many megabytes.
    counts = Counter(hash(found[2]) for found in part.finditer(page))
    shared: dict[str, str] = {}

    def referred(found: re.Match[str]) -> str:
        head, drawing = found.groups()
        if counts[hash(drawing)] > 1 and len(drawing) >= _LEAST and "<a " not in drawing:
            digest = hashlib.blake2s(drawing.encode(errors="replace"), digest_size=6)
            name = f"b{digest.hexdigest()}"
            # A reference is styled by what it contains: so the class is repeated inside.
            shared[name] = f'<g id="{name}" class="plot">{drawing}</g>'
            drawing = f'<use href="#{name}"/>'
        return put(head, drawing)

    return part.sub(referred, page), "".join(shared.values())
