"""Every layer of `keras.layers` is trained as `fit` trains it, or refused in one sentence.

Several are branches of one network, which costs less. It is trained without XLA, whose random
numbers are others than `fit`'s: what is random agrees too. Then XLA translates the same step, where
seeds are stacked. `python tests/quality/test_every_layer.py` writes the table of the page.
"""

import dataclasses
import functools
import inspect
import random
from pathlib import Path

import every_layer
import keras
import numpy as np
import pytest
import tensorflow as tf

from hw4.data.finite import FiniteDataset, Labelled
from hw4.networks import ways
from hw4.networks.canonical import canonical
from hw4.networks.models import Custom
from hw4.objectives import given
from hw4.objectives.optimisers import sgd
from hw4.training import replicas, tracing
from hw4.training.executor import execute
from hw4.training.recipe import Recipe

PAGE = Path(__file__).parents[2] / "docs" / "keras-models.md"
START, END = "<!-- layers -->\n", "<!-- end of layers -->\n"
RATE, IMAGES, BATCH = 0.05, 16, 8  # two steps: the second begins with what the first has changed
SEEDS = (3, 4)
ROUNDING = 1e-4  # of a variable's norm
AT_ONCE = 16  # branches of one network
WAYS = {
    "many seeds at once": every_layer.DENSE | every_layer.RANDOM,
    "one seed at a time, with convolutions": every_layer.CONVOLUTIONS,
    "one seed at a time, without XLA": every_layer.LOOPS
    | every_layer.AUGMENTED
    | every_layer.ALONE,
}
STACKED, CONVOLVED, ALONE = WAYS


@functools.cache
def data():
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, 32).astype(np.int32)
    pixels = 0.35 * rng.random((3, *every_layer.SHAPE))[labels]
    pixels = (pixels + 0.65 * rng.random((32, *every_layer.SHAPE))).astype(np.float32)
    return FiniteDataset("toy", ("a", "b", "c"), Labelled(pixels, labels))


def recipe_of(*branches):
    net = Custom(every_layer.network(*branches))
    return Recipe(net, sgd(RATE), data(), 1, BATCH, IMAGES, 8)


def groups_of(*ways):
    """Return the names of the layers of each network that is trained so."""
    groups = []
    for way in ways:
        names = sorted(WAYS[way])
        for start in range(0, len(names), AT_ONCE):
            few = tuple(names[start : start + AT_ONCE])
            groups.append(pytest.param(way, few, id=f"{few[0]}-{few[-1]}"))
    return groups


def orders(seeds):
    return replicas.batch_orders(seeds, 0, IMAGES, BATCH)


def begun(recipe):
    """Return a recipe's program, its arguments of a step, and the state before the first one."""
    program = replicas.program_of(recipe)
    seeds = [*SEEDS[:1] * (program.seeds - 1), SEEDS[-1]]
    images = replicas.stacked_data(data(), tuple(seeds), IMAGES, 8)
    return program, images, orders(seeds), program.numbers(recipe), program.initial_state(seeds)


def stacked(recipe):
    """Return a stack's states before and after training; XLA has translated the step."""
    program, images, order, numbers, state = begun(recipe)
    batches = [tf.constant(order[0][:, index]) for index in range(IMAGES // BATCH)]
    before = images.x, images.y, numbers
    step = tf.function(program._step, autograph=False)
    step = step.get_concrete_function(*before, batches[0], state)
    compiled = tf.function(lambda *args: step(*args), jit_compile=True, autograph=False)
    lowered = compiled.experimental_get_compiler_ir(*before, batches[0], state)
    assert "HloModule" in lowered(stage="hlo")
    start = state
    for batch in batches:
        state = step(*before, batch, state)
    return start, state, program.seeds


def alone(recipe):
    """Return a seed's states before and after training."""
    program, images, order, numbers, start = begun(recipe)
    state, _ = program.epoch(start, images, order, numbers, evaluate=False)
    return start, state, program.seeds


def fitted(recipe, start):
    """Return the variables that `fit` makes of these."""
    model = recipe.network.source(every_layer.SHAPE, 3)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE), loss, jit_compile=False)
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    for variable, value in zip(variables, start, strict=True):
        variable.assign(value)
    split = data().draw(SEEDS[-1], IMAGES, 8)
    order = orders(SEEDS[-1:])[0].ravel()
    model.fit(split.x_train[order], split.y_train[order], BATCH, shuffle=False, verbose=0)
    return {variable.path: variable.numpy() for variable in variables}


def distance(found, expected):
    gap = np.linalg.norm(found.astype(float) - expected.astype(float))
    return gap / max(np.linalg.norm(expected.astype(float)), 1e-2)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # of what only an integer reads
@pytest.mark.parametrize(("way", "names"), groups_of(*WAYS))
def test_layers_are_trained_as_fit_trains_them(way, names, monkeypatch):
    # AugMix chooses its operations by Python's random whenever it is traced.
    monkeypatch.setattr(random, "choice", lambda choices: choices[0])
    recipe = recipe_of(*(WAYS[way][name] for name in names))
    seen = tracing._look(recipe.network, recipe, given.cross_entropy(True))
    assert seen.stacked == (way == STACKED)
    recipe = dataclasses.replace(recipe, network=seen)
    *states, seeds = (stacked if seen.stacked else alone)(recipe)
    assert (seeds > 1) == seen.stacked
    before, after = ([np.array(v[-1]) for v in (*state[0], *state[1])] for state in states)
    expected = fitted(recipe, before)
    moved = [distance(*pair) for pair in zip(before, expected.values(), strict=True)]
    assert max(moved) > 0.01
    gaps = dict(zip(expected, map(distance, after, expected.values()), strict=True))
    assert {path: gap for path, gap in gaps.items() if not gap < ROUNDING} == {}


@pytest.mark.parametrize("name", sorted(WAYS[ALONE]))
def test_a_layer_that_is_trained_alone_could_not_be_stacked(name):
    model = every_layer.network(WAYS[ALONE][name])(every_layer.SHAPE, 3)
    images = tf.TensorSpec((BATCH, *every_layer.SHAPE))
    traced = tf.function(lambda x: model(x, training=True), autograph=False)
    assert not ways.is_stacked(model, [canonical(traced.get_concrete_function(images))])


@pytest.mark.parametrize("name", every_layer.REFUSED)
def test_a_layer_is_refused_in_one_sentence(name):
    assert refusal(name)


def refusal(name):
    with pytest.raises(ValueError, match="expected") as error:
        execute(recipe_of(every_layer.REFUSED[name]), [1])
    assert "\n" not in str(error.value)
    return str(error.value)


def test_every_layer_of_keras_is_in_the_table():
    kinds = inspect.getmembers(keras.layers, inspect.isclass)
    names = {kind: set() for _, kind in kinds if issubclass(kind, keras.layers.Layer)}
    for name, kind in kinds:
        names.get(kind, set()).add(name)  # some have two
    told = [{*branches} for branches in WAYS.values()]
    told += [{*every_layer.REFUSED}, {*every_layer.ABSENT}]
    assert sum(map(len, told)) == len(set.union(*told))
    missing = [several for several in names.values() if not several & set.union(*told)]
    assert missing == []  # older versions have fewer


def table():
    """Return the table of docs/keras-models.md."""
    lines = ["| layers | how they are trained |", "|---|---|"]
    for way, branches in WAYS.items():
        lines.append(f"| {', '.join(f'`{name}`' for name in sorted(branches))} | {way} |")
    lines += [f"| `{name}` | {refusal(name)} |" for name in every_layer.REFUSED]
    lines += [f"| `{name}` | not tried: {why} |" for name, why in every_layer.ABSENT.items()]
    return "\n".join(lines) + "\n"


def test_the_page_shows_the_table():
    text = PAGE.read_text(encoding="utf-8")
    assert text.partition(START)[2].partition(END)[0] == table()


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    page = before + START + table() + END + rest.partition(END)[2]
    PAGE.write_text(page, encoding="utf-8")
