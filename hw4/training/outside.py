"""What is measured of a network's outputs outside of its graph, seed by seed."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hw4.networks.in_thread import in_thread
from hw4.networks.seen import LossOfImages
from hw4.objectives import metrics as measuring
from hw4.objectives.metrics import Metric
from hw4.objectives.outputs import restored
from hw4.store.rows import Row
from hw4.training.steps import Steps

Values = NDArray[np.float64]

Measured = tuple[Values, Values]
"""Losses and accuracies, (seeds,)."""


class Forecast(NamedTuple):
    """What networks say of images in inference mode, each (seeds, images, …)."""

    labels: NDArray[np.number]
    outputs: NDArray[np.number]
    logits: NDArray[np.number]

    def part(self, images: slice) -> Forecast:
        """Return that of some images."""
        return Forecast(*(values[:, images] for values in self))


class Outside:
    """Measures the forecasts of a program's networks, by its loss and by metrics.

    Args:
        steps: of the program.
        loss: that they train with.
        classes: how many a label may be.
        tracing: the program's lock.
    """

    def __init__(
        self,
        steps: Steps,
        loss: LossOfImages,
        classes: int,
        tracing: AbstractContextManager[object],
    ) -> None:
        self._steps, self._loss, self._classes, self._tracing = steps, loss, classes, tracing
        self._measure_loss = self._in_thread(loss.measured)
        self._making = threading.Lock()
        self._rules: dict[Metric, Callable[[Forecast], Values]] = {}

    def _in_thread(self, function: Callable[..., tf.Tensor]) -> Callable[..., NDArray[np.number]]:
        """Return a function of …, labels and outputs as one of …, labels, outputs and logits."""

        def traced(*arguments: tf.Tensor) -> tf.Tensor:
            *others, outputs, logits = arguments
            return function(*others, restored(outputs, logits, self._steps.last))

        return in_thread(traced, fused=False, tracing=self._tracing)

    def measured(self, forecast: Forecast) -> Measured:
        """Return the loss of every seed, as `evaluate` gives it for one batch, and the accuracy."""
        seeds = list(zip(*forecast, strict=True))
        losses = [self._measure_loss(*each) for each in seeds]
        hits = [self._loss.hits(labels, outputs).mean() for labels, outputs, _ in seeds]
        return np.asarray(losses, np.float64), np.asarray(hits, np.float64)

    def metrics(self, train: Forecast, test: Forecast, names: Sequence[Metric]) -> Row:
        """Return each metric's arrays by their names in a row, (seeds, …)."""
        row: Row = {}
        for metric in names:
            if metric.name == measuring.PREDICTIONS:
                arrays = [test.outputs, test.labels]
            else:
                rule = self._rule(metric, test)
                arrays = [np.stack([*map(rule, _seeds(part))]) for part in (test, train)]
            for column, values in zip(metric.columns, arrays, strict=True):
                row[f"metric/{column}"] = np.asarray(values, np.float64)
        return row

    def _rule(self, metric: Metric, forecast: Forecast) -> Callable[[Forecast], Values]:
        with self._making:  # of two lanes that need it first, one makes it
            if metric not in self._rules:
                own = functools.partial(self._by_recall, metric.name)
                kerass = metric.value is not None
                self._rules[metric] = self._of_keras(metric, forecast) if kerass else own
        return self._rules[metric]

    def _by_recall(self, name: str, forecast: Forecast) -> Values:
        chosen = self._loss.chosen(forecast.outputs)
        return measuring.own(name, measuring.recalls(forecast.labels, chosen, self._classes))

    def _of_keras(self, metric: Metric, forecast: Forecast) -> Callable[[Forecast], Values]:
        """Return a metric's function of one seed's forecast; one that cannot be traced runs as is.

        Raises:
            ValueError: the metric does not bear such outputs and labels.
        """
        rule = measuring.Rule(metric, self._classes)
        first = _seeds(forecast)[0]
        states = rule.prepared(first.labels, first.outputs)
        call = self._in_thread(rule)
        try:
            call(states, *first)
        except Exception:  # whatever TensorFlow raises over a metric of the user's own
            return functools.partial(self._at_once, rule)
        return lambda forecast: np.asarray(call(states, *forecast), np.float64)

    def _at_once(self, rule: measuring.Rule, forecast: Forecast) -> Values:
        with self._tracing:  # its state is one for all lanes
            return np.asarray(rule.at_once(forecast.labels, forecast.outputs), np.float64)


def _seeds(forecast: Forecast) -> list[Forecast]:
    return [Forecast(*each) for each in zip(*forecast, strict=True)]
