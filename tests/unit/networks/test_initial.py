import random
import re
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hw4.data import DataError
from hw4.networks import initial
from hw4.networks.models import mlp, network

SHAPE, CLASSES = (8, 8, 1), 10


def drawn(net, seed=0):
    """Return a seed's trainable values by the shape and place of their variable."""
    return initial.build(network(net), SHAPE, CLASSES)[1](seed)


def kernels(net, seed=0):
    return [value for value in drawn(net, seed)[0] if value.ndim == 2]


def equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def user_function(initializer="he_normal"):
    def build(image_shape, classes):
        from keras import Input, Sequential, layers

        dense = [layers.Dense(64, kernel_initializer=initializer) for _ in range(2)]
        return Sequential([Input(image_shape), layers.Flatten(), *dense, layers.Dense(classes)])

    return build


def test_a_seed_draws_the_same_bits_every_time():
    for net in (mlp(norm="batch", dropout=0.5), user_function()):
        draw = initial.build(network(net), SHAPE, CLASSES)[1]
        first = draw(3)
        draw(4)
        for again in (draw(3), drawn(net, 3)):
            assert equal(first[0], again[0])
            assert equal(first[1], again[1])


def test_what_arms_share_cannot_be_changed_by_one_of_them():
    (kernel, *_), _ = drawn(mlp())
    with pytest.raises(ValueError, match="read-only"):
        kernel[0] = 0


def test_every_seed_draws_its_own():
    draws = [kernels(mlp(), seed) for seed in range(5)]
    for layer in zip(*draws, strict=True):
        assert len({kernel.tobytes() for kernel in layer}) == 5


def test_layers_of_one_shape_draw_different_weights():
    hidden, next_hidden, _ = kernels(mlp(widths=(64, 64)))
    assert hidden.shape == next_hidden.shape
    assert np.isin(hidden, next_hidden).mean() < 0.01  # nor is one a shift of the other


@pytest.mark.parametrize(
    "arm",
    [mlp(norm="batch"), mlp(dropout=0.5), mlp(l2=0.1), mlp(activation="tanh")],
    ids=["batch norm", "dropout", "penalty", "activation"],
)
def test_arms_that_differ_in_layers_without_random_weights_start_the_same(arm):
    assert equal(kernels(arm, seed=6), kernels(mlp(), seed=6))


def test_another_initialiser_starts_elsewhere():
    assert not equal(kernels(mlp(initializer="he_uniform")), kernels(mlp()))


def test_he_normal_weights_have_a_variance_of_two_over_their_inputs():
    for kernel in kernels(mlp(widths=(300, 200)))[:2]:
        inputs, outputs = kernel.shape
        spread = (2 / (inputs * outputs)) ** 0.5  # of a variance of so many normal numbers
        assert kernel.var() * inputs / 2 == pytest.approx(1, abs=4 * spread)
        assert abs(kernel.mean()) < 4 * kernel.std() / kernel.size**0.5


def test_uniform_weights_are_uniform():
    kernel = kernels(mlp(widths=(400,), initializer="glorot_uniform"))[0]
    limit = (6 / sum(kernel.shape)) ** 0.5
    assert 0.99 * limit < np.abs(kernel).max() <= limit
    assert kernel.var() == pytest.approx(limit**2 / 3, rel=0.03)


def test_everything_but_kernels_starts_as_kerass_own():
    import keras

    model, draw = initial.build(mlp(norm="batch"), SHAPE, CLASSES)
    trainable, fixed = draw(0)
    assert isinstance(model, keras.Model)
    for variables, values in (
        (model.trainable_variables, trainable),
        (model.non_trainable_variables, fixed),
    ):
        for variable, value in zip(variables, values, strict=True):
            assert (value.shape, value.dtype) == (tuple(variable.shape), variable.dtype)
            if value.ndim == 1:
                ones = variable.name in ("gamma", "moving_variance")
                np.testing.assert_array_equal(value, float(ones), variable.path)


def test_dropout_has_a_state_of_its_own_in_every_layer_and_seed():
    net = mlp(depth=2, dropout=0.5)
    states = [tuple(state) for seed in range(5) for state in drawn(net, seed)[1]]
    assert len(states) == len(set(states)) == 10


def test_a_ready_made_model_is_a_template_whose_weights_are_drawn_anew():
    model = user_function()(SHAPE, CLASSES)
    before = model.get_weights()
    assert equal(drawn(model, 2)[0], drawn(user_function(), 2)[0])
    assert equal(model.get_weights(), before)  # left alone


def test_a_ready_made_model_begins_with_the_weights_that_were_set_in_it():
    model = user_function()(SHAPE, CLASSES)
    model.set_weights([np.full_like(weight, 7) for weight in model.get_weights()])
    assert all(np.all(weight == 7) for weight in drawn(model, 2)[0])


def test_a_function_that_returns_one_model_every_time_is_a_template_too():
    model = user_function()(SHAPE, CLASSES)
    assert equal(drawn(lambda image_shape, classes: model, 2)[0], drawn(user_function(), 2)[0])


def test_a_model_with_a_lambda_can_be_trained():
    def build(image_shape, classes):
        from keras import Input, Sequential, layers

        stack = [Input(image_shape), layers.Flatten(), layers.Lambda(lambda x: 2 * x)]
        return Sequential([*stack, layers.Dense(classes, kernel_initializer="he_normal")])

    assert kernels(build)[0].std() == pytest.approx((2 / 64) ** 0.5, rel=0.1)


# Initialisers of the user's


def from_tensorflow(shape, dtype=None):
    import tensorflow as tf

    return tf.random.uniform(shape, dtype=dtype)


def from_numpy(shape, dtype=None):
    return np.random.random(shape).astype(dtype)  # noqa: NPY002 - what a user may write


@pytest.mark.parametrize("function", [from_tensorflow, from_numpy])
def test_an_initialiser_of_the_users_follows_the_seed(function):
    first = kernels(user_function(function), 1)
    assert 0.45 < first[0].mean() < 0.55
    assert not np.array_equal(first[0], first[1])
    assert equal(first, kernels(user_function(function), 1))
    assert not equal(first, kernels(user_function(function), 2))


def slow_from_numpy(shape, dtype=None):
    first = np.random.random()  # noqa: NPY002 - as above
    time.sleep(0.01)  # the other lane's turn
    return np.full(shape, first + np.random.random(), dtype)  # noqa: NPY002


def test_a_kind_of_zeros_that_counts_its_calls_is_called_for_every_seed():
    """Values that are drawn once are those of Keras's own zeros, ones and constants alone."""
    from keras.initializers import Zeros

    class Counting(Zeros):
        calls = 0

        def __call__(self, shape, dtype=None):
            type(self).calls += 1
            return super().__call__(shape, dtype) + self.calls

    draw = initial.build(network(user_function(Counting())), SHAPE, CLASSES)[1]
    first, second = (draw(seed)[0][0] for seed in (0, 1))
    assert (second > first).all()


def test_two_lanes_that_draw_from_a_global_generator_do_not_mix():
    draw = initial.build(network(user_function(slow_from_numpy)), SHAPE, CLASSES)[1]
    seeds = range(6)
    one_by_one = [draw(seed)[0] for seed in seeds]
    with ThreadPoolExecutor(3) as lanes:
        side_by_side = [trainable for trainable, _ in lanes.map(draw, seeds)]
    assert all(map(equal, one_by_one, side_by_side))


def test_kerass_initialisers_leave_the_users_global_generators_alone():
    np.random.seed(1)  # noqa: NPY002 - the state in question
    random.seed(1)
    draw = initial.build(mlp(norm="batch", dropout=0.5), SHAPE, CLASSES)[1]
    before = np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    draw(5)
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert random.getstate() == before[1]


def test_targets_without_classes_are_refused_before_a_network_is_built():
    with pytest.raises(DataError, match=r"^the data set has targets, not classes: "):
        initial.build(network(mlp(depth=1)), SHAPE, 0)


# Where every seed of a user's network begins


def ready_made():
    import keras

    adapted = keras.layers.Normalization(axis=None)
    adapted.adapt(np.arange(9.0))
    layers = [adapted, keras.layers.Dense(4), keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((9,)), *layers, keras.layers.Dense(2)])
    model.layers[1].set_weights([np.full((9, 4), 7, "f4"), np.ones(4, "f4")])
    model.layers[2].moving_mean.assign(np.full(4, 5, "f4"))
    return model


@pytest.mark.parametrize("function", [False, True])
@pytest.mark.parametrize("begin", ["as given", "drawn"])
def test_a_network_begins_as_it_is_or_is_drawn_anew(function, begin):
    source = network((lambda image_shape, classes: ready_made()) if function else ready_made())
    built, draw = initial.build(source, (9,), 2, begin)
    names = variables(built)[::-1]  # so that of two layers the first one counts
    starts = [dict(zip(names, [*t, *f][::-1], strict=True)) for t, f in map(draw, (1, 2))]
    kernel, mean = (
        next(n for n in starts[0] if n.endswith(e)) for e in ("dense/kernel", "moving_mean")
    )
    adapted = next(name for name in starts[0] if name.endswith("normalization/mean"))
    same = np.array_equal(starts[0][kernel], starts[1][kernel])
    assert same is (begin == "as given")
    assert (starts[0][kernel] == 7).all() == (begin == "as given")
    assert (starts[0][mean] == (5 if begin == "as given" else 0)).all()
    assert (starts[0][adapted] == 4).all()  # it was adapted to data, not trained


def variables(model):
    """Return the variables' names, without the numbers of their layers."""
    halves = (*model.trainable_variables, *model.non_trainable_variables)
    return [re.sub(r"_\d+/", "/", each.path) for each in halves]
