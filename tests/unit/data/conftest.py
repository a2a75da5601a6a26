from pathlib import Path

import pytest


@pytest.fixture
def forbid(monkeypatch):
    """Takes away the permission to read a path; file modes would not stop an administrator."""

    def take_away(forbidden):
        for method in ("open", "iterdir"):
            monkeypatch.setattr(Path, method, _refusing(getattr(Path, method), forbidden))

    return take_away


def _refusing(original, forbidden):
    def call(path, *args, **kwargs):
        if path == forbidden:
            raise PermissionError(13, "Permission denied", str(path))
        return original(path, *args, **kwargs)

    return call
