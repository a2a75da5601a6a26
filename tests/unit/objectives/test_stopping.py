"""Each seed stops for itself, when `fit` with Keras's callback would stop."""

import dataclasses

import numpy as np
import pytest
from fitting import DATA, SHAPE, arrays, first_values, net

from hw4.networks.models import mlp, network
from hw4.objectives import metrics
from hw4.objectives.optimisers import sgd
from hw4.objectives.stopping import Lanes, early_stopping
from hw4.training.recipe import Recipe
from hw4.training.runs import METRICS

SEEDS = list(range(8))
EPOCHS = 12
CLASSED = DATA["classes"]()


def recipe_of(rule, build=None, **fields):
    described = network(build) if build else mlp(widths=(6,))
    fields = {"early_stopping": rule} | fields
    return Recipe(described, sgd(1.5), CLASSED, EPOCHS, 8, 44, 16, **fields)


def trained(recipe):
    from hw4.training import replicas

    return replicas.train_block(recipe, SEEDS)


def test_seeds_stop_when_keras_would_and_keep_their_weights():
    """The callback is given what the engine measures, epoch by epoch."""
    import keras

    rule = early_stopping("test_accuracy", patience=2)
    plain = trained(recipe_of(None))
    rows = trained(recipe_of(rule, probes=("weight_norm", "path_length")))
    epochs = set()
    for before, row in zip(plain, rows, strict=True):
        callback = keras.callbacks.EarlyStopping("val_accuracy", patience=2, mode="max")
        callback.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
        callback.model.stop_training = False
        callback.on_train_begin()
        stopped = EPOCHS
        for epoch, value in enumerate(before["test_accuracy"]):
            callback.on_epoch_end(epoch, {"val_accuracy": value})
            if callback.model.stop_training:
                stopped = epoch + 1
                break
        assert row["metric/stopped_epoch"] == stopped
        epochs.add(stopped)
        for name in ("train_loss", "test_loss", "test_accuracy"):
            np.testing.assert_array_equal(row[name][:stopped], before[name][:stopped])
            assert (row[name][stopped:] == row[name][stopped - 1]).all()
        assert (row["probe/path_length"][stopped:] == 0).all()
    assert len(epochs) > 1  # or no lane would have gone on without another


def test_a_stopped_seed_has_the_weights_of_fit_with_the_callback():
    import keras

    from hw4.training import replicas

    rule, predictions = early_stopping("test_loss", patience=1), metrics.stated("predictions")
    recipe = recipe_of(rule, net(3, "softmax"), metrics=predictions).seen()
    rows = trained(recipe)
    for seed in (0, 5):
        split, model = arrays(recipe, seed), net(3, "softmax")(SHAPE, 3)
        loss = "sparse_categorical_crossentropy"
        model.compile(keras.optimizers.SGD(1.5), loss, run_eagerly=True)
        for variable, value in zip(model.variables, first_values(recipe, seed), strict=True):
            variable.assign(value)
        callback, losses = keras.callbacks.EarlyStopping("val_loss", patience=1), []
        callback.set_model(model)
        model.stop_training = False
        callback.on_train_begin()
        for epoch in range(EPOCHS):
            full, rest = replicas.batch_orders([seed], epoch, 44, 8)
            order = np.concatenate([full[0].ravel(), rest[0]])
            model.fit(split.x_train[order], split.y_train[order], 8, shuffle=False, verbose=0)
            losses.append(model.evaluate(split.x_test, split.y_test, verbose=0))
            model.stop_training = False
            callback.on_epoch_end(epoch, {"val_loss": losses[-1]})
            if model.stop_training:
                break
        assert rows[seed]["metric/stopped_epoch"] == len(losses) < EPOCHS
        found = rows[seed]["metric/predictions"]
        np.testing.assert_allclose(found, model(split.x_test), atol=2e-3)


def test_a_gain_below_the_least_is_none_and_a_first_value_that_is_none_is_never_beaten():
    rule = early_stopping("test_loss", patience=2, min_delta=0.1)
    lanes = Lanes(rule, 3, 9)
    curves = np.array([[1, 0.95, 0.92, 0.5], [1, 0.8, 0.6, 0.4], [np.nan, 1, 0.5, 0.1]])
    for epoch, values in enumerate(curves.T, 1):
        lanes.look({"test_loss": values}, epoch)
    np.testing.assert_array_equal(lanes.epoch, [3, 9, 3])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"patience": 0}, "patience=0: expected a whole number"),
        ({"patience": 1.5}, "patience=1.5"),
        ({"patience": True}, "patience=True"),
        ({"patience": 1, "min_delta": -1}, "min_delta=-1"),
        ({"patience": 1, "min_delta": "a"}, "min_delta='a': expected a number"),
        ({"patience": 1, "mode": "auto"}, "expected 'min' or 'max'"),
        ({"patience": 1, "metric": "test_own"}, "does not tell whether lower is better"),
    ],
)
def test_rules_that_cannot_be_are_refused(options, says):
    with pytest.raises(ValueError, match=says):
        early_stopping(**options)


def test_what_is_not_measured_after_every_epoch_cannot_stop_a_seed():
    rule = early_stopping("test_auc", patience=1)
    with pytest.raises(ValueError, match="expected one of train_loss, test_loss"):
        recipe_of(rule)
    assert recipe_of(rule, metrics=metrics.stated("auc"))
    with pytest.raises(ValueError, match="looks at every epoch"):
        recipe_of(early_stopping(patience=1), evaluate_last=1)


def test_every_part_of_a_rule_changes_the_key():
    rules = [
        None,
        early_stopping(patience=1),
        early_stopping(patience=2),
        early_stopping(patience=1, min_delta=0.1),
        early_stopping(patience=1, mode="max"),
        early_stopping("train_loss", patience=1),
    ]
    recipes = [recipe_of(rule) for rule in rules]
    assert len({each.key(0) for each in recipes}) == len(rules)
    row = dict.fromkeys(("metric/stopped_epoch",), np.array(3.0))
    curves = dict.fromkeys(METRICS, np.zeros(EPOCHS))
    assert recipes[1].fits(curves | row)
    assert not recipes[1].fits(curves)
    assert dataclasses.replace(recipes[1], early_stopping=None) == recipes[0]
