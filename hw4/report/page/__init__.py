"""A ledger as one HTML page that needs no network: an overview, and an article for every claim.

The page is one document. Without JavaScript, and on paper, it shows the overview and then all
articles. `page.js` shows one of them at a time, and filters and sorts the table.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from importlib import resources

import jinja2
from markupsafe import Markup

from hw4.ledger.records import Ledger
from hw4.plural import numbered
from hw4.report import plots
from hw4.report.page import figures, multiples, prose, words
from hw4.report.page.book import Book, dataset, is_unexpected
from hw4.report.page.document import annotated
from hw4.report.page.packed import packed
from hw4.report.reading import answers
from hw4.report.reading import effect as reading
from hw4.report.reading.difference import Difference
from hw4.report.reading.meaning import instead, meaning
from hw4.report.reading.overtime import OverTime
from hw4.report.text import changes, overtime, summary

__all__ = ["of_benchmarks", "render"]

_SCRIPTS = ("inflate.js", "margin.js", "page.js")
_READ = ((b"\r\n", b"\n"), (b"\r", b"\n"), (b"\0", "\ufffd".encode()))  # by browsers, as HTML says
_SHARED = '<svg class="shared" width="0" height="0" aria-hidden="true">{}</svg>\n</body>'


def render(
    ledger: Ledger, *, difference: Difference | None = None, over: OverTime | None = None
) -> str:
    """Return the page of a ledger as HTML.

    Args:
        ledger: what `hw4.ledger.ledger.read` gave.
        difference: what `hw4.report.reading.difference` gave; it is shown first.
        over: what `hw4.report.reading.overtime` gave; it is shown after that.
    """
    script = _script()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    book = Book(ledger)
    return _whole(
        _template("page.html").render(
            ledger=ledger,
            book=book,
            difference=difference,
            over=over,
            document=annotated(ledger),
            headline=re.split("(?<=[:,]) ", answers.counted(book.answers)),  # where lines may end
            instances=summary.instances(ledger),
            adds=summary.adds(ledger),
            style=_style(bool(over)),
            script=Markup(script),
            digest=digest,
        )
    )


def of_benchmarks(over: OverTime) -> str:
    """Return the page of benchmarks over time, without a run of claims, as HTML."""
    return _whole(_template("benchmarks.html").render(over=over, book=None, style=_style(True)))


def _style(runs: bool) -> Markup:
    """Return the page's style sheet, with what runs over time need if there are any."""
    return Markup(plots.STYLE + _file("page.css") + _file("overtime.css") * runs)


def _script() -> str:
    """Return what the page runs, without indentation and comments; no text has several lines."""
    lines = (line.strip() for name in _SCRIPTS for line in _file(name).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _whole(page: str) -> str:
    """Return a page with what its pictures share at its end, and with folded details packed."""
    page, shared = plots.once(page)
    whole = page.encode(errors="replace")  # a lone surrogate has no place in a file
    del page  # of a large ledger many megabytes
    for there, read in _READ:
        whole = whole.replace(there, read)
    written = packed(whole).decode()
    return (
        written.replace("</body>", _SHARED.format(shared.encode(errors="replace").decode()), 1)
        if shared
        else written
    )


def templates(package: str) -> jinja2.Environment:
    """Return what renders the templates of a package: all that they are given is text."""
    packages = dict.fromkeys((package, "hw4.report.page"))  # the second has what pages share
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(each) for each in packages]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.cache
def _template(name: str) -> jinja2.Template:
    environment = templates("hw4.report.page")
    environment.globals.update(
        words=words,
        answers=answers,
        figures=figures,
        multiples=multiples,
        instead=instead,
        meaning=meaning,
        prose=prose,
        dataset=dataset,
        is_unexpected=is_unexpected,
        plots=plots,
        reading=reading,
        summary=summary,
        changes=changes,
        overtime=overtime,
        numbered=numbered,
    )
    environment.tests["unexpected"] = is_unexpected
    environment.filters["svg"] = Markup  # only of what hw4.report.plots has drawn
    return environment.get_template(name)


def _file(name: str) -> str:
    return (resources.files("hw4.report.page") / name).read_text(encoding="utf-8")
