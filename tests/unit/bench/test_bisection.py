"""Which commit a slowdown came with."""

import contextlib
import itertools
import json
import math
import subprocess
from dataclasses import dataclass, field, replace

import pytest

from hw4.bench import bisection, markdown, page, table
from hw4.bench.bisection import Bisection, Commit
from hw4.bench.finding import Finding
from hw4.bench.measure import Bench
from hw4.bench.trees import BenchError, Checkouts, Tree
from hw4.statistics import Verdict
from hw4.statistics.ratios import RatioDecision

NAME = "b.py::test_work"
BASE = "base"


@dataclass(frozen=True)
class Planted(Bench):
    """Finds what the file `time` of two trees says, or their names where there is no file."""

    times: dict = field(default_factory=dict)
    pairs: list = field(default_factory=list)  # all that were compared

    def run(self, chosen=None):
        assert chosen == {NAME}
        now, before = map(self.time, (self.now, self.before))
        self.pairs.append((self.now.name, self.before.name))
        if now == "broken":
            raise BenchError(f"the benchmarks of {self.now.name} cannot be collected")
        if now == "noisy":
            return [found("too noisy", 1.1)]
        ratio = float(now) / float(before)
        return [found("slower" if ratio > 1.1 else "no change", ratio)]

    def time(self, tree):
        if tree.folder is None:
            return self.times[tree.name]
        return (tree.folder / "time").read_text()


def found(verdict, ratio):
    ends = 0.99 * ratio, 1.01 * ratio
    return Finding(
        NAME, verdict, RatioDecision(Verdict.SUPPORTED, ratio, *ends, 0.1, 1.0, confidence=0.99)
    )


class Anywhere(Checkouts):
    """Checks nothing out."""

    @contextlib.contextmanager
    def tree(self, name, commit):
        yield Tree(name, None, None)


def searched(times):
    """Search a line of commits with these times, the first of which is the base's."""
    hashes = [BASE, *(f"{number:04}" for number in range(1, len(times)))]
    line = [Commit(new, parents=old) for old, new in itertools.pairwise(hashes)]
    named = {f"commit {hash_}": time for hash_, time in zip(hashes, times, strict=True)}
    trees = Tree("now", None, None), Tree("v1", None, None)
    known = {"now": times[-1], "v1": times[0]}
    bench = Planted(*trees, [], [], times=named | known)
    search = Bisection(bench, BASE, BASE, Anywhere(None, None, []), line)
    return search.run(found("slower", float(times[-1]) / float(times[0]))), bench.pairs


@pytest.mark.parametrize("number", [1, 2, 3, 10, 17])
def test_wherever_the_slowdown_came_its_commit_is_found_in_few_steps(number):
    for index in range(1, number + 1):
        search, pairs = searched([1.0] * index + [1.3] * (number + 1 - index))
        assert [commit.hash for commit in search.found] == [f"{index:04}"]
        assert search.commits == number
        assert len(search.steps) <= math.ceil(math.log2(number))
        assert search.alone.decision.ratio == pytest.approx(1.3)
        assert len(set(pairs)) == len(pairs)  # nothing is measured twice
        said = search.conclusion
        assert f"{NAME} became slower with {index:04}" in said
        assert "slower, 1.30 (1.29 to 1.31)" in said
        assert "not the only cause" not in said


def test_of_several_slowdowns_the_one_that_passes_the_margin_is_found_and_called_so():
    search, _ = searched([1.0, 1.06, 1.06, 1.13, 1.13])
    assert [commit.hash for commit in search.found] == ["0003"]
    assert "Against the commit before: no change, 1.07" in search.conclusion
    assert search.conclusion.endswith("So it is not the only cause.")


def test_a_comparison_with_the_parent_that_is_noisy_says_nothing_of_other_causes():
    search, _ = searched([1.0, 1.0, "1.3", 1.3])
    noisy = replace(search, alone=found("too noisy", 1.2)).conclusion
    assert noisy.endswith("Against the commit before: too noisy, 1.20 (1.19 to 1.21).")


@pytest.mark.parametrize("fault", ["broken", "noisy"])
def test_commits_that_cannot_be_measured_are_skipped(fault):
    times = [1.0, 1.0, fault, fault, 1.0, 1.3, fault, 1.3]
    search, _ = searched(times)
    assert [commit.hash for commit in search.found] == ["0005"]
    skipped = [step for step in search.steps if step.skipped]
    assert all(times[int(step.commit.hash)] == fault for step in skipped)
    reason = "cannot be collected" if fault == "broken" else "too noisy"
    assert all(reason in step.outcome for step in skipped)


def test_where_it_may_be_one_of_several_all_are_said():
    search, _ = searched([1.0, 1.0, "broken", "broken", 1.3, 1.3])
    assert [commit.hash for commit in search.found] == ["0002", "0003", "0004"]
    assert search.alone is None
    assert f"{NAME} became slower in one of 3 commits, of which the last is 0004" in (
        search.conclusion
    )
    assert search.extent == "5 commits after v1, 2 measured, 2 skipped"


def test_a_long_stretch_that_cannot_be_measured_is_soon_left():
    search, _ = searched([1.0] * 10 + ["broken"] * 100 + [1.0] * 50 + [1.3] * 50)
    assert [commit.hash for commit in search.found] == ["0160"]
    assert sum(bool(step.skipped) for step in search.steps) <= 3


# In a repository


AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost")


class Repository:
    """A repository whose commits have a file `time`."""

    def __init__(self, folder):
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words):
        command = ["git", "-C", str(self.folder), *AUTHOR, *words]
        return subprocess.run(command, check=True, capture_output=True).stdout.decode().strip()

    def commit(self, title, time):
        """Add a commit in which the benchmark takes this time; return its hash."""
        (self.folder / "time").write_text(time)
        (self.folder / "title").write_bytes(title.encode())
        self.git("add", ".")
        self.git("commit", "--quiet", f"--message={title}")
        return self.git("rev-parse", "HEAD")

    def state(self):
        """Return all that a search must not change."""
        paths = sorted(p for p in self.folder.rglob("*") if p.is_file())
        return [(path, path.read_bytes(), path.stat().st_mtime_ns) for path in paths]

    def search(self, against, *, changed=False):
        """Search between a revision and the current tree."""
        base = self.git("rev-parse", against)
        shared = bisection.parted(self.folder, base)
        line = bisection.commits(self.folder, base, shared, changed=changed)
        checkouts = Checkouts(self.folder, ".", [])
        before = self.state()
        with checkouts.tree(against, base) as then:
            bench = Planted(Tree("the current tree", self.folder, self.folder), then, [], [])
            (known,) = bench.run({NAME})
            assert known.verdict == "slower"
            search = Bisection(bench, base, shared, checkouts, line).run(known)
        assert self.state() == before
        return search


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit, the tag v1."""
    folder = tmp_path / "project"
    folder.mkdir()
    made = Repository(folder)
    made.commit("First", "1")
    made.git("tag", "v1")
    return made


def test_a_commit_is_told_with_its_hash_author_date_and_title(repository):
    repository.commit("Nothing", "1")
    culprit = repository.commit("Fünf <b>\x1b[31m", "2")
    repository.commit("More", "2")
    search = repository.search("v1")
    (commit,) = search.found
    assert (commit.hash, commit.author) == (culprit, "Ada")
    assert commit.date == repository.git("log", "-1", "--format=%as")
    assert commit.title.startswith("Fünf <b>")
    assert search.alone.decision.ratio == 2


def test_titles_of_no_encoding_can_be_told(repository):
    odd = ["-c", "i18n.commitEncoding=none", "commit", "--quiet", "--allow-empty"]
    repository.git(*odd, "--message", b"\xff")
    base = repository.git("rev-parse", "v1")
    (commit,) = bisection.commits(repository.folder, base, base, changed=False)
    assert "\ufffd" in commit.told


def test_uncommitted_changes_may_have_done_it(repository):
    repository.commit("Nothing", "1")
    (repository.folder / "time").write_text("2")
    search = repository.search("v1", changed=True)
    assert search.found[0].name == "the uncommitted changes"
    assert search.commits == 2
    assert "became slower with the uncommitted changes. Against the commit before: slower" in (
        search.conclusion
    )


def merged(repository, side, *, merge):
    """Make a branch with commits of these times, a commit on main, and their merge; return it."""
    repository.git("checkout", "--quiet", "-b", "side")
    commits = [repository.commit(f"Side {n}", time) for n, time in enumerate(side)]
    repository.git("checkout", "--quiet", "main")
    (repository.folder / "other").write_text("x")
    repository.git("add", ".")
    repository.git("commit", "--quiet", "--message=Beside")
    repository.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    (repository.folder / "time").write_text(merge)
    repository.git("add", ".")
    repository.git("commit", "--quiet", "--message=Merge")
    return [*commits, repository.git("rev-parse", "HEAD")]


def test_within_a_merge_the_commit_of_the_branch_is_found(repository):
    _, culprit, _, _ = merged(repository, ["1", "2", "2"], merge="2")
    repository.commit("After", "2")
    search = repository.search("v1")
    assert [commit.hash for commit in search.found] == [culprit]
    assert search.commits == 3 + 3  # after v1, and those of the branch


def test_a_merge_may_be_slower_though_neither_side_is(repository):
    *_, merge = merged(repository, ["1", "1"], merge="2")
    search = repository.search("v1")
    assert [commit.hash for commit in search.found] == [merge]
    assert "(a merge, Ada, " in search.conclusion


def test_a_revision_that_became_faster_after_the_branch_began_is_said(repository):
    repository.git("checkout", "--quiet", "-b", "branch")
    repository.commit("Nothing", "1")
    repository.git("checkout", "--quiet", "main")
    repository.commit("Faster", "0.5")
    repository.git("checkout", "--quiet", "branch")
    search = repository.search("main")
    assert search.found[0].hash == repository.git("rev-parse", "v1")
    assert "slower before the branch began" in search.conclusion
    assert "main has become faster since" in search.conclusion


def test_a_slower_commit_of_a_branch_is_found_though_the_revision_has_gone_on(repository):
    repository.git("checkout", "--quiet", "-b", "branch")
    repository.commit("Nothing", "1")
    culprit = repository.commit("Slower", "2")
    repository.git("checkout", "--quiet", "main")
    repository.commit("Other", "1")
    repository.git("checkout", "--quiet", "branch")
    assert repository.search("main").found[0].hash == culprit


def test_a_commit_without_the_folder_of_the_run_cannot_be_measured(repository):
    tree = Checkouts(repository.folder, "inner", []).tree("v1", repository.git("rev-parse", "v1"))
    with pytest.raises(BenchError, match="v1 has no folder inner"), tree:
        pass


def test_with_nothing_between_it_is_refused(repository):
    base = repository.git("rev-parse", "v1")
    with pytest.raises(BenchError, match="there is no commit after"):
        bisection.commits(repository.folder, base, base, changed=False)


def test_without_a_common_commit_it_is_refused(repository):
    repository.git("checkout", "--quiet", "--orphan", "alone")
    repository.commit("Alone", "1")
    with pytest.raises(BenchError, match="share no commit"):
        bisection.parted(repository.folder, repository.git("rev-parse", "v1"))


# In the reports


def test_every_report_has_the_search(compared):
    search, _ = searched([1.0, 1.0, "broken", 1.0, 1.3, 1.3])
    whole = replace(compared(found("slower", 1.3)), search=search)
    assert search.conclusion in " ".join(table.searched(search, 80).split())
    said = json.loads(json.dumps(whole.as_json()))["bisect"]
    assert said["conclusion"] == search.conclusion
    assert said["found"][0] == {
        "hash": "0004",
        "author": "",
        "date": "",
        "title": "",
        "parents": ["0003"],
    }
    assert said["alone"]["ratio"] == pytest.approx(1.3)
    assert [step["commit"]["hash"] for step in said["steps"]] == [
        s.commit.hash for s in search.steps
    ]
    html, text = page.render(whole), markdown.render(whole).replace("\\", "")
    for step in search.steps:
        assert step.commit.told in html
        assert (step.skipped or step.finding.verdict) in html
        assert step.outcome in text
    assert search.conclusion in html
    assert search.conclusion in text
