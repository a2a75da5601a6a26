"""What the sources of claims quote, and where a text says it, word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator

_QUOTED = re.compile(r"(?<!\w)'(.+?)'(?!\w)")  # one between two letters, as in "let's", is none


def plain(text: str) -> str:
    """Return text on one line: where a line breaks says nothing."""
    return " ".join(text.split())


def quotes(source: str) -> list[str]:
    """Return the parts of a claim's source in single quotes."""
    return _QUOTED.findall(plain(source))


def places(quote: str, text: str) -> Iterator[tuple[int, int]]:
    """Return where a text on one line has a quote, each place as its start and end."""
    start = text.find(quote)
    while start >= 0:
        yield start, start + len(quote)
        start = text.find(quote, start + 1)


def missing(source: str, document: str) -> list[str]:
    """Return the quotes that a document does not have; the source itself if it quotes nothing."""
    found, text = quotes(source), plain(document)
    return [quote for quote in found if quote not in text] if found else [source]
