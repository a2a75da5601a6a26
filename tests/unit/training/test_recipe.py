import dataclasses
import functools
import importlib
import subprocess
import sys

import numpy as np
import pytest

from hw4.networks.backend import versions
from hw4.networks.models import cnn, mlp, network
from hw4.objectives.optimisers import Optimiser, adam, sgd
from hw4.training import recipe as recipe_module
from hw4.training.recipe import ENGINE, describe, origin
from hw4.training.runs import METRICS

CHANGES = {
    "width": {"network": mlp(widths=(5,))},
    "depth": {"network": mlp(widths=(4, 4))},
    "activation": {"network": mlp(widths=(4,), activation="tanh")},
    "norm": {"network": mlp(widths=(4,), norm="batch")},
    "dropout": {"network": mlp(widths=(4,), dropout=0.1)},
    "penalty": {"network": mlp(widths=(4,), l2=0.1)},
    "initialiser": {"network": mlp(widths=(4,), initializer="glorot_uniform")},
    "another kind of network": {"network": cnn((1, 1, 1, 1, 1))},
    "learning rate": {"optimiser": sgd(0.2)},
    "decay": {"optimiser": sgd(0.1, decay=1e-3)},
    "momentum": {"optimiser": sgd(0.1, momentum=0.9)},
    "optimiser": {"optimiser": adam(0.1)},
    "epsilon": {"optimiser": adam(0.1, epsilon=1e-3)},
    "epochs": {"epochs": 3},
    "batch size": {"batch_size": 9},
    "images": {"images": 41},
    "test images": {"test_images": 15},
    "probes": {"probes": ("weight_norm",)},
    "other probes": {"probes": ("zero_weights",)},
    "evaluated epochs": {"evaluate_last": 1},
    "class weights": {"class_weight": (1.0, 2.0, 1.0)},
    "weights": {"weights": "drawn"},
}


def test_every_field_of_a_recipe_changes_its_key(recipe, other_dataset):
    changed = [dataclasses.replace(recipe, **change) for change in CHANGES.values()]
    changed.append(dataclasses.replace(recipe, dataset=other_dataset))
    touched = {name for change in CHANGES.values() for name in change} | {"dataset"}
    touched |= {"from_logits"}  # only of a network of the user's own: test_given.py
    touched |= {"loss", "metrics", "early_stopping"}  # tests/unit/objectives
    assert touched == {field.name for field in dataclasses.fields(recipe)}
    assert len({each.key(0) for each in [recipe, *changed]}) == len(changed) + 1


def test_every_seed_has_its_key(recipe):
    assert len({recipe.key(seed) for seed in range(100)}) == 100
    assert recipe.key(np.int64(3)) == recipe.key(3)


def test_equal_recipes_have_equal_keys(recipe, but):
    assert but(network=mlp(widths=[4]), optimiser=sgd(0.1)).key(0) == recipe.key(0)


def test_a_data_set_counts_by_what_it_holds_not_by_its_name(recipe, but, other_dataset):
    renamed = type(other_dataset).__new__(type(other_dataset))
    renamed.__dict__ = recipe.dataset.__dict__ | {"name": "renamed"}
    assert but(dataset=renamed).key(0) == recipe.key(0)
    assert but(dataset=other_dataset).key(0) != recipe.key(0)


def test_another_process_finds_the_same_key(recipe):
    code = (
        "from hw4.data import load; from hw4.networks.models import mlp;"
        "from hw4.objectives.optimisers import sgd;"
        "from hw4.training.recipe import Recipe; import sys;"
        "print(Recipe(mlp(depth=3), sgd(0.1), load('digits'), 2, 8, 40, 16).key(7));"
        "assert 'tensorflow' not in sys.modules"  # a stored run costs no import
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(found) == 1


def test_whole_numbers_of_numpys_are_whole_numbers(but):
    sizes = {"epochs": 7, "batch_size": 8, "images": 40, "test_images": 16}
    own, numpys = but(**sizes), but(**{name: np.int64(size) for name, size in sizes.items()})
    assert own == numpys
    recipe_module._fixed_part.cache_clear()  # equal recipes share an entry
    key = numpys.key(0)
    recipe_module._fixed_part.cache_clear()
    assert own.key(0) == key


@pytest.mark.parametrize(
    ("name", "found"),
    [("versions", ("0", "3")), ("versions", ("2", "0")), ("unusual", ["TF_ENABLE_ONEDNN_OPTS=0"])],
)
def test_other_versions_or_settings_have_other_keys(but, monkeypatch, name, found):
    usual = {"versions": ("2", "3"), "unusual": []}

    def key(**changed):
        for each, value in (usual | changed).items():
            monkeypatch.setattr(recipe_module, each, lambda value=value: value)
        recipe_module._fixed_part.cache_clear()
        return but(epochs=7).key(0)

    try:
        assert key() == key()
        assert key(**{name: found}) != key()
    finally:
        recipe_module._fixed_part.cache_clear()


# A user's own model

ACTIVATIONS = ("relu", "tanh")


def functional(activation="relu", units=4):
    def build(image_shape, classes):
        from keras import Input, Model, layers

        images = Input(image_shape)
        hidden = layers.Dense(units, activation=activation)(layers.Flatten()(images))
        return Model(images, layers.Dense(classes)(hidden))

    return network(build)


def test_keras_counting_its_layers_changes_no_key(but):
    first, second = functional(), functional()
    names = [[layer.name for layer in f.build((3, 3, 1), 3).layers] for f in (first, second)]
    assert names[0] != names[1]  # the counters do count
    assert but(network=first).key(0) == but(network=second).key(0)


def test_a_counter_that_gets_one_more_digit_changes_no_key(but):
    import keras

    def template():
        return network(keras.Sequential([keras.Input((3, 3, 1)), *tail()]))

    def tail():
        return [keras.layers.Flatten(), keras.layers.Dense(2), keras.layers.Dense(3)]

    keys = {but(network=template()).key(0) for _ in range(12)}
    assert len(keys) == 1


@pytest.mark.parametrize("other", [functional("tanh"), functional(units=5)])
def test_what_a_users_function_builds_changes_the_key(but, other):
    assert but(network=other).key(0) != but(network=functional()).key(0)


LAYER = """
import keras

class Scaled(keras.layers.Layer):
    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        return {expression}

    def get_config(self):
        return {{**super().get_config(), "factor": self.factor}}
"""


@pytest.fixture
def scaled(tmp_path, monkeypatch):
    """Return a function that writes the layer's source, as a user edits it, and imports it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # its time stamps are too coarse

    def load(expression):
        (tmp_path / "users_layer.py").write_text(LAYER.format(expression=expression))
        sys.modules.pop("users_layer", None)
        importlib.invalidate_caches()
        return importlib.import_module("users_layer").Scaled

    yield load
    sys.modules.pop("users_layer", None)


def key_with(but, layer):
    import keras

    stack = [keras.Input((3, 3, 1)), keras.layers.Flatten(), layer, keras.layers.Dense(3)]
    return but(network=network(keras.Sequential(stack))).key(0)


def test_editing_a_layer_of_the_users_changes_the_key(but, scaled):
    kind = scaled("inputs * self.factor")
    before = key_with(but, kind())
    assert key_with(but, kind()) == before
    assert key_with(but, kind(factor=3.0)) != before
    assert key_with(but, scaled("inputs + self.factor")()) != before
    assert key_with(but, scaled("inputs * self.factor")()) == before


def test_editing_a_layer_inside_another_network_changes_the_key(but, scaled):
    import keras

    def wrapped(kind):
        return keras.Sequential([keras.Input((9,)), kind()])

    before = key_with(but, wrapped(scaled("inputs * self.factor")))
    assert key_with(but, wrapped(scaled("inputs * self.factor"))) == before
    assert key_with(but, wrapped(scaled("inputs + self.factor"))) != before


def steep(x):
    return 9 * x


def steeper(x):
    return 10 * x


def scaling(factor):
    return lambda x: factor * x


def test_editing_a_function_in_a_users_model_changes_the_key(but):
    from keras.layers import Activation

    functions = [steep, steeper, scaling(2), scaling(3)]
    keys = [key_with(but, Activation(function)) for function in functions]
    assert keys == [key_with(but, Activation(function)) for function in functions]
    assert len(set(keys)) == len(functions)


def test_a_function_without_source_counts_by_what_it_computes(but):
    from keras.layers import Activation

    first, again, other = (eval(f"lambda x: {by} * x") for by in (2, 2, 3))  # as at a prompt
    assert key_with(but, Activation(first)) == key_with(but, Activation(again))
    assert key_with(but, Activation(first)) != key_with(but, Activation(other))


# Programs


def test_recipes_that_differ_in_numbers_share_a_program(but, other_dataset):
    from hw4.training.replicas import program_of

    l2 = but(network=mlp(widths=(4,), l2=0.1))
    assert program_of(l2) is program_of(dataclasses.replace(l2, network=mlp(widths=(4,), l2=0.9)))
    for numbers in (
        {"optimiser": sgd(3.0, decay=0.1)},
        {"epochs": 9},
        {"images": 24},
        {"batch_size": 4},
        {"probes": ("weight_norm",)},
        {"dataset": other_dataset},
    ):
        assert program_of(but(**numbers)) is program_of(but())


def test_recipes_that_differ_in_structure_do_not(but):
    from hw4.training.replicas import program_of

    structures = [
        {},
        {"network": mlp(widths=(5,))},
        {"network": mlp(widths=(4,), activation="tanh")},
        {"network": mlp(widths=(4,), l2=0.1)},
        {"network": mlp(widths=(4,), initializer="zeros")},
        {"optimiser": sgd(0.1, momentum=0.9)},
        {"optimiser": sgd(0.1, momentum=0.8)},
        {"optimiser": adam(0.1)},
    ]
    programs = [program_of(but(**structure)) for structure in structures]
    assert len(set(map(id, programs))) == len(structures)


# Words and numbers


class Builder:
    """Builds networks when it is called; has no name of its own."""

    def __call__(self, image_shape, classes):
        raise NotImplementedError


@pytest.mark.parametrize("name", ["epochs", "batch_size", "images", "test_images"])
@pytest.mark.parametrize("value", [-1, 2.0, "3", True, None])
def test_a_number_that_no_run_can_have_is_refused_in_one_sentence(but, name, value):
    with pytest.raises(ValueError) as error:
        but(**{name: value})
    message = str(error.value)
    assert message.startswith(f"train got {name}={value!r}: expected a whole number ≥ ")
    assert "\n" not in message


@pytest.mark.parametrize("name", ["batch_size", "images", "test_images"])
def test_nothing_is_refused_where_nothing_can_be_trained(but, name):
    with pytest.raises(ValueError, match=f"train got {name}=0: expected a whole number ≥ 1"):
        but(**{name: 0})


def test_no_epoch_is_a_run_for_the_probes(but):
    assert but(epochs=0).epochs == 0


def test_a_row_fits_a_recipe_whose_arrays_it_has(but):
    recipe = but(epochs=3, evaluate_last=2, probes=("weight_norm",))
    row = {name: np.zeros(2) for name in METRICS} | {"probe/weight_norm": np.zeros((2, 5))}
    assert recipe.fits(row)
    assert not recipe.fits({name: row[name] for name in METRICS})
    assert not recipe.fits(row | {"probe/zero_weights": np.zeros(2)})
    assert not recipe.fits(row | {"penalty": np.zeros(3)})
    assert not recipe.fits({})


def test_what_has_computed_a_run_is_named_with_its_versions():
    assert origin() == "engine {}, tensorflow {}, keras {}".format(ENGINE, *versions())


@pytest.mark.parametrize("rate", [0, -1e-3, float("nan")])
def test_a_learning_rate_is_above_nothing(rate):
    for make in (sgd, adam):
        with pytest.raises(ValueError, match=r"got learning rate .*, expected a number above 0"):
            make(rate)


@pytest.mark.parametrize("decay", [-1e-9, float("nan")])
def test_a_decay_is_not_negative(decay):
    with pytest.raises(ValueError, match=r"got decay .*, expected a number of at least 0"):
        sgd(0.1, decay=decay)


def test_optimisers_are_kerass_own():
    built = sgd(0.25, momentum=0.75).build()
    found = (type(built).__name__, float(built.learning_rate), built.momentum)
    assert found == ("SGD", 0.25, 0.75)
    built = adam(1e-5, decay=1e-3).build()
    found = (type(built).__name__, built.beta_1, built.beta_2, built.epsilon)
    assert found == ("Adam", 0.9, 0.999, 1e-7)
    assert float(built.learning_rate) == pytest.approx(1e-5)


def test_a_recipe_reads_as_a_line(but):
    arm = but(network=mlp(widths=(300, 150), norm="batch"), optimiser=adam(1e-5, decay=1e-3))
    assert str(arm) == (
        "MLP(widths=(300, 150), norm='batch'), Adam(1e-05, decay=0.001, epsilon=1e-07), toy, "
        "2 epochs, batch 8"
    )
    assert str(Optimiser("SGD", 0.1)) == "SGD(0.1)"
    assert describe(functional()) == "build"
    assert describe(network(functools.partial(steep, 2))) == "steep"
    assert describe(network(Builder())) == "Builder"


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ((-0.1,), "got learning rate -0.1, expected a number above 0"),
        (("fast",), "got learning rate 'fast', expected a number above 0"),
        ((True,), "got learning rate True, expected a number above 0"),
        ((0.1, -1.0), "got decay -1.0, expected a number of at least 0"),
    ],
)
def test_an_optimiser_that_climbs_is_refused_however_it_is_stated(numbers, sentence):
    with pytest.raises(ValueError) as error:
        Optimiser("SGD", *numbers)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: sgd("0.1"), "got learning rate '0.1', expected a number above 0"),
        (lambda: adam(None), "got learning rate None, expected a number above 0"),
        (lambda: sgd(0.1, momentum=2), "sgd: got momentum=2, expected one in [0, 1]"),
        (lambda: sgd(0.1, decay="slow"), "got decay 'slow', expected a number of at least 0"),
        (lambda: adam(0.1, epsilon=-1), "adam: got epsilon=-1, expected a number of at least 0"),
    ],
)
def test_a_number_that_no_descent_has_is_refused_by_its_name(make, sentence):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == sentence
