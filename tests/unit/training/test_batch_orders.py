import itertools

import numpy as np
import pytest

from hw4.training.replicas import batch_orders

IMAGES = 37


def flat(seeds, epoch, batch_size=8):
    """Return every seed's order, (seeds, images)."""
    full, rest = batch_orders(seeds, epoch, IMAGES, batch_size)
    return np.concatenate([full.reshape(len(seeds), -1), rest], axis=1)


@pytest.mark.parametrize("batch_size", [1, 8, 36, 37, 38])
def test_every_epoch_shows_every_image_once(batch_size):
    for epoch in range(3):
        for order in flat([0, 1, 2], epoch, batch_size):
            np.testing.assert_array_equal(np.sort(order), np.arange(IMAGES))


@pytest.mark.parametrize(
    ("batch_size", "steps", "left"), [(1, 37, 0), (8, 4, 5), (36, 1, 1), (37, 1, 0), (38, 0, 37)]
)
def test_what_is_left_over_makes_a_smaller_last_batch(batch_size, steps, left):
    full, rest = batch_orders([4, 9], 0, IMAGES, batch_size)
    assert full.shape == (2, steps, batch_size)
    assert rest.shape == (2, left)
    assert full.dtype == rest.dtype == np.int32


def test_every_epoch_and_every_seed_has_an_order_of_its_own():
    orders = [flat([seed], epoch)[0] for seed in range(4) for epoch in range(4)]
    for first, second in itertools.combinations(orders, 2):
        assert np.mean(first == second) < 0.25


def test_an_order_depends_on_nothing_but_its_seed_and_epoch():
    np.testing.assert_array_equal(flat([5, 6, 7], 2)[1], flat([6], 2)[0])
    np.testing.assert_array_equal(flat([6], 2, batch_size=5), flat([6], 2, batch_size=8))
