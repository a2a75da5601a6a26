"""How TensorFlow is set up: the environment that it reads once, when it is first imported."""

from __future__ import annotations

import os

# Each matrix product runs on one thread and the engine runs blocks of seeds side by side instead.
# That is faster on small networks, and no sum is ordered by the number of cores: the same seed
# gives the same bits under `pytest`, `pytest -n 8` and on another machine of that kind.
_XLA_FLAG = "--xla_cpu_multi_thread_eigen=false"


def configure() -> None:
    """Set TensorFlow's and Keras's environment, leaving alone what the user has set.

    Must come before either is imported; imports neither.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its start-up notices are no result
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_cpu_multi_thread_eigen" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {_XLA_FLAG}".strip()


def require_tensorflow() -> None:
    """Refuse another backend of Keras that the user has chosen, before Keras is imported.

    Raises:
        RuntimeError: one sentence that says what to set.
    """
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen != "tensorflow":
        raise RuntimeError(f"Keras runs on {chosen!r}: set KERAS_BACKEND=tensorflow for hw4")


def cores() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def lanes() -> int:
    """Return how many blocks of seeds to train at once: this process's share of the cores."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return max(1, cores() // workers)
