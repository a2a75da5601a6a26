"""Exit codes, the errors that lead to them, and how they are told."""

from __future__ import annotations

import sys

from hw4.processes.signals import ENDING
from hw4.report.text import terminal

OK, UNEXPECTED, USAGE, UNMEASURED = 0, 1, 2, 3


class UsageError(Exception):
    """Wrong usage or input, in one sentence."""


class UnmeasuredError(Exception):
    """A run that broke down, in one sentence."""


def complain(sentence: str) -> None:
    """Write a sentence to standard error, if that can be written, and nothing has ended the run."""
    if not ENDING.number:
        try:
            print(f"hw4: {terminal.visible(sentence)}", file=sys.stderr, flush=True)
        except OSError:
            terminal.drop_output(sys.stderr)
