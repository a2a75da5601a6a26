"""Text that people wrote, as HTML: an explanation with its paragraphs, a recipe with its parts."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup, escape

_CODE = re.compile(r"``?([^`\n]+)``?")
_LAID_OUT = re.compile(r"^(\s|[-*|>] )", re.MULTILINE)  # lines whose breaks mean something


def paragraphs(text: str, link: Callable[[str], str]) -> list[tuple[bool, Markup]]:
    """Return a docstring's paragraphs: whether its line breaks are to be kept, and its HTML.

    Args:
        text: paragraphs with empty lines between; `words` between backticks are code.
        link: the address of a claim's article from its id, "" where there is no such claim.
    """
    found = []
    for block in re.split(r"\n\s*\n", text.strip()):
        kept = bool(_LAID_OUT.search(block))
        found.append((kept, _inline(block if kept else " ".join(block.split()), link)))
    return [(kept, html) for kept, html in found if html]


def _inline(text: str, link: Callable[[str], str]) -> Markup:
    html, end = Markup(), 0
    for code in _CODE.finditer(text):
        html += escape(text[end : code.start()])
        address = link(code[1])
        inner = Markup("<code>{}</code>").format(code[1])
        html += Markup('<a href="#{}">{}</a>').format(address, inner) if address else inner
        end = code.end()
    return html + escape(text[end:])


def recipes(arms: list[str]) -> list[list[tuple[str, bool]]]:
    """Return each arm's parts, and whether the part differs between arms."""
    split = [_parts(arm) for arm in arms]
    if len({len(parts) for parts in split}) > 1:
        return [[(part, False) for part in parts] for parts in split]
    differs = [len(set(column)) > 1 for column in zip(*split, strict=True)]
    return [list(zip(parts, differs, strict=True)) for parts in split]


def _parts(arm: str) -> list[str]:
    """Split at the commas that stand outside of all brackets."""
    parts, depth = [""], 0
    for character in arm:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]
