"""Dropout as the engine's convolutional networks have it: XLA's random numbers, Keras's meaning."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from hw4.networks import masks

RATE, SHAPE = 0.3, (64, 8, 8, 4)  # 16,384 elements
LUCK = 1e-6  # a test of chance fails for no reason so often


def dropout(**options):
    """Return a model of one dropout layer, its random numbers seeded with 1 and drawn by XLA."""
    layer = keras.layers.Dropout(RATE, seed=1, **options)
    model = keras.Sequential([keras.Input(SHAPE[1:], batch_size=SHAPE[0]), layer])
    masks.draw_by_xla(model)
    return model


@pytest.fixture(scope="module")
def inputs():
    return tf.constant(1 + np.random.default_rng(0).random(SHAPE, np.float32))


@pytest.fixture(scope="module")
def dropped(inputs):
    return dropout()(inputs, training=True).numpy()


def test_an_element_is_dropped_at_the_layers_rate(dropped):
    count = int((dropped == 0).sum())
    assert stats.binomtest(count, dropped.size, RATE).pvalue > LUCK
    assert stats.binomtest(count, dropped.size, RATE + 0.03).pvalue < LUCK


def test_what_stays_is_scaled_as_by_keras(dropped, inputs):
    kept = dropped != 0
    reference = keras.layers.Dropout(RATE, seed=1)(inputs, training=True).numpy()
    scale = (reference / inputs.numpy()).max()
    np.testing.assert_allclose(dropped[kept], scale * inputs.numpy()[kept], rtol=1e-6)


def test_elements_are_dropped_independently_of_their_neighbours(dropped):
    gone = (dropped == 0).reshape(-1)
    both = int((gone[:-1] & gone[1:]).sum())
    assert stats.binomtest(both, gone.size - 1, RATE**2).pvalue > LUCK


def test_the_gradient_passes_where_elements_stay(inputs):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = dropout()(inputs, training=True)
    gradient = tape.gradient(outputs, inputs)
    np.testing.assert_allclose(gradient * inputs, outputs, rtol=1e-6)


def test_every_step_has_a_mask_of_its_own_and_the_same_seed_repeats_them(inputs):
    model, again = dropout(), dropout()
    first, second = (model(inputs, training=True).numpy() for _ in range(2))
    assert (first != second).any()
    for steps in (first, second):
        assert again(inputs, training=True).numpy().tobytes() == steps.tobytes()


def test_at_inference_nothing_is_dropped(inputs):
    assert dropout()(inputs, training=False).numpy().tobytes() == inputs.numpy().tobytes()


def test_a_mask_shared_between_positions_is_left_to_keras(inputs):
    shared = dropout(noise_shape=(SHAPE[0], 1, 1, SHAPE[3]))(inputs, training=True).numpy() == 0
    assert (shared.all(axis=(1, 2)) | ~shared.any(axis=(1, 2))).all()
