"""Statements about training neural networks, as tests that give the same answer tomorrow.

`from hw4 import claim` is all that a file of claims needs; the pytest plugin does the rest.
"""

import hw4.processes.signals  # noqa: F401 - first: from here on a signal ends the command in one sentence
from hw4.claims.claim import Claim, ClaimError, Verdict, claim
from hw4.data import DataError, Dataset, Split, noisy_labels, shifted, shrunk
from hw4.networks.backend import configure
from hw4.networks.models import Network, cnn, mlp
from hw4.objectives.optimisers import Optimiser, adam, sgd
from hw4.objectives.stopping import early_stopping
from hw4.training.memory import activation_bytes
from hw4.training.peak_memory import can_measure_peaks, peak_memory
from hw4.training.runs import Runs

__all__ = [
    "Claim",
    "ClaimError",
    "DataError",
    "Dataset",
    "Network",
    "Optimiser",
    "Runs",
    "Split",
    "Verdict",
    "activation_bytes",
    "adam",
    "can_measure_peaks",
    "claim",
    "cnn",
    "configure",
    "early_stopping",
    "mlp",
    "noisy_labels",
    "peak_memory",
    "sgd",
    "shifted",
    "shrunk",
]
