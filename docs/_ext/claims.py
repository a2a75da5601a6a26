"""Every claim's page, made from the ledger that `hw4_ledger` names, before the site is read.

The pages are files of two lines in `docs/claims/`, which git ignores: a title, and the directive
`claim` that puts the claim's part of the ledger in its place (`claim_nodes.py`). So a claim's text
never passes through Markdown.
"""

import functools
import itertools
import os
import re
from pathlib import Path

import claim_nodes
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.docutils import SphinxDirective

from hw4.ledger import ledger
from hw4.ledger.ledger import Record
from hw4.report import plots
from hw4.report.reading.order import natural

ROOT = Path(__file__).parents[2]
LEDGER = os.environ.get("HW4_LEDGER") or str(ROOT / "ledger.json")
HOW = "expected one from `hw4 run --ledger ledger.json`, or HW4_LEDGER naming another"
LONGEST = 60  # characters of a file's name that come from a claim
AREA = """# {title}

```{{claims}} {area}
```

```{{toctree}}
:hidden:

{pages}
```
"""
INDEX = """# All claims

```{{ledger}}
```

```{{claims}}
```

```{{toctree}}
:hidden:

{pages}
```
"""


@functools.lru_cache(maxsize=1)
def read(path: str) -> Record:
    """Return a ledger.

    Raises:
        ConfigError: there is none, in one sentence that says how to get it.
    """
    try:
        return ledger.read(Path(path))
    except ledger.LedgerError as error:
        raise ConfigError(f"the claims' pages need a ledger: {error}; {HOW}") from None


def by_id(book: Record) -> dict[str, list[Record]]:
    """Return the records of each claim, in order of name."""
    records = sorted(book["claims"], key=natural)
    return {name: list(group) for name, group in itertools.groupby(records, lambda r: r["id"])}


def area_of(name: str) -> str:
    """Return the part of a claim's id before the slash; "claims" where it has none."""
    return name.rpartition("/")[0] or "claims"


def file_name(text: str) -> str:
    """Return a text as a file's name: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST] or "unnamed"


def places(names: list[str]) -> dict[str, str]:
    """Return each claim's page below `claims/`, "area/name", no two of them the same."""
    found: dict[str, str] = {}
    for name in names:
        plain = f"{file_name(area_of(name))}/{file_name(name.rpartition('/')[2])}"
        numbered = (f"{plain}-{number}" for number in itertools.count(2))
        free = (place for place in (plain, *itertools.islice(numbered, len(names))))
        found[name] = next(place for place in free if place not in found.values())
    return found


def write_pages(app: Sphinx) -> None:
    """Write what has changed of the claims' pages, and remove those of claims that are gone."""
    folder = Path(app.srcdir) / "claims"
    pages = pages_of(read(app.config.hw4_ledger))
    for path in folder.rglob("*.md"):
        if path.relative_to(folder).as_posix() not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def pages_of(book: Record) -> dict[str, str]:
    """Return file name → text of the index, of each area and of each claim."""
    pages, areas = {}, {}
    for name, place in places(list(by_id(book))).items():
        pages[f"{place}.md"] = f"# {escaped(name)}\n\n```{{claim}} {place}\n```\n"
        areas.setdefault(place.partition("/")[0], []).append((area_of(name), place))
    for area, members in areas.items():
        listed = "\n".join(
            f"{Path(place).name} <{area}/{Path(place).name}>" for _, place in members
        )
        title = escaped(members[0][0])
        pages[f"{area}.md"] = AREA.format(title=title, area=area, pages=listed)
    pages["index.md"] = INDEX.format(pages="\n".join(sorted(areas)))
    return pages


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return re.sub(r"([^\w\s])", r"\\\1", " ".join(text.split()))


class _FromLedger(SphinxDirective):
    optional_arguments = 1
    final_argument_whitespace = True

    @property
    def book(self) -> Record:
        """The ledger; when it changes, or what shows it, the page is made again."""
        self.env.note_dependency(self.config.hw4_ledger)
        self.env.note_dependency(claim_nodes.__file__)
        return read(self.config.hw4_ledger)


class Claim(_FromLedger):
    """Everything that the ledger says of one claim."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each test that states it."""
        claims = by_id(self.book)
        names = {place: name for name, place in places(list(claims)).items()}
        found = claim_nodes.claim(claims[names[self.arguments[0]]], self.book["alpha"], ROOT)
        for node in found:
            claim_nodes.link_claims(node, {name: place for place, name in names.items()})
        return found


class Arms(_FromLedger):
    """What the arms of a claim reached."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        return [claim_nodes.arms(by_id(self.book)[self.arguments[0]])]


class Claims(_FromLedger):
    """A table of an area's claims, or of all."""

    def run(self) -> list[nodes.Node]:
        """Return the table, each claim linked to its page."""
        claims = by_id(self.book)
        folder = "/".join([*self.arguments, ""])
        rows = [
            (place, claims[name])
            for name, place in places(list(claims)).items()
            if folder == "" or place.startswith(folder)
        ]
        return [claim_nodes.index(rows)]


class Ledger(_FromLedger):
    """What the ledger is of: when, where, which seeds."""

    def run(self) -> list[nodes.Node]:
        """Return the headline, and a sentence."""
        return claim_nodes.ledger(self.book)


def write_style(app: Sphinx) -> None:
    """Write the pictures' style sheet, for a theme that is chosen on the page's body."""
    style = plots.STYLE.replace(":root:not(", "body:not(").replace(":root:root", "body:not(#print)")
    path = Path(app.outdir) / "_static" / "plots.css"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(style, encoding="utf-8")
    app.add_css_file("plots.css")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the setting, the directives and the writing of pages."""
    app.add_config_value("hw4_ledger", LEDGER, "env", str)
    app.connect("builder-inited", write_pages)
    app.connect("builder-inited", write_style)
    directives = {"claim": Claim, "claims": Claims, "arms": Arms, "ledger": Ledger}
    for name, directive in directives.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
