"""Part 2, task 1: what the homework says of the convolutional network."""

import itertools
import math

import numpy as np
import pytest

from hw4 import adam, claim, shrunk
from hw4.homework import cnn, homework_mlp

IMAGE, CLASSES = (32, 32, 1), 4


def layers_of(model, kind):
    """Return the model's layers of one Keras class, by its name."""
    return [layer for layer in model.layers if type(layer).__name__ == kind]


@claim.exact(
    "The assignment's CNN has 8 layers with weights to learn: 5 convolutional and 3 dense.",
    id="cnn/eight-layers",
    source="HW4 part 2, task 1: 'It has 8 layers ( 5 convolutional layers + 3 Dense).'",
    cache=True,
)
def test_the_cnn_has_eight_layers():
    """Batch normalisation, which has weights too, is not counted: it is part of a block."""
    model = cnn().build(IMAGE, CLASSES)
    convolutions = layers_of(model, "Conv2D")
    assert len(convolutions) == 5, f"it has {len(convolutions)} convolutional layers"
    assert len(layers_of(model, "Dense")) == 3, "it has not 3 dense layers"
    filters = [layer.filters for layer in convolutions]
    assert filters == [64, 128, 128, 256, 256], f"it has filters {filters}"


@claim.exact(
    "A convolution has (width · height · previous filters + 1) · filters parameters.",
    id="cnn/conv-parameter-formula",
    source="HW4 part 2, task 1: '#params of CNN = ((shape of width of the filter \\* shape of height of the filter \\* number of filters in the previous layer + bias) \\* number of filters)'",
    cache=True,
)
def test_convolution_parameters_follow_the_formula():
    """Keras's own count over a grid of kernel sizes and filters; the bias counts as one."""
    import keras

    for width, height, previous, filters in itertools.product((1, 3, 5), (1, 2, 3), (1, 7), (1, 8)):
        layer = keras.layers.Conv2D(filters, (height, width))
        layer.build((None, 16, 16, previous))
        formula = (width * height * previous + 1) * filters
        assert layer.count_params() == formula, f"{width}×{height}×{previous}→{filters}: {formula}"


@claim.exact(
    "A dense layer has current · previous + current parameters.",
    id="cnn/dense-parameter-formula",
    source="HW4 part 2, task 1: '#params of FC = ((current layer neurons c \\* previous layer neurons p) + bias \\* c)'",
    cache=True,
)
def test_dense_parameters_follow_the_formula():
    """Keras's own count over a grid of widths; the bias counts as one a neuron."""
    import keras

    for current, previous in itertools.product((1, 2, 4, 150, 512), (1, 3, 300, 1024)):
        layer = keras.layers.Dense(current)
        layer.build((None, previous))
        assert layer.count_params() == current * previous + current, f"{previous}→{current}"


@claim.exact(
    "A convolution has fewer parameters than the dense layer between the same tensors.",
    id="cnn/fewer-than-dense",
    source="HW4 part 2, task 1: 'The number of parameters will be bigger in fully connected NN'",
    cache=True,
)
def test_a_convolution_has_fewer_parameters_than_the_dense_layer_it_replaces():
    """For every convolution of the CNN, by the ratio (h·w·cᵢ + 1)·h·w / (9·cᵢ + 1) exactly."""
    for layer in layers_of(cnn().build(IMAGE, CLASSES), "Conv2D"):
        _, height, width, previous = layer.input.shape
        pixels, filters = height * width, layer.filters
        dense = (pixels * previous + 1) * pixels * filters
        assert dense > layer.count_params(), f"{layer.name}: {layer.count_params()} against {dense}"
        ratio = (pixels * previous + 1) * pixels, 9 * previous + 1
        assert dense * ratio[1] == layer.count_params() * ratio[0], f"{layer.name}: not {ratio}"


@claim.exact(
    "The homework's CNN has fewer parameters than its fully connected network.",
    id="cnn/fewer-than-homework-mlp",
    source="HW4 part 2, task 1: 'so we need to learn less'",
    expect="refuted",
    cache=True,
)
def test_the_cnn_has_fewer_parameters_than_the_homework_mlp():
    """Sharing weights saves parameters layer by layer; 64 to 256 filters spend them again.

    The homework compares a kind of layer and concludes about two networks. Its CNN is 9.3 times
    the larger one: 3,271,492 parameters against 353,254.
    """
    convolutional = cnn().build(IMAGE, CLASSES).count_params()
    dense = homework_mlp().build(IMAGE, CLASSES).count_params()
    assert convolutional < dense, (
        f"the CNN has {convolutional:,} parameters, the fully connected network {dense:,}"
    )


@claim.exact(
    "One kernel serves every position: shifting the image shifts the feature map.",
    id="cnn/weights-are-shared",
    source="HW4 part 2, task 1: 'in CNN groups of neurons (depends on filter) have the same weight so we need to learn less'",
    cache=True,
)
def test_a_shifted_image_gives_a_shifted_feature_map():
    """For every convolution of the CNN, on random images, one pixel away from the border.

    The border is left out because "same" padding puts zeros there. Tolerance: the sums of up to
    2,304 products in float32 are cut otherwise at other positions.
    """
    import keras

    rng = np.random.default_rng(0)
    down, right = 3, 2
    for layer in layers_of(cnn().build(IMAGE, CLASSES), "Conv2D"):
        *window, previous, filters = layer.kernel.shape
        assert layer.count_params() == math.prod(window) * previous * filters + filters, (
            f"{layer.name} has more weights than one kernel and one bias a filter"
        )
        images = rng.random((2, 12, 12, previous), dtype=np.float32)
        shifted = np.roll(images, (down, right), axis=(1, 2))
        there = keras.ops.convert_to_numpy(layer(images))[:, 1:-1, 1:-1]
        moved = keras.ops.convert_to_numpy(layer(shifted))[:, 1 + down : -1, 1 + right : -1]
        difference = np.abs(moved - there[:, :-down, :-right]).max() / np.abs(there).max()
        assert difference < 1e-5, f"{layer.name}: the shifted map differs by {difference:.2g}"


@claim.exact(
    "On the assignment's images, batch normalisation with axis=1 normalises rows, not channels.",
    id="cnn/batch-norm-axis",
    source="HW4 part 2, task 1: '2D CNN'",
    stance="beside",
    cache=True,
)
def test_axis_1_normalises_rows():
    """Axis 1 of (images, rows, columns, channels): each row gets mean 0 and variance 1."""
    import keras

    maps = np.random.default_rng(0).normal(3, 2, (16, 8, 6, 5)) * np.arange(1, 9)[:, None, None]
    for axis, others in ((1, (0, 2, 3)), (-1, (0, 1, 2))):
        layer = keras.layers.BatchNormalization(axis=axis, epsilon=1e-6)
        normed = keras.ops.convert_to_numpy(layer(maps.astype(np.float32), training=True))
        for moment, value in ((normed.mean(axis=others), 0), (normed.var(axis=others), 1)):
            assert np.abs(moment - value).max() < 1e-3, (
                f"axis={axis} does not normalise axis {axis}"
            )
    rows = cnn().build(IMAGE, CLASSES).layers[2]  # behind the first convolution and its dropout
    assert rows.gamma.shape == (32,), f"it has {rows.gamma.shape[0]} scales, not one for each row"


@claim(
    "Normalising channels, as is meant, makes the CNN more accurate than normalising rows.",
    id="cnn/batch-norm-axis",
    source="HW4 part 2, task 1: '2D CNN'",
    margin=0.02,
    unit="test accuracy",
    expect="refuted",
    stance="beside",
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_normalising_channels_is_more_accurate(train, dataset):
    """Accuracy with axis=-1 − with axis=1, a small CNN on images of 8×8 pixels.

    512 training steps of Adam at 1e-3, without dropout and penalty, which would slow both. Two
    points are three or four of 175 images. A feature map's moments belong to all its positions
    (Ioffe & Szegedy 2015, section 3.2); axis=1 shares them over channels and columns instead. It
    costs nothing here: on digits both learn, to about 90 %, and normalising rows is even the better
    by some points; on phantom, to 70 %, either is ahead on about as many seeds. After fewer steps
    there is nothing to see: Keras's moving averages, of momentum 0.99, must come their way first,
    and after 128 steps both networks still guess.
    """
    recipe = {"epochs": 16, "batch_size": 16, "images": 512, "test_images": 256, "evaluate_last": 1}
    small = {"filters": (8, 16, 16, 32, 32), "dropout": 0, "l2": 0}
    channels, rows = (
        train(cnn(**small, batch_norm_axis=axis), adam(1e-3), shrunk(dataset, 8), **recipe)
        for axis in (-1, 1)
    )
    return channels.test_accuracy[:, -1] - rows.test_accuracy[:, -1]
