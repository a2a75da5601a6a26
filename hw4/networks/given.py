"""Everything that a user's `keras.Model` has besides its layers: used, or refused in one sentence.

Otherwise overridden methods of `fit` and the arguments of `compile` would be ignored silently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hw4.networks import privates
from hw4.networks.models import ImageShape
from hw4.networks.seen import Draw

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

OWN_METHODS = (  # of `fit` and `evaluate`; the engine calls `call` and `losses`
    "__call__",
    "_compute_loss",
    "compile",
    "compute_loss",
    "compute_metrics",
    "evaluate",
    "fit",
    "get_metrics_result",
    "make_test_function",
    "make_train_function",
    "metrics",
    "reset_metrics",
    "stateless_compute_loss",
    "test_on_batch",
    "test_step",
    "train_on_batch",
    "train_step",
)

_DEFAULTS = {"loss_weights": None, "run_eagerly": False, "steps_per_execution": 1}
_DEFAULTS |= {"jit_compile": False, "weighted_metrics": None}
_INSTEAD = {
    "optimizer": "train(model, adam(…), …), and compile or load_model without one",
    "loss": "sparse or categorical cross-entropy, or a claim that calls fit for each of `seeds`",
    "metrics": "metrics=['accuracy'] or none, and runs.test_accuracy in the claim",
}
_OTHERWISE = "compile without it, or a claim that calls fit for each of `seeds`"
_ACCURACY = ("accuracy", "acc", "sparse_categorical_accuracy", "categorical_accuracy")
_DRAWS, _IMAGES = 4, 8  # of weights, and of images for each: to find out what the outputs are


@dataclass(frozen=True)
class Loss:
    """The cross-entropy of an image, computed by a function of Keras.

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


def cross_entropy(from_logits: bool) -> Loss:
    """Return the loss of a model that does not state one."""
    import keras

    options = {"from_logits": from_logits}
    return Loss(keras.losses.sparse_categorical_crossentropy, options, one_hot=False)


def check(model: keras.Model) -> None:
    """Refuse everything that the engine would ignore.

    Raises:
        ValueError: one sentence that names it and says what to do.
    """
    for name in OWN_METHODS:
        owner = next(kind for kind in type(model).__mro__ if name in vars(kind))
        if name in vars(model) or not owner.__module__.startswith("keras."):
            raise ValueError(
                f"model {model.name!r} has its own {name}, which hw4 does not call: expected none, "
                "or a claim that calls fit for each of `seeds`"
            )
    if model.dtype_policy.name == "mixed_float16":
        raise ValueError(
            f"model {model.name!r} computes in float16, for which fit scales the loss and hw4 does "
            "not: expected float32 or mixed_bfloat16"
        )
    if privates.is_distributed(model):
        raise ValueError(
            f"model {model.name!r} is built for tf.distribute, which hw4 does not use: expected it "
            "built outside of a strategy"
        )
    if model.compiled:
        _check_compiled(model)


def _check_compiled(model: keras.Model) -> None:
    config = privates.compile_options(model)
    if not _is_default(config["optimizer"]):
        _refuse(model, "optimizer", type(config["optimizer"]).__name__)
    for name, default in _DEFAULTS.items():
        if config[name] != default:
            _refuse(model, name, config[name])
    if model.run_eagerly:  # set after compile
        _refuse(model, "run_eagerly", True)
    metrics = config["metrics"] or []
    if not all(isinstance(metric, str) and metric in _ACCURACY for metric in _flat(metrics)):
        _refuse(model, "metrics", metrics)


def _is_default(optimizer: keras.optimizers.Optimizer) -> bool:
    """Return whether it is the default of `compile`."""
    import keras

    default = keras.optimizers.RMSprop()
    unnamed = [each.get_config() | {"name": ""} for each in (optimizer, default)]
    return type(optimizer) is type(default) and unnamed[0] == unnamed[1]


def _refuse(model: keras.Model, argument: str, value: object) -> None:
    raise ValueError(
        f"model {model.name!r} is compiled with {argument}={value!r}, which hw4 does not use: "
        f"expected {_INSTEAD.get(argument, _OTHERWISE)}"
    )


def _flat(value: object) -> list[object]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [leaf for each in value for leaf in _flat(each)]
    return [value]


def compiled_loss(model: keras.Model) -> Loss | None:
    """Return the loss that a model is compiled with; None if there is none.

    Raises:
        ValueError: it is not a cross-entropy with one class for each image.
    """
    import keras

    given = _flat(model.loss) if model.compiled and model.loss is not None else []
    if not given:
        return None
    loss = keras.losses.get(given[0])
    function, options = getattr(loss, "fn", loss), dict(getattr(loss, "_fn_kwargs", {}))
    means = getattr(loss, "reduction", "mean") in ("sum_over_batch_size", "mean")
    known = {
        keras.losses.sparse_categorical_crossentropy: False,
        keras.losses.categorical_crossentropy: True,
        keras.losses.categorical_focal_crossentropy: True,
    }
    plain = options.get("ignore_class") is None and options.get("axis", -1) == -1
    if len(given) > 1 or function not in known or not means or not plain:
        _refuse(model, "loss", getattr(loss, "name", getattr(loss, "__name__", loss)))
    return Loss(function, {"from_logits": False} | options, known[function])


def loss_of(
    model: keras.Model, draw: Draw, image_shape: ImageShape, from_logits: bool | None
) -> Loss:
    """Return the loss that a network of the user's own is trained with.

    Args:
        model: as the user gave it.
        draw: of its variables.
        image_shape: of its input.
        from_logits: whether the user says that its outputs are logits; None if not said.

    Raises:
        ValueError: the user's statement contradicts the outputs, or the outputs are ambiguous.
    """
    compiled = compiled_loss(model)
    said = from_logits
    if compiled is not None:
        said = bool(compiled.options["from_logits"])
        if from_logits not in (None, said):
            raise ValueError(
                f"train got from_logits={from_logits}, but model {model.name!r} is compiled with "
                f"from_logits={said}: expected the same"
            )
    seen = outputs_are_logits(model, draw, image_shape)
    if said is None and seen is None:
        raise ValueError(
            f"model {model.name!r} has outputs that are not negative and do not sum to 1: "
            "expected train(…, from_logits=True), or False if they are probabilities"
        )
    if None not in (said, seen) and said != seen:
        kind = "logits, below 0 or not summing to 1" if seen else "probabilities"
        raise ValueError(
            f"model {model.name!r} is said to have from_logits={said}, but its outputs are {kind}: "
            f"expected from_logits={seen}"
        )
    return compiled or cross_entropy(bool(seen if said is None else said))


def outputs_are_logits(model: keras.Model, draw: Draw, image_shape: ImageShape) -> bool | None:
    """Return whether outputs are logits (some are negative) or not (probabilities), or None.

    Probabilities are never negative and sum to 1 for every draw of weights and images. The weights
    are those of a seed, and the same with noise added, because a seed's may all be zero.
    """
    rng = np.random.default_rng(0)
    negative, sums = [], []
    for seed in range(_DRAWS):
        trainable, fixed = draw(seed)
        noise = 0.3 * (seed % 2)
        noisy = [
            value + (noise * rng.normal(size=value.shape)).astype(value.dtype)
            for value in trainable
        ]
        images = rng.random((_IMAGES, *image_shape), np.float32)
        outputs, _ = model.stateless_call(noisy, fixed, images, training=False)
        outputs = np.asarray(outputs, np.float64)
        if np.isfinite(outputs).all():
            negative.append((outputs < 0).any())
            sums.append(outputs.sum(axis=-1))
    if any(negative):
        return True
    whole = bool(sums) and np.allclose(sums, 1, rtol=0, atol=0.01)  # of half precision too
    return False if whole else None
