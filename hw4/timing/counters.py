"""What a call needs beside time: memory and instructions, as Linux counts them.

Neither depends on how busy the machine is. Both are read like a clock, before and after the call.
A process that measures another tree loads this file by its path, so it imports no `hw4`.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import os
import platform
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

_RESET = Path("/proc/self/clear_refs")  # "5" resets the peak, see proc(5)
_STATUS = Path("/proc/self/status")
_PEAK = "VmHWM:"  # its line there

_SYSCALLS = {"x86_64": 298, "aarch64": 241}  # of perf_event_open
_INSTRUCTIONS = 1  # PERF_COUNT_HW_INSTRUCTIONS, of the type PERF_TYPE_HARDWARE, 0
_FLAGS = sum(1 << bit for bit in (1, 2, 5, 6))  # inherit, pinned, exclude_kernel, exclude_hv
_CLOSE_ON_EXEC = 8
_REFUSALS = {
    errno.ENOENT: "this machine has no counter of them, as most virtual machines",
    errno.EACCES: "expected kernel.perf_event_paranoid of at most 2",
    errno.EPERM: "expected the right to call perf_event_open, as in a container",
}


def peaks() -> Iterator[int]:
    """Yield the process's resident memory in bytes, and then its peak since.

    Free memory is given back to the system first. Otherwise a call that takes it again would seem
    to need none. Memory of other processes, as those that a call starts, is not counted.

    Raises:
        OSError: one sentence that says why the system does not tell.
    """
    if not os.access(_RESET, os.W_OK):
        raise OSError(f"Memory is not measured: expected {_RESET}, as Linux has it")
    gc.collect()
    with contextlib.suppress(AttributeError):  # of another C library than GNU's
        ctypes.CDLL(None).malloc_trim(0)
    _RESET.write_text("5", encoding="ascii")
    yield _peak()
    yield _peak()


def _peak() -> int:
    lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    for line in lines:
        if line.startswith(_PEAK):
            return int(line.split()[1]) * 1024
    raise OSError(f"Memory is not measured: expected {_PEAK} in {_STATUS}, as Linux has it")


def instructions() -> Callable[[], int]:
    """Return a function that says how many instructions this thread has executed until now.

    Those in user space count, also of threads and processes that it starts later. It is 0 for ever
    if another program has taken the processor's counter away.

    Raises:
        OSError: one sentence that says why the system does not tell.
    """
    number = _SYSCALLS.get(platform.machine()) if sys.platform == "linux" else None
    if number is None:
        raise OSError("Instructions are not counted: expected Linux on x86-64 or ARM64")
    # struct perf_event_attr in its first version: type, size, config, sampling, formats, flags
    attributes = struct.pack("IIQQQQQIIQ", 0, 64, _INSTRUCTIONS, 0, 0, 0, _FLAGS, 0, 0, 0)
    system = ctypes.CDLL(None, use_errno=True)
    this_one, any_core, no_group = 0, -1, -1
    file = system.syscall(number, attributes, this_one, any_core, no_group, _CLOSE_ON_EXEC)
    if file < 0:
        code = ctypes.get_errno()
        raise OSError(f"Instructions are not counted: {_REFUSALS.get(code, os.strerror(code))}")
    return lambda: int.from_bytes(os.read(file, 8), sys.byteorder)
