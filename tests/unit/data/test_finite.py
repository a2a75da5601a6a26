import dataclasses

import numpy as np
import pytest

from hw4.data import DataError
from hw4.data.finite import FiniteDataset, Labelled, spread_order


def numbered(labels, start=0):
    """Images of 2×2 pixels whose value is their number, so that each can be recognised."""
    labels = np.asarray(labels, np.int32)
    numbers = (start + np.arange(len(labels), dtype=np.float32)) / 1000
    return Labelled(np.tile(numbers[:, None, None, None], (1, 2, 2, 1)), labels)


def numbers(images):
    return np.rint(images[:, 0, 0, 0] * 1000).astype(int)


LABELS = [0] * 60 + [1] * 30 + [2] * 10


@pytest.fixture
def undivided():
    return FiniteDataset("pool", ("a", "b", "c"), numbered(LABELS))


@pytest.fixture
def divided():
    return FiniteDataset(
        "parts", ("a", "b", "c"), numbered(LABELS), numbered([0] * 6 + [1] * 4, start=500)
    )


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ((40, 20), (40, 20)),
        ((40, 80), (40, 25)),  # a quarter of 100
        ((90, 20), (80, 20)),  # the rest
        ((500, 500), (75, 25)),
        ((1, 1), (1, 1)),
    ],
)
def test_an_undivided_source_tests_on_a_quarter_at_most_and_trains_on_the_rest(
    undivided, asked, given
):
    split = undivided.draw(0, *asked)
    assert (len(split.x_train), len(split.x_test)) == given
    assert (len(split.y_train), len(split.y_test)) == given


@pytest.mark.parametrize(
    ("asked", "given"), [((40, 5), (40, 5)), ((500, 5), (100, 5)), ((40, 500), (40, 10))]
)
def test_a_divided_source_gives_what_each_part_holds(divided, asked, given):
    split = divided.draw(0, *asked)
    assert (len(split.x_train), len(split.x_test)) == given


@pytest.mark.parametrize("source", ["undivided", "divided"])
@pytest.mark.parametrize("seed", range(5))
def test_no_image_is_drawn_twice(request, source, seed):
    split = request.getfixturevalue(source).draw(seed, 500, 500)
    drawn = np.concatenate([numbers(split.x_train), numbers(split.x_test)])
    assert len(set(drawn)) == len(drawn)


def test_a_divided_source_never_trains_on_a_test_image(divided):
    for seed in range(5):
        split = divided.draw(seed, 50, 5)
        assert numbers(split.x_train).max() < 500 <= numbers(split.x_test).min()


@pytest.mark.parametrize("source", ["undivided", "divided"])
def test_images_keep_their_labels(request, source):
    split = request.getfixturevalue(source).draw(0, 70, 25)
    np.testing.assert_array_equal(np.take(LABELS, numbers(split.x_train)), split.y_train)


def test_every_class_has_its_share_of_both_parts(undivided):
    for seed in range(20):
        split = undivided.draw(seed, 50, 20)
        np.testing.assert_allclose(np.bincount(split.y_train), [30, 15, 5], atol=1)
        np.testing.assert_allclose(np.bincount(split.y_test), [12, 6, 2], atol=1)


def test_a_test_part_of_one_image_shows_each_class_on_some_seed(undivided):
    assert {int(undivided.draw(seed, 1, 1).y_test[0]) for seed in range(60)} == {0, 1, 2}


def test_the_even_spread_of_classes_is_shuffled_away(undivided):
    repeats = [np.mean(np.diff(undivided.draw(seed, 75, 25).y_train) == 0) for seed in range(40)]
    by_chance = 0.6**2 + 0.3**2 + 0.1**2
    assert abs(np.mean(repeats) - by_chance) < 0.05


def test_spread_order_is_a_permutation_in_which_every_run_is_proportional():
    labels = np.array(LABELS, np.int32)
    order = spread_order(np.random.default_rng(0), labels)
    assert sorted(order) == list(range(100))
    for start in range(0, 100, 10):
        run = np.bincount(labels[order[start : start + 10]], minlength=3)
        np.testing.assert_allclose(run, [6, 3, 1], atol=1)


@pytest.mark.parametrize("source", ["undivided", "divided"])
def test_a_seed_draws_the_same_split_and_another_seed_another(request, source):
    dataset = request.getfixturevalue(source)
    first, again, other = (dataset.draw(seed, 40, 10) for seed in (1, 1, 2))
    for part in dataclasses.fields(first):
        assert getattr(first, part.name).tobytes() == getattr(again, part.name).tobytes()
    assert not np.array_equal(first.x_train, other.x_train)


def test_every_image_is_tested_on_by_some_seed(undivided):
    seen = set()
    for seed in range(60):
        seen.update(numbers(undivided.draw(seed, 75, 25).x_test))
    assert len(seen) == 100


def test_a_split_may_be_changed_without_changing_the_source(undivided):
    split = undivided.draw(0, 40, 10)
    split.x_train[:] = -1
    assert undivided.draw(0, 40, 10).x_train.min() >= 0


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ((0, 0, 10), "cannot draw 0 images to train on: expected at least 1"),
        ((0, 10, -1), "cannot draw -1 images to test on: expected at least 1"),
        ((-1, 10, 10), "cannot draw with seed -1: expected a non-negative integer"),
    ],
)
def test_an_impossible_request_is_refused(undivided, request_, message):
    with pytest.raises(DataError) as error:
        undivided.draw(*request_)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("classes", "labels", "message"),
    [
        (("a",), [0] * 9, "tiny has only the class 'a': expected at least 2 classes"),
        (("a", "b"), [0] * 9, "tiny has 0 training images of class 'b': expected at least 4"),
        (
            ("a", "b"),
            [0] * 9 + [1] * 3,
            "tiny has 3 training images of class 'b': expected at least 4",
        ),
    ],
)
def test_a_source_too_small_is_refused(classes, labels, message):
    with pytest.raises(DataError) as error:
        FiniteDataset("tiny", classes, numbered(labels))
    assert str(error.value) == message


@pytest.mark.parametrize(("labels", "found"), [([1] * 5, "only the class 'b'"), ([], "no class")])
def test_a_test_part_that_cannot_tell_classes_apart_is_refused(labels, found):
    with pytest.raises(DataError) as error:
        FiniteDataset("tiny", ("a", "b"), numbered([0] * 4 + [1] * 4), numbered(labels))
    assert str(error.value) == f"tiny's test part has {found}: expected at least 2 classes"


def test_four_images_a_class_are_enough():
    split = FiniteDataset("small", ("a", "b"), numbered([0] * 4 + [1] * 4)).draw(0, 100, 100)
    assert (len(split.y_train), len(split.y_test)) == (6, 2)


def test_the_fingerprint_changes_with_a_pixel_a_label_a_class_name_or_the_division(undivided):
    pool = numbered(LABELS)
    brighter = pool.images.copy()
    brighter[50, 1, 1, 0] += 1 / 255
    relabelled = pool.labels.copy()
    relabelled[50] = 2
    half = Labelled(pool.images[::2], pool.labels[::2])
    others = [
        FiniteDataset("pool", ("a", "b", "c"), Labelled(brighter, pool.labels)),
        FiniteDataset("pool", ("a", "b", "c"), Labelled(pool.images, relabelled)),
        FiniteDataset("pool", ("a", "b", "d"), pool),
        FiniteDataset("pool", ("a", "b", "c"), pool, half),
    ]
    assert len({each.fingerprint for each in [undivided, *others]}) == 5


def test_the_fingerprint_depends_on_the_contents_and_not_on_the_name(undivided):
    assert (
        FiniteDataset("x", ("a", "b", "c"), numbered(LABELS)).fingerprint == undivided.fingerprint
    )
