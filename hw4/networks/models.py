"""The networks of the claims: descriptions that build real Keras models when asked.

A description is frozen and hashable, costs nothing to make and does not load TensorFlow. So a claim
whose runs are in the store never loads it. `build` returns the `keras.Model`.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeAlias

from hw4 import checks
from hw4.data import DataError

if TYPE_CHECKING:
    import keras

ImageShape = tuple[int, ...]
"""(height, width, channels)"""

Maker: TypeAlias = "Callable[..., keras.Model]"
"""A user's function that makes a network: of (image_shape, classes), or of no arguments."""

Source: TypeAlias = "keras.Model | Maker"
"""A user's own network: a model, or a function that makes one."""


class Network(Protocol):
    """A network that can be trained: it names itself and builds a `keras.Model`."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def build(self, image_shape: ImageShape, classes: int) -> keras.Model:
        """Return a new `keras.Model` from images (batch, *image_shape) to (batch, classes)."""
        ...

    def split(self) -> tuple[Network, float]:
        """Return the network with a unit L2 penalty, and the penalty that it had.

        Networks that differ only in the penalty share one compiled program: the engine multiplies
        the unit penalty by a number that it is given at run time.
        """
        ...


@dataclass(frozen=True)
class MLP:
    """A multilayer perceptron: Flatten, then Dense [→ BatchNormalization] → activation [→ Dropout].

    The softmax output layer carries neither normalisation nor dropout. The L2 penalty applies to
    every kernel, `initializer`, `gain` and `bias` to the hidden layers alone.
    """

    widths: tuple[int, ...]
    activation: str = "relu"
    norm: Literal["batch"] | None = None
    dropout: float = 0.0
    l2: float = 0.0
    initializer: str = "he_normal"
    gain: float = 1.0
    bias: float = 0.0

    def build(self, image_shape: ImageShape, classes: int) -> keras.Sequential:
        """Return a new `keras.Sequential` from (batch, *image_shape) to (batch, classes)."""
        from keras import Input, Sequential, layers

        stack = [Input(image_shape), layers.Flatten()]
        for width in self.widths:
            stack.append(layers.Dense(width, **self._initial(), **self._l2()))
            if self.norm == "batch":
                stack.append(layers.BatchNormalization())
            stack.append(layers.Activation(self.activation))
            if self.dropout:
                stack.append(layers.Dropout(self.dropout))
        stack.append(layers.Dense(classes, activation="softmax", **self._l2()))
        return Sequential(stack)

    def weights(self, image_shape: ImageShape, classes: int) -> int:
        """Return how many weights its kernels have."""
        sizes = (math.prod(image_shape), *self.widths, classes)
        return sum(a * b for a, b in itertools.pairwise(sizes))

    def parameters(self, image_shape: ImageShape, classes: int) -> int:
        """Return how many numbers its layers keep, as Keras's `count_params`."""
        a_unit = 1 + 4 * (self.norm == "batch")  # a bias; scale, shift, mean and variance
        return self.weights(image_shape, classes) + a_unit * sum(self.widths) + classes

    def split(self) -> tuple[MLP, float]:
        """Return the network with a unit penalty, or none, and the penalty itself."""
        return dataclasses.replace(self, l2=float(self.l2 > 0)), self.l2

    def _initial(self) -> dict[str, keras.initializers.Initializer]:
        """Return how a hidden layer's weights begin: drawn, then all multiplied by the gain."""
        from keras import initializers

        kernel = initializers.get(self.initializer)
        if self.gain != 1:
            if not isinstance(kernel, initializers.VarianceScaling):
                raise ValueError(
                    f"mlp: got gain={self.gain} with initializer={self.initializer!r}, "
                    "expected one that scales with the width, as 'he_normal' does"
                )
            scale = kernel.scale * self.gain**2
            kernel = initializers.VarianceScaling(scale, kernel.mode, kernel.distribution)
        return {
            "kernel_initializer": kernel,
            "bias_initializer": initializers.Constant(self.bias),
        }

    def _l2(self) -> dict[str, keras.regularizers.Regularizer]:
        from keras.regularizers import L2

        return {"kernel_regularizer": L2(self.l2)} if self.l2 else {}


def _sides(shape: ImageShape) -> tuple[int, int, int]:
    """Return the height, the width and the channels of an image."""
    if len(shape) != 3:
        raise DataError(
            f"cnn got inputs of shape {shape}: expected images (height, width, channels)"
        )
    height, width, channels = shape
    return height, width, channels


@dataclass(frozen=True)
class CNN:
    """A convolutional network: a block for each number of filters, then two dense layers.

    A block is Conv 3×3 (same, ReLU, L2) → Dropout → BatchNormalization, with max-pooling 2×2 after
    the first, third, fifth, …; then Dense 512 elu → Dropout → Dense 128 elu → Dense softmax.
    On its channels-last images `batch_norm_axis=-1` normalises channels, 1 rows, None nothing.
    """

    filters: tuple[int, ...] = (64, 128, 128, 256, 256)
    batch_norm_axis: int | None = 1
    dropout: float = 0.3
    l2: float = 1e-2

    def build(self, image_shape: ImageShape, classes: int) -> keras.Sequential:
        """Return a new `keras.Sequential` from (batch, *image_shape) to (batch, classes).

        Raises:
            DataError: the images are too small for its poolings.
        """
        from keras import Input, Sequential, layers
        from keras.regularizers import L2

        least = 2 ** math.ceil(len(self.filters) / 2)  # a side that the poolings leave 1 pixel of
        height, width, _ = _sides(image_shape)
        if min(height, width) < least:
            raise DataError(
                f"cnn got images of {height}×{width} pixels: expected at least {least}×{least}"
            )
        stack = [Input(image_shape)]
        for block, filters in enumerate(self.filters):
            penalty = {"kernel_regularizer": L2(self.l2)} if self.l2 else {}
            stack.append(layers.Conv2D(filters, 3, padding="same", activation="relu", **penalty))
            if self.dropout:
                stack.append(layers.Dropout(self.dropout))
            if self.batch_norm_axis is not None:
                stack.append(layers.BatchNormalization(axis=self.batch_norm_axis))
            if block % 2 == 0:
                stack.append(layers.MaxPooling2D(2))
        stack += [layers.Flatten(), layers.Dense(512, activation="elu")]
        if self.dropout:
            stack.append(layers.Dropout(self.dropout))
        stack += [layers.Dense(128, activation="elu"), layers.Dense(classes, activation="softmax")]
        return Sequential(stack)

    def multiplications(self, image_shape: ImageShape, classes: int) -> int:
        """Return how many multiplications its convolutions and dense layers make of an image."""
        height, width, channels = _sides(image_shape)
        total = 0
        for block, filters in enumerate(self.filters):
            total += height * width * 9 * channels * filters
            channels = filters
            if block % 2 == 0:
                height, width = height // 2, width // 2
        dense = (height * width * channels, 512, 128, classes)
        return total + sum(a * b for a, b in itertools.pairwise(dense))

    def split(self) -> tuple[CNN, float]:
        """Return the network with a unit penalty, or none, and the penalty itself."""
        return dataclasses.replace(self, l2=float(self.l2 > 0)), self.l2


@dataclass(frozen=True)
class Custom:
    """A network of the user's own: a `keras.Model`, or a function that makes one.

    A function gets (image_shape, classes), or nothing if it takes nothing. A model is a template:
    every seed draws its initial weights anew from the layers' own initialisers. Its penalties stay
    as its layers state them.
    """

    source: Source

    def build(self, image_shape: ImageShape, classes: int) -> keras.Model:
        """Return a new `keras.Model`.

        Raises:
            TypeError: the function takes or returns something else.
            ValueError: the model's input does not fit the data, or it has several outputs.
        """
        import keras

        model = self.source
        if not isinstance(model, keras.Model):
            model = _called(model, image_shape, classes)
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"the model function returned {type(model).__name__}: expected a keras.Model"
            )
        if not getattr(model, "inputs", None):
            raise ValueError(
                f"model {model.name!r} does not state its input: "
                "expected a functional model, or a Sequential that begins with keras.Input"
            )
        given, made = (None, *image_shape), tuple(model.input_shape)
        if made != given or len(model.outputs) != 1:
            raise ValueError(
                f"model {model.name!r} maps {made} to {tuple(model.output_shape)}: "
                f"expected {given} to {(None, classes)}"
            )
        return model

    def split(self) -> tuple[Custom, float]:
        """Return the network itself: its penalties are part of its layers."""
        return self, 1.0


def mlp(
    depth: int = 2,
    width: int = 64,
    *,
    widths: Sequence[int] | None = None,
    activation: str = "relu",
    norm: Literal["batch"] | None = None,
    dropout: float = 0.0,
    l2: float = 0.0,
    initializer: str = "he_normal",
    gain: float = 1.0,
    bias: float = 0.0,
) -> MLP:
    """Return a multilayer perceptron with `depth` hidden layers of `width` units, or `widths`.

    `gain` multiplies the hidden layers' initial weights, `bias` is where their biases begin.

    Raises:
        ValueError: a depth, width, dropout rate, penalty or gain that no network can have.
    """
    if widths is not None and (depth, width) != (2, 64):
        raise ValueError(
            f"mlp: got widths={widths!r} with depth={depth} and width={width}, "
            "expected one or the other"
        )
    if widths is None:
        layers = checks.whole("mlp: got depth=", depth, least=0)
        sizes = (checks.whole("mlp: got width=", width),) * layers
    else:
        sizes = checks.wholes("mlp: got widths=", widths)
    if norm not in (None, "batch"):
        raise ValueError(f"mlp: got norm={norm!r}, expected 'batch' or None")
    gain = checks.number("mlp: got gain=", gain, lambda gain: gain > 0, "a number above 0")
    bias = checks.number("mlp: got bias=", bias, math.isfinite, "a number")
    options = (*_regularisation("mlp", dropout, l2), initializer, gain, bias)
    stated = MLP(sizes, activation, norm, *options)
    if not sizes and stated != MLP((), l2=stated.l2):
        raise ValueError(f"mlp: got no hidden layer for the options of {stated}, expected l2 alone")
    return stated


def cnn(
    filters: Sequence[int] = (64, 128, 128, 256, 256),
    *,
    batch_norm_axis: int | None = 1,
    dropout: float = 0.3,
    l2: float = 1e-2,
) -> CNN:
    """Return a convolutional network with a block of layers for each number of filters.

    See `hw4.networks.models.CNN` for the layers. `batch_norm_axis` is -1 for the usual
    normalisation of channels, None for none; `dropout` and `l2` are those of every block.

    Raises:
        ValueError: no filters, or a dropout rate or penalty that no network can have.
    """
    counts = checks.wholes("cnn: got filters=", filters)
    if not counts:
        raise ValueError("cnn: got no filters, expected a number for each block, as (16, 32)")
    return CNN(counts, batch_norm_axis, *_regularisation("cnn", dropout, l2))


def _regularisation(function: str, dropout: object, l2: object) -> tuple[float, float]:
    """Return a dropout rate and an L2 penalty that a network can have."""
    rate, penalty = "a rate in [0, 1)", "a penalty of at least 0"
    return (
        checks.number(f"{function}: got dropout=", dropout, lambda rate: 0 <= rate < 1, rate),
        checks.number(f"{function}: got l2=", l2, lambda penalty: penalty >= 0, penalty),
    )


def _called(source: Maker, image_shape: ImageShape, classes: int) -> keras.Model:
    """Return what a user's function makes.

    Raises:
        TypeError: it takes neither (image_shape, classes) nor nothing.
    """
    try:
        signature = inspect.signature(source)
    except ValueError:  # one that is written in C has none
        return source(image_shape, classes)
    for given in ((image_shape, classes), ()):
        try:
            signature.bind(*given)
        except TypeError:
            continue
        return source(*given)
    raise TypeError(
        f"the model function takes {signature}: expected (image_shape, classes), or no arguments"
    )


def network(model: object) -> Network:
    """Return `model` as a `Network`: a description unchanged, a Keras model as `Custom`.

    Raises:
        TypeError: neither a description, a `keras.Model` nor a function.
    """
    if isinstance(model, MLP | CNN | Custom):
        return model
    if callable(model):  # as a `keras.Model` is
        return Custom(model)
    raise TypeError(
        f"train got a model of type {type(model).__name__}: "
        "expected mlp(…), cnn(…), a keras.Model or a function that returns one"
    )
