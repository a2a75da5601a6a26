"""What the theme leaves out: levels of the sidebar's headings, code that a keyboard can scroll."""

from docutils import nodes
from sphinx.application import Sphinx


def complete(
    app: Sphinx, page: str, template: str, context: dict[str, str], document: nodes.document | None
) -> None:
    """Add the attributes that the accessibility checker axe asks for."""
    for name, before, after in (
        ("furo_navigation_tree", ' role="heading"', ' role="heading" aria-level="2"'),
        ("body", "<pre>", '<pre tabindex="0">'),
    ):
        if name in context:
            context[name] = context[name].replace(before, after)


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen after the theme has made its sidebar."""
    app.connect("html-page-context", complete, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
