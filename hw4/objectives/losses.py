"""What a network is trained with: any loss of Keras's, on labels in the form that it takes."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hw4 import checks
from hw4.data import Dataset
from hw4.data.dataset import first_line
from hw4.networks import privates

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Shape: TypeAlias = "tuple[int | None, ...]"

_SPARSE = "sparse_categorical_crossentropy"
_GENERALIZED = "categorical_generalized_cross_entropy"
_INDEXED = (_SPARSE, _GENERALIZED, "circle")  # they take labels, not one-hot vectors
_FREE = "circle"  # its outputs are no forecast of the labels
_ALIGNED = "ctc"  # its outputs, of each step, are more than the labels
BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
_SIGNED = ("hinge", "squared_hinge")  # outputs below 0 are forecasts of the first class
_CATEGORICAL = (
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    _GENERALIZED,
)
SOFTMAX = (_SPARSE, *_CATEGORICAL[:2])  # losses whose outputs may be logits of classes
_NO_NUMBER = (None, "none")  # reductions that leave a vector


@dataclass(frozen=True)
class Said:
    """What `train` was given as a loss or a metric; equal if it reads the same.

    Attributes:
        text: its class with the options that differ from its defaults, or its name.
        value: itself.
    """

    text: str
    value: object = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.text


def said(given: object) -> Said:
    """Return what the user gave with its text: `Huber(delta=2.0)`."""
    if isinstance(given, str):
        return Said(given, given)
    kind = given if isinstance(given, type) else type(given)
    config = getattr(given, "get_config", None)
    if isinstance(given, type) or config is None:
        return Said(getattr(given, "__name__", kind.__name__), given)
    try:
        usual, own = kind().get_config(), config()
    except Exception:  # it cannot be built without options, or tells none
        usual, own = {}, config() if kind.__module__.startswith("keras.") else {}
    shown = [
        f"{name}={value!r}"
        for name, value in own.items()
        if name not in ("name", "fn") and (name not in usual or usual[name] != value)
    ]
    return Said(f"{kind.__name__}({', '.join(shown)})", given)


@dataclass(frozen=True)
class Loss:
    """The cross-entropy of an image, computed by a function of Keras: the engine's own loss.

    Attributes:
        function: (labels, outputs (images, classes)) → (images,).
        options: its further arguments.
        one_hot: whether its labels are (images, classes) rather than indices.
    """

    function: Callable[..., tf.Tensor]
    options: Mapping[str, object]
    one_hot: bool

    def __call__(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """Return the loss of every image, (images,), for labels (images,)."""
        import tensorflow as tf

        if self.options["from_logits"]:  # Keras would take the logits that made them, if any
            outputs = tf.identity(outputs)
        targets = tf.one_hot(labels, outputs.shape[-1]) if self.one_hot else labels
        return self.function(targets, outputs, **self.options)

    def total(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """Return what a step descends: the mean over its images."""
        import tensorflow as tf

        return tf.reduce_mean(self(labels, outputs))

    measured = total

    def chosen(self, outputs: NDArray[np.number]) -> NDArray[np.number]:
        """Return the class that is told of every image, (images,)."""
        return np.asarray(outputs.argmax(-1))

    def hits(self, labels: NDArray[np.number], outputs: NDArray[np.number]) -> NDArray[np.float64]:
        """Return whether every image's class is told, (images,)."""
        return np.asarray(self.chosen(outputs) == labels, np.float64)


@dataclass(frozen=True)
class Objective:
    """Any other loss: a `keras.losses.Loss`, called as `fit` and `evaluate` call it.

    Attributes:
        loss: of Keras's kind; it reduces a batch to one number itself.
        classes: how many a label may be, where labels are made one-hot; 0 where they stay.
        weights: of each class, in training; () if all are 1.
    """

    loss: keras.losses.Loss
    classes: int
    weights: tuple[float, ...]

    @property
    def alone(self) -> bool:
        """Whether seeds train one by one: it branches, which stacked seeds do into all branches."""
        return kind_of(self.loss) in _SIGNED

    def total(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """Return what a step descends, with classes weighted as `fit(class_weight=…)` does."""
        import tensorflow as tf

        weights = tf.gather(tf.constant(self.weights), labels) if self.weights else None
        return self._call(labels, outputs, weights)

    def measured(self, labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """Return the loss of a whole set as one batch, unweighted, as `evaluate` does."""
        return self._call(labels, outputs, None)

    def hits(self, labels: NDArray[np.number], outputs: NDArray[np.number]) -> NDArray[np.float64]:
        """Return how much of every target is met, (images,): a share, NaN for numbers."""
        kind = kind_of(self.loss)
        if labels.ndim == 1 and labels.dtype.kind in "iu" and kind != _FREE:
            return np.asarray(self.chosen(outputs) == labels, np.float64)
        if kind == _SPARSE:
            right = outputs.argmax(-1) == labels.reshape(outputs.shape[:-1])
        elif kind in _CATEGORICAL:
            right = outputs.argmax(-1) == labels.argmax(-1)
        elif kind in BINARY:
            right = (outputs > self._threshold(kind)) == (labels.reshape(outputs.shape) > 0.5)
        else:
            return np.full(len(labels), np.nan)
        return np.asarray(right.reshape(len(labels), -1).mean(axis=1), np.float64)

    def chosen(self, outputs: NDArray[np.number]) -> NDArray[np.number]:
        """Return the class that is told of every image, (images,)."""
        if math.prod(outputs.shape[1:]) > 1:
            return np.asarray(outputs.argmax(-1))
        return np.asarray(outputs.reshape(-1) > self._threshold(kind_of(self.loss)))

    def _threshold(self, kind: str) -> float:
        below_zero = kind in _SIGNED or options_of(self.loss).get("from_logits", False)
        return 0.0 if below_zero else 0.5

    def _call(self, labels: tf.Tensor, outputs: tf.Tensor, weights: tf.Tensor | None) -> tf.Tensor:
        """Return the loss of a batch.

        Raises:
            ValueError: it fails, or gives no number, which a loss of the user's own may.
        """
        import tensorflow as tf

        try:
            found = self.loss(self._targets(labels), outputs, sample_weight=weights)
        except Exception as error:  # of any library
            raise ValueError(
                f"loss {self.loss.name!r} cannot be computed of labels of shape {labels.shape} and "
                f"outputs of shape {outputs.shape}: expected another ({first_line(error)})"
            ) from None
        if found.shape.rank:
            raise ValueError(
                f"loss {self.loss.name!r} gives an array of shape {found.shape}: expected a number"
            )
        return tf.cast(found, tf.float32)

    def _targets(self, labels: tf.Tensor) -> tf.Tensor:
        import tensorflow as tf

        return tf.one_hot(labels, self.classes) if self.classes else labels


def kind_of(loss: keras.losses.Loss) -> str:
    """Return the name of the function of Keras's that a loss computes; "" for the user's own."""
    function = getattr(loss, "fn", None)
    modules = (type(loss).__module__, getattr(function, "__module__", ""))
    keras = all(module.startswith("keras.") for module in modules)
    return str(getattr(function, "__name__", "")) if keras else ""


def options_of(loss: keras.losses.Loss) -> dict[str, object]:
    """Return the options with which a loss calls its function."""
    return dict(getattr(loss, "_fn_kwargs", {}))


def resolved(given: object, from_logits: bool | None = None) -> keras.losses.Loss:
    """Return a loss as an object.

    Args:
        given: a `keras.losses.Loss`, a class of them, a function, or a name.
        from_logits: what a name or a function is told, if anything.

    Raises:
        ValueError: Keras knows no such loss, or it gives no number.
    """
    import keras

    try:
        loss = keras.losses.get(given)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"train got loss={given!r}: expected a loss of keras.losses or its name "
            f"({first_line(error)})"
        ) from None
    if not isinstance(loss, keras.losses.Loss):
        if not callable(loss):
            raise ValueError(f"train got loss={given!r}: expected a loss of keras.losses")
        takes = "from_logits" in inspect.signature(loss).parameters
        told = {"from_logits": bool(from_logits)} if takes else {}
        loss = privates.loss_of_function(loss, **told)
    if loss.reduction in _NO_NUMBER:
        raise ValueError(
            f"loss {loss.name!r} has reduction={loss.reduction!r}, which gives a number for each "
            "image: expected 'sum_over_batch_size', 'sum' or 'mean_with_sample_weight'"
        )
    return loss


def plain(loss: keras.losses.Loss) -> Loss | None:
    """Return a loss as the engine's own, which all seeds share best; None if it is another."""
    kind, options = kind_of(loss), options_of(loss)
    known = {_SPARSE: False, _CATEGORICAL[0]: True, _CATEGORICAL[1]: True}
    means = loss.reduction in ("sum_over_batch_size", "mean") and loss.dtype == "float32"
    usual = options.get("ignore_class") is None and options.get("axis", -1) == -1
    if kind not in known or not means or not usual:
        return None
    return Loss(loss.fn, {"from_logits": False} | options, known[kind])


def same(first: keras.losses.Loss, second: keras.losses.Loss) -> bool:
    """Return whether two losses compute the same, as far as Keras's own tell."""
    if kind_of(first) and kind_of(second):
        parts = [(kind_of(each), options_of(each), each.reduction) for each in (first, second)]
        return parts[0] == parts[1] and first.dtype == second.dtype
    return first is second or getattr(first, "fn", first) is getattr(second, "fn", second)


def objective(
    loss: keras.losses.Loss, model: keras.Model, dataset: Dataset, weights: tuple[float, ...]
) -> Objective:
    """Return a loss with labels in the form that it takes for a model's outputs.

    Classes are made one-hot for a loss of Keras's that takes no indices, unless there is one output
    for two of them.
    """
    kind, outputs = kind_of(loss), tuple(model.output_shape)
    one_hot = bool(kind) and kind not in _INDEXED and outputs[1:] != (1,)
    classes = len(dataset.classes) if one_hot and dataset.target_shape is None else 0
    return Objective(loss, classes, weights)


def check_shapes(model: keras.Model, dataset: Dataset, loss: keras.losses.Loss | None) -> None:
    """Refuse outputs that do not fit the labels: Keras would spread one over the other.

    Raises:
        ValueError: one sentence that says what was expected.
    """
    made, classes = tuple(model.output_shape), len(dataset.classes)
    if loss is None and dataset.target_shape is not None:
        raise ValueError(
            f"data set {dataset.name!r} has targets, not classes: expected train(…, loss=…)"
        )
    kind = kind_of(loss) if loss else _SPARSE
    if loss and not kind:  # the user's own takes what it takes
        return
    if dataset.target_shape is not None:
        _check_targets(model, dataset, kind)
        return
    pair = classes == 2 and kind not in (_SPARSE, *_CATEGORICAL)
    if made == (None, classes) or (pair and made == (None, 1)) or kind == "circle":
        return
    hint = f", or {(None, 1)}" if pair else ""
    if made == (None, 1) and classes == 2 and loss is None:
        hint = ", or train(…, loss='binary_crossentropy') for one output"
    raise ValueError(
        f"model {model.name!r} maps {tuple(model.input_shape)} to {made}: "
        f"expected {(None, *dataset.image_shape)} to {(None, classes)}{hint}"
    )


def _check_targets(model: keras.Model, dataset: Dataset, kind: str) -> None:
    made, wanted = tuple(model.output_shape[1:]), tuple(dataset.target_shape or ())
    if kind == _FREE:
        return
    if kind == _ALIGNED and len(made) == 2 and len(wanted) == 1:
        return
    if kind == _ALIGNED:
        found, expected = made, f"{('…', 'steps', 'classes')}"
    elif kind == _SPARSE:
        found, expected = made[:-1], f"{('…', *wanted, 'classes')}"
    else:
        found, expected = made, f"{(None, *(wanted or (1,)))}"
    if found == wanted or (*found, 1) == wanted or found == (*wanted, 1):
        return
    raise ValueError(
        f"model {model.name!r} has outputs of shape {(None, *made)} for targets of shape "
        f"{(None, *wanted)}: expected {expected}"
    )


def weights_of(given: Mapping[int | str, float] | None, dataset: Dataset) -> tuple[float, ...]:
    """Return the weight of each class, by its index or name; those not named weigh 1.

    Raises:
        ValueError: a class that the data set has not, or a weight that none can have.
    """
    if not given:
        return ()
    if dataset.target_shape is not None:
        raise ValueError(
            f"train got class_weight={dict(given)!r} for {dataset.name!r}, whose targets are no "
            "classes: expected none"
        )
    places: dict[int | str, int] = {name: index for index, name in enumerate(dataset.classes)}
    places |= {index: index for index in range(len(dataset.classes))}
    weights = [1.0] * len(dataset.classes)
    for key, value in given.items():
        if key not in places:
            raise ValueError(
                f"train got class_weight for {key!r}: expected an index below "
                f"{len(dataset.classes)} or one of {', '.join(map(repr, dataset.classes))}"
            )
        if not checks.is_number(value) or not math.isfinite(value) or value < 0:
            raise ValueError(
                f"train got class_weight={value!r} for {key!r}: expected a number of at least 0"
            )
        weights[places[key]] = float(value)
    return tuple(weights)
