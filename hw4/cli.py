"""The command line: run · list · show · bench · compare.

Every command is a thin layer: over pytest and the ledger, `compare` over the exact tests.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from hw4.seeds import ROOT

OK, UNEXPECTED, USAGE, UNMEASURED = 0, 1, 2, 3
MOST_IMAGES = 1_000_000  # beyond any test set; the exact tests take milliseconds up to there


class UsageError(Exception):
    """Wrong usage or input, in one sentence."""


class UnmeasuredError(Exception):
    """A run that broke down, in one sentence."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence; `--help` has the rest."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0 all as expected · 1 a verdict is not the expected one · 2 wrong usage or input · 3 something
    could not be measured (a crash; with `--strict` also an inconclusive claim).
    """
    try:
        options = _parser().parse_args(arguments)
        code: int = options.command(options)
        return code
    except UsageError as error:
        print(f"hw4: {error}", file=sys.stderr)
        return USAGE
    except UnmeasuredError as error:
        print(f"hw4: {error}", file=sys.stderr)
        return UNMEASURED
    except BrokenPipeError:  # the reader of our output has gone, as in `hw4 list | head`
        sys.stderr.close()
        return OK
    except KeyboardInterrupt:
        print("hw4: interrupted; finished runs are kept", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="hw4",
        description="Statements about training neural networks, decided across seeds.",
        epilog="exit codes: 0 as expected · 1 an unexpected verdict · 2 wrong usage or input · "
        "3 something could not be measured",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    run = commands.add_parser("run", help="decide the claims and print the table of verdicts")
    _add_paths(run)
    run.add_argument(
        "--profile", choices=("quick", "homework"), default="quick", help="how large the runs are"
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
    run.add_argument("--fresh-seeds", action="store_true", help="draw a new root, and say it")
    run.add_argument("--ledger", type=Path, metavar="FILE", help="write the verdicts as JSON")
    run.add_argument("--store", type=Path, metavar="FILE", help="keep finished runs here")
    run.add_argument("--strict", action="store_true", help="exit 3 on an inconclusive claim too")
    run.set_defaults(command=_run)

    listing = commands.add_parser("list", help="name the claims")
    _add_paths(listing)
    listing.set_defaults(command=_list)

    show = commands.add_parser("show", help="one claim's evidence, from the last run or a ledger")
    show.add_argument("id", metavar="ID", help="as hw4 list names it")
    show.add_argument("--ledger", type=Path, metavar="FILE", help="default: the last run's")
    show.set_defaults(command=_show)

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
        "--margin", type=_margin, default=0.1, metavar="M", help="no regression below (0.1)"
    )
    bench.add_argument("--history", type=Path, metavar="FILE", help="append ratios as JSON lines")
    bench.add_argument("--json", type=Path, metavar="FILE", help="write pytest-benchmark's JSON")
    bench.set_defaults(command=_bench)

    compare = commands.add_parser("compare", help="are reported accuracies k/n different?")
    compare.add_argument(
        "proportions", nargs="+", type=_proportion, metavar="K/N", help="two or more, as 118/175"
    )
    compare._negative_number_matcher = re.compile(r"-\d")  # -1/5 is a bad K/N, not an option
    compare.set_defaults(command=_compare)
    return parser


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders (default: the homework's claims)"
    )
    parser.add_argument("-k", dest="keyword", metavar="EXPR", help="as pytest's -k")
    parser.add_argument(
        "-m", dest="marker", metavar="EXPR", help="as pytest's -m: 'not serial' leaves out time"
    )


def _seed(text: str) -> int:
    return _whole_number(text, 0)


def _jobs(text: str) -> int:
    return _whole_number(text, 1)


def _whole_number(text: str, least: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise argparse.ArgumentTypeError(
            f"got {text!r}, expected a whole number of at least {least}"
        )
    return int(text)


def _margin(text: str) -> float:
    try:
        margin = float(text)
    except ValueError:
        margin = 0.0
    if not 0 < margin < 10:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a fraction above 0, as 0.1")
    return margin


def _proportion(text: str) -> tuple[int, int]:
    """Return (k, n) of "k/n"."""
    written = re.fullmatch(r"(\d{1,7})/(\d{1,7})", text, re.ASCII)
    hits, total = map(int, written.groups()) if written else (0, 0)
    if not written or not max(1, hits) <= total <= MOST_IMAGES:
        raise argparse.ArgumentTypeError(
            f"got {text!r}, expected k/n as 118/175: whole numbers, 0 <= k <= n, "
            f"1 <= n <= {MOST_IMAGES:,}"
        )
    return hits, total


def _run(options: argparse.Namespace) -> int:
    from hw4.running import run

    return run(options)


def _bench(options: argparse.Namespace) -> int:
    from hw4.benching import run

    return run(options)


def _list(options: argparse.Namespace) -> int:
    from hw4.running import collect

    claims = collect(options.paths, options.keyword, options.marker)
    rows = {(claim.id, claim.kind, claim.statement): claim.source for claim in claims}
    width = max(len(claim.id) for claim in claims)
    for (name, kind, statement), source in sorted(rows.items()):
        print(f"{name:{width}}  {kind:10}  {statement}")
        if source:
            print(f"{'':{width}}  {'':10}  {source}")
    return OK


def _show(options: argparse.Namespace) -> int:
    from hw4 import ledger
    from hw4.report import evidence
    from hw4.running import last_ledger

    path = options.ledger or last_ledger()
    if options.ledger is None and not path.exists():
        raise UsageError("no run to show yet: expected hw4 run before, or --ledger FILE")
    try:
        book = ledger.read(path)
    except ledger.LedgerError as error:
        raise UsageError(str(error)) from None
    records = [r for r in book["claims"] + book["errors"] if r["id"] == options.id]
    if not records:
        known = sorted({record["id"] for record in book["claims"] + book["errors"]})
        raise UsageError(_unknown(options.id, known, path))
    print("\n\n".join(evidence.drawn(record, book["alpha"]) for record in records))
    return OK


def _compare(options: argparse.Namespace) -> int:
    from hw4 import comparing

    if len(options.proportions) == 1:
        hits, total = options.proportions[0]
        raise UsageError(f"got only {hits}/{total}, expected at least two proportions to compare")
    print(comparing.described(options.proportions))
    return OK


def _unknown(name: str, known: list[str], path: Path) -> str:
    containing = [each for each in known if name in each]
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    near = list(dict.fromkeys(containing + close))[:3]
    expected = f"did you mean {' or '.join(near)}?" if near else "hw4 list names them"
    return f"unknown claim {name!r} in {path}: {expected}"


if __name__ == "__main__":
    from hw4 import cli  # once more by its name: hw4.running raises that module's errors

    sys.exit(cli.main())
