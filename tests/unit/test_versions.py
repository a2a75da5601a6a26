"""The version of a package, whichever distribution has brought it."""

import importlib.metadata
import importlib.util
import types
from unittest import mock

import pytest

from hw4.networks import backend
from hw4.versions import version


@pytest.fixture
def installed():
    """Return a function that pretends that these distributions, and no others, are installed."""

    def pretend(**found):
        def of(distribution):
            if distribution in found:
                return found[distribution]
            raise importlib.metadata.PackageNotFoundError(distribution)

        version.cache_clear()
        return mock.patch.object(importlib.metadata, "version", of)

    yield pretend
    version.cache_clear()


def test_the_version_is_that_of_the_distribution():
    import numpy as np

    assert version("numpy") == np.__version__


def test_what_is_not_installed_has_none():
    assert version("no_such_package") is None


@pytest.mark.parametrize("name", ["tensorflow", "tensorflow-cpu", "tf-nightly", "intel-tensorflow"])
def test_tensorflow_comes_in_many_distributions(installed, name):
    with installed(**{name: "2.99"}):
        assert version("tensorflow") == "2.99"


def test_a_package_without_a_distribution_says_its_version_itself(installed, monkeypatch):
    with installed():
        loaded = types.SimpleNamespace(__version__="3.14")
        monkeypatch.setattr(importlib, "import_module", {"tensorflow": loaded}.__getitem__)
        assert version("tensorflow") == "3.14"


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ({"tensorflow"}, "TensorFlow"),
        ({"keras"}, "Keras"),
        ({"tensorflow", "keras"}, "Keras and TensorFlow"),
    ],
)
def test_training_without_them_is_refused(monkeypatch, installed, missing, named):
    known = importlib.util.find_spec
    hide = lambda name: None if name in missing else known(name)  # noqa: E731
    with installed(tensorflow="1", keras="1"):
        monkeypatch.setattr(importlib.util, "find_spec", hide)
        with pytest.raises(RuntimeError) as error:
            backend.versions()
    assert str(error.value) == f"training needs {named}: expected pip install 'hw4[keras]'"
