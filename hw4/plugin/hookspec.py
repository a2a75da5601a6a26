"""Hooks that the plugin calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hw4.ledger.records import Entry


def pytest_hw4_decided(record: Entry) -> None:
    """Called when a claim is decided, or cannot be: `record` is its entry in the ledger.

    A `hw4.ledger.records.Unmeasured` says why it could not be; any other type is a claim's kind.
    """


def pytest_hw4_serial_phase(tests: int) -> None:
    """Called when the workers of xdist have exited and `tests` serial tests remain."""
