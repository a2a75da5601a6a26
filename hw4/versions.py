"""The installed version of a package, whichever distribution provides it."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util

_DISTRIBUTIONS = {
    "tensorflow": (
        "tensorflow",
        "tensorflow-cpu",
        "intel-tensorflow",
        "tensorflow-intel",
        "tensorflow-macos",
        "tensorflow-rocm",
        "tf-nightly",
        "tf-nightly-cpu",
    ),
    "keras": ("keras", "keras-nightly"),
}


@functools.cache
def version(package: str) -> str | None:
    """Return the version of what `import package` loads; None if it is not installed."""
    if importlib.util.find_spec(package) is None:
        return None
    for distribution in _DISTRIBUTIONS.get(package, (package,)):
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    found: str | None = getattr(importlib.import_module(package), "__version__", None)
    return found  # for example if built from source: importing is slow, but has the version
