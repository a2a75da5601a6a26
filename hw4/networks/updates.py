"""An optimiser's step as a function of tensors: Keras's own rule, without variables of its own."""

from __future__ import annotations

import math
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hw4.networks import privates

Tensors = list[tf.Tensor]

Apply = Callable[[Tensors, Tensors, Tensors], tuple[Tensors, Tensors]]
"""The optimiser's variables, gradients, weights → weights and the optimiser's variables after."""

# Optimisers that treat every weight by itself, whichever variable and seed it belongs to.
_ELEMENTWISE = ("Adadelta", "Adagrad", "Adam", "Adamax", "Nadam", "RMSprop", "SGD")


class Update:
    """One step of a network's weights or, where `stacked`, of those of all seeds at once.

    A rule that treats every weight separately takes stacks unchanged; any other must be mapped over
    the seeds. Mapping rewrites every operation; Adam has some thirty a variable. So a deep
    network's tracing takes a fifth longer.

    Args:
        optimiser: a Keras optimiser, not yet built.
        variables: one network's trainable variables.
        seeds: how many networks are stacked.
        plain: whether no weight has constraints and all have dense gradients. Only then does the
            rule take stacks.
        joined: whether to join them into one long vector if the step is not compiled: each separate
            TensorFlow operation takes microseconds, more than a small layer's arithmetic. The rule
            for the joined vector is compiled.
    """

    def __init__(
        self,
        optimiser: keras.optimizers.Optimizer,
        variables: list[keras.Variable],
        *,
        seeds: int,
        plain: bool,
        joined: bool = False,
    ) -> None:
        self._optimiser = privates.stateless(optimiser)
        self._shapes = [(seeds, *variable.shape) for variable in variables]
        self.stacked = plain and _is_elementwise(optimiser, variables)
        self._joined = joined and self.stacked
        self._seeds = seeds
        if self.stacked:
            length = sum(map(math.prod, self._shapes))
            shapes = [(length,)] if self._joined else self._shapes
            variables = [keras.Variable(np.zeros(shape, np.float32)) for shape in shapes]
        self._optimiser.build(variables)
        apply: Apply = self._optimiser.stateless_apply
        self._apply = (
            tf.function(apply, jit_compile=True, autograph=False) if self._joined else apply
        )
        self._rate = [v.name for v in self._optimiser.variables].index("learning_rate")

    def initial_slots(self) -> list[NDArray[np.generic]]:
        """Return the optimiser's variables of all seeds before the first step."""
        slots = [variable.numpy() for variable in self._optimiser.variables]
        return slots if self.stacked else [np.stack([slot] * self._seeds) for slot in slots]

    def __call__(
        self,
        slots: Tensors,
        gradients: Tensors,
        weights: Tensors,
        rate: tf.Tensor,
        decay: tf.Tensor,
    ) -> tuple[Tensors, Tensors]:
        """Return weights and slots after a step; its rate is rate / (1 + decay · steps before).

        Args:
            slots: as `initial_slots` gives them.
            gradients: one a variable, (seeds, *shape) where `stacked`, or else one seed's.
            weights: the same.
            rate: the learning rate of the first step.
            decay: how fast it falls.
        """
        slots = list(slots)
        slots[self._rate] = rate / (1.0 + decay * tf.cast(slots[0], tf.float32))
        if not self._joined:
            return self._apply(slots, gradients, weights)
        (vector,), slots = self._apply(slots, [_join(gradients)], [_join(weights)])
        return self._parted(vector), slots

    def _parted(self, vector: tf.Tensor) -> Tensors:
        parts = tf.split(vector, list(map(math.prod, self._shapes)))
        return [tf.reshape(part, shape) for part, shape in zip(parts, self._shapes, strict=True)]


def _join(tensors: Tensors) -> tf.Tensor:
    return tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], 0)


def _is_elementwise(optimiser: keras.optimizers.Optimizer, variables: list[keras.Variable]) -> bool:
    known = any(type(optimiser) is getattr(keras.optimizers, name) for name in _ELEMENTWISE)
    norms = (optimiser.clipnorm, optimiser.global_clipnorm, optimiser.weight_decay)
    return known and norms == (None, None, None) and {v.dtype for v in variables} == {"float32"}
