"""A recipe is everything that determines a run except its seed; the store's key contains it."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from dataclasses import dataclass

from hw4 import checks
from hw4.data import Dataset
from hw4.networks import device
from hw4.networks.backend import unusual, versions
from hw4.networks.initial import Weights
from hw4.networks.models import CNN, MLP, Custom, Network
from hw4.networks.seen import Identified, Seen
from hw4.objectives.losses import Said
from hw4.objectives.metrics import Metric, seen
from hw4.objectives.optimisers import Optimiser
from hw4.objectives.stopping import STOPPED, EarlyStopping
from hw4.plural import numbered
from hw4.store.rows import Row
from hw4.training.runs import METRICS

ENGINE = 7  # raise it when the engine computes something else for the same recipe and seed
# Fields that a key contains only where they say something, so that older keys stay as they are.
_LATER = ("class_weight", "metrics", "early_stopping", "weights")


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
    loss: Said | None = None  # None: what the network is compiled with, or cross-entropy
    class_weight: tuple[float, ...] = ()  # of each class, in training
    metrics: tuple[Metric, ...] = ()
    early_stopping: EarlyStopping | None = None
    weights: Weights = None  # of a network of the user's own

    def __post_init__(self) -> None:
        """Refuse numbers that no training run can have.

        Raises:
            ValueError: one sentence that names the number.
        """
        if self.from_logits not in (None, True, False):
            raise ValueError(f"train got from_logits={self.from_logits!r}: expected True or False")
        if self.early_stopping is not None:
            self.early_stopping.check(self.metrics)
            if self.evaluate_last is not None:
                raise ValueError(
                    f"train got evaluate_last={self.evaluate_last} with early_stopping, which "
                    "looks at every epoch: expected one of them"
                )
        if self.weights not in (None, "as given", "drawn"):
            raise ValueError(
                f"train got weights={self.weights!r}: expected 'as given', 'drawn' or None"
            )
        if self.weights == "as given" and not isinstance(self.network, Custom):
            raise ValueError(
                f"train got weights='as given' with {describe(self.network)}, which has none: "
                "expected it with a network of your own only"
            )
        if self.dataset.target_shape is not None and not isinstance(self.network, Custom):
            raise ValueError(
                f"train got {describe(self.network)} for {self.dataset.name!r}, which has targets: "
                "expected a network of your own, because this one forecasts a class"
            )
        if self.from_logits is not None and not isinstance(self.network, Custom):
            raise ValueError(
                f"train got from_logits={self.from_logits} with {describe(self.network)}: expected "
                "it with a network of your own only"
            )
        least = {"epochs": 0, "batch_size": 1, "images": 1, "test_images": 1}
        least |= {"evaluate_last": 1} if self.evaluate_last is not None else {}
        for name, low in least.items():
            value = getattr(self, name)
            if not checks.is_whole(value) or value < low:
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
            f"{f', loss {self.loss}' if self.loss else ''}"
            f"{f', class weights {self.class_weight}' if self.class_weight else ''}"
            f"{f', weights {self.weights}' if self.weights else ''}"
            f"{f', {self.early_stopping}' if self.early_stopping else ''}"
        )

    def seen(self) -> Recipe:
        """Return the recipe with a network of the user's own looked at: built and traced, now.

        So is any network under another loss than the engine's own.

        Raises:
            TypeError: the network cannot be built, as for `Custom.build`.
            ValueError: the same.
        """
        network = self.network
        if not isinstance(network, Custom) and (self.loss or self.class_weight):
            network = Custom(network.build)  # its trace has the loss
        if isinstance(network, Seen) or not (isinstance(network, Custom) or self.metrics):
            return self
        from hw4.training import tracing  # loads TensorFlow, which built-in networks do without

        shape: tuple[int | None, ...] = (None, len(self.dataset.classes))
        if isinstance(network, Custom):
            network = tracing.see(network, self)
            shape = tuple(network.model.output_shape)
        metrics = [seen(each, shape, self.dataset) for each in self.metrics]
        return dataclasses.replace(self, network=network, metrics=tuple(metrics))

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
        reasons = [network.unseen] if isinstance(network, Seen) else []
        reasons += [metric.unseen for metric in self.metrics]
        why = next(filter(None, reasons), None)
        return why and f"the runs of {describe(network)!r} are not kept in the store: {why}"

    def fits(self, row: Row) -> bool:
        """Return whether a row has the arrays that a run of this recipe leaves behind."""
        names = {*METRICS, *(f"probe/{name}" for name in self.probes)}
        names |= {STOPPED} if self.early_stopping else set()
        names |= {f"metric/{name}" for metric in self.metrics for name in metric.columns}
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
        if field.name not in ("network", "optimiser", "dataset", "from_logits", "loss")
        and not (field.name in _LATER and getattr(recipe, field.name) == field.default)
    }
    network = recipe.network
    fields["network"] = (
        network.digest
        if isinstance(network, Seen)
        else [type(network).__name__, dataclasses.asdict(network)]
    )
    if recipe.early_stopping:
        fields["early_stopping"] = dataclasses.astuple(recipe.early_stopping)
    if recipe.metrics:
        fields["metrics"] = [[metric.name, metric.text] for metric in recipe.metrics]
    fields["optimiser"] = recipe.optimiser.parts
    fields["data"] = recipe.dataset.fingerprint
    fields["versions"] = [ENGINE, *versions(), *unusual(), *device.current().key]
    return json.dumps(fields, sort_keys=True)


def describe(network: Network) -> str:
    """Return a network's name and the options in which it differs from the plain one."""
    if isinstance(network, Custom):
        source = network.source
        while isinstance(source, functools.partial):
            source = source.func
        owner = getattr(source, "__self__", None)
        if isinstance(owner, MLP | CNN):  # its `build`
            return describe(owner)
        named = getattr(source, "__name__", None) or getattr(source, "name", None)
        return str(named or type(source).__name__)
    shown = []
    for field in dataclasses.fields(network):
        value = getattr(network, field.name)
        if value != field.default:
            shown.append(f"{field.name}={value!r}")
    return f"{type(network).__name__}({', '.join(shown)})"
