"""IDX files, as MNIST's, packed or not; and files that are damaged or lie."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from hw4.data import DataError, drawn, load

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 6, 5), np.uint8)
LABELS = (np.arange(12) % 3).astype(np.uint8)


def idx(array, kind=8, shape=None):
    """Return the bytes of an IDX file, which may say of itself what it likes."""
    shape = array.shape if shape is None else shape
    head = struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape)
    return head + array.tobytes()


@pytest.fixture
def digits(tmp_path):
    """Return a function that writes files, by their names, and returns their folder."""

    def write(**files):
        files = {
            "train_images_idx3_ubyte": idx(PIXELS),
            "train_labels_idx1_ubyte": idx(LABELS),
        } | files
        for name, content in files.items():
            if content is not None:
                (tmp_path / name.replace("_gz", ".gz").replace("_", "-")).write_bytes(content)
        return tmp_path

    return write


def refusal(folder):
    with pytest.raises(DataError) as refused:
        load(folder)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_the_files_of_mnist_are_read(digits):
    found = load(digits())
    assert (found.image_shape, found.classes) == ((6, 5, 1), ("0", "1", "2"))
    split = drawn(found, 0, 9, 3)
    known = {row.tobytes(): label for row, label in zip(PIXELS, LABELS, strict=True)}
    for image, label in zip(split.x_train, split.y_train, strict=True):
        assert known[np.round(image[..., 0] * 255).astype(np.uint8).tobytes()] == label


def test_packed_files_and_a_test_part_are_read(digits):
    packed = gzip.compress(idx(PIXELS[:6])), gzip.compress(idx(LABELS[:6]))
    folder = digits(t10k_images_idx3_ubyte_gz=packed[0], t10k_labels_idx1_ubyte_gz=packed[1])
    assert load(folder).draw(0, 99, 99).x_test.shape == (6, 6, 5, 1)
    assert load(folder).draw(0, 99, 99).x_train.shape == (12, 6, 5, 1)


@pytest.mark.parametrize("end", [0, 2, 3, 9, 15, 16, 100, -1])
def test_a_truncated_file_is_refused(digits, end):
    for content, name in (
        (idx(PIXELS)[:end], "train_images_idx3_ubyte"),
        (gzip.compress(idx(PIXELS))[:end], "train_images_idx3_ubyte_gz"),
    ):
        plain = {"train_images_idx3_ubyte": None}
        folder = digits(**plain | {name: content})
        for other in folder.glob("train-images*"):
            if other.name.endswith(".gz") != name.endswith("gz"):
                other.unlink()
        assert "expected a whole IDX file" in refusal(folder)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (idx(PIXELS) + b"1", "expected a whole IDX file (it has bytes behind its numbers)"),
        (b"PK\x03\x04", "expected a whole IDX file (it does not begin with two zeros)"),
        (
            idx(PIXELS.astype(">f4"), kind=13),
            "numbers of type 0x0d along 3 axes: expected unsigned",
        ),
        (idx(LABELS), "numbers of type 0x08 along 1 axes: expected unsigned bytes"),
        (idx(PIXELS, shape=(2**32 - 1,) * 3), "in memory: expected at most 1 GiB"),
        (idx(PIXELS[:0]), "has shape (0, 6, 5)"),
        (idx(PIXELS[:11]), "has 12 labels in 'y_train': expected 11"),
        (idx(PIXELS // 255), "holds no grey level above 1"),
    ],
)
def test_images_that_cannot_be_used_are_refused(digits, content, told):
    assert told in refusal(digits(train_images_idx3_ubyte=content))


def test_a_file_that_is_missing_or_there_twice_is_refused(digits):
    folder = digits(train_labels_idx1_ubyte=None)
    assert "has no array 'y_train'" in refusal(folder)
    twice = digits(train_images_idx3_ubyte_gz=gzip.compress(idx(PIXELS)))
    assert "is there twice: expected one file of train images" in refusal(twice)


def test_a_file_that_inflates_to_gigabytes_is_read_no_further_than_it_says(digits):
    bomb = gzip.compress(idx(PIXELS) + bytes(2**27))
    folder = digits(train_images_idx3_ubyte=None, train_images_idx3_ubyte_gz=bomb)
    load_refused = refusal(folder)
    tracemalloc.start()
    try:
        assert refusal(folder) == load_refused
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()
    assert "it has bytes behind its numbers" in load_refused


def test_a_pipe_in_place_of_a_file_ends_reading_at_once(digits):
    import os

    folder = digits(train_images_idx3_ubyte=None)
    os.mkfifo(folder / "train-images-idx3-ubyte")
    assert "it is a pipe, no regular file" in refusal(folder)
