"""What must be the same on two machines for a seed to train to the same bits."""

from __future__ import annotations

import functools
import hashlib
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import hw4
from hw4.networks import device
from hw4.recall.surroundings import processor
from hw4.versions import version

_ARITHMETIC = re.compile(r"\b(avx|fma|f16c|sse4|amx|asimd|sve|neon|bf16)\w*")
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_PACKAGES = {"Keras": "keras", "TensorFlow": "tensorflow", "NumPy": "numpy"}

Likeness = dict[str, str]
"""By name, as {"NumPy": "2.2.0"}."""


@functools.cache
def likeness() -> Likeness:
    """Return what this machine has: versions, and what its processor can do.

    Sums are cut into parts that fit the caches: their sizes decide last digits too.
    """
    known = {name: version(package) or "none" for name, package in _PACKAGES.items()}
    return {
        "hw4": f"{version('hw4')} ({_source()})",
        **known,
        "Python": ".".join(map(str, sys.version_info[:2])),
        "processor features": " ".join([platform.machine(), *_features(), *_caches()]),
        "device": device.current().gpu or "processor",
    }


def difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str | None:
    """Return in what another machine differs, as the end of a sentence; None if in nothing."""
    for name, own in ours.items():
        other = theirs.get(name, "none")
        if own != other:
            a, b = (_without(one.split(), two.split()) for one, two in ((other, own), (own, other)))
            return f"has {name} {a} where this machine has {b}"
    return None


def _without(words: list[str], others: Iterable[str]) -> str:
    """Return the words that others lack; of a version that is all of it."""
    return " ".join(word for word in words if word not in {*others}) or "fewer"


def _source() -> str:
    """Return a hash of this package's code: a version number says little of a checkout."""
    root, digest = Path(hw4.__file__).parent, hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def _features() -> list[str]:
    found = [each[0] for line in processor() for each in _ARITHMETIC.finditer(line)]
    return sorted({*found}) or [platform.processor()]


def _caches() -> list[str]:
    """Return the sizes of the first core's caches for data, as "L2=1024K"."""
    sizes = []
    for folder in sorted(_CACHES.glob("index*")):
        try:
            kind, level, size = (
                (folder / name).read_text(encoding="ascii").strip()
                for name in ("type", "level", "size")
            )
        except OSError:
            continue
        sizes += [f"L{level}={size}"] * (kind != "Instruction")
    return sizes
