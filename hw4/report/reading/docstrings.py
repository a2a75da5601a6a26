"""Docstrings in parts: paragraphs, and in them code and stressed words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["text", "code", "stressed"]

_MARKED = re.compile(
    r"``?(?P<code>[^`\n]+)``?"
    r"|(?<![\w*])\*(?P<stressed>\w(?:[^*\n]*\w)?)\*(?![\w*])"  # 2 * 3 * 4 is a product
)
_LAID_OUT = re.compile(r"^(\s|[-*|>] )", re.MULTILINE)  # lines whose breaks mean something


def paragraphs(text: str) -> list[list[str]]:
    """Return paragraphs, divided by empty lines: one line each, or more if their breaks matter."""
    blocks = [block.rstrip() for block in re.split(r"\n\s*\n", text.strip())]
    return [
        block.splitlines() if _LAID_OUT.search(block) else [" ".join(block.split())]
        for block in blocks
        if block
    ]


def pieces(line: str) -> Iterator[tuple[Kind, str]]:
    """Return a line's pieces and their kinds: backticks mark code, asterisks mark stress."""
    end = 0
    for marked in _MARKED.finditer(line):
        if before := line[end : marked.start()]:
            yield "text", before
        yield ("code", marked["code"]) if marked["code"] else ("stressed", marked["stressed"])
        end = marked.end()
    if rest := line[end:]:
        yield "text", rest
