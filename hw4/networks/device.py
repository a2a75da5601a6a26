"""Where the engine trains: on the processor, or on the first GPU that TensorFlow sees.

A GPU rounds otherwise than a processor, so its name is part of the key of what it has trained. How
the engine goes about it there was written without one: nobody has run it on a GPU yet.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hw4.networks import backend

if TYPE_CHECKING:
    import keras

_HIDE = "hide the GPU from TensorFlow to train on the processor, as by CUDA_VISIBLE_DEVICES=-1"


@dataclass(frozen=True)
class Device:
    """One way to train.

    Attributes:
        gpu: the GPU's name; "" for the processor, which no key names.
        all_compiled: whether XLA compiles all that is trained and measured; else the recipe says
            what. A GPU waits for each operation that it is given by itself, and what XLA compiles
            for it is the same on each run (`--xla_gpu_deterministic_ops`).
    """

    gpu: str
    all_compiled: bool

    @property
    def lanes(self) -> int:
        """How many blocks of seeds are trained at once: on a GPU one, which fills it or waits."""
        return 1 if self.gpu else backend.lanes()

    @property
    def key(self) -> list[str]:
        """What a run's key says of it."""
        return [f"gpu {self.gpu}"] if self.gpu else []

    def check(self, layers: Iterable[keras.layers.Layer]) -> None:
        """Refuse a network that cannot be trained there.

        Raises:
            ValueError: a layer is none that XLA compiles, as an LSTM that cuDNN computes.
        """
        for layer in layers if self.all_compiled else ():
            if not layer.supports_jit:
                raise ValueError(self.refusal(f"layer {layer.name!r} ({type(layer).__name__})"))

    def refusal(self, layer: str) -> str:
        """Return the sentence that refuses a layer which XLA does not compile there."""
        return (
            f"{layer} cannot be trained on the GPU {self.gpu!r}, because XLA does not compile it "
            f"there: expected another layer, or one with use_cudnn=False; or {_HIDE}"
        )


def choose(gpus: Sequence[Mapping[str, object]]) -> Device:
    """Return how to train where TensorFlow sees these GPUs.

    Args:
        gpus: of each, what `tf.config.experimental.get_device_details` tells.

    Raises:
        RuntimeError: the first GPU is not one of NVIDIA's.
    """
    if not gpus:
        return Device("", all_compiled=False)
    name, capability = gpus[0].get("device_name", "?"), gpus[0].get("compute_capability")
    if not isinstance(capability, tuple):
        raise RuntimeError(
            f"TensorFlow sees the GPU {name!r}: expected one of NVIDIA's; or {_HIDE}"
        )
    return Device(f"{name}, {'.'.join(map(str, capability))}", all_compiled=True)


@functools.cache
def current() -> Device:
    """Return how this process trains. TensorFlow is loaded only where there may be a GPU.

    Raises:
        RuntimeError: as for `choose`.
    """
    return choose(_gpus())


def _gpus() -> list[Mapping[str, object]]:
    if not backend.may_see_gpus():
        return []
    backend.configure()
    import tensorflow as tf

    details = tf.config.experimental.get_device_details
    return [details(gpu) for gpu in tf.config.get_visible_devices("GPU")]


def share_memory() -> None:
    """Let TensorFlow take a GPU's memory as it needs it: other workers train there too.

    What has been set up before, by the user, stays so.
    """
    if not current().gpu:
        return
    import tensorflow as tf

    for gpu in tf.config.get_visible_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except (RuntimeError, ValueError):  # it is in use already, or the user has set a limit
            return
