"""The origin of a variable's value: its initialiser, or the user who set it afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from hw4.networks import privates

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Origin: TypeAlias = "keras.initializers.Initializer | NDArray[np.generic]"
"""What gives a variable its first value: an initialiser, or the value itself."""


@dataclass
class Drawn:
    """A weight that a layer added, its initialiser, and the value that this drew last."""

    initialiser: keras.initializers.Initializer
    variable: keras.Variable | None = None
    values: tf.Tensor | None = None


@contextlib.contextmanager
def recorded() -> Iterator[dict[int, Drawn]]:
    """Record every weight that a layer adds in the block, by the variable's identity."""
    import keras

    drawn: dict[int, Drawn] = {}
    add_weight = keras.layers.Layer.add_weight

    def recording(layer: keras.layers.Layer, *args: object, **kwargs: object) -> keras.Variable:
        given = kwargs.pop("initializer", args[1] if len(args) > 1 else None)
        dtype = kwargs.get("dtype", args[2] if len(args) > 2 else None) or layer.variable_dtype
        default = "glorot_uniform" if "float" in str(dtype) else "zeros"  # as Keras's own
        record = Drawn(keras.initializers.get(given or default))

        def initialiser(*args: object, **kwargs: object) -> tf.Tensor:
            record.values = record.initialiser(*args, **kwargs)
            return record.values

        if len(args) > 1:
            args = (args[0], initialiser, *args[2:])
        else:
            kwargs["initializer"] = initialiser
        record.variable = add_weight(layer, *args, **kwargs)
        drawn[id(record.variable)] = record
        return record.variable

    with mock.patch.object(keras.layers.Layer, "add_weight", recording):
        yield drawn


def origin_of(variable: keras.Variable, model: keras.Model, drawn: dict[int, Drawn]) -> Origin:
    """Return the initialiser of a weight, or the value that the user has set.

    Args:
        variable: the weight.
        model: that it belongs to.
        drawn: what was recorded while the model was built; empty for a ready-made one.

    Raises:
        ValueError: it is unknown whether a weight of a ready-made model was set or drawn.
    """
    value = np.asarray(variable.numpy())
    record = drawn.get(id(variable))
    if record is not None:
        return record.initialiser if _same(value, record.values) else value
    owner = next(layer for layer in privates.layers_of(model) if _has(layer, variable))
    initialisers = _initialisers(owner)
    for initialiser in initialisers:
        if _same(value, initialiser(tuple(variable.shape), dtype=variable.dtype)):
            return initialiser
    known = all(map(is_kerass, [owner, *initialisers]))
    if not known and (value != value.flat[0]).any():  # numbers that are all the same are not drawn
        raise ValueError(
            f"model {model.name!r} does not tell whether {variable.path} was set or drawn: "
            "expected a function (image_shape, classes) that builds it"
        )
    return value


def initialisers_of(model: keras.Model, drawn: dict[int, Drawn]) -> dict[int, Origin]:
    """Return the initialiser of every weight, whatever was set; what was adapted to data stays.

    Args:
        model: whose weights.
        drawn: what was recorded while it was built; of a ready-made one, its layers are built anew.

    Raises:
        ValueError: an initialiser is unknown.
    """
    found = {place: record.initialiser for place, record in drawn.items()}
    if not all(id(weight) in found for weight in model.weights):
        found |= _rebuilt(model)
    adapted = [layer for layer in privates.layers_of(model) if hasattr(layer, "adapt")]
    kept = {id(v): np.asarray(v.numpy()) for layer in adapted for v in layer.weights}
    for weight in model.weights:
        if id(weight) not in {**found, **kept}:
            raise ValueError(
                f"model {model.name!r} does not tell how {weight.path} is drawn: expected a "
                "function (image_shape, classes) that builds it"
            )
    return {id(weight): {**found, **kept}[id(weight)] for weight in model.weights}


def _rebuilt(model: keras.Model) -> dict[int, keras.initializers.Initializer]:
    """Return the initialisers of a model's weights, from a copy of it that is built anew."""
    import keras

    try:
        with recorded() as drawn:
            copy = keras.models.clone_model(model)
    except Exception:  # whatever a layer of the user's own raises; the caller says what is missing
        return {}
    pairs = zip(model.weights, copy.weights, strict=True)
    return {id(own): drawn[id(new)].initialiser for own, new in pairs if id(new) in drawn}


def is_kerass(thing: object) -> bool:
    """Return whether an object's class belongs to Keras."""
    return type(thing).__module__.startswith("keras.")


def _initialisers(layer: keras.layers.Layer) -> list[keras.initializers.Initializer]:
    """Return a layer's initialisers. Keras's have a seed even if none was given."""
    import keras

    return [
        value
        for name, value in vars(layer).items()
        if isinstance(value, keras.initializers.Initializer)
        or (name.endswith("initializer") and callable(value))
    ]


def _has(layer: keras.layers.Layer, variable: keras.Variable) -> bool:
    return any(each is variable for each in privates.own_variables(layer))


def _same(value: NDArray[np.generic], drawn: tf.Tensor | None) -> bool:
    cast = np.asarray(drawn).astype(value.dtype)  # as Keras does
    return bool(cast.shape == value.shape and cast.tobytes() == value.tobytes())


def seeded_states(model: keras.Model) -> dict[int, NDArray[np.generic]]:
    """Return the states of the model's random generators that the user gave a seed."""
    return {
        id(generator.state): np.asarray(generator.state.numpy())
        for layer in privates.layers_of(model)
        for generator in privates.generators_of(layer)
        if privates.is_seeded(generator)
    }
