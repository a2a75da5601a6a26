"""How much memory a process needs for a train step, measured in a separate child process.

Importing TensorFlow takes seconds; a measurement takes one. So one process imports it and forks
itself for every measurement. This is safe before TensorFlow's first operation: it has no threads
yet, which a fork would lose. A claim's measurements are kept in its store, for this system and
these versions.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import json
import os
import platform
import re
import threading
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw4.networks import backend
from hw4.networks.models import CNN, MLP, ImageShape, Network
from hw4.processes.channel import Channel, Process
from hw4.processes.endings import last_line
from hw4.store.rows import Row
from hw4.store.store import in_use

_RESET = Path("/proc/self/clear_refs")  # "5" resets the peak, see proc(5)
_STATUS = Path("/proc/self/status")
_PROCESSOR = Path("/proc/cpuinfo")
_MEGABYTE = 1e6

Task = tuple[Network, ImageShape, int, int, int, list[int]]
"""Network, its images' shape, classes, batch, images of the training set, seeds."""

_one_task = threading.Lock()  # at a time is with the server

_ENVIRONMENT = {
    # What is freed goes back to the system at once, so that one seed's peak is not the next one's.
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "0",
    "OPENBLAS_NUM_THREADS": "1",  # NumPy's threads would be lost in a fork too
}


def can_measure_peaks() -> bool:
    """Return whether a process can read and reset its peak memory on this system: Linux."""
    return os.access(_RESET, os.W_OK)


def peak_memory(
    network: Network,
    image_shape: ImageShape,
    classes: int,
    *,
    batch: int,
    images: int,
    seeds: Iterable[int],
) -> NDArray[np.float64]:
    """Return a process's peak memory during one Keras train step a seed, (seeds,) in megabytes.

    The process holds the whole training set, Keras and TensorFlow; of their files, only the pages
    that it reads itself count. Adam takes the step, once to warm up and then on each seed's own
    images and weights. In a claim, peaks measured before on this system are taken from the store.

    Args:
        network: `mlp(…)` or `cnn(…)`.
        image_shape: (height, width, channels).
        classes: how many outputs it has.
        batch: images a step.
        images: the size of the training set; its pixels and labels are noise.
        seeds: of images and weights.

    Raises:
        OSError: the system does not tell, see `can_measure_peaks`; or the process failed.
        ValueError: not 1 <= batch <= images.
    """
    if not 1 <= batch <= images:
        raise ValueError(f"peak_memory got batch={batch}: expected 1 to {images}, its images")
    if not can_measure_peaks():
        raise OSError(f"cannot measure peak memory: expected {_RESET}, as Linux has it")
    seeds = [int(seed) for seed in seeds]
    keys = [_key(network, image_shape, classes, batch, images, seed) for seed in seeds]
    store = in_use() if isinstance(network, MLP | CNN) else None  # others' code has no key
    kept = store.get(keys, _fits) if store else []
    rows = [row for row in kept if row]
    if not rows or len(rows) < len(kept):
        with _one_task:
            found = _server().measure((network, image_shape, classes, batch, images, seeds))
        rows = [{"peak": np.array(peak, np.float64)} for peak in found]
        if store:
            store.put(dict(zip(keys, rows, strict=True)), origin())
    return np.array([row["peak"] for row in rows]) / _MEGABYTE


def origin() -> str:
    """Return the versions that have taken a peak's memory, as the store names them.

    Raises:
        RuntimeError: as for `hw4.networks.backend.versions`.
    """
    return "peak memory, tensorflow {}, keras {}, numpy {}".format(*_versions())


def _versions() -> tuple[str, ...]:
    return (*backend.versions(), np.__version__)


def _fits(row: Row) -> bool:
    return row.keys() == {"peak"} and row["peak"].shape == ()


def _key(network: Network, *rest: object) -> str:
    """Return the store's key of one peak: a SHA-256 over what decides it, this system included."""
    parts = [type(network).__name__, repr(network), *rest, _ENVIRONMENT, *_system()]
    return hashlib.sha256(json.dumps(["peak memory", *parts]).encode()).hexdigest()


@functools.cache
def _system() -> tuple[str, ...]:
    """Return what allocates memory, and what decides how much of it computing takes."""
    processor = next(iter(re.findall(r"model name\s*:\s*(.*)", _PROCESSOR.read_text())), "")
    system = platform.python_version(), platform.platform(), processor, str(os.cpu_count())
    return (*_versions(), *system)


class _Server(Process):
    """A process that has imported Keras and measures each task in a fork of itself.

    It ends with the process that started it, when their channel is closed.
    """

    def __init__(self) -> None:
        command = ["-c", f"from {__name__} import _serve; _serve()"]
        super().__init__(command, os.environ | _ENVIRONMENT)
        atexit.register(self.close)

    def measure(self, task: Task) -> list[int]:
        """Return each seed's peak in bytes.

        Raises:
            OSError: one sentence that says why there is none.
        """
        message = None
        try:
            self.channel.say("measure", task=task)
            message = self.channel.hear()
        finally:
            if not message:  # it failed, or an interrupt came first: the next one begins anew
                _server.cache_clear()
                why = self.close()
        if not message:
            raise OSError(f"the process that measures peak memory failed: {why}")
        peaks: list[int] = message["peaks"]
        return peaks

    def close(self) -> str:
        """End the process and return the last line that it printed."""
        atexit.unregister(self.close)
        with self:
            self.stop(0)  # it has failed, or has nothing to tear down
            return last_line(self.printed())


@functools.cache
def _server() -> _Server:
    return _Server()


# In the process


def _serve() -> None:
    """Measure one task after the other, until one fails or whoever started this has gone."""
    channel, failed = Channel.up(), 0
    backend.configure()
    with backend.quick_import():
        import keras  # noqa: F401

    while not failed and (message := channel.hear()):
        child = os.fork()
        if not child:
            channel.say("measured", peaks=_peaks(*message["task"]))
            os._exit(0)
        failed = os.waitpid(child, 0)[1]
    os._exit(bool(failed))  # at once: TensorFlow takes a second to be torn down


def _peaks(
    network: Network,
    image_shape: ImageShape,
    classes: int,
    batch: int,
    images: int,
    seeds: list[int],
) -> list[int]:
    """Return the peak of a train step in bytes, each seed's."""
    model = network.build(image_shape, classes)
    model.compile("adam", "sparse_categorical_crossentropy")
    peaks = []
    for warming_up, seed in [(True, 0), *((False, seed) for seed in seeds)]:
        rng = np.random.default_rng(seed)
        x = rng.random((images, *image_shape), np.float32)
        y = rng.integers(0, classes, images)
        model.set_weights([0.1 * rng.random(weight.shape) for weight in model.get_weights()])
        _RESET.write_text("5", encoding="ascii")
        model.train_on_batch(x[:batch], y[:batch])
        if not warming_up:
            peaks.append(_peak())
    return peaks


def _peak() -> int:
    """Return the peak resident size since it was last reset, in bytes."""
    lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    return int(lines["VmHWM"].removesuffix("kB")) * 1024
