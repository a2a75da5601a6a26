import numpy as np
import pytest

from hw4.data import DataError
from hw4.networks import initial
from hw4.networks.models import MLP, Custom, cnn, mlp

SHAPE, CLASSES = (8, 8, 1), 10
INITIALIZERS = ["he_normal", "he_uniform", "glorot_uniform", "lecun_normal"]


def drawn(net, seed=0):
    """Return a seed's initial kernels and biases, input side first."""
    trainable, _ = initial.build(net, SHAPE, CLASSES)[1](seed)
    kernels = [value for value in trainable if value.ndim == 2]
    biases = [value for value in trainable if value.ndim == 1]
    return kernels, biases


def expected_deviation(initializer, fan_in, fan_out):
    """Return the standard deviation that the initialiser's paper gives a weight."""
    rule, _ = initializer.split("_")
    fan = {"he": fan_in / 2, "glorot": (fan_in + fan_out) / 2, "lecun": fan_in}[rule]
    return fan**-0.5


@pytest.mark.parametrize("initializer", INITIALIZERS)
@pytest.mark.parametrize("gain", [0.1, 3.0, 100])
def test_gain_multiplies_every_hidden_kernel_and_no_other(initializer, gain):
    """The same draw, multiplied: so arms that differ in the gain are paired by seed."""
    plain, _ = drawn(mlp(3, 32, initializer=initializer), seed=5)
    gained, _ = drawn(mlp(3, 32, initializer=initializer, gain=gain), seed=5)
    for before, after in zip(plain[:-1], gained[:-1], strict=True):
        rounding = 1e-6 * np.abs(after).max()  # a uniform draw is rounded before it is centred
        np.testing.assert_allclose(after, gain * before.astype(float), rtol=0, atol=rounding)
    np.testing.assert_array_equal(gained[-1], plain[-1])


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_gained_weights_have_the_gained_standard_deviation(initializer):
    """Of 64 × 400 weights it is known to half a percent."""
    kernels, _ = drawn(mlp(widths=(400,), initializer=initializer, gain=10))
    assert np.std(kernels[0]) == pytest.approx(
        10 * expected_deviation(initializer, 64, 400), rel=0.02
    )


@pytest.mark.parametrize("initializer", ["he_normal", "glorot_uniform", "zeros", "random_normal"])
def test_a_gain_of_one_is_the_initialiser_itself(initializer):
    import keras

    dense = mlp(widths=(5,), initializer=initializer).build(SHAPE, CLASSES).layers[1]
    assert type(dense.kernel_initializer) is type(keras.initializers.get(initializer))


def test_bias_is_where_the_hidden_biases_begin_and_no_other():
    _, biases = drawn(mlp(widths=(6, 5), bias=-2.5))
    for bias, value in zip(biases, (-2.5, -2.5, 0), strict=True):
        np.testing.assert_array_equal(bias, np.full_like(bias, value))


def test_gain_and_bias_change_nothing_else():
    plain, changed = mlp(norm="batch", l2=0.1), mlp(norm="batch", l2=0.1, gain=3, bias=-1)
    (kernels, values), (others, other_values) = drawn(plain), drawn(changed)
    assert [k.shape for k in kernels] == [k.shape for k in others]
    np.testing.assert_array_equal(kernels[-1], others[-1])
    assert len(values) == len(other_values) == 3 + 2 * 2  # biases; γ and β of two normalisations
    assert changed.split() == (mlp(norm="batch", l2=1, gain=3, bias=-1), 0.1)


def test_networks_of_another_gain_or_bias_are_other_networks():
    """They name the run in the store."""
    assert len({mlp(), mlp(gain=2), mlp(gain=3), mlp(bias=2)}) == 4
    assert mlp(gain=1, bias=0) == mlp() == MLP((64, 64))


@pytest.mark.parametrize("gain", [0, -1, np.nan])
def test_a_gain_that_is_not_above_zero_is_refused(gain):
    with pytest.raises(ValueError) as error:
        mlp(gain=gain)
    assert str(error.value) == f"mlp: got gain={gain}, expected a number above 0"


def test_a_gain_of_weights_that_do_not_scale_with_the_width_is_refused():
    with pytest.raises(ValueError) as error:
        mlp(gain=2, initializer="random_normal").build(SHAPE, CLASSES)
    assert str(error.value) == (
        "mlp: got gain=2.0 with initializer='random_normal', "
        "expected one that scales with the width, as 'he_normal' does"
    )


@pytest.mark.parametrize("network", [mlp, cnn])
@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ({"dropout": 1}, "dropout=1, expected a rate in [0, 1)"),
        ({"dropout": -0.1}, "dropout=-0.1, expected a rate in [0, 1)"),
        ({"l2": -1}, "l2=-1, expected a penalty of at least 0"),
        ({"l2": np.nan}, "l2=nan, expected a penalty of at least 0"),
        ({"dropout": "half"}, "dropout='half', expected a rate in [0, 1)"),
        ({"l2": True}, "l2=True, expected a penalty of at least 0"),
    ],
)
def test_a_dropout_rate_or_penalty_that_no_network_can_have_is_refused(network, option, expected):
    with pytest.raises(ValueError) as error:
        network(**option)
    assert str(error.value) == f"{network.__name__}: got {expected}"


@pytest.mark.parametrize(("blocks", "least"), [(1, 2), (2, 2), (3, 4), (4, 4), (5, 8)])
def test_images_that_the_poolings_leave_nothing_of_are_refused(blocks, least):
    net = cnn((2,) * blocks)
    assert net.build((least, least + 1, 1), 3).output_shape == (None, 3)
    with pytest.raises(DataError) as error:
        net.build((9, least - 1, 1), 3)
    assert str(error.value) == (
        f"cnn got images of 9×{least - 1} pixels: expected at least {least}×{least}"
    )


def test_a_convolutional_network_multiplies_as_often_as_its_layers_do():
    """Each weight of a convolution is used at every pixel, each of a dense layer once."""
    net = cnn((2, 3, 4), batch_norm_axis=None)
    convolutions = 9 * (8 * 8 * 1 * 2 + 4 * 4 * 2 * 3 + 4 * 4 * 3 * 4)
    dense = 2 * 2 * 4 * 512 + 512 * 128 + 128 * 3
    assert net.multiplications((8, 8, 1), 3) == convolutions + dense


@pytest.mark.parametrize("filters", [(8, 0), (-1,), 4, (2.5,), "ab", (True,), None])
def test_a_number_of_filters_that_no_network_can_have_is_refused(filters):
    with pytest.raises(ValueError) as error:
        cnn(filters)
    assert str(error.value) == f"cnn: got filters={filters!r}, expected whole numbers of at least 1"
    with pytest.raises(ValueError, match=r"^cnn: got no filters, expected a number for each block"):
        cnn(())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"depth": -1}, "depth=-1, expected a whole number of at least 0"),
        ({"depth": 2.0}, "depth=2.0, expected a whole number of at least 0"),
        ({"width": 0}, "width=0, expected a whole number of at least 1"),
        ({"width": "64"}, "width='64', expected a whole number of at least 1"),
        ({"widths": 64}, "widths=64, expected whole numbers of at least 1"),
        ({"widths": [64, 0.5]}, "widths=[64, 0.5], expected whole numbers of at least 1"),
        ({"gain": "2"}, "gain='2', expected a number above 0"),
        ({"gain": np.inf}, "gain=inf, expected a number above 0"),
        ({"bias": None}, "bias=None, expected a number"),
    ],
)
def test_what_no_network_can_have_is_refused_by_its_name(options, expected):
    with pytest.raises(ValueError) as error:
        mlp(**options)
    assert str(error.value) == f"mlp: got {expected}"


def test_numbers_of_numpy_are_numbers():
    assert mlp(widths=np.array([8, 4]), l2=np.float32(0.5)) == mlp(widths=(8, 4), l2=0.5)


def test_a_width_that_would_be_passed_over_is_refused():
    with pytest.raises(ValueError, match=r"^mlp: got widths=\(4, 3\) with depth=3 and width=64, "):
        mlp(depth=3, widths=(4, 3))


@pytest.mark.parametrize("option", [{"dropout": 0.5}, {"norm": "batch"}, {"activation": "tanh"}])
def test_an_option_of_hidden_layers_that_are_not_there_is_refused(option):
    with pytest.raises(ValueError, match=r"^mlp: got no hidden layer for the options of MLP\("):
        mlp(0, **option)
    assert mlp(0, l2=0.1) == mlp(widths=(), l2=0.1)


def test_a_function_of_no_arguments_makes_the_same_network_as_one_of_shape_and_classes():
    def made(shape=SHAPE, classes=CLASSES):
        return cnn((4,)).build(shape, classes)

    class Maker:
        def __call__(self):
            return made()

    for source in (made, lambda: made(), Maker(), lambda *given: made(*given)):
        assert Custom(source).build(SHAPE, CLASSES).count_params() == made().count_params()
    assert Custom(made).build((8, 8, 3), 4).output_shape == (None, 4)
