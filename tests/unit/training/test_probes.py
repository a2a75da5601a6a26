import numpy as np
import pytest

from hw4.models import mlp
from hw4.training import executor, probes

SEEDS = [4, 11]
NAMES = ("gradient_norm", "weight_norm", "zero_weights")


def plain_model(arm, seed):
    """Return a plain Keras model with the seed's initial weights."""
    from hw4.training import replicas

    trainable, fixed, _ = replicas.program_of(arm).initial_state([seed])
    model = arm.network.build(arm.dataset.image_shape, len(arm.dataset.classes))
    for variables, values in (
        (model.trainable_variables, trainable),
        (model.non_trainable_variables, fixed),
    ):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value[0])
    return model


@pytest.mark.parametrize(
    "net", [mlp(widths=(5, 4)), mlp(widths=(5, 4), norm="batch", l2=0.3)], ids=["plain", "BN, L2"]
)
def test_probes_are_what_keras_and_numpy_find_in_a_plain_model(but, net):
    import keras
    import tensorflow as tf

    arm = but(network=net, epochs=0, probes=NAMES)
    runs, _ = executor.execute(arm, SEEDS)
    for index, seed in enumerate(SEEDS):
        model, split = plain_model(arm, seed), arm.dataset.draw(seed, arm.images, arm.test_images)
        with tf.GradientTape() as tape:
            outputs = model(split.x_train, training=True)
            entropy = keras.losses.SparseCategoricalCrossentropy()(split.y_train, outputs)
            loss = entropy + sum(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        expected = [np.linalg.norm(g) for g in gradients if len(g.shape) == 2]
        np.testing.assert_allclose(runs.probes["gradient_norm"][index, 0], expected, rtol=1e-5)
        kernels = [v.numpy() for v in model.trainable_variables if len(v.shape) == 2]
        expected = [np.linalg.norm(kernel) for kernel in kernels]
        np.testing.assert_allclose(runs.probes["weight_norm"][index, 0], expected, rtol=1e-5)


def test_planted_zeros_are_counted(but):
    from hw4.training import replicas

    arm = but(network=mlp(widths=(5, 4)))
    program = replicas.program_of(arm)
    trainable, fixed, slots = program.initial_state(SEEDS)
    planted = trainable[0].numpy()  # (seeds, 9, 5)
    planted[0, 2:4, 1:4] = 0
    planted[1] = 0
    planted[1, 0, 0] = 1e-30  # small is not zero
    data = replicas.stacked_data(arm.dataset, tuple(SEEDS), arm.images, arm.test_images)
    state = ([planted, *trainable[1:]], fixed, slots)
    found = program.probe(state, data, program.numbers(arm), ("zero_weights",))
    np.testing.assert_array_equal(found["zero_weights"], [[6, 0, 0], [44, 0, 0]])


def test_a_probe_looks_before_the_first_step_and_after_the_last(but):
    runs, _ = executor.execute(but(network=mlp(widths=(5, 4)), probes=("weight_norm",)), SEEDS)
    norms = runs.probes["weight_norm"]
    assert norms.shape == (2, 2, 3)
    assert (norms[:, 0] != norms[:, 1]).all()


def test_a_probe_changes_nothing_that_it_measures(but):
    arm = but(network=mlp(widths=(5, 4)))
    probed, _ = executor.execute(but(network=arm.network, probes=NAMES), SEEDS)
    plain, _ = executor.execute(arm, SEEDS)
    np.testing.assert_array_equal(probed.test_loss, plain.test_loss)


def test_an_unknown_probe_is_refused_in_one_sentence():
    with pytest.raises(ValueError) as error:
        probes.check(("weight_norm", "sharpness"))
    assert str(error.value) == (
        "unknown probe 'sharpness': expected one of dead_units, gradient_norm, mean_activation, "
        "path_length, saturated_units, weight_norm, zero_weights"
    )
