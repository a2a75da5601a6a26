"""A run as the store keeps it: bytes under a digest, so that what is read is what was written."""

from __future__ import annotations

import hashlib
import json
import math

import numpy as np
from numpy.typing import NDArray

Row = dict[str, NDArray[np.float64]]
"""One run's arrays by name."""

_FLOAT = np.dtype("<f8")  # of every array, on every machine


def pack(row: Row) -> bytes:
    """Return a line of JSON that has the names and shapes, then the numbers, one array on another.

    Raises:
        ValueError: an array that is not of numbers.
    """
    arrays = {name: np.asarray(values, _FLOAT) for name, values in row.items()}
    head = json.dumps({name: values.shape for name, values in arrays.items()})
    return b"\n".join([head.encode(), b"".join(values.tobytes() for values in arrays.values())])


def unpack(packed: bytes) -> Row:
    """Return the arrays of bytes that `pack` made, as their digest has shown."""
    head, _, body = packed.partition(b"\n")
    row, start = {}, 0
    for name, shape in json.loads(head).items():
        size = math.prod(shape)
        values = np.frombuffer(body, _FLOAT, size, start).reshape(shape)
        row[name] = values.astype(np.float64)  # a copy that can be written to
        start += size * _FLOAT.itemsize
    return row


def digest(key: str, versions: str, packed: bytes) -> bytes:
    """Return a SHA-256 over a row: of another run, or with one bit changed, it is another one."""
    return hashlib.sha256(f"{key}\n{versions}\n".encode() + packed).digest()
