"""Bytes that carry a block, and what a worker says that cannot load them."""

import sys
import types

import pytest

from hw4.cluster import travel, worker
from hw4.cluster.likeness import likeness
from hw4.cluster.travel import Block, packed, unpacked
from hw4.networks.models import Custom

PROJECT = """
import keras
UNITS = 3
def hidden():
    return keras.layers.Dense(UNITS, "relu")
def network(shape, classes):
    stack = [keras.Input(shape), keras.layers.Flatten(), hidden()]
    return keras.Sequential([*stack, keras.layers.Dense(classes, "softmax")])
"""


def block_of(recipe, seeds=(1, 2)):
    return Block(recipe, tuple(seeds), tuple(recipe.key(seed) for seed in seeds), likeness())


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A module of a user's, which this process has and a worker has not."""
    module = types.ModuleType("a_users_test_file")
    module.__file__ = str(tmp_path / "a_users_test_file.py")
    exec(PROJECT, vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_a_described_recipe_arrives_equal(recipe):
    sent = block_of(recipe)
    found = unpacked(packed(sent))
    assert (found.seeds, found.keys, found.likeness) == (sent.seeds, sent.keys, sent.likeness)
    assert [found.recipe.key(seed) for seed in found.seeds] == list(sent.keys)


def test_a_function_of_the_users_project_arrives_where_that_is_not(but, project, monkeypatch):
    pytest.importorskip("cloudpickle")  # which Dask brings
    sent = packed(block_of(but(network=Custom(project.network)).seen()))
    monkeypatch.delitem(sys.modules, project.__name__)
    answer = worker.train(sent)
    assert answer.failed is None
    assert len(answer.rows) == 2


def test_registering_modules_leaves_no_trace(recipe, project):
    cloudpickle = pytest.importorskip("cloudpickle")
    packed(block_of(recipe))
    assert cloudpickle.list_registry_pickle_by_value() == set()


@pytest.mark.parametrize("name", ["hw4.seeds", "numpy", "json", "pytest"])
def test_what_every_worker_has_travels_by_its_name(name):
    __import__(name)
    assert not travel._is_own(sys.modules[name])


def test_without_cloudpickle_what_pickle_takes_travels(recipe, monkeypatch):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    assert unpacked(packed(block_of(recipe))).seeds == (1, 2)


def test_what_a_worker_cannot_load_is_an_answer_not_an_error(but, project, monkeypatch):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    sent = packed(block_of(but(network=Custom(project.network)).seen()))
    monkeypatch.delitem(sys.modules, project.__name__)
    answer = worker.train(sent)
    assert answer.failed == "a worker cannot load it (No module named 'a_users_test_file')"
    assert answer.rows is None


def test_a_worker_whose_training_fails_says_why(recipe, monkeypatch):
    from hw4.training import replicas

    def fails(recipe, seeds):
        raise ValueError("boom\nand more")

    monkeypatch.setattr(replicas, "train_block", fails)
    assert worker.train(packed(block_of(recipe))).failed == "a worker cannot train it (boom)"
