"""The order of all tests, and fixtures for those of any folder."""

import json
import os
import time
from pathlib import Path

import pytest

import hw4
from hw4.plugin.items import claim_of, rank

CONTROLS = Path(__file__).parent / "tests" / "quality" / "test_negative_controls.py"

hw4.configure()  # some tests import TensorFlow


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Let an idle worker take over tests from the end of another's list, as `hw4 run` does.

    An option in tox.ini would switch pytest-benchmark off where there are no workers.
    """
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.option.dist == "load" else None


def pytest_configure(config):
    """Let the engine's races be short where all tests run, after the workers; not by themselves."""
    if getattr(config.option, "dist", "no") != "no":
        os.environ.setdefault("HW4_RACES", "short")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Put the claims first, in the order of `hw4 run`, and then their controls.

    They train for minutes. So the longest part begins at once, and one worker builds the networks
    that all of it shares.
    """

    def place(item):
        if claim_of(item):
            return 0, rank(item)
        return (1,) if item.path == CONTROLS else (2,)

    items.sort(key=place)


@pytest.fixture(scope="session")
def beside_json():
    """Return a function that tells how long a call takes, in ways of a ledger through JSON.

    In processor time, which waits for nobody; a neighbour may come or go between the two ways.
    """

    def seconds(work):
        start = time.process_time()
        return work(), time.process_time() - start

    def measured(work, book):
        def through_json():
            return seconds(lambda: json.loads(json.dumps(book, indent=1)))[1]

        before = through_json()
        found, taken = seconds(work)
        return found, taken / max(before, through_json())

    return measured
