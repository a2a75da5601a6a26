"""The homework: the first document whose statements `hw4` decides.

A guest: it uses public names of `hw4` only. Its text is in `homework.md`.
"""

from hw4.homework.networks import cnn, homework_adam, homework_mlp
from hw4.homework.sizes import CONVOLUTIONAL, DENSE, DENSE_FEW

__all__ = ["CONVOLUTIONAL", "DENSE", "DENSE_FEW", "cnn", "homework_adam", "homework_mlp"]
