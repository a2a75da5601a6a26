"""Claims that are not decided yet, as text: id, kind, statement and source."""

from __future__ import annotations

from collections.abc import Iterable

from hw4.claims.claim import Claim
from hw4.report.text.terminal import WIDTH, visible, wrapped

_KIND = 10  # columns: "equivalent"
_ROOM = 40  # columns that a statement takes beside its id; in fewer it stands below


def listed(claims: Iterable[Claim], width: int = WIDTH) -> str:
    """Return claims, each one once, in lines of at most `width` columns."""
    rows = {(visible(claim.id), claim.kind, claim.statement): claim.source for claim in claims}
    longest = max((len(name) for name, _, _ in rows), default=0)
    beside = longest + _KIND + 4 + _ROOM <= width
    lines = []
    for (name, kind, statement), source in sorted(rows.items()):
        start = f"{name:{longest}}  {kind:{_KIND}}  " if beside else "    "
        lines += [] if beside else wrapped(f"{name}  {kind}", width)
        lines += wrapped(statement, width, start)
        lines += wrapped(source, width, " " * len(start)) if source else []
    return "\n".join(lines)
