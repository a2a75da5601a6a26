"""The commands that read ledgers, `hw4 report` and `hw4 show`, and what `hw4 run` writes too."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from pathlib import Path

from hw4.cli.exits import OK, UNEXPECTED, UnmeasuredError, UsageError
from hw4.cli.targets import Targets, check, write
from hw4.files import real
from hw4.ledger import ledger
from hw4.ledger.records import Ledger
from hw4.report.reading.difference import Difference, difference
from hw4.report.text.terminal import columns, printed


def last_ledger() -> Path:
    """Return where the ledger of the last `hw4 run` is kept for `hw4 show`."""
    import platformdirs

    return platformdirs.user_cache_path("hw4") / "last-run.json"


def report(options: argparse.Namespace) -> int:
    """Write a ledger's page, summary and badge; print what differs from an older ledger.

    Returns 1 when a verdict changed or is gone, or a claim is no longer measured; otherwise 0.

    Raises:
        UsageError: two files of the command are the same one.
        FileError: a ledger that cannot be read, a file that could never be written.
        UnmeasuredError: a file, or standard output, could not be written.
    """
    book = ledger.read(options.ledger)
    found = difference(ledger.read(options.baseline), book) if options.baseline else None
    targets = targets_of(options)
    if not any(targets.values()):
        targets = {"report": _beside(options.ledger)}
    check(targets, {"ledger": options.ledger, "baseline": options.baseline})
    written, failures = write_book(targets, book, found)
    said = ([_text(found)] if found else []) + written
    failures += printed("".join(f"{line}\n" for line in said), sys.stdout)
    if failures:
        raise UnmeasuredError("; ".join(failures))
    return UNEXPECTED if found and found.grave else OK


def _beside(path: Path) -> Path:
    """Return where a ledger's page is written by default."""
    page = path.with_suffix(".html")
    if page == path:
        raise UsageError(f"ledger {path} is called as its page would be: expected --html FILE")
    return page


def _text(found: Difference) -> str:
    """Return what differs, as it is printed."""
    from rich.console import Console

    from hw4.report.text import changes

    console = Console()
    colour = console.color_system is not None and not console.no_color
    return changes.text(found, columns(), colour=colour)


def targets_of(options: argparse.Namespace) -> Targets:
    """Return the files that a command line asks for."""
    return {"report": options.report, "markdown": options.markdown, "badge": options.badge}


def write_book(
    targets: Targets, book: Ledger, found: Difference | None = None
) -> tuple[list[str], list[str]]:
    """Write a ledger's page, summary and badge, see `hw4.cli.targets.write`."""

    def rendered(what: str, path: Path) -> str:  # what renders it is imported only then
        if what == "markdown":
            from hw4.report.text import markdown

            before = path.stat().st_size if path.is_file() else 0
            text = markdown.render(book, found, _room(path, before) - 1)
            return f"\n{text}" if before else text
        if what == "badge":
            from hw4.report.text import badge

            return badge.render(book, found)
        from hw4.report import page

        return page.render(book, difference=found)

    return write(targets, rendered)


def _room(path: Path, before: int) -> int:
    """Return how many bytes a Markdown file has room for: of a comment, or of a job's page."""
    from hw4.report.text import markdown

    page = os.environ.get("GITHUB_STEP_SUMMARY")
    is_page = before > markdown.COMMENT or bool(page and real(Path(page)) == real(path))
    return (markdown.LIMIT if is_page else markdown.COMMENT) - before


def show(options: argparse.Namespace) -> int:
    """Print one claim's evidence, from the last run or a ledger.

    Raises:
        UsageError: no run yet, or no such claim.
        FileError: the ledger cannot be read.
    """
    from hw4.report.text import evidence

    path = options.ledger or last_ledger()
    if options.ledger is None and not path.exists():
        raise UsageError("no run to show yet: expected hw4 run before, or --ledger FILE")
    book = ledger.read(path)
    records = evidence.chosen(book, options.id)
    if not records:
        known = sorted({record.id for record in book.records})
        raise UsageError(_unknown(options.id, known, path))
    print(evidence.shown(records, book.alpha, columns()))
    return OK


def _unknown(name: str, known: list[str], path: Path) -> str:
    containing = [each for each in known if name in each]
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    near = list(dict.fromkeys(containing + close))[:3]
    expected = f"did you mean {' or '.join(near)}?" if near else "hw4 list names them"
    return f"unknown claim {name!r} in {path}: {expected}"
