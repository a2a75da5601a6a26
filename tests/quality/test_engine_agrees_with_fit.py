"""Does the engine train what `keras.Model.fit` trains?

Same initial weights, same batch order, no dropout: after three epochs every variable of the two
networks, and every metric, agrees within float32 rounding. With dropout the masks are the engine's
own, so what agrees is the distribution of the outcome. Each comparison is also shown to fail.
"""

import dataclasses
import functools

import numpy as np
import pytest
from scipy import special, stats

from hw4.data.finite import FiniteDataset, Labelled
from hw4.networks.models import CNN, cnn, mlp, network
from hw4.objectives.optimisers import Optimiser, adam, sgd
from hw4.training import executor
from hw4.training.recipe import Recipe
from hw4.training.runs import METRICS

EPOCHS = 3
ROUNDING = 1e-4  # of a variable's norm; measured 2e-8 to 3e-6
FAULT = 1e-3  # what the mildest of the faults below exceeds
SEEDS = list(range(3, 11))  # as many as a program stacks; the last is compared
LUCK = 1e-3  # of two samples of one distribution, how many the test tells apart
RUNS = 64


def toy(images, side=6):
    """Return images of three classes, a quarter of them for testing, not quite separable."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, images).astype(np.int32)
    shape = (side, side, 1)
    pixels = 0.35 * rng.random((3, *shape))[labels] + 0.65 * rng.random((images, *shape))
    return FiniteDataset("toy", ("a", "b", "c"), Labelled(pixels.astype(np.float32), labels))


def data_for(model):
    if isinstance(model, CNN):  # three poolings leave one pixel; from 16×16 on, XLA fuses
        return toy(128, 16 if model.filters == FUSED else 8)
    return toy(128)


def branches(image_shape, classes):
    """Return a network as users write them: two branches, a shortcut, logits."""
    from keras import Input, Model, layers

    images = Input(image_shape)
    flat = layers.Flatten()(images)
    left = layers.Dense(8, activation="relu")(flat)
    right = layers.Dense(8, activation="tanh")(layers.Dense(8, activation="relu")(flat))
    both = layers.Concatenate()([layers.Add()([left, right]), right])
    return Model(images, layers.Dense(classes)(both))


def nested(image_shape, classes):
    """Return a network whose softmax is inside another network, its last layer."""
    from keras import Input, Sequential, layers

    head = Sequential([Input((8,)), layers.Dense(classes), layers.Softmax()])
    return Sequential([Input(image_shape), layers.Flatten(), layers.Dense(8, "relu"), head])


def operation(image_shape, classes):
    """Return a network that ends in an operation, not in a layer."""
    from keras import Input, Model, layers, ops

    images = Input(image_shape)
    logits = layers.Dense(classes)(layers.Flatten()(images))
    return Model(images, ops.softmax(logits))


def embedded(image_shape, classes):
    """Return a network with sparse gradients, which Adam takes otherwise than dense ones."""
    from keras import Input, Model, layers, ops

    images = Input(image_shape)
    levels = ops.cast(8 * layers.Flatten()(images), "int32")
    vectors = layers.Flatten()(layers.Embedding(9, 2)(levels))
    return Model(images, layers.Dense(classes, "softmax")(vectors))


def template():
    """Return a `keras.Model` whose weights are set: every seed begins with them."""
    from keras import Input, Sequential, layers, regularizers

    dense = layers.Dense(8, "elu", kernel_regularizer=regularizers.L2(1e-2))
    model = Sequential([Input((6, 6, 1)), layers.Flatten(), dense, layers.Dense(3, "softmax")])
    model.set_weights([weights / 2 + 0.01 for weights in model.get_weights()])
    return model


def decayed(keras, rate):
    return keras.optimizers.schedules.InverseTimeDecay(rate, 1, 1e-3)


def case(model, optimiser, reference, *, images=96, batch_size=16):
    """Return a recipe's parts and, stated in Keras's own words, the optimiser that `fit` gets."""
    return model, optimiser, reference, images, batch_size


NET = mlp(widths=(10,))
NORMED = mlp(widths=(10,), norm="batch")
FILTERS, FUSED = (3, 4, 4, 5, 5), (4, 4, 4, 5, 5)
CASES = {
    "SGD": case(NET, sgd(0.2), lambda k: k.optimizers.SGD(0.2)),
    "huge": case(mlp(widths=(6500,)), sgd(0.05), lambda k: k.optimizers.SGD(0.05)),
    "momentum": case(NET, sgd(0.05, momentum=0.9), lambda k: k.optimizers.SGD(0.05, momentum=0.9)),
    "Adam": case(NET, adam(0.01), lambda k: k.optimizers.Adam(0.01)),
    "Adam with decay": case(
        NET, adam(0.01, decay=1e-3), lambda k: k.optimizers.Adam(decayed(k, 0.01))
    ),
    "another optimiser": case(
        NET,
        Optimiser("RMSprop", 0.003, 0.0, (("rho", 0.8),)),
        lambda k: k.optimizers.RMSprop(0.003, rho=0.8),
    ),
    "L2": case(mlp(widths=(10,), l2=0.02), sgd(0.2), lambda k: k.optimizers.SGD(0.2)),
    "batch norm": case(NORMED, sgd(0.2), lambda k: k.optimizers.SGD(0.2)),
    # At Keras's epsilon, 1e-7, Adam divides gradients of rounding size by themselves: the biases
    # before a batch norm, whose true gradient is zero, then walk at random in either program.
    "batch norm, Adam": case(
        NORMED, adam(0.01, epsilon=1e-3), lambda k: k.optimizers.Adam(0.01, epsilon=1e-3)
    ),
    "smaller last batch": case(NET, sgd(0.2), lambda k: k.optimizers.SGD(0.2), images=90),
    "one small batch": case(NET, sgd(0.2), lambda k: k.optimizers.SGD(0.2), batch_size=128),
    "branches, logits": case(branches, sgd(0.2), lambda k: k.optimizers.SGD(0.2)),
    "nested softmax": case(nested, sgd(0.2), lambda k: k.optimizers.SGD(0.2)),
    "softmax operation": case(operation, sgd(0.2), lambda k: k.optimizers.SGD(0.2)),
    "sparse gradients": case(
        embedded, adam(0.01, epsilon=1e-3), lambda k: k.optimizers.Adam(0.01, epsilon=1e-3)
    ),
    "CNN": case(
        cnn(FILTERS, dropout=0, batch_norm_axis=None, l2=0),
        sgd(0.1),
        lambda k: k.optimizers.SGD(0.1),
    ),
    "CNN, batch norm, L2": case(
        cnn(FILTERS, dropout=0, batch_norm_axis=-1),
        adam(0.003, decay=1e-3, epsilon=1e-3),
        lambda k: k.optimizers.Adam(decayed(k, 0.003), epsilon=1e-3),
        images=90,
    ),
    "CNN, batch norm of rows": case(
        cnn(FILTERS, dropout=0), sgd(0.05), lambda k: k.optimizers.SGD(0.05)
    ),
    "CNN, fused": case(
        cnn(FUSED, dropout=0),
        adam(0.003, epsilon=1e-3),
        lambda k: k.optimizers.Adam(0.003, epsilon=1e-3),
        images=90,
    ),
    "template": case(template, sgd(0.2), lambda k: k.optimizers.SGD(0.2)),
}
LOGITS = ("branches, logits",)


@dataclasses.dataclass
class Outcome:
    """One network after training: its variables, and each epoch's metrics by name."""

    variables: list[np.ndarray]
    metrics: dict[str, np.ndarray]  # (epochs,)


def recipe_of(name):
    model, optimiser, _, images, batch_size = CASES[name]
    model = template() if model is template else model
    return Recipe(network(model), optimiser, data_for(model), EPOCHS, batch_size, images, 32)


def engine(recipe):
    """Train SEEDS with the engine. Returns the last seed's initial variables and its outcome."""
    from hw4.training import replicas

    program = replicas.program_of(recipe)
    seeds = SEEDS[-replicas.block_size(recipe) :]
    data = replicas.stacked_data(recipe.dataset, tuple(seeds), recipe.images, recipe.test_images)
    state = program.initial_state(seeds)
    initial = last(state)
    history = []
    for epoch in range(EPOCHS):
        order = replicas.batch_orders(seeds, epoch, data.x.shape[1], recipe.batch_size)
        state, metrics = program.epoch(state, data, order, program.numbers(recipe))
        history.append(metrics)
    metrics = {name: np.array([each[name][-1] for each in history]) for name in history[0]}
    return initial, Outcome(last(state), metrics)


def last(state):
    trainable, fixed, _ = state
    return [np.array(values[-1]) for values in (*trainable, *fixed)]


def variables_of(model):
    return [*model.trainable_variables, *model.non_trainable_variables]


class Reference:
    """A plain compiled Keras model, with the weights that it is given."""

    def __init__(self, recipe, optimiser, *, logits=False):
        import keras

        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
        cross_entropy = keras.metrics.SparseCategoricalCrossentropy(from_logits=logits)
        dataset = recipe.dataset
        self.model = recipe.network.build(dataset.image_shape, len(dataset.classes))
        self.model.compile(optimiser, loss, metrics=[cross_entropy, "accuracy"], jit_compile=False)
        self.split = dataset.draw(SEEDS[-1], recipe.images, recipe.test_images)
        self._batch_size = recipe.batch_size
        self._logits = logits

    def give(self, values):
        for variable, value in zip(variables_of(self.model), values, strict=True):
            variable.assign(value)

    def fit(self, order):
        x, y = self.split.x_train[order], self.split.y_train[order]
        self.model.fit(x, y, self._batch_size, epochs=1, shuffle=False, verbose=0)

    def metrics(self):
        """Return the metrics by name, computed in NumPy from the network's outputs."""
        train_loss, train_accuracy = self._measure(self.split.x_train, self.split.y_train)
        test_loss, test_accuracy = self._measure(self.split.x_test, self.split.y_test)
        values = (train_loss, train_accuracy, test_loss, test_accuracy)
        return dict(zip(METRICS, (*values, float(sum(self.model.losses))), strict=True))

    def _measure(self, x, y):
        outputs = np.asarray(self.model(x, training=False))
        chances = special.softmax(outputs, axis=1) if self._logits else outputs
        loss = -np.log(chances[np.arange(len(y)), y]).mean(dtype=float)
        return loss, np.mean(outputs.argmax(axis=1) == y)

    def evaluated(self):
        """Return the metrics as `keras.Model.evaluate` reports them."""
        split = self.split
        total, train_loss, train_accuracy = self._evaluate(split.x_train, split.y_train)
        _, test_loss, test_accuracy = self._evaluate(split.x_test, split.y_test)
        values = (train_loss, train_accuracy, test_loss, test_accuracy, total - train_loss)
        return dict(zip(METRICS, values, strict=True))

    def _evaluate(self, x, y):
        return self.model.evaluate(x, y, batch_size=self._batch_size, verbose=0)


def fit(name, initial, order_of=None, optimiser=None, net=None):
    """Train the last seed with `fit`: as the case says, or with one thing put wrong."""
    import keras

    from hw4.training import replicas

    recipe = recipe_of(name)
    recipe = dataclasses.replace(recipe, network=net) if net else recipe
    optimiser = (optimiser or CASES[name][2])(keras)
    reference = Reference(recipe, optimiser, logits=name in LOGITS)
    reference.give(initial)
    history = []
    for epoch in range(EPOCHS):
        full, rest = replicas.batch_orders(SEEDS[-1:], epoch, recipe.images, recipe.batch_size)
        order = np.concatenate([full[0].ravel(), rest[0]])
        reference.fit(order_of(order) if order_of else order)
        history.append(reference.metrics())
    variables = [variable.numpy() for variable in variables_of(reference.model)]
    return Outcome(variables, {key: np.array([m[key] for m in history]) for key in history[0]})


def distance(found, expected):
    """Return how far two arrays are apart, in units of the expected one's norm.

    The biases before a batch norm have no gradient but rounding, and a norm of 1e-7: hence 1e-2.
    """
    return np.linalg.norm(found - expected) / max(np.linalg.norm(expected), 1e-2)


def disagreement(outcome, reference):
    """Return the largest distance of two outcomes, over variables and losses."""
    names = ("train_loss", "test_loss", "penalty")
    pairs = [(outcome.metrics[name], reference.metrics[name]) for name in names]
    pairs += zip(outcome.variables, reference.variables, strict=True)
    return max(distance(*pair) for pair in pairs)


@functools.cache
def trained(name):
    """Return what `engine` does for a case, trained once for all that look at it."""
    return engine(recipe_of(name))


@functools.cache
def fitted(name):
    """Return what `fit` makes of the same initial variables, which are a seed's in any program."""
    return fit(name, trained(name)[0])


COMPILED = (
    "Adam with decay",
    "batch norm, Adam",
    "L2",
    "smaller last batch",
    "CNN, batch norm, L2",
)  # a user's dense network always is


@pytest.mark.parametrize(
    ("name", "compiled"), [(name, False) for name in CASES] + [(name, True) for name in COMPILED]
)
def test_after_three_epochs_the_networks_are_the_same(name, compiled, monkeypatch):
    """Both as TensorFlow's kernels compute an epoch and as XLA does, which compiles long runs."""
    from hw4.training import replicas

    (initial, outcome), reference = trained(name), fitted(name)
    if compiled:
        recipe = recipe_of(name)
        assert not replicas.program_of(recipe).compiled
        monkeypatch.setattr(replicas, "is_compiled", lambda recipe: True)
        assert replicas.program_of(recipe).compiled
        _, outcome = engine(recipe)
    moved = max(map(distance, reference.variables, initial))
    assert moved > 0.05  # or there would be nothing to compare
    assert disagreement(outcome, reference) < ROUNDING


FAULTS = {
    "another batch order": ("SGD", {"order_of": lambda order: order[::-1]}),
    "one order every epoch": ("SGD", {"order_of": np.sort}),
    "the last batch left out": ("smaller last batch", {"order_of": lambda order: order[:80]}),
    "a rate 1 % off": ("SGD", {"optimiser": lambda k: k.optimizers.SGD(0.202)}),
    "no momentum": ("momentum", {"optimiser": lambda k: k.optimizers.SGD(0.05)}),
    "no decay": ("Adam with decay", {"optimiser": lambda k: k.optimizers.Adam(0.01)}),
    "no penalty": ("L2", {"net": NET}),
    "a CNN's penalty": (
        "CNN, batch norm, L2",
        {"net": cnn(FILTERS, dropout=0, batch_norm_axis=-1, l2=0)},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_comparison_sees(fault):
    name, change = FAULTS[fault]
    initial, outcome = trained(name)
    assert disagreement(outcome, fit(name, initial, **change)) > FAULT


@pytest.mark.parametrize("name", ["L2", "batch norm", "branches, logits"])
def test_metrics_are_those_of_evaluate_for_the_same_weights(name):
    import keras

    _, outcome = trained(name)
    recipe = recipe_of(name)
    reference = Reference(recipe, keras.optimizers.SGD(), logits=name in LOGITS)
    reference.give(outcome.variables)
    expected = reference.evaluated()
    for metric, values in outcome.metrics.items():
        assert values[-1] == pytest.approx(expected[metric], rel=1e-5, abs=1e-6), metric
    reference.give([value * 1.01 for value in outcome.variables])
    assert outcome.metrics["test_loss"][-1] != pytest.approx(reference.metrics()["test_loss"])


# Dropout


def convolutional(rate):
    """Return a function that makes a small convolutional network with dropout."""

    def build(image_shape, classes):
        from keras import Input, Sequential, layers

        convolution = [Input(image_shape), layers.Conv2D(6, 3, activation="relu")]
        dropout = [layers.Dropout(rate)] if rate else []
        return Sequential(
            [*convolution, *dropout, layers.Flatten(), layers.Dense(classes, "softmax")]
        )

    return build


DROPPED = {"dense": lambda rate: mlp(widths=(12,), dropout=rate), "convolutional": convolutional}


def dropout_recipe(model):
    return Recipe(network(model), sgd(0.3), toy(128), EPOCHS, 16, 96, 32)


def fitted_losses(recipe):
    """Return final (train, test) losses of RUNS runs under `fit`, each (runs,)."""
    import keras

    from hw4.training import replicas

    program = replicas.program_of(recipe)
    reference = Reference(recipe, keras.optimizers.SGD(0.3))
    losses = []
    for seed in range(1000, 1000 + RUNS):  # others than the engine's: independent samples
        trainable, fixed, _ = program.initial_state([seed])
        reference.give([values[0].numpy() for values in (*trainable, *fixed)])
        reference.split = recipe.dataset.draw(seed, recipe.images, recipe.test_images)
        orders = [replicas.batch_orders([seed], e, 96, 16)[0].ravel() for e in range(EPOCHS)]
        reference.fit(np.concatenate(orders))  # whole batches: three epochs are one long one
        metrics = reference.metrics()
        losses.append((metrics["train_loss"], metrics["test_loss"]))
    return np.array(losses).T


def engine_losses(recipe):
    runs, _ = executor.execute(recipe, range(RUNS))
    return np.stack([runs.train_loss[:, -1], runs.test_loss[:, -1]])


@pytest.mark.parametrize("kind", DROPPED)
def test_with_dropout_the_outcomes_have_one_distribution_and_without_it_another(kind):
    recipe = dropout_recipe(DROPPED[kind](0.5))
    fitted = fitted_losses(recipe)
    for found, expected in zip(engine_losses(recipe), fitted, strict=True):
        assert stats.ks_2samp(found, expected).pvalue > LUCK
    plain = dropout_recipe(DROPPED[kind](0.0))
    assert stats.ks_2samp(engine_losses(plain)[0], fitted[0]).pvalue < LUCK**2
