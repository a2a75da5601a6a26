"""Which version of a package is installed, whichever distribution has brought it."""

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
    """Return the version of what `import package` loads; None where it is not installed."""
    if importlib.util.find_spec(package) is None:
        return None
    for distribution in _DISTRIBUTIONS.get(package, (package,)):
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    found: str | None = getattr(importlib.import_module(package), "__version__", None)
    return found  # built from its source, say: it loads slowly, but tells
