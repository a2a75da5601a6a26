"""Dropout's random masks, drawn by XLA: an eighth of a convolutional network's step otherwise.

TensorFlow's own kernel draws one number after the other; XLA's Threefry (Salmon et al. 2011,
Parallel random numbers: as easy as 1, 2, 3, SC) draws as many in half the time. Rate, scale and
what becomes of the gradient are as in `keras.layers.Dropout`.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

import keras
import tensorflow as tf

from hw4.networks import privates


def draw_by_xla(model: keras.Model) -> list[keras.layers.Dropout]:
    """Let every dropout layer of a model, whose input shapes are known, draw its mask by XLA.

    Returns:
        The layers, each with a `call` of its own.
    """
    layers = [
        layer
        for layer in privates.layers_of(model)
        if type(layer) is keras.layers.Dropout
        and layer.noise_shape is None
        and "call" not in vars(layer)  # the user's
    ]
    for layer in layers:
        layer.call = functools.partial(_dropout, layer)
    return layers


@contextlib.contextmanager
def drawn_by_xla(model: keras.Model) -> Iterator[None]:
    """Draw masks by XLA meanwhile: the model may be the user's."""
    layers = draw_by_xla(model)
    try:
        yield
    finally:
        for layer in layers:
            del layer.call


def _dropout(layer: keras.layers.Dropout, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
    """Return what `keras.layers.Dropout.call` returns, for another stream of random numbers."""
    if not training or not layer.rate:
        return inputs
    seed = tf.cast(layer.seed_generator.next(), tf.int32)
    kept = _kept(tuple(inputs.shape), layer.rate, seed)
    return tf.where(kept, inputs * (1 / (1 - layer.rate)), 0.0)


def _keep(shape: tuple[int, ...], rate: float, seed: tf.Tensor) -> tf.Tensor:
    """Return which elements stay, each with probability 1 − rate."""
    return tf.random.stateless_uniform(shape, seed, alg="threefry") >= rate


_kept = tf.function(_keep, jit_compile=True, autograph=False)
