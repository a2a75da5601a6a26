"""The command `hw4 bench`: benchmarks alone, or against a revision."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import pytest

from hw4 import files
from hw4.bench import history, markdown, page
from hw4.bench import table as benchmarks
from hw4.bench.bisection import Bisection, commits, parted
from hw4.bench.comparison import Comparison
from hw4.bench.margins import Margins
from hw4.bench.measure import Bench, Tell
from hw4.bench.process import BrokenDownError
from hw4.bench.trees import BenchError, Checkouts, Tree, current, last_tag, repository, resolve
from hw4.cli.exits import OK, UNEXPECTED, UNMEASURED, UnmeasuredError, UsageError, complain
from hw4.cli.targets import check, existing, write
from hw4.files import read_text
from hw4.ledger.ledger import environment
from hw4.plugin.outputs import keep_benchmarks_apart
from hw4.processes.channel import Message
from hw4.processes.endings import last_line
from hw4.processes.options import IMPORTED, WITHOUT_CACHE
from hw4.processes.signals import ENDING
from hw4.processes.temporary import own_folder, swept
from hw4.report.text.terminal import printed
from hw4.statistics.ratios import MARGIN

_WITH_REVISION = (
    "margin",
    "memory_margin",
    "history",
    "markdown",
    "html",
    "setup",
    "copy",
    "bisect",
    "anchor",
    "no_anchor",
)
DEFAULT = Path("tests/benchmarks")  # where a project has them, as this one


def bench(options: argparse.Namespace) -> int:
    """Run benchmarks, or compare them with a revision's; return the exit code.

    Raises:
        UsageError: wrong input: no benchmark, an unknown revision, a damaged file.
        UnmeasuredError: the benchmarks broke down.
    """
    if importlib.util.find_spec("pytest_benchmark") is None:
        raise UsageError("pytest-benchmark is not installed: expected it for hw4 bench")
    paths = existing(options.paths, "benchmarks")
    paths = paths or [str(DEFAULT)] * DEFAULT.is_dir()
    selection = ["-k", options.keyword] if options.keyword else []
    arguments = [*paths, *selection]
    _refuse_unused(options)
    if options.against is None:
        return _alone(arguments, options.json)
    try:
        if _is_file(options.against):
            return _against_file(arguments, Path(options.against))
        return _against_revision(paths, selection, options)
    except BenchError as error:
        raise UsageError(str(error)) from None


def _is_file(against: str) -> bool:
    """Return whether `--against` names a file of pytest-benchmark, and not a revision."""
    return against.endswith(".json")


def _refuse_unused(options: argparse.Namespace) -> None:
    """Raise UsageError for options that would do nothing beside the others."""
    against = options.against
    if against is not None and not _is_file(against):
        return
    if against is not None and options.json:
        raise UsageError("got --json with a file: expected it with a revision, or alone")
    for name in _WITH_REVISION:
        if getattr(options, name) not in (None, [], False):
            option = name.replace("_", "-")
            raise UsageError(f"got --{option} without a revision: expected --against REV beside it")


# Alone


class _Benchmarks:
    """A pytest plugin: keeps benchmarks only, and hears what becomes of them."""

    def __init__(self) -> None:
        self.count = 0
        self.measured = 0
        self.refused = ""
        self.failures: list[str] = []  # files that could not be written

    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Let a file that cannot be written cost neither the table nor the exit code."""
        keep_benchmarks_apart(
            vars(session.config)["_benchmarksession"], lambda: True, self.failures.append
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Switch benchmarks on, where the project's own settings switch them off."""
        on: Message = {"benchmark_skip": False, "benchmark_disable": False}
        vars(config.option).update(WITHOUT_CACHE | on)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Deselect other tests."""
        chosen = [item for item in items if "benchmark" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
        self.count = len(chosen)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a file could not be collected; no traceback is shown."""
        if report.failed:
            self.refused = f"{report.nodeid} cannot be collected: {last_line(report.longreprtext)}"
            report.longrepr = self.refused

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what was run to its end."""
        self.measured += report.when == "call" and report.passed


def _alone(arguments: list[str], target: Path | None) -> int:
    """Run benchmarks with pytest-benchmark, which prints its table and writes its JSON."""
    if target:
        files.check_target(target, "benchmark JSON", appended=True)
    heard = _Benchmarks()
    written = [f"--benchmark-json={target}"] if target else []
    quiet = ["-q", "--no-header", "-n0"]
    with own_folder() as folder:
        quiet += ["-o", f"cache_dir={folder / 'cache'}"]  # the project's own stays as it is
        try:
            code = pytest.main([*arguments, *quiet, *IMPORTED, *written], plugins=[heard])
        except Exception as error:  # pytest-benchmark's: "Performance has regressed."
            complain(str(error))
            return UNEXPECTED
    if code == pytest.ExitCode.USAGE_ERROR:
        raise UsageError("pytest refused its arguments, for the reason above")
    if heard.refused:
        raise UsageError(heard.refused)
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if not heard.count:
        raise UsageError("no benchmark found: expected tests that use the fixture `benchmark`")
    if not heard.measured:
        raise UnmeasuredError("no benchmark was measured: each was skipped or failed")
    if heard.failures:
        raise UnmeasuredError("; ".join(heard.failures))
    return OK if code == pytest.ExitCode.OK else UNMEASURED


# Against another run's file


def _against_file(arguments: list[str], path: Path) -> int:
    """Show ratios to another run's medians. They are not judged: exit 3, not measured."""
    before = medians(path)
    with own_folder() as folder:
        target = folder / "now.json"
        code = _alone(arguments, target)
        if code != OK:
            return code
        now = medians(target)
    for name, seconds in now.items():
        ratio = f"{seconds / before[name]:.2f}" if name in before else "new"
        print(f"{ratio:>6}  {name}")
    complain(f"not judged: {path} was measured in another run")
    return UNMEASURED


def medians(path: Path) -> dict[str, float]:
    """Return the median seconds of each benchmark in a file of pytest-benchmark.

    Raises:
        BenchError: it cannot be read, or is of another schema.
    """
    try:
        content = msgspec.convert(json.loads(read_text(path)), _Saved)
    except OSError as error:
        raise BenchError(f"{path} cannot be read: {error.strerror}") from None
    except (msgspec.ValidationError, OverflowError):
        raise BenchError(
            f"{path} has another schema: expected what --benchmark-json writes"
        ) from None
    except (ValueError, RecursionError):
        raise BenchError(f"{path} is not JSON: expected what pytest-benchmark wrote") from None
    return {each.fullname: each.stats.median for each in content.benchmarks}


class _Stats(msgspec.Struct):
    median: Annotated[float, msgspec.Meta(gt=0, le=sys.float_info.max)]


class _Benchmark(msgspec.Struct):
    fullname: str
    stats: _Stats


class _Saved(msgspec.Struct):
    """What is read of a file of pytest-benchmark."""

    benchmarks: Annotated[list[_Benchmark], msgspec.Meta(min_length=1)]


# Against a revision


def _against_revision(paths: list[str], selection: list[str], options: argparse.Namespace) -> int:
    root = repository(Path.cwd())
    commit = resolve(root, options.against)
    paths = [_in_the_tree(path, root) for path in paths]
    path = options.history or _default_history(root)
    entries = history.read(path)
    history.check_target(path)
    targets = {"JSON": options.json, "Markdown": options.markdown, "page": options.html}
    check(targets, {"history": path})
    swept()
    ENDING.gently = True  # there are processes and a checkout to be let go of
    compared = _measured(root, commit, paths, selection, options)
    found = history.entries(compared.findings, compared.time, compared.head, compared.against)
    _, failures = write(targets, lambda what, _: _rendered(compared, what))
    try:
        history.append(path, found)
    except BenchError as error:  # what was measured is shown all the same
        failures.append(str(error))
    failures += printed(_shown(compared, entries + found, path), sys.stdout)
    if failures:
        raise UnmeasuredError("; ".join(failures))
    return compared.exit_code


def _measured(
    root: Path, commit: str, paths: list[str], selection: list[str], options: argparse.Namespace
) -> Comparison:
    """Return what is found of the current tree against a commit."""
    here, head, anchor = Path.cwd(), current(root), _anchor(root, options)
    shared = parted(root, commit) if options.bisect else ""
    candidates = commits(root, commit, shared, changed=head.endswith("+")) if shared else []
    within = here.relative_to(root) if here.is_relative_to(root) else Path()
    checkouts = Checkouts(root, within, options.copy, options.setup or "")
    now, memory = Tree("the current tree", root, here), options.memory_margin
    margins = Margins(tuple(options.margin or ()), MARGIN if memory is None else memory)
    with own_folder(), checkouts.tree(options.against, commit) as before, _progress() as say:
        measured = Bench(now, before, paths, selection, margins, _told(say))
        try:
            findings = measured.run()
        except BrokenDownError as error:
            raise UnmeasuredError(str(error)) from None
        time = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        compared = Comparison(
            findings,
            options.against,
            commit[:12],
            head,
            time,
            environment(),
            memory_gates=memory is not None,
            unknown=tuple(sorted(measured.unknown)),
        )
        compared = _with_drift(compared, anchor, measured, checkouts)
        bisection = Bisection(measured, commit, shared, checkouts, candidates, say)
        return _bisected(compared, bisection) if options.bisect else compared


class _Anchor(NamedTuple):
    """A fixed older revision: its name and commit, and whether the user has named it."""

    name: str
    commit: str
    named: bool


def _anchor(root: Path, options: argparse.Namespace) -> _Anchor | None:
    """Return the anchor, by default the last tag; None where there is none.

    Raises:
        BenchError: the one that was asked for is unknown.
    """
    if options.anchor is not None:
        return _Anchor(options.anchor, resolve(root, options.anchor), named=True)
    tag = "" if options.no_anchor else last_tag(root)
    return _Anchor(tag, resolve(root, f"refs/tags/{tag}"), named=False) if tag else None


def _with_drift(
    compared: Comparison, anchor: _Anchor | None, measured: Bench, checkouts: Checkouts
) -> Comparison:
    """Return a comparison with what is found of the same benchmarks against the anchor.

    Nothing is measured of a tree that has been, or that is the current one.

    Raises:
        BenchError: the anchor that was asked for cannot be measured.
    """
    chosen = {finding.benchmark for finding in compared.findings if finding.decision}
    known = (compared.base, compared.head)
    if anchor is None or anchor.commit[:12] in known or not chosen:
        return compared
    try:
        with checkouts.tree(anchor.name, anchor.commit) as then:
            findings = replace(measured, before=then).run(chosen)
    except (BenchError, BrokenDownError) as error:
        if anchor.named:
            raise BenchError(str(error)) from None
        return replace(compared, notes=(f"no drift since {anchor.name} was measured: {error}",))
    drift = replace(compared, findings=findings, against=anchor.name, base=anchor.commit[:12])
    drift = replace(drift, unknown=())  # it is said once
    return replace(compared, drift=drift, gates=anchor.named)


def _bisected(compared: Comparison, bisection: Bisection) -> Comparison:
    """Return a comparison with the commit that the worst regression came with."""
    if compared.worst is None:
        told = "nothing to bisect: no benchmark is slower"
        return replace(compared, notes=(*compared.notes, told))
    return replace(compared, search=bisection.run(compared.worst))


def _told(say: Callable[[str], None]) -> Tell:
    return lambda benchmark, number, total: say(
        f"benchmark {number} of {total}: {benchmark.rpartition('/')[2]}"
    )


def _in_the_tree(path: str, root: Path) -> str:
    """Return a path so that it names the same place in either tree; BenchError if it cannot."""
    file, colons, test = path.partition("::")
    if not Path(file).resolve().is_relative_to(root):
        raise BenchError(f"{file} lies outside of {root}: expected benchmarks of that repository")
    return os.path.relpath(file) + colons + test


def _default_history(root: Path) -> Path:
    import hashlib

    import platformdirs

    name = f"{root.name}-{hashlib.sha256(str(root).encode()).hexdigest()[:8]}.jsonl"
    return platformdirs.user_cache_path("hw4") / "bench" / name


def _rendered(compared: Comparison, what: str) -> str:
    """Return the text of one of the files."""
    if what == "JSON":
        return json.dumps(compared.as_json(), indent=1) + "\n"
    return markdown.render(compared) if what == "Markdown" else page.render(compared)


def _shown(compared: Comparison, entries: list[history.Entry], path: Path) -> str:
    """Return what is printed of a comparison."""
    from rich.console import Console

    console = Console(legacy_windows=False)
    colour = console.color_system is not None
    said = [benchmarks.table(compared, console.width, colour=colour)]
    if compared.search:
        said.append(benchmarks.searched(compared.search, console.width))
    drawn = []
    for finding in compared.findings:
        ratios = history.ratios(entries, finding.benchmark, compared.against)
        drawn += benchmarks.history(finding.benchmark, ratios) if len(ratios) > 1 else []
    if drawn:
        said.append("\nhistory of now / before, oldest first; ┆ where the level changed\n")
        said += [f"{line}\n" for line in drawn]
    on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    marked = [f"{line}\n" for line in markdown.marks(compared) if on_github]
    return "".join([*said, f"history: {path}\n", *marked])


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Give a function that shows a text on a terminal, as which benchmark is being measured."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, legacy_windows=False)
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda text: None
        return
    with console.status("starting the benchmarks of both trees") as status:
        yield lambda text: status.update(Text(text))
