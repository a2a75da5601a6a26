"""`digits`: the 1,797 handwritten digits of 8×8 pixels that travel with the package.

They are the test part of "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak,
UCI Machine Learning Repository, 1998, https://doi.org/10.24432/C50P49, licensed CC BY 4.0.
`digits.npz` holds the numbers of scikit-learn's `load_digits`, 0 to 16, as bytes, in its order.
"""

from importlib import resources

import numpy as np

from hw4.data.finite import FiniteDataset, Labelled

INK = 16  # the darkest pixel: each counts the inked ones of a 4×4 block


def digits() -> FiniteDataset:
    """Reads the digits; they come without a division, so each seed draws its own."""
    source = resources.files("hw4.data").joinpath("digits.npz")
    with source.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        images = arrays["images"][..., None].astype(np.float32) / np.float32(INK)
        labels = arrays["labels"].astype(np.int32)
    return FiniteDataset("digits", tuple("0123456789"), Labelled(images, labels))
