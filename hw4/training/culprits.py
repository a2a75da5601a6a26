"""Names the layer of a user's network that the engine cannot train, in one sentence.

The errors of XLA and TensorFlow's vectorisation name operations, on pages of text. A layer that
fails by itself is found by training each layer alone, which takes seconds, once.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from hw4.networks import privates
from hw4.networks.models import CNN, MLP
from hw4.training import replicas
from hw4.training.programs import Program
from hw4.training.recipe import Recipe
from hw4.training.steps import Tensors

import keras  # isort: skip
import tensorflow as tf  # isort: skip

_IMAGES = 4  # a batch, with which a layer is tried
_ELSE = "another layer, or a claim that asks for seeds and calls fit itself"


class LayerError(ValueError):
    """A layer that the engine cannot train, in one sentence."""


def explained(recipe: Recipe, error: Exception) -> Exception:
    """Return the exception to raise instead of one that training a block has raised.

    Args:
        recipe: the arm.
        error: the exception.

    Returns:
        A `LayerError` that names the layer, if one of a user's network fails by itself; a sentence
        without XLA's text for any other error of TensorFlow's; or the exception itself.
    """
    if isinstance(recipe.network, MLP | CNN):
        return error
    try:
        program = replicas.program_of(recipe)
    except Exception:  # it cannot even be built, and the error says why
        return error
    for layer in _layers(program.model):
        if not _is_trained(layer, program):
            kind, expected = type(layer).__name__, _advice(layer)
            return LayerError(
                f"layer {layer.name!r} ({kind}) cannot be trained on many seeds at once: "
                f"expected {expected}"
            )
    if isinstance(error, tf.errors.ResourceExhaustedError):
        return MemoryError(f"model {program.model.name!r} needs more memory than there is")
    if isinstance(error, tf.errors.OpError):
        return LayerError(
            f"model {program.model.name!r} cannot be trained on many seeds at once: "
            f"expected {_ELSE}"
        )
    return error


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Go through the layers that are called by the network itself, or by one within it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model) and getattr(layer, "inputs", None):
            yield from _layers(layer)
        else:
            yield layer


def _advice(layer: keras.layers.Layer) -> str:
    rolled = any(getattr(each, "unroll", True) is False for each in privates.layers_of(layer))
    return "unroll=True" if rolled else _ELSE


def _is_trained(layer: keras.layers.Layer, program: Program) -> bool:
    """Return whether a gradient of the layer alone can be computed, as one of the network is."""
    call = privates.call_of(layer)
    if call is None or isinstance(layer, keras.layers.InputLayer):
        return True
    seeds, tensors = program.seeds, call.keras_tensors
    inputs = [
        tf.zeros((seeds, _IMAGES, *(size or 1 for size in tensor.shape[1:])), tensor.dtype)
        for tensor in tensors
    ]
    variables = [
        [tf.stack([variable.value] * seeds) for variable in each]
        for each in (layer.trainable_variables, layer.non_trainable_variables)
    ]

    def steps(trainable: Tensors, fixed: Tensors, inputs: Tensors) -> object:
        """Take two: what a layer keeps must have the shape that it had."""
        step = functools.partial(_step, layer, call)
        return tf.while_loop(
            lambda index, *_: index < 2,
            lambda index, trainable, fixed, _: (
                index + 1,
                *program.over_seeds(step, (trainable, fixed, inputs)),
            ),
            (0, trainable, fixed, tf.zeros(seeds)),
            parallel_iterations=1,
        )

    try:
        tf.function(steps, jit_compile=program.compiled, autograph=False)(*variables, inputs)
    except Exception:  # whatever it is, the layer is found
        return False
    return True


def _step(
    layer: keras.layers.Layer, call: privates.Arguments, seed: tuple[Tensors, Tensors, Tensors]
) -> tuple[Tensors, Tensors, tf.Tensor]:
    """Return one seed's weights and states after a step, and the gradient that passes through."""
    trainable, fixed, tensors = seed
    named = {id(k): t for k, t in zip(call.keras_tensors, tensors, strict=True)}
    args, kwargs = call.fill_in(named)
    training = {"training": True} if privates.takes_training(layer) else {}
    with tf.GradientTape() as tape:
        tape.watch((trainable, tensors))
        outputs, fixed = layer.stateless_call(trainable, fixed, *args, **kwargs | training)
        floats = [o for o in tf.nest.flatten(outputs) if o.dtype.is_floating]
        total = tf.add_n([tf.reduce_sum(o) for o in floats]) if floats else tf.constant(0.0)
    gradients, backwards = tape.gradient(total, (trainable, tensors), unconnected_gradients="zero")
    moved = [
        value - 0.0 * tf.convert_to_tensor(gradient)
        for value, gradient in zip(trainable, gradients, strict=True)
    ]
    through = tf.add_n([tf.reduce_sum(tf.cast(each, tf.float32)) for each in backwards])
    return moved, [tf.convert_to_tensor(value) for value in fixed], through
