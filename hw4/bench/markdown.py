"""A comparison of benchmarks as Markdown, for a pull request or a CI job's page."""

from __future__ import annotations

from collections.abc import Iterator

from hw4.bench.bisection import Search
from hw4.bench.comparison import Comparison
from hw4.bench.finding import BORDERLINE, NOT_SLOWER, SAME, SLOWER, Finding
from hw4.bench.table import numbers, short
from hw4.report.text.markdown import Block, fitted, literal, row

LIMIT = 65_536  # characters of a comment, above which GitHub refuses it
MARK = "<!-- hw4 bench -->\n"
"""The first line, by which a workflow finds its comment to replace it."""

_HEAD = "| benchmark | before | now / before | margin | verdict |\n|---|--:|--:|--:|---|\n"
_STEPS = "| commit | against the revision |\n|---|---|\n"
_QUIET = (SAME, NOT_SLOWER)


def render(comparison: Comparison, limit: int = LIMIT) -> str:
    """Return what has changed, the worst first, and all benchmarks, folded away.

    Args:
        comparison: of two trees.
        limit: the largest size in bytes. If a list has no room, lines are left out at its end, and
            a sentence says how many.
    """
    trees = f"{comparison.against} {comparison.base} → {comparison.head}"
    heading = (
        f"{MARK}## {literal(comparison.headline)}\n\n"
        f"{literal(comparison.counts)}. Measured side by side: {literal(trees)}.\n"
    )
    return fitted(heading, list(_blocks(comparison)), limit)


def _blocks(comparison: Comparison) -> Iterator[Block]:
    changed = [f for f in comparison.by_severity if f.verdict not in _QUIET]
    if changed:
        yield Block(f"\n{_HEAD}", [_line(finding) for finding in changed])
    if comparison.search:
        yield _searched(comparison.search)
    if comparison.warnings:
        lines = [f"- ! {literal(warning)}\n" for warning in comparison.warnings]
        yield Block("\n### To be looked at\n\n", lines)
    yield _folded(f"All benchmarks: {len(comparison.findings)}", comparison)
    if comparison.drift:
        yield _folded(literal(comparison.drift.since), comparison.drift)


def _folded(title: str, comparison: Comparison) -> Block:
    lines = [_line(finding) for finding in comparison.by_severity]
    before = f"\n<details>\n<summary>{title}</summary>\n\n{_HEAD}"
    return Block(before, lines, "\n</details>\n")


def _searched(search: Search) -> Block:
    lines = [row([literal(step.commit.told), literal(step.outcome)]) for step in search.steps]
    title = f"\n### The commit\n\n{literal(search.conclusion)}\n\n{literal(search.extent)}.\n"
    return Block(f"{title}\n{_STEPS}" if lines else title, lines)


def _line(finding: Finding) -> str:
    name = f"<code>{literal(short(finding.benchmark))}</code>"
    verdict = f"**{finding.verdict}**" if finding.verdict == SLOWER else finding.verdict
    return row([name, *map(literal, numbers(finding)), verdict])


def marks(comparison: Comparison) -> list[str]:
    """Return GitHub's workflow commands that mark the line of every slower benchmark.

    See https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
    """
    return [
        f"::{'error' if finding.verdict == SLOWER else 'warning'} "
        f"file={_property(finding.place.file)},line={finding.place.line},"
        f"title={_property(finding.verdict)}::{_data(_told(finding))}"
        for finding in comparison.by_severity
        if finding.verdict in (SLOWER, BORDERLINE) and finding.place
    ]


def _told(finding: Finding) -> str:
    before, ratio, margin = numbers(finding)
    return f"{finding.benchmark} takes {ratio} times as long as before ({before}); margin {margin}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
