"""The sizes of the homework's own recipe are stated for every profile."""

import pytest

from hw4 import homework
from hw4.training.profiles import PROFILES


@pytest.mark.parametrize("name", ["DENSE", "DENSE_FEW", "CONVOLUTIONAL"])
def test_sizes_are_stated_for_every_profile_and_are_the_homeworks_in_its_own(name):
    sizes = getattr(homework, name)
    assert all(each.keys() == PROFILES.keys() for each in sizes.values())
    assert {option: each["homework"] for option, each in sizes.items()} == {
        "images": 4096,
        "side": 32,
    }
