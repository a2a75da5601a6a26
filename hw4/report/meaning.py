"""What a verdict means, in one or two plain sentences."""

from __future__ import annotations

from hw4.ledger import Record
from hw4.report.events import holds_when

_IN_TEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def meaning(record: Record) -> str:
    """Return what the verdict of a decided record means.

    As "A fresh seed shows it by more than 0.05 test accuracy at least nine times in ten."
    """
    kinds = {"exact": _proved, "timing": _timed}
    return kinds.get(record["kind"], _counted)(record)


def _counted(record: Record) -> str:
    """Return what was found of a share of seeds."""
    rare = not holds_when(record)
    event = "It happens on a fresh seed" if rare else f"A fresh seed {_event(record)}"
    holds, fails = _how_often(record["share"], rare)
    if record["verdict"] == "supported":
        told = f"{event} {holds}."
    elif record["verdict"] == "confirmed":
        odds = f"{1 / record['confirm_alpha']:,.0f} : 1"
        told = f"It is registered as supported, and {record['seeds']} seeds agree at odds of "
        told += f"{odds}. Without --confirm, hw4 run decides it at longer odds."
    elif record["verdict"] == "refuted":
        told = f"{event} {fails}. That does not make the opposite true."
    else:
        told = f"{record['seeds']} seeds did not tell whether {event[0].lower()}{event[1:]} {holds}"
        told += f", or {fails}."
        if record["seeds_to_go"]:
            told += f" About {record['seeds_to_go']:,} more seeds would probably settle it."
    return f"{told} A seed on which it does not happen shows the claim." if rare else told


def _how_often(share: float, rare: bool) -> tuple[str, str]:
    """Return how often what a claim is about happens, where it holds and where it does not."""
    if rare:
        return f"at most {times_in(1 - share)}", "at least one time in two"
    return f"at least {times_in(share)}", "at most one time in two"


def _event(record: Record) -> str:
    """Return what a fresh seed does when it shows a claim."""
    margin = f"{record['margin']:g} {record['unit']}".strip()
    if record["kind"] == "equivalent":
        return f"shows a difference below {margin}, in either direction,"
    if record["kind"] == "rate" or not record["margin"]:
        return "shows it"
    return f"shows it by more than {margin}"


def times_in(share: float) -> str:
    """Return a share in words: 0.9 is "nine times in ten", 0.95 "95 times in 100"."""
    for whole in (10, 100, 1000):
        times = share * whole
        if round(times) and abs(times - round(times)) < 1e-6:
            count = _IN_TEN[round(times)] if whole == 10 else str(round(times))
            return f"{count} time{'s' * (round(times) != 1)} in {'ten' if whole == 10 else whole}"
    return f"{100 * share:.3g} % of the time"


def _proved(record: Record) -> str:
    if record["counterexample"]:
        return "One case in which it is false was found, and one is enough. No chance is involved."
    return "Checked for every case that the test names. No chance is involved, so no seeds are."


def _timed(record: Record) -> str:
    margin = record["timing"]["margin"]
    percent = f"{100 * margin:.3g} %"
    slower, interval = "What is said to be slower takes", "the whole interval of the ratio lies"
    return {
        "supported": f"{slower} longer by more than {percent}: {interval} above {1 + margin:.3g}.",
        "refuted": f"{slower} less time: {interval} below 1.",
        "equivalent": f"Neither takes longer by more than {percent}.",
        "inconclusive": "The interval of the ratio is too wide to tell which takes longer.",
    }.get(record["verdict"], "")
