"""The reasons that claims give: each is itself a claim of the suite, so that it is tested too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from hw4.claims.claim import Claim


def faults(claims: Iterable[Claim], whole: bool) -> dict[str, str]:
    """Return what is wrong with claims' reasons, a sentence by the claim's id.

    Args:
        claims: all that were collected; several may share an id.
        whole: whether they are the whole suite. Else a reason may stand in a file that was not
            collected.
    """
    reasons = defaultdict[str, list[str]](list)
    for claim in claims:
        reasons[claim.id] += claim.because
    found = {}
    for name in reasons:
        unknown = [each for each in reasons[name] if each not in reasons]
        if unknown and whole:
            found[name] = f"because names {unknown[0]!r}: expected the id of a claim of this suite"
        if circle := _circle(name, reasons):
            found[name] = f"because goes round in a circle, {' → '.join(circle)}: expected none"
    return found


def _circle(name: str, reasons: dict[str, list[str]]) -> list[str]:
    """Return a shortest way from a claim over reasons back to it, [] if there is none."""
    ways, seen = [[name]], {name}
    for way in ways:
        for each in reasons.get(way[-1], ()):
            if each == name:
                return [*way, name]
            if each not in seen:
                seen.add(each)
                ways.append([*way, each])
    return []
