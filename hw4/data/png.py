"""One PNG or JPEG file as an array, or one sentence about why not."""

from __future__ import annotations

import math
import warnings
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hw4.data.dataset import DataError, Images, quote, reading
from hw4.data.resizing import linear
from hw4.pixels import Size
from hw4.regular import MOST, in_words, read_regular

if TYPE_CHECKING:
    from PIL import Image

LARGEST = 2**28  # bytes of a file: more than the largest image that Pillow takes has

# What Pillow calls each way of storing pixels, with the value of white in it. Before version 11 it
# called 16 bits of grey "I".
WHITE = {"1": 1, "L": 255, "I;16": 65535, "I": 65535, "RGB": 255}
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}  # by a file's ending
_CLEAR = {"LA": "L", "RGBA": "RGB"}  # with a channel that says how opaque a pixel is, and without


def read_picture(
    path: Path, alike: int = 1, room: int = MOST, size: Size | None = None
) -> tuple[Images, str]:
    """Reads one image, if there is room for so many like it.

    Args:
        path: of the image.
        alike: how many images of this size there are.
        room: the bytes that they may take as float32.
        size: to which it is resized, as by `linear`; None leaves it as it is.

    A palette becomes its colours. What is transparent lies on black: a pixel that is not there
    is 0.

    Returns:
        The image, `(height, width, channels)` float32 in [0, 1], with one channel for grey and
        three for colour; and its mode, in Pillow's words.

    Raises:
        DataError: if the file cannot be read, is damaged or too large, or has colours that are
            neither grey, RGB nor a palette.
    """
    from PIL import Image  # takes longer to import than all the rest, and few runs read files

    kind = FORMATS[path.suffix.lower()]
    with reading(path, f"a whole {kind} file"), warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        content = BytesIO(read_regular(path, LARGEST))
        Image.open(content, formats=[kind]).verify()  # checksums, which decoding passes over
        image = Image.open(content, formats=[kind])
        bands = 3 if image.mode in ("P", "RGBA") else 1 if image.mode == "LA" else 0
        bands = bands or len(image.getbands())
        _check_room(path, image.width * image.height * bands, 1 if size else alike, room)
        if size:
            _check_room(path, math.prod(size) * bands, alike, room)
        plain = _without_palette(image)
        pixels, mode = np.asarray(plain), plain.mode
    if mode not in WHITE:
        raise DataError(
            f"{quote(path)} is stored as {mode}: "
            "expected grey, RGB or a palette, with transparency or without"
        )
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    image_in_floats = pixels.astype(np.float32)
    image_in_floats /= np.float32(WHITE[mode])
    return linear(image_in_floats, size) if size else image_in_floats, mode


def _without_palette(image: Image.Image) -> Image.Image:
    """Return an image without a palette, and with what is transparent on black."""
    from PIL import Image

    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if opaque := _CLEAR.get(image.mode):
        black = Image.new(image.mode, image.size, (0,) * (len(image.mode) - 1) + (255,))
        image = Image.alpha_composite(black.convert("RGBA"), image.convert("RGBA")).convert(opaque)
    return image


def _check_room(path: Path, values: int, alike: int, room: int) -> None:
    size = alike * values * np.dtype(np.float32).itemsize
    if size > room:
        images = f"{alike} images like {quote(path)}" if alike > 1 else quote(path)
        raise DataError(
            f"{images} would take {in_words(size)} in memory: expected at most "
            f"{in_words(MOST)} for all images of a data set"
        )
