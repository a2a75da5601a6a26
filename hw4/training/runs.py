"""The results of training: arrays shaped (seeds, epochs)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hw4.seeds import Seeds

Curve = NDArray[np.float64]
"""(seeds, epochs): those after which the run was evaluated, as its recipe says."""

METRICS = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "penalty")
LAST = ("metric/predictions", "metric/targets")  # arrays of the last epoch alone
EVALUATED = 1024  # training images that are measured each epoch: their standard error is below .016


@dataclass(frozen=True)
class Runs:
    """The runs of one arm (one of the networks that a claim compares), one row for each seed.

    Every metric is measured at the end of an epoch in inference mode, on the whole test set and the
    first 1,024 images of the training set (`EVALUATED`). There is a column for each epoch that the
    recipe evaluates. A loss is only the data term, of the whole set as one batch; `penalty` is what
    the regularisers add to it. An accuracy is the share of right forecasts of classes, and NaN
    where targets are numbers.
    From the epoch in which a run diverges, its losses are +inf and its accuracies -inf. So a
    difference of arms ranks it below every finite one. Two diverged arms give NaN, which counts
    for neither.
    """

    seeds: NDArray[np.int64]  # (seeds,)
    train_loss: Curve
    train_accuracy: Curve
    test_loss: Curve
    test_accuracy: Curve
    penalty: Curve
    metrics: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """By name, as `test_auc` and `train_auc`: (seeds, epochs), with an axis for each of its values
    if a metric has several. They stay as measured where a run diverges."""
    probes: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """By name, (seeds, 2, …): before the first step and after the last; what is measured along the
    way is (seeds, epochs)."""

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """Whether each seed ended with a loss that is not finite, (seeds,)."""
        return np.asarray(np.isinf(self.train_loss[:, -1:]).any(axis=1))

    @property
    def gap(self) -> Curve:
        """Train accuracy − test accuracy, (seeds, epochs): what is memorised, not learned."""
        return self.train_accuracy - self.test_accuracy

    @property
    def stopped_epoch(self) -> NDArray[np.float64]:
        """The epoch after which early stopping ended each seed's training, (seeds,), from 1.

        Raises:
            ValueError: there was none.
        """
        if "stopped_epoch" not in self.metrics:
            raise ValueError(
                "these runs had no early stopping: expected train(…, early_stopping=…)"
            )
        return self.metrics["stopped_epoch"]

    @property
    def predictions(self) -> NDArray[np.float64]:
        """The outputs for each test image after the last epoch, (seeds, images, …).

        Raises:
            ValueError: they were not asked for.
        """
        return self._last("predictions")

    @property
    def targets(self) -> NDArray[np.float64]:
        """What `predictions` should have been: classes or targets, (seeds, images, …).

        Raises:
            ValueError: they were not asked for.
        """
        return self._last("targets")

    def _last(self, name: str) -> NDArray[np.float64]:
        if name not in self.metrics:
            raise ValueError(
                f"these runs have no {name}: expected train(…, metrics=['predictions'])"
            )
        return self.metrics[name]

    def row(self, index: int) -> dict[str, NDArray[np.float64]]:
        """Return one seed's arrays by name, metrics as `metric/NAME` and probes as `probe/NAME`."""
        arrays = {name: getattr(self, name)[index] for name in METRICS}
        arrays |= {f"metric/{name}": values[index] for name, values in self.metrics.items()}
        return arrays | {f"probe/{name}": values[index] for name, values in self.probes.items()}


def from_rows(seeds: Sequence[int], rows: Sequence[dict[str, NDArray[np.float64]]]) -> Runs:
    """Return the runs whose seeds have these arrays: the reverse of `Runs.row`."""
    stacked = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    parts = {
        part: {n.removeprefix(part): stacked.pop(n) for n in list(stacked) if n.startswith(part)}
        for part in ("metric/", "probe/")
    }
    metrics, probes = parts["metric/"], parts["probe/"]
    return Runs(np.asarray(seeds, np.int64).view(Seeds), **stacked, metrics=metrics, probes=probes)


def rank_divergence(history: dict[str, Curve]) -> dict[str, Curve]:
    """Return the metrics with every diverged epoch, and all after it, ranked below the finite.

    Args:
        history: the metrics as computed, each (seeds, epochs), NaN and inf where they diverged.
    """
    finite = np.ones_like(history["train_loss"], bool)
    for name in ("train_loss", "test_loss", "penalty"):
        finite &= np.isfinite(history[name])
    diverged = np.logical_or.accumulate(~finite, axis=1)
    worst = {"train_accuracy": -np.inf, "test_accuracy": -np.inf}
    return {
        name: np.where(diverged, worst.get(name, np.inf), values)
        for name, values in history.items()
    }
