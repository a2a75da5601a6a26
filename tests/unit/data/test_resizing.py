"""Images of another size: by --hw4-resize, which is `resizing`, and `load(…, resize=…)`."""

import pickle

import numpy as np
import pytest
from PIL import Image

from hw4.data import DataError, arrays, load, load_once, noisy_labels, shrunk, sources
from hw4.data.png import read_picture
from hw4.data.resizing import linear, resized


def pictures(shape, count=24):
    """Return a data set of random images with three classes."""
    x = np.random.default_rng(1).random((count, *shape))
    return arrays(x, np.arange(count) % 3)


def write(folder, sizes, mode="L"):
    """Write random images, (width, height) each, into two folders of classes."""
    for number, size in enumerate(sizes):
        path = folder / "ab"[number % 2] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (*size[::-1], 3), np.uint8)
        Image.fromarray(pixels).convert(mode).save(path)
    return folder


SIZES = [(8 + n, 30 - n) for n in range(10)]


# The definition


def weights(old, new):
    """Return the weights of the old pixels in the new ones, (new, old), as `linear` says them."""
    scale = old / new
    i, j = np.arange(new)[:, None], np.arange(old)
    given = np.maximum(0, 1 - np.abs(j + 0.5 - (i + 0.5) * scale) / max(1, scale))
    return given / given.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("size", [(8, 8), (5, 13), (32, 48), (1, 1), (9, 40)])
def test_each_new_pixel_is_the_weighted_mean_that_is_written(size):
    image = np.random.default_rng(0).normal(size=(16, 13, 2)).astype(np.float32)
    down, across = weights(16, size[0]), weights(13, size[1])
    expected = np.einsum("ij,jkc,lk->ilc", down, image.astype(float), across)
    found = linear(image, size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_a_fine_pattern_becomes_grey_and_no_coarse_pattern():
    stripes = np.tile(np.float32([0, 1]), (64, 32))[..., None]  # picking pixels would give all 0
    np.testing.assert_allclose(linear(stripes, (7, 7)), 0.5, atol=0.1)


@pytest.mark.parametrize("size", [(3, 3), (40, 40)])
def test_no_value_is_beyond_those_there_were(size):
    edge = np.zeros((8, 8, 1), np.float32)
    edge[:, 4:] = 1  # where cubic interpolation overshoots
    found = linear(edge, size)
    assert 0 <= found.min() < found.max() <= 1
    assert found.max() > 0.9


# Folders


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA"])
def test_images_that_differ_in_size_are_resized_one_by_one(tmp_path, mode):
    folder = write(tmp_path / "set", SIZES, mode)
    dataset = load(folder, resize=(12, 9))
    channels = 1 if mode == "L" else 3
    assert dataset.image_shape == (12, 9, channels)
    assert dataset.name == "set (12x9)"
    split = dataset.draw(0, 10, 10)
    found = {image.tobytes() for part in (split.x_train, split.x_test) for image in part}
    whole = [read_picture(path)[0] for path in folder.rglob("*.png")]
    assert found == {linear(image, (12, 9)).tobytes() for image in whole}


def test_a_test_part_is_resized_by_the_same_rule(tmp_path):
    write(tmp_path / "train", [(8, 8)] * 8)
    write(tmp_path / "test", SIZES)
    tested = load(tmp_path, resize=8).draw(0, 8, 10).x_test
    whole = [read_picture(path)[0] for path in (tmp_path / "test").rglob("*.png")]
    assert {each.tobytes() for each in tested} == {linear(e, (8, 8)).tobytes() for e in whole}


def test_the_refusal_of_images_that_differ_in_size_names_the_option(tmp_path):
    write(tmp_path, SIZES)
    with pytest.raises(DataError) as error:
        load(tmp_path)
    assert str(error.value).endswith(
        "02.png' is stored as 10×28 pixels: expected 8×30 pixels, like "
        f"'{tmp_path / 'a' / '00.png'}', or one size for all by --hw4-resize "
        "(in code: load(…, resize=32))"
    )


def test_images_that_differ_in_mode_are_refused_still(tmp_path):
    write(tmp_path, SIZES)
    write(tmp_path, SIZES[:1], "RGB")
    with pytest.raises(DataError, match=r"is stored as L: expected RGB, like '.*00\.png'$"):
        load(tmp_path, resize=8)


def test_a_damaged_image_is_refused_by_name_still(tmp_path):
    whole = write(tmp_path, SIZES) / "a" / "04.png"
    whole.write_bytes(whole.read_bytes()[:60])
    with pytest.raises(DataError, match=r"04\.png': expected a whole PNG file"):
        load(tmp_path, resize=8)


def test_what_would_take_too_much_memory_is_refused(tmp_path):
    with pytest.raises(DataError) as error:
        load(write(tmp_path, SIZES), resize=20_000)
    assert "10 images like" in str(error.value)
    assert "would take 14.9 GiB in memory: expected at most 1 GiB" in str(error.value)


def test_large_files_fit_if_they_are_small_when_resized(tmp_path):
    """Each file by itself must fit as it is stored, for it is read as a whole."""
    path, room = write(tmp_path, [(40, 40)]) / "a" / "00.png", 6 * 40 * 40 * 4
    with pytest.raises(DataError, match=r"10 images like .* would take"):
        read_picture(path, 10, room)
    assert read_picture(path, 10, room, (8, 8))[0].shape == (8, 8, 1)
    with pytest.raises(DataError, match=r"^'.*00\.png' would take"):
        read_picture(path, 10, 40 * 40 * 4 - 1, (8, 8))
    with pytest.raises(DataError, match=r"10 images like .* would take"):
        read_picture(path, 10, room, (40, 40))


# Fingerprints


def test_the_size_is_part_of_the_fingerprint(tmp_path):
    folder = write(tmp_path, SIZES)
    assert len({load(folder, resize=size).fingerprint for size in (8, 9, (8, 9), (9, 8))}) == 4
    one, other = load("digits", resize=9), load("digits", resize=10)
    assert len({load("digits").fingerprint, one.fingerprint, other.fingerprint}) == 3


def test_images_of_that_size_are_the_data_set_they_were(tmp_path):
    folder = write(tmp_path, [(9, 8)] * 8)
    assert load(folder, resize=(8, 9)).fingerprint == load(folder).fingerprint
    assert load("phantom", resize=32) is load("phantom")


# Other data sets


def test_any_images_are_resized(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=np.ones((8, 5, 4, 3)), y_train=np.arange(8) % 2)
    assert load(tmp_path / "a.npz", resize=8).image_shape == (8, 8, 3)
    for dataset in (load("digits"), pictures((5, 4, 2))):
        larger, plain = load(dataset, resize=(16, 12)), dataset.draw(3, 12, 4)
        split = larger.draw(3, 12, 4)
        assert larger.image_shape == split.x_train.shape[1:] == (16, 12, dataset.image_shape[2])
        for part in ("x_train", "x_test"):
            expected = [linear(image, (16, 12)) for image in getattr(plain, part)]
            np.testing.assert_array_equal(getattr(split, part), expected)
        np.testing.assert_array_equal(split.y_train, plain.y_train)
        assert larger.name == f"{dataset.name} (16x12)"


def test_a_resized_data_set_is_a_value_that_can_be_sent():
    one, again = load("digits", resize=5), load("digits", resize="5x5")
    assert one == again
    assert hash(one) == hash(again)
    sent = pickle.loads(pickle.dumps(one))
    assert sent.fingerprint == one.fingerprint
    np.testing.assert_array_equal(sent.draw(1, 8, 4).x_train, one.draw(1, 8, 4).x_train)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 4, 1)])
def test_what_has_no_images_is_refused(shape):
    with pytest.raises(DataError) as error:
        load(pictures(shape), resize=8)
    said = f"'arrays' to 8x8 pixels: its inputs have shape {shape}, expected images"
    assert str(error.value) == f"cannot resize {said}"


def test_a_table_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("label,x\n" + "a,1\nb,2\n" * 8)
    with pytest.raises(DataError, match="cannot resize 't' to 8x8 pixels: its inputs have shape"):
        load(path, resize=8)


def test_what_a_seed_would_take_is_bounded():
    vast = load("digits", resize=4000)
    with pytest.raises(DataError) as error:
        vast.draw(0, 64, 32)
    assert str(error.value) == (
        "digits (4000x4000) would take 5.72 GiB in memory a seed: expected at most 1 GiB"
    )


def test_what_is_no_size_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"^load got resize: got '8y', expected a size in pixels"):
        load(tmp_path, resize="8y")


# A run's own


def test_a_run_resizes_all_that_is_loaded(tmp_path):
    folder = write(tmp_path / "set", SIZES)
    before = load_once("digits")
    with sources.resizing((6, 5)):
        for dataset in (load(folder), load_once(folder), noisy_labels(folder, 0.5), load("digits")):
            assert dataset.image_shape[:2] == (6, 5)
        assert load(pictures((4, 4, 1))).image_shape == (6, 5, 1)
        assert load(folder, resize=7).image_shape == (7, 7, 1)
        with sources.resizing((3, 3)):
            assert load_once(folder).image_shape == load_once("digits").image_shape == (3, 3, 1)
        assert load_once("digits").image_shape == (6, 5, 1)
    assert load_once("digits") is before


def test_what_a_claim_has_made_smaller_stays_smaller():
    with sources.resizing((16, 16)):
        small = shrunk("digits", 4)
        assert small.image_shape == (4, 4, 1)
        assert load_once(small) is small
        assert load_once(noisy_labels(small, 0.5)).image_shape == (4, 4, 1)
        assert resized(small, (5, 5)).image_shape == (5, 5, 1)
