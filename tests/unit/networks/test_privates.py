"""What hw4 uses of Keras and TensorFlow without their promise does what its public kin does."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from hw4.networks import privates


@pytest.fixture
def inner():
    return keras.Sequential([layers.Input((6,)), layers.Dense(4, name="within")], name="inner")


@pytest.fixture
def model(inner):
    """A model with a model and a wrapped layer in it, and dropout with and without a seed."""
    x = inputs = layers.Input((5, 6))
    x = layers.TimeDistributed(inner, name="wrapper")(x)
    x = layers.Dropout(0.5, seed=3, name="seeded")(layers.Flatten(name="flat")(x))
    x = layers.BatchNormalization(name="norm")(layers.Dropout(0.5, name="drawn")(x))
    return keras.Model(inputs, layers.Dense(2, name="last")(x), name="outer")


def test_all_layers_are_found_once_wherever_they_are(model):
    found = privates.layers_of(model)
    assert len({id(layer) for layer in found}) == len(found)
    assert found[0] is model
    names = {"outer", "wrapper", "inner", "within", "flat", "seeded", "drawn", "norm", "last"}
    assert names <= {layer.name for layer in found}


def test_every_variable_is_some_layers_own(model):
    own = [each for layer in privates.layers_of(model) for each in privates.own_variables(layer)]
    assert sorted(variable.path for variable in own) == sorted(v.path for v in model.weights)
    assert {variable.name for variable in privates.own_variables(model.get_layer("norm"))} == {
        "gamma",
        "beta",
        "moving_mean",
        "moving_variance",
    }
    assert privates.own_variables(model) == []


def test_generators_are_the_layers_own_and_know_whether_the_user_seeded_them(model):
    found = {
        layer.name: [privates.is_seeded(each) for each in privates.generators_of(layer)]
        for layer in privates.layers_of(model)
    }
    assert found.pop("seeded") == [True]
    assert found.pop("drawn") == [False]
    assert not any(found.values())
    (generator,) = privates.generators_of(model.get_layer("seeded"))
    assert generator is model.get_layer("seeded").seed_generator


def test_a_layers_first_call_can_be_made_with_other_tensors():
    left, right = layers.Input((3,)), layers.Input((3,))
    layer = layers.Add()
    layer([left, right])
    call = privates.call_of(layer)
    assert [id(each) for each in call.keras_tensors] == [id(left), id(right)]
    args, kwargs = call.fill_in({id(left): tf.ones((1, 3)), id(right): 2 * tf.ones((1, 3))})
    np.testing.assert_array_equal(layer(*args, **kwargs), 3 * np.ones((1, 3)))


def test_a_layer_that_was_never_called_in_a_model_has_no_call():
    assert privates.call_of(layers.Dense(3)) is None


@pytest.mark.parametrize(
    "name", ["Dense", "Dropout", "BatchNormalization", "Flatten", "GaussianNoise"]
)
def test_whether_a_layer_takes_training_is_what_its_signature_says(name):
    layer = getattr(layers, name)(
        *([0.5] if name in ("Dropout", "GaussianNoise") else []),
        **({"units": 2} if name == "Dense" else {}),
    )
    assert privates.takes_training(layer) == (
        "training" in inspect.signature(layer.call).parameters
    )


def test_the_producer_of_an_output_is_its_layer(model):
    assert privates.producer_of(model.outputs[0]) is model.get_layer("last")


def test_a_mask_is_what_the_layer_computes():
    embedding = layers.Embedding(5, 2, mask_zero=True)
    tokens = np.array([[1, 0, 3]])
    mask = privates.mask_of(embedding(tokens))
    np.testing.assert_array_equal(mask, embedding.compute_mask(tokens))
    assert privates.mask_of(layers.Dense(2)(np.ones((1, 3)))) is None


def test_options_of_compile_are_those_that_were_given(model):
    sgd = keras.optimizers.SGD()
    options = {"optimizer": sgd, "loss": "mse", "metrics": ["accuracy"], "jit_compile": False}
    model.compile(**options)
    found = privates.compile_options(model)
    assert {name: found[name] for name in options} == options
    defaults = inspect.signature(model.compile).parameters
    assert found["loss_weights"] == defaults["loss_weights"].default


def test_a_model_is_distributed_if_it_was_built_within_a_strategy(model):
    assert not privates.is_distributed(model)
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        within = keras.Sequential([layers.Input((3,)), layers.Dense(2)])
    assert privates.is_distributed(within)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Lion"])
def test_a_stateless_step_is_the_optimisers_own(name):
    weights, gradients = np.ones((2, 3), np.float32), np.full((2, 3), 0.5, np.float32)
    own, ours = (keras.Variable(weights) for _ in range(2))
    optimiser = getattr(keras.optimizers, name)(0.1)
    neutral = privates.stateless(optimiser)
    neutral.build([ours])
    states = [variable.value for variable in neutral.variables]
    values = [ours.value]
    for _ in range(3):
        optimiser.apply([tf.constant(gradients)], [own])
        values, states = neutral.stateless_apply(states, [tf.constant(gradients)], values)
    np.testing.assert_array_equal(values[0], own.value)
    assert neutral.get_config() == optimiser.get_config()


@pytest.mark.parametrize("fused", [False, True])
def test_a_caller_gives_what_the_session_gives(fused):
    graph = tf.Graph()
    with graph.as_default():
        a, b = (tf.compat.v1.placeholder(tf.float32, (3,)) for _ in range(2))
        fetches = [a + b, a * b]
    session = tf.compat.v1.Session(graph=graph, config=privates.in_callers_thread(fused=fused))
    values = np.arange(3, dtype=np.float32), np.full(3, 2, np.float32)
    found = privates.caller(session, [a, b], fetches)(*values)
    np.testing.assert_array_equal(found, session.run(fetches, {a: values[0], b: values[1]}))
    session.close()


def test_an_operation_is_defined_by_its_name():
    assert [each.name for each in privates.definition_of("MatMul").input_arg] == ["a", "b"]
    assert not privates.definition_of("MatMul").is_stateful
    assert privates.definition_of("RandomUniform").is_stateful
    assert privates.definition_of("NoSuchOperation") is None


@pytest.mark.parametrize(
    ("operation", "compiled"),
    [("MatMul", True), ("Sin", True), ("ImageProjectiveTransformV3", False), ("PyFunc", False)],
)
def test_what_xla_compiles_is_what_it_compiles(operation, compiled):
    assert privates.is_compilable(operation) == compiled


def test_keras_draws_from_its_global_seed_where_none_is_given():
    def draw():
        return keras.random.normal((2,))

    def other():
        return generator.next()

    generator = keras.random.SeedGenerator(1)
    for function, is_global in ((draw, True), (other, False)):
        traced = tf.function(function, autograph=False).get_concrete_function()
        held = {id(h): privates.is_global_seed(h) for h in traced.captured_inputs}
        assert any(held.values()) == is_global
