"""Where a variable's value comes from: its initialiser, or the user who has set it since."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray


@dataclass
class Drawn:
    """A weight that a layer has added, its initialiser, and what that has drawn for it last."""

    variable: Any
    initialiser: Any
    values: Any


@contextlib.contextmanager
def recorded() -> Iterator[dict[int, Drawn]]:
    """Record every weight that a layer adds meanwhile, by the variable's identity."""
    import keras

    drawn: dict[int, Drawn] = {}
    add_weight = keras.layers.Layer.add_weight

    def recording(layer: Any, *args: Any, **kwargs: Any) -> Any:
        given = kwargs.pop("initializer", args[1] if len(args) > 1 else None)
        dtype = kwargs.get("dtype", args[2] if len(args) > 2 else None) or layer.variable_dtype
        default = "glorot_uniform" if "float" in str(dtype) else "zeros"  # as Keras's own
        record = Drawn(None, keras.initializers.get(given or default), None)

        def initialiser(*args: Any, **kwargs: Any) -> Any:
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


def copy_of(model: Any) -> Any:
    """Return a copy of a ready-made model, whose weights are drawn by the layers' initialisers.

    Raises:
        ValueError: a layer cannot be copied, or the copy has other variables.
    """
    import keras

    try:
        copy = keras.models.clone_model(model)
    except (NotImplementedError, TypeError, ValueError):
        raise ValueError(f"{_cannot(model)}: {A_FUNCTION}") from None
    shapes = [[(tuple(v.shape), v.dtype) for v in each.variables] for each in (model, copy)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"{_cannot(model)}, for its copy has other variables: {A_FUNCTION}")
    return copy


A_FUNCTION = "expected a function (image_shape, classes) that builds it"


def _cannot(model: Any) -> str:
    return f"model {model.name!r} cannot be copied from its layers' configurations"


def set_by_user(variable: Any, before: Any, drawn: dict[int, Drawn], original: Any) -> bool:
    """Return whether a weight is no longer what its initialiser has drawn for it.

    Args:
        variable: of the model that is trained.
        before: the same, or the one in the ready-made model that was copied.
        drawn: what was recorded while the model was built and copied.
        original: the ready-made model, or None.

    Raises:
        ValueError: nothing tells what the initialiser of a ready-made model has drawn.
    """
    value = np.asarray(before.numpy())
    if id(before) in drawn:
        return not _same(value, drawn[id(before)].values)
    initialiser = drawn[id(variable)].initialiser
    if _same(value, drawn[id(variable)].values) or _is_drawn(original, before, value):
        return False
    if not type(initialiser).__module__.startswith("keras."):
        raise ValueError(
            f"model {original.name!r} does not tell whether {before.path} was set or drawn by an "
            f"initialiser of your own: {A_FUNCTION}"
        )
    return True


def _is_drawn(model: Any, variable: Any, value: NDArray[Any]) -> bool:
    """Return whether an initialiser of the variable's layer draws just these values.

    Keras's initialisers have a seed of their own, also where none was given.
    """
    import keras

    layers = model._flatten_layers()
    owner = next(layer for layer in layers if any(v is variable for v in _own(layer)))
    return any(
        _same(value, each(tuple(variable.shape), dtype=variable.dtype))
        for each in vars(owner).values()
        if isinstance(each, keras.initializers.Initializer)
    )


def _own(layer: Any) -> list[Any]:
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def _same(value: NDArray[Any], drawn: Any) -> bool:
    drawn = np.asarray(drawn)
    return bool(drawn.dtype == value.dtype and drawn.tobytes() == value.tobytes())


def seeded_states(model: Any) -> dict[int, NDArray[Any]]:
    """Return the states of the model's random generators that the user gave a seed."""
    return {
        id(generator.state): np.asarray(generator.state.numpy())
        for layer in model._flatten_layers()
        for generator in layer._seed_generators
        if generator._initial_seed is not None
    }
