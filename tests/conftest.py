"""Fixtures for tests of any folder."""

import json
import time

import pytest


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
