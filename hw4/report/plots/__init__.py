"""Pictures of a ledger, as SVG text in one visual language. See `style` for what its marks mean.

Of one record: `seeds`, `walk`, `chances`, `curves`, `layers`. Of many: `family` and `forest`. Of
the data: `classes`. Where a picture has nothing to show it is "". A page includes `STYLE` once and
links to claims by `anchor`, and `once` makes it smaller; `standalone` makes a file of a picture.
"""

from hw4.report.plots.anchor import anchor
from hw4.report.plots.chances import curves as chances
from hw4.report.plots.classes import classes
from hw4.report.plots.curves import curves
from hw4.report.plots.family import family
from hw4.report.plots.forest import forest
from hw4.report.plots.layers import layers
from hw4.report.plots.once import once
from hw4.report.plots.overtime import overtime
from hw4.report.plots.seeds import seeds
from hw4.report.plots.style import STYLE, standalone
from hw4.report.plots.walk import walk

__all__ = [
    "STYLE",
    "anchor",
    "chances",
    "classes",
    "curves",
    "family",
    "forest",
    "layers",
    "once",
    "overtime",
    "seeds",
    "standalone",
    "walk",
]
