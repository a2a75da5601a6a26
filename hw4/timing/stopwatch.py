"""How long two callables take, measured side by side: interleaved rounds in one process.

The time of a single call says little: frequency, caches and neighbours (other programs) change from
second to second, and on a shared machine within milliseconds. So every round times each callable
for a block of calls of at least four milliseconds. The blocks alternate in slices, in shuffled
order, with garbage collection off: whatever slows the machine for longer than a turn slows both.
Only the ratio within a round matters. `hw4.statistics.ratios` decides over the rounds of several
processes, which measure in pairs, a round each by turns (`hw4.plugin.timed`).
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import math
import operator
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

if sys.platform == "win32":
    resource = None
else:
    import resource

ROUNDS = 12  # a process: a neighbour comes and goes within tenths of a second
BLOCK = 4e-3  # seconds; an interruption of microseconds then changes a block by a thousandth
SLICE = BLOCK / 16  # seconds; in whole blocks, rounds spread five times as much on a busy machine
MANY_ELEMENTS = 1_000_000  # above, arrays are in memory, which neighbours share
WIDE = 0.15  # the least margin above that many elements
SINGLE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
"""The environment of a process that measures: libraries read it when they are loaded."""

_TRIES = 10  # if every second block is interrupted, one round in a thousand stays interrupted
_LOOK = BLOCK / 4  # seconds to search for the least time of a call, or two calls
_LONG = 10 * BLOCK  # seconds; a busy machine interrupts every longer block
_SPREAD = 0.2  # of a round's log ratio; then a process's median is off by a tenth
_BUSY = 0.25  # cores that other processes keep busy during the measurement
_PARALLEL = 1.25  # seconds of processor time a second: more than one thread
_FREQUENCY = 0.1  # by which the processor's frequency may change during the measurement

Work = Callable[[], object]


@dataclass(frozen=True)
class Rounds:
    """Seconds a call of two callables, of one process.

    Attributes:
        first: (rounds,) of the first callable, the ratio's numerator.
        second: (rounds,) of the second.
        elements: of the arrays that they work on; 0 if they have none.
        warnings: reasons not to trust these times, a phrase each.
    """

    first: list[float]
    second: list[float]
    elements: int = 0
    warnings: tuple[str, ...] = ()

    def plain(self) -> dict[str, object]:
        """Return the fields as plain values, from which `Rounds(**…)` can be built."""
        return asdict(self)


class Alone:
    """Lets a stopwatch measure at once, because no other process waits for its turn."""

    def turn(self) -> AbstractContextManager[object]:
        """Return the context in which to measure."""
        return contextlib.nullcontext()

    def leave(self) -> None:
        """Wait until no process measures any more."""


class Stopwatch:
    """Times two callables side by side: what the fixture `stopwatch` is.

    Attributes:
        rounds: how many rounds a call of it takes.
        turns: decides when it may measure.
    """

    def __init__(self, rounds: int = ROUNDS, turns: Alone | None = None) -> None:
        self.rounds = rounds
        self.turns = turns or Alone()

    def __call__(self, first: Work, second: Work, *, elements: SupportsIndex = 0) -> Rounds:
        """Return the rounds of both callables; a claim about time returns them.

        Args:
            first: the callable that is claimed to take longer. It takes no arguments, and must have
                finished its work when it returns.
            second: the callable that it is compared with.
            elements: of the arrays that they work on; above a million the margin is at least 15 %.

        Raises:
            TypeError: something that cannot be called, or an invalid number of elements.
        """
        for work in (first, second):
            if not callable(work):
                raise TypeError(f"stopwatch got {work!r}: expected two functions without arguments")
        elements = _whole(elements)
        works = (first, second)
        times = np.empty((self.rounds, len(works)))
        with _without_garbage_collection():
            for work in works:
                work()  # may compile, beside other processes that do
            with self.turns.turn():
                calls, turns = calls_and_turns(works)
            threads, order = Threads(), orders(len(works))
            for row in times:
                with self.turns.turn(), threads:
                    row[:] = np.mean(
                        [_turn(works, calls, next(order)) for _ in range(turns)], axis=0
                    )
        self.turns.leave()
        first_times, second_times = times.T.tolist()
        warnings = threads.warnings() + _warnings(times, np.multiply(calls, turns))
        return Rounds(first_times, second_times, elements, tuple(warnings))


def least_margin(elements: int) -> float:
    """Return the least margin of a claim about arrays of so many elements; 0 where any will do."""
    return WIDE if elements > MANY_ELEMENTS else 0.0


def _whole(elements: SupportsIndex) -> int:
    """Return a number of elements, which may be a NumPy integer, as a plain one for the ledger."""
    number = operator.index(elements) if isinstance(elements, SupportsIndex) else -1
    if number < 0:
        raise TypeError(
            f"stopwatch got elements={elements!r}: expected a whole number of at least 0"
        )
    return number


def orders(works: int) -> Iterator[tuple[int, ...]]:
    """Yield, for ever, the order in which a turn runs the works.

    All orders come equally often, so no work follows another more often than it precedes it. The
    sequence of orders differs from process to process.
    """
    rng, each = np.random.default_rng(), list(itertools.permutations(range(works)))
    while True:
        yield from (each[index] for index in rng.permutation(len(each)))


def calls_and_turns(works: Sequence[Work]) -> tuple[list[int], int]:
    """Return how many calls of each make a slice, and how many turns of slices make a block.

    A slice takes SLICE, or one call of the slowest work if that is more, but at most a block. So no
    block is longer than the slowest work requires. Each slice begins with caches full of the other
    work. If one of two equally fast works had slices of twice as many calls, this effect would
    weigh half as much on it: two to five percent, different in every process.
    """
    each = [_least_seconds(work, 1) for work in works]
    seconds = min(max(SLICE, *each), BLOCK)
    calls = [
        1 if one >= seconds else calls_that_take(seconds, work)
        for work, one in zip(works, each, strict=True)
    ]
    # A neighbour may spoil the one look or the other.
    if max(calls) <= 2 * min(calls) or max(each) <= 2 * min(each):
        calls = [max(calls)] * len(works)
    return calls, math.ceil(BLOCK / seconds)


def calls_that_take(seconds: float, work: Work) -> int:
    """Return the least number of calls, a power of two, that takes so many seconds."""
    calls = 1
    while _least_seconds(work, calls) * calls < seconds:
        calls *= 2
    return calls


def _least_seconds(work: Work, calls: int) -> float:
    """Return the least of several times of a call: a slow moment of the machine can only add time.

    A process that has waited for its turn is slow at first. If that counted as the usual time,
    slices would have single calls, each with caches full of the other work. In a long call such a
    moment is a small part, so one or two times are enough.
    """
    times = [seconds_a_call(work, calls)]
    while times[0] <= _LONG and (len(times) < 2 or calls * sum(times) < _LOOK):
        times.append(seconds_a_call(work, calls))
    return min(times)


def _turn(works: Sequence[Work], calls: Sequence[int], order: Iterable[int]) -> NDArray[np.float64]:
    """Return the seconds a call of each work, (works,), from a slice of each in this order."""
    times = np.empty(len(works))
    for index in order:
        times[index] = seconds_a_call(works[index], calls[index])
    return times


def seconds_a_call(work: Work, calls: int) -> float:
    """Return the mean time of so many calls in sequence, undisturbed if possible."""

    def block() -> float:
        repeat = range(calls)
        start = time.perf_counter()
        for _ in repeat:
            work()
        return time.perf_counter() - start

    return undisturbed(block) / calls


def undisturbed(block: Callable[[], float]) -> float:
    """Return the seconds of a block during which no other process took this one's core.

    An interrupted block is measured again, a few times. Interruptions do not depend on what the
    block computes, so this favours no callable. A long block is interrupted every time, and is
    kept.
    """
    for _ in range(_TRIES):
        before = _interruptions()
        seconds = block()
        if _interruptions() == before or seconds > _LONG:
            break
    return seconds


def _interruptions() -> int:
    """Return how often another process took the core of one of this one's threads; 0 if unknown."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw if resource else 0


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _warnings(times: NDArray[np.float64], calls: NDArray[np.int64]) -> list[str]:
    return unsteady(np.log(times[:, 0] / times[:, 1])) + too_short(float((times * calls).min()))


def unsteady(log_ratios: NDArray[np.float64]) -> list[str]:
    """Return a warning if the rounds' log ratios, (rounds,), spread too much."""
    low, high = np.quantile(log_ratios, [0.25, 0.75])
    spread = (high - low) / 1.349  # the standard deviation, were they normal
    return [f"rounds spread by {100 * spread:.0f} %"] if spread > _SPREAD else []


def too_short(seconds: float) -> list[str]:
    """Return a warning if a block was so short that interruptions and clocks matter."""
    expected = f"expected {1e3 * BLOCK:.0f}"
    return [f"a block took {1e3 * seconds:.2g} ms, {expected}"] if seconds < BLOCK / 4 else []


class Threads:
    """Counts how many threads worked in its `with` blocks."""

    def __init__(self) -> None:
        self._wall = self._own = 0.0

    def __enter__(self) -> None:
        self._wall -= time.monotonic()
        self._own -= time.process_time()

    def __exit__(self, *error: object) -> None:
        self._wall += time.monotonic()
        self._own += time.process_time()

    def warnings(self) -> list[str]:
        """Return a warning if more than one thread worked."""
        threads = self._own / max(self._wall, 1e-9)
        return [f"more than one thread worked ({threads:.1f} cores)"] * (threads > _PARALLEL)


class Watch:
    """Records what the machine does while processes measure, as far as Linux reports it."""

    def __enter__(self) -> Watch:
        self._wall, self._all, self._frequency = time.monotonic(), _busy_seconds(), _frequency()
        return self

    def __exit__(self, *error: object) -> None:
        self._wall = max(time.monotonic() - self._wall, 1e-9)
        self._all = _busy_seconds() - self._all
        self._frequency_after = _frequency()

    def around(self, own: float) -> list[str]:
        """Return, as phrases, what the machine did but for `own` seconds of processor time."""
        found = []
        others = (self._all - own) / self._wall
        if others > _BUSY:
            found.append(f"other processes kept {others:.1f} of {os.cpu_count()} cores busy")
        before, after = self._frequency, self._frequency_after
        if before and after and abs(after / before - 1) > _FREQUENCY:
            found.append(f"the processor went from {before / 1e3:.0f} to {after / 1e3:.0f} MHz")
        return found


def _busy_seconds() -> float:
    """Return the time that all cores were not idle, or others' machines had them; 0 if unknown."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
        user, nice, system, _idle, _waiting, irq, softirq, stolen = map(int, fields)
    except (OSError, ValueError):
        return 0.0
    return (user + nice + system + irq + softirq + stolen) / os.sysconf("SC_CLK_TCK")


def _frequency() -> int:
    """Return the first core's frequency in kHz; 0 if unknown."""
    path = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq")
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
