"""How a network's weights are moved: a Keras optimiser, stated as a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from hw4 import checks
from hw4.data.dataset import first_line
from hw4.networks import privates

if TYPE_CHECKING:
    import keras

    LearningRate: TypeAlias = float | keras.optimizers.schedules.LearningRateSchedule

Options: TypeAlias = "Mapping[str, object] | tuple[tuple[str, object], ...]"

# Options for which `fit` does more than the optimiser's step.
_NO_RULE = ("use_ema", "gradient_accumulation_steps", "loss_scale_factor")
_NO_KINDS = ("LossScaleOptimizer", "MultiOptimizer", "ScheduleFreeAdamW")  # nor these
_INSTEAD = "a claim that asks for `seed` and calls fit itself"


@dataclass(frozen=True)
class Schedule:
    """A learning rate that falls or rises by the step; equal if it computes the same.

    Attributes:
        text: its class and options, or a hash of what it computes.
        value: itself.
    """

    text: str
    value: keras.optimizers.schedules.LearningRateSchedule = field(compare=False, repr=False)

    def __str__(self) -> str:
        return type(self.value).__name__


@dataclass(frozen=True)
class Optimiser:
    """A Keras optimiser by name, with inverse-time decay of its learning rate.

    The rate at step t (from 0) is learning_rate / (1 + decay · t), as in
    `keras.optimizers.schedules.InverseTimeDecay` with `decay_steps=1`. Rate and decay are run-time
    numbers: recipes that differ only there share one compiled program.

    Attributes:
        name: of a class in `keras.optimizers`.
        learning_rate: a number, or a schedule of `keras.optimizers.schedules` (then 1).
        decay: how fast the number falls.
        options: of the class, such as `{"momentum": 0.9, "clipnorm": 1.0}`.
        schedule: what `learning_rate` was, if no number.
    """

    name: str
    learning_rate: LearningRate
    decay: float = 0.0
    options: Options = ()
    schedule: Schedule | None = None

    def __post_init__(self) -> None:
        """Refuse a rate that no descent has, whichever way it is stated.

        Raises:
            ValueError: one sentence that names the number.
        """
        if isinstance(self.options, Mapping):
            object.__setattr__(self, "options", tuple(self.options.items()))
        if callable(self.learning_rate):
            object.__setattr__(self, "schedule", schedule_of(self.learning_rate))
            object.__setattr__(self, "learning_rate", 1.0)
            if self.decay:
                raise ValueError(f"got decay {self.decay} with a schedule: expected one of them")
        checks.number("got learning rate ", self.learning_rate, lambda r: r > 0, "a number above 0")
        checks.number("got decay ", self.decay, lambda d: d >= 0, "a number of at least 0")

    @property
    def parts(self) -> tuple[object, ...]:
        """What a run's key contains."""
        own = (self.name, self.learning_rate, self.decay, self.options)
        return own if self.schedule is None else (*own, self.schedule.text)

    def build(self) -> keras.optimizers.Optimizer:
        """Return a new Keras optimiser with a constant learning rate; a schedule is the engine's.

        Raises:
            ValueError: Keras has no optimiser of this name, or it does not take the options, or
                one asks for more than a rule for the step.
        """
        import keras

        kind = getattr(keras.optimizers, self.name, None)
        if not (isinstance(kind, type) and issubclass(kind, keras.optimizers.Optimizer)):
            raise ValueError(
                f"unknown optimiser {self.name!r}: expected the name of a class in keras.optimizers"
            )
        if self.name in _NO_KINDS:
            raise ValueError(
                f"optimiser {self.name!r} is more than a rule for the step: expected another, or "
                f"{_INSTEAD}"
            )
        unknown = [name for name, value in dict(self.options).items() if name in _NO_RULE and value]
        if unknown:
            raise ValueError(
                f"optimiser {self.name!r} got {unknown[0]}, which hw4 does not train with: "
                f"expected it without, or {_INSTEAD}"
            )
        try:
            return kind(self.learning_rate, **dict(self.options))
        except (TypeError, ValueError) as error:
            reason = first_line(error)
            raise ValueError(f"optimiser {self.name!r} cannot be built: {reason}") from None

    def __str__(self) -> str:
        numbers = [str(self.schedule or f"{self.learning_rate:g}")]
        numbers += [f"decay={self.decay:g}"] if self.decay else []
        for key, value in dict(self.options).items():
            numbers.append(f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}")
        return f"{self.name}({', '.join(numbers)})"


def schedule_of(given: object) -> Schedule:
    """Return a schedule of Keras's or of the user's own, which a hash of its graph identifies.

    Raises:
        ValueError: it is no schedule, or reads what can change outside.
    """
    import keras
    import tensorflow as tf

    if not isinstance(given, keras.optimizers.schedules.LearningRateSchedule):
        raise ValueError(
            f"got a learning rate of type {type(given).__name__}: expected a number, or a schedule "
            "of keras.optimizers.schedules"
        )
    if type(given).__module__.startswith("keras."):
        config = {**given.get_config(), "name": ""}
        return Schedule(f"{type(given).__name__} {json.dumps(config, sort_keys=True)}", given)
    from hw4.networks.canonical import canonical

    step = tf.TensorSpec((), tf.int64)
    try:
        found = canonical(tf.function(given, autograph=False).get_concrete_function(step))
    except Exception as error:  # whatever a schedule of the user's own raises
        raise ValueError(
            f"schedule {type(given).__name__} cannot be traced ({first_line(error)}): expected "
            f"operations of keras.ops, or {_INSTEAD}"
        ) from None
    if found.unseen:
        raise ValueError(f"schedule {type(given).__name__} cannot be used: {found.unseen}")
    return Schedule(f"{type(given).__name__} {found.digest}", given)


def stated(given: object) -> Optimiser:
    """Return what `train` was given as an `Optimiser`: a name or an object of Keras's too.

    Raises:
        TypeError: it is no optimiser.
        ValueError: it has more than a rule for the step and its options.
    """
    if isinstance(given, Optimiser):
        return given
    refused = TypeError(
        f"train got an optimiser of type {type(given).__name__}: "
        "expected sgd(…), adam(…), an Optimiser or one of keras.optimizers"
    )
    if not isinstance(given, str) and not privates.is_derived_from_keras(given):
        raise refused
    import keras

    if isinstance(given, str):
        try:
            given = keras.optimizers.get(given)
        except ValueError as error:
            raise ValueError(f"unknown optimiser {given!r}: {first_line(error)}") from None
    if not isinstance(given, keras.optimizers.Optimizer):
        raise refused
    return _of_keras(given)


def _of_keras(given: keras.optimizers.Optimizer) -> Optimiser:
    kind = type(given)
    if not kind.__module__.startswith("keras."):
        raise ValueError(
            f"optimiser {kind.__name__} is of your own class, whose rule hw4 cannot take: expected "
            f"one of keras.optimizers, or {_INSTEAD}"
        )
    if given.built and int(given.iterations) > 0:
        raise ValueError(
            f"optimiser {kind.__name__} has taken {int(given.iterations)} steps, which no seed "
            "would begin with: expected a new one"
        )
    if privates.has_exceptions(given):
        raise ValueError(
            f"optimiser {kind.__name__} excludes variables from weight decay, which hw4 does not: "
            f"expected none, or {_INSTEAD}"
        )
    if kind.__name__ in _NO_KINDS:
        Optimiser(kind.__name__, 1.0).build()  # which refuses it
    rate, config = privates.rate_and_options(given)
    usual = kind().get_config()
    options = {
        name: value
        for name, value in config.items()
        if name not in ("name", "learning_rate") and value != usual[name]
    }
    number = (
        None if callable(rate) else float(str(np.asarray(rate, np.float32)))
    )  # 0.1, not 0.10000000149
    return Optimiser(kind.__name__, rate if number is None else number, 0.0, options)


def sgd(learning_rate: LearningRate, *, momentum: float = 0.0, decay: float = 0.0) -> Optimiser:
    """Return stochastic gradient descent, with heavy-ball momentum if `momentum` is above 0.

    Raises:
        ValueError: a number that no descent has.
    """
    momentum = checks.number("sgd: got momentum=", momentum, lambda m: 0 <= m <= 1, "one in [0, 1]")
    options = (("momentum", momentum),) if momentum else ()
    return Optimiser("SGD", _rate(learning_rate), _float(decay), options)


def adam(learning_rate: LearningRate, *, decay: float = 0.0, epsilon: float = 1e-7) -> Optimiser:
    """Return Adam with Keras's moment decays 0.9 and 0.999.

    Raises:
        ValueError: a number that no descent has.
    """
    epsilon = checks.number(
        "adam: got epsilon=", epsilon, lambda e: e >= 0, "a number of at least 0"
    )
    return Optimiser("Adam", _rate(learning_rate), _float(decay), (("epsilon", epsilon),))


def _rate(given: LearningRate) -> LearningRate:
    return given if callable(given) else _float(given)


def _float(given: float) -> float:
    """Return a number as a float; `Optimiser` refuses whatever else it is."""
    return float(given) if checks.is_number(given) else given
