"""What one layer costs, forward, compiled by TensorFlow; and a whole train step of Keras's."""

import numpy as np
import pytest

from hw4.homework import cnn, homework_mlp

pytestmark = pytest.mark.benchmark(max_time=0.3)  # seconds; by default it is one

BATCH = 64
FILTERS = (8, 16, 16, 32, 32)
LEARN = ("batch normalisation", "dropout")  # do something else in training than after it
LAYERS = ("dense 1024 to 300", "convolution 3×3, 8 to 16", *LEARN, "max-pool")


def images(*shape):
    return np.random.default_rng(0).random((BATCH, *shape), np.float32)


def layers():
    """Return layers by name, each with the shape of one input."""
    from keras import layers

    return {
        "dense 1024 to 300": (layers.Dense(300), (1024,)),
        "convolution 3×3, 8 to 16": (layers.Conv2D(16, 3, padding="same"), (32, 32, 8)),
        "batch normalisation": (layers.BatchNormalization(), (32, 32, 8)),
        "dropout": (layers.Dropout(0.3), (32, 32, 8)),
        "max-pool": (layers.MaxPooling2D(), (32, 32, 8)),
    }


@pytest.mark.parametrize("name", LAYERS)
def test_layer(benchmark, name):
    import tensorflow as tf

    layer, shape = layers()[name]
    x = tf.constant(images(*shape))
    layer(x)  # builds it
    call = tf.function(lambda: layer(x, training=True) if name in LEARN else layer(x))
    result = benchmark(lambda: call().numpy())
    assert result.shape[0] == BATCH


@pytest.mark.parametrize(
    "network",
    [homework_mlp("relu"), homework_mlp("sigmoid"), homework_mlp(norm="batch"), cnn(FILTERS)],
    ids=["relu", "sigmoid", "batch normalisation", "cnn"],
)
def test_train_step(benchmark, network):
    model = network.build((32, 32, 1), 4)
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = images(32, 32, 1), np.arange(BATCH) % 4
    loss = benchmark(model.train_on_batch, x, y)
    assert np.isfinite(loss)
