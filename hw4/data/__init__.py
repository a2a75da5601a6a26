"""Labelled images from which every seed draws its own split: generated, bundled, or the user's.

`load("phantom")` generates synthetic chest radiographs, `load("digits")` gives real handwritten
digits, `load(path)` reads files, and `arrays(x, y)` takes what is in memory.
"""

from hw4.data.arrays import arrays
from hw4.data.dataset import DataError, Dataset, Split, drawn
from hw4.data.sources import BUNDLED, Given, load, load_once
from hw4.data.transforms import noisy_labels, shifted, shrunk

__all__ = [
    "BUNDLED",
    "DataError",
    "Dataset",
    "Given",
    "Split",
    "arrays",
    "drawn",
    "load",
    "load_once",
    "noisy_labels",
    "shifted",
    "shrunk",
]
