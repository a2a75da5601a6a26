"""Any metric of Keras's is what `evaluate` gives, or is refused in one sentence.

The table is of every class in `keras.metrics`: a case that leaves one out fails.
"""

import dataclasses

import numpy as np
import pytest
from fitting import DATA, SEED, SHAPE, fit, net

from hw4.networks.models import mlp, network
from hw4.objectives import metrics as measuring
from hw4.objectives.losses import said
from hw4.objectives.optimisers import sgd
from hw4.training.recipe import Recipe

ROUNDING = 2e-4
CLASSES, PAIR, NUMBER, NUMBERS = (
    ("classes", 3, "softmax", "categorical_crossentropy"),
    ("pair", 1, "sigmoid", "binary_crossentropy"),
    ("number", 1, None, "mse"),
    ("numbers", 2, None, "mse"),
)
INTERSECTION = {"num_classes": 3, "sparse_y_true": False, "sparse_y_pred": False}
CASES = {
    "AUC": (PAIR, {"num_thresholds": 50}),
    "Accuracy": (NUMBERS, {}),
    "BinaryAccuracy": (PAIR, {"threshold": 0.4}),
    "BinaryCrossentropy": (PAIR, {}),
    "BinaryIoU": (PAIR, {"target_class_ids": [1]}),
    "CategoricalAccuracy": (CLASSES, {}),
    "CategoricalCrossentropy": (CLASSES, {"label_smoothing": 0.1}),
    "CategoricalHinge": (CLASSES, {}),
    "ConcordanceCorrelation": (NUMBERS, {}),
    "CosineSimilarity": (NUMBERS, {}),
    "F1Score": (CLASSES, {}),
    "FBetaScore": (CLASSES, {"beta": 2.0, "average": "macro"}),
    "FalseNegatives": (PAIR, {}),
    "FalsePositives": (PAIR, {}),
    "Hinge": (PAIR, {}),
    "IoU": (CLASSES, INTERSECTION | {"target_class_ids": [0, 2]}),
    "KLDivergence": (CLASSES, {}),
    "LogCoshError": (NUMBERS, {}),
    "Mean": (NUMBERS, None),
    "MeanAbsoluteError": (NUMBER, {}),
    "MeanAbsolutePercentageError": (NUMBERS, {}),
    "MeanIoU": (CLASSES, INTERSECTION),
    "MeanMetricWrapper": (NUMBERS, {"fn": lambda y, p: abs(y - p) ** 3}),
    "MeanSquaredError": (NUMBER, {}),
    "MeanSquaredLogarithmicError": (NUMBERS, {}),
    "OneHotIoU": (CLASSES, {"num_classes": 3, "target_class_ids": [1]}),
    "OneHotMeanIoU": (CLASSES, {"num_classes": 3}),
    "PearsonCorrelation": (NUMBERS, {}),
    "Poisson": (CLASSES, {}),
    "Precision": (PAIR, {"thresholds": [0.3, 0.5]}),
    "PrecisionAtRecall": (PAIR, {"recall": 0.6}),
    "R2Score": (NUMBERS, {}),
    "Recall": (PAIR, {}),
    "RecallAtPrecision": (PAIR, {"precision": 0.6}),
    "RootMeanSquaredError": (NUMBER, {}),
    "SensitivityAtSpecificity": (PAIR, {"specificity": 0.5}),
    "SparseCategoricalAccuracy": (CLASSES, {}),
    "SparseCategoricalCrossentropy": (CLASSES, {}),
    "SparseTopKCategoricalAccuracy": (CLASSES, {"k": 2}),
    "SpecificityAtSensitivity": (PAIR, {"sensitivity": 0.5}),
    "SquaredHinge": (PAIR, {}),
    "Sum": (NUMBERS, None),
    "TopKCategoricalAccuracy": (CLASSES, {"k": 2}),
    "TrueNegatives": (PAIR, {}),
    "TruePositives": (PAIR, {}),
}
"""Of each: what it is measured on, and its options; None of those that take no labels."""


def recipe_of(kind, given, **fields):
    data, outputs, last, loss = kind
    metrics = measuring.stated(given)
    sizes = {"epochs": 2, "batch_size": 8, "images": 44, "test_images": 16}
    return Recipe(
        network(net(outputs, last)),
        sgd(0.05),
        DATA[data](),
        **(sizes | {"loss": said(loss), "metrics": metrics} | fields),
    )


def trained(recipe, seed=SEED):
    from hw4.training import replicas

    return replicas.train_block(recipe, [seed])[0]


def metric(name):
    from keras import metrics

    return getattr(metrics, name)(**CASES[name][1], name=name.lower())


def test_the_table_has_every_metric_of_keras():
    from keras import metrics

    kinds = {name for name in dir(metrics) if isinstance(getattr(metrics, name), type)}
    assert kinds - {"Metric"} == {*CASES}  # which is abstract


@pytest.mark.parametrize("kind", [CLASSES, PAIR, NUMBER, NUMBERS], ids=lambda kind: kind[0])
def test_metrics_of_keras_are_what_evaluate_gives(kind):
    """All that fit the labels at once, for both sets: `evaluate` would take as long for each."""
    import keras

    names = [name for name, (on, options) in CASES.items() if on is kind and options is not None]
    recipe = recipe_of(kind, [metric(name) for name in names]).seen()
    data, outputs, last, loss = kind
    row = trained(recipe)
    one_hot = [name for name in names if not name.startswith("Sparse")]
    for group in (one_hot, [name for name in names if name.startswith("Sparse")]):
        if not group:
            continue
        model = net(outputs, last)(SHAPE, outputs)
        one_hot = data == "classes" and group[0][:6] != "Sparse"
        trains_with = loss if one_hot or data != "classes" else f"sparse_{loss}"
        measures = [metric(name) for name in group]
        eager = {"run_eagerly": True}  # for six steps: no tracing
        model.compile(keras.optimizers.SGD(0.05), trains_with, metrics=measures, **eager)
        labels = (lambda y: np.eye(3, dtype="f4")[y]) if one_hot else (lambda y: y)
        labels = (lambda y: y[:, None]) if data == "pair" else labels
        found = fit(recipe, model, labels)
        for name in group:
            expected = [np.asarray(each[name.lower()]) for each in found]
            np.testing.assert_allclose(
                row[f"metric/test_{name.lower()}"], expected, rtol=ROUNDING, atol=1e-6
            )


def test_a_metric_that_fails_says_so_in_one_sentence():
    recipe = recipe_of(NUMBERS, [lambda y, p: 1 / 0])
    with pytest.raises(ValueError, match=r"metric 'lambda' .*: expected another .*zero") as error:
        trained(recipe)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["Mean", "Sum"])
def test_what_takes_no_labels_is_refused(name):
    from keras import metrics

    with pytest.raises(ValueError, match=r"metric '(mean|sum)' .*: expected") as error:
        measuring.stated([getattr(metrics, name)(name=name.lower())])
    assert "\n" not in str(error.value)


def test_metrics_that_keras_lacks_are_those_of_scikit_learn():
    from sklearn import metrics

    given = ["balanced_accuracy", "class_recall", "predictions", "accuracy"]
    recipe = recipe_of(CLASSES, given).seen()
    row = trained(recipe)
    outputs, labels = (row[f"metric/{name}"] for name in ("predictions", "targets"))
    assert (outputs.shape, labels.shape) == ((16, 3), (16,))
    np.testing.assert_array_equal(labels, recipe.dataset.draw(SEED, 44, 16).y_test)
    chosen = outputs.argmax(1)
    recalls = metrics.recall_score(labels, chosen, average=None, zero_division=np.nan)
    np.testing.assert_allclose(row["metric/test_class_recall"][-1], recalls)
    balanced = metrics.balanced_accuracy_score(labels, chosen)
    np.testing.assert_allclose(row["metric/test_balanced_accuracy"][-1], balanced)
    np.testing.assert_allclose(row["metric/test_accuracy"], row["test_accuracy"], rtol=1e-6)
    np.testing.assert_allclose(row["metric/train_accuracy"], row["train_accuracy"], rtol=1e-6)


def test_metrics_do_not_change_what_is_trained():
    recipe = Recipe(mlp(widths=(4,)), sgd(0.1), DATA["classes"](), 2, 8, 44, 16)
    measured = dataclasses.replace(recipe, metrics=measuring.stated(["auc", "class_recall"]))
    plain, row = trained(recipe), trained(measured)
    assert recipe.fits(plain)
    assert measured.fits(row)
    assert not recipe.fits(row)
    assert not measured.fits(plain)
    for name, values in plain.items():
        np.testing.assert_array_equal(row[name], values)
    assert row["metric/test_class_recall"].shape == (2, 3)


# What a metric is called, and when it is the same one


def test_a_name_is_the_users_or_the_classes_without_its_number():
    from keras import metrics

    for _ in range(3):
        (found,) = measuring.stated(metrics.AUC())
        assert found.name == "auc"
        assert found == measuring.stated([metrics.AUC()])[0]
    assert measuring.stated(metrics.AUC(name="area_7"))[0].columns == (
        "test_area_7",
        "train_area_7",
    )
    assert [each.name for each in measuring.stated(["mse", metrics.F1Score()])] == [
        "mse",
        "f1_score",
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["auk"], "train got the metric 'auk': expected a metric of keras.metrics"),
        ([lambda y, p: 0, lambda y, p: 1], "two metrics of the name 'lambda'"),
        ([3], "train got the metric 3: expected"),
    ],
)
def test_what_is_no_metric_is_refused(given, says):
    with pytest.raises(ValueError, match=says) as error:
        measuring.stated(given)
    assert "\n" not in str(error.value)


def test_a_metric_of_classes_is_refused_for_numbers():
    recipe = recipe_of(NUMBERS, ["balanced_accuracy"])
    with pytest.raises(ValueError, match="whose targets are no classes: expected another"):
        recipe.seen()


def own(scale, traced=True):
    import keras

    class Own(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="own")
            self.total = self.add_variable((), "zeros", name="total")

        def update_state(self, y_true, y_pred, sample_weight=None):
            y_true = keras.ops.cast(y_true, "float32")
            if not traced:
                np.asarray(y_pred)  # as scikit-learn does
            self.total.assign_add(scale * keras.ops.sum(y_true - y_pred))

        def result(self):
            return self.total

    return Own()


def test_every_part_of_a_metric_changes_the_key():
    from keras import metrics

    given = [
        (),
        "accuracy",
        metrics.AUC(),
        metrics.AUC(num_thresholds=50),
        metrics.AUC(name="area"),
        own(2.0),
        lambda y, p: y - p,
        lambda y, p: p - y,
    ]
    keys = [recipe_of(NUMBER, each).key(0) for each in given]
    assert len({*keys}) == len(keys)
    assert recipe_of(NUMBER, metrics.AUC()).key(0) == keys[2]
    assert recipe_of(NUMBER, given[-1]).key(0) == keys[-1]


@pytest.mark.parametrize("traced", [True, False])
def test_a_metric_of_ones_own_is_measured_too(traced):
    recipe = recipe_of(NUMBER, [own(2.0, traced), "predictions"]).seen()
    row = trained(recipe)
    expected = 2 * (row["metric/targets"] - row["metric/predictions"][:, 0]).sum()
    broadcast = 2 * (row["metric/targets"] - row["metric/predictions"]).sum()
    assert row["metric/test_own"][-1] in (
        pytest.approx(expected, rel=1e-4),
        pytest.approx(broadcast, rel=1e-4),  # as Keras spreads (16,) over (16, 1)
    )
    assert "metric 'own'" in recipe.unseen  # what a class keeps in itself cannot be seen as a whole
