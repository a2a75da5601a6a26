"""What surrounds code when it runs: interpreter, packages, processor and environment."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from hw4.recall.installed import Installed

_PROCESSOR = Path("/proc/cpuinfo")
_DRIVER, _GPUS = Path("/proc/driver/nvidia/version"), Path("/proc/driver/nvidia/gpus")
_NEUTRAL = re.compile(  # variables of a terminal, a session or a job, which change no result
    r"HW4_RUN|TMPDIR|TEMP|TMP|PYTEST_(CURRENT_TEST|XDIST_.*)|COLUMNS|LINES|PWD|OLDPWD|SHLVL|_|TERM(_.*)?|COLORTERM|LS_COLORS"
    r"|NO_COLOR|FORCE_COLOR|PS[0-9]|PROMPT.*|HIST.*|SSH_.*|DBUS_.*|XDG_(SESSION|VTNR|SEAT|RUNTIME).*"
    r"|DISPLAY|WAYLAND_.*|WINDOWID|TMUX.*|STY|VSCODE_.*|GNOME_.*|INVOCATION_ID|JOURNAL_STREAM"
    r"|GITHUB_(RUN_.*|SHA|REF.*|ENV|OUTPUT|PATH|STATE|STEP_.*|EVENT_.*|ACTION.*|ACTOR.*)|RUNNER_.*"
)
_BY_PACKAGES = (  # TensorFlow, Keras and scikit-learn set them when they are imported
    "ENABLE_RUNTIME_UPTIME_TELEMETRY",
    "HDF5_PLUGIN_PATH",
    "KMP_DUPLICATE_LIB_OK",
    "KMP_INIT_AT_FORK",
    "TF2_BEHAVIOR",
    "TPU_ML_PLATFORM",
    "TPU_ML_PLATFORM_VERSION",
    "TPU_SKIP_MDS_QUERY",
)


def surroundings(installed: Installed, start: Mapping[str, str]) -> list[object]:
    """Return all of it as plain data.

    Every variable of the environment counts as it is now, but those of terminals and jobs. Those
    that packages set count as they were at the start.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    variables = {name: v for name, v in os.environ.items() if not _NEUTRAL.fullmatch(name)}
    variables |= {name: start.get(name, "") for name in _BY_PACKAGES}
    return [
        sys.version,
        sys.executable,
        [*map(int, sys.flags)],
        [*map(str, sys.warnoptions)],
        {name: str(value) for name, value in sys._xoptions.items()},
        [*map(str, sys.path)],
        platform.platform(),
        processor(),
        cores,
        [_text(_DRIVER), *gpus()],
        installed.digest,
        variables,
    ]


def processor() -> list[str]:
    """Return the processor's name and what it can do, as far as the system tells."""
    lines = _text(_PROCESSOR).splitlines()
    told = [line for line in lines if line.startswith(("model name", "flags", "Features", "CPU "))]
    return sorted({*told}) or [platform.machine(), platform.processor()]


def gpus() -> list[str]:
    """Return the names of NVIDIA's GPUs, as far as the system tells, each as often as it is there.

    TensorFlow may see fewer of them; it is not loaded.
    """
    lines = [line for path in _GPUS.glob("*/information") for line in _text(path).splitlines()]
    return sorted(line.partition(":")[2].strip() for line in lines if line.startswith("Model:"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
