"""The live display of `hw4 run` as pure functions: what is known of a run, into lines of text."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hw4.ledger.records import Entry, Record
from hw4.plural import numbered
from hw4.report.text import summary
from hw4.report.text.terminal import shortened, squeezed, visible

if TYPE_CHECKING:
    from rich.text import Text


COLLECTING = "collecting claims"
DECIDING, TIMING = "deciding", "timing, alone on the machine"
Range = tuple[float, float]
"""Seconds, at least and at most."""

_ENOUGH = 8  # claims that trained; fewer say little of the others
_ERRORS = 1.5  # standard errors to either side
_VAGUE = math.log(2) / _ERRORS  # of a larger error the range is one to four: not worth saying
_BAR = 16  # columns
_VERDICT = 14  # columns of the longest one, "inconclusive", and a gap
_LONGEST = 100  # columns of a line, so that it survives a window that is made smaller


@dataclass(frozen=True)
class View:
    """What is known of a run at one moment.

    Attributes:
        phase: what it is at: `COLLECTING`, "starting 2 workers", `DECIDING` or `TIMING`.
        done: claims that are.
        total: claims there are, 0 until that is known.
        elapsed: seconds since the run began.
        left: seconds that the phase will take, where that can be said.
        counts: of verdicts, as "3 supported".
        unexpected: how many are not as registered.
        running: seeds so far by the name of the claim.
    """

    phase: str = COLLECTING
    done: int = 0
    total: int = 0
    elapsed: float = 0.0
    left: Range | None = None
    counts: Sequence[str] = ()
    unexpected: int = 0
    running: Mapping[str, int] = field(default_factory=dict)


def time_left(
    elapsed: float, costs: Sequence[float], trained: int, remaining: int, running: int = 0
) -> Range | None:
    """Return between which seconds a run will probably end, or None where nobody can know.

    Claims differ in cost by a hundred times, so that the time left is that of a sample: what the
    rest would take if it were like what is done, times and over a factor for the sampling error of
    the mean cost, √(1/done + 1/remaining) times the costs' coefficient of variation. On cold runs
    of some two hundred claims, in any order, the truth was in the range 19 times in 20, in minutes.

    Args:
        elapsed: seconds since the first claim began.
        costs: (done,) seconds that each claim took, those from the store among them.
        trained: how many of them trained.
        remaining: claims to come, those being decided among them.
        running: claims being decided.
    """
    last = remaining <= running  # and nobody knows how far those are
    if trained < _ENOUGH or not any(costs) or last:
        return None
    done = len(costs)
    error = statistics.stdev(costs) / statistics.mean(costs) * math.sqrt(1 / done + 1 / remaining)
    if error > _VAGUE:
        return None
    likely, factor = elapsed * remaining / done, math.exp(_ERRORS * error)
    return likely / factor, likely * factor


def in_words(left: Range) -> str:
    """Return a range of seconds in whole minutes, or hours: "2 to 5 min left"."""
    minutes = left[1] < 5400
    size, unit = (60, "min") if minutes else (3600, "h")
    least, most = math.floor(left[0] / size), math.ceil(left[1] / size)
    if not least:
        return f"less than {most} {unit} left"
    return f"{least} to {most} {unit} left" if least < most else f"{most} {unit} left"


def clock(seconds: float) -> str:
    """Return a time as 1:05, or 1:01:05."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def sentence(view: View) -> str:
    """Return the state of a run in one line, for where nothing can be redrawn."""
    done = f": {_progress(view)}" if view.total else ""
    left = f"; {in_words(view.left)}" if view.left else ""
    return f"{view.phase}{done} after {clock(view.elapsed)}{left}"


def verdict(record: Entry, width: int) -> Text:
    """Return a verdict as one line, shorter than the terminal is wide.

    A long name is cut in the middle, since its area and its instance tell it apart. The evidence
    is cut at the end, and left out where the terminal is narrow.
    """
    from rich.cells import cell_len
    from rich.text import Text

    narrow = width < summary.NARROW
    line, word = Text.assemble(summary.mark(record), " "), summary.verdict(record)
    word.pad_right(1 if narrow else _VERDICT - len(word))
    line.append_text(word)
    room = _room(width) - line.cell_len
    found = "" if narrow else f"  {summary.evidence(record)}"
    name = squeezed(summary.name(record), max(room // 2, room - cell_len(found)))
    expected = isinstance(record, Record) and record.as_expected
    line.append(name, style="" if expected else "bold red").append(found, style="dim")
    line.truncate(_room(width), overflow="ellipsis")
    return line


def frame(view: View, width: int, height: int) -> list[Text]:
    """Return the lines to draw, each shorter than the terminal is wide, and fewer than it is high.

    First what is done of all, then the verdicts so far, then the claims being decided.
    """
    from rich.text import Text

    left = [Text(in_words(view.left))] if view.left else []
    done = [_bar(view), Text(_progress(view))] if view.total else []
    pieces = [Text(view.phase, style="bold"), *done, Text(clock(view.elapsed)), *left]
    lines = _flowed(pieces, width)
    unexpected = [Text(f"✗ {view.unexpected} not as registered", style="bold red")]
    lines += _flowed([*map(Text, view.counts), *unexpected[: view.unexpected]], width)
    room = max(0, height - len(lines) - 2)  # the cursor waits below
    lines += [Text(line, style="dim") for line in _running(view.running, room)]
    for line in lines:
        line.truncate(_room(width), overflow="ellipsis")
    return lines[: max(1, height - 1)]


def _room(width: int) -> int:
    return max(1, min(width - 1, _LONGEST))


def _progress(view: View) -> str:
    return f"{view.done} of {numbered(view.total, 'claim')}"


def _bar(view: View) -> Text:
    from rich.text import Text

    filled = _BAR * min(view.done, view.total) // max(view.total, 1)
    return Text.assemble(("━" * filled, "green"), ("─" * (_BAR - filled), "dim"))


def _flowed(pieces: Sequence[Text], width: int) -> list[Text]:
    """Return pieces beside each other on as few lines as they need."""
    from rich.text import Text

    lines: list[Text] = []
    for piece in pieces:
        if lines and lines[-1].cell_len + 3 + piece.cell_len < width:
            lines[-1].append("   ").append(piece)
        else:
            lines.append(Text().append(piece))
    return lines


def _running(running: Mapping[str, int], room: int) -> list[str]:
    lines = [
        f"{numbered(seeds, 'seed'):>10}  {shortened(visible(name), _LONGEST)}"
        for name, seeds in running.items()
    ]
    if len(lines) <= room:
        return lines
    return [*lines[: max(0, room - 1)], f"  and {len(lines) - max(0, room - 1)} more"][:room]
