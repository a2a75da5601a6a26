import hashlib

import numpy as np
import pytest

from hw4.data import load


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def test_digits_are_those_of_scikit_learn_bit_for_bit(digits):
    datasets = pytest.importorskip("sklearn.datasets")
    original = datasets.load_digits()
    images = (original.images / 16).astype(np.float32)[..., None]
    assert digits.draw(0, 5000, 5000).x_train.dtype == np.float32
    labelled = sorted(zip(map(bytes, images), original.target, strict=True))
    split = digits.draw(0, 1797, 1797)
    x = np.concatenate([split.x_train, split.x_test])
    y = np.concatenate([split.y_train, split.y_test])
    assert sorted(zip(map(bytes, x), y, strict=True)) == labelled


def test_digits_are_8_by_8_grey_images_of_ten_classes(digits):
    assert digits.name == "digits"
    assert digits.image_shape == (8, 8, 1)
    assert digits.classes == tuple("0123456789")


def test_digits_reach_from_black_to_white(digits):
    images = digits.draw(0, 1000, 400).x_train
    assert images.min() == 0
    assert images.max() == 1


def test_all_of_the_digits_are_shared_out_with_a_quarter_to_test_on(digits):
    split = digits.draw(0, 10_000, 10_000)
    assert len(split.y_test) == 1797 // 4
    assert len(split.y_train) == 1797 - 1797 // 4


def test_the_digits_fingerprint_is_a_sha256(digits):
    assert len(digits.fingerprint) == len(hashlib.sha256().hexdigest())
