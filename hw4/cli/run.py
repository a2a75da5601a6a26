"""Runs pytest for the command line: same claims, same plugin, another display."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from hw4.claims.faults import told
from hw4.cli import report as reporting
from hw4.cli.exits import OK, UNEXPECTED, UNMEASURED, USAGE, UnmeasuredError, UsageError, complain
from hw4.cli.progress import Watcher, bar, is_watched
from hw4.cli.targets import check, existing
from hw4.files import FileError, real
from hw4.guest import ROOT, guest
from hw4.ledger import ledger
from hw4.ledger.records import Ledger
from hw4.networks import backend
from hw4.processes.endings import refusal
from hw4.processes.options import IMPORTED
from hw4.processes.temporary import own_folder, swept
from hw4.report.text import summary
from hw4.report.text.terminal import FALLBACK, columns, printed
from hw4.store.database import check as check_store
from hw4.store.store import default_path
from hw4.versions import version

_ASKED = 64  # claims at once, of a large cluster: each process takes memory on this machine


def run(options: argparse.Namespace) -> int:
    """Decide claims, show progress and verdicts, write ledger and report; return the exit code.

    Raises:
        UsageError: pytest could not collect, or refused the options; two files are the same one.
        FileError: a file could not be written, found before the work.
        UnmeasuredError: pytest broke down, or a file could not be written after the work.
    """
    targets = reporting.targets_of(options)
    if options.store:
        check_store(options.store)
    others = {"ledger": options.ledger, "store": options.store}
    check({**targets, "JUnit XML": options.junitxml}, others)
    _settle_jobs(options)
    stdout, encoding = os.dup(sys.stdout.fileno()), sys.stdout.encoding
    with os.fdopen(stdout, "w", encoding=encoding, errors=FALLBACK) as terminal:
        console, watcher = Console(file=terminal, legacy_windows=False), Watcher()
        status = _decide(options, watcher, console)
        book, undecided = watcher.ledger(), watcher.undecided() + watcher.late()
        written, failures = reporting.write_book(targets, book)
        for notice in [*watcher.notices(), *_kept_for_show(book), *undecided]:
            complain(notice)
        colour = console.color_system is not None
        said = ["\n"] * (is_watched(console) and bool(watcher.records))  # below the verdicts
        said += [summary.table(book, columns(), colour=colour), *(f"{line}\n" for line in written)]
        failures += printed("".join(said), terminal)
    if failures:
        raise UnmeasuredError("; ".join(failures))
    lost = status == pytest.ExitCode.INTERNAL_ERROR  # of an output: a notice has said which
    found = exit_code(book, options.strict)
    return UNMEASURED if found in (OK, UNEXPECTED) and (undecided or lost) else found


def _settle_jobs(options: argparse.Namespace) -> None:
    """Settle how many claims are asked at once; compare a scheduler's workers with this machine.

    A process here does little but wait for one claim's blocks.

    Raises:
        UsageError: the scheduler cannot be used.
    """
    if not options.scheduler:
        options.jobs = options.jobs or backend.cores()
        return
    from hw4.cluster import dask, place

    backend.configure()
    scheduler = dask.Scheduler(options.scheduler)
    try:
        with contextlib.closing(scheduler):
            threads = scheduler.compared()
    except place.PlaceError as error:
        raise UsageError(str(error)) from None
    options.jobs = options.jobs or min(threads, _ASKED)


def _decide(options: argparse.Namespace, watcher: Watcher, console: Console) -> int:
    """Run pytest, and show how far it is; return its exit code."""
    backend.configure()  # a conftest.py may import TensorFlow
    watcher.remarks += _remarks(options)
    with own_folder(store=_store(options)) as folder:
        progress = folder / "progress"
        arguments = [*_selection(options), *_settings(options)]
        arguments += ["--hw4-only-claims", f"--hw4-progress-file={progress}"]
        with bar(watcher, progress, console):
            status, said = _pytest(arguments, watcher, folder)
    _raise_for_problems(status, said, watcher, options)
    return status


def _remarks(options: argparse.Namespace) -> list[str]:
    """Remove what killed runs have left; return a sentence if one of them used this run's store."""
    killed = any(each.get("store") == _store(options) for each in swept())
    return [
        "an earlier run was killed, as the system does when memory runs out; "
        "its finished runs are kept, and this one went on from there"
    ] * killed


def _store(options: argparse.Namespace) -> str:
    return str(real(options.store or default_path()))


def _kept_for_show(book: Ledger) -> list[str]:
    """Write the ledger for `hw4 show`, a convenience; return a sentence if that cannot be."""
    path = reporting.last_ledger()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ledger.write(path, book)
    except (FileError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error).rpartition(": ")[2]
        return [f"{path}, which hw4 show reads, cannot be written: {why}"]
    return []


def exit_code(book: Ledger, strict: bool) -> int:
    """Return what a run's ledger means to a shell: the gravest finding wins."""
    faults = {record.error for record in book.errors}
    unsettled = any(record.verdict == "inconclusive" for record in book.claims)
    if "claim" in faults:
        return USAGE
    warned = any(record.warnings for record in book.claims)
    if faults or (strict and (unsettled or warned)):
        return UNMEASURED
    return OK if all(record.as_expected for record in book.claims) else UNEXPECTED


def list_claims(options: argparse.Namespace) -> int:
    """Print the claims that pytest finds, without deciding any.

    Raises:
        UsageError: pytest could not collect, or there is no claim.
    """
    from hw4.report.text.listing import listed

    watcher = Watcher()
    collect(options, watcher)
    print(listed([claim for claim, _ in watcher.instances], columns()))
    return OK


def collect(options: argparse.Namespace, watcher: Watcher, settings: Sequence[str] = ()) -> None:
    """Let pytest find the claims that a command line selects, without deciding any.

    Raises:
        UsageError: pytest could not collect, or there is no claim.
    """
    with own_folder() as folder:
        selected = [*_selection(options), *settings, "--collect-only", "--hw4-only-claims"]
        status, said = _pytest(selected, watcher, folder)
    _raise_for_problems(status, said, watcher, options)


def _selection(options: argparse.Namespace) -> list[str]:
    """Return pytest's arguments for what to run: the guest's claims by default."""
    arguments = existing(options.paths, "claims")
    if not arguments:
        if not (version("tensorflow") and version("keras")):
            raise UsageError(
                f"{guest().name} train Keras networks: expected pip install 'hw4[keras]', "
                "or paths of your own"
            )
        arguments = [str(ROOT / guest().claims), f"--rootdir={ROOT}"]
    for option, expression in (("-k", options.keyword), ("-m", options.marker)):
        arguments += [option, expression] if expression else []
    return arguments


def sizes(options: argparse.Namespace) -> list[str]:
    """Return pytest's arguments for how large the runs are, and on which data."""
    settings = [f"--hw4-profile={options.profile}"]
    settings += [f"--hw4-data={spec}" for spec in options.data]
    return settings + [f"--hw4-resize={options.resize}"] * (options.resize is not None)


def _settings(options: argparse.Namespace) -> list[str]:
    confirm = (
        "--hw4-confirm" if options.confirm else "--no-hw4-confirm"
    )  # whatever an ini file says
    settings = [f"--hw4-root-seed={options.root_seed}", confirm]
    settings += sizes(options)
    settings += ["--hw4-fresh-seeds"] * options.fresh_seeds
    settings += [f"--hw4-scheduler={options.scheduler}"] if options.scheduler else []
    files = {"hw4-ledger": options.ledger, "hw4-store": options.store, "junitxml": options.junitxml}
    settings += [f"--{name}={path}" for name, path in files.items() if path]
    # Neighbours, which share data and compiled programs, stay on one worker while it has work.
    several = [f"--numprocesses={options.jobs}", "--dist=worksteal"]
    workers = several if options.jobs > 1 else []
    return [*settings, *workers]


def _pytest(arguments: list[str], watcher: Watcher, folder: Path) -> tuple[int, str]:
    """Run pytest in this process; return its exit code, and what it printed, which nobody saw."""
    said = io.StringIO()
    cache = ["-o", f"cache_dir={folder / 'cache'}"]  # the project's own stays as it is
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            status = pytest.main([*IMPORTED, *cache, *arguments], plugins=[watcher])
        except Exception as error:  # which a plugin has raised outside of every test
            why = f"pytest broke down: {told(error)}"
            if not watcher.total:
                raise UnmeasuredError(why) from None
            watcher.remarks.append(why)  # what was decided until then is kept
            status = pytest.ExitCode.INTERNAL_ERROR
    return status, said.getvalue()


def _raise_for_problems(
    status: int, said: str, watcher: Watcher, options: argparse.Namespace
) -> None:
    """Raise what pytest could not do, in one sentence."""
    if watcher.interrupted:
        raise KeyboardInterrupt
    if watcher.collection_errors:
        raise UsageError("; ".join(watcher.collection_errors))
    if status == pytest.ExitCode.USAGE_ERROR:  # no test has run that could have printed a line
        raise UsageError(refusal(said).replace("--hw4-", "--"))  # as they are called here
    if watcher.broken:
        raise UnmeasuredError(f"pytest broke down: {watcher.broken}")
    if not watcher.total:
        chosen = " and ".join(map(repr, filter(None, (options.keyword, options.marker))))
        which = f" that {chosen} selects" if chosen else ""
        raise UsageError(f"no claim found{which}: expected functions decorated with @claim")
