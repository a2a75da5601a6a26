"""Every optimiser and schedule of Keras's trains as `fit` trains with it, or is refused."""

import re

import numpy as np
import pytest
from fitting import DATA, SEED, SHAPE, fit, net

from hw4.networks.models import network
from hw4.objectives.optimisers import Optimiser, adam, sgd, stated
from hw4.training.recipe import Recipe

ROUNDING = 2e-4
RATE = 0.03
KINDS = {  # options of each, and those that are refused
    "Adadelta": {},
    "Adafactor": {},
    "Adagrad": {"global_clipnorm": 0.1},
    "Adam": {"clipnorm": 0.05, "amsgrad": True},
    "AdamW": {"weight_decay": 0.1},
    "Adamax": {"clipvalue": 0.01},
    "Ftrl": {"l2_regularization_strength": 0.1},
    "Lamb": {},
    "Lion": {"weight_decay": 0.2},
    "LossScaleOptimizer": "refused",
    "MultiOptimizer": "refused",
    "Muon": {},
    "Nadam": {"clipvalue": 0.02},
    "RMSprop": {"centered": True, "global_clipnorm": 0.2},
    "SGD": {"momentum": 0.9, "nesterov": True, "clipnorm": 0.3, "weight_decay": 0.05},
    "ScheduleFreeAdamW": "refused",
}
SCHEDULES = {
    "CosineDecay": {"decay_steps": 8, "warmup_steps": 3, "warmup_target": 0.2},
    "CosineDecayRestarts": {"first_decay_steps": 3},
    "ExponentialDecay": {"decay_steps": 4, "decay_rate": 0.5, "staircase": True},
    "InverseTimeDecay": {"decay_steps": 3, "decay_rate": 0.7},
    "PiecewiseConstantDecay": {"boundaries": [3, 6], "values": [0.2, 0.05, 0.01]},
    "PolynomialDecay": {"decay_steps": 9, "power": 2.0},
}


def schedule(name):
    from keras.optimizers import schedules

    options = SCHEDULES[name]
    first = {} if "boundaries" in options else {"initial_learning_rate": 0.2}
    return getattr(schedules, name)(**first, **options)


def warmed_up(slope):
    import keras

    class Own(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            step = keras.ops.cast(step, "float32")
            return slope * keras.ops.minimum(step + 1.0, 10.0 / (step + 1.0))

    return Own()


def recipe_of(optimiser):
    data, build = DATA["classes"](), net(3, "softmax")
    return Recipe(network(build), stated(optimiser), data, 2, 8, 44, 16)


def agrees(make):
    """Compare the engine with `fit`, which gets another object of the same kind."""
    from hw4.training import replicas

    recipe = recipe_of(make()).seen()
    model = net(3, "softmax")(SHAPE, 3)
    model.compile(make(), "sparse_categorical_crossentropy", run_eagerly=True)
    expected = [each["loss"] for each in fit(recipe, model, lambda y: y)]
    assert abs(expected[1] - expected[0]) > 2 * ROUNDING * expected[1]
    row = replicas.train_block(recipe, [SEED])[0]
    np.testing.assert_allclose(row["test_loss"], expected, rtol=ROUNDING)


def test_the_tables_have_every_optimiser_and_schedule_of_keras():
    from keras import optimizers
    from keras.optimizers import schedules

    def classes(module):
        return {name for name in dir(module) if isinstance(getattr(module, name), type)}

    known = {name for name in classes(optimizers) if not name.endswith("Map")}
    assert known - {"Optimizer"} == {*KINDS}
    assert classes(schedules) - {"LearningRateSchedule"} == {*SCHEDULES}


@pytest.mark.parametrize("name", [name for name, options in KINDS.items() if options != "refused"])
def test_an_optimiser_of_keras_trains_as_in_fit(name):
    from keras import optimizers

    rate = 100 * RATE if name == "Adadelta" else RATE  # its steps are small
    agrees(lambda: getattr(optimizers, name)(rate, **KINDS[name]))


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_of_keras_is_followed_as_in_fit(name):
    from keras import optimizers

    agrees(lambda: optimizers.SGD(schedule(name), momentum=0.5))


def test_a_schedule_of_ones_own_is_followed_too():
    from keras import optimizers

    agrees(lambda: optimizers.Adam(warmed_up(0.01), epsilon=1e-3))


def test_an_object_is_the_optimiser_that_it_says():
    from keras import optimizers

    assert stated(optimizers.SGD(0.1, momentum=0.9)) == sgd(0.1, momentum=0.9)
    assert stated(optimizers.SGD(0.1)) == sgd(0.1) == stated(sgd(0.1))
    assert stated("rmsprop") == Optimiser("RMSprop", 0.001)
    clipped = Optimiser("Adam", 0.1, 0.0, {"clipnorm": 1.0, "beta_1": 0.8})
    assert stated(optimizers.Adam(0.1, beta_1=0.8, clipnorm=1.0)).options == tuple(
        sorted(clipped.options, reverse=True)
    )
    assert str(clipped) == "Adam(0.1, clipnorm=1, beta_1=0.8)"
    assert str(sgd(schedule("CosineDecay"))) == "SGD(CosineDecay)"


def test_every_part_of_an_optimiser_changes_the_key():
    from keras import optimizers

    given = [
        sgd(0.1),
        optimizers.SGD(0.1, clipnorm=1.0),
        optimizers.SGD(0.1, clipnorm=2.0),
        optimizers.SGD(0.1, weight_decay=0.1),
        *(optimizers.SGD(schedule(name)) for name in SCHEDULES),
        optimizers.SGD(warmed_up(0.1)),
        optimizers.SGD(warmed_up(0.2)),
        adam(schedule("CosineDecay")),
    ]
    keys = [recipe_of(each).key(0) for each in given]
    assert len({*keys}) == len(keys)
    assert recipe_of(optimizers.SGD(schedule("CosineDecay"))).key(0) in keys
    assert recipe_of(optimizers.SGD(warmed_up(0.2))).key(0) in keys


def used():
    import keras

    optimiser = keras.optimizers.SGD(0.1)
    variable = keras.Variable(np.zeros(1, "f4"))
    optimiser.build([variable])
    optimiser.iterations.assign(7)
    return optimiser


def excluding():
    import keras

    optimiser = keras.optimizers.AdamW(0.1)
    optimiser.exclude_from_weight_decay(var_names=["bias"])
    return optimiser


def own():
    import keras

    return type("Own", (keras.optimizers.SGD,), {})(0.1)


def of_keras(name, *arguments, **options):
    def make():
        import keras

        return getattr(keras.optimizers, name)(*arguments, **options)

    return make


REFUSED = [
    (used, "has taken 7 steps"),
    (excluding, "excludes variables from weight decay"),
    (own, "Own is of your own class.* asks for `seed` and calls fit"),
    (lambda: of_keras("LossScaleOptimizer", own())(), "more than a rule for the step"),
    (of_keras("ScheduleFreeAdamW", 0.1), "more than a rule .* asks for `seed` and calls fit"),
    (of_keras("Adam", 0.1, use_ema=True), "use_ema, which hw4 .* asks for `seed` and calls fit"),
    (of_keras("SGD", lambda: 0.1), "learning rate"),
    (lambda: "adamm", "unknown optimiser 'adamm'"),
]


@pytest.mark.parametrize(("make", "says"), REFUSED, ids=[says[:20] for _, says in REFUSED])
def test_what_is_more_than_a_rule_is_refused_in_one_sentence(make, says):
    with pytest.raises(ValueError) as error:
        stated(make()).build()
    assert re.search(says, str(error.value)), error.value
    assert "\n" not in str(error.value)


def test_decay_and_a_schedule_are_one_too_many():
    with pytest.raises(ValueError, match="with a schedule: expected one of them"):
        sgd(schedule("CosineDecay"), decay=0.1)
    with pytest.raises(ValueError, match="expected a number, or a schedule"):
        sgd(lambda step: 0.1)
