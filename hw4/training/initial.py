"""A seed's initial weights, drawn by the layers' own initialisers."""

from __future__ import annotations

import contextlib
import functools
import math
import threading
from collections.abc import Hashable, Iterator
from typing import Any, cast
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from hw4.models import ImageShape, Network
from hw4.training.seen import Draw, Halves, Seen

_WEIGHTS, _LAYERS = 2, 3  # name the random streams of initial weights and of dropout

_SMALL = 40_000  # numbers of a variable that is kept: 512 of them are at most 80 MB

_one_lane = threading.Lock()  # at a time may draw from the global generators


class Start:
    """Draws a seed's variables, each by its initialiser.

    The k-th random initialiser draws from the k-th stream of the seed, so that arms which differ
    only in layers without random weights start from the same weights.

    Attributes:
        own: whether an initialiser is not one of Keras's own.
    """

    def __init__(self, model: Any, initialisers: dict[int, Any]) -> None:
        self._model = model
        self._initialisers = initialisers | _constants(model, initialisers)
        recorded = [initialisers[id(v)] for v in model.variables if id(v) in initialisers]
        self.own = not all(map(_is_kerass, recorded))

    def __call__(self, seed: int) -> Halves:
        """Return a seed's values."""
        model, streams = self._model, iter(range(len(self._model.variables)))
        halves = (model.trainable_variables, model.non_trainable_variables)
        trainable, fixed = (
            [_value(variable, self._initialisers, seed, streams) for variable in half]
            for half in halves
        )
        return trainable, fixed


def build(network: Network, image_shape: ImageShape, classes: int) -> tuple[Any, Draw]:
    """Build the network once and return it with a function that draws a seed's variables.

    Building a Keras model costs 50 ms and more; drawing its variables again costs one call of each
    initialiser.
    """
    if isinstance(network, Seen):  # it is built
        return network.model, network.draw
    import keras

    with _recorded() as initialisers:
        model = network.build(image_shape, classes)
        if any(id(weight) not in initialisers for weight in model.weights):
            # A ready-made model: cloning passes its weights through their initialisers again.
            model = keras.models.clone_model(model)
    return model, Start(model, initialisers)


@contextlib.contextmanager
def _recorded() -> Iterator[dict[int, Any]]:
    """Record the initialiser of every weight that a layer adds, by the variable's identity."""
    import keras

    initialisers: dict[int, Any] = {}
    add_weight = keras.layers.Layer.add_weight

    def recording(layer: Any, *args: Any, **kwargs: Any) -> Any:
        variable = add_weight(layer, *args, **kwargs)
        given = kwargs.get("initializer", args[1] if len(args) > 1 else None)
        default = "glorot_uniform" if "float" in variable.dtype else "zeros"  # as Keras's own
        initialisers[id(variable)] = keras.initializers.get(given or default)
        return variable

    with mock.patch.object(keras.layers.Layer, "add_weight", recording):
        yield initialisers


def _is_kerass(initialiser: Any) -> bool:
    return type(initialiser).__module__.startswith("keras.")


def _constants(model: Any, initialisers: dict[int, Any]) -> dict[int, NDArray[Any]]:
    """Return the values that are the same for every seed, by variable: zeros, ones, a constant.

    In a deep network with batch norm they are five in six, and an initialiser's call costs more
    than a small layer's random numbers.
    """
    from keras.initializers import Constant, Ones, Zeros

    return {
        id(v): np.asarray(initialisers[id(v)](tuple(v.shape), dtype=v.dtype))
        for v in model.variables
        if type(initialisers.get(id(v))) in (Constant, Ones, Zeros)  # a subclass may draw
    }


def _value(
    variable: Any, initialisers: dict[int, Any], seed: int, streams: Iterator[int]
) -> NDArray[Any]:
    initialiser = initialisers.get(id(variable))
    if initialiser is None:
        if "seed_generator_state" not in variable.path:
            return np.asarray(variable.numpy())
        state = _entropy(seed, _LAYERS, next(streams), words=2)
        return state.astype(variable.dtype)
    if isinstance(initialiser, np.ndarray):  # of `_constants`
        return initialiser
    config = initialiser.get_config() if hasattr(initialiser, "get_config") else None
    if config is None:  # a function of the user's, which may use any global generator
        import keras

        with _one_lane:
            keras.utils.set_random_seed(int(_entropy(seed, _WEIGHTS, next(streams))[0]))
            return np.asarray(initialiser(tuple(variable.shape), dtype=variable.dtype))
    shape = tuple(variable.shape)
    if "seed" not in config:
        return np.asarray(initialiser(shape, dtype=variable.dtype))
    kind, stream = type(initialiser), int(_entropy(seed, _WEIGHTS, next(streams))[0] >> 1)
    options = config | {"seed": stream}
    if not _is_kerass(initialiser) or math.prod(shape) > _SMALL:
        return np.asarray(kind.from_config(options)(shape, dtype=variable.dtype))
    return _again(cast("Hashable", kind), tuple(options.items()), shape, variable.dtype)


@functools.lru_cache(maxsize=512)  # arms of one claim begin with the same weights
def _again(
    kind: Any, options: tuple[tuple[str, Any], ...], shape: tuple[int, ...], dtype: str
) -> NDArray[Any]:
    """Return what an initialiser of Keras's draws: a call of it costs milliseconds."""
    values = np.asarray(kind.from_config(dict(options))(shape, dtype=dtype))
    values.flags.writeable = False
    return values


def _entropy(seed: int, stream: int, index: int, words: int = 1) -> NDArray[Any]:
    return np.random.SeedSequence([seed, stream, index]).generate_state(words, np.uint32)
