"""Hooks that the plugin calls."""

from typing import Any


def pytest_hw4_decided(record: dict[str, Any]) -> None:
    """Called when a claim is decided, or cannot be: `record` is its entry in the ledger."""


def pytest_hw4_serial_phase(tests: int) -> None:
    """Called when the workers of xdist have exited and `tests` serial tests remain."""
