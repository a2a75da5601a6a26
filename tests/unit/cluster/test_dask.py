"""Dask's scheduler, where `distributed` of the extra `cluster` is installed."""

import pytest

from hw4.cluster import dask
from hw4.cluster.place import PlaceError

pytest.importorskip("distributed")
NOBODY = "tcp://127.0.0.1:1"


@pytest.mark.parametrize(
    ("known", "said"), [(True, "has gone$"), (False, r"cannot be reached \(.*\): expected the .*")]
)
def test_a_scheduler_that_was_reached_has_gone_another_is_wrong_input(known, said, monkeypatch):
    monkeypatch.setattr(dask, "_BEGIN", 0.5)
    monkeypatch.setattr(dask, "_AGAIN", 0.5)
    with pytest.raises(PlaceError, match=f"^scheduler {NOBODY} {said}"):
        dask.Scheduler(NOBODY, known=known).connect()


class Connected:
    """A client of a scheduler that has no workers."""

    def nthreads(self):
        return {}


def test_a_minute_without_workers_is_told_unless_the_connection_is_being_made(monkeypatch):
    scheduler = dask.Scheduler(NOBODY)
    monkeypatch.setattr(dask, "_ALONE", -1)
    scheduler.check()
    scheduler._client = Connected()
    with pytest.raises(PlaceError, match=f"^scheduler {NOBODY} has no workers any more$"):
        scheduler.check()
