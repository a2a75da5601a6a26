"""How the seeds of a user's network are trained: stacked and compiled, or one at a time.

The network's layers and traced operations decide, so a network is always trained the same way.
Operations that XLA cannot compile, such as rotating an image, and control flow, such as a recurrent
layer's loop over time, are computed by TensorFlow's own kernels, one seed at a time. So are layers
that augment images at random: stacked, they compile for seconds and train hardly faster.
"""

from __future__ import annotations

from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf

from hw4.networks import privates
from hw4.networks.canonical import Canonical
from hw4.networks.models import ImageShape
from hw4.networks.seen import Halves

# XLA and `tf.vectorized_map` know these, but not with a gradient, or not if seeds differ in them.
_CONTROL = ("If", "StatelessIf", "Case", "StatelessCase", "While", "StatelessWhile")
_SIZES = ("Where", "Bincount", "DenseBincount")  # the size of the result depends on numbers
_MARKS = ("Placeholder", "NoOp")  # compute nothing

_TABLE = "LookupTable"
_WRITES = ("Assign", "Resource", "Rng", "MutableHash")  # how operations that change a state begin

TABLE = (
    "looks values up in a table, which hw4 does not train with: expected the data to be "
    "looked up before train, or a claim that asks for `seed` and calls fit"
)
WRITTEN = (
    "changes a tf.Variable, which all seeds would share: expected `self.add_weight(…)` in the layer"
)
GLOBAL_SEED = (
    "draws from Keras's global seed, which would give every seed and step the same numbers: "
    "expected a keras.random.SeedGenerator in the layer"
)
READ = (
    "reads a tf.Variable, which one seed at a time has no access to: expected `self.add_weight(…)` "
    "in the layer"
)


def is_stacked(model: keras.Model, traces: Iterable[Canonical]) -> bool:
    """Return whether a network that was traced so can be stacked and compiled."""
    if any(map(_augments, privates.layers_of(model))):
        return False
    kinds = frozenset[str]().union(*(trace.kinds for trace in traces)) - {*_MARKS}
    return not kinds & {*_CONTROL, *_SIZES} and all(map(privates.is_compilable, kinds))


def _augments(layer: keras.layers.Layer) -> bool:
    """Return whether a layer changes images at random, for which Keras's kind has a method."""
    return hasattr(layer, "get_random_transformation") and bool(privates.generators_of(layer))


def check(model: keras.Model, traces: Iterable[Canonical], *, stacked: bool) -> None:
    """Refuse what lies outside of the network and would be shared by all seeds.

    Args:
        model: the network.
        traces: of its steps and evaluation.
        stacked: whether all seeds are trained at once, by XLA, which can read a `tf.Variable`.

    Raises:
        ValueError: one sentence that names the layer and says what to do.
    """
    for trace in traces:
        for held, readers in trace.held:
            reason = _reason(held, trace.kinds, stacked)
            if reason:
                raise ValueError(f"{named(model, [each.name for each in readers])} {reason}")


def _reason(held: tf.Tensor, kinds: frozenset[str], stacked: bool) -> str | None:
    """Return why a network cannot use what it holds, as the end of a sentence, or None."""
    if any(kind.startswith(_TABLE) for kind in kinds):
        return TABLE
    if privates.is_global_seed(held):
        return GLOBAL_SEED
    if any(kind.startswith(_WRITES) for kind in kinds):
        return WRITTEN
    return None if stacked else READ


def named(model: keras.Model, operations: Iterable[str]) -> str:
    """Return the layer, or else the model, to which operations of these names belong."""
    layers = {layer.name: layer for layer in privates.layers_of(model)[1:]}
    scopes = [scope for name in operations for scope in name.split("/")[-2::-1]]
    for scope in scopes:  # Keras adds a number to the name of a layer that is called again
        for name in (scope.rpartition("_")[0], scope):
            if name in layers:
                return f"layer {name!r} ({type(layers[name]).__name__})"
    return f"model {model.name!r}"


def check_weights(model: keras.Model, start: Halves, image_shape: ImageShape) -> None:
    """Refuse a network that changes its own trainable weights while it trains.

    `fit` steps from the changed weight; the engine would step from the weight before.

    Raises:
        ValueError: one sentence that names the weight.
    """
    pairs = list(zip(model.trainable_variables, start[0], strict=True))
    fixed = zip(model.non_trainable_variables, start[1], strict=True)
    images = np.zeros((2, *image_shape), np.float32)
    with keras.StatelessScope(state_mapping=[*pairs, *fixed]) as scope:
        before = [scope.get_current_value(variable) for variable, _ in pairs]
        model(images, training=True)
    for (variable, _), value in zip(pairs, before, strict=True):
        if scope.get_current_value(variable) is not value:
            raise ValueError(
                f"model {model.name!r} itself changes {variable.path} while it trains, "
                "which hw4 does not train with: expected a layer that does not, or a claim that "
                "asks for `seed` and calls fit"
            )
