"""The command line: run · list · plan · show · report · store · new · bench · compare.

This file only parses, and imports a command's own file when it is asked for. Each is a thin layer:
over pytest (`run`, `bench`), over ledgers (`report`), over the store (`store`), over the exact
tests (`hw4.report.text.compare`); `new` copies a file.
"""

from __future__ import annotations

import argparse
import pkgutil
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from hw4.claims.faults import told
from hw4.cli.exits import OK, UNMEASURED, USAGE, UnmeasuredError, UsageError, complain
from hw4.files import FileError, UnwrittenError
from hw4.guest import guest
from hw4.processes.signals import ENDING, KEPT
from hw4.report.text import terminal
from hw4.roots import ROOT, whole
from hw4.statistics.proportions import MOST_IMAGES
from hw4.training.profiles import PROFILES, QUICK
from hw4.versions import version

Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence; `--help` has the rest."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0 all as expected · 1 a verdict is not the expected one · 2 wrong usage or input · 3 something
    could not be measured (a crash; with `--strict` also an inconclusive claim, or evidence with a
    warning).
    """
    terminal.adapt(sys.stdout, sys.stderr)
    try:
        code = _answer(arguments)
    except BaseException as error:
        if not ENDING.number and not isinstance(error, KeyboardInterrupt):
            raise
        return ENDING.over(None)  # whatever a signal has become on its way here
    return ENDING.over(code)


def _answer(arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code; what went wrong is said in one sentence."""
    code: int = OK
    try:
        parser = _parser()
        options = parser.parse_args(arguments)
        ENDING.kept = options.kept
        if "command" in options:
            code = pkgutil.resolve_name(options.command)(options)
        else:
            parser.print_help()
        sys.stdout.flush()  # a disk that is full is noticed here
    except (UnwrittenError, UnmeasuredError) as error:
        complain(str(error))
        return UNMEASURED
    except (UsageError, FileError) as error:
        complain(str(error))
        return USAGE
    except SystemExit:  # of --help, which has been printed
        if failures := terminal.printed("", sys.stdout):
            complain(*failures)
            return UNMEASURED
        raise
    except OSError as error:
        if failures := terminal.printed("", sys.stdout):
            complain(*failures)
        elif isinstance(error, BrokenPipeError):  # the reader has gone, as in `hw4 list | head`
            return code
        else:
            complain(f"{error.filename or 'a file'} cannot be used: {error.strerror or error}")
        return UNMEASURED
    except Exception as error:  # exit code 1 would say that a verdict changed
        if ENDING.number:
            raise
        traceback.print_exc()
        complain(f"broke down, a fault of hw4 itself: {told(error)}")
        return UNMEASURED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="hw4",
        description="Statements about training neural networks, decided across seeds.",
        epilog="exit codes: 0 as expected · 1 an unexpected verdict · 2 wrong usage or input · "
        "3 something could not be measured",
    )
    parser.add_argument("--version", action="version", version=f"hw4 {version('hw4')}")
    parser.set_defaults(kept="")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)
    _add_run(commands)
    _add_list(commands)
    _add_plan(commands)
    _add_show(commands)
    _add_report(commands)
    _add_store(commands)
    _add_new(commands)
    _add_bench(commands)
    _add_compare(commands)
    return parser


def _add_run(commands: Commands) -> None:
    run = commands.add_parser("run", help="decide the claims and print the table of verdicts")
    _add_paths(run)
    _add_sizes(run)
    _add_number(run, "--jobs", "processes (default: one a core, or a thread of --scheduler)", 1)
    run.add_argument(
        "--scheduler", metavar="ADDRESS", help="train on the workers of this scheduler of Dask"
    )
    _add_number(run, "--root-seed", "root of every seed", 0, default=ROOT)
    _add_switch(run, "--fresh-seeds", "use new seeds and print their root")
    _add_switch(
        run,
        "--confirm",
        "confirm what is registered as supported, with fewer seeds, and decide the rest",
    )
    _add_files(run, ledger="write the verdicts as JSON", report="write the HTML page", **_SUMMARIES)
    _add_files(run, junitxml="as pytest's --junitxml", store="keep finished runs here")
    _add_switch(run, "--strict", "exit 3 on an inconclusive claim or a warning too")
    run.set_defaults(command="hw4.cli.run:run", kept=KEPT)


def _add_list(commands: Commands) -> None:
    listing = commands.add_parser("list", help="list the claims")
    _add_paths(listing)
    listing.set_defaults(command="hw4.cli.run:list_claims")


def _add_plan(commands: Commands) -> None:
    plan = commands.add_parser(
        "plan",
        help="what the claims may cost and can detect, before any is decided",
        description="Print how many seeds, runs and minutes each claim may take, and how often its "
        "test comes to each verdict, by exact computation. Nothing is decided.",
    )
    _add_paths(plan)
    _add_sizes(plan)
    _add_files(plan, ledger="an earlier run, for runs and minutes (default: the last one)")
    plan.set_defaults(command="hw4.cli.plan:plan")


def _add_show(commands: Commands) -> None:
    show = commands.add_parser("show", help="one claim's evidence, from the last run or a ledger")
    show.add_argument("id", metavar="ID", help="as hw4 list names it, or 'ID [INSTANCE]'")
    _add_files(show, ledger="default: the last run's")
    show.set_defaults(command="hw4.cli.report:show")


def _add_report(commands: Commands) -> None:
    report = commands.add_parser(
        "report",
        help="a ledger as a page; the difference between two; many over time",
        description="Write a ledger's HTML page, by default beside the ledger, or what else is "
        "asked for. Of several, the page is the newest one's, and shows each claim and benchmark "
        "run by run.",
        epilog="exit codes: 0 written · 1 against the baseline, a verdict changed or is gone, or a "
        "claim is no longer measured · 2 wrong usage or input",
    )
    report.add_argument(
        "ledgers",
        type=Path,
        nargs="+",
        metavar="LEDGER",
        help="as hw4 run --ledger wrote it; more of them, or a folder, to see them over time; and "
        "files of hw4 bench --json or --history",
    )
    report.add_argument(
        "--baseline",
        type=Path,
        metavar="LEDGER",
        help="an older ledger: print the difference, and show it on the page and in the summary",
    )
    report.add_argument(
        "--html", dest="report", type=Path, metavar="FILE", help="write the page here"
    )
    _add_files(report, **_SUMMARIES)
    report.set_defaults(command="hw4.cli.report:report")


def _add_store(commands: Commands) -> None:
    store = commands.add_parser(
        "store",
        help="what the store of finished runs holds; drop what is of no use",
        description="Say where the store is, how large, and how many runs of which versions it "
        "holds; verify every row; and offer to drop what does not verify and what the installed "
        "versions cannot use.",
    )
    _add_files(store, store="default: the user's cache")
    _add_switch(store, "--yes", "drop it, and do not ask")
    store.set_defaults(command="hw4.cli.store:store")


def _add_new(commands: Commands) -> None:
    new = commands.add_parser(
        "new", help="write a small claims file to start from, which runs as it is"
    )
    new.add_argument(
        "name",
        nargs="?",
        default="claims",
        metavar="NAME",
        help="of the file, test_NAME.py in this folder (default: test_claims.py); the examples "
        "in it are the same whatever its name",
    )
    new.set_defaults(command="hw4.cli.new:new")


def _add_bench(commands: Commands) -> None:
    bench = commands.add_parser("bench", help="benchmarks; with a revision, side by side")
    _add_selection(bench, "default: tests/benchmarks, or where pytest looks")
    bench.add_argument(
        "--against",
        metavar="REV",
        help="a commit, branch or tag to measure in the same run, in turns; or a file of "
        "pytest-benchmark, whose ratios are shown and not judged",
    )
    bench.add_argument(
        "--margin",
        type=_margin,
        action="append",
        metavar="[PATTERN=]M",
        help="ignore slowdowns below this fraction (default: 0.1), of all benchmarks or of those "
        "whose node id fits, as '*cnn*=0.3'; repeatable, the last one that fits counts",
    )
    bench.add_argument(
        "--memory-margin",
        type=_fraction,
        metavar="M",
        help="fail if a benchmark needs more memory by more than this fraction (default: 0.1, and "
        "do not fail)",
    )
    bench.add_argument(
        "--copy",
        action="append",
        default=[],
        metavar="GLOB",
        help="copy what git does not have into the revision's checkout, as 'src/**/*.so'; "
        "repeatable",
    )
    bench.add_argument(
        "--setup",
        metavar="COMMAND",
        help="run this in the revision's checkout before it is measured, as to build extensions",
    )
    _add_anchor(bench)
    bench.add_argument("--bisect", action="store_true", help="find the worst regression's commit")
    _add_files(
        bench,
        history="append ratios as JSON lines",
        json="write the comparison as JSON; without --against, pytest-benchmark's own",
        markdown="append the comparison, for a pull request",
        html="write the comparison as a page",
    )
    bench.set_defaults(command="hw4.cli.bench:bench", kept="nothing was written: run it again")


def _add_anchor(bench: argparse.ArgumentParser) -> None:
    anchor = bench.add_mutually_exclusive_group()
    anchor.add_argument(
        "--anchor",
        metavar="REV",
        help="also compare with this fixed revision, and fail if that is a regression (default: "
        "the last tag, and do not fail)",
    )
    anchor.add_argument("--no-anchor", action="store_true", help="compare with --against alone")


def _add_compare(commands: Commands) -> None:
    compare = commands.add_parser("compare", help="are reported accuracies different?")
    compare.add_argument(
        "proportions",
        nargs="+",
        metavar="K/N",
        help="two or more, as 118/175; or shares, as 0.674 or 67.4%%, with --images",
    )
    _add_number(compare, "--images", "of how many test images shares were reported", 1, MOST_IMAGES)
    compare._negative_number_matcher = re.compile(r"-\d")  # -1/5 is a bad K/N, not an option
    compare.set_defaults(command="hw4.cli.compare:compare")


def _add_sizes(parser: argparse.ArgumentParser) -> None:
    """Add what decides how large the runs are, and which instances there are."""
    parser.add_argument(
        "--profile",
        choices=list(PROFILES),
        default=QUICK.name,
        help="quick: minutes; homework: overnight (default: quick)",
    )
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="NAME|PATH",
        help="phantom, digits, a folder, .npz or .csv, instead of each claim's own; repeatable",
    )
    parser.add_argument(
        "--resize",
        metavar="SIDE|HxW",
        help="resize all images to this many pixels, as 32 or 32x48 (height and width)",
    )


def _add_paths(parser: argparse.ArgumentParser) -> None:
    _add_selection(parser, f"default: {guest().name}")
    parser.add_argument(
        "-m",
        dest="marker",
        metavar="EXPR",
        help="as pytest's -m: 'not hw4_serial' skips claims about time",
    )


def _add_selection(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help=f"files or folders ({default})")
    parser.add_argument("-k", dest="keyword", metavar="EXPR", help="as pytest's -k")


_SUMMARIES = {
    "markdown": "append a summary for a CI job's page, as to $GITHUB_STEP_SUMMARY",
    "badge": "write JSON for a badge of shields.io",
}


def _add_files(parser: argparse.ArgumentParser, **helps: str) -> None:
    """Add options that take a file, by name: what --help says of each."""
    for name, said in helps.items():
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=said)


def _add_switch(parser: argparse.ArgumentParser, option: str, help: str) -> None:
    parser.add_argument(option, action="store_true", help=help)


def _add_number(
    parser: argparse.ArgumentParser,
    option: str,
    help: str,
    least: int,
    most: int | None = None,
    default: int | None = None,
) -> None:
    """Add an option that takes a whole number."""
    parser.add_argument(option, type=whole(least, most), default=default, metavar="N", help=help)


def _margin(text: str) -> tuple[str, float]:
    """Return (pattern, margin) of "M" or "PATTERN=M"; the pattern of all is ""."""
    pattern, equals, number = text.rpartition("=")
    margin = _fraction_of(number)
    if not margin or (equals and not pattern):
        raise argparse.ArgumentTypeError(
            f"got {text!r}, expected a fraction above 0, as 0.1 or '*cnn*=0.3'"
        )
    return pattern, margin


def _fraction(text: str) -> float:
    """Return a margin of "M"."""
    if margin := _fraction_of(text):
        return margin
    raise argparse.ArgumentTypeError(f"got {text!r}, expected a fraction above 0, as 0.1")


def _fraction_of(text: str) -> float:
    """Return a number above 0 and below 10; 0 for what is none."""
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0 < number < 10 else 0.0
