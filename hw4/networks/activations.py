"""How many bytes of a train step grow with its batch, read off the traced graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw4.networks import backend
from hw4.networks.models import ImageShape, Network, Source, network

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_SAME_MEMORY = ("ExpandDims", "Identity", "Reshape", "Squeeze", "StopGradient")
_SIZE_ALONE = ("Rank", "Shape", "ShapeN", "Size")  # operations that read no element


def activation_bytes(
    model: Network | Source, image_shape: ImageShape, classes: int, batch: int
) -> int:
    """Return how many bytes of activations a train step keeps for its backward pass.

    It counts the tensors that the forward pass computes for each image and the gradient reads
    again: they stay in memory until the loss is known. It does not count weights, their gradients
    and the optimiser's state, which are the same for any batch, or what operations free meanwhile.
    For a ReLU network without dropout that is 4 · batch · (pixels + hidden units + classes).

    Args:
        model: `mlp(…)`, `cnn(…)`, or a model of Keras's that ends in a softmax.
        image_shape: (height, width, channels).
        classes: how many outputs it has.
        batch: images a step.

    Raises:
        ValueError: the batch is less than 1.
        TypeError: a model of another type.
    """
    if batch < 1:
        raise ValueError(f"got batch={batch}, expected at least 1")
    described = network(model)
    backend.configure()
    backend.require_tensorflow()
    kept = _kept_for_backward(described.build(image_shape, classes), image_shape)
    an_image = sum(t.dtype.size * t.shape[1:].num_elements() for t in kept)
    return int(batch * an_image)


def _kept_for_backward(model: keras.Model, image_shape: ImageShape) -> list[tf.Tensor]:
    """Return the forward pass's tensors that have one row an image and that the gradient reads."""
    import keras
    import tensorflow as tf

    kept: dict[object, tf.Tensor] = {}

    def step(images: tf.Tensor, labels: tf.Tensor) -> None:
        graph = tf.compat.v1.get_default_graph()
        with tf.GradientTape() as tape:
            outputs = model(images, training=True)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, outputs))
        forward = set(graph.get_operations())
        tape.gradient(loss, model.trainable_variables)
        backward = [each for each in graph.get_operations() if each not in forward]
        read = [
            tensor for each in backward if each.type not in _SIZE_ALONE for tensor in each.inputs
        ]
        for tensor in map(_source, read):
            # The number of images alone is unknown while the step is traced.
            if tensor.op in forward and tensor.shape.rank and tensor.shape[0] is None:
                kept[tensor.ref()] = tensor

    images, labels = (tf.TensorSpec((None, *image_shape)), tf.TensorSpec((None,), tf.int32))
    tf.function(step, autograph=False).get_concrete_function(images, labels)
    return list(kept.values())


def _source(tensor: tf.Tensor) -> tf.Tensor:
    """Return the tensor whose memory this one shares."""
    while tensor.op.type in _SAME_MEMORY:
        tensor = tensor.op.inputs[0]
    return tensor
