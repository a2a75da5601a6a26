"""A comparison of benchmarks as Markdown, for a pull request or a CI job's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hw4.bench.amounts import MEMORY, MORE, SAME
from hw4.bench.bisection import Search
from hw4.bench.comparison import Comparison
from hw4.bench.finding import BORDERLINE, NOT_SLOWER, SLOWER, Finding
from hw4.bench.table import amounts, numbers, short
from hw4.report.text.markdown import Block, fitted, literal, row

LIMIT = 65_536  # characters of a comment, above which GitHub refuses it
MARK = "<!-- hw4 bench -->\n"
"""The first line, by which a workflow finds its comment to replace it."""

_HEAD = "| benchmark | before | now / before | margin | verdict |\n|---|--:|--:|--:|---|\n"
_STEPS = "| commit | against the revision |\n|---|---|\n"
_LONGER = "takes {1} times as long as before ({0}); margin {2}"
_LARGER = "needs {1} times as much memory as before ({0}); margin {2}"
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
    heading += "".join(f"\n{literal(each)}.\n" for each in comparison.unknown)
    return fitted(heading, list(_blocks(comparison)), limit)


def _blocks(comparison: Comparison) -> Iterator[Block]:
    changed = [f for f in comparison.by_severity if f.verdict not in _QUIET or f.needs_more]
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
    lines = [row([name, *map(literal, numbers(finding)), verdict])]
    for kind, *amount, said in amounts(finding):
        shown = f"**{said}**" if kind == MEMORY and said == MORE else said
        lines.append(row([f"↳ {kind}", *map(literal, amount), shown]))
    return "".join(lines)


def marks(comparison: Comparison) -> list[str]:
    """Return GitHub's workflow commands that mark the line of every benchmark that is worse.

    See https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
    """
    levels = {SLOWER: "error", BORDERLINE: "warning"}
    slower = [f for f in comparison.by_severity if f.verdict in levels]
    found = [_mark(levels[f.verdict], f, f.verdict, _LONGER, numbers(f)) for f in slower]
    level = "error" if comparison.memory_gates else "warning"
    for finding in comparison.larger:
        (memory,) = [said for kind, *said in amounts(finding) if kind == MEMORY]
        found.append(_mark(level, finding, "more memory", _LARGER, memory))
    return [mark for mark in found if mark]


def _mark(level: str, finding: Finding, title: str, sentence: str, said: Sequence[str]) -> str:
    """Return one command; "" for a benchmark whose place is not known."""
    if finding.place is None:
        return ""
    told = f"{finding.benchmark} {sentence.format(*said)}"
    place = f"file={_property(finding.place.file)},line={finding.place.line}"
    return f"::{level} {place},title={_property(title)}::{_data(told)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
