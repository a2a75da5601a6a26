"""What the plugin adds to pytest's options and settings, and whether a run asks for any of it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from hw4.roots import ROOT, whole
from hw4.training.profiles import PROFILES, QUICK

BENCHMARKS = "hw4_serial_benchmarks"  # the ini key by which a project asks for the serial phase
CONFIRM = "hw4_confirm"
DOCUMENT = "hw4_document"
JOBS = "hw4_jobs"
MARK = "hw4_serial"
RESIZE = "hw4_resize"


def add(parser: pytest.Parser) -> None:
    """Add the options that decide what a verdict rests on."""
    _add_keys(parser)
    group = parser.getgroup("hw4", "claims about training")
    group.addoption(
        "--hw4-root-seed", type=whole(0), default=ROOT, metavar="N", help="root of every seed"
    )
    group.addoption(
        "--hw4-fresh-seeds", action="store_true", help="use new seeds and print their root"
    )
    group.addoption(
        "--hw4-profile",
        choices=list(PROFILES),
        default=QUICK.name,
        help="quick: minutes; homework: overnight (default: quick)",
    )
    group.addoption(
        "--hw4-data",
        action="append",
        metavar="NAME|PATH",
        help="run every claim on this data: phantom, digits, a folder, .npz or .csv; repeatable",
    )
    group.addoption(
        "--hw4-resize",
        metavar="SIDE|HxW",
        help="resize all images to this many pixels, as 32 or 32x48 (default: the ini key "
        "hw4_resize, or none)",
    )
    group.addoption(
        "--hw4-confirm",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="confirm what is registered as supported, with fewer seeds, and decide the rest "
        "(default: as the ini key hw4_confirm says)",
    )
    _add_how(group)


def _add_how(group: pytest.OptionGroup) -> None:
    """Add the options that no verdict rests on: where work is done, and what is written where."""
    group.addoption(
        "--hw4-jobs",
        type=whole(1),
        metavar="N",
        help="run so many seeds of a claim that asks for `seed` side by side (default: the ini key "
        "hw4_jobs, or 1)",
    )
    group.addoption(
        "--hw4-ledger", type=Path, metavar="FILE", help="write the verdicts here, as JSON"
    )
    group.addoption(
        "--hw4-store", type=Path, metavar="FILE", help="keep finished runs here, not in the cache"
    )
    group.addoption(
        "--hw4-scheduler", metavar="ADDRESS", help="train on the workers of this scheduler of Dask"
    )
    # The two that `hw4 run` uses:
    group.addoption("--hw4-only-claims", action="store_true", help=argparse.SUPPRESS)
    group.addoption("--hw4-progress-file", type=Path, help=argparse.SUPPRESS)


def _add_keys(parser: pytest.Parser) -> None:
    """Add what a project may set in its ini file."""
    told = "the text that the claims quote, in Markdown: the report opens with it"
    parser.addini(DOCUMENT, told, type="string", default="")
    parser.addini(CONFIRM, "whether --hw4-confirm is the default", type="bool", default=False)
    parser.addini(RESIZE, "what --hw4-resize is by default", type="string", default="")
    parser.addini(JOBS, "what --hw4-jobs is by default; -n of xdist sets 1", default="")
    told = "whether benchmarks run after the workers of xdist, alone on the machine"
    parser.addini(BENCHMARKS, told, type="bool", default=False)


def jobs(config: pytest.Config) -> int:
    """Return how many seeds of a claim run side by side.

    Raises:
        pytest.UsageError: that is no number; or xdist's workers run whole tests side by side.
    """
    given, key = config.option.hw4_jobs, config.getini(JOBS)
    if is_distributing(config):
        if given not in (None, 1):
            raise pytest.UsageError(f"got --hw4-jobs={given} with -n: expected one of them")
        return 1
    if given is None and key:
        try:
            return whole(1)(key)
        except argparse.ArgumentTypeError as error:
            raise pytest.UsageError(f"{JOBS}: {error}") from None
    return given or 1


def settled(option: argparse.Namespace) -> dict[str, object]:
    """Return what another process of the same run must not settle anew."""
    names = ("hw4_root_seed", "hw4_data", "hw4_resize", "hw4_confirm")
    return {name: getattr(option, name) for name in names} | {"hw4_store": str(option.hw4_store)}


def are_used(config: pytest.Config) -> bool:
    """Return whether the command line, the project or another process has set any of them.

    Under xdist the answer is yes for the process that the workers report to: it sees no files, and
    so no claims before their verdicts.
    """
    option = vars(config.option).items()
    values = [value for name, value in option if name.startswith("hw4_") and value != QUICK.name]
    keys = map(config.getini, (BENCHMARKS, CONFIRM, DOCUMENT, JOBS, RESIZE))
    return any(values) or any(keys) or is_distributing(config)


def is_distributing(config: pytest.Config) -> bool:
    """Return whether this process is xdist's controller, and its workers run the tests."""
    return config.getoption("dist", "no") != "no" and bool(config.getoption("tx", None))
