"""A recipe says all that decides a run except its seed; it is the key of the store."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.metadata
import inspect
import json
from dataclasses import dataclass
from typing import Any

from hw4.data import Dataset
from hw4.models import Custom, Network

ENGINE = 1  # raise it when the engine computes something else for the same recipe and seed


@dataclass(frozen=True)
class Optimiser:
    """A Keras optimiser by name, with inverse-time decay of its learning rate.

    The rate at step t (from 0) is learning_rate / (1 + decay · t), as in
    `keras.optimizers.schedules.InverseTimeDecay` with `decay_steps=1`. Rate and decay are run-time
    numbers: recipes that differ only there share one compiled program.
    """

    name: str
    learning_rate: float
    decay: float = 0.0
    options: tuple[tuple[str, Any], ...] = ()

    def build(self) -> Any:
        """Return a new Keras optimiser with a constant learning rate."""
        import keras

        return getattr(keras.optimizers, self.name)(self.learning_rate, **dict(self.options))

    def __str__(self) -> str:
        numbers = [f"{self.learning_rate:g}"]
        numbers += [f"decay={self.decay:g}"] if self.decay else []
        numbers += [f"{key}={value:g}" for key, value in self.options]
        return f"{self.name}({', '.join(numbers)})"


def sgd(learning_rate: float, *, momentum: float = 0.0, decay: float = 0.0) -> Optimiser:
    """Return stochastic gradient descent, with heavy-ball momentum if `momentum` is above 0."""
    options = (("momentum", float(momentum)),) if momentum else ()
    return _checked(Optimiser("SGD", float(learning_rate), float(decay), options))


def adam(learning_rate: float, *, decay: float = 0.0, epsilon: float = 1e-7) -> Optimiser:
    """Return Adam with Keras's moment decays 0.9 and 0.999."""
    return _checked(
        Optimiser("Adam", float(learning_rate), float(decay), (("epsilon", float(epsilon)),))
    )


def homework_adam(*, decay: float = 0.0) -> Optimiser:
    """Return the homework's optimiser: Adam at 1e-5; part 2 of it decays by 1e-3 a step."""
    return adam(1e-5, decay=decay)


def _checked(optimiser: Optimiser) -> Optimiser:
    if not optimiser.learning_rate > 0:
        raise ValueError(f"got learning rate {optimiser.learning_rate}, expected a number above 0")
    if not optimiser.decay >= 0:
        raise ValueError(f"got decay {optimiser.decay}, expected a number of at least 0")
    return optimiser


@dataclass(frozen=True)
class Recipe:
    """One arm of a claim: everything about a training run but its seed."""

    network: Network
    optimiser: Optimiser
    dataset: Dataset
    epochs: int
    batch_size: int
    images: int
    test_images: int
    probes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that no training run can have.

        Raises:
            ValueError: one sentence that names the number.
        """
        least = {"epochs": 0, "batch_size": 1, "images": 1, "test_images": 1}
        for name, low in least.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < low:
                raise ValueError(f"train got {name}={value!r}: expected a whole number ≥ {low}")

    def __str__(self) -> str:
        return (
            f"{describe(self.network)}, {self.optimiser}, {self.dataset.name}, "
            f"{self.epochs} epochs, batch {self.batch_size}"
        )

    def key(self, seed: int) -> str:
        """Return the store's key of one seed's run: a SHA-256 over all that decides it."""
        parts = [self._fixed_part(), int(seed)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _fixed_part(self) -> str:
        return _fixed_part(self)


@functools.lru_cache(maxsize=1024)
def _fixed_part(recipe: Recipe) -> str:
    fields = {
        field.name: getattr(recipe, field.name)
        for field in dataclasses.fields(recipe)
        if field.name not in ("network", "optimiser", "dataset")
    }
    fields["network"] = _network_key(recipe)
    fields["optimiser"] = dataclasses.astuple(recipe.optimiser)
    fields["data"] = recipe.dataset.fingerprint
    fields["versions"] = [ENGINE, *(importlib.metadata.version(m) for m in ("tensorflow", "keras"))]
    return json.dumps(fields, sort_keys=True)


def _network_key(recipe: Recipe) -> Any:
    network = recipe.network
    if not isinstance(network, Custom):
        return [type(network).__name__, dataclasses.asdict(network)]  # type: ignore[call-overload]
    model = network.build(recipe.dataset.image_shape, len(recipe.dataset.classes))
    return [_nameless(model), _own_code(model)]


def _nameless(model: Any) -> str:
    """Return the model's configuration with Keras's process-wide counters out of the names."""
    text = json.dumps(model.get_config(), sort_keys=True, default=repr)
    for index, layer in enumerate([model, *model.layers]):
        text = text.replace(json.dumps(layer.name), f'"layer {index}"')
    return text


def _own_code(model: Any) -> list[str]:
    """Return the source of the layers that are not Keras's: changing it must change the key."""
    own = {type(layer) for layer in model.layers if not type(layer).__module__.startswith("keras")}
    return sorted(inspect.getsource(layer) for layer in own)


def describe(network: Network) -> str:
    """Return a network's name and the options in which it differs from the plain one."""
    if isinstance(network, Custom):
        return str(getattr(network.source, "__name__", None) or network.source.name)
    shown = []
    for field in dataclasses.fields(network):  # type: ignore[arg-type]
        value = getattr(network, field.name)
        if value != field.default:
            shown.append(f"{field.name}={value!r}")
    return f"{type(network).__name__}({', '.join(shown)})"
