"""Memory and instructions, read before and after a call."""

import errno
import os
import re
from types import SimpleNamespace

import numpy as np
import pytest

from hw4.timing import counters

LINUX = os.access("/proc/self/clear_refs", os.W_OK)
MEGABYTE = 1e6


def used(call):
    """Return how many bytes a call needs at its peak."""
    peaks = counters.peaks()
    before = next(peaks)
    call()
    return next(peaks) - before


@pytest.mark.skipif(not LINUX, reason="a system without /proc/self/clear_refs")
@pytest.mark.parametrize(
    ("call", "size"),
    [
        (lambda: bytearray(30_000_000), 30),
        (lambda: (bytearray(40_000_000), None)[1] or bytearray(10_000_000), 40),
        (lambda: np.arange(500_000.0).tolist(), 24),  # 8 bytes each, 32 as a float, 8 in the list
    ],
    ids=["one array", "one after the other", "small objects"],
)
def test_a_call_needs_as_much_again_as_the_first_time(call, size):
    """What the first call has freed is not taken for memory that the second does without.

    But for gaps between Python's small objects, of which earlier tests leave a few megabytes.
    """
    for _ in range(3):
        assert used(call) / MEGABYTE == pytest.approx(size, rel=0.3)


@pytest.mark.skipif(not LINUX, reason="a system without /proc/self/clear_refs")
def test_what_the_process_has_already_does_not_count():
    kept = bytearray(50_000_000)
    assert used(lambda: bytearray(5_000_000)) / MEGABYTE == pytest.approx(5, abs=1)
    assert len(kept) == 50_000_000


@pytest.mark.parametrize("missing", ["_RESET", "_STATUS"])
def test_where_the_system_does_not_tell_of_memory_a_sentence_says_so(
    missing, tmp_path, monkeypatch
):
    empty = tmp_path / "status"
    empty.write_text("Name: it\n" * (missing == "_STATUS"))
    (tmp_path / "reset").write_text("")
    monkeypatch.setattr(counters, "_RESET", tmp_path / "reset")
    monkeypatch.setattr(counters, missing, empty if missing == "_STATUS" else tmp_path / "none")
    with pytest.raises(OSError, match=r"^Memory is not measured: expected .*, as Linux has it$"):
        next(counters.peaks())


def test_instructions_are_counted_or_a_sentence_says_why_not():
    """On this machine, whichever it is."""
    try:
        count = counters.instructions()
    except OSError as error:
        assert re.fullmatch(r"Instructions are not counted: .+", str(error))  # noqa: PT017
        return
    start = count()
    sum(range(1_000_000))
    middle = count()
    sum(range(2_000_000))
    once, twice = middle - start, count() - middle
    assert once > 1_000_000
    assert 1.8 < twice / once < 2.2


@pytest.fixture
def system(monkeypatch):
    """Return a function that makes perf_event_open answer with a file, or fail with a code."""

    def answer(file, code=0):
        calls = []
        fake = SimpleNamespace(syscall=lambda *args: calls.append(args) or file)
        monkeypatch.setattr(counters.ctypes, "CDLL", lambda *args, **kwargs: fake)
        monkeypatch.setattr(counters.ctypes, "get_errno", lambda: code)
        monkeypatch.setattr(counters.platform, "machine", lambda: "x86_64")
        monkeypatch.setattr(counters.sys, "platform", "linux")
        return calls

    return answer


def test_the_counter_is_read_as_the_system_gives_it(system):
    """Eight bytes a reading; none once another program has taken the counter."""
    source, sink = os.pipe()
    calls = system(source)
    count = counters.instructions()
    os.write(sink, (5_000_000_000).to_bytes(8, "little") + (7).to_bytes(8, "little"))
    os.close(sink)
    assert [count(), count(), count()] == [5_000_000_000, 7, 0]
    os.close(source)
    ((number, attributes, process, core, group, flags),) = calls
    assert (number, process, core, group, flags) == (298, 0, -1, -1, 8)
    kind, size, config, *_ = memoryview(attributes[:16]).cast("I").tolist()
    assert (kind, size, config, len(attributes)) == (0, 64, 1, 64)
    # User space only, threads that are started later too, and all the time or not at all.
    inherit, pinned, exclude_kernel, exclude_hypervisor = 2, 4, 32, 64
    bits = int.from_bytes(attributes[40:48], "little")
    assert bits == inherit | pinned | exclude_kernel | exclude_hypervisor


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (errno.ENOENT, "this machine has no counter of them, as most virtual machines"),
        (errno.EACCES, "expected kernel.perf_event_paranoid of at most 2"),
        (errno.EPERM, "expected the right to call perf_event_open, as in a container"),
        (errno.EMFILE, os.strerror(errno.EMFILE)),
    ],
)
def test_a_refusal_says_why(system, code, why):
    system(-1, code)
    with pytest.raises(OSError, match="Instructions") as raised:
        counters.instructions()
    assert str(raised.value) == f"Instructions are not counted: {why}"


def test_another_system_has_no_such_call(system, monkeypatch):
    calls = system(3)
    monkeypatch.setattr(counters.sys, "platform", "darwin")
    with pytest.raises(OSError, match="expected Linux on x86-64 or ARM64"):
        counters.instructions()
    assert calls == []
