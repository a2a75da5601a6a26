"""The phantom's four classes: a row of patches each."""

from __future__ import annotations

import base64
import functools
import io

import numpy as np

from hw4.data import load
from hw4.report.plots import svg

_SEED = 7  # that of docs/images/phantom-patches.png
_PATCHES = 5  # of each class
_SIDE = 48.0  # pixels of a drawn patch
_LEVELS = 16  # greys: their noise hides the steps, and the page stays small
_LEFT = 92.0


@functools.cache
def classes() -> str:
    """Return patches of the synthetic radiographs, one row a class."""
    phantom = load("phantom")
    names = phantom.classes
    split = phantom.draw(_SEED, train=2 * _PATCHES * len(names), test=1)
    rows = [
        np.hstack(list(split.x_train[split.y_train == label, ..., 0][:_PATCHES]))
        for label in range(len(names))
    ]
    width, height = _LEFT + _SIDE * _PATCHES, _SIDE * len(names)
    image = svg.element(
        "image", x=_LEFT, y=0, width=_SIDE * _PATCHES, height=height, href=_encoded(np.vstack(rows))
    )
    labels = [
        svg.text(_LEFT - 8, _SIDE * (n + 0.5) + 4, name, "end") for n, name in enumerate(names)
    ]
    description = (
        f"Patches of synthetic chest radiographs, {_PATCHES} of each class: {', '.join(names)}. "
        "They show no patient."
    )
    title = "The phantom's classes"
    return svg.picture(width, height, title, description, [image, *labels])


def _encoded(pixels: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
    """Return pixels in [0, 1] as the address of a PNG of 16 greys."""
    from PIL import Image

    levels = np.rint(pixels * (_LEVELS - 1)).astype(np.uint8)
    image = Image.fromarray(levels, mode="P")
    image.putpalette(
        [grey for n in range(_LEVELS) for grey in [round(255 * n / (_LEVELS - 1))] * 3]
    )
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True, bits=4)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
