"""The documentation's site: `sphinx-build -W --keep-going -n docs build/docs`.

What could go stale is made while it builds: the report, from the ledger that HW4_LEDGER names
(`_ext/claims.py`), every number and every printed output (`_ext/computed.py`,
`_ext/command.py`). Nothing is fetched from elsewhere, neither when it is built nor when it is read:
formulas are MathML, which browsers draw themselves (`_ext/mathml.py`).
"""

import importlib.metadata
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

import computed  # noqa: E402 - found by the line above

project = "hw4"
version = release = importlib.metadata.version("hw4")
project_copyright = "the authors of hw4, MIT licence"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "accessible",
    "claims",
    "command",
    "docstrings",
    "mathml",
]
exclude_patterns = [
    "verdicts-notes.md",  # a part of verdicts.md
]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3
myst_substitutions = computed.substitutions()

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
default_role = "code"  # docstrings name code in single backticks
napoleon_google_docstring = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!hw4\.\w+$|hw4\.statistics\.\w+$).*"),  # the public names alone have entries
]

suppress_warnings = ["ref.python"]  # shapes in docstrings, as (seeds, epochs), are no references

smartquotes = False  # quotes in what claims say are code's as often as speech's

html_theme = "furo"
html_title = f"hw4 {version}"
html_static_path = ["_static"]
html_css_files = ["hw4.css"]
html_copy_source = html_show_sourcelink = False
html_math_renderer = "mathml"
html_theme_options = {"navigation_with_keys": True}
