"""Draws the README's pictures of the report: draw_report.py LEDGER CHROMIUM docs/images."""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from hw4.ledger import ledger
from hw4.ledger.records import Ledger
from hw4.report.page import render
from hw4.report.plots import anchor

CLAIM = ("batch-norm/worse-here", "phantom")  # the one that docs/verdict.md reads step by step
VIEWS = {"text": (1120, 1150), "claim": (1120, 980)}  # pixels
SCALE, COLOURS = 1.5, 255  # so that a picture has some 100 kB


def fragment(book: Ledger) -> str:
    """Return the page's address of the claim that is shown."""
    (record,) = [r for r in book.claims if (r.id, r.instance) == CLAIM]
    return f"#{anchor(record)}"


def shot(browser: Browser, address: str, size: tuple[int, int], theme: str) -> Image.Image:
    """Return the top of the page, or of a claim in it, in a theme, "light" or "dark"."""
    view = {"width": size[0], "height": size[1]}
    page = browser.new_page(viewport=view, color_scheme=theme, device_scale_factor=SCALE)
    page.goto(address, wait_until="networkidle")
    picture = Image.open(io.BytesIO(page.screenshot()))
    page.close()
    # Another method would lose the colour of the few points that a verdict's symbol has.
    return picture.convert("RGB").quantize(
        COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )


def draw(source: Path, chromium: str, folder: Path) -> None:
    """Write a picture of the annotated text and one of a claim, each in both themes."""
    book = ledger.read(source)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        page = Path(scratch) / "report.html"
        page.write_text(render(book), encoding="utf-8")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for view, size in VIEWS.items():
            address = page.as_uri() + (fragment(book) if view == "claim" else "")
            for theme in ("light", "dark"):
                target = folder / f"report-{view}-{theme}.png"
                shot(browser, address, size, theme).save(target, optimize=True)
        browser.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
