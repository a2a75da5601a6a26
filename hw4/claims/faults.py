"""An exception in one sentence that names the user's own line."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from pathlib import Path

_HOUSE = Path(__file__).parents[1]
_INSTALLED = ("site-packages", "dist-packages")
_LIBRARY = Path(re.__file__).parents[1]  # Python's own
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r'^ *File "(?P<file>.+)", line (?P<line>\d+), in .*$', re.MULTILINE)
# The text that Keras adds to what a layer raised, and TensorFlow to what it traced.
_CALLING = re.compile(
    r"Exception encountered when calling (?P<layer>.+?)\.\n+(?P<said>.+?)"
    r"(?:\n+Arguments received.*)?",
    re.DOTALL,
)
_TRACED = "in user code:"
_NAMED = re.compile(r"[\w.]*?(?P<named>\w*(?:Error|Exception|Warning|Interrupt): .*)", re.DOTALL)


def told(error: BaseException) -> str:
    """Return an exception as "ValueError: no such layer (test_it.py, line 12)".

    The line is the innermost one outside all libraries. The text that Keras and TensorFlow add to
    an exception from within a layer is left out.
    """
    said, place = _COLOURS.sub("", str(error)).strip(), _own_line(error)
    kind = type(error).__name__
    while True:
        if calling := _CALLING.fullmatch(said):
            said, kind = calling["said"], f"{kind} in {calling['layer']}"
        elif said.startswith(_TRACED):
            *_, last = _FRAME.finditer(said)
            frames = [(Path(each["file"]), int(each["line"])) for each in _FRAME.finditer(said)]
            place = next((each for each in reversed(frames) if _is_own(each[0])), place)
            said = said[last.end() :].partition("\n\n")[2].strip()
            if named := _NAMED.fullmatch(said):
                inner, _, said = named["named"].partition(": ")
                kind = kind.replace(type(error).__name__, inner)
        else:
            break
    line = next((line.strip() for line in said.splitlines() if line.strip()), "")
    where = f" ({place[0].name}, line {place[1]})" if place else ""
    return f"{kind}: {line}{where}" if line else f"{kind}{where}"


def _own_line(error: BaseException) -> tuple[Path, int] | None:
    """Return file and line of the innermost frame in the user's own code, if there is one."""
    frames = [(Path(frame.filename), frame.lineno or 0) for frame in _frames(error)]
    return next((each for each in reversed(frames) if _is_own(each[0])), None)


def _frames(error: BaseException) -> Iterator[traceback.FrameSummary]:
    yield from traceback.StackSummary.extract(
        traceback.walk_tb(error.__traceback__), lookup_lines=False
    )


def _is_own(path: Path) -> bool:
    if _HOUSE in path.parents:  # its guest's claims are there too
        return path.name.startswith("test_")
    library = _LIBRARY in path.parents or any(name in path.parts for name in _INSTALLED)
    return path.suffix == ".py" and not library and "__autograph_generated" not in path.name
