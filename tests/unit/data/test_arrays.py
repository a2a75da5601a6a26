"""Arrays in memory as a data set: what is taken, as it is, and what is refused in a sentence."""

import numpy as np
import pytest

from hw4.data import DataError, arrays, drawn

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(24, 5)), np.arange(24) % 3


@pytest.mark.parametrize(
    ("shape", "kind"),
    [((5,), float), ((7, 3), float), ((9,), int), ((8, 8, 1), np.float32), ((4, 6, 6, 2), float)],
)
def test_any_shape_is_drawn_as_it_is(shape, kind):
    x = RNG.normal(0, 100, (24, *shape)).astype(kind)
    found = arrays(x, Y)
    assert found.image_shape == shape
    split = drawn(found, 0, 16, 6)
    assert (split.x_train.shape, split.x_test.shape) == ((16, *shape), (6, *shape))
    rows = {row.tobytes(): label for row, label in zip(x.astype(np.float32), Y, strict=True)}
    for row, label in zip(split.x_train, split.y_train, strict=True):
        assert rows[row.tobytes()] == label


def test_names_are_classes_in_their_order():
    found = arrays(X, np.array(["cat", "ant", "bee"])[Y])
    assert found.classes == ("ant", "bee", "cat")
    assert sorted(np.unique(drawn(found, 0, 18, 6).y_train)) == [0, 1, 2]


def test_whole_numbers_may_have_names():
    assert arrays(X, Y, classes=["a", "b", "c"]).classes == ("a", "b", "c")
    assert arrays(X, Y[:, None]).classes == ("0", "1", "2")
    assert arrays(X, Y > 0).classes == ("0", "1")


def test_floats_are_targets():
    found = arrays(X, X[:, :2] * 3)
    assert (found.classes, found.target_shape) == ((), (2,))
    split = drawn(found, 0, 16, 6)
    np.testing.assert_allclose(split.y_train, split.x_train[:, :2] * 3, rtol=1e-6)
    assert arrays(X, X[:, 0]).target_shape == ()


def test_several_labels_are_targets_of_0_and_1():
    found = arrays(X, (X[:, :3] > 0).astype(int))
    assert found.target_shape == (3,)
    split = drawn(found, 0, 16, 6)
    np.testing.assert_array_equal(split.y_train, split.x_train[:, :3] > 0)


def test_a_test_part_is_kept_apart():
    split = drawn(arrays(X, Y, X[:6] + 1000, Y[:6]), 0, 24, 6)
    assert split.x_test.min() > 900 > split.x_train.max()


def test_the_fingerprint_is_of_the_numbers():
    other = X.copy()
    other[3, 2] += 1
    assert arrays(X, Y).fingerprint == arrays(X.copy(), Y, name="b").fingerprint
    assert arrays(X, Y).fingerprint != arrays(other, Y).fingerprint
    assert arrays(X, X[:, 0]).fingerprint != arrays(X, X[:, 1]).fingerprint


def test_what_is_given_may_be_changed_afterwards():
    x = X.astype(np.float32)
    found = arrays(x, Y)
    before = found.draw(0, 16, 6).x_train
    x[:] = 0
    np.testing.assert_array_equal(found.draw(0, 16, 6).x_train, before)


NAN = np.where(X > 1e9, 0, np.nan)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((X[:, 0], Y), "x has one axis, shape (24,): expected numbers (n, …)"),
        ((X.astype(str), Y), "x has names, shape (24, 5): expected numbers"),
        (([[1, 2], [3]], Y), "x is no array: expected numbers of one shape"),
        ((np.array([[object()]]), Y), "x holds object: expected numbers"),
        ((X.astype(complex), Y), "x holds complex128: expected numbers"),
        ((X[:0], Y), "x has shape (0, 5): expected (n, …), none of them 0"),
        ((5.0, Y), "x has shape (): expected (n, …)"),
        ((NAN, Y), "x has NaN or infinite numbers"),
        ((X * 1e39, Y), "x has NaN or infinite numbers: expected finite ones, as float32"),
        ((np.full((24, 5), 2**24 + 1), Y), "x has whole numbers beyond 16,777,216"),
        ((np.full((24, 5), -(2**63)), Y), "x has whole numbers beyond 16,777,216"),
        ((np.zeros((24, 3, 32, 32)), Y), "x has shape (24, 3, 32, 32), channels first: expected"),
        ((np.ma.masked_less(X, 0), Y), "x has masked values"),
        ((X, Y[:20]), "has 20 labels to train with: expected 24, one for each input"),
        ((X, Y - 1), "y has classes from -1 to 1: expected whole numbers from 0 to 65535"),
        ((X, np.full(24, 70_000)), "y has classes from 70000 to 70000: expected"),
        ((X, NAN[:, 0]), "y has NaN or infinite numbers"),
        ((X, np.zeros((24, 2, 2))), "y has shape (24, 2, 2): expected (n,) or (n, k)"),
        ((X, np.stack([Y, Y], 1)), "y has whole numbers of shape (24, 2): expected 0 and 1"),
        ((X, X.astype(str)), "y has names of shape (24, 5): expected one a row"),
        ((X, np.zeros(24, int)), "has only the class '0': expected at least 2"),
        ((X, Y, X), "has half a test part: expected x_test and y_test, or neither"),
        ((X, Y, X[:, :4], Y), "x_test has shape (24, 4): expected (5,) after the first axis"),
        ((X, Y, X, Y + 1), "y_test has classes from 1 to 3: expected whole numbers from 0 to 2"),
        ((X, Y, X, X[:, 0]), "y_test has shape (24,) and type float64: expected the same as y"),
        ((X, Y, X, Y.astype(str)), "y_test holds <U21: expected int64, like y"),
        ((X, Y.astype(str), X, (Y + 1).astype(str)), "y_test has the class '3': expected 0, 1, 2"),
        ((X, X[:, :2], X, X[:, :3]), "y_test has shape (24, 3) and type float64: expected the"),
    ],
)
def test_what_cannot_be_used_is_refused(given, told):
    with pytest.raises(DataError) as refused:
        arrays(*given, name="mine")
    message = str(refused.value)
    assert told in message
    assert message.startswith("mine")
    assert "\n" not in message


def test_more_classes_than_names_are_refused():
    with pytest.raises(DataError, match=r"classes from 0 to 2: expected whole numbers from 0 to 1"):
        arrays(X, Y, classes=["a", "b"])
