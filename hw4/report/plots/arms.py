"""How the arms of a claim differ: their texts share most words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from hw4.ledger.records import Arm, Record
from hw4.report.plots import svg, words
from hw4.report.plots.lines import sample

MOST = 6  # arms in one picture: as many as there are colours that stay apart
_PICTURES = 4  # of one kind and one claim: an article is no catalogue
_WIDTH, _ROW = 340.0, 17.0
_ROOM = _WIDTH - 42  # beside a sample
_REPEATED = re.compile(r"(?<![\w.])(\d+)((?:, \1(?![\w.])){2,})")  # "64, 64, 64"
_NOTHING = "…"  # is shared of a part
_CALL = re.compile(r"([^\s(]+)\((.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Arms:
    """The arms that a picture shows, what each is called there, and what they have in common.

    Attributes:
        shown: at most six.
        labels: what tells each from all others of its claim.
        common: what all arms of the claim share.
        note: which of a claim's arms these are, "" where they are all.
    """

    shown: list[Arm]
    labels: list[str]
    common: str
    note: str


def parted(record: Record) -> list[Arms]:
    """Return a record's arms in parts of equal length, a picture each, in their order."""
    every = record.series.arms
    labels, common = differences([arm.arm for arm in every])
    parts = min(math.ceil(len(every) / MOST), _PICTURES)
    length = min(math.ceil(len(every) / parts), MOST) if parts else MOST
    found = []
    for start in range(0, len(every), length)[:_PICTURES]:
        shown = every[start : start + length]
        note = f"arms {start + 1} to {start + len(shown)} of {len(every)}" if parts > 1 else ""
        found.append(Arms(shown, labels[start : start + length], common, note))
    return found


def differences(texts: Sequence[str]) -> tuple[list[str], str]:
    """Return what tells each text from the others, and what all of them share.

    "MLP(widths=(64, 64)), SGD(0.01), digits" and "MLP(widths=(64, 64)), SGD(0.1), digits" become
    "SGD(0.01)" and "SGD(0.1)", and "MLP(widths=(64, 64)), SGD(…), digits". A single text is all
    shared; texts of unequal numbers of parts are told apart by the whole of them. Widths that are
    repeated are counted, "(64 × 8)".
    """
    short = [_REPEATED.sub(_counted, text) for text in texts]
    split = [divided(text) for text in short]
    if len({len(parts) for parts in split}) != 1:
        return _unique(short), ""
    labels: list[list[str]] = [[] for _ in texts]
    common = []
    for column in zip(*split, strict=True):
        if len(set(column)) == 1:
            common.append(column[0])
            continue
        reduced, skeleton = _reduced(column)
        common += [skeleton] if skeleton != _NOTHING else []
        for label, part in zip(labels, reduced, strict=True):
            label.append(part)
    return _unique([", ".join(label) for label in labels]), ", ".join(common)


def _counted(repeated: re.Match[str]) -> str:
    return f"{repeated[1]} × {1 + repeated[2].count(',')}"


def divided(text: str, within: int = 0) -> list[str]:
    """Return what stands between the commas outside all brackets, or within so many of them."""
    found, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth <= within:
            found.append("")
        else:
            found[-1] += character
    return [part.strip() for part in found]


def _reduced(column: Sequence[str]) -> tuple[list[str], str]:
    """Return calls of one name without the arguments that all of them have, and what they share.

    An argument that only others are given is said to be the default: "MLP(default norm, …)".
    """
    calls = [_CALL.fullmatch(part) for part in column]
    if len({call and call[1] for call in calls}) != 1 or calls[0] is None:
        return list(column), _NOTHING
    name = calls[0][1]
    arguments = [divided(call[2]) for call in calls if call]
    shared = [each for each in arguments[0] if all(each in others for others in arguments)]
    own = [[each for each in own if each not in shared] for own in arguments]
    named = list(
        dict.fromkeys(each.partition("=")[0] for some in own for each in some if "=" in each)
    )
    reduced = []
    for some in own:
        given = {each.partition("=")[0] for each in some}
        left = [f"default {each}" for each in named if each not in given]
        reduced.append(_called(name, [*some, *left], "…" if shared else ""))
    return reduced, _called(name, shared, "…")


def _called(name: str, arguments: list[str], rest: str) -> str:
    inside = [*arguments, *([rest] if rest else [])]
    return f"{name}({', '.join(inside)})"


def _unique(labels: list[str]) -> list[str]:
    """Return the labels, numbered where two of them are the same."""
    if len(set(labels)) == len(labels):
        return labels
    return [f"arm {n}: {label}" if label else f"arm {n}" for n, label in enumerate(labels, start=1)]


def key(record: Record, arms: Arms, styles: Sequence[tuple[str, str]], kind: str) -> str:
    """Return the key of a record's pictures: line styles by class, then colours and markers."""
    rows, y = [], 13.0
    for style, meaning in styles:
        rows.append(sample(0, 4, y - 4, style))
        y = _written(rows, words.wrapped(meaning, _ROOM, lines=2), 40, y)
    rows = [svg.same("".join(rows))]
    if len(arms.shown) > 1 or arms.note:
        y += 5
        for n, label in enumerate(arms.labels, start=1):
            rows.append(svg.element("g", sample(n, 4, y - 4, "line"), class_=f"s{n}"))
            y = _written(rows, words.wrapped(label, _ROOM, lines=4), 40, y)
    notes = words.wrapped(arms.common, _WIDTH - 4, lines=4) + [arms.note] * bool(arms.note)
    y = _written(rows, notes, 4, y + 5, "quiet")
    title = f"Key to the {kind} of {words.named(record)}"
    title += f", {arms.note}" if arms.note else ""
    listed = "; ".join(words.shortened(label) for label in arms.labels if label)
    description = (f"Arms: {listed}. " if listed else "") + (
        f"In common: {words.shortened(arms.common)}." if arms.common else ""
    )
    return svg.picture(_WIDTH, y - _ROW + 14, title, description, rows, legend=True)


def _written(rows: list[str], lines: Sequence[str], x: float, y: float, style: str = "") -> float:
    """Add lines of text to rows, and return how far down the next row is."""
    for line in lines:
        rows.append(svg.text(x, y, line, style))
        y += _ROW
    return y
