"""A data set made from another by a change to each of its splits."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from hw4.data.dataset import Dataset, Split


@dataclass(unsafe_hash=True)  # a value: nobody changes one
class Changed(Dataset):
    """Another data set's splits, changed one by one.

    Attributes:
        image_shape: height, width and channels after the change.
        target_shape: of the other one.
        fingerprint: the SHA-256 of the other one's fingerprint and of the change.
        base: the other one.
        change: returns a split, changed; its arguments are the split, the seed and this data set.
    """

    name: str
    classes: tuple[str, ...]
    image_shape: tuple[int, ...]
    fingerprint: str
    base: Dataset
    change: Callable[[Split, int, "Changed"], Split]
    amount: float
    target_shape: tuple[int, ...] | None = None

    def draw(self, seed: int, train: int, test: int) -> Split:
        """Draw the other one's split and change it."""
        return self.change(self.base.draw(seed, train, test), seed, self)


def changed(
    base: Dataset,
    kind: str,
    amount: float,
    said: str,
    change: Callable[[Split, int, Changed], Split],
) -> Changed:
    """Return a data set's change of a kind, which is part of the fingerprint."""
    fingerprint = hashlib.sha256(f"{base.fingerprint} {kind} {amount!r}".encode()).hexdigest()
    name = f"{base.name} ({said})"
    made = Changed(name, base.classes, base.image_shape, fingerprint, base, change, amount)
    return replace(made, target_shape=base.target_shape)
