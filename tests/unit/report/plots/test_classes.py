"""The four classes are drawn from the data themselves."""

import base64
import io

import numpy as np
from PIL import Image

from hw4.data import load
from hw4.report.plots import classes


def patches(picture):
    (image,) = [each for each in picture.root.iter() if each.tag.endswith("image")]
    encoded = image.get("href").removeprefix("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("L"))


def test_every_class_has_a_row_with_its_name(read):
    (picture,) = read(classes())
    rows = {words: y for _, y, words in picture.texts()}
    assert sorted(rows, key=rows.get) == ["background", "clavicles", "heart", "lungs"]


def test_a_row_shows_patches_of_its_class(read):
    pixels = patches(read(classes())[0])
    assert pixels.shape == (4 * 32, 5 * 32)
    split = load("phantom").draw(7, train=40, test=1)
    for label in range(4):
        first = split.x_train[split.y_train == label][0, ..., 0]
        shown = pixels[32 * label : 32 * (label + 1), :32] / 255
        assert np.abs(first - shown).max() < 0.51 / 15  # half a step of sixteen greys


def test_the_picture_is_small():
    assert len(classes()) < 10_000
