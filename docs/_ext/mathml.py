"""Formulas as MathML, translated while the site is built by docutils' own translator.

So a page needs no script, no font and no network to show them, and a screen reader can read them.
"""

from docutils import nodes
from docutils.utils.math import latex2mathml
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.writers.html5 import HTML5Translator


def translated(formula: str, block: bool) -> str:
    """Return a formula of LaTeX as a MathML element.

    Raises:
        SphinxError: docutils cannot translate it.
    """
    try:
        return str(latex2mathml.tex2mathml(formula, as_block=block))
    except Exception as error:  # docutils' own class moved between its versions
        raise SphinxError(f"formula {formula!r} cannot be translated: {error}") from None


def inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line."""
    writer.body.append(translated(node.astext(), block=False))
    raise nodes.SkipNode


def displayed(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on lines of its own."""
    writer.body.append(
        f'<div class="math" tabindex="0">{translated(node.astext(), block=True)}</div>\n'
    )
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the renderer "mathml"."""
    app.add_html_math_renderer("mathml", (inline, None), (displayed, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
