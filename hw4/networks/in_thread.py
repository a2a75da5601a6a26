"""A traced function that runs only in the thread that calls it.

TensorFlow splits an operation into one piece for each core, for a thread pool that the whole
process shares. In a small network, handing the pieces over takes longer than computing them, and
parallel lanes fill the cores anyway. TensorFlow sizes its thread pool once per process, which also
runs the user's own code. But a session has its own device, and this one gets no threads. So no sum
of a convolution depends on the number of cores either.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ParamSpec, TypeVar

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hw4.networks import device, privates

P = ParamSpec("P")
R = TypeVar("R")

Arrays = list[NDArray[np.generic]]

device.share_memory()


def in_thread(
    function: Callable[P, R], *, fused: bool, tracing: AbstractContextManager[object]
) -> Callable[P, R]:
    """Return the function of tensors as one of arrays, for any number of threads to call at once.

    Args:
        function: what is to be traced, once for all shapes that it is called with; it must hold no
            `tf.Variable`.
        fused: whether XLA fuses clusters of its operations.
        tracing: a lock that all functions of a Keras model share: its layers keep their losses in
            themselves while they are traced.

    Returns:
        A function that takes arrays or tensors, nested as `function` takes them, and returns
        arrays, nested as `function` returns tensors. It raises TypeError where there is a variable.
    """
    prepared: dict[tuple[tuple[int, ...], ...], Callable[[Arrays], R]] = {}

    def call(*arguments: P.args, **named: P.kwargs) -> R:
        given = arguments, named
        values = [np.asarray(value) for value in tf.nest.flatten(given)]
        shapes = tuple(value.shape for value in values)
        if shapes not in prepared:
            # Of two lanes that need it first, one traces it and takes the first call, in which XLA
            # compiles the clusters: nothing says that it bears two calls at once there.
            with tracing:
                if shapes not in prepared:
                    specs = [tf.TensorSpec(value.shape, value.dtype) for value in values]
                    run = _session(function, tf.nest.pack_sequence_as(given, specs), fused)
                    result = run(values)
                    prepared[shapes] = run
                    return result
        return prepared[shapes](values)

    return call


def _session(
    function: Callable[P, R],
    types: tuple[tuple[object, ...], dict[str, object]],
    fused: bool,
) -> Callable[[Arrays], R]:
    """Trace a function for arguments of these types, and return what runs it on flat arrays."""
    arguments, named = types
    traced = tf.function(function, autograph=False).get_concrete_function(*arguments, **named)
    captured = [_constant(tensor) for tensor, _ in traced.graph.captures]
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(traced.graph.as_graph_def(), name="")
    feeds, fetches = (
        [graph.get_tensor_by_name(tensor.name) for tensor in tensors]
        for tensors in (traced.graph.inputs, traced.graph.outputs)
    )
    session = tf.compat.v1.Session(graph=graph, config=privates.in_callers_thread(fused=fused))
    run = privates.caller(session, feeds, fetches)
    structure = traced.structured_outputs

    def call(values: Arrays) -> R:
        flat = run(*values, *captured)
        result: R = tf.nest.pack_sequence_as(structure, flat, expand_composites=True)
        return result

    return call


def _constant(tensor: tf.Tensor) -> NDArray[np.generic]:
    if tensor.dtype == tf.resource:
        raise TypeError(
            "the network holds a tf.Variable, a lookup table or Keras's global seed, which all "
            "seeds would share: expected `self.add_weight(…)`, or a keras.random.SeedGenerator of "
            "the layer's own"
        )
    return np.asarray(tensor)
