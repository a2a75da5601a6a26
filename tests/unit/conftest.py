"""What unit tests share: a data set so small that compiling is all that costs; fixed examples.

Hypothesis draws the same examples every time, and leaves no folder behind.
"""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import configuration, settings

from hw4.data.finite import FiniteDataset, Labelled
from hw4.networks.models import mlp
from hw4.objectives.optimisers import sgd
from hw4.store.store import Store
from hw4.training.recipe import Recipe


def toy(brightness=0.5):
    """Return 64 images of 3×3 pixels in three classes, 16 of them for testing."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, 64).astype(np.int32)
    pixels = (brightness * rng.random((64, 3, 3, 1)) + labels[:, None, None, None] / 6).astype("f4")
    return FiniteDataset("toy", ("a", "b", "c"), Labelled(pixels, labels))


@pytest.fixture(scope="session")
def dataset():
    return toy()


@pytest.fixture(scope="session")
def other_dataset():
    """Same name, shape and classes, other pixels."""
    return toy(brightness=0.4)


@pytest.fixture(scope="session")
def recipe(dataset):
    """A recipe of which a test replaces what it is about; one program serves most of them."""
    return Recipe(mlp(widths=(4,)), sgd(0.1), dataset, 2, 8, 40, 16)


@pytest.fixture(scope="session")
def but(recipe):
    """Return the recipe with other fields: but(epochs=1)."""
    return lambda **fields: dataclasses.replace(recipe, **fields)


@pytest.fixture
def store(tmp_path):
    """An empty store of runs."""
    store = Store(tmp_path / "runs.sqlite")
    yield store
    store.close()


# Where it would keep tables of characters and examples; below a device nothing can be kept.
configuration.set_hypothesis_home_dir(Path(os.devnull) / "hypothesis")
settings.register_profile("hw4", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("hw4")
