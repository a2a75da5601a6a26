"""Prints a row of docs/timing.md's table of cold runs, from the ledger of one.

python docs/record_timing.py LEDGER quiet|busy
"""

import sys
from pathlib import Path

from hw4.ledger import ledger
from hw4.ledger.records import Ledger, Record, Timed


def named(records: list[Record]) -> str:
    """Return claims with their verdicts, "activations/slow-predictions inconclusive, …"."""
    names = (f"{r.id} {r.instance} {r.verdict}".replace("  ", " ") for r in records)
    return ", ".join(names) or "none"


def row(book: Ledger, machine: str) -> str:
    """Return a run as a line of the table."""
    claims = [record for record in book.claims if isinstance(record, Timed)]
    gating = [record for record in claims if record.expect]
    others = [record for record in gating if not record.as_expected]
    errors = [f"{error.id} {error.instance} not measured" for error in book.errors]
    unregistered = [record for record in claims if not record.expect]
    when = book.created[:16].replace("T", " ")
    found = ", ".join([named(others), *errors]) if errors else named(others)
    kept = len(gating) - len(others)
    return f"| {when} | {machine} | {kept} of {len(gating)} | {found} | {named(unregistered)} |"


if __name__ == "__main__":
    print(row(ledger.read(Path(sys.argv[1])), sys.argv[2]))
