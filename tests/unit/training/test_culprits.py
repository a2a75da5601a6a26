"""What cannot be stacked is trained one seed at a time; an error of TensorFlow's is a sentence."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from hw4.networks.models import Custom
from hw4.training import replicas
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


class Reads(layers.Layer):
    """Looks a row up that its table does not have, which only TensorFlow's own kernels notice."""

    def call(self, x, training=False):
        if not training:
            return x
        row = 9 * tf.cast(tf.reduce_max(x) > 0, tf.int32)
        return tf.cond(row >= 0, lambda: x * tf.gather(tf.ones((2,)), row), lambda: x)


def test_an_error_of_tensorflows_is_a_sentence_that_names_the_layer(but):
    with pytest.raises(LayerError) as error:
        execute(but(network=network(Reads)), [1, 2])
    said = str(error.value)
    assert said.startswith("layer 'reads' (Reads) cannot be trained (")
    assert "is not in [0, 2)" in said
    assert said.endswith("): expected another layer, or a claim that asks for `seed` and calls fit")


@pytest.mark.parametrize("layer", [lambda: layers.LSTM(2), Outside], ids=["loop", "Python"])
def test_one_seed_at_a_time_it_is_trained(but, layer):
    recipe = but(network=network(layer))
    assert replicas.block_size(recipe) == 1
    runs, _ = execute(recipe, [1, 2])
    assert np.isfinite(runs.train_loss).all()
    assert (runs.train_loss[0] != runs.train_loss[1]).all()


class Counts(layers.Layer):
    """Counts up to a number that it computes, whereas XLA wants to know sizes in advance."""

    def call(self, x):
        return x * tf.reduce_sum(tf.range(3 + tf.reduce_max(tf.math.floor(0.1 * x))))


def test_what_xla_fails_to_compile_is_trained_one_seed_at_a_time(but, capfd):
    recipe = but(network=network(Counts)).seen()
    assert recipe.network.stacked
    seeds = [*range(20)]  # three blocks, on two lanes
    runs, _ = execute(recipe, seeds)
    assert replicas.block_size(recipe) == 1
    again, _ = execute(recipe, seeds[::-1])
    np.testing.assert_array_equal(again.train_loss, runs.train_loss[::-1])


def test_unrolled_a_loop_is_stacked(but):
    recipe = but(network=network(lambda: layers.LSTM(2, unroll=True)))
    assert replicas.block_size(recipe) > 1
    runs, _ = execute(recipe, [1, 2])
    assert np.isfinite(runs.train_loss).all()
