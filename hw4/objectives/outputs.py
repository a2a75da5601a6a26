"""A network's outputs outside of its graph, as a loss within the graph would see them.

Keras computes a cross-entropy from the logits that made probabilities, where it finds them: in an
attribute of the outputs, or before the softmax or sigmoid that they come from. Otherwise the loss
of a probability that has rounded to 0 would be that of 1e-7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hw4.networks import privates

if TYPE_CHECKING:
    import tensorflow as tf

Last = Literal["Softmax", "Sigmoid", "kept"] | None
"""The operation that makes outputs of logits, or that Keras keeps the logits; None: no logits."""


def origin(outputs: tf.Tensor) -> tuple[tf.Tensor, Last]:
    """Return the logits of traced outputs, or else themselves, and what made them of logits."""
    kept = privates.logits_of(outputs)
    if kept is not None:
        return kept, "kept"
    if outputs.op.type in ("Softmax", "Sigmoid"):
        return outputs.op.inputs[0], outputs.op.type
    return outputs, None


def restored(outputs: tf.Tensor, logits: tf.Tensor, last: Last) -> tf.Tensor:
    """Return outputs of which a loss finds the logits, as within the network."""
    import tensorflow as tf

    if last == "kept":
        return privates.with_logits(tf.identity(outputs), logits)
    if last is None:
        return tf.identity(outputs)
    return tf.nn.softmax(logits) if last == "Softmax" else tf.nn.sigmoid(logits)
