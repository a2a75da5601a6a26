"""A traced function that XLA compiles as a whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ParamSpec, TypeVar

import tensorflow as tf

P = ParamSpec("P")
R = TypeVar("R")


def by_xla(function: Callable[P, R], *, tracing: AbstractContextManager[object]) -> Callable[P, R]:
    """Return a function of tensors, nested as it takes them, that XLA compiles as a whole.

    Args:
        function: what is to be traced, once for all shapes that it is called with.
        tracing: a lock that all functions of a Keras model share, as for `in_thread`.
    """
    compiled: Callable[P, R] = tf.function(function, jit_compile=True, autograph=False)
    known = set()

    def call(*arguments: P.args, **named: P.kwargs) -> R:
        shapes = tuple(tuple(tensor.shape) for tensor in tf.nest.flatten((arguments, named)))
        if shapes in known:
            return compiled(*arguments, **named)
        with tracing:  # of two lanes that need it first, one compiles it
            result = compiled(*arguments, **named)
            known.add(shapes)
            return result

    return call
