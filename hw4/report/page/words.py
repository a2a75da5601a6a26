"""What a record says, in plain sentences."""

from __future__ import annotations

import functools
import math
import re
import shlex
from typing import Any

from hw4.claim import SHARE
from hw4.ledger import Record
from hw4.statistics.effects import share_interval
from hw4.statistics.sequential import OperatingCharacteristics, SequentialTest

NOT_MEASURED = "not measured"
_IN_TEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_RESERVED = ("", "and", "or", "not")
_QUOTED = re.compile(r"'((?:(?!', ').)+)'")  # one sentence, not several
_NO_KEYWORD = re.compile(r"[^\w:+\-./\[\]]+")  # what an expression of pytest's -k cannot contain


def source(record: Record) -> tuple[str, str]:
    """Return where a statement comes from, and the sentence that is quoted there; either may be "".

    "HW4 part 1, task 2: '…'" is the place before the first colon, then the sentence.
    """
    place, _, quote = re.sub(r"\s+", " ", record.get("source") or "").partition(": ")
    alone = _QUOTED.fullmatch(quote)
    return place.strip(), alone[1].replace("\\*", "*") if alone else quote.strip()


def verdict(record: Record) -> str:
    """Return a decided record's verdict or, of an error, that there is none."""
    return NOT_MEASURED if "error" in record else str(record["verdict"])


def mark(record: Record) -> str:
    """Return in three words whether a verdict is the registered one."""
    if record["expect"] is None:
        return "· none registered"
    return "✓ as registered" if record["as_expected"] else "✗ not as registered"


def registered(record: Record) -> str:
    """Return in words what is registered, and whether it is what was found."""
    if record["expect"] is None:
        return "· no verdict is registered: it is shown, and never fails a run"
    found = "✓" if record["as_expected"] else "✗ not as registered:"
    return f"{found} registered as {record['expect']}"


def meaning(record: Record) -> str:
    """Return in one or two plain sentences what the verdict of a record means."""
    kinds = {"exact": _proved, "timing": _timed}
    return kinds.get(record["kind"], _counted)(record)


def _counted(record: Record) -> str:
    share = record.get("share") or SHARE
    often = {
        "supported": f"at least {_times_in(share)}",
        "refuted": "at most one time in two",
        "inconclusive": f"at least {_times_in(share)}, or at most one time in two",
    }
    rare = not record.get("holds_when", True)  # a seed then counts when it does *not* happen
    if rare:
        often = {
            "supported": f"at most {_times_in(1 - share)}",
            "refuted": "at least one time in two",
            "inconclusive": f"at most {_times_in(1 - share)}, or at least one time in two",
        }
    event = "It happens on a fresh seed" if rare else f"A fresh seed {_event(record)}"
    told = f"{event} {often.get(record['verdict'], '')}."
    if record["verdict"] == "inconclusive":
        told = f"{record['seeds']} seeds did not tell: {told[0].lower()}{told[1:]}"
        if record["seeds_to_go"]:
            told += f" About {record['seeds_to_go']:,} more seeds would probably settle it."
    elif record["verdict"] == "refuted":
        told += " That does not make the opposite true."
    return told


def _event(record: Record) -> str:
    """Return what a fresh seed does when it shows a claim."""
    margin = f"{record['margin']:g} {record['unit']}".strip()
    if record["kind"] == "equivalent":
        return f"shows a difference below {margin}, in either direction,"
    if record["kind"] == "rate" or not record["margin"]:
        return "shows it"
    return f"shows it by more than {margin}"


def _times_in(share: float) -> str:
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
    return {
        "supported": f"It takes longer by more than {percent}: the whole interval of the ratio "
        f"lies above {1 + margin:.3g}.",
        "refuted": "It takes less time: the whole interval of the ratio lies below 1.",
        "equivalent": f"Neither takes longer by more than {percent}.",
        "inconclusive": "The interval of the ratio is too wide to tell which takes longer.",
    }.get(record["verdict"], "")


def of_seeds(record: Record) -> str:
    """Return the caption of the picture of a record's seeds."""
    return {
        "rate": "Every seed: filled where it shows the claim, hollow where it does not. Below, "
        "the share of seeds with its interval.",
        "timing": "Every round’s ratio of times, by process, and the interval of their median.",
    }.get(
        record["kind"],
        "Every seed: filled where it shows the claim, hollow where it does not. Below, "
        "the median with its interval.",
    )


def of_walk(record: Record, alpha: float) -> str:
    """Return the caption of the picture of a record's walk to its verdict."""
    stop = f"the verdict falls, here after {record['seeds']} seeds"
    if record["verdict"] == "inconclusive":
        stop = f"a verdict falls; {record['seeds']} seeds did not get there"
    return (
        "Every seed that shows the claim moves the odds that it holds up, every other one down. "
        f"At {1 / alpha:,.0f} to 1 either way {stop}."
    )


def facts(record: Record, alpha: float) -> list[tuple[str, str]]:
    """Return a decided record's numbers as pairs of a term and its value."""
    if record["kind"] == "exact":
        return []
    if record["kind"] == "timing":
        return _facts_of_time(record)
    rows = [] if record["kind"] == "rate" else [("Median effect", _effect(record))]
    low, high = _share_interval(record["events"], record["seeds"])
    shares = f"{record['events']} of {record['seeds']} = {record['events'] / record['seeds']:.2f}"
    rows.append(("Seeds that show it", f"{shares} (95 % interval {low:.2f} to {high:.2f})"))
    share = record.get("share") or SHARE
    wrongly_supported, wrongly_refuted = error_rates(alpha, share)
    rows += [
        ("Wrongly supported", f"{_percent(wrongly_supported)}, if one seed in two showed it"),
        ("Wrongly refuted", f"{_percent(wrongly_refuted)}, if seeds showed it {_times_in(share)}"),
    ]
    return rows


def _percent(probability: float) -> str:
    return f"{100 * probability:.2g} %"


def _effect(record: Record) -> str:
    effect = record["effect"]
    low, high = signed(effect["low"]), signed(effect["high"])
    unit = record["unit"] and f" {record['unit']}"
    return (
        f"{signed(effect['median'])}{unit} ({100 * float(effect['confidence']):g} % interval "
        f"{low} to {high}); the margin is {record['margin']:g}"
    )


def _facts_of_time(record: Record) -> list[tuple[str, str]]:
    from hw4.report.evidence import seconds_as_text

    effect, timing = record["effect"], record["timing"]
    pairs = "; ".join(
        f"{seconds_as_text(a)} against {seconds_as_text(b)}" for a, b in timing["seconds"]
    )
    elements = timing.get("elements")
    return [
        (
            "Ratio of times",
            f"{float(effect['median']):.3g} ({100 * float(effect['confidence']):g} % interval "
            f"{float(effect['low']):.3g} to {float(effect['high']):.3g}); "
            f"the margin is {100 * timing['margin']:.3g} %",
        ),
        ("One call, by process", pairs),
        ("Control", f"{timing['control']:.3g} times as long as itself, 1 but for noise"),
        *([("Array", f"{elements:,} elements")] if elements else []),
    ]


def effect(record: Record) -> str:
    """Return a record's effect in the few characters that a table has room for."""
    found = record.get("effect")
    if not found:
        return ""
    if record["kind"] == "rate":
        return f"{100 * float(found['median']):.0f} %"
    if record["kind"] == "timing":
        return f"{float(found['median']):.3g}"
    return signed(found["median"], 3)


def effect_unit(record: Record) -> str:
    """Return what a table's effect is counted in."""
    if not record.get("effect"):
        return ""
    units = {"rate": "of seeds", "timing": "times as long"}
    return units.get(record["kind"], str(record["unit"]))


def signed(value: Any, digits: int = 4) -> str:
    """Return a number, or the text that a ledger has for what is none, with its sign."""
    number = float(value)
    if math.isnan(number):
        return "both diverged"
    text = "∞" if math.isinf(number) else f"{abs(number):.{digits}g}"
    return f"{'−' if number < 0 else '+'}{text}"


def seeds(record: Record) -> str:
    """Return how many seeds, or rounds, a verdict took."""
    if "error" in record:
        return ""
    if record["kind"] == "timing":
        return f"{record['timing']['rounds'] * record['timing']['processes']} rounds"
    return "proof" if record["kind"] == "exact" else f"{record['events']}/{record['seeds']}"


def value(item: bool | float | str) -> str:
    """Return one seed's evidence as text."""
    return ("yes" if item else "no") if isinstance(item, bool) else signed(item)


def sort_key(record: Record) -> str:
    """Return what a table sorts by: seeds, or rounds, and the effect; "nan" where there is none."""
    timing, effect = record.get("timing"), record.get("effect")
    spent = timing["rounds"] * timing["processes"] if timing else record.get("seeds", 0)
    return f"{spent + record.get('events', 0) / 1000:g} {effect['median'] if effect else 'nan'}"


@functools.cache
def error_rates(alpha: float, share: float) -> tuple[float, float]:
    """Return the exact probabilities of wrongly supporting and of wrongly refuting a claim."""
    test = SequentialTest(alpha=alpha, p1=share)
    at: dict[float, OperatingCharacteristics] = {
        true: test.operating_characteristics(true) for true in (test.p0, test.p1)
    }
    return at[test.p0].supported, at[test.p1].refuted


_share_interval = functools.cache(share_interval)


def command(record: Record) -> str:
    """Return the command line that decides a claim again, for a POSIX shell."""
    path, _, rest = record["test"].partition("::")
    function, bracket, parameters = rest.partition("[")
    words = _NO_KEYWORD.split(function.rpartition("::")[2] + bracket + parameters)
    keyword = " and ".join(word for word in words if word.strip("[]") not in _RESERVED)
    ours = path.startswith("tests/claims/")  # what hw4 run decides unless it is given a path
    return " ".join(["hw4 run", *([] if ours else [shlex.quote(path)]), "-k", f"'{keyword}'"])
