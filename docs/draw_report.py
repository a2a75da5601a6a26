"""Draws the README's part of the verdicts: draw_report.py LEDGER docs/images/report.svg."""

import io
import re
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from hw4 import ledger
from hw4.report import summary

WIDTH = 84  # columns
AREAS = ("epochs", "mini-batches")  # all of them would fill five screens


def draw(source: Path, target: Path) -> None:
    """Write the table of a ledger as an SVG in the reader's own fixed-width font."""
    console = Console(width=WIDTH, record=True, file=io.StringIO(), force_terminal=True)
    book = ledger.read(source)
    shown = [claim for claim in book["claims"] if claim["id"].startswith(AREAS)]
    console.print(summary.rich_table(book | {"claims": shown}))
    console.print(f"\n{summary.headline(book)}", highlight=False)
    plain = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    plain = plain.replace("Fira Code, monospace", "ui-monospace, DejaVu Sans Mono, monospace")
    target.write_text(
        console.export_svg(title="hw4 run", code_format=plain, unique_id="hw4"), encoding="utf-8"
    )


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
