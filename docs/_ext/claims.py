"""What became of the claims: the report of the ledger that `hw4_ledger` names, `report.html`.

The role `report` links there: to a claim's article, as in {report}`the verdict <area/claim>`, or to
the whole page, as in {report}`the report`. The directive `ledger` says what the ledger is of, and
`arms` what the arms of a claim reached.
"""

import functools
import os
from pathlib import Path

import msgspec
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.docutils import ReferenceRole, SphinxDirective

from hw4.files import write_text
from hw4.ledger import ledger, records
from hw4.report.page import render
from hw4.report.page.book import Book
from hw4.report.text import summary

LEDGER = os.environ.get("HW4_LEDGER") or str(Path(__file__).parents[2] / "ledger.json")
HOW = "expected one from `hw4 run --ledger ledger.json`, or HW4_LEDGER naming another"
PAGE = "report.html"
SCHEMA = "ledger.schema.json"


@functools.lru_cache(maxsize=1)
def read(path: str) -> records.Ledger:
    """Return a ledger.

    Raises:
        ConfigError: there is none, in one sentence that says how to get it.
    """
    try:
        return ledger.read(Path(path))
    except ledger.LedgerError as error:
        raise ConfigError(f"the report needs a ledger: {error}; {HOW}") from None


def write_report(app: Sphinx, failure: Exception | None) -> None:
    """Write the report beside the site's pages, and the JSON Schema of results files."""
    if not failure:
        form = msgspec.json.encode(msgspec.json.schema(records.Ledger))
        (Path(app.outdir) / SCHEMA).write_bytes(msgspec.json.format(form))
        write_text(Path(app.outdir) / PAGE, render(read(app.config.hw4_ledger)), "report")


class Report(ReferenceRole):
    """A link to the report."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link; an error where the ledger has no such claim."""
        place = PAGE
        if self.has_explicit_title:
            self.env.note_dependency(self.config.hw4_ledger)
            anchor = Book(read(self.config.hw4_ledger)).first(self.target)
            if not anchor:
                said = f"the ledger has no claim {self.target!r}"
                error = self.inliner.reporter.error(said, line=self.lineno)
                return [self.inliner.problematic(self.rawtext, self.rawtext, error)], [error]
            place = f"{PAGE}#{anchor}"
        return [nodes.reference(self.rawtext, self.title, refuri=place, internal=True)], []


class Ledger(SphinxDirective):
    """What the ledger is of: its headline, and when and with what it was decided."""

    def run(self) -> list[nodes.Node]:
        """Return two paragraphs."""
        self.env.note_dependency(self.config.hw4_ledger)
        book = read(self.config.hw4_ledger)
        made = book.environment
        versions = ", ".join(
            f"{name} {made[name.lower()]}"
            for name in ("TensorFlow", "Keras", "Python")
            if name.lower() in made
        )
        found = f"{summary.headline(book)}. {summary.adds(book)}".strip()
        how = (
            f"Decided on {book.created[:10]}, profile {book.profile}, root seed "
            f"{book.root_seed}, with {versions}."
        )
        return [nodes.paragraph(found, found), nodes.paragraph(how, how)]


class Arms(SphinxDirective):
    """What the arms of a claim reached at the end: the median over seeds, and the quartiles."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a list, an item an arm."""
        self.env.note_dependency(self.config.hw4_ledger)
        claims = read(self.config.hw4_ledger).claims
        named = [claim for claim in claims if claim.id == self.arguments[0]]
        said = [
            f"{arm.arm}: test accuracy {self._reached(arm.test_accuracy)}, "
            f"training loss {self._reached(arm.train_loss)}"
            for claim in named
            for arm in claim.series.arms
        ]
        items = [nodes.list_item("", nodes.paragraph(each, each)) for each in said]
        return [nodes.bullet_list("", *items)]

    @staticmethod
    def _reached(curve: records.Curve) -> str:
        low, middle, high = (float(values[-1]) for values in curve)
        return f"{middle:.3g} ({low:.3g} to {high:.3g})"


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the setting, the role, the directives and the writing of the report."""
    app.add_config_value("hw4_ledger", LEDGER, "env", str)
    app.connect("builder-inited", lambda app: read(app.config.hw4_ledger))
    app.connect("build-finished", write_report)
    app.add_role("report", Report())
    app.add_directive("ledger", Ledger)
    app.add_directive("arms", Arms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
