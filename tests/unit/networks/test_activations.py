import numpy as np
import pytest

from hw4.homework import homework_mlp
from hw4.networks.activations import activation_bytes
from hw4.networks.models import cnn, mlp

IMAGE, PIXELS, CLASSES = (4, 4, 1), 16, 3


@pytest.mark.parametrize("batch", [1, 7, 64])
@pytest.mark.parametrize("widths", [(), (5,), (5, 64, 2)])
def test_a_relu_network_keeps_images_hidden_outputs_and_the_loss_gradient(widths, batch):
    found = activation_bytes(mlp(widths=widths), IMAGE, CLASSES, batch)
    assert found == 4 * batch * (PIXELS + sum(widths) + CLASSES)


def test_the_homework_network_keeps_1478_numbers_an_image():
    assert activation_bytes(homework_mlp(), (32, 32, 1), 4, 64) == 4 * 64 * 1478


def test_sigmoid_keeps_its_output_too():
    found = activation_bytes(mlp(widths=(5,), activation="sigmoid"), IMAGE, CLASSES, 2)
    assert found == 4 * 2 * (PIXELS + 5 + CLASSES)


def test_batch_norm_adds_its_inputs_but_not_its_moments():
    """With 7 units and 7 images, moments (7,) could be taken for a row an image."""
    found = activation_bytes(mlp(widths=(7,), norm="batch"), IMAGE, CLASSES, 7)
    assert found == 4 * 7 * (PIXELS + 2 * 7 + CLASSES)


def test_dropout_adds_its_outputs_and_a_mask_of_one_byte():
    plain, dropped = (
        activation_bytes(mlp(widths=(5,), dropout=rate), IMAGE, CLASSES, 2) for rate in (0, 0.5)
    )
    assert dropped - plain == 2 * 5 * (4 + 1)


def test_weights_penalties_and_pixels_alone_do_not_count():
    plain, penalised = (
        activation_bytes(mlp(widths=(5,), l2=l2), IMAGE, CLASSES, 2) for l2 in (0, 0.1)
    )
    assert plain == penalised


def test_a_convolution_keeps_its_whole_feature_map():
    small, large = (
        activation_bytes(
            cnn((filters, 1, 1, 1, 1), dropout=0, batch_norm_axis=None), (8, 8, 1), 3, 2
        )
        for filters in (1, 2)
    )
    assert large - small == 2 * 4 * (8 * 8 + 4 * 4)  # its ReLU and its max-pooling


def test_a_model_of_the_users_own_counts_too():
    import keras

    layers = [keras.Input(IMAGE), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
    found = activation_bytes(keras.Sequential(layers), IMAGE, CLASSES, np.int64(2))
    assert found == 4 * 2 * (PIXELS + CLASSES)


def test_a_batch_of_none_is_refused():
    with pytest.raises(ValueError, match=r"^got batch=0, expected at least 1$"):
        activation_bytes(mlp(), IMAGE, CLASSES, 0)
