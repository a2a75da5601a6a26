"""Docstrings are plain text: what reStructuredText would take for markup is kept as it is."""

import re

from sphinx.application import Sphinx

CODE = re.compile(r"(`[^`]*`)")
MARKUP = re.compile(r"(?<=\w)_(?=\W)|\||\*(?=\w)")


def keep_text(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Escape, outside of code, underscores, bars and stars."""
    for number, line in enumerate(lines):
        parts = CODE.split(line)
        parts[::2] = [MARKUP.sub(r"\\\g<0>", text) for text in parts[::2]]
        lines[number] = "".join(parts)


def setup(app: Sphinx) -> dict[str, bool]:
    """Listen before napoleon turns sections into fields."""
    app.connect("autodoc-process-docstring", keep_text, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
