"""Faults injected at random, by the thousand: nothing may be lost, and nothing invented.

    python tests/campaign [--whole] [--seed N] [SUBJECT ...]

prints how many faults of each subject had which outcome, and fails at the first wrong one. The
quick form, which the suite runs, takes a few of each; `docs/campaign.md` has the counts of a whole
one. A subject is a function of a seed and a number of faults: it returns how often each outcome was
seen, and raises AssertionError for one that is wrong.
"""

import argparse
import functools
import importlib.util
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import clusters
import ends
import outputs
import readers
import store


class Subject(NamedTuple):
    """What is injected, and how often in either form."""

    inject: Callable[[int, int], Counter[str]]
    quick: int
    whole: int


SUBJECTS = {
    "SIGKILL": Subject(functools.partial(ends.ended, signal.SIGKILL), 1, 100),
    "SIGTERM": Subject(functools.partial(ends.ended, signal.SIGTERM), 1, 20),
    "SIGINT": Subject(functools.partial(ends.ended, signal.SIGINT), 1, 20),
    "outputs": Subject(outputs.failing, 4, 60),
    "store": Subject(store.mutations, 30, 2000),
    "processes": Subject(store.processes, store.PROCESSES, 10 * store.PROCESSES),
    **{
        f"mutated {name}": Subject(functools.partial(readers.read_mutated, name), 40, 2000)
        for name in readers.READERS
    },
}

if importlib.util.find_spec("distributed"):  # of the extra `cluster`
    for name in ("worker", "scheduler", "restart"):
        SUBJECTS[name] = Subject(functools.partial(clusters.lost, name), 1, 10)


def main() -> None:
    parser = argparse.ArgumentParser(description="Inject faults; see tests/campaign/__main__.py.")
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--whole", action="store_true", help="all faults, in about an hour")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="draws the faults")
    options = parser.parse_args()
    print("| subject | faults | outcomes | seconds |\n|---|---|---|---|", flush=True)
    for name in options.subjects or SUBJECTS:
        subject = SUBJECTS[name]
        start = time.monotonic()
        count = subject.whole if options.whole else subject.quick
        found = subject.inject(options.seed, count)
        outcomes = ", ".join(f"{number} {what}" for what, number in sorted(found.items()))
        print(f"| {name} | {count} | {outcomes} | {time.monotonic() - start:.0f} |", flush=True)


if __name__ == "__main__":
    main()
