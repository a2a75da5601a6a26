"""Words in pictures: texts cut to the room that they have."""

from __future__ import annotations

import unicodedata

from hw4.ledger.records import Entry
from hw4.report.plots.svg import isolated
from hw4.report.text.summary import full_name

SIZE = 12.0  # pixels of the pictures' text
_NARROW = frozenset("fijlrtI.,:;'|!()[]{} -/·")  # shares of the size as in DejaVu Sans and Verdana,
_WIDE = frozenset("mwMW@%—→=<>+~×…−")  # the widest of the fonts that a reader may have
_LONGEST = 400  # characters of a user's text that a description repeats


def width_of(text: str, size: float = SIZE) -> float:
    """Return about how many pixels a text takes; rather more, as fonts differ."""
    return size * sum(map(_share, text))


def _share(character: str) -> float:
    if character in _NARROW:
        return 0.4
    if character in _WIDE or character.isupper():
        return 0.95 if character in _WIDE else 0.74
    if character.isascii():
        return 0.63
    return 1.05 if unicodedata.east_asian_width(character) in "WF" else 0.66


def fitted(text: str, room: float, size: float = SIZE) -> str:
    """Return a user's text on one line, cut with "…" where it is wider than the room."""
    return isolated(cut(text, room, size))


def cut(text: str, room: float, size: float = SIZE) -> str:
    """Return the same without regard to its direction, to be put together with more."""
    flat = " ".join(text[: 2 * int(room)].split())  # no character takes less than half a pixel
    if len(flat) * 1.05 * size <= room or width_of(flat, size) <= room:
        return flat
    used, kept = width_of("…", size), 0
    for character in flat:
        used += size * _share(character)
        if used > room:
            break
        kept += 1
    return flat[:kept].rstrip() + "…"


def shortened(text: str) -> str:
    """Return a user's text for a description: on one line, and shortened."""
    flat = " ".join(text[: 2 * _LONGEST].split())
    return isolated(flat if len(flat) <= _LONGEST else flat[:_LONGEST] + "…")


def named(record: Entry) -> str:
    """Return a claim's name as people read it: "batch-norm/worse-here [phantom]"."""
    return shortened(full_name(record.id, record.instance))


def wrapped(text: str, room: float, lines: int) -> list[str]:
    """Return a user's text on at most so many lines, broken between words, the last one cut."""
    rest = " ".join(text[: 2 * int(room) * lines].split())
    found: list[str] = []
    while rest and len(found) < lines - 1 and width_of(rest) > room:
        kept, used = 0, 0.0
        for n, character in enumerate(rest):
            used += SIZE * _share(character)
            if used > room:
                break
            if character == " ":
                kept = n
        if not kept:
            break
        found.append(isolated(rest[:kept]))
        rest = rest[kept + 1 :]
    return [*found, fitted(rest, room)] if rest else found
