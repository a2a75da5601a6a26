"""Everything that a user's `keras.Model` can bring is used, or refused in one sentence.

`python tests/unit/training/test_given.py` writes the table of docs/keras-models.md.
"""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from hw4.data.finite import FiniteDataset, Labelled
from hw4.networks.models import network

PAGE = Path(__file__).parents[3] / "docs" / "keras-models.md"
START, END = "<!-- table -->\n", "<!-- end of table -->\n"
SHAPE, CLASSES = (3, 3, 1), 3

USED = {
    "call quantized_call rematerialized_call layers input output": "traced as it is, in training "
    "and inference mode",
    "losses add_loss": "added to the loss: penalties of layers, activities and your own",
    "weights variables set_weights load_weights load_own_variables set_state_tree": "what you have "
    "set is where every seed begins; what you have not is drawn for every seed by its initialiser",
    "trainable trainable_variables trainable_weights": "what is frozen stays as it is",
    "non_trainable_variables non_trainable_weights": "states move on as the layers say, for every "
    "seed by itself",
    "add_weight add_variable": "drawn for every seed; a `seed` that you give to an initialiser, "
    "a Dropout or a SeedGenerator makes it the same for all. Regularisers and constraints are used",
    "dtype dtype_policy compute_dtype variable_dtype input_dtype": "used, but for float16 (below)",
    "quantize quantization_mode get_quantization_layer_structure quantized_build": "used: what was "
    "quantised is a starting weight",
    "loss compiled_loss": "see `compile(loss=…)`",
    "build build_from_config compute_output_shape compute_output_spec input_spec compute_mask "
    "supports_masking stateless_call symbolic_call": "used where Keras uses it to build or call",
}
NO_PART = {
    "predict predict_on_batch predict_step make_predict_function": "no part in training or "
    "evaluation",
    "get_config from_config save save_weights save_own_variables export to_json "
    "get_build_config get_compile_config compile_from_config get_weights get_state_tree": "saving "
    "has no part in training",
    "summary name path get_layer count_params metrics_names metrics_variables compiled_metrics "
    "add_metric": "describes; has no part in training",
    "distribute_reduction_method": "only with tf.distribute, which is refused",
}


def net(kind=None, name="net", **compiled):
    """Return a functional model of a class, compiled where arguments are given."""
    import keras

    images = keras.Input(SHAPE)
    hidden = keras.layers.Flatten()(images)
    outputs = keras.layers.Dense(CLASSES, activation="softmax")(hidden)
    model = (kind or keras.Model)(images, outputs, name=name)
    if compiled:
        model.compile(**compiled)
    return model


def with_own(method):
    def make():
        import keras

        own = property(lambda self: []) if method == "metrics" else lambda self, *a, **k: None
        return net(type("Own", (keras.Model,), {method: own}))

    return make


def in_float16():
    import keras

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        return net()
    finally:
        keras.config.set_dtype_policy(policy)


def with_a_mask():
    import keras

    images = keras.Input(SHAPE)
    masked = keras.layers.Masking()(keras.layers.Flatten()(images))
    outputs = keras.layers.Dense(CLASSES, activation="softmax")(masked)
    return keras.Model(images, outputs, name="net")


def distributed():
    import tensorflow as tf

    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        return net()


def ending_in(activation):
    def make():
        import keras

        images = keras.Input(SHAPE)
        outputs = keras.layers.Dense(CLASSES, activation)(keras.layers.Flatten()(images))
        return keras.Model(images, outputs, name="net")

    return make


def own_methods():
    from hw4.objectives.given import OWN_METHODS

    return OWN_METHODS


COMPILED = {  # arguments that are refused
    "optimizer": {"optimizer": "adam"},
    "loss": {"loss": ["mse", "mae"]},
    "loss_weights": {"loss": "sparse_categorical_crossentropy", "loss_weights": [2.0]},
    "metrics": {"metrics": ["mae"]},
    "weighted_metrics": {"weighted_metrics": ["accuracy"]},
    "run_eagerly": {"run_eagerly": True},
    "steps_per_execution": {"steps_per_execution": 4},
    "jit_compile": {"jit_compile": True},
}
COMPILED_AND_USED = {
    "loss": "used: any loss of keras.losses, or your own, with all its options; labels are "
    "made one-hot where it needs them",
    "metrics": "`accuracy` is `runs.test_accuracy`",
    "auto_scale_loss": "changes nothing but in float16, which is refused",
}
REFUSED = {
    "dtype_policy": in_float16,
    "compute_mask": with_a_mask,
    "distribute_strategy": distributed,
    "output": ending_in("sigmoid"),
}


def refusal(make):
    """Return the sentence by which the model that a function makes is refused."""
    from hw4.objectives.optimisers import sgd
    from hw4.training.recipe import Recipe

    pixels, labels = np.zeros((24, *SHAPE), "f4"), np.arange(24, dtype="i4") % CLASSES
    dataset = FiniteDataset("toy", ("a", "b", "c"), Labelled(pixels, labels))
    recipe = Recipe(network(lambda image_shape, classes: make()), sgd(0.1), dataset, 1, 8, 8, 4)
    with pytest.raises(ValueError) as error:
        recipe.seen()
    message = str(error.value)
    assert "\n" not in message
    assert re.match(r"model 'net' .*: expected ", message), message
    return message


def rows():
    """Yield every row of the table: what it is about, and what becomes of it."""
    for name, arguments in COMPILED.items():
        yield f"`compile({name}=…)`", refusal(lambda arguments=arguments: net(**arguments))
    for name, how in COMPILED_AND_USED.items():
        yield f"`compile({name}=…)`", how
    for names, how in USED.items():
        yield ", ".join(f"`{name}`" for name in names.split()), how
    for name, make in REFUSED.items():
        yield f"`{name}`", refusal(make)
    for name in own_methods():
        yield f"own `{name}`", refusal(with_own(name))
    for names, how in NO_PART.items():
        yield ", ".join(f"`{name}`" for name in names.split()), how


def table():
    lines = [f"| {part} | {what} |" for part, what in rows()]
    return "\n".join(["| part | what hw4 does |", "|---|---|", *lines]) + "\n"


def test_the_table_of_the_documentation_says_what_is_used_and_what_refused():
    text = PAGE.read_text(encoding="utf-8")
    assert text.partition(START)[2].partition(END)[0] == table()


def test_every_part_of_a_model_and_every_argument_of_compile_has_a_row():
    import keras

    named = {name for group in (USED, NO_PART) for names in group for name in names.split()}
    named |= {*REFUSED, *own_methods()}
    public = {name for name in dir(keras.Model) if not name.startswith("_")}
    assert public - named - {"run_eagerly", "jit_compile"} == set()  # those are compile's
    arguments = {*inspect.signature(keras.Model.compile).parameters} - {"self"}
    assert arguments == {*COMPILED, *COMPILED_AND_USED}


# What is used


def trained(but, model, **fields):
    """Return the first seed's arrays of a model that a function makes."""
    from hw4.training.replicas import train_block

    recipe = but(network=network(lambda image_shape, classes: model()), epochs=2, **fields)
    return train_block(recipe, [0, 1])[0]


def losses():
    from keras import losses

    return {
        "name": "sparse_categorical_crossentropy",
        "function": losses.categorical_crossentropy,
        "smoothed": losses.CategoricalCrossentropy(label_smoothing=0.3),
        "focal": losses.CategoricalFocalCrossentropy(gamma=1.0),
    }


@pytest.mark.parametrize("name", ["name", "function", "smoothed", "focal"])
def test_a_compiled_cross_entropy_is_the_one_that_fit_trains_with(but, name):
    import keras

    recipe = but(batch_size=40)
    loss = losses()[name]
    weights = np.random.default_rng(0).normal(size=(9, 3)).astype("f4"), np.zeros(3, "f4")

    def make():
        model = net(loss=loss)
        model.set_weights(weights)
        return model

    row = trained(but, make, batch_size=40)
    split = recipe.dataset.draw(0, 40, 16)
    model = net(loss=loss, optimizer=keras.optimizers.SGD(0.1))
    model.set_weights(weights)
    one_hot = name != "name"
    labels = [np.eye(3, dtype="f4")[y] if one_hot else y for y in (split.y_train, split.y_test)]
    for epoch in range(2):
        model.fit(split.x_train, labels[0], batch_size=40, verbose=0)
        found = model.evaluate(split.x_test, labels[1], verbose=0)
        assert row["test_loss"][epoch] == pytest.approx(found, rel=1e-5)


def test_probabilities_behind_a_reshape_are_no_logits(but):
    """Softmax of a softmax cannot reach a loss below log(1 + 2/e) of three classes: 0.55."""
    import keras

    from hw4.objectives.optimisers import adam

    def make(*last):
        dense = keras.layers.Dense(3, "softmax")
        return keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), dense, *last])

    runs, plain = (
        trained(but, lambda last=last: make(*last), optimiser=adam(0.5))
        for last in ([keras.layers.Reshape((3,))], [])
    )
    np.testing.assert_allclose(runs["train_loss"], plain["train_loss"], rtol=1e-4)


@pytest.mark.parametrize(
    ("activation", "from_logits"),
    [("softmax", False), (None, True), ("log_softmax", True), ("tanh", True)],
)
def test_outputs_are_told_by_their_numbers(but, activation, from_logits):
    found = but(network=network(lambda *_: ending_in(activation)())).seen().network
    assert found.loss.options == {"from_logits": from_logits}


def test_outputs_that_begin_at_zero_are_told_too(but):
    def make(*_):
        import keras

        dense = keras.layers.Dense(3, kernel_initializer="zeros")
        return keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), dense])

    assert but(network=network(make)).seen().network.loss.options == {"from_logits": True}


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_unclear_outputs_are_what_the_user_says(but, activation):
    source = network(lambda *_: ending_in(activation)())
    for said in (True, False):
        found = but(network=source, from_logits=said).seen().network
        assert found.loss.options == {"from_logits": said}
    assert but(network=source, from_logits=True).key(0) != but(
        network=source, from_logits=False
    ).key(0)


@pytest.mark.parametrize(("activation", "said"), [("softmax", True), (None, False)])
def test_what_the_user_says_against_the_numbers_is_refused(but, activation, said):
    with pytest.raises(ValueError, match=f"from_logits={said}, but .*: expected from_logits="):
        but(network=network(lambda *_: ending_in(activation)()), from_logits=said).seen()


def test_logits_are_not_said_of_our_own_networks(but):
    with pytest.raises(ValueError, match="with a network of your own only"):
        but(from_logits=True)


# Starting weights


def build(set_weights=lambda model: None, **options):
    def make(image_shape, classes):
        from keras import Input, Sequential, layers

        first = layers.Dense(4, **options)
        stack = [Input(image_shape), layers.Flatten(), first, layers.Dense(classes)]
        model = Sequential(stack)
        set_weights(model)
        return model

    return make


def begin(source, seed):
    from hw4.networks import initial

    return initial.build(network(source), SHAPE, CLASSES)[1](seed)[0]


SEVENS = (np.full((9, 4), 7, "f4"), np.arange(4, dtype="f4"))


def test_weights_that_the_function_sets_are_where_every_seed_begins():
    source = build(lambda model: model.layers[1].set_weights(SEVENS))
    starts = [begin(source, seed) for seed in range(3)]
    for start in starts:
        np.testing.assert_array_equal(start[0], SEVENS[0])
        np.testing.assert_array_equal(start[1], SEVENS[1])
    assert not np.array_equal(starts[0][2], starts[1][2])  # the new head is drawn


def test_what_is_not_set_is_drawn_as_without_it():
    plain = begin(build(), 3)
    half = begin(build(lambda model: model.layers[1].bias.assign(SEVENS[1])), 3)
    np.testing.assert_array_equal(half[1], SEVENS[1])
    for index in (0, 2, 3):
        np.testing.assert_array_equal(half[index], plain[index])


def test_setting_what_was_drawn_sets_nothing():
    source = build(lambda model: model.set_weights(model.get_weights()))
    np.testing.assert_array_equal(begin(source, 3)[0], begin(build(), 3)[0])


def test_weights_of_a_layer_within_a_users_layer_are_told_too():
    def make(image_shape, classes):
        import keras

        class Own(keras.layers.Layer):  # builds its layers while it is called
            def __init__(self):
                super().__init__()
                self.dense = keras.layers.Dense(4, kernel_initializer=from_numpy)

            def call(self, x):
                return self.dense(x)

        own = Own()
        stack = [keras.Input(image_shape), keras.layers.Flatten(), own]
        model = keras.Sequential([*stack, keras.layers.Dense(classes)])
        own.dense.bias.assign(SEVENS[1])
        return model

    first, second = begin(make, 1), begin(make, 2)
    np.testing.assert_array_equal(first[1], SEVENS[1])
    assert not np.array_equal(first[0], second[0])


def from_numpy(shape, dtype=None):
    return np.random.normal(size=shape)  # noqa: NPY002 - what a user may write; not of the dtype


def test_a_ready_made_model_that_was_not_touched_is_drawn_for_every_seed():
    model = build()(SHAPE, CLASSES)
    assert not np.array_equal(begin(model, 1)[0], begin(model, 2)[0])


def test_a_trained_layer_below_a_new_head_is_where_every_seed_begins():
    """Transfer learning: a module's model, of which every call builds another."""
    import keras

    body = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(4)])
    body.set_weights(SEVENS)
    body.trainable = False

    def make(image_shape, classes):
        return keras.Sequential([body, keras.layers.Dense(classes)])

    from hw4.networks import initial

    _, draw = initial.build(network(make), SHAPE, CLASSES)
    (head, _), (kernel, bias) = draw(1)
    np.testing.assert_array_equal(kernel, SEVENS[0])
    np.testing.assert_array_equal(bias, SEVENS[1])
    assert not np.array_equal(head, draw(2)[0][0])


def test_other_weights_each_time_are_refused(but):
    def shuffle(model):
        model.layers[1].set_weights([from_numpy((9, 4)), SEVENS[1]])

    with pytest.raises(ValueError, match="begins with other weights each time it is built"):
        but(network=network(build(shuffle))).seen()


def test_weights_that_the_user_sets_change_the_key(but):
    keys = {
        but(
            network=network(
                build(lambda model, by=by: model.layers[1].set_weights([SEVENS[0] * by, SEVENS[1]]))
            )
        ).key(0)
        for by in (1, 2, 1)
    }
    assert len(keys) == 2


def test_a_seed_that_is_given_makes_the_draw_the_same_for_every_seed():
    import keras

    initialiser = keras.initializers.HeNormal(seed=3)
    first, second = (begin(build(kernel_initializer=initialiser), seed) for seed in (1, 2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[0], np.asarray(initialiser((9, 4))))
    assert not np.array_equal(first[2], second[2])


def test_a_dropouts_seed_is_used():
    from hw4.networks import initial

    def make(image_shape, classes):
        from keras import Input, Sequential, layers

        stack = [layers.Flatten(), layers.Dropout(0.5, seed=3), layers.Dropout(0.5)]
        return Sequential([Input(image_shape), *stack, layers.Dense(classes)])

    draw = initial.build(network(make), SHAPE, CLASSES)[1]
    (given, drawn), (given_again, drawn_again) = draw(1)[1], draw(2)[1]
    np.testing.assert_array_equal(given, [3, 0])
    np.testing.assert_array_equal(given_again, [3, 0])
    assert not np.array_equal(drawn, drawn_again)


def test_what_a_ready_made_models_configuration_does_not_tell_is_used_too(but):
    import keras

    def make(data):
        adapted = keras.layers.Normalization(axis=None)
        adapted.adapt(data)
        stack = [keras.Input(SHAPE), adapted, keras.layers.Flatten(), keras.layers.Dense(3)]
        return keras.Sequential(stack)

    keys = [but(network=network(make(np.arange(9.0) * by))).key(0) for by in (1, 2, 1)]
    assert keys[0] == keys[2] != keys[1]


@pytest.mark.parametrize("initialiser", ["function", "class", "text"])
def test_a_ready_made_weight_that_nothing_tells_of_is_refused(but, initialiser):
    import keras

    class Own(keras.initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return from_numpy(shape, dtype)

    class Scaled(keras.layers.Layer):
        def build(self, shape):
            self.kernel = self.add_weight(shape=shape[1:], initializer="glorot_uniform")

        def call(self, x):
            return x * self.kernel

    layer = {
        "function": lambda: keras.layers.Dense(4, kernel_initializer=from_numpy),
        "class": lambda: keras.layers.Dense(4, kernel_initializer=Own()),
        "text": Scaled,
    }[initialiser]
    stack = [keras.layers.Flatten(), layer(), keras.layers.Dense(CLASSES)]
    model = keras.Sequential([keras.Input(SHAPE), *stack])
    with pytest.raises(ValueError, match=r"does not tell whether .*: expected a function"):
        but(network=network(model)).seen()


def test_a_ready_made_convolutional_model_is_left_as_it_was(but):
    import keras

    from hw4.training.replicas import train_block

    layers = [keras.layers.Conv2D(2, 3), keras.layers.Dropout(0.5), keras.layers.Flatten()]
    model = keras.Sequential([keras.Input(SHAPE), *layers, keras.layers.Dense(CLASSES)])
    before = model.get_weights()
    train_block(but(network=network(model), epochs=1), [0])
    assert "call" not in vars(layers[1])
    for weight, value in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, value)


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(before + START + table() + END + rest.partition(END)[2], encoding="utf-8")
