"""Why a process, or pytest in it, did not do what it should, said to people.

Loaded beside another tree's hw4, as `channel.py`.
"""

from __future__ import annotations

import re
import signal


def how_it_ended(code: int) -> str:
    """Return a phrase for the exit code of a process that should not have ended yet."""
    if code < 0:
        names = {each.value: each.name for each in signal.Signals}  # not all signals have one
        memory = (
            ", as the system does when memory runs out" if names.get(-code) == "SIGKILL" else ""
        )
        return f"was killed by {names.get(-code, f'signal {-code}')}{memory}"
    return f"ended early, exit code {code}"


def refusal(printed: str) -> str:
    """Return why pytest refused its arguments or a conftest.py, of what it has printed."""
    broken = "ImportError while loading conftest "
    if (start := printed.find(broken)) >= 0:
        conftest = printed[start + len(broken) :].partition("\n")[0].strip(".'")
        return f"{conftest} cannot be loaded: {last_line(printed)}"
    # The last one: argparse prints how to use a program before what is wrong.
    reasons: list[str] = re.findall(r"(?im)^(?:\S+: )?error: (.+)$", printed)
    return (reasons or [last_line(printed)])[-1]


def last_line(text: str) -> str:
    """Return what an exception says, of pytest's long text about it."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (errors or lines or ["it gave no reason"])[-1]
