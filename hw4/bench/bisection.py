"""Which commit made a benchmark slower? Commits between two revisions, measured against the older.

A commit is slower if its verdict against the revision is *slower*, by the same rounds and the same
second measurement as in a comparison. So what is found is the first commit that is slower by more
than the margin. It is compared with the commit before it at the end: that is what it did alone.

Not called `bisect`: the folder of `child.py`, which a process starts with, would hide Python's own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from hw4.bench.finding import NOT_MEASURED, SLOWER, TOO_NOISY, Finding, as_json, interval
from hw4.bench.measure import Bench
from hw4.bench.process import BrokenDownError
from hw4.bench.trees import BenchError, Checkouts, Tree, git
from hw4.plural import numbered

_FIELDS = "%H%x00%an%x00%as%x00%s%x00%P%x00"


class Commit(NamedTuple):
    """A commit, or the current tree's uncommitted changes, which have no hash.

    Attributes:
        hash: all of it.
        author: their name.
        date: the author's, in ISO 8601.
        title: the first line of its message.
        parents: hashes, separated by blanks; a merge has several.
    """

    hash: str = ""
    author: str = ""
    date: str = ""
    title: str = ""
    parents: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"commit {self.hash[:12]}" if self.hash else "the uncommitted changes"

    @property
    def told(self) -> str:
        """All that is known of it."""
        merge = "a merge, " if " " in self.parents else ""
        said = f"{self.hash[:12]} ({merge}{self.author}, {self.date}) {self.title}"
        return said if self.hash else self.name

    def as_json(self) -> dict[str, object]:
        """Return its fields as JSON values."""
        return self._asdict() | {"parents": self.parents.split()}


class Step(NamedTuple):
    """A commit that was measured, or could not be, and what was found against the revision."""

    commit: Commit
    finding: Finding

    @property
    def skipped(self) -> str:
        """Why it says nothing; "" where it does."""
        if self.finding.verdict == NOT_MEASURED:
            return self.finding.reason
        return TOO_NOISY if self.finding.verdict == TOO_NOISY else ""

    @property
    def outcome(self) -> str:
        """Its verdict and ratio, or why it was skipped."""
        return f"skipped: {self.skipped}" if self.skipped else _outcome(self.finding)


def _outcome(finding: Finding) -> str:
    return (
        f"{finding.verdict}, {interval(finding.decision)}" if finding.decision else finding.reason
    )


@dataclass(frozen=True)
class Search:
    """What a search has found.

    Attributes:
        benchmark: node id.
        against: the revision as the user named it.
        commits: how many may have done it, the uncommitted changes among them.
        steps: in the order in which they were measured.
        found: the first slower commit; several, oldest first, where it may be any of them.
        alone: what was found of it against the one before it; None where it was not compared.
        parted: whether it is the one from which the branch and the revision have parted.
    """

    benchmark: str
    against: str
    commits: int
    steps: list[Step]
    found: list[Commit]
    alone: Finding | None = None
    parted: bool = False

    @property
    def extent(self) -> str:
        """How many commits there are, and how many were measured."""
        commits = numbered(self.commits, "commit")
        skipped = sum(bool(step.skipped) for step in self.steps)
        return (
            f"{commits} after {self.against}, {len(self.steps) - skipped} measured, "
            f"{skipped} skipped"
        )

    @property
    def conclusion(self) -> str:
        """What was found, in a sentence or two."""
        *others, first = self.found
        if others:
            return (
                f"{self.benchmark} became slower in one of {len(self.found)} commits, of which "
                f"the last is {first.told}. The others could not be measured."
            )
        if self.parted:
            return (
                f"{self.benchmark} was slower before the branch began, at {first.told}: "
                f"{self.against} has become faster since."
            )
        said = f"{self.benchmark} became slower with {first.told}."
        if self.alone is not None:
            said += f" Against the commit before: {_outcome(self.alone)}."
            if self.alone.verdict not in (SLOWER, TOO_NOISY, NOT_MEASURED):
                said += " So it is not the only cause."
        return said

    def as_json(self) -> dict[str, object]:
        """Return everything as JSON values; docs/benchmarks.md describes the fields."""
        return {
            "benchmark": self.benchmark,
            "commits": self.commits,
            "conclusion": self.conclusion,
            "found": [commit.as_json() for commit in self.found],
            "alone": self.alone and as_json(self.alone),
            "steps": [
                {"commit": step.commit.as_json(), "skipped": step.skipped or None}
                | as_json(step.finding)
                for step in self.steps
            ],
        }


def parted(root: Path, base: str) -> str:
    """Return the last commit that a commit and the current branch share.

    Raises:
        BenchError: they have none.
    """
    try:
        return git(root, "merge-base", base, "HEAD")
    except BenchError:
        raise BenchError(
            f"{base[:12]} and HEAD share no commit in {root}: expected one for --bisect, as in a "
            "repository that is not shallow"
        ) from None


def commits(root: Path, base: str, shared: str, *, changed: bool) -> list[Commit]:
    """Return what a slowdown since a commit may have come with, oldest first.

    These are the commits of the current branch: of a merge itself, not of what it brings. Where
    the branch has parted from the base, the commit that both share is the first. So a base that has
    become faster since is not taken for a slower branch.

    Args:
        root: of the repository.
        base: the older commit.
        shared: what `parted` gave.
        changed: whether the current tree has uncommitted changes.

    Raises:
        BenchError: there is nothing after it.
    """
    found = _listed(root, "--first-parent", f"{base}..HEAD")
    if shared != base:
        found = [*_listed(root, "--max-count=1", shared), *found]
    if changed:
        found.append(Commit(parents=git(root, "rev-parse", "HEAD")))
    if not found:
        raise BenchError(f"there is no commit after {base[:12]}: expected some for --bisect")
    return found


def _listed(root: Path, *which: str) -> list[Commit]:
    form = ["--reverse", "--no-commit-header", "--encoding=UTF-8", f"--format={_FIELDS}"]
    listed = git(root, "rev-list", *form, *which).encode(errors="surrogateescape")
    lines = listed.decode(errors="replace").split("\n")
    return [Commit(*line.split("\0")[:5]) for line in lines if line]


@dataclass(frozen=True)
class Bisection:
    """A search for the commit with which a benchmark became slower.

    Attributes:
        bench: the current tree and the revision, as they have been compared.
        base: the revision's commit.
        parted: the last commit that the revision and the current branch share; often the base.
        checkouts: of the commits between them.
        candidates: of `commits`, oldest first; the last one is as slow as the current tree.
        say: is told of progress.
        steps: what was measured, by hash.
    """

    bench: Bench
    base: str
    parted: str
    checkouts: Checkouts
    candidates: list[Commit]
    say: Callable[[str], None] = lambda text: None
    steps: dict[str, Step] = field(default_factory=dict)

    def run(self, known: Finding) -> Search:
        """Search for what made a benchmark slower, within merges too.

        Args:
            known: what was found of it in the current tree.
        """
        found, number = self._narrowed(known.benchmark, self.candidates), len(self.candidates)
        entered: list[Commit] = []
        while len(found) == 1 and found[0] not in entered and (brought := self._brought(found[0])):
            entered += found
            number += len(brought)
            found = self._narrowed(known.benchmark, [*brought, *found])
        shared = found[-1].hash == self.parted
        alone = self._alone(known, found[0]) if len(found) == 1 and not shared else None
        name, taken = self.bench.before.name, list(self.steps.values())
        return Search(known.benchmark, name, number, taken, found, alone, shared)

    def _narrowed(self, benchmark: str, commits: list[Commit]) -> list[Commit]:
        """Return which of some commits may be the first slower one; the last is known to be so."""
        low, high, skipped = -1, len(commits) - 1, set[int]()
        while (index := _next(low, high, skipped)) is not None:
            commit = commits[index]
            self.say(f"{commit.name}, one of {high - low} that may be the cause")
            step = Step(commit, self._compared(benchmark, commit, None))
            self.steps[commit.hash] = step
            if step.skipped:
                skipped.add(index)
            elif step.finding.verdict == SLOWER:
                high = index
            else:
                low = index
        return commits[low + 1 : high + 1]

    def _brought(self, commit: Commit) -> list[Commit]:
        """Return the commits that a merge brings, as a branch of their own; of others, none."""
        first, *others = commit.parents.split() or [""]
        root = self.checkouts.root
        return _listed(root, "--first-parent", *others, f"^{first}") if others else []

    def _alone(self, known: Finding, commit: Commit) -> Finding | None:
        """Return what is found of a commit against its parent, the first one of a merge."""
        parent = commit.parents.partition(" ")[0]
        if parent == self.base:  # with which it was compared already
            return self.steps[commit.hash].finding if commit.hash in self.steps else known
        before = Commit(parent)
        self.say(f"{commit.name} against {before.name}")
        return self._compared(known.benchmark, commit, before) if parent else None

    def _compared(self, benchmark: str, now: Commit, before: Commit | None) -> Finding:
        """Return what is found of a commit against another one, by default the revision."""
        with ExitStack() as stack:
            try:
                trees = [self._tree(each, stack) for each in (now, before)]
                bench = replace(self.bench, now=trees[0], before=trees[1], tell=lambda *_: None)
                return bench.run({benchmark})[0]
            except (BenchError, BrokenDownError) as error:
                return Finding(benchmark, NOT_MEASURED, reason=str(error))

    def _tree(self, commit: Commit | None, stack: ExitStack) -> Tree:
        if commit is None:
            return self.bench.before
        if not commit.hash:
            return self.bench.now
        return stack.enter_context(self.checkouts.tree(commit.name, commit.hash))


def _next(low: int, high: int, skipped: set[int]) -> int | None:
    """Return the middle of the longest stretch of untried commits; None where none is left.

    So the search soon leaves a stretch of commits that cannot be measured.

    Args:
        low: the last commit that is known not to be slower.
        high: the first that is known to be.
        skipped: what could not be measured.
    """
    marks = [low, *sorted(index for index in skipped if low < index < high), high]
    left, right = max(itertools.pairwise(marks), key=lambda pair: pair[1] - pair[0])
    return (left + right) // 2 if right - left > 1 else None
