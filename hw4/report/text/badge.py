"""A ledger as a badge: JSON of the shields.io endpoint, https://shields.io/badges/endpoint-badge."""

from __future__ import annotations

import json

from hw4.ledger.records import Ledger
from hw4.report.reading.difference import Difference
from hw4.report.text.summary import counted


def render(ledger: Ledger, found: Difference | None = None) -> str:
    """Return the badge as JSON: what is wrong, or if nothing is, the count of verdicts.

    Red: a verdict is not as registered. Orange: a claim could not be measured, or against the
    baseline a verdict changed or is gone. Grey: no claims.
    """
    unexpected = sum(not record.as_expected for record in ledger.claims)
    errors = len(ledger.errors)
    wrong = [f"{unexpected} unexpected"] * (unexpected > 0)
    wrong += [f"{errors} not measured"] * (errors > 0)
    if found and found.grave:
        counts = (len(found.changed), "changed"), (len(found.gone), "gone")
        wrong += [f"{number} {word}" for number, word in counts if number]
    colour = "red" if unexpected else "orange" if wrong else "brightgreen"
    badge = {
        "schemaVersion": 1,
        "label": "claims",
        "message": " · ".join(wrong or counted(ledger.claims, 0)) or "none",
        "color": colour if ledger.claims or wrong else "lightgrey",
    }
    return json.dumps(badge, ensure_ascii=False) + "\n"
