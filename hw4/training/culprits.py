"""Says in one sentence why a user's network cannot be trained, and names the layer.

The errors of TensorFlow name operations, on pages of text; an operation's name begins with its
layer's.
"""

from __future__ import annotations

import re

import tensorflow as tf

from hw4.data.dataset import first_line
from hw4.networks import device, ways
from hw4.networks.models import CNN, MLP
from hw4.training import replicas
from hw4.training.recipe import Recipe

_NODE = re.compile(r"\{\{(?:\w+ )?([^\s}]+)[^}]*\}\}:? ?")
_ELSE = "another layer, or a claim that asks for `seed` and calls fit"


class LayerError(ValueError):
    """A network that the engine cannot train, in one sentence."""


def explained(recipe: Recipe, error: Exception) -> Exception:
    """Return the exception to raise instead of one that training a block has raised.

    Args:
        recipe: the arm.
        error: the exception.

    Returns:
        A `LayerError` that names the layer of a user's network for an error of TensorFlow's, a
        `MemoryError`, or the exception itself.
    """
    if isinstance(recipe.network, MLP | CNN) or not isinstance(error, tf.errors.OpError):
        return error
    model = replicas.program_of(recipe).model
    if isinstance(error, tf.errors.ResourceExhaustedError):
        return MemoryError(f"model {model.name!r} needs more memory than there is")
    where, said = _NODE.findall(error.message), _NODE.sub("", first_line(error)).strip()
    named = ways.named(model, where)
    if device.current().all_compiled:
        return LayerError(device.current().refusal(named))
    return LayerError(f"{named} cannot be trained ({said or 'no reason'}): expected {_ELSE}")
