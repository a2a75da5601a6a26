"""A data set of the user's own is held to what it says of itself."""

import dataclasses

import numpy as np
import pytest

from hw4.data import DataError, Dataset, Split, drawn


class Own(Dataset):
    """Six images of two classes, with changes to what it draws or says."""

    name, image_shape, classes, fingerprint = "mine", (5, 6, 1), ("a", "b"), "0"

    def __init__(self, image_shape=image_shape, **changes):
        self.image_shape, self.changes = image_shape, changes

    def draw(self, seed, train, test):
        images, labels = np.zeros((4, *self.image_shape), np.float32), np.arange(4, dtype="i4") % 2
        return dataclasses.replace(Split(images, labels, images[:2], labels[:2]), **self.changes)


def test_a_split_that_is_as_it_says_is_returned():
    assert drawn(Own(), 0, 4, 2).x_test.shape == (2, 5, 6, 1)


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        (
            Own((3, 32, 32)),
            "data set 'mine' has images of shape (3, 32, 32), channels first: "
            "expected (height, width, channels)",
        ),
        (
            Own(x_train=np.zeros((4, 5, 6, 1))),
            "data set 'mine' drew train images of type float64 and shape (4, 5, 6, 1): "
            "expected float32 and (images, 5, 6, 1)",
        ),
        (
            Own(x_test=np.zeros((2, 6, 5, 1), "f4")),
            "data set 'mine' drew test images of type float32 and shape (2, 6, 5, 1): "
            "expected float32 and (images, 5, 6, 1)",
        ),
        (
            Own(x_test=np.full((2, 5, 6, 1), np.nan, "f4")),
            "data set 'mine' drew test images with NaN or infinite pixels: expected numbers",
        ),
        (
            Own(y_train=np.zeros(4)),
            "data set 'mine' drew train labels of type float64 and shape (4,): "
            "expected integers and (4,)",
        ),
        (
            Own(y_test=np.array([1, 2])),
            "data set 'mine' drew test labels from 1 to 2: expected classes from 0 to 1",
        ),
    ],
)
def test_a_split_that_is_not_is_refused(own, sentence):
    with pytest.raises(DataError) as error:
        drawn(own, 0, 4, 2)
    assert str(error.value) == sentence


@pytest.mark.parametrize(("shape", "outputs"), [(None, 2), ((), 1), ((3,), 3), ((7, 4), 4)])
def test_a_network_needs_an_output_for_each_class_or_number_of_a_target(shape, outputs):
    own = Own()
    own.target_shape = shape
    assert own.outputs == outputs


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        (
            np.zeros((4, 2), "f4"),
            "data set 'mine' drew train targets of type float32 and shape (4, 2): "
            "expected float32 and (4, 3)",
        ),
        (
            np.full((4, 3), np.inf, "f4"),
            "data set 'mine' drew train targets that are NaN or infinite: expected numbers",
        ),
    ],
)
def test_targets_that_are_not_as_it_says_are_refused(targets, sentence):
    own = Own(y_train=targets)
    own.target_shape = (3,)
    with pytest.raises(DataError) as error:
        drawn(own, 0, 4, 2)
    assert str(error.value) == sentence
