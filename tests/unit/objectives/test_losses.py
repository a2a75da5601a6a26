"""Any loss of Keras's trains as `fit` trains with it, or is refused in one sentence.

The table is of every class in `keras.losses`: a case that leaves one out fails.
"""

import dataclasses
import re

import numpy as np
import pytest
from fitting import DATA, SEED, SHAPE, arrays, fit, net, sums, targeted

from hw4.data import DataError, noisy_labels
from hw4.networks.models import mlp, network
from hw4.objectives.losses import said, weights_of
from hw4.objectives.optimisers import sgd
from hw4.training.recipe import Recipe

ROUNDING = 2e-4  # of a loss, after two epochs


def case(data, outputs, last, *, shape=None, **options):
    return data, net(outputs, last, shape), options


INDICES = (
    "sparse_categorical_crossentropy",
    "circle",
    "categorical_generalized_cross_entropy",
)
SMOOTH = {"label_smoothing": 0.2}
CASES = {
    "BinaryCrossentropy": case("pair", 1, "sigmoid", **SMOOTH),
    "BinaryFocalCrossentropy": case("pair", 1, None, from_logits=True, gamma=1.5),
    "CTC": case("tokens", 12, None, shape=(4, 3)),
    "CategoricalCrossentropy": case("classes", 3, "softmax", **SMOOTH),
    "CategoricalFocalCrossentropy": case("classes", 3, "softmax", gamma=1.0, alpha=0.5),
    "CategoricalGeneralizedCrossEntropy": case("classes", 3, "softmax", q=0.6),
    "CategoricalHinge": case("classes", 3, None),
    "Circle": case("classes", 4, None, gamma=4.0),
    "CosineSimilarity": case("numbers", 2, None),
    "Dice": case("classes", 3, "softmax"),
    "Hinge": case("pair", 1, "tanh"),
    "Huber": case("number", 1, None, delta=0.4),
    "KLDivergence": case("classes", 3, "softmax"),
    "LogCosh": case("numbers", 2, None),
    "MeanAbsoluteError": case("number", 1, None),
    "MeanAbsolutePercentageError": case("number", 1, None),
    "MeanSquaredError": case("numbers", 2, None),
    "MeanSquaredLogarithmicError": case("numbers", 2, "softplus"),
    "Poisson": case("numbers", 2, "exponential"),
    "SparseCategoricalCrossentropy": case("classes", 3, None, from_logits=True, ignore_class=1),
    "SquaredHinge": case("pair", 1, "tanh"),
    "Tversky": case("classes", 3, "softmax", alpha=0.3, beta=0.7),
}
OTHERS = {  # what else is given to a loss, or of a loss
    "a name": ("classes", net(3, "softmax"), "kl_divergence"),
    "the mean error of one-hot labels": ("classes", net(3, "softmax"), "mse"),
    "multi-label": ("multi-label", net(2, "sigmoid"), "binary_crossentropy"),
    "sum": ("numbers", net(2, None), lambda k: k.MeanSquaredError(reduction="sum")),
    "another mean": (
        "pair",
        net(1, "sigmoid"),
        lambda k: k.BinaryCrossentropy(reduction="mean_with_sample_weight"),
    ),
    "half precision": ("number", net(1, None), lambda k: k.MeanSquaredError(dtype="bfloat16")),
    "double precision": (
        "classes",
        net(3, "softmax"),
        lambda k: k.CategoricalCrossentropy(dtype="float64"),
    ),
    "tokens": ("tokens", net(6, "softmax", (2, 3)), "sparse_categorical_crossentropy"),
    "one's own function": ("numbers", net(2, None), lambda k: cubed),
    "one's own class": ("number", net(1, None), lambda k: own_loss()),
}


def cubed(y_true, y_pred):
    from keras import ops

    return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)


def own_loss():
    import keras

    class Own(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.abs(keras.ops.reshape(y_true, (-1, 1)) - y_pred)

    return Own()


def recipe_of(data, build, loss, **fields):
    dataset = DATA[data]()
    stated = None if loss is None else said(loss)
    return Recipe(network(build), sgd(0.02), dataset, 2, 8, 44, 16, loss=stated, **fields)


def by_fit(recipe, build, loss, **options):
    """Return what `evaluate` says of every epoch, for labels in the form that `fit` wants."""
    import keras

    kind = loss if isinstance(loss, str) else getattr(loss, "name", "")
    model = build(SHAPE, recipe.dataset.outputs)
    model.compile(keras.optimizers.SGD(0.02), loss, run_eagerly=True)  # for six steps
    takes_indices = kind in INDICES
    one_hot = recipe.dataset.target_shape is None and model.output_shape[-1] > 1

    def labels(y):
        return np.eye(3, dtype="f4")[y] if one_hot and not takes_indices else y

    return [each["loss"] for each in fit(recipe, model, labels, **options)]


def trained(recipe, seed=SEED):
    from hw4.training import replicas

    return replicas.train_block(recipe, [seed])[0]


def loss_named(name):
    from keras import losses

    return getattr(losses, name)(**CASES[name][2])


def test_the_table_has_every_loss_of_keras():
    from keras import losses

    kinds = {name for name in dir(losses) if isinstance(getattr(losses, name), type)}
    assert kinds - {"Loss"} == {*CASES}  # which is abstract


@pytest.mark.parametrize("name", CASES)
def test_a_loss_of_keras_trains_as_fit_trains_with_it(name):
    data, build, _ = CASES[name]
    recipe = recipe_of(data, build, loss_named(name)).seen()
    expected = by_fit(recipe, build, loss_named(name))
    assert abs(expected[1] - expected[0]) > 5 * ROUNDING * abs(expected[1])  # or nothing is learned
    np.testing.assert_allclose(trained(recipe)["test_loss"], expected, rtol=ROUNDING)


@pytest.mark.parametrize("name", OTHERS)
def test_whatever_a_loss_is_told_is_used(name):
    from keras import losses

    data, build, given = OTHERS[name]
    loss = given(losses) if callable(given) else given
    recipe = recipe_of(data, build, loss).seen()
    expected = by_fit(recipe, build, loss)
    tolerance = 0.02 if name == "half precision" else ROUNDING
    np.testing.assert_allclose(trained(recipe)["test_loss"], expected, rtol=tolerance)


@pytest.mark.parametrize(
    ("data", "outputs", "last"), [("classes", 3, "softmax"), ("pair", 1, None)]
)
def test_class_weights_train_as_fits_do(data, outputs, last):
    """`evaluate` does not weigh, and nor do the losses of `Runs`."""
    import keras

    build, given = net(outputs, last), {1: 5.0, "a": 0.25}
    loss = keras.losses.BinaryCrossentropy(from_logits=True) if outputs == 1 else None
    weights = weights_of(given, DATA[data]())
    recipe = recipe_of(data, build, loss, class_weight=weights).seen()
    model = loss or "sparse_categorical_crossentropy"
    expected = by_fit(recipe, build, model, class_weight={0: 0.25, 1: 5.0})
    found = trained(recipe)["test_loss"]
    np.testing.assert_allclose(found, expected, rtol=ROUNDING)
    plain = by_fit(recipe, build, model)
    assert np.abs(found - plain).max() > 20 * ROUNDING * max(plain)


def test_a_described_network_takes_a_loss_too():
    """`mlp` under another loss is the network of one's own that it builds."""
    from keras import losses

    described = mlp(widths=(6,), activation="tanh", initializer="glorot_uniform")
    smoothed = losses.CategoricalCrossentropy(label_smoothing=0.2)
    first = recipe_of("classes", net(3, "softmax"), smoothed)
    second = dataclasses.replace(first, network=described)
    assert "MLP(widths=(6,)" in str(second.seen())
    assert "loss CategoricalCrossentropy(label_smoothing=0.2)" in str(second)
    rows = trained(first), trained(second)
    np.testing.assert_allclose(rows[0]["test_loss"], rows[1]["test_loss"], rtol=1e-6)


def test_a_convolutional_networks_outputs_are_measured_part_by_part():
    from keras import losses

    def build(image_shape, classes):
        import keras

        layers = [keras.layers.Conv2D(2, 2), keras.layers.Flatten(), keras.layers.Dense(3)]
        layers.append(keras.layers.Activation("softmax"))
        return keras.Sequential([keras.Input(image_shape), *layers])

    loss = losses.CategoricalCrossentropy(reduction="sum")
    recipe = recipe_of("classes", build, loss).seen()
    expected = by_fit(recipe, build, loss)
    np.testing.assert_allclose(trained(recipe)["test_loss"], expected, rtol=ROUNDING)


ACCURACIES = [  # data, outputs, last, loss, accuracy by hand from (outputs, labels)
    ("pair", 1, "sigmoid", "binary_crossentropy", lambda o, y: (o[:, 0] > 0.5) == y),
    ("pair", 1, "tanh", "hinge", lambda o, y: (o[:, 0] > 0) == y),
    ("classes", 3, None, "mse", lambda o, y: o.argmax(1) == y),
    ("multi-label", 2, "sigmoid", "binary_crossentropy", lambda o, y: (o > 0.5) == y),
    ("numbers", 2, None, "mse", lambda o, y: np.full(len(y), np.nan)),
]


@pytest.mark.parametrize(("data", "outputs", "last", "loss", "by_hand"), ACCURACIES)
def test_accuracy_is_the_share_of_right_forecasts_of_classes(data, outputs, last, loss, by_hand):
    recipe = dataclasses.replace(recipe_of(data, net(outputs, last), loss), epochs=1).seen()
    from hw4.training import replicas

    program = replicas.program_of(recipe)
    seeds = [SEED] * program.seeds
    state = program.initial_state(seeds)
    values = replicas.stacked_data(recipe.dataset, tuple(seeds), 44, 16)
    order = replicas.batch_orders(seeds, 0, 44, 8)
    state, measured = program.epoch(state, values, order, program.numbers(recipe))
    split = arrays(recipe)
    model = program.model
    for variable, value in zip(model.trainable_variables, state[0], strict=True):
        variable.assign(np.asarray(value)[0])
    outcome = by_hand(np.asarray(model(split.x_test)), split.y_test)
    np.testing.assert_allclose(measured["test_accuracy"][0], np.mean(outcome), rtol=1e-6)


# What is refused


def refusal(data, build, loss, **fields):
    with pytest.raises(ValueError) as error:
        recipe_of(data, build, loss, **fields).seen()
    message = str(error.value)
    assert "\n" not in message
    assert ": expected " in message, message
    return message


def compiled(build, loss):
    def make(image_shape, classes):
        model = build(image_shape, classes)
        model.compile(loss=loss)
        return model

    return make


def test_what_train_and_compile_say_differently_is_refused():
    from keras import losses

    build = compiled(net(3, "softmax"), losses.CategoricalCrossentropy(label_smoothing=0.1))
    message = refusal("classes", build, losses.CategoricalCrossentropy())
    assert "is compiled with 'categorical_crossentropy': expected the same" in message
    again = losses.CategoricalCrossentropy(label_smoothing=0.1)
    recipe_of("classes", build, again).seen()  # the same may be said twice


def test_a_compiled_loss_is_what_is_used():
    build = compiled(net(2, None), "mae")
    recipe = recipe_of("numbers", build, None).seen()
    expected = by_fit(recipe, net(2, None), "mae")
    np.testing.assert_allclose(trained(recipe)["test_loss"], expected, rtol=ROUNDING)


@pytest.mark.parametrize(("last", "logits"), [("sigmoid", True), (None, False), ("softmax", True)])
def test_logits_that_are_none_are_refused(last, logits):
    from keras import losses

    kind = losses.CategoricalCrossentropy if last == "softmax" else losses.BinaryCrossentropy
    data, outputs = ("classes", 3) if last == "softmax" else ("pair", 1)
    message = refusal(data, net(outputs, last), kind(from_logits=logits))
    assert f"from_logits={logits}, but its outputs are" in message


def test_a_name_is_told_what_outputs_are():
    recipe = recipe_of("pair", net(1, None), "binary_crossentropy", from_logits=True).seen()
    found = recipe.network.loss.loss(np.ones((1, 1)), np.zeros((1, 1)))
    np.testing.assert_allclose(found, np.log(2), rtol=1e-6)


@pytest.mark.parametrize(
    ("loss", "options", "says"),
    [
        ("mean_squared", {}, "train got loss='mean_squared'"),
        ("mse", {"from_logits": True}, "which does not ask for it"),
        ("binary_crossentropy", {}, r"to \(None, 2\): expected .* to \(None, 3\)"),
        (lambda k: k.MeanSquaredError(reduction=None), {}, "has reduction=None"),
        (
            lambda k: k.SparseCategoricalCrossentropy(from_logits=False),
            {"from_logits": True},
            "loss 'sparse_categorical_crossentropy' has from_logits=False",
        ),
        (
            lambda k: lambda y, p: 1 / 0,
            {},
            "cannot be computed of labels of shape .*division by zero",
        ),
    ],
)
def test_a_loss_that_cannot_be_is_refused(loss, options, says):
    from keras import losses

    given = loss(losses) if callable(loss) else loss
    assert re.search(says, refusal("classes", net(2, None), given, **options))


def test_targets_need_a_loss_and_outputs_of_their_shape():
    assert "expected train(…, loss=…)" in refusal("numbers", net(2, None), None)
    assert "targets of shape (None, 2)" in refusal("numbers", net(1, None), "mse")
    assert "expected ('…', 'steps', 'classes')" in refusal("tokens", net(3, None), "ctc")
    with pytest.raises(ValueError, match="because this one forecasts a class"):
        Recipe(mlp(), sgd(0.1), DATA["numbers"](), 2, 8, 44, 16, loss=said("mse"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({3: 1.0}, "expected an index below 3 or one of 'a', 'b', 'c'"),
        ({"d": 1.0}, "expected an index below 3"),
        ({0: -1.0}, "expected a number of at least 0"),
        ({0: float("nan")}, "expected a number of at least 0"),
        ({0: "heavy"}, "expected a number of at least 0"),
    ],
)
def test_class_weights_that_cannot_be_are_refused(given, says):
    with pytest.raises(ValueError, match=says):
        weights_of(given, DATA["classes"]())
    with pytest.raises(ValueError, match="whose targets are no classes"):
        weights_of({0: 1.0}, DATA["numbers"]())


# What decides a run


def test_every_part_of_a_loss_changes_the_key():
    from keras import losses

    build = net(3, "softmax")
    given = [
        None,
        losses.CategoricalCrossentropy(label_smoothing=0.1),
        losses.CategoricalCrossentropy(label_smoothing=0.2),
        losses.CategoricalCrossentropy(label_smoothing=0.2, reduction="sum"),
        "mse",
        lambda y, p: cubed(y[:, None], p),
        lambda y, p: 2 * cubed(y[:, None], p),
        lambda y, p: 1 + cubed(y[:, None], p),  # of which no gradient tells
    ]
    recipes = [recipe_of("classes", build, loss) for loss in given]
    recipes.append(recipe_of("classes", build, None, class_weight=(1.0, 2.0, 1.0)))
    keys = [each.key(0) for each in recipes]
    assert len({*keys}) == len(keys)
    again = losses.CategoricalCrossentropy(label_smoothing=0.1)
    assert recipe_of("classes", build, again).key(0) == keys[1]


def test_targets_count_in_a_data_sets_fingerprint_and_bear_no_label_noise():
    first, second = DATA["numbers"](), targeted(lambda pixels: 2 * sums(pixels))
    assert first.fingerprint != second.fingerprint
    assert (first.target_shape, first.outputs) == ((2,), 2)
    split = first.draw(3, 40, 16)
    np.testing.assert_allclose(split.y_test, sums(split.x_test), rtol=1e-6)
    with pytest.raises(DataError, match="expected classes, not targets"):
        noisy_labels(first, 0.5)
