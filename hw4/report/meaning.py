"""What a verdict means, in plain sentences, and which seeds count towards it."""

from __future__ import annotations

from hw4.ledger import Record

_COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def meaning(record: Record) -> str:
    """Return in one or two sentences what a record's verdict means."""
    kinds = {"exact": _proved, "timing": _timed}
    return kinds.get(record["kind"], _counted)(record)


def events(record: Record) -> list[bool]:
    """Return which seeds show a claim, in their order: `Claim.events`, read from its record."""
    evidence, margin = record["evidence"], record["margin"]
    if record["kind"] == "rate":
        return [value == record.get("holds_when", True) for value in evidence]
    values = [float(value) for value in evidence]
    if record["kind"] == "equivalent":
        return [abs(value) < margin for value in values]
    return [value > margin for value in values]


def _counted(record: Record) -> str:
    """Return what is said of fresh seeds: a claim `at_most` counts those on which nothing happens.

    Such a claim is supported where a seed hardly ever shows what the statement says.
    """
    share, rare = record["share"], not record.get("holds_when", True)
    often, seldom = f"at least {times_in(share)}", "at most one time in two"
    if rare:
        often, seldom = f"at most {times_in(1 - share)}", "at least one time in two"
    event = "It happens on a fresh seed" if rare else f"A fresh seed {_event(record)}"
    if record["verdict"] == "supported":
        return f"{event} {often}."
    if record["verdict"] == "refuted":
        return f"{event} {seldom}. That does not make the opposite true."
    event = f"{event[0].lower()}{event[1:]}"
    return f"{record['seeds']} seeds did not tell whether {event} {often}, or {seldom}."


def _event(record: Record) -> str:
    """Return what a fresh seed does when it shows a claim."""
    margin = f"{record['margin']:g} {record['unit']}".strip()
    if record["kind"] == "equivalent":
        return f"differs by less than {margin}, in either direction,"
    if record["kind"] == "rate" or not record["margin"]:
        return "shows it"
    return f"shows it by more than {margin}"


def times_in(share: float) -> str:
    """Return a share in words: 0.9 is "nine times in ten", 0.95 "95 times in 100"."""
    for whole in (10, 100, 1000):
        times = round(share * whole)
        if times and abs(share * whole - times) < 1e-6:
            count, of = (_COUNTS[times], "ten") if whole == 10 else (str(times), str(whole))
            return f"{count} time{'s' * (times != 1)} in {of}"
    return f"{100 * share:.3g} % of the time"


def _proved(record: Record) -> str:
    if record["verdict"] == "refuted":
        return "One case in which it is false was found, and one is enough. No chance is involved."
    return "Checked for every case that the test names. No chance is involved, so no seeds are."


def _timed(record: Record) -> str:
    margin = record["timing"]["margin"]
    percent, least, most = f"{100 * margin:.3g} %", 1 / (1 + margin), 1 + margin
    whole = "the whole interval of the ratio lies"
    return {
        "supported": f"The first takes longer by more than {percent}: {whole} above {most:.3g}.",
        "refuted": f"The first takes less time: {whole} below 1.",
        "equivalent": f"Neither of the two takes longer by more than {percent}: {whole} between "
        f"{least:.3g} and {most:.3g}.",
    }.get(record["verdict"], "The interval of the ratio is too wide to tell which takes longer.")
