"""A comparison of benchmarks as one HTML page that needs no network and no script."""

from __future__ import annotations

import functools
import math
from collections import Counter
from importlib import resources

import jinja2
from markupsafe import Markup

from hw4.bench.amounts import SAME
from hw4.bench.comparison import Comparison
from hw4.bench.finding import NOT_SLOWER, Finding
from hw4.bench.table import amounts, numbers
from hw4.report import plots
from hw4.report.page import templates
from hw4.statistics.ratios import RatioDecision

_WIDTH, _HEIGHT = 260, 22  # of the picture of a ratio, in pixels
_LEAST = math.log(1.5)  # of the axis on either side of 1, so that noise does not look large
_MOST = math.log(8)  # beyond, the picture ends in an arrow


def render(comparison: Comparison) -> str:
    """Return the page: the headline, then every benchmark, the worst first."""
    steps = comparison.search.steps if comparison.search else []
    drift = comparison.drift
    drifted = drift.findings if drift else []
    reach = _reach([*comparison.findings, *drifted, *(step.finding for step in steps)])
    page = _template().render(
        comparison=comparison,
        reach=reach,
        ends=[f"{math.exp(end):.2g}" for end in (-reach, reach)],
        style=Markup(plots.STYLE + "".join(map(_style, ("hw4.report.page", "hw4.bench")))),
    )
    return page.encode(errors="replace").decode()  # a lone surrogate has no place in a file


@functools.cache
def _template() -> jinja2.Template:
    environment = templates("hw4.bench")
    environment.globals.update(
        numbers=numbers,
        amounts=amounts,
        picture=picture,
        counted=counted,
        is_quiet=is_quiet,
        word=word,
    )
    return environment.get_template("page.html")


def _style(package: str) -> str:
    return (resources.files(package) / "page.css").read_text(encoding="utf-8")


def counted(findings: list[Finding]) -> Counter[str]:
    """Return how many findings of a group have each verdict, in the group's order: worst first."""
    return Counter(finding.verdict for finding in findings)


def is_quiet(findings: list[Finding]) -> bool:
    """Return whether nothing of a group asks for a look."""
    return all(f.verdict in (SAME, NOT_SLOWER) and not f.needs_more for f in findings)


def word(verdict: str) -> str:
    """Return the name of a verdict's style."""
    return verdict.split(", ")[-1].replace(" ", "-")


def _reach(findings: list[Finding]) -> float:
    """Return how far the axis reaches on either side of 1, as a logarithm."""
    times = [finding.decision for finding in findings]
    amounts = [each.decision for finding in findings for each in finding.amounts.values()]
    known = [found for found in [*times, *amounts] if found]
    ends = [abs(math.log(end)) for f in known for end in (f.low, f.high, 1 + f.margin)]
    return min(max([_LEAST, *(1.08 * end for end in ends)]), _MOST)


def picture(found: RatioDecision | None, reach: float) -> Markup:
    """Return the interval of a ratio on an axis, as SVG: the band is the margin, the line is 1."""
    if found is None:
        return Markup("")

    def place(ratio: float) -> float:
        log = min(max(math.log(ratio), -reach), reach)
        return round((log / reach + 1) / 2 * (_WIDTH - 12) + 6, 1)

    middle = _HEIGHT / 2
    left, right = place(1 / (1 + found.margin)), place(1 + found.margin)
    low, high = place(found.low), place(found.high)
    tall, level = f'y="1" height="{_HEIGHT - 2}"', f'y1="{middle}" y2="{middle}"'
    shapes = [
        f'<rect class="margin" x="{left}" width="{right - left:.1f}" {tall}/>',
        f'<line class="one" x1="{place(1)}" x2="{place(1)}" y1="1" y2="{_HEIGHT - 1}"/>',
        f'<line class="interval" x1="{low}" x2="{max(high, low + 1)}" {level}/>',
        f'<circle cx="{place(found.ratio)}" cy="{middle}" r="3"/>',
    ]
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    return Markup(f'<svg class="ratio" {size} aria-hidden="true">{"".join(shapes)}</svg>')
