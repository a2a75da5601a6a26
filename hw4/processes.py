"""How a process ended, said to people."""

from __future__ import annotations

import signal


def how_it_ended(code: int) -> str:
    """Return a phrase for the exit code of a process that should not have ended yet."""
    if code < 0:
        names = {each.value: each.name for each in signal.Signals}  # not all signals have one
        return f"was killed by {names.get(-code, f'signal {-code}')}"
    return f"ended early, exit code {code}"
