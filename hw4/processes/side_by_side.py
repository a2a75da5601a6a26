"""Seeds of one claim side by side: `--hw4-jobs` processes, of which this one is the first.

The others are fresh processes that run pytest on the claim's test alone, as an xdist worker would:
each sets all fixtures up for itself, and nothing is shared with the seeds that run meanwhile. No
process is forked and no thread runs a test, for both fail with libraries that have threads of their
own. They are started when the seeds so far took so long that it pays, and end with the verdict.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pytest
from numpy.typing import NDArray

from hw4.processes.channel import GRACE, Message
from hw4.processes.child import TIMED, Child
from hw4.processes.endings import how_it_ended

WORTH = 2.0  # seconds that the rest of a block must take: to start a process takes one or two
_ENDING = (KeyboardInterrupt, SystemExit, GeneratorExit)  # raised to end this process


class JobError(Exception):
    """A process that ran a seed beside others has died."""


class UnlikeError(Exception):
    """A seed raised in one process what it does not raise in another."""


@dataclass(frozen=True)
class Given:
    """What a seed gave: its value (1,), and what its failed assertion said, if one failed."""

    value: NDArray[np.bool_ | np.float64]
    failed: str | None


class SideBySide:
    """Runs seeds here and in other processes at the same time.

    Args:
        item: the claim's test.
        others: how many other processes to start.
        options: of `config.option`, settled for every process of the run.

    Attributes:
        notices: sentences about processes that were of no use.
    """

    def __init__(self, item: pytest.Function, others: int, options: Message) -> None:
        self.notices: list[str] = []
        self._queue: deque[int] = deque()  # seeds that nobody has begun
        self._running: set[int] = set()  # seeds that other processes have begun
        self._found: dict[int, Given | str] = {}  # or what another process said in place of it
        self._changed = threading.Condition()
        self._closed = False
        once = options | {"hw4_jobs": 1}
        self._ready: set[Child] = set()
        self._children = [
            Child(item.config, [item.nodeid], "seeds", once, {}) for _ in range(others)
        ]
        self._threads = [
            threading.Thread(target=self._feed, args=(child,), daemon=True)
            for child in self._children
        ]
        for thread in self._threads:
            thread.start()

    def run(self, seeds: Sequence[int], here: Callable[[int], Given]) -> list[Given]:
        """Return what seeds give, in their order, and raise what the first of them raises.

        Args:
            seeds: (n,) seeds.
            here: runs one in this process. It runs those again that have raised elsewhere, which
                raises it here, with its traceback.

        Raises:
            JobError: a process died.
            UnlikeError: a seed that raised elsewhere raised nothing here.
        """
        with self._changed:
            self._queue.extend(seeds)
            self._changed.notify_all()
        raised: dict[int, BaseException] = {}
        while (seed := self._next()) is not None:
            try:
                self._found[seed] = here(seed)
            except _ENDING:
                raise
            except BaseException as error:  # pytest's skip is no Exception
                raised[seed] = error
                self._stop()
        with self._changed:
            self._changed.wait_for(lambda: not self._running)
        return [self._given(seed, here, raised) for seed in seeds]

    def _given(
        self, seed: int, here: Callable[[int], Given], raised: dict[int, BaseException]
    ) -> Given:
        if seed in raised:
            raise raised[seed]
        found = self._found.pop(seed)
        if isinstance(found, Given):
            return found
        if found:
            raise JobError(f"a process that ran seed {seed} beside others {found}")
        here(seed)
        raise UnlikeError(
            f"seed {seed} raised an exception in a process of its own, and none after other seeds: "
            "expected every seed by itself to give the same"
        )

    def _next(self) -> int | None:
        with self._changed:
            return self._queue.popleft() if self._queue else None

    def _stop(self) -> None:
        """Let nobody begin another seed; those that are before this one have begun."""
        with self._changed:
            self._queue.clear()

    # In a thread for each of the other processes

    def _feed(self, child: Child) -> None:
        """Give a process one seed after another, until there is a verdict or the process dies."""
        messages = child.messages()
        if (why := _not_ready(messages)) is not None:
            if not self._closed:
                self.notices.append(f"a process for other seeds {why or _ended(child)}")
            return
        self._ready.add(child)
        while (seed := self._wait()) is not None:
            child.channel.say("seed", seed=seed)
            answer = next((each for each in messages if each["event"] in ("gave", "raised")), None)
            found: Given | str = _ended(child) if answer is None else ""
            if answer and answer["event"] == "gave":
                found = Given(answer["value"], answer["failed"])
            with self._changed:
                self._found[seed] = found
                self._running.discard(seed)
                if not isinstance(found, Given):
                    self._queue.clear()
                self._changed.notify_all()
            if answer is None:
                return
        child.channel.say("enough")
        for _ in messages:  # while it tears its fixtures down
            pass

    def _wait(self) -> int | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            if self._closed:
                return None
            seed = self._queue.popleft()
            self._running.add(seed)
            return seed

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """End the processes: gently where nothing was raised, otherwise at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for child in self._children:
            if kind is not None or child not in self._ready:
                child.channel.say("stop")
        for thread in self._threads:
            thread.join(2 * GRACE)
        for child in self._children:
            with child:
                pass


def _not_ready(messages: Iterator[Message]) -> str | None:
    """Wait until a process is ready; return why it is not, "" if it has not said, or None."""
    for message in messages:
        if message["event"] == "ready":
            return None
        if message["event"] in ("failed", "skipped"):
            return f"could not begin: {message['message']}"
        if message["event"] == "end" and (message["refused"] or message["reason"]):
            return f"could not begin: {message['refused'] or message['reason']}"
    return ""


def _ended(child: Child) -> str:
    return how_it_ended(child.stop())


# In one of the other processes


def serve(item: pytest.Function, run: Callable[[int], Given]) -> bool:
    """Run the seeds that the deciding process sends, in one that only runs seeds.

    Args:
        item: the claim's test.
        run: runs one seed.

    Returns:
        Whether this process is one.
    """
    turns = item.config.stash.get(TIMED, None)
    if turns is None:
        return False
    asked = turns.ask("ready")
    while asked["event"] == "seed":
        try:
            given = run(asked["seed"])
        except KeyboardInterrupt:
            raise
        except BaseException:
            asked = turns.ask("raised")
        else:
            asked = turns.ask("gave", value=given.value, failed=given.failed)
    return True
