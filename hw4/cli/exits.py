"""Exit codes, the errors that lead to them, and the end of an output that nobody reads."""

from __future__ import annotations

import os
from typing import TextIO

OK, UNEXPECTED, USAGE, UNMEASURED = 0, 1, 2, 3


class UsageError(Exception):
    """Wrong usage or input, in one sentence."""


class UnmeasuredError(Exception):
    """A run that broke down, in one sentence."""


def drop_output(stream: TextIO) -> None:
    """Send what is still to be printed nowhere, so that the stream's end does not fail too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
