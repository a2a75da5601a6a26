"""Does a claim come out only because of what it says?

Every statistical claim is judged again with its mechanism switched off or its arms exchanged: by
its own function, through a `train` that alters what it is asked for. Then it must not come out as
the claim does. A mechanism is switched off so that the arms still differ, if only by rounding:
then it is the margin that must hold what is left, the noise of training. With nothing altered the
claim comes out as registered, so it is what was altered that changes the verdict.

The runs are kept where the claims keep theirs: what a claim has trained is read from there, and a
claim that comes later reads what was trained here. Only an arm that no claim asks for costs
training, which is why controls of one recipe alter it alike. (Claims about time have theirs in
`test_timing_controls.py`.)
"""

import dataclasses
import importlib.util
import itertools
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from judging import judge

from hw4 import adam, sgd
from hw4.claims.claim import ATTRIBUTE
from hw4.data.transforms import noisy_labels, with_noisy_labels
from hw4.roots import ROOT
from hw4.seeds import BLOCK, seeds_from
from hw4.statistics.sequential import agree
from hw4.training.profiles import QUICK
from hw4.training.trainer import Trainer

HALF = (32, 64, 64, 128, 128)
CLAIMS = Path(__file__).parents[2] / "hw4" / "homework" / "claims"


# What a control alters


@dataclasses.dataclass(frozen=True)
class Arm:
    """What a claim asks `train` for."""

    model: Any
    optimiser: Any
    dataset: Any
    options: Mapping[str, Any]

    def but(self, **fields):
        return dataclasses.replace(self, **fields)

    def net(self, **fields):
        """Return the arm with other fields of its network."""
        return self.but(model=dataclasses.replace(self.model, **fields))


Alter = Callable[[Arm], Arm]


def unaltered(arm):
    return arm


def exchange(field, one, other):
    """Return what exchanges two values of a field of the network, and so two arms."""

    def alter(arm):
        value = getattr(arm.model, field)
        return arm.net(**{field: {one: other, other: one}.get(value, value)})

    return alter


def sigmoid_and_relu(arm):
    """Exchange the homework's two runs, which differ in their number of epochs too."""
    return options(epochs={25: 40, 40: 25}[arm.options["epochs"]])(RELU_SIGMOID(arm))


def fix(field, value):
    """Return what gives a field of every network one value."""
    return lambda arm: arm.net(**{field: value})


def weaken(field, value):
    """Return what gives a field, in the arm that has it, a value that does next to nothing."""

    def alter(arm):
        return arm.net(**{field: value}) if getattr(arm.model, field) else arm

    return alter


def without_norm(arm):
    """Leave batch normalisation out; the weights begin a thousandth larger instead."""
    return arm.net(norm=None, gain=1.001) if arm.model.norm else arm


def slow(rate, **fields):
    """Return what gives the arms with these fields of the network a learning rate all but zero."""

    def alter(arm):
        chosen = all(getattr(arm.model, name) == value for name, value in fields.items())
        return arm.but(optimiser=adam(rate)) if chosen else arm

    return alter


def brief(**fields):
    """Return what trains the arms with these fields of the network for one epoch only."""

    def alter(arm):
        chosen = all(getattr(arm.model, name) == value for name, value in fields.items())
        return options(epochs=1)(arm) if chosen else arm

    return alter


def options(**changed):
    """Return what asks for other epochs, batches or images."""
    return lambda arm: arm.but(options={**arm.options, **changed})


def undivided(arm):
    """Take steps that are not divided by the gradient's root mean square, as Adam's are."""
    return arm.but(optimiser=sgd(0.01))


def slow_single_images(arm):
    return arm.but(optimiser=sgd(1e-5)) if arm.options["batch_size"] == 1 else arm


def other_batch_size(arm):
    return options(batch_size={32: 64, 64: 32}[arm.options["batch_size"]])(arm)


def hardly_noisy(arm):
    """Draw one label in fifty at random where it was every second one."""
    data = arm.dataset
    noisy = getattr(data, "change", None) is with_noisy_labels
    return arm.but(dataset=noisy_labels(data.base, 0.02)) if noisy else arm


def many_clean_images(arm):
    """Undo the noise, and train for a short time on many images."""
    return options(epochs=20, images=1024)(arm.but(dataset=arm.dataset.base))


def converged(arm):
    return arm.but(optimiser=adam(1e-3))


def larger_batches_only(gradients):
    """Leave out the smaller batches of the probes of gradient noise."""
    return lambda *a: {name: value[..., -2:] for name, value in gradients(*a).items()}


def copies_of_one_image(gradients):
    """Let every batch be copies of one image, whose gradient varies as a single image's does."""

    def altered(*a):
        variance = gradients(*a)["gradient_variance"]  # (seeds, before and after, sizes)
        single, others = variance[..., :1], range(variance.shape[-1])
        sizes = [np.roll(single, shift, axis=0) for shift in others]  # each of another seed's image
        return {"gradient_variance": np.concatenate(sizes, axis=-1)}

    return altered


def all_at_once(peak_memory):
    return lambda *a, batch, images, **k: peak_memory(*a, batch=images, images=images, **k)


def quieter_batches(share_that_escapes):
    """Halve the noise's variance: of all starts, one in a thousand still leaves."""
    return lambda seeds, batch: share_that_escapes(seeds, batch=max(batch, 16))


def learning(arm):
    """Return the arm as a network that learns in its few steps: plain, small, and fast."""
    plain = arm.net(filters=HALF, batch_norm_axis=None, dropout=0.0, l2=0.0)
    return plain.but(optimiser=adam(1e-3))


def half_learns(arm):
    return learning(arm) if arm.model.filters == HALF else arm


def second_run_learns(homework_cnn):
    """Let the initial weights decide whether the network learns."""

    def mixed(train, dataset, repeat=0):
        def train_learning(*arm, **options):
            altered = learning(Arm(*arm, options))
            return train(altered.model, altered.optimiser, altered.dataset, **options)

        return homework_cnn(train_learning if repeat else train, dataset, repeat=repeat)

    return mixed


def dropping_more(dropout):
    """Drop a twentieth more of the nodes than was asked for."""
    return lambda rate, **options: dropout(1.05 * rate, **options)


@dataclasses.dataclass(frozen=True)
class Control:
    """One instance of a claim, and what is altered: its arms, or what its module calls by a name.

    A name with dots is one of Keras's.
    """

    instance: str
    alter: Alter = unaltered
    module: Mapping[str, Callable[..., Any]] = dataclasses.field(default_factory=dict)


RELU_SIGMOID = exchange("activation", "relu", "sigmoid")
SIGMOID_TANH = exchange("activation", "sigmoid", "tanh")
RELU_LEAKY = exchange("activation", "relu", "leaky_relu")
NORM = exchange("norm", None, "batch")
FULL_HALF = exchange("filters", (64, 128, 128, 256, 256), HALF)

# By claim; what follows the id tells apart the functions that decide one of its parts each.
CONTROLS = {
    "activations/bad-initial-weights": Control("digits", fix("gain", 100.0)),
    "activations/centring-helps": Control("digits-tanh", SIGMOID_TANH),
    "activations/dead-units": Control("digits", RELU_LEAKY),
    "activations/leaky-is-imprecise": Control("digits", slow(1e-5, activation="leaky_relu")),
    "activations/leaky-trains-negatives": Control("digits", RELU_LEAKY),
    "activations/leaky-trains-negatives kernels": Control("digits-leaky_relu", RELU_LEAKY),
    "activations/learning-rate-explains-it": Control("digits", slow(1e-5, activation="sigmoid")),
    "activations/saturating-init-hurts": Control("digits", exchange("gain", 1.0, 100.0)),
    "activations/sigmoid-more-accurate": Control("digits", sigmoid_and_relu),
    "activations/sigmoid-worse-here": Control("digits", sigmoid_and_relu),
    "activations/slow-learning": Control("digits", RELU_SIGMOID),
    "activations/tanh-is-centred": Control("digits", SIGMOID_TANH),
    "activations/vanishing-with-depth": Control("digits", RELU_SIGMOID),
    "activations/vanishing-with-depth map": Control("digits-4", RELU_SIGMOID),
    "batch-norm/accelerates": Control("phantom", NORM),
    "batch-norm/bad-data": Control("digits", hardly_noisy),
    "batch-norm/deep-networks": Control("digits-sigmoid-4", NORM),
    "batch-norm/deep-networks reverse": Control("digits-the reverse", NORM),
    "batch-norm/higher-learning-rates largest": Control("digits-largest rate", without_norm),
    "batch-norm/higher-learning-rates": Control("digits", without_norm),
    "batch-norm/worse-here": Control("digits", NORM),
    "cnn/batch-norm-axis": Control("digits", brief(batch_norm_axis=1)),
    "epochs/25-vs-40-accuracy": Control("digits", converged),
    "epochs/25-vs-40-loss": Control("digits", slow(1e-9)),
    "epochs/early-epochs-matter": Control("digits", slow(1e-6)),
    "epochs/overfitting": Control("digits", many_clean_images),
    "epochs/plateau": Control("digits", slow(1e-5)),
    "filters/accuracy-unaffected": Control("digits", half_learns),
    "filters/initial-weights-matter": Control("digits", module={"homework_cnn": second_run_learns}),
    "filters/loss-falls": Control("digits", FULL_HALF),
    "filters/penalty-explains-it": Control("digits-share", FULL_HALF),
    "filters/penalty-explains-it cross-entropy": Control("digits", half_learns),
    "mini-batches/bigger-is-better": Control("digits-more batches", other_batch_size),
    "mini-batches/escapes-local-minima": Control(
        "", module={"share_that_escapes": quieter_batches}
    ),
    "mini-batches/less-memory": Control("peak", module={"peak_memory": all_at_once}),
    "mini-batches/noise-falls-with-batch": Control(
        "digits", module={"gradients_at_the_start": copies_of_one_image}
    ),
    "mini-batches/sgd-is-noisy": Control(
        "digits", module={"gradients_at_the_start": larger_batches_only}
    ),
    "mini-batches/sgd-slower-in-epochs": Control("digits", slow_single_images),
    "mini-batches/smaller-steps": Control("digits-Adam-step", undivided),
    "regularization/dropout-drops-nodes": Control(
        "0.3", module={"keras.layers.Dropout": dropping_more}
    ),
    "regularization/dropout-reduces-overfitting": Control("phantom-0.5", weaken("dropout", 1e-3)),
    "regularization/l2-not-exactly-zero": Control("digits", fix("initializer", "zeros")),
    "regularization/l2-reduces-overfitting": Control("phantom", weaken("l2", 1e-9)),
    "regularization/l2-shrinks": Control("digits", weaken("l2", 1e-9)),
    "reproducibility/results-differ": Control("digits", options(repeat=0)),
}


# Judging


@dataclasses.dataclass(frozen=True)
class Instance:
    """One instance of a claim: its function and the parameters that it is called with."""

    function: Callable[..., Any]
    parameters: Mapping[str, Any]

    @property
    def claim(self):
        return getattr(self.function, ATTRIBUTE)

    @property
    def arguments(self):
        code = self.function.__code__
        return code.co_varnames[: code.co_argcount]


def instances_of(function):
    """Yield the function's instances by id, as pytest names them."""
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
    columns = []
    for mark in marks:
        names, rows = mark.args
        names = names.split(",") if isinstance(names, str) else names
        rows = [row if len(names) > 1 else (row,) for row in rows]
        ids = mark.kwargs.get("ids") or ["-".join(map(str, row)) for row in rows]
        values = (dict(zip(map(str.strip, names), row, strict=True)) for row in rows)
        columns.append(list(zip(ids, values, strict=True)))
    for cell in itertools.product(*columns):
        parameters = {key: value for _, values in cell for key, value in values.items()}
        yield "-".join(name for name, _ in cell), Instance(function, parameters)


def statistical():
    """Return every instance of every statistical claim, by (claim's id, instance)."""
    found = {}
    for path in sorted(CLAIMS.glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(f"controlled_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for function in vars(module).values():
            claim = getattr(function, ATTRIBUTE, None)
            if claim is not None and claim.kind not in ("exact", "timing"):
                found |= {(claim.id, name): each for name, each in instances_of(function)}
    return found


INSTANCES = statistical()


def outcome(instance, store, alter=unaltered, *, confirm=False):
    """Return the verdict of a claim's function on altered arms."""
    trainer = Trainer(seeds_from(ROOT, BLOCK), QUICK, store)

    def train(model, optimiser, dataset, **options):
        arm = alter(Arm(model, optimiser, dataset, options))
        return trainer(arm.model, arm.optimiser, arm.dataset, **arm.options)

    def ask(seeds):
        trainer.seeds = seeds
        given = {"train": train, "seeds": seeds} | dict(instance.parameters)
        with np.errstate(invalid="ignore"):  # ∞ − ∞: both arms diverged
            return instance.function(**{name: given[name] for name in instance.arguments})

    return judge(instance.claim, ROOT, ask, arms=trainer, confirm=confirm).verdict


def test_every_statistical_test_has_a_control():
    functions = {instance.function for instance in INSTANCES.values()}
    keys = [(name.split()[0], control.instance) for name, control in CONTROLS.items()]
    assert {INSTANCES[key].function for key in keys} == functions
    assert len(keys) == len(functions)


@pytest.mark.parametrize("name", CONTROLS)
def test_the_claim_comes_out_otherwise(name, monkeypatch, pytestconfig):
    control, claim = CONTROLS[name], name.split()[0]
    instance = INSTANCES[claim, control.instance]
    for mark in getattr(instance.function, "pytestmark", []):
        if mark.name == "skipif" and mark.args[0]:
            pytest.skip(mark.kwargs["reason"])
    store = pytestconfig.option.hw4_store
    registered = instance.claim.expected(control.instance)
    assert registered, "there is no verdict to turn"
    if "train" in instance.arguments:  # what measures anew is decided by the claim's own test
        confirm = pytestconfig.option.hw4_confirm and registered == "supported"
        own = outcome(instance, store, confirm=confirm)  # on the seeds of the claim's own test
        assert agree(own, registered), "with nothing altered it is not the claim that is tested"
    names = instance.function.__globals__
    for each, altered in control.module.items():
        if "." in each:
            monkeypatch.setattr(each, altered(pkgutil.resolve_name(each)))
        else:
            monkeypatch.setitem(names, each, altered(names[each]))
    found = outcome(instance, store, control.alter)
    assert found != registered
