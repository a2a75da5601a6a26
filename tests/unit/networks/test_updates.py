"""An optimiser's step without its variables: held against Keras's own `apply`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hw4.networks.models import network
from hw4.networks.updates import Update
from hw4.training import programs, replicas

SHAPES = [(3, 4), (4,), (2, 2, 1, 3)]
SEEDS, STEPS = 2, 4

ELEMENTWISE = {
    "SGD": keras.optimizers.SGD(1.0),
    "momentum": keras.optimizers.SGD(1.0, momentum=0.9),
    "Nesterov": keras.optimizers.SGD(1.0, momentum=0.9, nesterov=True),
    "Adam": keras.optimizers.Adam(1.0),
    "AMSGrad": keras.optimizers.Adam(1.0, amsgrad=True),
    "clipped values": keras.optimizers.Adam(1.0, clipvalue=0.1),
    "RMSprop": keras.optimizers.RMSprop(1.0, momentum=0.5, centered=True),
    "Adagrad": keras.optimizers.Adagrad(1.0),
    "Adadelta": keras.optimizers.Adadelta(1.0),
    "Adamax": keras.optimizers.Adamax(1.0),
    "Nadam": keras.optimizers.Nadam(1.0),
}
VARIABLEWISE = {  # what these do to a weight depends on the variable that it is in
    "clipped norms": keras.optimizers.SGD(1.0, clipnorm=0.1),
    "a clipped norm": keras.optimizers.SGD(1.0, global_clipnorm=0.1),
    "decaying weights": keras.optimizers.AdamW(1.0),
    "Adafactor": keras.optimizers.Adafactor(1.0),
    "Muon": keras.optimizers.Muon(1.0),
}


def drawn(seed):
    """Return arrays of the weights' shapes for a stack of seeds, (SEEDS, *shape)."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(SEEDS, *shape)).astype(np.float32) for shape in SHAPES]


def ours(optimiser, **options):
    """Return the weights after a few steps, and the shapes of the optimiser's own variables."""
    variables = [keras.Variable(np.zeros(shape, np.float32)) for shape in SHAPES]
    update = Update(optimiser, variables, seeds=SEEDS, **options)
    weights, slots = drawn(0), update.initial_slots()
    shapes = {slot.shape for slot in slots}

    def take(stacks):
        return update(*stacks, 0.05, 0.5)

    for step in range(STEPS):
        gradients = [tf.constant(g) for g in drawn(1 + step)]
        stacks = slots, gradients, list(map(tf.constant, weights))
        weights, slots = take(stacks) if update.stacked else programs.stacked(take, stacks)
    return [np.asarray(w) for w in weights], shapes


def keras_own(optimiser, seed):
    """Return one seed's weights after the same steps of `apply`, the decay written out."""
    optimiser = type(optimiser).from_config(optimiser.get_config())
    weights = [keras.Variable(w[seed]) for w in drawn(0)]
    for step in range(STEPS):
        optimiser.learning_rate = 0.05 / (1 + 0.5 * step)
        optimiser.apply([tf.constant(g[seed]) for g in drawn(1 + step)], weights)
    return [w.numpy() for w in weights]


LENGTH = (SEEDS * sum(int(np.prod(shape)) for shape in SHAPES),)
STACK = (SEEDS, *SHAPES[0])
PLACES = {
    "mapped": ({"plain": False}, STACK),
    "stacked": ({"plain": True}, STACK),
    "joined": ({"plain": True, "joined": True}, LENGTH),
}


@pytest.mark.parametrize("name", ELEMENTWISE | VARIABLEWISE)
@pytest.mark.parametrize("place", PLACES)
def test_a_few_steps_are_those_of_keras_for_every_seed(name, place):
    optimiser = (ELEMENTWISE | VARIABLEWISE)[name]
    options, shape = PLACES[place]
    weights, shapes = ours(optimiser, **options)
    for seed in range(SEEDS):
        for mine, theirs in zip(weights, keras_own(optimiser, seed), strict=True):
            np.testing.assert_allclose(mine[seed], theirs, rtol=2e-5, atol=1e-6)
    mapped = place == "mapped" or name in VARIABLEWISE
    assert ((SEEDS,) in shapes) == mapped  # a seed's own number of steps
    assert (() in shapes) != mapped
    if name not in ("SGD", *VARIABLEWISE):  # plain SGD has no variables of its own
        assert shape in shapes


def test_weights_of_two_types_stay_apart():
    half = keras.Variable(np.zeros(3), dtype="float16")
    update = Update(
        keras.optimizers.Adam(),
        [half, keras.Variable(np.zeros(2))],
        seeds=SEEDS,
        plain=True,
        joined=True,
    )
    assert {slot.shape for slot in update.initial_slots()} == {(SEEDS,), (SEEDS, 3), (SEEDS, 2)}


def with_an_unused_weight(image_shape, classes):
    """Return a network of a user's own, one of whose weights has no effect on the loss."""
    from keras import Input, Sequential, layers

    class Idle(layers.Layer):
        def build(self, shape):
            self.idle = self.add_weight(shape=(2,), name="idle")

        def call(self, inputs):
            return inputs

    return Sequential(
        [Input(image_shape), layers.Flatten(), Idle(), layers.Dense(classes, "softmax")]
    )


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_a_weight_without_a_gradient_stays_as_it_was_drawn(but):
    arm = but(network=network(with_an_unused_weight))
    program, seeds = replicas.program_of(arm), list(range(replicas.block_size(arm)))
    data = replicas.stacked_data(arm.dataset, tuple(seeds), arm.images, arm.test_images)
    order = replicas.batch_orders(seeds, 0, arm.images, arm.batch_size)
    state = program.initial_state(seeds)
    (trained, *_), _ = program.epoch(state, data, order, program.numbers(arm))
    moved = [bool(np.any(np.asarray(a) != b)) for a, b in zip(state[0], trained, strict=True)]
    assert moved == [False, True, True]
