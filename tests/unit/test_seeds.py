import pickle
import random

import numpy as np
import pytest

from hw4.roots import fresh_root
from hw4.seeds import Seeds, repeated, seeds_from


def test_seeds_are_distinct_and_fit_31_bits():
    seeds = seeds_from(0, 512)
    assert seeds.shape == (512,)
    assert seeds.dtype == np.int64
    assert np.unique(seeds).size == 512
    assert 0 <= seeds.min() <= seeds.max() < 2**31
    assert seeds.max() > 2**30  # and use them


def test_more_seeds_begin_with_the_same_ones():
    np.testing.assert_array_equal(seeds_from(7, 64)[:16], seeds_from(7, 16))


def test_seeds_are_spawned_from_the_root():
    children = np.random.SeedSequence(42).spawn(8)
    expected = [int(child.generate_state(1)[0]) >> 1 for child in children]
    assert seeds_from(42, 8).tolist() == expected


def test_roots_share_no_seed_to_speak_of():
    assert np.intersect1d(seeds_from(0, 64), seeds_from(1, 64)).size == 0


def test_a_repeated_draw_is_dropped(monkeypatch):
    """Two of 2³¹ seeds seldom agree, so a sequence that repeats itself stands in for the chance."""
    draws = iter([6, 6, 8, 6, 10])

    class Child:
        def generate_state(self, count):
            return [next(draws)]

    class Repeating:
        def __init__(self, root):
            pass

        def spawn(self, count):
            return [Child()]

    monkeypatch.setattr(np.random, "SeedSequence", Repeating)
    assert seeds_from(0, 3).tolist() == [3, 4, 5]


def test_a_negative_root_is_refused():
    with pytest.raises(ValueError, match=r"^got root seed -1, expected a whole number of at least"):
        seeds_from(-1, 1)


def test_fresh_roots_differ():
    roots = [fresh_root() for _ in range(4)]
    assert len(set(roots)) == 4
    assert all(0 <= root < 2**31 for root in roots)


def test_seeds_that_are_handed_out_one_by_one_are_pythons_integers():
    seeds = seeds_from(0, 8)
    handed_out = [
        *(*seeds, seeds[0], seeds[-1], min(seeds), *seeds[2:4], *seeds.reshape(2, 4)[1]),
        *(*seeds.tolist(), *pickle.loads(pickle.dumps(seeds))),
    ]
    assert {type(seed) for seed in handed_out} == {int}
    assert [random.Random(seed).random() < 1 for seed in seeds] == [True] * 8  # takes them


def test_all_seeds_together_are_an_array_as_any():
    seeds, plain = seeds_from(0, 8), np.array(seeds_from(0, 8).tolist())
    assert isinstance(seeds, np.ndarray)
    for found, expected in (
        (seeds % 7 + 1.0, plain % 7 + 1.0),
        (np.where(seeds > plain.mean(), 1, -1), np.where(plain > plain.mean(), 1, -1)),
        (seeds[:, np.newaxis] * [1, 2], plain[:, np.newaxis] * [1, 2]),
        (np.concatenate([seeds, seeds]), np.concatenate([plain, plain])),
    ):
        np.testing.assert_array_equal(found, expected)
        assert type(found) is np.ndarray  # a result is no seed
    assert isinstance(seeds.astype(float)[0], np.float64)
    assert isinstance(seeds[2:], Seeds)


def test_a_seeds_repeat_follows_from_it_alone():
    seeds = seeds_from(0, 64)
    again = repeated(seeds, 1)
    assert repeated(seeds[::-1], 1).tolist() == again[::-1].tolist()
    assert repeated(seeds, 0) is seeds
    assert (again >= 0).all()
    assert (again < 2**31).all()


def test_repeats_are_other_seeds():
    seeds = seeds_from(0, 64)
    drawn = [repeated(seeds, repeat).tolist() for repeat in range(3)]
    assert len({seed for each in drawn for seed in each}) == 3 * 64
