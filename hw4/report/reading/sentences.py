"""The sentences of a paragraph, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CLOSING = r"[\"'”’»)\]*_`]*"
_CITED = r"(?:\s?\[\d[\d, –-]*\])*"  # a reference after the full stop belongs to the sentence
_END = re.compile(rf"(?:[.!?…]+{_CLOSING}{_CITED}{_CLOSING})\s+(?!\[\d)")
_SHORT = re.compile(
    r"(?:^|[\s(\[])(?:e\.g|i\.e|cf|vs|al|ca|approx|resp|[Ff]igs?|[Ee]qs?|[Ss]ec|[Cc]h|No"
    r"|Dr|Prof|Mr|Ms|Mrs|St|[A-Z])\.$"
)
_LAST = re.compile(rf"[.!?…]{_CLOSING}{_CITED}{_CLOSING}$")
_ADDRESS = re.compile(r"\[?<?https?://\S+")
_FEWEST = 3  # words of what is a sentence without a full stop


def divided(text: str) -> Iterator[tuple[int, int]]:
    """Return where the sentences of a text on one line start and end."""
    start = 0
    for end in _END.finditer(text):
        before, after = text[start : end.end()].rstrip(), text[end.end() :]
        if after[:1].islower() or _SHORT.search(before):
            continue
        yield start, start + len(before)
        start = end.end()
    if text[start:].strip():
        yield start, len(text.rstrip())


def is_sentence(text: str) -> bool:
    """Return whether a piece of a paragraph says something: a label or an address does not."""
    bare = _ADDRESS.sub("", text).strip()
    if bare.rstrip("*_` ").endswith(":"):
        return False
    return (bool(_LAST.search(bare)) and len(bare) > 1) or len(bare.split()) >= _FEWEST
