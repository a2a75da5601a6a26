"""What a ledger says of claims, as docutils nodes: text stays text, whatever characters it has."""

import ast
import collections
import html
import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

from hw4.ledger.ledger import Record
from hw4.report import plots
from hw4.report.plots.style import SYMBOLS
from hw4.report.reading import docstrings, events
from hw4.report.reading import effect as reading
from hw4.report.reading.numerals import percent
from hw4.report.text import summary
from hw4.statistics.sequential import P0

Cell = str | Sequence[nodes.Node]  # of several lines, each a paragraph
KINDS = {
    "win": "a win: a seed shows it when its difference exceeds the margin",
    "equivalent": "an equivalence: a seed shows it when its difference stays below the margin",
    "rate": "a rate: each seed shows it or does not",
    "exact": "exact: a proof or a counter-example, without an error rate",
    "timing": "about time: decided by ratios of times, measured side by side",
}


# Parts


def text(content: str) -> list[nodes.Node]:
    """Return a line of text as nodes: code, stressed words, and the rest isolated."""
    return [_piece(kind, part) for kind, part in docstrings.pieces(content)]


def _piece(kind: docstrings.Kind, part: str) -> nodes.Node:
    if kind == "text":
        return nodes.inline(part, part, classes=["isolated"])
    return nodes.literal(part, part) if kind == "code" else nodes.emphasis(part, part)


def paragraph(content: str, *classes: str) -> nodes.paragraph:
    """Return a paragraph of text with code in backticks."""
    return nodes.paragraph("", "", *text(content), classes=["from-ledger", *classes])


def paragraphs(content: str) -> list[nodes.Node]:
    """Return a docstring's paragraphs; of several lines, one whose line breaks mean something."""
    found = docstrings.paragraphs(content)
    return [_lines(lines) if len(lines) > 1 else paragraph(lines[0]) for lines in found]


def _lines(lines: list[str]) -> nodes.line_block:
    block = nodes.line_block(classes=["from-ledger"])
    for line in lines:
        indented = line.expandtabs().replace("  ", "\u00a0 ")  # HTML shows one blank of several
        block += nodes.line("", "", *text(indented))
    return block


def html_node(content: str) -> nodes.raw:
    """Return HTML as it is."""
    return nodes.raw("", content, format="html")


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> nodes.table:
    """Return a table whose columns take the room that they need."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *map(_row, rows))
    return nodes.table("", group, classes=["colwidths-auto", "from-ledger"])


def _row(cells: Sequence[Cell]) -> nodes.row:
    return nodes.row("", *map(_entry, cells))


def _entry(lines: Cell) -> nodes.entry:
    if isinstance(lines, str):
        lines = [paragraph(lines)]
    return nodes.entry("", *lines)


def verdict(word: str, count: int = 0) -> nodes.inline:
    """Return a verdict as a coloured word, "2 × refuted"."""
    times = f"{count} × " if count > 1 else ""
    shown = f"{SYMBOLS[word]} {times}{word}"
    return nodes.inline(shown, shown, classes=["verdict", word])


def folded(
    title: str, content: list[nodes.Node], anchor: str = "", is_open: bool = False
) -> list[nodes.Node]:
    """Return content that a click on its title shows."""
    state = " open" if is_open else ""
    start = f"<details{state}><summary><bdi>{html.escape(title)}</bdi></summary>"
    if anchor:  # within, for a link to what is folded unfolds it
        start += f'<span class="anchor" id="{html.escape(anchor)}"></span>'
    return [html_node(start), *content, html_node("</details>")]


# Tables of claims


def index(claims: Iterable[tuple[str, list[Record]]]) -> nodes.table:
    """Return a table of claims: place and records → id, statement, verdicts."""
    rows = []
    for place, records in claims:
        first, words = records[0], collections.Counter(record["verdict"] for record in records)
        name = nodes.paragraph("", "", _link(first["id"], place))
        counts = [nodes.paragraph("", "", verdict(*each)) for each in words.most_common()]
        rows.append(([name, paragraph(first["statement"])], counts))
    return table(("claim", "verdicts"), rows)


def _link(name: str, place: str) -> nodes.Node:
    shown = nodes.literal(name, name)
    return addnodes.pending_xref(
        "",
        shown,
        refdomain="std",
        reftype="doc",
        reftarget=f"/claims/{place}",
        refexplicit=True,
        refwarn=True,
    )


def link_claims(content: nodes.Node, places: Mapping[str, str]) -> None:
    """Link other claims' ids, where they stand in a text as code, to their pages."""
    for node in list(content.findall(nodes.literal)):
        if node.astext() in places and not isinstance(node.parent, addnodes.pending_xref):
            node.replace_self(_link(node.astext(), places[node.astext()]))


def ledger(book: Record) -> list[nodes.Node]:
    """Return what a ledger is of: its headline, and when and where it was decided."""
    made = book["environment"]
    versions = ", ".join(
        f"{name} {made[key]}"
        for name, key in (("TensorFlow", "tensorflow"), ("Keras", "keras"), ("Python", "python"))
        if key in made
    )
    said = (
        f"Decided on {book['created'][:10]}, profile `{book['profile']}`, root seed "
        f"{book['root_seed']}, with {versions}."
    )
    told = f"{summary.headline(book)}. {summary.adds(book)}".strip()
    return [paragraph(told), paragraph(said)]


# One claim


def claim(records: list[Record], alpha: float, root: Path) -> list[nodes.Node]:
    """Return a claim's page: a section for each test that states it."""
    by_test = itertools.groupby(sorted(records, key=_test), key=_test)
    tests = {name: list(group) for name, group in by_test}
    in_order = sorted(tests, key=lambda name: lines_of(name, root))
    parts = [statement(tests[name], alpha, root) for name in in_order]
    if len(parts) == 1:
        return parts[0]
    return [_section(content, number) for number, content in enumerate(parts, 1)]


def _test(record: Record) -> str:
    return str(record["test"].partition("[")[0])


def _section(content: list[nodes.Node], number: int) -> nodes.section:
    lead, *rest = content
    title = nodes.title("", "", *(child.deepcopy() for child in lead.children))
    return nodes.section("", title, *rest, ids=[f"statement-{number}"])


def statement(records: list[Record], alpha: float, root: Path) -> list[nodes.Node]:
    """Return what one test states and found: sentence, source, verdicts, explanation, evidence."""
    first = records[0]
    content: list[nodes.Node] = [paragraph(first["statement"], "statement")]
    if first["source"]:
        content.append(nodes.block_quote("", paragraph(first["source"])))
    content += [verdicts(records), paragraph(f"This claim is {KINDS[first['kind']]}.")]
    content += paragraphs(first.get("explanation", ""))
    content += family(records)
    for number, record in enumerate(records):
        if shown := evidence(record, alpha):
            content += folded(_title(record), shown, plots.anchor(record), is_open=number == 0)
    return content + the_test(first["test"], root)


def _title(record: Record) -> str:
    found = f"{record['verdict']}, {summary.shown_by(record)}"
    return f"{record['instance']}: {found}" if record["instance"] else found.capitalize()


def verdicts(records: list[Record]) -> nodes.table:
    """Return the table of a test's instances."""
    rows = []
    for record in records:
        found = [nodes.paragraph("", "", verdict(record["verdict"]))]
        if not record["expect"]:
            found.append(paragraph("nothing registered"))
        elif not record["as_expected"]:
            found.append(paragraph(f"registered: {record['expect']}"))
        how = [paragraph(line) for line in (summary.shown_by(record), effect(record)) if line]
        rows.append((record["instance"] or "–", found, how))
    return table(("instance", "verdict", "found"), rows)


def effect(record: Record) -> str:
    """Return an effect with its interval and margin: "+0.0312 (+0.01 to +0.05), margin 0.03"."""
    if not record["effect"]:
        return (record["counterexample"] or "").partition("\n")[0]
    return f"{reading.with_interval(record)}, margin {reading.margin(record)}"


def evidence(record: Record, alpha: float) -> list[nodes.Node]:
    """Return one instance's pictures, error rates and recipes."""
    content = pictures(record, alpha)
    if record["share"]:
        content.append(paragraph(error_rates(record, alpha)))
    for remark in summary.remarks(record):
        content.append(paragraph(f"{remark[0].upper()}{remark[1:]}."))
    for warning in (record["timing"] or {}).get("warnings", []):
        content.append(paragraph(f"Not to be trusted: {warning}."))
    if record["counterexample"]:
        content.append(nodes.literal_block("", record["counterexample"], language="text"))
    if record["series"]["arms"]:
        content += [
            paragraph("What was trained, on every seed, and what it reached:"),
            arms([record]),
        ]
    return content


def arms(records: Iterable[Record]) -> nodes.table:
    """Return what each arm reached at the end: the median over seeds, and the quartiles."""
    found = [(record, arm) for record in records for arm in record["series"]["arms"]]
    head = ("arm", "test accuracy", "training loss")
    return table(
        head,
        [
            (arm["arm"], reached(arm, "test_accuracy"), reached(arm, "train_loss"))
            for _, arm in found
        ],
    )


def reached(arm: Record, curve: str) -> str:
    """Return the last value of a learning curve, "0.58 (0.55 to 0.62)"."""
    low, middle, high = (float(values[-1]) if values else math.nan for values in arm[curve])
    return f"{middle:.3g} ({low:.3g} to {high:.3g})" if middle == middle else "–"


def error_rates(record: Record, alpha: float) -> str:
    """Return the exact error rates of a claim's sequential test, in a sentence."""
    false, true = events.error_rates(record, alpha)
    low, high = percent(record.get("p0", P0)), percent(record["share"])
    said = (
        f"At a true share of {low} it would be {events.holds(record)} with probability "
        f"{percent(false, 2)}, at one of {high} refuted with {percent(true, 2)}."
    )
    more = f" About {record['seeds_to_go']} more seeds would probably settle it."
    return said + more * bool(record["seeds_to_go"])


def the_test(name: str, root: Path) -> list[nodes.Node]:
    """Return the source of the test that decides a claim, where it is at hand."""
    title = f"The test that decides it: {name.partition('[')[0]}"
    start, end = lines_of(name, root)
    if not end:
        return [paragraph(title)]
    lines = (root / name.partition("::")[0]).read_text(encoding="utf-8").splitlines()
    source = "\n".join(lines[start - 1 : end])
    return folded(title, [nodes.literal_block(source, source, language="python")])


def lines_of(name: str, root: Path) -> tuple[int, int]:
    """Return a test's first and last line, with its decorators; (0, 0) where it is not at hand."""
    file, _, function = name.partition("[")[0].partition("::")
    if not file.endswith(".py") or not (root / file).is_file():
        return 0, 0
    for node in ast.walk(ast.parse((root / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == function.rpartition("::")[2]:
            start = min(each.lineno for each in [node, *node.decorator_list])
            return start, node.end_lineno or start
    return 0, 0


# Pictures


def pictures(record: Record, alpha: float) -> list[nodes.Node]:
    """Return what there is to see of one record."""
    alone = [draw(record, alpha) for draw in (plots.seeds, plots.walk, plots.chances)]
    return gallery("".join(alone)) + gallery(plots.curves(record)) + gallery(plots.layers(record))


def family(records: list[Record]) -> list[nodes.Node]:
    """Return the picture of a claim's instances beside each other, where there are several."""
    return gallery(plots.family(records))


def gallery(drawn: str) -> list[nodes.Node]:
    """Return pictures side by side; a legend before an even number has a line of its own."""
    parts = re.split("(?=<svg [^>]*data-legend)", drawn)
    each = [picture for part in parts for picture in _placed(part)]
    return [html_node(f'<div class="gallery">{"".join(each)}</div>')] if each else []


def _placed(drawn: str) -> list[str]:
    each = [picture for picture in re.split("(?=<svg )", drawn) if picture]
    if len(each) > 1 and len(each) % 2:
        each[0] = f'<div class="alone">{each[0]}</div>'
    return each
