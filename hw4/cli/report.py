"""The commands that read ledgers, `hw4 report` and `hw4 show`, and what `hw4 run` writes too."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from pathlib import Path

from hw4.cli.exits import OK, UNEXPECTED, UnmeasuredError, UsageError, complain
from hw4.cli.targets import Targets, check, write
from hw4.files import real
from hw4.ledger import ledger
from hw4.ledger.records import Ledger
from hw4.report.reading.difference import Difference, difference
from hw4.report.reading.overtime import OverTime, over_time
from hw4.report.text.terminal import columns, printed


def last_ledger() -> Path:
    """Return where the ledger of the last `hw4 run` is kept for `hw4 show`."""
    import platformdirs

    return platformdirs.user_cache_path("hw4") / "last-run.json"


def report(options: argparse.Namespace) -> int:
    """Write a ledger's page, summary and badge; print what differs from an older ledger.

    Of several, it does so of the newest, and shows all runs one after another.

    Returns 1 when a verdict changed or is gone, or a claim is no longer measured; otherwise 0.

    Raises:
        UsageError: two files of the command are the same one, or benchmarks alone have no verdicts.
        FileError: a ledger that cannot be read, a file that could never be written.
        UnmeasuredError: a file, or standard output, could not be written.
    """
    sources, book, over = _read(options.ledgers)
    if book is None and any((options.baseline, options.markdown, options.badge)):
        raise UsageError("got benchmarks alone: expected only --html beside them")
    old = ledger.read(options.baseline) if options.baseline else None
    found = difference(old, book) if old and book else None
    targets = targets_of(options)
    if not any(targets.values()):
        targets = {"report": _beside(sources[-1])}
    several = len(sources) > 1
    others = {f"ledger {path}" if several else "ledger": path for path in sources}
    check(targets, {**others, "baseline": options.baseline})
    written, failures = write_book(targets, book, found, over)
    said = [_text(over, found)] * bool(over or found) + written
    failures += printed("".join(f"{line}\n" for line in said), sys.stdout)
    if failures:
        raise UnmeasuredError("; ".join(failures))
    return UNEXPECTED if found and found.grave else OK


def _read(paths: list[Path]) -> tuple[list[Path], Ledger | None, OverTime | None]:
    """Return the files, the newest one last; its ledger; and all runs, if there are several."""
    from hw4.cli import overtime

    if overtime.is_one_ledger(paths):
        return paths, ledger.read(paths[0]), None
    results = overtime.read(paths)
    for notice in results.notices:
        complain(notice)
    several = len(results.runs) > 1 or results.ratios
    over = over_time(results.runs, results.ratios) if several else None
    if not results.runs:
        return results.files, None, over
    newest = results.newest
    files = [path for path in results.files if str(path) != newest.name]
    return [*files, Path(newest.name)], newest.ledger, over


def _beside(path: Path) -> Path:
    """Return where a ledger's page is written by default."""
    page = path.with_suffix(".html")
    if page == path:
        raise UsageError(f"ledger {path} is called as its page would be: expected --html FILE")
    return page


def _text(over: OverTime | None, found: Difference | None) -> str:
    """Return the runs one after another, and what differs from a baseline, as they are printed."""
    from rich.console import Console

    from hw4.report.text import changes, overtime

    console = Console()
    colour = console.color_system is not None and not console.no_color
    parts = [overtime.text(over, columns(), colour=colour)] if over else []
    parts += [changes.text(found, columns(), colour=colour)] if found else []
    return "\n".join(parts)


def targets_of(options: argparse.Namespace) -> Targets:
    """Return the files that a command line asks for."""
    return {"report": options.report, "markdown": options.markdown, "badge": options.badge}


def write_book(
    targets: Targets,
    book: Ledger | None,
    found: Difference | None = None,
    over: OverTime | None = None,
) -> tuple[list[str], list[str]]:
    """Write a ledger's page, summary and badge, see `hw4.cli.targets.write`.

    Args:
        targets: what is to be written.
        book: a run's; None if there are only benchmarks, which have a page alone.
        found: how it differs from a baseline.
        over: the runs before it.
    """

    def rendered(what: str, path: Path) -> str:  # what renders it is imported only then
        if book and what == "markdown":
            from hw4.report.text import markdown

            before = path.stat().st_size if path.is_file() else 0
            text = markdown.render(book, found, _room(path, before) - 1)
            return f"\n{text}" if before else text
        if book and what == "badge":
            from hw4.report.text import badge

            return badge.render(book, found)
        from hw4.report import page

        if book:
            return page.render(book, difference=found, over=over)
        return page.of_benchmarks(over) if over else ""

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
    print(evidence.shown(records, book.alpha, columns(), book.records))
    return OK


def _unknown(name: str, known: list[str], path: Path) -> str:
    containing = [each for each in known if name in each]
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    near = list(dict.fromkeys(containing + close))[:3]
    expected = f"did you mean {' or '.join(near)}?" if near else "hw4 list names them"
    return f"unknown claim {name!r} in {path}: {expected}"
