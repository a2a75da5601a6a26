"""Text that people wrote, as HTML: an explanation with its paragraphs, a recipe with its parts."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup, escape

_MARKED = re.compile(
    r"``?(?P<code>[^`\n]+)``?"
    r"|(?<![\w*])\*(?P<stressed>\w(?:[^*\n]*\w)?)\*(?![\w*])"  # 2 * 3 * 4 is a product
)
_LAID_OUT = re.compile(r"^(\s|[-*|>] )", re.MULTILINE)  # lines whose breaks mean something


def paragraphs(text: str, link: Callable[[str], str]) -> list[tuple[bool, Markup]]:
    """Return a docstring's paragraphs: whether its line breaks are to be kept, and its HTML.

    Args:
        text: paragraphs with empty lines between; backticks hold code, and asterisks stress.
        link: the address of a claim's article from its id, "" where there is no such claim.
    """
    found = []
    for block in re.split(r"\n\s*\n", text.strip()):
        kept = bool(_LAID_OUT.search(block))
        found.append((kept, _inline(block if kept else " ".join(block.split()), link)))
    return [(kept, html) for kept, html in found if html]


def _inline(text: str, link: Callable[[str], str]) -> Markup:
    html, end = Markup(), 0
    for marked in _MARKED.finditer(text):
        html += escape(text[end : marked.start()])
        html += _stressed(marked["stressed"]) if marked["stressed"] else _code(marked["code"], link)
        end = marked.end()
    return html + escape(text[end:])


def _stressed(text: str) -> Markup:
    return Markup("<em>{}</em>").format(text)


def _code(text: str, link: Callable[[str], str]) -> Markup:
    code, address = Markup("<code>{}</code>").format(text), link(text)
    return Markup('<a href="#{}">{}</a>').format(address, code) if address else code


def recipes(arms: list[str]) -> list[list[tuple[str, bool]]]:
    """Return the parts of each arm's recipe, and of each whether not every arm has it."""
    split = [_parts(arm) for arm in arms]
    alike = set.intersection(*({_bare(part) for part in parts} for parts in split))
    return [[(part, _bare(part) not in alike) for part in parts] for parts in split]


def _parts(arm: str) -> list[str]:
    """Split at commas, but not at those of a tuple among the arguments."""
    parts, depth = [""], 0
    for character in arm:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth <= 1:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _bare(part: str) -> str:
    """Return an argument without the brackets that close behind it where it is the last one."""
    return part.rstrip(")")
