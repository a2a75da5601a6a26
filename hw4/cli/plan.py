"""The command `hw4 plan`: what a run may cost and what it can detect, before anything runs."""

from __future__ import annotations

import argparse

from hw4.cli import report as reporting
from hw4.cli.exits import OK
from hw4.cli.progress import Watcher
from hw4.cli.run import collect, sizes
from hw4.ledger import ledger
from hw4.report.text import plan as text
from hw4.report.text.terminal import columns


def plan(options: argparse.Namespace) -> int:
    """Print what each claim may cost and what each test can detect, without deciding any.

    Raises:
        UsageError: pytest could not collect, or there is no claim.
        FileError: the ledger cannot be read.
    """
    path = options.ledger or reporting.last_ledger()
    known = options.ledger or path.exists()
    before = ledger.read(path).records if known else []
    watcher = Watcher()
    collect(options, watcher, sizes(options))
    rows = text.planned(watcher.instances, before)
    print(text.text(rows, str(path) if known else "", columns()))
    return OK
