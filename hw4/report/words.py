"""Words that the reports share: a record's name, its effect, and user's text made safe to show."""

from __future__ import annotations

from hw4.ledger import Record

_JOINERS = "\u200c\u200d"  # invisible, but words in Persian and many emoji are spelt with them


def visible(text: str) -> str:
    """Return text on one line, with an escape for each control and direction mark in it."""
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(map(_shown, line))


def _shown(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return character.encode("unicode_escape").decode()


def shortened(text: str, most: int = 400) -> str:
    """Return text of at most so many characters, an ellipsis in place of what is too much."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def name_of(record: Record) -> str:
    """Return what tells a record from others: "area/name [instance]"."""
    name = f"{record['id']} [{record['instance']}]" if record["instance"] else record["id"]
    return visible(name)


def effect_of(record: Record) -> str:
    """Return the median effect with its interval and unit, empty where there is none."""
    effect = record["effect"]
    if effect is None:
        return ""
    median, low, high = (_number(record, effect[part]) for part in ("median", "low", "high"))
    unit = visible(record["unit"]) if record["kind"] in ("win", "equivalent") else ""
    return f"{median} ({low} to {high}) {unit}".rstrip()


def _number(record: Record, value: float | str) -> str:
    """Return a share in percent, a ratio with ×, a difference with its sign."""
    if record["kind"] == "rate":
        return f"{100 * float(value):.0f} %"
    return f"×{float(value):.3g}" if record["kind"] == "timing" else f"{float(value):+.3g}"
