"""Numbers as people read them: few digits, one minus sign, "∞" for what diverged."""

from __future__ import annotations

import math
import re


def figure(value: float | str, digits: int = 3) -> str:
    """Return a number, or the text that a ledger has for one: "0.0322", "−1.2e6", "∞"."""
    plain = f"{float(value):.{digits}g}".replace("inf", "∞").replace("e+0", "e").replace("e+", "e")
    return plain.replace("e-0", "e-").replace("-", "−")


def signed(value: float | str, digits: int = 3) -> str:
    """Return a difference with its sign: "+0.0322", "−0.5", "0"; NaN as "both diverged"."""
    number = float(value)
    if math.isnan(number):
        return "both diverged"
    text = figure(number + 0.0, digits)  # of -0.0 no sign is left
    return f"+{text}" if number > 0 else text


def padded(text: str) -> str:
    """Return a number's text with three digits also where the last are noughts: "+0.250", "×1.00".

    For numbers below one another: those of unequal lengths read as if some were less exact.
    """
    found = re.fullmatch(r"(\D*)(\d+(?:\.\d+)?)", text)
    if not found or not float(found[2]):
        return text
    lacking = 3 - len(found[2].replace(".", "").lstrip("0"))
    return text + ("." if "." not in text and lacking > 0 else "") + "0" * lacking


def percent(fraction: float | str, digits: int = 3) -> str:
    """Return a fraction in hundredths, "95 %"; only all is "100 %": less is at most "99.99 %"."""
    part = float(fraction)
    if part < 1 <= float(f"{part:.{digits}g}"):
        return f"{min(100 - float(f'{100 * (1 - part):.1g}'), 99.99):g} %"
    return f"{figure(100 * part, digits)} %"


def share(fraction: float | str) -> str:
    """Return a share of seeds in whole hundredths: there are too few seeds for more digits.

    Only none of them is "0 %", and only all are "100 %": one of 400 is "0.2 %".
    """
    part = float(fraction)
    whole = round(part, 2)
    return percent(part, 1) if whole != part and whole in (0, 1) else percent(whole)
