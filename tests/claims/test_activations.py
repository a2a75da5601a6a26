"""Part 1, task 2: what the homework says of activation functions."""

import numpy as np
import pytest

from hw4 import claim, homework_adam, homework_mlp, mlp, sgd

DEPTHS = (2, 4, 8, 16)


def relu_gradient(inputs):
    """Return TensorFlow's derivative of ReLU at each input, by automatic differentiation."""
    import keras
    import tensorflow as tf

    points = tf.constant(inputs, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(points)
        outputs = keras.activations.relu(points)
    return tape.gradient(outputs, points).numpy()


@claim.exact(
    "Where a ReLU unit's input is negative no gradient passes, and its weights do not train.",
    id="activations/relu-blocks-negative-gradient",
    source="HW4 part 1, task 2: 'it is impossible to calculate backpropagation, which means there is no training'",
)
def test_relu_blocks_the_gradient_of_negative_inputs():
    """The gradient is calculated without trouble; it is exactly zero, and so is every step."""
    import keras

    negative = -np.geomspace(np.finfo(np.float32).tiny, 1e30, 10_000)
    assert np.all(relu_gradient(negative) == 0), "a gradient passes at a negative input"

    layers = [keras.layers.Dense(3, activation="relu", bias_initializer="ones")]
    model = keras.Sequential([keras.Input((5,)), *layers, keras.layers.Dense(1)])
    kernel, bias = layers[0].get_weights()
    kernel[:, 0], bias[0] = -1.0, -1.0  # unit 0 is off for every input in [0, 1]
    layers[0].set_weights([kernel, bias])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    rng = np.random.default_rng(0)
    model.fit(rng.random((64, 5)), rng.random((64, 1)), epochs=5, verbose=0)
    trained, trained_bias = layers[0].get_weights()
    assert np.array_equal(trained[:, 0], kernel[:, 0]), "a dead unit's kernel moved"
    assert trained_bias[0] == bias[0], "a dead unit's bias moved"
    assert not np.array_equal(trained[:, 1:], kernel[:, 1:]), "the living units did not train"


@claim.exact(
    "Where a ReLU unit's input is approximately zero, though positive, no gradient passes.",
    id="activations/relu-blocks-near-zero",
    source="HW4 part 1, task 2: 'when the input values are approximately zero or negative'",
    expect="refuted",
)
def test_relu_blocks_the_gradient_of_inputs_near_zero():
    """Only the sign matters: from the smallest normal float upwards the derivative is exactly 1.

    At 0 itself, where there is no derivative, TensorFlow takes 0. Subnormal numbers are left out:
    its kernels flush them to 0.
    """
    positive = np.geomspace(np.finfo(np.float32).tiny, 1e-3, 10_000).astype(np.float32)
    gradient = relu_gradient(positive)
    passes = positive[gradient != 0]
    assert passes.size == 0, f"the gradient at {passes[0]:.3g} is {gradient[gradient != 0][0]:g}"


@claim(
    "The gradient of a sigmoid network vanishes with depth; a He-initialised ReLU network's does not.",
    id="activations/vanishing-with-depth",
    source="HW4 part 1, task 2: 'at their boundaries (very large or very small values on the x-axis) lead to gradient vanishing'",
    margin=0.1,
    unit="decades a layer",
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_sigmoid_gradients_vanish_with_depth(train, dataset):
    """Gradient norm of the first hidden kernel over the last, at initialisation, against depth.

    Backpropagation multiplies by σ′ ≤ 1/4 a layer, which He's weights (variance 2/n, made for ReLU)
    do not make up for (Glorot & Bengio 2010, He et al. 2015). A tenth of a decade a layer is a
    factor of 40 over sixteen layers; less would not keep a network from training.
    """

    def decades_a_layer(activation):
        ratios = []
        for depth in DEPTHS:
            network = mlp(depth, activation=activation)
            start = train(network, sgd(0.1), dataset, epochs=0, probes=["gradient_norm"])
            norms = start.probes["gradient_norm"][:, 0]  # (seeds, kernels)
            ratios.append(np.log10(norms[:, 0] / norms[:, -2]))
        return np.polyfit(DEPTHS, ratios, deg=1)[0]  # (seeds,)

    return decades_a_layer("relu") - decades_a_layer("sigmoid")


@claim(
    "With the homework's recipe the sigmoid network is less accurate than the ReLU network.",
    id="activations/sigmoid-worse-here",
    source="HW4 part 1, task 2: 'we expect to get slightly more accurate results for the sigmoid model, but we get worse results'",
    margin=0.02,
    unit="test accuracy",
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_sigmoid_is_less_accurate_here(train, dataset):
    """Adam at 1e-5, batch 64, 25 epochs, He-normal weights: the homework saw 118/175 and 100/175.

    Two points are the least that a reader of two accuracies would call "worse". In the quick
    profile the network sees half of our 4,096 images, and so takes half of the steps.
    """
    recipe = {"epochs": 25, "batch_size": 64, "images": "homework", "test_images": 1024}
    relu = train(homework_mlp("relu"), homework_adam(), dataset, **recipe)
    sigmoid = train(homework_mlp("sigmoid"), homework_adam(), dataset, **recipe)
    return relu.test_accuracy[:, -1] - sigmoid.test_accuracy[:, -1]
