"""How much memory a process needs for a train step: measured in a child process of its own."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw4.models import ImageShape, Network
from hw4.training import backend

_RESET = Path("/proc/self/clear_refs")  # "5" resets the peak, see proc(5)
_STATUS = Path("/proc/self/status")
_MEGABYTE = 1e6

# What is freed goes back to the system at once, so that one seed's peak is not the next one's.
_ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "0"}


def can_measure_peaks() -> bool:
    """Return whether this system tells a process its peak memory and lets it reset that: Linux."""
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

    The process holds the whole training set, Keras and TensorFlow; Adam takes the step, once to
    warm up and then on each seed's own images and weights.

    Args:
        network: `mlp(…)` or `cnn(…)`.
        image_shape: (height, width, channels).
        classes: how many outputs it has.
        batch: images a step.
        images: the size of the training set; its pixels and labels are noise.
        seeds: of images and weights.

    Raises:
        OSError: the system does not tell, see `can_measure_peaks`; or the process failed.
    """
    if not can_measure_peaks():
        raise OSError(f"cannot measure peak memory: expected {_RESET}, as Linux has it")
    task = (network, image_shape, classes, batch, images, [int(seed) for seed in seeds])
    code = f"from {__name__} import _child; _child()"
    child = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(task),
        capture_output=True,
        env=os.environ | _ALLOCATOR,
    )
    if child.returncode:
        last = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise OSError(f"the process that measures peak memory failed: {last}")
    return np.array(child.stdout.split(), np.float64) / _MEGABYTE


def _child() -> None:
    """Read the task from standard input, and print each seed's peak in bytes."""
    network, image_shape, classes, batch, images, seeds = pickle.load(sys.stdin.buffer)
    backend.configure()
    model = network.build(image_shape, classes)
    model.compile("adam", "sparse_categorical_crossentropy")
    for warming_up, seed in [(True, 0), *((False, seed) for seed in seeds)]:
        rng = np.random.default_rng(seed)
        x = rng.random((images, *image_shape), np.float32)
        y = rng.integers(0, classes, images)
        model.set_weights([0.1 * rng.random(weight.shape) for weight in model.get_weights()])
        _RESET.write_text("5", encoding="ascii")
        model.train_on_batch(x[:batch], y[:batch])
        if not warming_up:
            print(_peak())


def _peak() -> int:
    """Return the peak resident size since it was last reset, in bytes."""
    lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    return int(lines["VmHWM"].removesuffix("kB")) * 1024
