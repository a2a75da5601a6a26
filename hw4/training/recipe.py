"""A recipe is everything that determines a run except its seed; the store's key contains it."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import numbers
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hw4.data import Dataset
from hw4.data.dataset import first_line
from hw4.networks.backend import unusual, versions
from hw4.networks.models import Custom, Network
from hw4.networks.seen import Identified, Seen
from hw4.plural import numbered
from hw4.store.rows import Row
from hw4.training.runs import METRICS

if TYPE_CHECKING:
    import keras

ENGINE = 7  # raise it when the engine computes something else for the same recipe and seed

# Options for which `fit` does more than the optimiser's step.
_NO_RULE = ("use_ema", "gradient_accumulation_steps", "loss_scale_factor")


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
    options: tuple[tuple[str, object], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a rate that no descent has, whichever way it is stated.

        Raises:
            ValueError: one sentence that names the number.
        """
        if not self.learning_rate > 0:
            raise ValueError(f"got learning rate {self.learning_rate}, expected a number above 0")
        if not self.decay >= 0:
            raise ValueError(f"got decay {self.decay}, expected a number of at least 0")

    def build(self) -> keras.optimizers.Optimizer:
        """Return a new Keras optimiser with a constant learning rate.

        Raises:
            ValueError: Keras has no optimiser of this name, or it does not take the options, or
                one asks for more than a rule for the step.
        """
        import keras

        kind = getattr(keras.optimizers, self.name, None)
        if not (isinstance(kind, type) and issubclass(kind, keras.optimizers.Optimizer)):
            raise ValueError(
                f"unknown optimiser {self.name!r}: expected the name of a class in keras.optimizers"
            )
        unknown = [name for name, value in self.options if name in _NO_RULE and value]
        if unknown:
            raise ValueError(
                f"optimiser {self.name!r} got {unknown[0]}, which hw4 does not train with"
            )
        try:
            return kind(self.learning_rate, **dict(self.options))
        except (TypeError, ValueError) as error:
            reason = first_line(error)
            raise ValueError(f"optimiser {self.name!r} cannot be built: {reason}") from None

    def __str__(self) -> str:
        numbers = [f"{self.learning_rate:g}"]
        numbers += [f"decay={self.decay:g}"] if self.decay else []
        for key, value in self.options:
            numbers.append(f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}")
        return f"{self.name}({', '.join(numbers)})"


def sgd(learning_rate: float, *, momentum: float = 0.0, decay: float = 0.0) -> Optimiser:
    """Return stochastic gradient descent, with heavy-ball momentum if `momentum` is above 0."""
    options = (("momentum", float(momentum)),) if momentum else ()
    return Optimiser("SGD", float(learning_rate), float(decay), options)


def adam(learning_rate: float, *, decay: float = 0.0, epsilon: float = 1e-7) -> Optimiser:
    """Return Adam with Keras's moment decays 0.9 and 0.999."""
    return Optimiser("Adam", float(learning_rate), float(decay), (("epsilon", float(epsilon)),))


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
    evaluate_last: int | None = None
    from_logits: bool | None = None  # of a network of the user's own; None: its outputs tell

    def __post_init__(self) -> None:
        """Refuse numbers that no training run can have.

        Raises:
            ValueError: one sentence that names the number.
        """
        if self.from_logits not in (None, True, False):
            raise ValueError(f"train got from_logits={self.from_logits!r}: expected True or False")
        if self.from_logits is not None and not isinstance(self.network, Custom):
            raise ValueError(
                f"train got from_logits={self.from_logits} with {describe(self.network)}: expected "
                "it with a network of your own only"
            )
        least = {"epochs": 0, "batch_size": 1, "images": 1, "test_images": 1}
        least |= {"evaluate_last": 1} if self.evaluate_last is not None else {}
        for name, low in least.items():
            value = getattr(self, name)
            whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
            if not whole or value < low:
                raise ValueError(f"train got {name}={value!r}: expected a whole number ≥ {low}")
            object.__setattr__(self, name, int(value))  # NumPy's has no JSON, and so no key

    @property
    def evaluated(self) -> tuple[int, ...]:
        """The epochs after which a run is evaluated, from 1: the columns of its `Runs`."""
        skipped = 0 if self.evaluate_last is None else max(0, self.epochs - self.evaluate_last)
        return tuple(range(skipped + 1, self.epochs + 1))

    def __str__(self) -> str:
        return (
            f"{describe(self.network)}, {self.optimiser}, {self.dataset.name}, "
            f"{numbered(self.epochs, 'epoch')}, batch {self.batch_size}"
        )

    def seen(self) -> Recipe:
        """Return the recipe with a network of the user's own looked at: built and traced, now.

        Raises:
            TypeError: the network cannot be built, as for `Custom.build`.
            ValueError: the same.
        """
        if not isinstance(self.network, Custom) or isinstance(self.network, Seen):
            return self
        from hw4.training import tracing  # loads TensorFlow, which built-in networks do without

        return dataclasses.replace(self, network=tracing.see(self.network, self))

    def identified(self) -> Recipe:
        """Return the recipe by which its runs are told apart: equal networks are the same one."""
        network = self.network
        return self.of_digest(network.digest) if isinstance(network, Identified) else self

    def of_digest(self, digest: str) -> Recipe:
        """Return the recipe with a network of the user's own that is known by its digest."""
        assert isinstance(self.network, Custom)
        return dataclasses.replace(self, network=Identified(self.network.source, digest))

    @property
    def unseen(self) -> str | None:
        """Why the runs of a recipe that was `seen` are never kept in the store, or None."""
        network = self.network
        if not isinstance(network, Seen) or network.unseen is None:
            return None
        return f"the runs of {describe(network)!r} are not kept in the store: {network.unseen}"

    def fits(self, row: Row) -> bool:
        """Return whether a row has the arrays that a run of this recipe leaves behind."""
        names = {*METRICS, *(f"probe/{name}" for name in self.probes)}
        epochs = (len(self.evaluated),)
        return row.keys() == names and all(row[name].shape == epochs for name in METRICS)

    def key(self, seed: int) -> str:
        """Return the store's key of one seed's run: a SHA-256 over all that decides it.

        Of a network that cannot be seen as a whole, it is another one every time.
        """
        recipe = self.seen()
        parts = [_fixed_part(recipe), int(seed)]
        parts += [recipe.network.start(seed)] if isinstance(recipe.network, Seen) else []
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@functools.cache
def origin() -> str:
    """Return the versions that have computed a run, as the store names them; its key has them too.

    Raises:
        RuntimeError: as for `hw4.networks.backend.versions`.
    """
    return "engine {}, tensorflow {}, keras {}".format(ENGINE, *versions())


@functools.lru_cache(maxsize=1024)
def _fixed_part(recipe: Recipe) -> str:
    fields = {
        field.name: getattr(recipe, field.name)
        for field in dataclasses.fields(recipe)
        if field.name not in ("network", "optimiser", "dataset", "from_logits")
    }
    network = recipe.network
    fields["network"] = (
        network.digest
        if isinstance(network, Seen)
        else [type(network).__name__, dataclasses.asdict(network)]
    )
    fields["optimiser"] = dataclasses.astuple(recipe.optimiser)
    fields["data"] = recipe.dataset.fingerprint
    fields["versions"] = [ENGINE, *versions(), *unusual()]
    return json.dumps(fields, sort_keys=True)


def describe(network: Network) -> str:
    """Return a network's name and the options in which it differs from the plain one."""
    if isinstance(network, Custom):
        source = network.source
        while isinstance(source, functools.partial):
            source = source.func
        named = getattr(source, "__name__", None) or getattr(source, "name", None)
        return str(named or type(source).__name__)
    shown = []
    for field in dataclasses.fields(network):
        value = getattr(network, field.name)
        if value != field.default:
            shown.append(f"{field.name}={value!r}")
    return f"{type(network).__name__}({', '.join(shown)})"
