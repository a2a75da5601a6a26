"""What else is measured of a network's forecasts: any metric of Keras's, and a few that it lacks.

A metric sees a whole set as one batch, outside of the compiled program. Its name is that of its
column in `Runs`: the one that the user gave, or its class's, without the number that Keras counts.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hw4.data import Dataset
from hw4.data.dataset import first_line
from hw4.objectives.losses import Shape

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

PREDICTIONS = "predictions"
"""Each test image's outputs after the last epoch, and its labels: `targets`."""

TARGETS = "targets"

_BATCH = 4  # images with which a metric of the user's own is traced
_INDEXED = (  # they take labels, not one-hot vectors
    "Accuracy",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
)

_OWN = ("balanced_accuracy", "class_recall")  # metrics that Keras has not
_BY_SHAPE = ("accuracy", "acc")  # names of which `compile` makes a metric by the shapes


@dataclass(frozen=True)
class Metric:
    """What `train` was given; equal if it computes the same, as far as Keras's own tell.

    Attributes:
        name: of its columns, `test_NAME` and `train_NAME`.
        text: its class and options, or a hash of what it computes.
        value: itself; None of those that Keras has not.
        unseen: why its runs are never kept, as the end of a sentence; None if they are kept.
    """

    name: str
    text: str
    value: object = field(default=None, compare=False, repr=False)
    unseen: str | None = field(default=None, compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its arrays in `Runs`."""
        if self.name == PREDICTIONS:
            return PREDICTIONS, TARGETS
        return f"test_{self.name}", f"train_{self.name}"


def stated(given: object) -> tuple[Metric, ...]:
    """Return the metrics that `train` was given, one or several.

    Raises:
        ValueError: Keras knows no such metric, or two have one name.
    """
    several = given if isinstance(given, list | tuple) else [given]
    found = tuple(map(_stated, several))
    names = [each.name for each in found]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(
            f"train got two metrics of the name {twice[0]!r}: expected another name= for one"
        )
    return found


def _stated(given: object) -> Metric:
    if isinstance(given, str) and given in (*_OWN, *_BY_SHAPE, PREDICTIONS):
        return Metric(given, given)
    import keras

    try:
        value = keras.metrics.get(given)
    except (TypeError, ValueError) as error:
        own = ", ".join(map(repr, (*_OWN, PREDICTIONS)))
        raise ValueError(
            f"train got the metric {given!r}: expected a metric of keras.metrics, its name, or one "
            f"of {own} ({first_line(error)})"
        ) from None
    if type(value) in (keras.metrics.Mean, keras.metrics.Sum):
        raise ValueError(f"metric {value.name!r} takes no labels: expected one that does")
    if isinstance(value, keras.metrics.Metric):
        name = given if isinstance(given, str) else _name_of(value)
        return Metric(name, _text_of(value) if _is_kerass(value) else name, value)
    name = getattr(value, "__name__", type(value).__name__).strip("<>")  # of a lambda
    name = given if isinstance(given, str) else name
    return Metric(name, name, keras.metrics.MeanMetricWrapper(value, name=name))


def _name_of(metric: keras.metrics.Metric) -> str:
    """Return a metric's name, without the number by which Keras tells those of a process apart."""
    usual = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(metric).__name__).lower()
    counted = re.fullmatch(rf"({usual})_\d+", metric.name)
    return counted[1] if counted else metric.name


def _text_of(metric: keras.metrics.Metric) -> str:
    config = {**metric.get_config(), "name": _name_of(metric)}
    return f"{type(metric).__name__} {json.dumps(config, sort_keys=True, default=repr)}"


def recalls(
    labels: NDArray[np.number], chosen: NDArray[np.number], classes: int
) -> NDArray[np.float64]:
    """Return the share of each class's images that are told as theirs, (classes,); NaN of none."""
    found = [chosen[labels == each] == each for each in range(classes)]
    return np.array([each.mean() if each.size else np.nan for each in found])


def own(name: str, recalled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a metric that Keras has not, of the recall of each class.

    `balanced_accuracy` is their mean over the classes that there are, as in scikit-learn.
    """
    return recalled if name == "class_recall" else np.asarray(np.nanmean(recalled))


def seen(metric: Metric, output_shape: Shape, dataset: Dataset) -> Metric:
    """Return a metric for a network's outputs: the one that a name means, as `compile` takes it.

    One of the user's own is under a hash of what it computes. If that cannot be seen, it is another
    one each time.

    Raises:
        ValueError: a metric of classes where the targets are numbers.
    """
    if metric.name in _OWN and dataset.target_shape is not None:
        raise ValueError(
            f"train got the metric {metric.name!r} for {dataset.name!r}, whose targets are no "
            "classes: expected another"
        )
    if metric.text in _BY_SHAPE:
        return _accuracy(metric.name, output_shape, dataset)
    if metric.value is None or _is_kerass(metric.value):
        return metric
    return _traced(metric, output_shape, dataset)


def _accuracy(name: str, output_shape: Shape, dataset: Dataset) -> Metric:
    """Return what `compile` makes of the name."""
    from keras import metrics

    fewer = len(dataset.target_shape or ()) + 1 < len(output_shape)
    kind = metrics.SparseCategoricalAccuracy if fewer else metrics.CategoricalAccuracy
    value = (metrics.BinaryAccuracy if output_shape[-1] == 1 else kind)(name=name)
    return Metric(name, _text_of(value), value)


def _traced(metric: Metric, output_shape: Shape, dataset: Dataset) -> Metric:
    import tensorflow as tf

    from hw4.networks.canonical import canonical

    target = dataset.target_shape
    labels = tf.TensorSpec((_BATCH,), tf.int32)
    if target is not None:
        labels = tf.TensorSpec((_BATCH, *target), tf.float32)
    outputs = tf.TensorSpec((_BATCH, *output_shape[1:]), tf.float32)
    try:
        rule = Rule(metric, 0)
        first = rule.prepared(*(np.zeros(e.shape, e.dtype.name) for e in (labels, outputs)))
        states = [tf.TensorSpec(value.shape, value.dtype) for value in first]
        function = tf.function(rule, autograph=False)
        found = canonical(function.get_concrete_function(states, labels, outputs))
    except Exception as error:  # whatever a metric of the user's own raises while it is traced
        return _unseen(metric, f"metric {metric.name!r} cannot be traced ({first_line(error)})")
    if found.unseen is not None:
        return _unseen(metric, f"metric {metric.name!r}: {found.unseen}")
    starts = [hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest() for value in first]
    return dataclasses.replace(metric, text=f"{metric.name} {found.digest} {starts}")


def _unseen(metric: Metric, why: str) -> Metric:
    return dataclasses.replace(metric, text=f"{metric.name} {uuid.uuid4().hex}", unseen=why)


def _is_kerass(metric: object) -> bool:
    function = getattr(metric, "_fn", None)
    modules = (type(metric).__module__, getattr(function, "__module__", "keras.") or "")
    return all(module.startswith("keras.") for module in modules)


class Rule:
    """A metric of Keras's kind as a function: states, labels, outputs → its value.

    Args:
        metric: whose variables are the states; a copy of one of Keras's own.
        classes: how many a label may be, where labels are made one-hot for it; 0 where they stay.
    """

    def __init__(self, metric: Metric, classes: int) -> None:
        self._metric = _copied(metric.value)
        self._classes = classes if _is_kerass(metric.value) else 0

    def prepared(
        self, labels: NDArray[np.number], outputs: NDArray[np.number]
    ) -> list[NDArray[np.number]]:
        """Return the states before the first image, which a metric may build when it is called.

        Raises:
            ValueError: the metric does not bear such labels and outputs.
        """
        try:
            self._metric.update_state(self._targets(labels, outputs), outputs)
        except Exception as error:  # of any library
            raise ValueError(
                f"metric {self._metric.name!r} cannot be computed of outputs of shape "
                f"{outputs.shape}: expected another ({first_line(error)})"
            ) from None
        self._metric.reset_state()
        return [np.asarray(variable.numpy()) for variable in self._metric.variables]

    def __call__(self, states: list[tf.Tensor], labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """Return the value for a whole set, to be traced."""
        import keras

        targets, metric = self._targets(labels, outputs), self._metric
        after = metric.stateless_update_state(states, targets, outputs)
        with keras.StatelessScope(list(zip(metric.variables, after, strict=True))):
            return keras.ops.convert_to_tensor(metric.result())  # it may be one of the variables

    def at_once(self, labels: NDArray[np.number], outputs: NDArray[np.number]) -> object:
        """Return the value for a whole set, of a metric that cannot be traced."""
        self._metric.reset_state()
        self._metric.update_state(self._targets(labels, outputs), outputs)
        return self._metric.result()

    def _targets(
        self, labels: NDArray[np.number] | tf.Tensor, outputs: NDArray[np.number] | tf.Tensor
    ) -> NDArray[np.number] | tf.Tensor:
        import tensorflow as tf

        metric = self._metric
        indexed = type(metric).__name__ in _INDEXED or getattr(metric, "sparse_y_true", False)
        indexed = indexed or _function_of(metric).startswith("sparse_")
        if tuple(outputs.shape) == (*labels.shape, 1) and _is_kerass(metric):
            return labels[..., None]
        classes = len(labels.shape) == 1 and tf.as_dtype(labels.dtype).is_integer  # not targets
        one_hot = self._classes and classes and not indexed
        return tf.one_hot(labels, self._classes) if one_hot else labels


def _function_of(metric: object) -> str:
    return str(getattr(getattr(metric, "_fn", None), "__name__", ""))


def _copied(metric: object) -> keras.metrics.Metric:
    """Return a metric of Keras's own anew: one may be measured by several threads."""
    import keras

    assert isinstance(metric, keras.metrics.Metric)
    if not _is_kerass(metric):
        return metric
    copy: keras.metrics.Metric = type(metric).from_config(metric.get_config())
    return copy
