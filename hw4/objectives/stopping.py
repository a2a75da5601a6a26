"""Early stopping: a rule of the recipe by which each seed stops for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hw4 import checks
from hw4.objectives.metrics import Metric
from hw4.store.rows import Row

STOPPED = "metric/stopped_epoch"
"""In a row: the epoch after which a seed stopped, from 1; the last where it did not."""

_CURVES = ("train_loss", "test_loss", "penalty", "train_accuracy", "test_accuracy")
_HIGHER = ("accuracy", "acc", "auc", "recall", "precision", "score", "iou", "f1")
_LOWER = ("loss", "error", "penalty", "mse", "mae", "crossentropy")


@dataclass(frozen=True)
class EarlyStopping:
    """A seed stops after `patience` epochs in a row in which a metric was no better than its best.

    That is what `keras.callbacks.EarlyStopping` does with the test set as validation data.

    Attributes:
        metric: "test_loss", "test_accuracy", "train_loss", … or one of `train(…, metrics=[…])`.
        patience: epochs, at least 1.
        min_delta: a smaller gain is none.
        mode: whether lower or higher values are better; None: its name tells.
    """

    metric: str
    patience: int
    min_delta: float = 0.0
    mode: Literal["min", "max"] | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that no rule can have, and a metric whose name does not tell its mode.

        Raises:
            ValueError: one sentence that names it.
        """
        if not checks.is_whole(self.patience) or self.patience < 1:
            raise ValueError(
                f"early_stopping got patience={self.patience!r}: expected a whole number ≥ 1"
            )
        if not checks.is_number(self.min_delta) or not self.min_delta >= 0:
            raise ValueError(
                f"early_stopping got min_delta={self.min_delta!r}: expected a number ≥ 0"
            )
        if self.mode not in (None, "min", "max"):
            raise ValueError(f"early_stopping got mode={self.mode!r}: expected 'min' or 'max'")
        words = str(self.metric).lower()
        if self.mode is None:
            higher = any(word in words for word in _HIGHER)
            if higher == any(word in words for word in _LOWER):
                raise ValueError(
                    f"early_stopping got {self.metric!r}, whose name does not tell whether lower "
                    "is better: expected mode='min' or mode='max'"
                )
            object.__setattr__(self, "mode", "max" if higher else "min")
        object.__setattr__(self, "patience", int(self.patience))  # NumPy's has no JSON
        object.__setattr__(self, "min_delta", float(self.min_delta))

    def check(self, metrics: Sequence[Metric]) -> None:
        """Refuse a metric that is not measured after every epoch.

        Raises:
            ValueError: one sentence that names those that are.
        """
        known = [*_CURVES, *(column for metric in metrics for column in metric.columns)]
        if self.metric not in known:
            raise ValueError(
                f"early_stopping got {self.metric!r}: expected one of {', '.join(known)}"
            )

    def __str__(self) -> str:
        return f"stops after {self.patience} without a better {self.metric}"


def check_rule(given: object) -> None:
    """Refuse what is no rule of early stopping.

    Raises:
        TypeError: it is neither one nor None.
    """
    if not isinstance(given, EarlyStopping | None):
        raise TypeError(
            f"train got early_stopping={given!r}: expected hw4.early_stopping(…, patience=…)"
        )


def early_stopping(
    metric: str = "test_loss",
    *,
    patience: int,
    min_delta: float = 0.0,
    mode: Literal["min", "max"] | None = None,
) -> EarlyStopping:
    """Return the rule for `train(…, early_stopping=…)`; see `EarlyStopping`.

    Raises:
        ValueError: a number that no rule can have.
    """
    return EarlyStopping(metric, patience, min_delta, mode)


class Lanes:
    """Which seeds of a block have stopped.

    Args:
        rule: of the recipe.
        seeds: how many.
        epochs: how many an unstopped seed trains.
    """

    def __init__(self, rule: EarlyStopping, seeds: int, epochs: int) -> None:
        self._rule = rule
        self._sign = 1.0 if rule.mode == "min" else -1.0
        self._best: NDArray[np.float64] | None = None
        self._waited = np.zeros(seeds, int)
        self.epoch = np.full(seeds, epochs)  # after which each stopped
        self.stopped = np.zeros(seeds, bool)

    def keep(self, before: Sequence[object], after: Sequence[object]) -> list[NDArray[np.generic]]:
        """Return variables after an epoch, (seeds, …) each; stopped seeds' stay as they were."""
        return [
            np.where(self.stopped.reshape(-1, *[1] * (np.ndim(new) - 1)), old, new)
            for old, new in zip(map(np.asarray, before), map(np.asarray, after), strict=True)
        ]

    def hold(self, last: Row, measured: Row, still: str) -> Row:
        """Return what was measured after an epoch, (seeds, …); of stopped seeds, what was then.

        Args:
            last: what was measured after the epoch before.
            measured: after this one.
            still: the name of what is 0 where no weight moves.
        """
        then = {**last, still: np.zeros(self.stopped.size)}
        names = list(measured)
        values = self.keep([then[name] for name in names], [measured[name] for name in names])
        return {name: np.asarray(v, np.float64) for name, v in zip(names, values, strict=True)}

    def look(self, measured: Row, epoch: int) -> None:
        """Look at what was measured after an epoch, from 1, and stop seeds.

        Raises:
            ValueError: the metric has several values.
        """
        name = self._rule.metric
        values = measured[name if name in measured else f"metric/{name}"]
        if values.ndim > 1:
            raise ValueError(
                f"early_stopping got {name!r}, which has several values: expected one number"
            )
        values = self._sign * values
        if self._best is None:
            self._best = values
        better = (values < self._best - self._rule.min_delta) | (epoch == 1)
        self._best = np.where(better, values, self._best)
        self._waited = np.where(better, 0, self._waited + 1)
        now = ~self.stopped & (self._waited >= self._rule.patience) & (epoch > 1)
        self.epoch = np.where(now, epoch, self.epoch)
        self.stopped = self.stopped | now
