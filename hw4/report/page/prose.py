"""Text that people wrote, as HTML: an explanation with its paragraphs, a recipe with its parts."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup, escape

from hw4.report.plots.arms import divided
from hw4.report.reading import docstrings


def paragraphs(text: str, link: Callable[[str], str]) -> list[tuple[bool, Markup]]:
    """Return a docstring's paragraphs, each with whether its line breaks matter, and its HTML.

    Args:
        text: see `hw4.report.reading.docstrings`.
        link: the address of a claim's article from its id, "" where there is no such claim.
    """

    def inline(line: str) -> Markup:
        return Markup().join(_piece(*piece, link) for piece in docstrings.pieces(line))

    found = docstrings.paragraphs(text)
    return [(len(lines) > 1, Markup("\n").join(map(inline, lines))) for lines in found]


def _piece(kind: docstrings.Kind, text: str, link: Callable[[str], str]) -> Markup:
    if kind == "text":
        return escape(text)
    if kind == "stressed":
        return Markup("<em>{}</em>").format(text)
    code, address = Markup("<code>{}</code>").format(text), link(text)
    return Markup('<a href="#{}">{}</a>').format(address, code) if address else code


def recipes(arms: list[str]) -> list[list[tuple[str, bool]]]:
    """Return the parts of each arm's recipe, and for each part whether some arm lacks it."""
    split = [divided(arm, within=1) for arm in arms]  # a tuple among the arguments stays whole
    alike = set.intersection(*({_bare(part) for part in each} for each in split))
    return [[(part, _bare(part) not in alike) for part in each] for each in split]


def _bare(part: str) -> str:
    """Return an argument without the closing brackets after it, if it is the last one."""
    return part.rstrip(")")
