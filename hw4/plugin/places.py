"""Where a run trains, if not in its own processes, and how it ends when that place is lost."""

from __future__ import annotations

import argparse
import atexit
import functools
from concurrent.futures import Executor
from typing import NoReturn

import pytest

from hw4.cluster.place import PlaceError, Remote
from hw4.processes.signals import KEPT, KEPT_OF
from hw4.store.store import notify_end


def place(option: argparse.Namespace, executor: Executor | None) -> Remote | None:
    """Return the place of an executor or of a scheduler of Dask; None trains in this process."""
    if executor is not None:
        return Remote(lambda: executor)
    scheduler = option.hw4_scheduler
    # `hw4 run` has reached it before any of its processes.
    return _at(scheduler, option.hw4_only_claims) if scheduler else None


@functools.cache
def _at(scheduler: str, known: bool) -> Remote:
    """Return the one connection of this process, which is made when there is something to train."""
    from hw4.cluster.dask import Scheduler

    connection = Scheduler(scheduler, known=known)
    atexit.register(connection.close)
    return connection.place()


def end(item: pytest.Item, error: PlaceError) -> NoReturn:
    """End the run: claims that need the place cannot be decided, and are not; the rest is kept."""
    option = item.config.option
    prefix = "--" if option.hw4_only_claims else "--hw4-"
    fresh = KEPT_OF.format(prefix, option.hw4_root_seed)
    said = f"{error}; {fresh if option.hw4_fresh_seeds else KEPT}"
    notify_end(said)
    item.session.shouldstop = said
    pytest.skip(said)
