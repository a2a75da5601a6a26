"""A process that measures one tree's benchmarks when it is told to."""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hw4.bench import child as bench_child
from hw4.bench.finding import Place
from hw4.bench.trees import BenchError, Tree, outside_git
from hw4.processes.channel import Message, Process
from hw4.processes.endings import how_it_ended, refusal

FILLED = "HW4_BENCH_FILLED"  # the variable that only takes room
ROOM = 4096  # bytes, a page: by less, the stack and the heap of processes lie differently
PARTING = 5.0  # seconds in which a process that has measured everything tears its fixtures down


class BrokenDownError(Exception):
    """A process that measured and died, in one sentence."""


class Benchmarks(Process):
    """One tree's benchmarks, in a process that measures when it is told to.

    Its environment has a random size. Otherwise the length of the tree's path would decide, in
    every process alike, where the stack and the heap begin, and this would be part of the ratio
    (Mytkowicz et al. 2009).
    """

    def __init__(self, tree: Tree, other: Tree, arguments: list[str]) -> None:
        self._tree = tree
        self._cache = tempfile.TemporaryDirectory(prefix="hw4-")  # a tree's own stays as it is
        cache = ["-o", f"cache_dir={self._cache.name}"]
        own = dict.fromkeys(f for top in (tree.folder, tree.root) for f in (top, top / "src"))
        places = [*map(str, own), os.environ.get("PYTHONPATH", "")]
        outer = {k: v for k, v in outside_git().items() if not k.startswith("PYTEST_")}
        environment = {
            "PYTHONPATH": os.pathsep.join(filter(None, places)),
            bench_child.OTHER: str(other.root),
            bench_child.PARENT: str(os.getpid()),
            FILLED: "x" * secrets.randbelow(ROOM),
        }
        command = [bench_child.__file__, *cache, *arguments]
        super().__init__(command, outer | environment, tree.folder)

    def hear(self) -> Message:
        """Return its next message.

        Raises:
            BrokenDownError: it has ended, or pytest has in it.
        """
        message = self.last_word()
        if message["event"] == "end":
            raise self._broken(f"ended early, exit code {message['code']}")
        return message

    def last_word(self) -> Message:
        """Return its next message, which may be that pytest has ended.

        Raises:
            BrokenDownError: it has ended.
        """
        if message := self.channel.hear():
            return message
        code, said = self.stop(), self.printed().strip().splitlines()
        ended = how_it_ended(code)
        # What it printed last is not why it was killed.
        raise self._broken(f"{ended}: {said[-1]}" if code >= 0 and said else ended)

    def _broken(self, why: str) -> BrokenDownError:
        return BrokenDownError(f"the process with the benchmarks of {self._tree.name} {why}")

    def __exit__(self, *error: object) -> None:
        """Let it end, or end it, and whatever it has started."""
        self.stop(PARTING if error == (None, None, None) else 0)
        self.kill()
        super().__exit__(*error)
        self._cache.cleanup()


@dataclass(frozen=True)
class Collected:
    """What a process has collected.

    Attributes:
        ids: of its benchmarks.
        missing: paths that none of them is called by.
        places: of those within the tree.
        unknown: what this machine does not tell of them, a sentence each.
    """

    ids: list[str]
    missing: list[str]
    places: dict[str, Place]
    unknown: list[str]


def collect(process: Benchmarks, tree: Tree) -> Collected:
    """Return what a process has collected.

    Raises:
        BenchError: they cannot be collected.
    """
    message = process.last_word()
    if message["event"] == "collected":
        places = _places(tree, message["places"])
        return Collected(message["ids"], message["missing"], places, message["unknown"])
    reason = message["failed"] or refusal(process.printed())
    raise BenchError(f"the benchmarks of {tree.name} cannot be collected: {reason}")


def _places(tree: Tree, said: dict[str, tuple[str, int]]) -> dict[str, Place]:
    """Return places as a reader of the repository knows them, of what lies in it."""
    root = tree.root.resolve()
    return {
        benchmark: Place(Path(file).relative_to(root).as_posix(), line)
        for benchmark, (file, line) in said.items()
        if Path(file).is_relative_to(root)
    }
