"""The command line: run · list · show · report · store · new · bench · compare.

This file only parses. Every command is a thin layer of its own: over pytest (`run`, `bench`), over
ledgers (`report`), over the store (`store`), over the exact tests (`hw4.report.text.compare`);
`new` copies a file.
"""

from __future__ import annotations

import argparse
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from hw4.claims.faults import told
from hw4.cli.exits import OK, UNMEASURED, USAGE, UnmeasuredError, UsageError, complain
from hw4.files import FileError, UnwrittenError
from hw4.guest import guest
from hw4.processes.signals import ENDING, KEPT
from hw4.report.text import terminal
from hw4.seeds import ROOT
from hw4.statistics.proportions import MOST_IMAGES
from hw4.versions import version


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
            code = options.command(options)
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
            complain(f"{error.filename or 'a file'} cannot be used: {error.strerror}")
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
    _add_show(commands)
    _add_report(commands)
    _add_store(commands)
    _add_new(commands)
    _add_bench(commands)
    _add_compare(commands)
    return parser


def _add_run(commands: Any) -> None:
    run = commands.add_parser("run", help="decide the claims and print the table of verdicts")
    _add_paths(run)
    run.add_argument(
        "--profile",
        choices=("quick", "homework"),
        default="quick",
        help="quick: minutes; homework: overnight (default: quick)",
    )
    run.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="NAME|PATH",
        help="phantom, digits, a folder or an .npz, instead of each claim's own; repeatable",
    )
    run.add_argument("--jobs", type=_jobs, metavar="N", help="processes (default: one a core)")
    run.add_argument(
        "--root-seed", type=_seed, default=ROOT, metavar="N", help="root of every seed"
    )
    run.add_argument(
        "--fresh-seeds", action="store_true", help="use new seeds and print their root"
    )
    run.add_argument(
        "--confirm",
        action="store_true",
        help="confirm what is registered as supported, with fewer seeds, and decide the rest",
    )
    run.add_argument("--ledger", type=Path, metavar="FILE", help="write the verdicts as JSON")
    run.add_argument("--report", type=Path, metavar="FILE", help="write the HTML page")
    _add_summaries(run)
    run.add_argument("--junitxml", type=Path, metavar="FILE", help="as pytest's --junitxml")
    run.add_argument("--store", type=Path, metavar="FILE", help="keep finished runs here")
    run.add_argument(
        "--strict",
        action="store_true",
        help="exit 3 on an inconclusive claim or a warning too",
    )
    run.set_defaults(command=_run, kept=KEPT)


def _add_list(commands: Any) -> None:
    listing = commands.add_parser("list", help="list the claims")
    _add_paths(listing)
    listing.set_defaults(command=_list)


def _add_show(commands: Any) -> None:
    show = commands.add_parser("show", help="one claim's evidence, from the last run or a ledger")
    show.add_argument("id", metavar="ID", help="as hw4 list names it, or 'ID [INSTANCE]'")
    show.add_argument("--ledger", type=Path, metavar="FILE", help="default: the last run's")
    show.set_defaults(command=_show)


def _add_report(commands: Any) -> None:
    report = commands.add_parser(
        "report",
        help="a ledger as a page; the difference between two",
        description="Write a ledger's HTML page, by default beside the ledger, or what else is "
        "asked for.",
        epilog="exit codes: 0 written · 1 against the baseline, a verdict changed or is gone, or a "
        "claim is no longer measured · 2 wrong usage or input",
    )
    report.add_argument("ledger", type=Path, metavar="LEDGER", help="as hw4 run --ledger wrote it")
    report.add_argument(
        "--baseline",
        type=Path,
        metavar="LEDGER",
        help="an older ledger: print the difference, and show it on the page and in the summary",
    )
    report.add_argument(
        "--html", dest="report", type=Path, metavar="FILE", help="write the page here"
    )
    _add_summaries(report)
    report.set_defaults(command=_report)


def _add_store(commands: Any) -> None:
    store = commands.add_parser(
        "store",
        help="what the store of finished runs holds; drop what is of no use",
        description="Say where the store is, how large, and how many runs of which versions it "
        "holds; verify every row; and offer to drop what does not verify and what the installed "
        "versions cannot use.",
    )
    store.add_argument("--store", type=Path, metavar="FILE", help="default: the user's cache")
    store.add_argument("--yes", action="store_true", help="drop it, and do not ask")
    store.set_defaults(command=_store)


def _add_new(commands: Any) -> None:
    new = commands.add_parser(
        "new", help="write a small claims file to start from, which runs as it is"
    )
    new.add_argument("name", metavar="NAME", help="it becomes test_NAME.py in this folder")
    new.set_defaults(command=_new)


def _add_bench(commands: Any) -> None:
    bench = commands.add_parser("bench", help="benchmarks; with a revision, side by side")
    bench.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files or folders (default: tests/benchmarks, or where pytest looks)",
    )
    bench.add_argument("-k", dest="keyword", metavar="EXPR", help="as pytest's -k")
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
    bench.add_argument("--history", type=Path, metavar="FILE", help="append ratios as JSON lines")
    bench.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write the comparison as JSON; without --against, pytest-benchmark's own",
    )
    bench.add_argument(
        "--markdown", type=Path, metavar="FILE", help="append the comparison, for a pull request"
    )
    bench.add_argument("--html", type=Path, metavar="FILE", help="write the comparison as a page")
    bench.set_defaults(command=_bench, kept="nothing was written: run it again")


def _add_compare(commands: Any) -> None:
    compare = commands.add_parser("compare", help="are reported accuracies different?")
    compare.add_argument(
        "proportions",
        nargs="+",
        metavar="K/N",
        help="two or more, as 118/175; or shares, as 0.674 or 67.4%%, with --images",
    )
    compare.add_argument(
        "--images", type=_images, metavar="N", help="of how many test images shares were reported"
    )
    compare._negative_number_matcher = re.compile(r"-\d")  # -1/5 is a bad K/N, not an option
    compare.set_defaults(command=_compare)


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help=f"files or folders (default: {guest().name})"
    )
    parser.add_argument("-k", dest="keyword", metavar="EXPR", help="as pytest's -k")
    parser.add_argument(
        "-m",
        dest="marker",
        metavar="EXPR",
        help="as pytest's -m: 'not hw4_serial' skips claims about time",
    )


def _add_summaries(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--markdown",
        type=Path,
        metavar="FILE",
        help="append a summary for a CI job's page, as to $GITHUB_STEP_SUMMARY",
    )
    parser.add_argument(
        "--badge", type=Path, metavar="FILE", help="write JSON for a badge of shields.io"
    )


def _seed(text: str) -> int:
    return _whole_number(text, 0)


def _jobs(text: str) -> int:
    return _whole_number(text, 1)


def _images(text: str) -> int:
    return _whole_number(text, 1, MOST_IMAGES)


def _whole_number(text: str, least: int, most: int | None = None) -> int:
    fits = text.isascii() and text.isdigit() and len(text) < 100
    if not fits or int(text) < least or (most and int(text) > most):
        upto = f" and at most {most:,}" if most else ""
        raise argparse.ArgumentTypeError(
            f"got {text!r}, expected a whole number of at least {least}{upto}"
        )
    return int(text)


def _margin(text: str) -> tuple[str, float]:
    """Return (pattern, margin) of "M" or "PATTERN=M"; the pattern of all is ""."""
    pattern, equals, number = text.rpartition("=")
    try:
        margin = float(number)
    except ValueError:
        margin = 0.0
    if not 0 < margin < 10 or (equals and not pattern):
        raise argparse.ArgumentTypeError(
            f"got {text!r}, expected a fraction above 0, as 0.1 or '*cnn*=0.3'"
        )
    return pattern, margin


def _run(options: argparse.Namespace) -> int:
    from hw4.cli.run import run

    return run(options)


def _bench(options: argparse.Namespace) -> int:
    from hw4.cli.bench import run

    return run(options)


def _list(options: argparse.Namespace) -> int:
    from hw4.cli.run import collect
    from hw4.report.text.listing import listed

    claims = collect(options.paths, options.keyword, options.marker)
    print(listed(claims, terminal.columns()))
    return OK


def _show(options: argparse.Namespace) -> int:
    from hw4.cli.report import show

    return show(options)


def _report(options: argparse.Namespace) -> int:
    from hw4.cli.report import report

    return report(options)


def _store(options: argparse.Namespace) -> int:
    from hw4.cli.store import store

    return store(options)


def _new(options: argparse.Namespace) -> int:
    from hw4.cli.new import new

    return new(options)


def _compare(options: argparse.Namespace) -> int:
    from hw4.cli.compare import compare

    return compare(options)
