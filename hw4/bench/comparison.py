"""What a comparison of two trees has found, whatever it is shown in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hw4.bench.bisection import Search
from hw4.bench.finding import BORDERLINE, SEVERITY, SLOWER, Finding, as_json, exit_code
from hw4.plural import numbered

SCHEMA = 1
"""The number of the JSON's form: it grows when an older reader would misread a file."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Comparison:
    """The findings of one run, and what was compared.

    Attributes:
        findings: one a benchmark, in the current tree's order.
        against: the revision as the user named it.
        base: its commit.
        head: the current tree's commit, with "+" where it had uncommitted changes.
        time: when it was measured, in ISO 8601.
        environment: versions and the machine; one interpreter has measured both trees.
        search: for the commit that made a benchmark slower, if it was asked for.
        notes: what else a reader should know, a sentence each.
        drift: the same tree against the anchor, a fixed older revision; None where there is none.
        gates: whether a regression against the anchor counts as one, to a shell.
        memory_gates: whether more memory does.
        unknown: what this machine does not tell, a sentence each.
    """

    findings: list[Finding]
    against: str
    base: str
    head: str
    time: str
    environment: dict[str, str]
    search: Search | None = None
    notes: tuple[str, ...] = ()
    drift: Comparison | None = None
    gates: bool = False
    memory_gates: bool = False
    unknown: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """What it means to a shell: also 1 for memory, or an anchor, that counts."""
        drifted = self.gates and self.drift is not None and self.drift.worst is not None
        larger = self.memory_gates and self.larger
        return 1 if drifted or larger else exit_code(self.findings)

    @property
    def since(self) -> str:
        """The headline of a drift."""
        return f"Since {self.against}: {self.headline}"

    @property
    def worst(self) -> Finding | None:
        """The worst regression; None where there is none."""
        slower = [f for f in self.by_severity if f.verdict == SLOWER and not f.new]
        return slower[0] if slower else None

    @property
    def larger(self) -> list[Finding]:
        """The benchmarks that need more memory now, the worst first."""
        more = [f for f in self.findings if f.needs_more and not f.new]
        return sorted(more, key=lambda f: -_memory_ratio(f))

    @property
    def by_severity(self) -> list[Finding]:
        """The findings, the worst first."""
        return sorted(self.findings, key=_severity)

    @property
    def groups(self) -> list[tuple[str, list[Finding]]]:
        """The findings by test function, whose parameters make one group; the worst first."""
        found: dict[str, list[Finding]] = {}
        for finding in self.by_severity:
            found.setdefault(finding.benchmark.partition("[")[0], []).append(finding)
        return list(found.items())

    @property
    def headline(self) -> str:
        """What a reader needs to know first: how many regressions, and the worst."""
        if not self.larger:
            return self._of_time
        number = f"{len(self.larger)} need{'s' * (len(self.larger) == 1)} more memory"
        return f"{self._of_time}; {number}, {_worst(self.larger, _memory_ratio)}"

    @property
    def _of_time(self) -> str:
        slower = [finding for finding in self.by_severity if finding.verdict == SLOWER]
        if not slower:
            borderline = [f for f in self.findings if f.verdict == BORDERLINE]
            return f"no regression, {len(borderline)} borderline" if borderline else "no regression"
        return f"{numbered(len(slower), 'regression')}, {_worst(slower, _ratio)}"

    @property
    def counts(self) -> str:
        """How many benchmarks got which verdict, in one sentence."""
        verdicts = [finding.verdict for finding in self.findings]
        counts = [f"{verdicts.count(each)} {each}" for each in SEVERITY if each in verdicts]
        number = numbered(len(verdicts), "benchmark")
        return f"{number} against {self.against}: {'; '.join(counts)}"

    @property
    def warnings(self) -> list[str]:
        """What was not measured and why, then each warning once, with how many have it.

        Warnings that differ in their numbers only are one, with the range of each number.
        """
        lines = [*self.notes]
        lines += [f"{f.benchmark}: {f.reason}" for f in self.findings if f.reason]
        by_words: dict[str, list[tuple[str, str]]] = {}  # (benchmark, warning)
        for finding in self.findings:
            for warning in finding.warnings:
                words = _NUMBER.sub("", warning)
                by_words.setdefault(words, []).append((finding.benchmark, warning))
        for same in by_words.values():
            benchmarks, warnings = (set(part) for part in zip(*same, strict=True))
            number = len(benchmarks)
            lines.append(f"{_merged(warnings)} (in {number} benchmark{'s' * (number > 1)})")
        return lines

    def as_json(self) -> dict[str, object]:
        """Return everything as JSON values; docs/benchmarks.md describes the fields."""
        return {
            "schema": SCHEMA,
            "created": self.time,
            "headline": self.headline,
            "exit_code": self.exit_code,
            "base": {"name": self.against, "commit": self.base},
            "head": {"commit": self.head},
            "environment": self.environment,
            "notes": list(self.notes),
            "unknown": list(self.unknown),
            "bisect": self.search and self.search.as_json(),
            "anchor": self.drift
            and {
                "name": self.drift.against,
                "commit": self.drift.base,
                "headline": self.drift.headline,
                "gates": self.gates,
                "benchmarks": [as_json(finding) for finding in self.drift.findings],
            },
            "benchmarks": [as_json(finding) for finding in self.findings],
        }


def _ratio(finding: Finding) -> float:
    return finding.decision.ratio if finding.decision else 1.0


def _memory_ratio(finding: Finding) -> float:
    return finding.memory.decision.ratio if finding.memory else 1.0


def _worst(findings: list[Finding], ratio: Callable[[Finding], float]) -> str:
    """Return by how much the first of some findings is worse than before."""
    worst = f"+{100 * (ratio(findings[0]) - 1):.0f} %"
    return worst if len(findings) == 1 else f"worst {worst}"


def _severity(finding: Finding) -> tuple[int, float]:
    last = len(SEVERITY) * finding.new  # what is new is nobody's fault
    return SEVERITY.index(finding.verdict) + last, -_ratio(finding)


def _merged(warnings: set[str]) -> str:
    """Return warnings of the same words as one: "1.2–1.7" where their numbers differ."""
    ranges = [sorted(set(n), key=float) for n in zip(*map(_NUMBER.findall, warnings), strict=True)]
    spans = iter(n[0] if len(n) == 1 else f"{n[0]}–{n[-1]}" for n in ranges)
    return _NUMBER.sub(lambda _: next(spans), min(warnings))
