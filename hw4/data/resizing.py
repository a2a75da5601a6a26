"""Images of another size: one by one as files are read, or all of a data set."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hw4.data.changed import Changed, changed
from hw4.data.dataset import DataError, Dataset, Images, Split
from hw4.pixels import Size, written
from hw4.regular import MOST, in_words


def linear(image: Images, size: Size) -> Images:
    """Resize one image, stretched to the size, by weighted means: no value is beyond the old ones.

    Along each axis, of n pixels that become m, the new pixel i is the mean of the old pixels j with
    weights max(0, 1 − |j + ½ − (i + ½)·n/m| / max(1, n/m)), which are made to add up to 1. So where
    an image grows that is linear interpolation, and where it shrinks each old pixel counts: no fine
    pattern becomes a coarse one. It is Pillow's BILINEAR, on float32 and channel by channel.
    """
    from PIL import Image

    return _resize(image, size, Image.Resampling.BILINEAR)


def cubic(image: Images, size: Size) -> Images:
    """Resize one image with cubic interpolation, channel by channel; it stays within [0, 1]."""
    from PIL import Image

    resized: Images = np.clip(_resize(image, size, Image.Resampling.BICUBIC), 0, 1)
    return resized  # cubic overshoots at edges


def _resize(image: Images, size: Size, how: int) -> Images:
    from PIL import Image

    height, width = size
    channels = [
        np.asarray(Image.fromarray(channel).resize((width, height), how))
        for channel in np.moveaxis(image, -1, 0)
    ]
    return np.stack(channels, axis=-1)


def alike(images: Images, size: Size, resize: Callable[[Images, Size], Images]) -> Images:
    """Resize images (n, height, width, channels), if they are of another size."""
    if images.shape[1:3] == size:
        return images
    return np.stack([resize(image, size) for image in images])


def resized(dataset: Dataset, size: Size) -> Dataset:
    """Return a data set whose images are resized as by `linear`.

    One that is of this size stays as it is, and so does one that was made from such a one, as by
    `shrunk`.

    Raises:
        DataError: its inputs are no images.
    """
    source = dataset
    while isinstance(source, Changed) and source.image_shape[:2] != size:
        source = source.base
    if source.image_shape[:2] == size:
        return dataset
    if len(dataset.image_shape) != 3:
        raise DataError(
            f"cannot resize {dataset.name!r} to {written(size)} pixels: its inputs have shape "
            f"{dataset.image_shape}, expected images"
        )
    kind, shape = f"Resized linearly to {written(size)}", (*size, dataset.image_shape[2])
    return replace(changed(dataset, kind, 0, written(size), _with_size), image_shape=shape)


def _with_size(split: Split, seed: int, dataset: Changed) -> Split:
    height, width, channels = dataset.image_shape
    taken = (len(split.x_train) + len(split.x_test)) * height * width * channels * 4  # bytes
    if taken > MOST:
        raise DataError(
            f"{dataset.name} would take {in_words(taken)} in memory a seed: expected at most "
            f"{in_words(MOST)}"
        )
    return replace(
        split,
        x_train=alike(split.x_train, (height, width), linear),
        x_test=alike(split.x_test, (height, width), linear),
    )
