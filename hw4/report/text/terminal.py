"""What a terminal can show: its width, its characters, and text that cannot control it."""

from __future__ import annotations

import codecs
import contextlib
import io
import itertools
import os
import shutil
import unicodedata
from typing import TextIO

WIDTH, HEIGHT = 80, 24  # columns and rows, where nothing says how many there are
LEAST = 20  # columns; in fewer, words are cut whatever one does
FALLBACK = "hw4-plain"  # an error handler, as "replace" is one
_JOINERS = "\u200c\u200d"  # invisible, but part of words and of pictures
_PLAIN = str.maketrans(
    # One character for one, so that columns stay columns.
    dict(zip("✓✗·∙•●○┊┃│─━…“”‘’−–—×µ", "+x.:+*o'||-=~\"\"''---xu", strict=True))
    | dict(zip("▁▂▃▄▅▆▇█", "12345678", strict=True))
    | {"∞": "inf", "→": "->", "≤": "<=", "≥": ">="}
)


def columns() -> int:
    """Return the columns of standard output: 80 if it is piped and `COLUMNS` is not set."""
    return max(LEAST, shutil.get_terminal_size((WIDTH, HEIGHT)).columns)


def visible(text: str) -> str:
    r"""Return text on one line that hides nothing: a control character reads as \x1b, say.

    So text of a claim cannot move the cursor, recolour or reverse what is written around it.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in _JOINERS else " " if char.isspace() else escaped(char)
        for char in text
    )


def escaped(text: str) -> str:
    r"""Return text with every character as Python would write it in ASCII, as \u202e."""
    return text.encode("unicode-escape").decode("ascii")


def shortened(text: str, most: int) -> str:
    """Return text, its end replaced by an ellipsis if it has more than so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def squeezed(text: str, most: int) -> str:
    """Return text, its middle replaced by an ellipsis if it needs more than so many columns."""
    from rich.cells import cell_len

    def fitting(part: str, room: int) -> int:
        columns = itertools.accumulate(map(cell_len, part[:most]))
        return sum(each <= room for each in columns)

    if cell_len(text) <= most:
        return text
    end = text[len(text) - fitting(text[::-1], (most - 1) // 2) :]
    return f"{text[: fitting(text, most - 1 - cell_len(end))]}…{end}"


def wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Return visible text as lines of at most `width` columns, wide characters counted as two.

    Args:
        text: of one paragraph.
        width: columns, indentation included.
        first: what the first line begins with.
        rest: what the others do, by default as many blanks.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    whole = first + visible(text)
    if cell_len(whole) <= width:
        return [whole.rstrip()]
    rest = " " * cell_len(first) if rest is None else rest
    room = max(1, width - max(cell_len(first), cell_len(rest)))
    lines = Text(visible(text)).wrap(Console(file=io.StringIO()), room)
    return [f"{rest if index else first}{line.plain.rstrip()}" for index, line in enumerate(lines)]


def adapt(*streams: TextIO) -> None:
    """Make streams replace characters that their encoding lacks by ones that it has."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError):  # closed by whoever started us
                stream.reconfigure(errors=FALLBACK)


def printed(text: str, stream: TextIO) -> list[str]:
    """Print text, which costs nothing else if it cannot be: return a sentence then.

    A reader who has gone, as `head`, wants no more of it, and there is nothing to tell.
    """
    try:
        print(text, end="", file=stream, flush=True)
    except OSError as error:
        drop_output(stream)
        if not isinstance(error, BrokenPipeError):
            return [f"standard output cannot be used: {error.strerror}"]
    return []


def drawn(*renderables: object, width: int, colour: bool) -> list[str]:
    """Return the lines that rich draws, in at most `width` columns, without trailing spaces."""
    from rich.console import Console

    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    for each in renderables:
        console.print(each)
    return [line.rstrip() for line in buffer.getvalue().splitlines()]


def drop_output(stream: TextIO) -> None:
    """Send what is still to be printed nowhere, so that the stream's end does not fail too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _instead(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(char: str) -> str:
    """Return a character in ASCII: its likeness, its letter without marks, or its number."""
    likeness = char.translate(_PLAIN)
    if not likeness.isascii():
        parts = unicodedata.normalize("NFKD", char)
        likeness = "".join(part for part in parts if not unicodedata.combining(part))
    return likeness if likeness.isascii() and likeness else escaped(char)


codecs.register_error(FALLBACK, _instead)
