"""Hooks that the plugin calls."""


def pytest_hw4_serial_phase(tests: int) -> None:
    """Hear that the workers of xdist have gone, and that so many tests follow, one by one."""
