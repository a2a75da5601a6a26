"""The homework's networks and its optimiser, with its own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import hw4
from hw4 import Network, Optimiser


def homework_mlp(activation: str = "relu", norm: Literal["batch"] | None = None) -> Network:
    """Return the homework's dense network: Dense 300 → Dense 150 → softmax.

    Its initial weights are He-normal. `activation="relu"` is its `model_relu`, any other its
    `new_a_model`.
    """
    return hw4.mlp(widths=(300, 150), activation=activation, norm=norm)


def cnn(
    filters: Sequence[int] = (64, 128, 128, 256, 256),
    *,
    batch_norm_axis: int | None = 1,
    dropout: float = 0.3,
    l2: float = 1e-2,
) -> Network:
    """Return the homework's convolutional network, `get_net`, by default with all its filters.

    `batch_norm_axis=1` is the homework's own: on channels-last images it normalises rows.

    Raises:
        ValueError: as for `hw4.cnn`.
    """
    return hw4.cnn(filters, batch_norm_axis=batch_norm_axis, dropout=dropout, l2=l2)


def homework_adam(*, decay: float = 0.0) -> Optimiser:
    """Return the homework's optimiser: Adam at 1e-5; part 2 of it decays by 1e-3 a step."""
    return hw4.adam(1e-5, decay=decay)
