"""A layer that cannot be trained as the engine trains is named, in one sentence without XLA's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from hw4.networks.models import Custom
from hw4.training.culprits import LayerError
from hw4.training.executor import execute


@keras.saving.register_keras_serializable("hw4-tests")
class Outside(layers.Layer):
    """Doubles its input outside of TensorFlow's graph."""

    def call(self, x):
        doubled = tf.numpy_function(lambda values: 2 * values, [x], tf.float32)
        doubled.set_shape(x.shape)
        return doubled


def network(*stack):
    """Return a function that makes a network with these layers on the rows of an image."""

    def make(image_shape, classes):
        rows = [keras.Input(image_shape), layers.Reshape(image_shape[:2])]
        last = [layers.Flatten(), layers.Dense(classes, activation="softmax")]
        return keras.Sequential([*rows, *(layer() for layer in stack), *last])

    return Custom(make)


@pytest.mark.parametrize(
    ("layer", "kind", "expected"),
    [
        (lambda: layers.LSTM(2), "LSTM", "unroll=True"),
        (
            lambda: layers.SpectralNormalization(layers.Dense(2)),
            "SpectralNormalization",
            "another layer, or a claim that asks for seeds and calls fit itself",
        ),
        (Outside, "Outside", "another layer, or a claim that asks for seeds and calls fit itself"),
    ],
)
def test_a_layer_that_cannot_be_trained_is_named(but, layer, kind, expected):
    with pytest.raises(LayerError) as error:
        execute(but(network=network(layer)), [1, 2])
    name, _, said = str(error.value).removeprefix("layer ").partition(" ")
    assert said == f"({kind}) cannot be trained on many seeds at once: expected {expected}"
    assert name.strip("'").replace("_", "").startswith(kind.lower())


def test_unrolled_it_is_trained(but):
    runs, _ = execute(but(network=network(lambda: layers.LSTM(2, unroll=True))), [1, 2])
    assert np.isfinite(runs.train_loss).all()
