"""What one activation costs on one array: TensorFlow's raw operations, forward and backward."""

import numpy as np
import pytest

pytestmark = pytest.mark.benchmark(max_time=0.3)  # seconds; by default it is one

SIZES = {"1k": 1 << 10, "256k": 1 << 18}


def operations(x):
    """Return the operations by name, each a function without arguments."""
    from tensorflow import raw_ops

    forward = {
        "relu": lambda: raw_ops.Relu(features=x),
        "leaky_relu": lambda: raw_ops.LeakyRelu(features=x),
        "sigmoid": lambda: raw_ops.Sigmoid(x=x),
        "tanh": lambda: raw_ops.Tanh(x=x),
    }
    sigmoid, tanh = forward["sigmoid"](), forward["tanh"]()
    backward = {
        "relu": lambda: raw_ops.ReluGrad(gradients=x, features=x),
        "leaky_relu": lambda: raw_ops.LeakyReluGrad(gradients=x, features=x),
        "sigmoid": lambda: raw_ops.SigmoidGrad(y=sigmoid, dy=x),
        "tanh": lambda: raw_ops.TanhGrad(y=tanh, dy=x),
    }
    return {"forward": forward, "backward": backward}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", ["forward", "backward"])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh"])
def test_activation(benchmark, activation, way, size):
    import tensorflow as tf

    benchmark.group = f"{way}, {size}"
    numbers = np.random.default_rng(0).standard_normal(SIZES[size], np.float32)
    operation = operations(tf.constant(numbers))[way][activation]
    result = benchmark(operation)
    assert result.shape == (SIZES[size],)
    assert np.isfinite(result.numpy()).all()
