"""A comparison of benchmarks as text: the table, and each one's history of ratios."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hw4.bench.amounts import as_text, is_seen
from hw4.bench.finding import interval
from hw4.report.text.evidence import seconds_as_text
from hw4.report.text.terminal import drawn, wrapped
from hw4.statistics.changes import change_points

if TYPE_CHECKING:
    from hw4.bench.bisection import Search
    from hw4.bench.comparison import Comparison
    from hw4.bench.finding import Finding

_STYLES = {
    "slower": "bold red",
    "slower, borderline": "yellow",
    "faster": "green",
    "too noisy": "yellow",
    "not measured": "red",
    "more": "red",
    "less": "green",
    "unclear": "yellow",
}
_LEVELS = "▁▂▃▄▅▆▇█"
_ROOMY = 80  # columns; in fewer, ratios take two lines so that names and verdicts have room
_LAST = 40  # runs in a history's picture
_LEAST_RANGE = math.log(1.2)  # so that noise of a hundredth does not look like mountains


def table(comparison: Comparison, width: int, *, colour: bool = False) -> str:
    """Return the findings as a table of at most `width` columns, ending in a line break."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    rows.add_column("benchmark", overflow="fold")
    rows.add_column("before", justify="right", no_wrap=True)
    rows.add_column("now / before", justify="right", overflow="fold", no_wrap=width >= _ROOMY)
    rows.add_column("margin", justify="right", no_wrap=True)
    rows.add_column("verdict", no_wrap=True)
    for finding in comparison.findings:
        verdict = Text(finding.verdict, style=_STYLES.get(finding.verdict, ""))
        rows.add_row(Text(short(finding.benchmark)), *numbers(finding), verdict)
        for kind, *amount, said in amounts(finding):
            rows.add_row(f"  {kind}", *amount, Text(said, style=_STYLES.get(said, "")))
    footer = Text(_footer(comparison))  # as it is: no markup, no emoji
    lines = drawn(rows, footer, width=width, colour=colour)
    if comparison.drift:
        below = table(comparison.drift, width, colour=colour)
        lines += ["", *wrapped(comparison.drift.since, width), below.rstrip("\n")]
    return "\n".join(lines) + "\n"


def short(benchmark: str) -> str:
    """Return a node id without its folders; a parameter may have slashes too."""
    path, colons, rest = benchmark.partition("::")
    return path.rpartition("/")[2] + colons + rest


def numbers(finding: Finding) -> tuple[str, str, str]:
    """Return the time before, the ratio with its interval, and the margin; empty where none is."""
    found = finding.decision
    if found is None:
        return "", "", ""
    return seconds_as_text(finding.seconds), interval(found), f"{100 * found.margin:.0f} %"


def amounts(finding: Finding) -> list[tuple[str, str, str, str, str]]:
    """Return, of each amount that is shown, its kind, what `numbers` gives of time, and verdict."""
    return [
        (
            kind,
            as_text(kind, amount.before),
            interval(amount.decision),
            f"{100 * amount.decision.margin:.0f} %",
            amount.verdict,
        )
        for kind, amount in finding.amounts.items()
        if is_seen(kind, amount)
    ]


def _footer(comparison: Comparison) -> str:
    said = [f"{comparison.headline}; {comparison.counts}", *comparison.unknown]
    return "\n".join(["", *said, *(f"! {warning}" for warning in comparison.warnings)])


def searched(search: Search, width: int) -> str:
    """Return what a search has found and its steps, in lines of at most `width` columns."""
    lines = wrapped(search.conclusion, width) + wrapped(f"{search.extent}:", width)
    for step in search.steps:
        lines += wrapped(f"{step.commit.told}: {step.outcome}", width, "  ", "    ")
    return "\n".join(["", *lines]) + "\n"


def history(benchmark: str, ratios: list[float]) -> list[str]:
    """Return a benchmark's ratios, oldest first, as a line of blocks, and where its level changed.

    Args:
        benchmark: node id.
        ratios: (n,) now over before, in order of time.
    """
    shown = ratios[-_LAST:]
    logs = [math.log(ratio) for ratio in shown]
    low, high = min(logs), max(logs)
    middle, span = (low + high) / 2, max(high - low, _LEAST_RANGE)
    heights = [round((log - middle) / span * 7 + 3.5) for log in logs]
    changes = change_points([math.log(ratio) for ratio in ratios])
    hidden = len(ratios) - len(shown)
    blocks = "".join(
        ("┆" if hidden + index in changes else "") + _LEVELS[min(max(height, 0), 7)]
        for index, height in enumerate(heights)
    )
    lines = [
        short(benchmark),
        f"  {blocks}  {min(shown):.2f} to {max(shown):.2f}, last {shown[-1]:.2f}",
    ]
    for change in changes:
        before, after = _medians(ratios, changes, change)
        lines.append(f"  its level changed at run {change + 1}: {before:.2f} → {after:.2f}")
    return lines


def _medians(ratios: list[float], changes: list[int], change: int) -> tuple[float, float]:
    """Return the median ratio of the level before a change and of the one after."""
    import statistics

    edges = [0, *changes, len(ratios)]
    at = edges.index(change)
    before, after = ratios[edges[at - 1] : change], ratios[change : edges[at + 1]]
    return statistics.median(before), statistics.median(after)
