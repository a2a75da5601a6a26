"""Statements about training neural networks, as tests that give the same answer tomorrow.

`from hw4 import claim` is all that a file of claims needs; the pytest plugin does the rest.
"""

import importlib
from typing import TYPE_CHECKING

import hw4.processes.signals  # noqa: F401 - first: from here on a signal ends the command in one sentence

if TYPE_CHECKING:
    from hw4.claims.claim import Claim as Claim
    from hw4.claims.claim import ClaimError as ClaimError
    from hw4.claims.claim import Verdict as Verdict
    from hw4.claims.claim import claim as claim
    from hw4.data import DataError as DataError
    from hw4.data import Dataset as Dataset
    from hw4.data import Split as Split
    from hw4.data import noisy_labels as noisy_labels
    from hw4.data import shifted as shifted
    from hw4.data import shrunk as shrunk
    from hw4.networks.activations import activation_bytes as activation_bytes
    from hw4.networks.backend import configure as configure
    from hw4.networks.models import Network as Network
    from hw4.networks.models import cnn as cnn
    from hw4.networks.models import mlp as mlp
    from hw4.objectives.optimisers import Optimiser as Optimiser
    from hw4.objectives.optimisers import adam as adam
    from hw4.objectives.optimisers import sgd as sgd
    from hw4.objectives.stopping import early_stopping as early_stopping
    from hw4.training.peak_memory import can_measure_peaks as can_measure_peaks
    from hw4.training.peak_memory import peak_memory as peak_memory
    from hw4.training.runs import Runs as Runs

_HOMES = {  # module → the public names that are imported from it when they are first asked for
    "claims.claim": ("Claim", "ClaimError", "Verdict", "claim"),
    "data": ("DataError", "Dataset", "Split", "noisy_labels", "shifted", "shrunk"),
    "networks.activations": ("activation_bytes",),
    "networks.backend": ("configure",),
    "networks.models": ("Network", "cnn", "mlp"),
    "objectives.optimisers": ("Optimiser", "adam", "sgd"),
    "objectives.stopping": ("early_stopping",),
    "training.peak_memory": ("can_measure_peaks", "peak_memory"),
    "training.runs": ("Runs",),
}
__all__ = sorted(name for names in _HOMES.values() for name in names)

if not TYPE_CHECKING:  # or any name would be known

    def __getattr__(name: str) -> object:
        """Import a public name: pytest loads this package in every run of an environment."""
        for home, names in _HOMES.items():
            if name in names:
                return getattr(importlib.import_module(f"hw4.{home}"), name)
        raise AttributeError(f"module 'hw4' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
