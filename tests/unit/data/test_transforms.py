import dataclasses
import pickle

import numpy as np
import pytest

from hw4.data import DataError, arrays, load, noisy_labels, shifted, shrunk
from hw4.data.finite import FiniteDataset, Labelled

CLASSES = ("a", "b", "c")


def pool(name="pool", shape=(7, 5, 2)):
    """Return 1,200 random images, unequal in height and width, with their labels."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, len(CLASSES), 1200).astype(np.int32)
    return FiniteDataset(name, CLASSES, Labelled(rng.random((1200, *shape), np.float32), labels))


@pytest.fixture(scope="module")
def base():
    return pool()


CHANGES = {
    "noisy": lambda dataset: noisy_labels(dataset, 0.4),
    "shifted": lambda dataset: shifted(dataset, -1),
    "shrunk": lambda dataset: shrunk(dataset, 2),
}


@pytest.fixture(params=CHANGES)
def change(request):
    return CHANGES[request.param]


def changed_parts(one, other):
    """Return the names of the parts in which two splits differ."""
    names = [part.name for part in dataclasses.fields(one)]
    return {n for n in names if not np.array_equal(getattr(one, n), getattr(other, n))}


# Each change by itself


def test_noisy_labels_changes_the_training_labels_alone(base):
    split, plain = noisy_labels(base, 0.5).draw(1, 900, 300), base.draw(1, 900, 300)
    assert changed_parts(split, plain) == {"y_train"}
    assert split.y_train.dtype == np.int32


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_of_the_noisy_labels_one_in_so_many_classes_is_right_by_chance(base, share):
    """Over ten seeds 9,000 labels: three standard deviations are below 0.016."""
    noisy = noisy_labels(base, share)
    wrong = [
        np.mean(noisy.draw(seed, 900, 300).y_train != base.draw(seed, 900, 300).y_train)
        for seed in range(10)
    ]
    assert abs(np.mean(wrong) - share * (1 - 1 / len(CLASSES))) < 0.016


def test_noisy_labels_are_uniform_whatever_the_class(base):
    noisy, plain = noisy_labels(base, 1).draw(0, 900, 300), base.draw(0, 900, 300)
    for label in range(len(CLASSES)):
        drawn = noisy.y_train[plain.y_train == label]
        np.testing.assert_allclose(np.bincount(drawn, minlength=3) / drawn.size, 1 / 3, atol=0.1)


def test_a_larger_share_keeps_the_labels_that_a_smaller_one_made_wrong(base):
    """So arms that differ in the share are paired by seed."""
    plain = base.draw(0, 900, 300).y_train
    few, many = (noisy_labels(base, share).draw(0, 900, 300).y_train for share in (0.3, 0.6))
    np.testing.assert_array_equal(many[few != plain], few[few != plain])


def test_every_seed_draws_its_own_noise(base):
    """Two seeds make 0.13² of the places wrong in common; the same draw would make 0.09."""
    noisy = noisy_labels(base, 0.2)
    wrong = [
        noisy.draw(seed, 900, 300).y_train != base.draw(seed, 900, 300).y_train for seed in (1, 2)
    ]
    assert np.mean(wrong[0] & wrong[1]) < 0.04


def test_no_noise_leaves_every_label(base):
    assert not changed_parts(noisy_labels(base, 0).draw(0, 900, 300), base.draw(0, 900, 300))


def test_shifted_adds_a_number_to_every_pixel_of_both_parts(base):
    split, plain = shifted(base, -1.5).draw(2, 90, 30), base.draw(2, 90, 30)
    assert changed_parts(split, plain) == {"x_train", "x_test"}
    for part in ("x_train", "x_test"):
        images = getattr(split, part)
        assert images.dtype == np.float32
        np.testing.assert_allclose(images, getattr(plain, part).astype(float) - 1.5, atol=1e-6)


@pytest.mark.parametrize("name", ["phantom", "digits"])
def test_shifted_by_minus_one_no_input_is_positive(name):
    split = shifted(name, -1).draw(0, 64, 32)
    assert max(split.x_train.max(), split.x_test.max()) <= 0


def test_shrunk_averages_squares_and_cuts_off_what_is_over(base):
    split, plain = shrunk(base, 2).draw(2, 90, 30), base.draw(2, 90, 30)  # 5 // 2: squares of 2
    assert changed_parts(split, plain) == {"x_train", "x_test"}
    for part in ("x_train", "x_test"):
        given, made = getattr(plain, part).astype(float), getattr(split, part)
        assert made.shape == (len(given), 3, 2, 2)
        assert made.dtype == np.float32
        for row, column in np.ndindex(3, 2):
            square = given[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            np.testing.assert_allclose(made[:, row, column], square.mean(axis=(1, 2)), atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "side", "made"),
    [
        ((32, 32, 1), 8, (8, 8, 1)),
        ((32, 32, 1), 9, (10, 10, 1)),  # squares of 3, two pixels cut off
        ((32, 32, 1), 16, (16, 16, 1)),
        ((32, 32, 1), 17, (32, 32, 1)),
        ((32, 32, 1), 1, (1, 1, 1)),
        ((20, 41, 3), 5, (5, 10, 3)),  # by the shorter side
    ],
)
def test_shrunk_keeps_both_sides_at_or_above_what_is_asked(shape, side, made):
    small = shrunk(pool(shape=shape), side)
    assert small.image_shape == made
    assert small.draw(0, 8, 4).x_train.shape == (8, *made)


def test_images_that_cannot_shrink_are_the_same_data_set(base):
    assert shrunk(base, 3) is base


# What all changes share


def test_a_change_is_a_value(change):
    """Equal, and equal in hash, where the data set and the change are: the key of many caches."""
    dataset = load("digits")
    assert change(dataset) == change("digits")
    assert hash(change(dataset)) == hash(change("digits"))


def test_fingerprints_tell_changes_amounts_and_data_sets_apart(base):
    made = [
        base,
        noisy_labels(base, 0.5),
        noisy_labels(base, 0.25),
        shifted(base, 0.5),
        shifted(base, 2),
        shrunk(base, 2),  # by a factor of 2
        shifted(shrunk(base, 2), 0.5),
        shrunk(shifted(base, 0.5), 2),
        shifted(load("digits"), 0.5),
    ]
    assert len({dataset.fingerprint for dataset in made}) == len(made)
    assert len(set(made)) == len(made)


def test_a_fingerprint_comes_from_the_contents_and_not_from_the_name(change):
    assert change(pool("one")).fingerprint == change(pool("another")).fingerprint


def test_a_seed_draws_the_same_split_and_another_seed_another(change, base):
    dataset = change(base)
    first, again, other = (dataset.draw(seed, 90, 30) for seed in (1, 1, 2))
    assert not changed_parts(first, again)
    assert changed_parts(first, other) == {"x_train", "y_train", "x_test", "y_test"}


def test_a_change_leaves_the_other_data_set_as_it_was(change, base):
    before = base.draw(1, 90, 30)
    change(base).draw(1, 90, 30)
    assert not changed_parts(base.draw(1, 90, 30), before)


def test_a_changed_data_set_can_be_sent_to_another_process(change, base):
    received = pickle.loads(pickle.dumps(change(base)))
    assert received.fingerprint == change(base).fingerprint
    assert not changed_parts(received.draw(0, 90, 30), change(base).draw(0, 90, 30))


def test_a_changed_data_set_keeps_the_classes_and_says_what_was_done():
    base = pool()
    names = {
        noisy_labels(base, 0.5): "pool (50% random labels)",
        shifted(base, -1): "pool (shifted by -1)",
        shrunk(base, 2): "pool (3×2)",
    }
    for dataset, name in names.items():
        assert dataset.name == name
        assert dataset.classes == CLASSES


WHOLE = "expected a whole number of at least 1"


@pytest.mark.parametrize(
    ("function", "amount", "message"),
    [
        (noisy_labels, 1.1, "cannot draw a share of 1.1 of the labels: expected one in [0, 1]"),
        (noisy_labels, -0.1, "cannot draw a share of -0.1 of the labels: expected one in [0, 1]"),
        (noisy_labels, np.nan, "cannot draw a share of nan of the labels: expected one in [0, 1]"),
        (shifted, np.inf, "cannot shift pixels by inf: expected a finite number"),
        (shifted, np.nan, "cannot shift pixels by nan: expected a finite number"),
        *(
            (shrunk, side, f"cannot shrink images to {side} pixels a side: {WHOLE}")
            for side in (0, 2.5)
        ),
    ],
)
def test_an_impossible_change_is_refused_in_one_sentence(base, function, amount, message):
    with pytest.raises(DataError) as error:
        function(base, amount)
    assert str(error.value) == message


def test_an_impossible_request_is_refused_as_by_the_other_data_set(change, base):
    with pytest.raises(DataError, match="cannot draw 0 images to train on"):
        change(base).draw(0, 0, 10)


def test_targets_have_no_labels_to_draw_and_vectors_no_pixels_to_average():
    vectors = arrays(np.arange(48.0).reshape(24, 2), np.arange(24.0))
    with pytest.raises(DataError) as error:
        noisy_labels(vectors, 0.5)
    assert str(error.value).endswith("expected classes, not targets")
    with pytest.raises(DataError) as error:
        shrunk(vectors, 2)
    assert str(error.value).endswith("whose inputs have shape (2,): expected images")
