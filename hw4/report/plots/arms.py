"""How the arms of a claim differ: their texts share most words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hw4.ledger import Record
from hw4.report.plots import svg, words
from hw4.report.plots.anchor import anchor
from hw4.report.plots.lines import sample

MOST = 6  # arms in one picture: as many as there are colours that stay apart
_WIDTH, _ROW = 340.0, 17.0
_CALL = re.compile(r"([^\s(]+)\((.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Arms:
    """The arms that a picture shows, what each is called there, and what they have in common."""

    shown: list[Record]
    labels: list[str]
    common: str
    left_out: int


def chosen(record: Record) -> Arms:
    """Return a record's arms: the first and the last of them where they are too many."""
    every = record["series"]["arms"]
    labels, common = differences([str(arm["arm"]) for arm in every])
    half = MOST // 2
    keep = range(len(every))
    kept = [*keep[:half], *keep[-half:]] if len(every) > MOST else list(keep)
    shown, called = [every[n] for n in kept], [labels[n] for n in kept]
    return Arms(shown, called, common, len(every) - len(kept))


def differences(texts: Sequence[str]) -> tuple[list[str], str]:
    """Return what tells each text from the others, and what all of them share.

    "MLP(widths=(64, 64)), SGD(0.01), digits" and "MLP(widths=(64, 64)), SGD(0.1), digits" become
    "SGD(0.01)" and "SGD(0.1)", and "MLP(widths=(64, 64)), SGD(…), digits". A single text is all
    shared; texts of unequal numbers of parts are told apart by the whole of them.
    """
    split = [_parts(text) for text in texts]
    if len({len(parts) for parts in split}) != 1:
        return _unique(list(texts)), ""
    labels: list[list[str]] = [[] for _ in texts]
    common = []
    for column in zip(*split, strict=True):
        if len(set(column)) == 1:
            common.append(column[0])
            continue
        reduced, skeleton = _reduced(column)
        common.append(skeleton)
        for label, part in zip(labels, reduced, strict=True):
            label.append(part)
    return _unique([", ".join(label) for label in labels]), ", ".join(common)


def _parts(text: str) -> list[str]:
    """Return what stands between the commas outside all brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _reduced(column: Sequence[str]) -> tuple[list[str], str]:
    """Return calls of one name without the arguments that all of them have, and what they share."""
    calls = [_CALL.fullmatch(part) for part in column]
    if len({call and call[1] for call in calls}) != 1 or calls[0] is None:
        return list(column), "…"
    name = calls[0][1]
    arguments = [_parts(call[2]) for call in calls if call]
    shared = [each for each in arguments[0] if all(each in others for others in arguments)]
    reduced = []
    for each in arguments:
        own = [argument for argument in each if argument not in shared]
        reduced.append(_called(name, own, "…" if shared else ""))
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
        rows.append(sample(0, 4, y - 4, style) + svg.text(40, y, meaning))
        y += _ROW
    if len(arms.shown) > 1:
        y += 5
        for n, label in enumerate(arms.labels, start=1):
            colour = svg.element("g", sample(n, 4, y - 4, "line"), class_=f"s{n}")
            rows.append(colour + svg.text(40, y, words.fitted(label, _WIDTH - 42)))
            y += _ROW
    notes = words.wrapped(arms.common, _WIDTH - 4, lines=4)
    if arms.left_out:
        notes.append(f"{words.count(arms.left_out, 'arm')} between these left out")
    y += 5
    for note in notes:
        rows.append(svg.text(4, y, note, "quiet"))
        y += _ROW - 1
    title = f"Key to the {kind} of {words.named(record)}"
    listed = "; ".join(words.shortened(label) for label in arms.labels if label)
    description = (f"Arms: {listed}. " if listed else "") + (
        f"In common: {words.shortened(arms.common)}." if arms.common else ""
    )
    return svg.picture(
        f"key {kind} {anchor(record)}", _WIDTH, y - _ROW + 14, title, description, rows
    )
