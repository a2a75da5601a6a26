"""How TensorFlow is set up: the environment that it reads once, when it is first imported."""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from hw4.versions import version

_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
_SETTINGS = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",  # its start-up notices are no result
    # Its convolutions are a third faster than Eigen's also on processors without AVX-512, for which
    # TensorFlow leaves it off.
    _ONEDNN: "1",
    # A session gets threads of its own, or none as in `in_thread`; otherwise all get the first's.
    "TF_OVERRIDE_GLOBAL_THREADPOOL": "1",
}

# Each matrix product runs on one thread and the engine runs blocks of seeds side by side instead
# (for convolutions see `in_thread`). That is faster on small networks, and no sum is ordered by the
# number of cores: the same seed gives the same bits under `pytest`, `pytest -n 8` and on another
# machine with that kind of processor.
_FLAGS = {
    # Unrolled and vectorised once more, small networks take a quarter longer to compile and train
    # no faster. Nor do they if small matrix products are unrolled as far as XLA would, into tiles
    # of 11×9 vectors: these three in a layer are then half of what it compiles.
    "XLA_FLAGS": [
        "--xla_cpu_multi_thread_eigen=false",
        "--xla_backend_extra_options="
        "xla_cpu_disable_loop_unrolling,"
        "xla_cpu_disable_slp_vectorizer,"
        "xla_llvm_ir_gemm_tile_size=4:4:1*vectwidth",
    ],
    # What `in_thread` switches on: clusters of operations other than convolutions and products,
    # compiled before their first use, so that every run goes the same way.
    "TF_XLA_FLAGS": [
        "--tf_xla_cpu_global_jit",
        "--tf_xla_ops_to_cluster=FUSIBLE",
        "--tf_xla_enable_lazy_compilation=false",
    ],
}


# On a GPU two runs of one program give the same bits only so; a processor ignores it.
_FOR_GPUS = {"XLA_FLAGS": ["--xla_gpu_deterministic_ops=true"]}
_GPUS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd")  # one of NVIDIA's, in WSL, AMD's

LATE = (
    "TensorFlow was loaded before hw4 could set it up: the last digits may differ from other runs' "
    "(expected hw4.configure() in conftest.py, before anything imports TensorFlow)"
)
_late: bool | None = None  # whether TensorFlow was there before its environment was


def configure() -> None:
    """Set TensorFlow's and Keras's environment; what the user has set is not changed.

    Call it before anything imports TensorFlow, for example in `conftest.py`. The pytest plugin
    calls it before pytest imports a file that names `hw4`. It imports nothing.
    """
    global _late
    wanted = {name: os.environ.get(name, value) for name, value in _SETTINGS.items()}
    wanted |= {name: " ".join(_with_ours(name)) for name in _FLAGS}
    if _late is None:
        _late = "tensorflow" in sys.modules and not wanted.items() <= os.environ.items()
    os.environ.update(wanted)
    if _workers() > 1:
        # A compiled loop distributes its parts over one thread a core. For a small network that
        # costs more than it gains, because the other xdist workers fill the cores.
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(lanes()))
    # When Python exits, it collects garbage once more, among TensorFlow's half a million objects.
    # That takes a second or more, for which the parent process would have to wait.
    atexit.unregister(gc.freeze)  # by an earlier call
    atexit.register(gc.freeze)


def _with_ours(variable: str) -> list[str]:
    """Return the flags that the user set in a variable, and those of ours that are missing."""
    given = os.environ.get(variable, "").split()
    names = {flag.partition("=")[0] for flag in given}
    return given + [flag for flag in _ours(variable) if flag.partition("=")[0] not in names]


def _ours(variable: str) -> list[str]:
    return _FLAGS[variable] + (_FOR_GPUS.get(variable, []) if may_see_gpus() else [])


@functools.cache
def may_see_gpus() -> bool:
    """Return whether TensorFlow, which is not loaded, may find a GPU on this machine."""
    plugins = (Path(path) / "tensorflow-plugins" for path in sys.path)  # as of Apple's GPUs
    return any(map(os.path.exists, _GPUS)) or any(each.is_dir() for each in plugins)


def unusual() -> list[str]:
    """Return what may change a run's last digits: settings that are not ours, or set too late."""
    changed = [
        f"{name}={' '.join(_with_ours(name))}"
        for name in _FLAGS
        if {*_with_ours(name)} != {*_ours(name)}
    ]
    onednn = os.environ.get(_ONEDNN, "1")
    return changed + [f"{_ONEDNN}={onednn}"] * (onednn != "1") + ["late"] * bool(_late)


@contextlib.contextmanager
def quick_import() -> Iterator[None]:
    """Switch garbage collection off, unless TensorFlow is loaded: it is a third of its import."""
    if "tensorflow" in sys.modules or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def versions() -> tuple[str, str]:
    """Return the versions of TensorFlow and Keras; neither is imported.

    Raises:
        RuntimeError: one of them is not installed.
    """
    tensorflow, keras = version("tensorflow"), version("keras")
    if tensorflow is None or keras is None:
        missing = "Keras" if tensorflow else "TensorFlow" if keras else "Keras and TensorFlow"
        raise RuntimeError(f"training needs {missing}: expected pip install 'hw4[keras]'")
    return tensorflow, keras


def require_tensorflow() -> None:
    """Refuse another backend of Keras that the user has chosen, before Keras is imported.

    Raises:
        RuntimeError: one sentence that says what to set or to install.
    """
    versions()
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
    """Return this process's share of the cores: so many blocks of seeds train on them at once."""
    return max(1, cores() // _workers())


def _workers() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
