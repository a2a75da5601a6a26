"""An optimiser's step without its variables: held against Keras's own `apply`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hw4.training.updates import Update

SHAPES = [(3, 4), (4,), (2, 2, 1, 3)]
STEPS = 4

JOINED = {
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
APART = {  # what these do to a weight depends on the variable that it is in
    "clipped norms": keras.optimizers.SGD(1.0, clipnorm=0.1),
    "a clipped norm": keras.optimizers.SGD(1.0, global_clipnorm=0.1),
    "decaying weights": keras.optimizers.AdamW(1.0),
    "Adafactor": keras.optimizers.Adafactor(1.0),
    "Muon": keras.optimizers.Muon(1.0),
}


def drawn(seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(np.float32) for shape in SHAPES]


def ours(optimiser, *, joined):
    """Return the weights after a few steps, and the shapes of the optimiser's own variables."""
    update = Update(optimiser, [keras.Variable(w) for w in drawn(0)], joined=joined)
    weights, slots = drawn(0), update.initial_slots()
    shapes = {slot.shape for slot in slots}
    for step in range(STEPS):
        gradients = [tf.constant(g) for g in drawn(1 + step)]
        weights, slots = update(slots, gradients, list(map(tf.constant, weights)), 0.05, 0.5)
    return [np.asarray(w) for w in weights], shapes


def keras_own(optimiser):
    """Return the weights after the same steps as `apply` takes them, the decay written out."""
    optimiser = type(optimiser).from_config(optimiser.get_config())
    weights = [keras.Variable(w) for w in drawn(0)]
    for step in range(STEPS):
        optimiser.learning_rate = 0.05 / (1 + 0.5 * step)
        optimiser.apply([tf.constant(g) for g in drawn(1 + step)], weights)
    return [w.numpy() for w in weights]


LENGTH = (sum(int(np.prod(shape)) for shape in SHAPES),)


@pytest.mark.parametrize("name", JOINED | APART)
@pytest.mark.parametrize("joined", [True, False])
def test_a_few_steps_are_those_of_keras(name, joined):
    optimiser = (JOINED | APART)[name]
    weights, shapes = ours(optimiser, joined=joined)
    for mine, theirs in zip(weights, keras_own(optimiser), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-5, atol=1e-6)
    if name != "SGD":  # plain SGD has no variables of its own
        assert (LENGTH in shapes) == (joined and name in JOINED)


def test_weights_of_two_types_stay_apart():
    half = keras.Variable(np.zeros(3), dtype="float16")
    update = Update(keras.optimizers.Adam(), [half, keras.Variable(np.zeros(2))], joined=True)
    assert {slot.shape for slot in update.initial_slots()} == {(), (3,), (2,)}
