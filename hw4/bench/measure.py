"""Has a benchmark become slower? Two trees measured side by side, in one run.

The revision is checked out beside the current tree. Three processes run each benchmark at a time:
one tree's, the other's, and the other's once more for control; they take turns, a block each, in
shuffled order. From set to set the trees change places, for where code and processes lie is a bias
of its own (Mytkowicz et al. 2009, Producing wrong data without doing anything obviously wrong!).
Three such sets of fresh processes make the rounds that `hw4.statistics.bootstraps` decides over;
what is still open gets as many again, twice at most.

What has regressed then is measured once more, from the beginning. Only if that measurement alone
says the same has it regressed; otherwise what the second one says counts. A process that is slow by
itself, as one in ten may be, would have to be slow in every set of both. More memory is confirmed
in the same way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hw4.bench import amounts
from hw4.bench import child as bench_child
from hw4.bench.finding import NOT_MEASURED, OPEN, SLOWER, Finding, Place, verdict
from hw4.bench.margins import Margins
from hw4.bench.process import Benchmarks, Collected, collect
from hw4.bench.trees import BenchError, Tree
from hw4.processes.channel import Message
from hw4.timing.stopwatch import Watch, orders, too_short, unsteady

SETS = 3  # of processes: what differs between two of them differs between releases as well
EXTENSIONS = 2  # of what is still open, with as many sets again
ROUNDS = 12  # a set
FEWEST = 4  # a set, of benchmarks that take seconds
ALIKE = 8  # times as many calls may fill a block of one process as of another
PATIENCE = 20.0  # seconds for a set's rounds of one benchmark

Tell = Callable[[str, int, int], None]
"""Is told which benchmark is measured, its number, and of how many."""


@dataclass
class Measured:
    """What is known of one benchmark: log ratios a set, or why there are none."""

    ratios: list[list[float]] = field(default_factory=list)  # now over before, a list a set
    controls: list[list[float]] = field(default_factory=list)  # one of the two over itself
    seconds: list[float] = field(default_factory=list)  # median before, a set
    failed: str = ""
    new: bool = False
    place: Place | None = None
    warnings: set[str] = field(default_factory=set)
    amounts: amounts.Measured = field(default_factory=amounts.Measured)

    def add(self, logs: NDArray[np.float64], exchanged: bool) -> None:
        """Add a set's rounds.

        Args:
            logs: (rounds, 3) logarithms of the times of a tree, the other, and the other again.
            exchanged: whether the first is the revision's.
        """
        first, second, again = logs.T
        now, before = (second, first) if exchanged else (first, second)
        self.ratios.append((now - before).tolist())
        self.controls.append((again - second).tolist())
        self.seconds.append(float(np.exp(np.median(before))))


@dataclass(frozen=True)
class Bench:
    """Two trees, and which of their benchmarks are compared.

    Attributes:
        now: the current tree.
        before: the revision's.
        paths: of benchmarks, as pytest takes them; where a tree lacks one, it has none there.
        options: of pytest, as `-k`.
        margins: how much slower is slower, and how much more is more.
        tell: is told of progress.
        unknown: what the machine has not told of amounts, a sentence each.
    """

    now: Tree
    before: Tree
    paths: list[str]
    options: list[str]
    margins: Margins = field(default_factory=Margins)
    tell: Tell = lambda benchmark, number, total: None
    unknown: set[str] = field(default_factory=set)

    def run(self, chosen: set[str] | None = None) -> list[Finding]:
        """Measure every benchmark and return the findings, in the current tree's order.

        Args:
            chosen: node ids of the benchmarks to measure; by default all are.

        Raises:
            BenchError: no benchmark can be collected in one of the trees, or neither has any.
            BrokenDownError: a process died.
        """
        found = self._measurement(chosen)
        worse = {b for b, each in found.items() if each.verdict == SLOWER or each.needs_more}
        if worse:
            second = self._measurement(worse, exchanged=True)
            found |= {
                benchmark: found[benchmark].confirmed(second[benchmark]) for benchmark in worse
            }
        return list(found.values())

    def _measurement(
        self, chosen: set[str] | None, *, exchanged: bool = False
    ) -> dict[str, Finding]:
        """Return what one measurement finds, by benchmark; without a choice, of every one.

        `exchanged` begins with the trees in each other's place.
        """
        measured = {benchmark: Measured() for benchmark in chosen or ()}
        wanted = chosen
        for _ in range(1 + EXTENSIONS):
            for _ in range(SETS):
                self._set(measured, wanted, exchanged=exchanged)
                exchanged = not exchanged
            found = {b: self._find(b, each) for b, each in measured.items()}
            wanted = {b for b, each in found.items() if each.verdict in OPEN}
            if not wanted:
                break
        return found

    def _set(
        self, measured: dict[str, Measured], chosen: set[str] | None, *, exchanged: bool
    ) -> None:
        """Add the rounds of three fresh processes; without a choice, of every benchmark."""
        first, second = (self.before, self.now) if exchanged else (self.now, self.before)
        trees, others = [first, second, second], [second, first, first]
        arguments = [*self.options, bench_child.PATHS, *self.paths]
        with contextlib.ExitStack() as stack:
            processes = [
                stack.enter_context(Benchmarks(tree, other, arguments))
                for tree, other in zip(trees, others, strict=True)
            ]
            collected = [collect(p, t) for p, t in zip(processes, trees, strict=True)]
            self.unknown.update(*(each.unknown for each in collected))
            now, before = collected[1::-1] if exchanged else collected[:2]
            both = set(before.ids) & (set(now.ids) if chosen is None else chosen)
            ids = [benchmark for benchmark in now.ids if benchmark in both]
            if chosen is None:
                self._check(now, before)
                for benchmark in [*now.ids, *before.ids]:
                    measured.setdefault(benchmark, Measured())
            for benchmark, each in measured.items():
                each.place = now.places.get(benchmark)
                if absent := self._absent(benchmark, now, before):
                    each.failed = f"{absent.name} does not have it"
                    each.new = absent is self.before and chosen is None
            for process in processes:
                process.channel.say("run", ids=ids)
            for number, benchmark in enumerate(ids, 1):
                self.tell(benchmark, number, len(ids))
                _measure(processes, measured[benchmark], exchanged)

    def _check(self, now: Collected, before: Collected) -> None:
        """Refuse paths and patterns that name no benchmark.

        Raises:
            BenchError: one does not.
        """
        if missing := [path for path in now.missing if path in before.missing]:
            raise BenchError(f"no benchmark {missing[0]!r}: expected one in either tree")
        if not now.ids and not before.ids:
            raise BenchError("no benchmark found: expected tests that use the fixture `benchmark`")
        if pattern := self.margins.idle([*now.ids, *before.ids]):
            raise BenchError(f"--margin names no benchmark: {pattern!r} fits none of them")

    def _absent(self, benchmark: str, now: Collected, before: Collected) -> Tree | None:
        """Return the tree that lacks a benchmark; None where both have it."""
        if benchmark not in now.ids:
            return self.now
        return None if benchmark in before.ids else self.before

    def _find(self, benchmark: str, measured: Measured) -> Finding:
        """Return what the rounds of a benchmark say."""
        place = measured.place
        if measured.failed:
            reason, new = measured.failed, measured.new
            return Finding(benchmark, NOT_MEASURED, reason=reason, new=new, place=place)
        rounds = min(map(len, measured.ratios))
        ratios = [each[:rounds] for each in measured.ratios]
        test = self.margins.test(benchmark)
        decision = test.decide(ratios, [each[:rounds] for each in measured.controls])
        judged = {
            kind: each.judged(self.margins.amount_test(kind, benchmark))
            for kind, each in measured.amounts.of.items()
            if each.now and each.before
        }
        return Finding(
            benchmark,
            verdict(decision),
            decision,
            float(np.median(measured.seconds)),
            warnings=tuple(sorted(measured.warnings)),
            place=place,
            amounts={kind: amount for kind, amount in judged.items() if amount},
        )


def _measure(processes: list[Benchmarks], measured: Measured, exchanged: bool) -> None:
    """Take rounds of the benchmark that every process runs next, and keep them.

    Raises:
        BenchError: a tree's process has imported the other tree's code.
    """
    ready = [process.hear() for process in processes]
    ended = [message for message in ready if message["event"] == "ended"]
    if not ended:
        _take_rounds(processes, ready, measured, exchanged)
    for process, message in zip(processes, ready, strict=True):
        if message["event"] == "ready":
            process.channel.say("stop")
            ended.append(process.hear())
    if strays := [message["stray"] for message in ended if message["stray"]]:
        raise BenchError(
            f"module {strays[0]} came from the other tree: expected the packages of each tree in "
            "its root or in src/"
        )
    never = [] if measured.ratios else ["it never called the fixture `benchmark`"]
    failures = [message["failed"] for message in ended if message["failed"]] + never
    if failures:
        measured.failed = failures[0]


def _take_rounds(
    processes: list[Benchmarks], ready: list[Message], measured: Measured, exchanged: bool
) -> None:
    calls = _calls([message["calls"] for message in ready])
    each = [
        c * message["seconds"] / message["calls"] for c, message in zip(calls, ready, strict=True)
    ]
    rounds = int(np.clip(PATIENCE / sum(each), FEWEST, ROUNDS))
    times, busy = np.empty((rounds, len(processes))), 0.0
    with Watch() as watch:
        for row, order in zip(times, orders(len(processes)), strict=False):
            for index in order:
                processes[index].channel.say("round", calls=calls[index])
                message = processes[index].hear()
                row[index], busy = message["seconds"], busy + message["busy"]
    measured.add(np.log(times), exchanged)
    measured.amounts.add(ready, exchanged)
    measured.warnings.update(watch.around(busy))
    measured.warnings.update(unsteady(np.array(measured.ratios[-1])))
    measured.warnings.update(too_short(float((times * calls).min())))


def _calls(own: list[int]) -> list[int]:
    """Return how many calls make a block of each process, from how many fill one of its own.

    The same for all, so that what a block's first call costs has the same share; but where one of
    them is many times slower, as many as the others' would take for ever.
    """
    return [max(own)] * len(own) if max(own) <= ALIKE * min(own) else own
