"""What a record says, in words: its place and sentence, its verdict, its pictures, its command."""

from __future__ import annotations

import re
import shlex

from hw4.guest import guest
from hw4.ledger.records import Entry, Record, Unmeasured
from hw4.plural import numbered
from hw4.report.text import summary
from hw4.statistics.sequential import BLOCK

NOT_MEASURED = "not measured"
_RESERVED = ("", "and", "or", "not")
_QUOTED = re.compile(r"'((?:(?!', ').)+)'")  # one sentence, not several
_NO_KEYWORD = re.compile(r"[^\w:+\-./\[\]]+")  # what an expression of pytest's -k cannot contain


def source(record: Entry) -> tuple[str, str]:
    """Return where a statement comes from, and the sentence quoted there; each may be "".

    "HW4 part 1, task 2: '…'" is the place before the first colon, then the sentence.
    """
    place, _, quote = re.sub(r"\s+", " ", record.source or "").partition(": ")
    alone = _QUOTED.fullmatch(quote)
    return place.strip(), alone[1].replace("\\*", "*") if alone else quote.strip()


def verdict(record: Entry) -> str:
    """Return a decided record's verdict, or for an error that there is none."""
    return NOT_MEASURED if isinstance(record, Unmeasured) else str(record.verdict)


def mark(record: Record) -> str:
    """Return in three words whether a verdict is the registered one."""
    if record.expect is None:
        return "· none registered"
    return "✓ as registered" if record.as_expected else "✗ not as registered"


def registered(record: Record) -> str:
    """Return in words what is registered, and whether the verdict is the same."""
    if record.expect is None:
        return "· no verdict is registered: it is shown, and never fails a run"
    found = "✓" if record.as_expected else "✗ not as registered:"
    return f"{found} registered as {record.expect}"


def of_seeds(record: Record) -> str:
    """Return the caption of the picture of a record's seeds."""
    return {
        "rate": "Every seed: filled where it shows the claim, hollow where it does not. Below, "
        "the share of seeds with its interval.",
        "timing": "Every round’s ratio of times, by process, and the interval of the ratio.",
    }.get(
        record.kind,
        "Every seed: filled where it shows the claim, hollow where it does not. Below, "
        "the median with its interval.",
    )


def of_walk(record: Record, alpha: float) -> str:
    """Return the caption of the picture of a record's walk to its verdict."""
    alpha = record.alpha or alpha
    moves = "Each seed that shows the claim raises its odds; each other seed lowers them."
    if confirm_alpha := record.confirm_alpha:
        return (
            f"{moves} It is confirmed at {1 / confirm_alpha:,.0f} : 1 after a whole block of "
            f"{BLOCK} seeds, and refuted at {1 / alpha:,.0f} : 1 against it."
        )
    stop = f"here after {numbered(record.seeds, 'seed')}"
    if record.verdict == "inconclusive":
        stop = f"which {numbered(record.seeds, 'seed')} did not reach"
    return f"{moves} hw4 decides at {1 / alpha:,.0f} : 1 either way, {stop}."


def of_chances(record: Record) -> str:
    """Return the caption of the curves of each verdict's probability."""
    return (
        "How often a run with new seeds would come to each verdict, by the true share of seeds. "
        f"Dashed: the shares that a verdict rules out. Shaded: the {summary.interval(record)} that "
        "these seeds leave open; the line is what they showed."
    )


def command(record: Entry) -> str:
    """Return the command line that decides a claim again, for a POSIX shell."""
    path, _, rest = record.test.partition("::")
    function, bracket, parameters = rest.partition("[")
    words = _NO_KEYWORD.split(function.rpartition("::")[2] + bracket + parameters)
    keyword = " and ".join(word for word in words if word.strip("[]") not in _RESERVED)
    ours = path.startswith(f"{guest().claims}/")  # what hw4 run decides unless it is given a path
    return " ".join(["hw4 run", *([] if ours else [shlex.quote(path)]), "-k", f"'{keyword}'"])
