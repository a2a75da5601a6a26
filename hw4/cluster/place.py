"""Sends blocks to an executor and waits for them; what is lost on the way is sent again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as Waiting

from hw4.cluster import worker
from hw4.cluster.likeness import likeness
from hw4.cluster.travel import Block, packed
from hw4.cluster.worker import Answer
from hw4.data.dataset import first_line
from hw4.networks.models import Custom
from hw4.store.rows import Row
from hw4.store.store import notify
from hw4.training.recipe import Recipe, describe

TRIES = 4  # a block that has ended so many workers ends the next one too
_LOOK = 5.0  # seconds after which to see whether anybody is there
_FINAL = ("KilledWorker",)  # errors of an executor that has sent a block again and again itself


class PlaceError(RuntimeError):
    """Nothing can be trained at a place any more; the message is a sentence."""


class BlockError(RuntimeError):
    """A block ends every worker that begins it; the message is a sentence."""


class Remote:
    """Trains blocks on the workers of an executor; see `hw4.training.executor.Place`.

    Args:
        executor: a function that returns it, called once, and once more where it has been lost; not
            again after it has raised `PlaceError`.
        check: raises `PlaceError` where waiting is in vain; called every few seconds.
    """

    def __init__(
        self, executor: Callable[[], Executor], check: Callable[[], None] = lambda: None
    ) -> None:
        self._connect, self._check = executor, check
        self._connecting = threading.Lock()
        self._executor: Executor | None = None
        self._gone = ""  # why there is none any more

    def train(self, recipe: Recipe, seeds: Sequence[int], keys: Sequence[str]) -> list[Row] | None:
        """Return each seed's arrays; None if the block must be trained here, which is said once.

        Raises:
            PlaceError: the executor is lost, or a worker differs from this machine.
            BlockError: workers were lost over this block, again and again.
        """
        if recipe.unseen:
            return None
        try:
            block = packed(Block(recipe, tuple(seeds), tuple(keys), likeness()))
        except Exception as error:  # whatever an object raises that cannot be pickled
            _say_stays(recipe, f"it cannot be sent ({first_line(error)})")
            return None
        answer = self._sent(block, recipe)
        if answer.differs:
            raise PlaceError(f"a worker {answer.differs}: expected the same on every worker")
        if answer.failed:
            _say_stays(recipe, answer.failed)
        return answer.rows

    def _sent(self, block: bytes, recipe: Recipe) -> Answer:
        """Return the answer to a block, which is sent until there is one."""
        for _ in range(TRIES):
            executor = self._connected()
            try:
                return self._waited(executor, block)
            except PlaceError:
                raise
            except Exception as error:  # each executor has its own for a worker that is gone
                why = first_line(error) or type(error).__name__
                self._lost(executor)
                if type(error).__name__ in _FINAL:
                    break
        raise BlockError(f"every worker that began {recipe} was lost ({why})")

    def _waited(self, executor: Executor, block: bytes) -> Answer:
        future = executor.submit(worker.train, block)
        while True:
            try:
                return future.result(timeout=_LOOK)
            except Waiting:
                if future.done():
                    raise
                if self._executor is not executor:  # another lane has lost it
                    raise ConnectionError("the connection was lost") from None
                self._check()

    def _connected(self) -> Executor:
        with self._connecting:
            if self._gone:  # no lane after the first waits for it again
                raise PlaceError(self._gone)
            if self._executor is None:
                try:
                    self._executor = self._connect()
                except PlaceError as error:
                    self._gone = str(error)
                    raise
            return self._executor

    def _lost(self, executor: Executor) -> None:
        """Ask for an executor anew, unless another lane has."""
        with self._connecting:
            if self._executor is executor:
                self._executor = None


def _say_stays(recipe: Recipe, why: str) -> None:
    """Say that a recipe's blocks are trained on this machine, once for a network's name."""
    network = describe(recipe.network)
    whose = f"{network!r}" if isinstance(recipe.network, Custom) else network
    notify(f"{whose} is trained on this machine: {why}")
