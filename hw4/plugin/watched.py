"""What this process reads, watched for claims with `cache=True`; loaded in every pytest run."""

from __future__ import annotations

import os
import tempfile

import pytest

from hw4.processes.signals import RUN
from hw4.recall import watch as watching
from hw4.recall.watch import Watch

WATCH = pytest.StashKey[Watch]()


def begin(config: pytest.Config) -> None:
    """Watch this process, from before any `conftest.py` is imported."""
    config.stash[WATCH] = watch = Watch()
    if RUN in os.environ:  # `hw4 run` has given it a temporary folder, and removes that
        watch.own.add(tempfile.gettempdir())
    watch.start()
    config.add_cleanup(watch.stop)


def forgo(config: pytest.Config) -> None:
    """End the watch: no claim here is to be remembered, and to be heard takes a file's time."""
    if watch := config.stash.get(WATCH, None):
        watch.stop()
        del config.stash[WATCH]


def notice(file: bytes) -> None:
    """Watch more closely once a file of claims that remember is to be imported."""
    if b"cache" in file:
        watching.probe()
