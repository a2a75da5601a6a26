"""All that hw4 uses of Keras and TensorFlow though their documentation does not promise it.

Each function says what it stands for, and its unit test holds it to that, with the oldest and the
newest versions that are allowed. Nothing is imported before it is asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from tensorflow.core.framework.op_def_pb2 import OpDef

# Keras: models and layers


def layers_of(model: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Return the model, its layers, and all layers within those; each once."""
    return list(model._flatten_layers())


def own_variables(layer: keras.layers.Layer) -> list[keras.Variable]:
    """Return a layer's variables without those of layers within it."""
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def generators_of(layer: keras.layers.Layer) -> list[keras.random.SeedGenerator]:
    """Return a layer's own random generators, `keras.random.SeedGenerator`."""
    return list(layer._seed_generators)


def is_seeded(generator: keras.random.SeedGenerator) -> bool:
    """Return whether the user has given a random generator its seed."""
    return generator._initial_seed is not None


class Arguments(Protocol):
    """The arguments of a layer's call, those that are symbolic tensors in `keras_tensors`."""

    keras_tensors: list[keras.KerasTensor]

    def fill_in(
        self, tensors: Mapping[int, tf.Tensor]
    ) -> tuple[tuple[object, ...], dict[str, object]]:
        """Return args and kwargs with other tensors in their place, by the symbolic ones' ids."""
        ...


def call_of(layer: keras.layers.Layer) -> Arguments | None:
    """Return the arguments of a layer's first call in a functional model; None of another layer."""
    return layer._inbound_nodes[0].arguments if layer._inbound_nodes else None


def takes_training(layer: keras.layers.Layer) -> bool:
    """Return whether a layer's `call` has the argument `training`."""
    return bool(layer._call_has_training_arg)


def producer_of(tensor: keras.KerasTensor) -> keras.Operation:
    """Return the layer or operation that a symbolic tensor comes from."""
    return tensor._keras_history.operation


def mask_of(tensor: tf.Tensor) -> tf.Tensor | None:
    """Return the mask that a layer has attached to its output, or None."""
    return getattr(tensor, "_keras_mask", None)


def logits_of(tensor: tf.Tensor) -> tf.Tensor | None:
    """Return the logits that a softmax or sigmoid of Keras's attaches to its output, or None."""
    return getattr(tensor, "_keras_logits", None)


def with_logits(tensor: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Return an output with its logits attached, as a softmax or sigmoid of Keras's does."""
    tensor._keras_logits = logits
    return tensor


def is_global_seed(held: tf.Tensor) -> bool:
    """Return whether a resource is the state of the generator that Keras draws from by default."""
    from keras.src.backend.common import global_state

    generator = global_state.get_global_attribute("global_seed_generator")
    return generator is not None and generator.state.value.handle is held


def compile_options(model: keras.Model) -> dict[str, object]:
    """Return the arguments that `compile` was called with, by name, its defaults included."""
    options: dict[str, object] = model._compile_config.config
    return options


def loss_of_function(function: Callable[..., tf.Tensor], **options: object) -> keras.losses.Loss:
    """Return a function of labels and outputs as the loss that `compile` makes of it."""
    from keras.src.losses.losses import LossFunctionWrapper

    name = getattr(function, "__name__", type(function).__name__).strip("<>")  # of a lambda
    loss: keras.losses.Loss = LossFunctionWrapper(function, name=name, **options)
    return loss


def is_distributed(model: keras.Model) -> bool:
    """Return whether a model was built within a strategy of `tf.distribute`."""
    return model._distribute_strategy is not None


# Keras: optimisers

_FOR_ALL_BACKENDS = (
    "assign",
    "assign_add",
    "assign_sub",
    "stateless_apply",
    "_apply_weight_decay",
    "_backend_update_step",
    "_var_key",
)


def stateless(optimiser: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return an optimiser of the same kind and options whose `stateless_apply` works on TensorFlow.

    TensorFlow's variant refuses it because of `tf.distribute`, which has no part here; so Keras's
    methods for all backends take the place of that variant's. What the kind overrides stays so.
    """
    from keras.src.backend.tensorflow.optimizer import TFOptimizer
    from keras.src.optimizers.base_optimizer import BaseOptimizer

    kind = type(optimiser)
    methods = {name: getattr(BaseOptimizer, name) for name in _FOR_ALL_BACKENDS}
    neutral = type("Neutral", (TFOptimizer,), methods)
    neutral_kind: type[keras.optimizers.Optimizer] = type(kind.__name__, (kind, neutral), {})
    return neutral_kind.from_config(optimiser.get_config())


def is_derived_from_keras(thing: object) -> bool:
    """Return whether a class of Keras's is among an object's classes; nothing is imported."""
    return any(kind.__module__.startswith("keras.") for kind in type(thing).__mro__)


def rate_and_options(optimiser: keras.optimizers.Optimizer) -> tuple[object, dict[str, object]]:
    """Return an optimiser's learning rate, a number or what it was given instead, and its options.

    The configuration of a schedule of the user's own, which is part of its own, need not exist.
    """
    from keras import Variable

    rate = optimiser._learning_rate
    if isinstance(rate, Variable):
        return rate.numpy(), optimiser.get_config()
    optimiser._learning_rate = 1.0
    try:
        return rate, optimiser.get_config()
    finally:
        optimiser._learning_rate = rate


def has_exceptions(optimiser: keras.optimizers.Optimizer) -> bool:
    """Return whether some variables are excluded from an optimiser's weight decay."""
    names = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    return any(getattr(optimiser, name, None) for name in names)


# TensorFlow


def caller(
    session: tf.compat.v1.Session, feeds: Sequence[tf.Tensor], fetches: Sequence[tf.Tensor]
) -> Callable[..., list[NDArray[np.generic]]]:
    """Return `Session.make_callable` of tensors, which looks their names up once, not in each call.

    A small network's step takes half as long so. The function takes an array for each of the feeds
    and returns a list of arrays, one for each of the fetches.
    """
    from tensorflow.core.protobuf import config_pb2

    options = config_pb2.CallableOptions(
        feed=[tensor.name for tensor in feeds], fetch=[tensor.name for tensor in fetches]
    )
    call: Callable[..., list[NDArray[np.generic]]] = session._make_callable_from_options(options)
    return call


def in_callers_thread(*, fused: bool) -> tf.compat.v1.ConfigProto:
    """Return the configuration of a session that starts no threads.

    Args:
        fused: whether XLA compiles clusters of operations.
    """
    import tensorflow as tf
    from tensorflow.core.protobuf import config_pb2, rewriter_config_pb2

    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=1,  # an operation is one piece
        inter_op_parallelism_threads=-1,  # each runs in the caller's thread
        allow_soft_placement=True,  # as outside a session
    )
    graph = config.graph_options
    # It gives sums in a loop a temporary variable whose name two calls at once would share:
    # "AlreadyExistsError … tmp_var".
    graph.rewrite_options.memory_optimization = rewriter_config_pb2.RewriterConfig.NO_MEM_OPT
    if fused:
        graph.optimizer_options.global_jit_level = config_pb2.OptimizerOptions.ON_2
    return config


@functools.cache
def is_compilable(operation: str) -> bool:
    """Return whether XLA can compile a kind of operation, as "MatMul", for the processor."""
    from tensorflow.python.framework import kernels

    _load_xla()
    found = kernels.get_registered_kernels_for_op(operation).kernel
    return any(kernel.device_type == "XLA_CPU_JIT" for kernel in found)


@functools.cache
def _load_xla() -> None:
    """Compile something: only then TensorFlow knows what XLA can compile."""
    import tensorflow as tf

    tf.function(lambda: tf.constant(0), jit_compile=True, autograph=False)()


def definition_of(operation: str) -> OpDef | None:
    """Return how TensorFlow defines a kind of operation, as "MatMul": its inputs and attributes."""
    from tensorflow.python.framework import op_def_registry

    return op_def_registry.get(operation)
