"""Part 2, task 1: what the homework says of the convolutional network's size."""

import itertools

from hw4 import claim, cnn, homework_mlp

IMAGE, CLASSES = (32, 32, 1), 4


def layers_of(model, kind):
    """Return the model's layers of one Keras class, by its name."""
    return [layer for layer in model.layers if type(layer).__name__ == kind]


@claim.exact(
    "The assignment's CNN has 8 layers with weights to learn: 5 convolutional and 3 dense.",
    id="cnn/eight-layers",
    source="HW4 part 2, task 1: 'It has 8 layers ( 5 convolutional layers + 3 Dense).'",
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
