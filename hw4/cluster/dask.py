"""Dask as the executor: its scheduler's address is all that a user states."""

from __future__ import annotations

import contextlib
import logging
import time
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from hw4.cluster import worker
from hw4.cluster.likeness import difference, likeness
from hw4.cluster.place import PlaceError, Remote
from hw4.data.dataset import first_line

if TYPE_CHECKING:
    import distributed

_BEGIN = 10.0  # seconds in which a scheduler answers, and a first worker is there
_AGAIN = 30.0  # seconds in which a scheduler that has gone may be started again
_ALONE = 60.0  # seconds for which a scheduler may have no worker


class Scheduler:
    """The connection to a scheduler, made anew when it was lost.

    Args:
        address: as tcp://10.0.0.1:8786.
        known: whether another process of this run has reached it.
    """

    def __init__(self, address: str, *, known: bool = False) -> None:
        self._address = address
        self._client: distributed.Client | None = None
        self._manned = 0.0  # when there was a worker
        self._known = known

    def place(self) -> Remote:
        """Return the place where its workers train."""
        return Remote(self.connect, self.check)

    def connect(self) -> Executor:
        """Return its executor.

        Raises:
            PlaceError: it cannot be reached.
        """
        self.close()
        self._client = self._reached(_AGAIN if self._known else _BEGIN)
        self._known, self._manned = True, time.monotonic()
        # Of equal blocks, each is to be trained: one that has failed would fail for good.
        executor: Executor = self._client.get_executor(pure=False)
        return executor

    def _reached(self, seconds: float) -> distributed.Client:
        try:
            import distributed
        except ImportError:
            raise PlaceError(
                "a scheduler needs Dask: expected pip install 'hw4[cluster]'"
            ) from None
        for name in ("distributed", "tornado"):  # of what is lost we say one sentence
            logging.getLogger(name).setLevel(logging.CRITICAL)
        gone, until = self._known, time.monotonic() + seconds
        while True:
            try:
                return distributed.Client(self._address, timeout=seconds, set_as_default=False)
            except Exception as error:  # of its many layers
                if time.monotonic() < until and gone:
                    time.sleep(1)
                    continue
                why = first_line(error) or type(error).__name__
            if gone:
                raise PlaceError(f"scheduler {self._address} has gone")
            raise PlaceError(
                f"scheduler {self._address} cannot be reached ({why}): expected the address that "
                "dask scheduler prints, as tcp://10.0.0.1:8786"
            )

    def check(self) -> None:
        """See whether there are workers to wait for.

        Raises:
            PlaceError: there has been none for a minute.
        """
        client = self._client
        if client is None:  # lost: whoever makes it anew learns whether anybody is there
            return
        try:
            threads = client.nthreads()
        except Exception:  # the connection is lost: whoever waits learns that too
            return
        if threads:
            self._manned = time.monotonic()
        elif time.monotonic() > self._manned + _ALONE:
            raise PlaceError(f"scheduler {self._address} has no workers any more")

    def compared(self) -> int:
        """Return how many threads its workers have, all of them like this machine.

        Raises:
            PlaceError: it cannot be reached, has no workers, or one differs from this machine.
        """
        self.connect()
        assert self._client is not None
        try:
            with contextlib.suppress(TimeoutError):
                self._client.wait_for_workers(1, timeout=_BEGIN)
            threads: dict[str, int] = self._client.nthreads()
            if not threads:
                raise PlaceError(
                    f"scheduler {self._address} has no workers: expected dask worker "
                    f"{self._address}, on machines with this hw4"
                )
            found = self._client.run(worker.this_machine, on_error="return")
        except OSError:
            raise PlaceError(f"scheduler {self._address} has gone") from None
        for address, theirs in found.items():
            if isinstance(theirs, Exception):
                raise PlaceError(
                    f"worker {address} cannot load hw4 ({first_line(theirs)}): expected "
                    "pip install 'hw4[keras,cluster]' there"
                )
            if differs := difference(likeness(), theirs):
                raise PlaceError(f"worker {address} {differs}: expected the same on every worker")
        return sum(threads.values())

    def close(self) -> None:
        """Let go of it; blocks that nobody has begun are forgotten there."""
        if self._client is not None:
            with contextlib.suppress(Exception):  # it may have gone
                self._client.close(timeout=1)
        self._client = None
