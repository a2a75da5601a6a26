"""Everything that a user's `keras.Model` has besides its layers: used, or refused in one sentence.

Otherwise overridden methods of `fit` and the arguments of `compile` would be ignored silently.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from hw4.data import Dataset, Given
from hw4.networks import privates
from hw4.networks.seen import Draw
from hw4.objectives import losses
from hw4.objectives.losses import Loss, Objective, Said

if TYPE_CHECKING:
    import keras

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
    "loss": "one loss, or a claim that calls fit for each of `seeds`",
    "metrics": "metrics=['accuracy'] or none, and train(…, metrics=[…])",
}
_OTHERWISE = "compile without it, or a claim that calls fit for each of `seeds`"
_ACCURACY = ("accuracy", "acc", "sparse_categorical_accuracy", "categorical_accuracy")
_NEAR = {"callbacks": "early_stopping=early_stopping(…) or ", "sample_weight": "class_weight=… or "}
_NEAR |= dict.fromkeys(("x", "y", "validation_data"), "dataset=arrays(x, y) or ")
_DRAWS, _IMAGES = 4, 8  # of weights, and of images for each: to find out what the outputs are


class Asked(Protocol):
    """What a recipe says of the loss; see `Recipe` for the attributes."""

    @property
    def dataset(self) -> Dataset:
        """Whose labels it takes."""

    @property
    def from_logits(self) -> bool | None:
        """What the outputs are, where the user has said so."""

    @property
    def loss(self) -> Said | None:
        """What `train` was given."""

    @property
    def class_weight(self) -> tuple[float, ...]:
        """Of each class; () if all weigh the same."""


def cross_entropy(from_logits: bool) -> Loss:
    """Return the loss of a model that does not state one."""
    import keras

    options = {"from_logits": from_logits}
    return Loss(keras.losses.sparse_categorical_crossentropy, options, one_hot=False)


def needed(
    others: Mapping[str, object], optimiser: object, dataset: Given | None, epochs: int | None
) -> tuple[Given, int]:
    """Return the data set and the epochs that `train` was given.

    Args:
        others: arguments that are none of its own, as `fit`'s callbacks.
        optimiser: None, as each of the following, if it was not given.
        dataset: of any kind.
        epochs: of training.

    Raises:
        TypeError: there is one of the former, or none of the latter.
    """
    own = {"optimiser": optimiser, "dataset": dataset, "epochs": epochs}
    for name in others:
        close = difflib.get_close_matches(name, own, n=1, cutoff=0.7)
        hint = f"{close[0]} or " if close else _NEAR.get(name, "")
        raise TypeError(
            f"train got {name}, which is none of its arguments: expected {hint}a claim that asks "
            "for `seed` and calls fit itself"
        )
    missing = [name for name, value in own.items() if value is None]
    if dataset is None or epochs is None or missing:
        raise TypeError(
            f"train got no {' and no '.join(missing)}: "
            "expected train(model, optimiser, dataset, epochs=…)"
        )
    return dataset, epochs


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


def compiled_loss(model: keras.Model) -> keras.losses.Loss | None:
    """Return the loss that a model is compiled with; None if there is none.

    Raises:
        ValueError: there are several, or one that gives no number.
    """
    given = _flat(model.loss) if model.compiled and model.loss is not None else []
    if not given:
        return None
    if len(given) > 1:
        _refuse(model, "loss", given)
    return losses.resolved(given[0])


def loss_of(model: keras.Model, draw: Draw, asked: Asked) -> Loss | Objective:
    """Return the loss that a network of the user's own is trained with.

    Args:
        model: as the user gave it.
        draw: of its variables.
        asked: the recipe.

    Raises:
        ValueError: `train` and `compile` say different things, the loss does not fit the labels
            or the outputs, or the outputs are ambiguous.
    """
    loss = _stated(model, asked)
    losses.check_shapes(model, asked.dataset, loss)
    said = asked.from_logits if loss is None else losses.options_of(loss).get("from_logits")
    if loss is None or losses.kind_of(loss) in losses.SOFTMAX:
        said = _told(model, _outputs(model, draw, asked.dataset), said)
    elif losses.kind_of(loss) in losses.BINARY:
        _check_binary(model, _outputs(model, draw, asked.dataset), bool(said))
    if loss is None:
        loss = privates.loss_of_function(cross_entropy(False).function, from_logits=bool(said))
    usual = asked.dataset.target_shape is None and model.outputs[0].dtype == "float32"
    own = losses.plain(loss) if usual and not asked.class_weight else None
    return own or losses.objective(loss, model, asked.dataset, asked.class_weight)


def _stated(model: keras.Model, asked: Asked) -> keras.losses.Loss | None:
    """Return the loss that `train` or `compile` was given.

    Raises:
        ValueError: they say different things, of the loss or of its outputs.
    """
    compiled = compiled_loss(model)
    given = losses.resolved(asked.loss.value, asked.from_logits) if asked.loss else None
    if given is not None and compiled is not None and not losses.same(given, compiled):
        raise ValueError(
            f"train got loss {given.name!r}, but model {model.name!r} is compiled with "
            f"{compiled.name!r}: expected the same, or one of them"
        )
    loss = given or compiled
    if loss is None or asked.from_logits is None:
        return loss
    said = losses.options_of(loss).get("from_logits")
    if said is None:
        raise ValueError(
            f"train got from_logits={asked.from_logits} with loss {loss.name!r}, which does not "
            "ask for it: expected none"
        )
    if said != asked.from_logits:
        how = f"model {model.name!r} is compiled with" if compiled else f"loss {loss.name!r} has"
        raise ValueError(
            f"train got from_logits={asked.from_logits}, but {how} from_logits={said}: "
            "expected the same"
        )
    return loss


def _told(model: keras.Model, outputs: list[NDArray[np.float64]], said: object) -> bool:
    """Return whether outputs are logits: as their numbers show, or as the user says.

    Raises:
        ValueError: these contradict each other, or neither tells.
    """
    seen = are_logits(outputs)
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
    return bool(seen if said is None else said)


def _check_binary(model: keras.Model, outputs: list[NDArray[np.float64]], said: bool) -> None:
    """Refuse outputs that contradict what a binary loss was told."""
    inside = all(((each >= 0) & (each <= 1)).all() for each in outputs)
    if outputs and inside == said:
        kind = "between 0 and 1" if inside else "below 0 or above 1"
        raise ValueError(
            f"model {model.name!r} is said to have from_logits={said}, but its outputs are {kind}: "
            f"expected from_logits={not said}"
        )


def are_logits(outputs: list[NDArray[np.float64]]) -> bool | None:
    """Return whether outputs are logits (some are negative) or not (probabilities), or None.

    Probabilities are never negative and sum to 1 for every draw of weights and images.
    """
    if any((each < 0).any() for each in outputs):
        return True
    sums = [each.sum(axis=-1) for each in outputs]
    whole = bool(sums) and np.allclose(sums, 1, rtol=0, atol=0.01)  # of half precision too
    return False if whole else None


def _outputs(model: keras.Model, draw: Draw, dataset: Dataset) -> list[NDArray[np.float64]]:
    """Return a network's outputs for several draws of weights and images, those that are finite.

    The weights are those of a seed, and the same with noise added, because a seed's may all be 0.
    """
    rng = np.random.default_rng(0)
    found = []
    for seed in range(_DRAWS):
        trainable, fixed = draw(seed)
        noise = 0.3 * (seed % 2)
        noisy = [
            value + (noise * rng.normal(size=value.shape)).astype(value.dtype)
            for value in trainable
        ]
        images = rng.random((_IMAGES, *dataset.image_shape), np.float32)
        outputs, _ = model.stateless_call(noisy, fixed, images, training=False)
        outputs = np.asarray(outputs, np.float64)
        if np.isfinite(outputs).all():
            found.append(outputs)
    return found
