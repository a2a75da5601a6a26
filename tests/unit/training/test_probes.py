import numpy as np
import pytest

from hw4.networks.models import mlp
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


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


FUNCTIONS = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z < 0, 0.2 * z, z),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
}


def hidden_by_numpy(arm, seed):
    """Return each hidden layer's inputs and outputs, (images, units), in double precision."""
    model, split = plain_model(arm, seed), arm.dataset.draw(seed, arm.images, arm.test_images)
    outputs, layers = split.x_train.reshape(arm.images, -1).astype(float), []
    for layer in model.layers:
        name = type(layer).__name__
        if name == "Dense":
            kernel, bias = layer.get_weights()
            inputs = outputs @ kernel + bias
        elif name == "BatchNormalization":  # in inference: by the moving mean 0 and variance 1
            inputs = inputs / np.sqrt(1 + layer.epsilon)
        elif name == "Activation":
            outputs = FUNCTIONS[arm.network.activation](inputs)
            layers.append((inputs, outputs))
    return layers


UNITS = {
    "relu": mlp(widths=(30, 20), bias=-0.3),  # so that some units are off for every image
    "leaky": mlp(widths=(30, 20), activation="leaky_relu", bias=-0.3),
    "sigmoid": mlp(widths=(30, 20), activation="sigmoid", gain=4),
    "tanh": mlp(widths=(30, 20), activation="tanh", gain=4),
    "BN": mlp(widths=(30, 20), activation="tanh", norm="batch", gain=4),
}


@pytest.mark.parametrize("net", UNITS.values(), ids=UNITS)
def test_probes_of_hidden_units_are_what_numpy_finds(but, net):
    names = ("dead_units", "mean_activation", "saturated_units")
    arm = but(network=net, epochs=0, probes=names)
    runs, _ = executor.execute(arm, SEEDS)
    for index, seed in enumerate(SEEDS):
        layers = hidden_by_numpy(arm, seed)
        expected = {
            "dead_units": [np.mean(np.all(after == 0, axis=0)) for _, after in layers],
            "mean_activation": [after.mean() for _, after in layers],
            "saturated_units": [np.mean(np.abs(before) > 4) for before, _ in layers],
        }
        for name, values in expected.items():
            found = runs.probes[name][index, 0]  # before the first step, (layers,)
            np.testing.assert_allclose(found, values, rtol=1e-5, atol=1e-6, err_msg=name)


def test_the_networks_above_have_dead_and_saturated_units_but_not_only(but):
    """Or their probes could as well be constants."""
    for kind, name in (
        ("relu", "dead_units"),
        ("tanh", "saturated_units"),
        ("BN", "saturated_units"),
    ):
        runs, _ = executor.execute(but(network=UNITS[kind], epochs=0, probes=(name,)), SEEDS)
        assert (runs.probes[name] > 0.02).all()
        assert (runs.probes[name] < 0.98).all()


def test_planted_dead_units_are_counted_and_quiet_ones_are_not(but):
    from hw4.training import replicas

    arm = but(network=mlp(widths=(5, 4)))
    program = replicas.program_of(arm)
    trainable, fixed, slots = program.initial_state(SEEDS)
    values = [np.abs(value.numpy()) for value in trainable]  # every unit is on for every image
    values[1][0, :2] = -100  # the first seed's first two units of five
    values[1][0, 2:], values[0][0, :, 2:] = 1e-30, 0  # the others give next to nothing
    values[3][1, 0] = -1e4  # the second seed's first of four
    data = replicas.stacked_data(arm.dataset, tuple(SEEDS), arm.images, arm.test_images)
    found = program.probe((values, fixed, slots), data, program.numbers(arm), ("dead_units",))
    np.testing.assert_allclose(found["dead_units"], [[0.4, 0], [0, 0.25]], rtol=1e-6)


@pytest.mark.parametrize("probe", ["dead_units", "mean_activation", "saturated_units"])
def test_a_model_whose_activations_are_no_layers_is_refused(but, probe):
    from hw4.networks.models import network

    def fused(image_shape, classes):
        from keras import Input, Sequential, layers

        dense = layers.Dense(4, activation="relu")
        return Sequential([Input(image_shape), layers.Flatten(), dense, layers.Dense(classes)])

    with pytest.raises(ValueError, match="has no hidden activation as a layer of its own"):
        executor.execute(but(network=network(fused), epochs=0, probes=(probe,)), SEEDS)


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
        "unknown probe 'sharpness': expected one of dead_units, gradient_cosine, gradient_norm, "
        "gradient_variance, mean_activation, path_length, saturated_units, weight_norm, "
        "zero_weights"
    )
