"""Any images that may be stored are read as they are, from an archive as from a folder."""

import math
import shutil
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from hw4.data import DataError, load

SEVERAL = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
CLASSES = st.integers(2, 4)
SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9))
PIXELS = {
    np.dtype(np.uint8): st.integers(0, 255),
    **{np.dtype(f"f{size}"): st.floats(0, 1, width=8 * size) for size in (2, 4, 8)},
}


@st.composite
def pictures(draw, types=tuple(PIXELS), channels=(None, 1, 3)):
    """Draw images of several classes, (n, height, width) or with channels, and their labels."""
    classes, extra = draw(CLASSES), draw(st.integers(0, 3))
    labels = np.append(np.tile(np.arange(classes), 4), np.arange(extra) % classes)
    kind, depth = np.dtype(draw(st.sampled_from(types))), draw(st.sampled_from(channels))
    shape = (labels.size, *draw(SIZES), *([depth] if depth else []))
    images = draw(hnp.arrays(kind, shape, elements=PIXELS[kind]))
    if kind == np.uint8:
        images.flat[0] = 200  # not a mask of 0 and 1
    return images, labels


def read(path):
    """Return all images and labels of a source without a test part, as one set of pairs."""
    dataset = load(path)
    split = dataset.draw(0, 10_000, 10_000)
    images = np.concatenate([split.x_train, split.x_test])
    labels = np.concatenate([split.y_train, split.y_test])
    assert images.shape[1:] == dataset.image_shape
    return pairs(images, labels)


def pairs(images, labels):
    return sorted(
        (image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True)
    )


def scaled(images):
    white = np.float32(255 if images.dtype == np.uint8 else 1)
    return images.reshape(*images.shape[:3], -1).astype(np.float32) / white


@SEVERAL
@given(pictures(), st.booleans(), st.booleans(), st.sampled_from(["<i8", ">i2", "u1"]))
def test_an_archive_gives_the_images_that_it_holds(tmp_path, drawn, pressed, turned, kind):
    images, labels = drawn
    if images.ndim == 4 and images.shape[1] <= 4 < min(images.shape[2:]):
        return  # channels first, as it seems
    stored = np.asfortranarray(images) if turned else images
    path = tmp_path / "mine.npz"
    save = np.savez_compressed if pressed else np.savez
    save(path, x_train=stored, y_train=labels.astype(kind))
    assert read(path) == pairs(scaled(images), labels)


@SEVERAL
@given(pictures([np.uint8], channels=(None, 3)))
def test_a_folder_gives_the_pictures_that_it_holds(tmp_path, drawn):
    images, labels = drawn
    shutil.rmtree(tmp_path / "mine", ignore_errors=True)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        place = tmp_path / "mine" / f"class-{label}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{number}.png")
    assert read(tmp_path / "mine") == pairs(scaled(images), labels)


@SEVERAL
@given(
    hnp.arrays(
        hnp.scalar_dtypes() | st.sampled_from([np.dtype([("a", "u1")]), np.dtype("u1")]),
        hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5),
    ),
)
def test_any_array_is_read_or_refused_in_a_sentence(tmp_path, array):
    path = tmp_path / "mine.npz"
    with warnings.catch_warnings(action="ignore"):  # of names of fields that are no ASCII
        np.savez(path, x_train=array, y_train=np.arange(math.prod(array.shape[:1])) % 2)
    try:
        assert len(read(path)) == len(array)
        return
    except DataError as error:
        told = str(error)
    assert "mine" in told
    assert "\n" not in told


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"\x93NUMPY\1\0"]))
@SEVERAL
def test_any_bytes_are_refused_in_a_sentence(tmp_path, content, start):
    for name in ("mine.npz", "mine/cat/0.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(start + content)
        with pytest.raises(DataError) as error:
            load(tmp_path / name.partition("/")[0])
        assert "mine" in str(error.value)
        assert "\n" not in str(error.value)
