"""What a verdict means, in two or three plain sentences: what it rules out and what it does not."""

from __future__ import annotations

import numpy as np

from hw4.claims.claim import Claim
from hw4.ledger.records import BySeeds, Equivalent, Rate, Record, Timed, Win
from hw4.plural import numbered
from hw4.report.reading.effect import read
from hw4.report.reading.numerals import percent
from hw4.statistics.sequential import P0, Verdict

_IN_TEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def meaning(record: Record, alpha: float) -> str:
    """Return what the verdict of a decided record means.

    As "Clearly more than half of all seeds show it by more than 0.05 test accuracy. Were it half
    or fewer, this verdict would come at most once in 10,000 runs. It does not prove nine in ten."

    Args:
        record: of the ledger.
        alpha: of the ledger.
    """
    if not isinstance(record, BySeeds):
        return _timed(record) if isinstance(record, Timed) else _proved(record)
    counted = {"supported": _supported, "confirmed": _confirmed, "refuted": _refuted}
    told = counted.get(record.verdict, _inconclusive)(record, record.alpha or alpha)
    return f"{told} A seed on which it does not happen shows the claim." if record.rare else told


def _supported(record: BySeeds, alpha: float) -> str:
    half, most = bounds(record)
    if not record.rare:
        told = f"Clearly more than {half} of all seeds {_show(record)}. Were it {half} or fewer, "
        return f"{told}{_at_most(alpha)} It does not prove {most}."
    told = f"It happens on clearly fewer than {half} of all seeds. Were it {half} or more, "
    return f"{told}{_at_most(alpha)} It does not prove {most} or fewer."


def _refuted(record: BySeeds, alpha: float) -> str:
    _, most = bounds(record)
    events, seeds = record.events, record.seeds
    if not record.rare:
        told = f"Fewer than {most} seeds {_show(record)}: {events} of {seeds:,} did. "
        more = "or more"
    else:
        told = f"It happens on more than {most} seeds: it did on {seeds - events} of {seeds}. "
        more = "or fewer"
    told += f"Were it {most} {more}, {_at_most(alpha)}"
    return f"{told} This does not show the opposite."


def _inconclusive(record: BySeeds, alpha: float) -> str:
    half, most = bounds(record)
    told = f"{numbered(record.seeds, 'seed')} ruled out neither: "
    if not record.rare:
        told += f"that {half} of all seeds or fewer {_show(record)}, or that {most} or more do."
    else:
        told += f"that it happens on {half} of all seeds or more, or on {most} or fewer."
    if record.seeds_to_go:
        told += f" About {numbered(record.seeds_to_go, 'more seed')} would probably settle it."
    return told


def _confirmed(record: BySeeds, alpha: float) -> str:
    half, _ = bounds(record)
    bound = f"{half} of all seeds or {'more' if record.rare else 'fewer'}"
    told = (
        f"It is registered as supported, and {record.events} of {numbered(record.seeds, 'seed')} "
    )
    told += (
        f"agree. Were it {bound}, this would come {_once_in(record.confirm_alpha or alpha)} runs. "
    )
    return f"{told}The claim was not decided anew."


def instead(record: Record) -> str:
    """Return what the seeds of a refuted claim did show, in a sentence; "" where nothing is to add.

    As "Their differences instead: 2 within ±0.02 points, 4 below −0.02 points; the median is
    −0.36." Of a rate, the verdict's own count says it.
    """
    if record.verdict != Verdict.REFUTED or not isinstance(record, Win | Equivalent):
        return ""
    size = abs(record.margin)
    claim = Claim("a record", kind="win", margin=size)  # both kinds: beyond the margin
    values = np.array(record.numbers())
    above, below = (int(claim.events(each).sum()) for each in (values, -values))
    diverged = int(np.isnan(values).sum())
    within = len(values) - above - below - diverged
    margin = f"{size:g} {record.unit}".strip() if size else "0"
    counts = [
        (above, f"above +{margin}" if size else "above 0"),
        (within, f"within ±{margin}" if size else "at 0"),
        (below, f"below −{margin}" if size else "below 0"),
        (diverged, "where both arms diverged"),
    ]
    told = ", ".join(f"{count} {where}" for count, where in counts if count)
    return f"Their differences instead: {told}; the median is {read(record).words}."


def _at_most(alpha: float) -> str:
    return f"this verdict would come {_once_in(alpha)} runs."


def _once_in(alpha: float) -> str:
    return f"at most once in {1 / alpha:,.0f}"


def bounds(record: BySeeds) -> tuple[str, str]:
    """Return in words what support and refutation rule out, for example "half" and "nine in ten".

    For `at_most`, both are shares of the seeds on which it does happen.
    """
    p0, p1 = record.p0, record.share
    if record.rare:
        p0, p1 = 1 - p0, 1 - p1
    return "half" if p0 == P0 else percent(p0), in_ten(p1)


def _show(record: BySeeds) -> str:
    """Return what seeds do when they show a claim."""
    margin = f"{record.margin:g} {record.unit}".strip()
    if isinstance(record, Equivalent):
        return f"show a difference below {margin}, in either direction"
    if isinstance(record, Rate) or not record.margin:
        return "show it"
    if record.margin < 0:
        return f"lose less than {-record.margin:g} {record.unit}".strip()
    return f"show it by more than {margin}"


def in_ten(share: float) -> str:
    """Return a share in words: 0.9 is "nine in ten", 0.95 "95 in 100", 1/3 "33.3 % of all"."""
    for whole in (10, 100, 1000):
        times = share * whole
        if round(times) and abs(times - round(times)) < 1e-6:
            count = _IN_TEN[round(times)] if whole == 10 else str(round(times))
            return f"{count} in {'ten' if whole == 10 else f'{whole:,}'}"
    return f"{percent(share)} of all"


def _proved(record: Record) -> str:
    if record.counterexample:
        return "One case in which it is false was found, and one is enough. No chance is involved."
    return "Checked for every case that the test names. No chance is involved, so no seeds are."


def _timed(record: Timed) -> str:
    margin = record.timing.margin
    most = percent(margin)
    interval = "the whole interval of the ratio lies"
    return {
        "supported": f"The first takes longer than the second by more than {most}: "
        f"{interval} above {1 + margin:.3g}.",
        "refuted": f"The first takes less time than the second: {interval} below 1.",
        "equivalent": f"Neither takes longer by more than {most}.",
        "inconclusive": "The interval of the ratio is too wide to tell which takes longer.",
    }.get(record.verdict, "")
