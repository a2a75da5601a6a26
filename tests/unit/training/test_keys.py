"""Which changes to a user's network change the key under which its runs are kept.

Each case is a user's module, of which `middle` makes a layer of the network. What stands between
‹ and › is written once as before the bar and once as after it.
"""

import importlib.util
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from hw4.networks import canonical, ways
from hw4.networks.models import network
from hw4.training import tracing

MODULE = """
import functools, os
import keras, numpy as np, tensorflow as tf
from keras import layers, ops

{code}

def build(image_shape, classes):
    stack = [keras.Input(image_shape), layers.Flatten(), middle(), layers.Dense(classes)]
    return keras.Sequential(stack)
"""

CHANGES = {
    "constant of the module": """
        SCALE = ‹1.0|0.0›
        class Own(layers.Layer):
            def call(self, x): return x * SCALE
        middle = Own
    """,
    "helper": """
        def helper(x): return ‹x + 1|x - 1›
        class Own(layers.Layer):
            def call(self, x): return helper(x)
        middle = Own
    """,
    "helper of a helper": """
        def inner(x): return x * ‹2|3›
        def outer(x): return inner(x) + 1
        class Own(layers.Layer):
            def call(self, x): return outer(x)
        middle = Own
    """,
    "function of an Activation": """
        STEEP = ‹2|3›
        def steep(x): return STEEP * x
        def middle(): return layers.Activation(steep)
    """,
    "activation of a Dense": """
        STEEP = ‹2|3›
        def middle(): return layers.Dense(4, activation=lambda x: STEEP * x)
    """,
    "global of a Lambda": """
        STEEP = ‹2|3›
        def middle(): return layers.Lambda(lambda x: STEEP * x)
    """,
    "code of a Lambda": """
        def middle(): return layers.Lambda(lambda x: ‹x + x|x * x›)
    """,
    "arguments of a Lambda": """
        def middle(): return layers.Lambda(lambda x, by: x * by, arguments={"by": ‹2|3›})
    """,
    "method of a base class": """
        class Base(layers.Layer):
            def factor(self): return ‹2|3›
        class Own(Base):
            def call(self, x): return x * self.factor()
        middle = Own
    """,
    "mixin": """
        class First:
            def factor(self): return 2
        class Second:
            def factor(self): return 3
        class Own(‹First|Second›, layers.Layer):
            def call(self, x): return x * self.factor()
        middle = Own
    """,
    "closure": """
        def scaled(by):
            return lambda x: x * by
        def middle(): return layers.Activation(scaled(‹2|3›))
    """,
    "closure of a closure": """
        def scaled(by):
            def inner(x): return x * by
            return lambda x: inner(x)
        def middle(): return layers.Activation(scaled(‹2|3›))
    """,
    "default of an argument": """
        def scaled(x, by=‹2|3›): return x * by
        def middle(): return layers.Activation(scaled)
    """,
    "partial": """
        def scaled(x, by): return x * by
        def middle(): return layers.Activation(functools.partial(scaled, by=‹2|3›))
    """,
    "state of a callable": """
        class Scale:
            __name__ = "scale"
            def __init__(self, by): self.by = by
            def __call__(self, x): return x * self.by
        def middle(): return layers.Activation(Scale(‹2|3›))
    """,
    "table": """
        TABLE = {"weak": 2, "strong": ‹3|4›}
        class Own(layers.Layer):
            def call(self, x): return x * TABLE["strong"]
        middle = Own
    """,
    "table of functions": """
        TABLE = {"own": ‹ops.tanh|ops.sin›}
        class Own(layers.Layer):
            def call(self, x): return TABLE["own"](x)
        middle = Own
    """,
    "small array": """
        MASK = np.array([0, 1, 0, 1, 0, 1, 0, 1, ‹0|1›], "float32")
        class Own(layers.Layer):
            def call(self, x): return x * MASK
        middle = Own
    """,
    "large array": """
        MATRIX = np.zeros((9, 99), "float32")
        MATRIX[3, 77] = ‹1|2›
        class Own(layers.Layer):
            def call(self, x): return ops.matmul(x, MATRIX)
        middle = Own
    """,
    "large tensor that is captured": """
        MATRIX = np.zeros((9, 99), "float32")
        MATRIX[3, 77] = ‹1|2›
        MATRIX = tf.constant(MATRIX)
        class Own(layers.Layer):
            def call(self, x): return ops.matmul(x, MATRIX)
        middle = Own
    """,
    "option of a layer of Keras's": """
        def middle(): return layers.LeakyReLU(negative_slope=‹0.1|0.2›)
    """,
    "attribute that no configuration shows": """
        class Own(layers.Layer):
            def __init__(self, by):
                super().__init__()
                self.by = by
            def call(self, x): return x * self.by
            def get_config(self): return {}
        def middle(): return Own(‹2|3›)
    """,
    "attribute set later": """
        def middle():
            layer = layers.Dense(4)
            layer.activation = ops.‹tanh|sin›
            return layer
    """,
    "class attribute": """
        class Own(layers.Layer):
            by = ‹2|3›
            def call(self, x): return x * self.by
        middle = Own
    """,
    "property": """
        class Own(layers.Layer):
            @property
            def by(self): return ‹2|3›
            def call(self, x): return x * self.by
        middle = Own
    """,
    "call that was replaced": """
        def middle():
            layer = layers.Activation("linear")
            layer.call = lambda x: x * ‹2|3›
            return layer
    """,
    "method that was replaced": """
        class Own(layers.Layer):
            def call(self, x): return x * 2
        Own.call = lambda self, x: x * ‹4|5›
        middle = Own
    """,
    "adapted mean": """
        def middle():
            layer = layers.Normalization()
            layer.adapt(np.arange(90.0).reshape(10, 9) * ‹1|2›)
            return layer
    """,
    "given mean": """
        def middle(): return layers.Normalization(mean=‹1.0|2.0›, variance=1.0)
    """,
    "adapted bins": """
        def middle():
            layer = layers.Discretization(num_bins=3, output_mode="one_hot")
            layer.adapt(np.arange(90.0).reshape(10, 9) * ‹1|2›)
            return keras.Sequential([layer, layers.Flatten()])
    """,
    "nested model": """
        def middle(): return keras.Sequential([keras.Input((9,)), layers.Activation("‹tanh|relu›")])
    """,
    "model within a layer": """
        class Own(layers.Layer):
            def __init__(self):
                super().__init__()
                inner = [layers.Dense(4), layers.Activation(lambda x: x * ‹2|3›)]
                self.inner = keras.Sequential([keras.Input((9,)), *inner])
            def call(self, x): return self.inner(x)
        middle = Own
    """,
    "decorator": """
        def scaled(by):
            return lambda function: functools.wraps(function)(lambda x: by * function(x))
        @scaled(‹2|3›)
        def own(x): return x + 1
        def middle(): return layers.Activation(own)
    """,
    "function of TensorFlow's": """
        BY = ‹2|3›
        @tf.function
        def own(x): return x * BY
        def middle(): return layers.Activation(own)
    """,
    "custom gradient of TensorFlow's": """
        @tf.custom_gradient
        def own(x): return x + 0, lambda upstream: upstream * ‹1|2›
        def middle(): return keras.Sequential([layers.Dense(4), layers.Activation(own)])
    """,
    "custom gradient of Keras's": """
        @ops.custom_gradient
        def own(x): return x + 0, lambda *a, upstream=None: (upstream or a[0]) * ‹1|2›
        def middle(): return keras.Sequential([layers.Dense(4), layers.Lambda(own)])
    """,
    "gradient that is stopped": """
        def own(x): return 2 * x - ‹x|ops.stop_gradient(x)›
        def middle(): return keras.Sequential([layers.Dense(4), layers.Activation(own)])
    """,
    "training mode": """
        class Own(layers.Layer):
            def call(self, x, training=False): return x * ‹2|3› if training else x
        middle = Own
    """,
    "inference mode": """
        class Own(layers.Layer):
            def call(self, x, training=False): return x if training else x * ‹2|3›
        middle = Own
    """,
    "loss of a layer": """
        class Own(layers.Layer):
            def call(self, x):
                self.add_loss(‹0.1|0.2› * ops.mean(x))
                return x
        middle = Own
    """,
    "regulariser of the outputs": """
        def middle(): return layers.Dense(4, activity_regularizer=keras.regularizers.L1(‹0.1|0.2›))
    """,
    "own regulariser": """
        BY = ‹0.1|0.2›
        def penalty(weights): return BY * ops.sum(ops.abs(weights))
        def middle(): return layers.Dense(4, kernel_regularizer=penalty)
    """,
    "own constraint": """
        LIMIT = ‹1.0|2.0›
        class Clipped(keras.constraints.Constraint):
            def __call__(self, weights): return ops.clip(weights, -LIMIT, LIMIT)
        def middle(): return layers.Dense(4, kernel_constraint=Clipped())
    """,
    "constraint": """
        def middle(): return layers.Dense(4, kernel_constraint=‹None|"non_neg"›)
    """,
    "own initialiser": """
        BY = ‹1|2›
        def own(shape, dtype=None): return BY * keras.random.normal(shape, dtype=dtype)
        def middle(): return layers.Dense(4, kernel_initializer=own)
    """,
    "initialiser of an own class": """
        BY = ‹1|2›
        class Own(keras.initializers.HeNormal):
            def __call__(self, shape, dtype=None): return BY * super().__call__(shape, dtype)
        def middle(): return layers.Dense(4, kernel_initializer=Own())
    """,
    "option of an initialiser": """
        INITIAL = keras.initializers.RandomNormal(stddev=‹0.1|0.2›)
        def middle(): return layers.Dense(4, kernel_initializer=INITIAL)
    """,
    "constant weights": """
        def middle(): return layers.Dense(4, bias_initializer=keras.initializers.Constant(‹1|2›))
    """,
    "layer that is frozen": """
        def middle(): return layers.Dense(4, trainable=‹True|False›)
    """,
    "weight that is frozen": """
        class Own(layers.Layer):
            def build(self, shape): self.w = self.add_weight(shape=(9,), trainable=‹True|False›)
            def call(self, x): return x * self.w
        middle = Own
    """,
    "precision": """
        def middle(): return layers.Dense(4, dtype="‹float32|mixed_bfloat16›")
    """,
    "rate of dropout": """
        def middle(): return layers.Dropout(‹0.1|0.2›)
    """,
    "own noise": """
        class Own(layers.Layer):
            def __init__(self):
                super().__init__()
                self.seeds = keras.random.SeedGenerator()
            def call(self, x): return x + ‹1|2› * keras.random.normal((1, 9), seed=self.seeds)
        middle = Own
    """,
    "how a state moves on": """
        def middle(): return layers.BatchNormalization(momentum=‹0.9|0.8›)
    """,
    "how an own state moves on": """
        class Own(layers.Layer):
            def build(self, shape):
                self.n = self.add_weight(shape=(), initializer="zeros", trainable=False)
            def call(self, x, training=False):
                if training: self.n.assign_add(‹1.0|2.0›)
                return x * self.n
        middle = Own
    """,
    "how a state begins": """
        class Own(layers.Layer):
            def build(self, shape):
                self.n = self.add_weight(shape=(), initializer="‹zeros|ones›", trainable=False)
            def call(self, x): return x + self.n
        middle = Own
    """,
    "order of layers": """
        def middle():
            first, second = layers.Activation("tanh"), layers.Activation(ops.sin)
            return keras.Sequential([‹first, second|second, first›])
    """,
    "order of a difference": """
        class Own(layers.Layer):
            def call(self, x): return ‹ops.sin(x) - ops.cos(x)|ops.cos(x) - ops.sin(x)›
        middle = Own
    """,
    "skip connection": """
        def middle():
            inputs = keras.Input((9,))
            return keras.Model(inputs, layers.‹Add|Multiply›()([inputs, layers.Dense(9)(inputs)]))
    """,
    "loop": """
        class Own(layers.Layer):
            def call(self, x):
                return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * ‹2|3›), (0, x))[1]
        middle = Own
    """,
    "number of times that a loop runs": """
        class Own(layers.Layer):
            def call(self, x):
                return ops.while_loop(
                    lambda i, y: i < ‹2|3›, lambda i, y: (i + 1, y * 2), (0, x))[1]
        middle = Own
    """,
    "branch of a condition": """
        class Own(layers.Layer):
            def call(self, x):
                return tf.cond(tf.reduce_sum(x) > 0, lambda: x * ‹2|3›, lambda: x)
        middle = Own
    """,
    "what happens to batches of one size": """
        class Own(layers.Layer):
            def call(self, x): return x * ‹2|3› if x.shape[0] == 8 else x
        middle = Own
    """,
    "environment": """
        os.environ["USERS_SCALE"] = "‹2|3›"
        class Own(layers.Layer):
            def call(self, x): return x * float(os.environ["USERS_SCALE"])
        middle = Own
    """,
    "something that was changed after it was made": """
        SETTINGS = {}
        class Own(layers.Layer):
            def call(self, x): return x * SETTINGS["by"]
        def middle():
            SETTINGS["by"] = ‹2|3›
            return Own()
    """,
}

FORBIDDEN = {  # what a graph does not show
    "numpy_function": (
        canonical.CALLS_PYTHON,
        """
        def outside(x): return x * 2
        class Own(layers.Layer):
            def call(self, x): return tf.ensure_shape(
                tf.stop_gradient(tf.numpy_function(outside, [x], tf.float32)), x.shape)
        middle = Own
    """,
    ),
    "py_function": (
        canonical.CALLS_PYTHON,
        """
        class Own(layers.Layer):
            def call(self, x): return tf.ensure_shape(
                tf.stop_gradient(tf.py_function(lambda x: x * 2, [x], tf.float32)), x.shape)
        middle = Own
    """,
    ),
    "numpy_function within a loop": (
        canonical.CALLS_PYTHON,
        """
        def step(i, y):
            again = tf.numpy_function(lambda y: y * 2, [tf.stop_gradient(y)], tf.float32)
            return i + 1, tf.ensure_shape(tf.stop_gradient(again), y.shape)
        class Own(layers.Layer):
            def call(self, x): return tf.while_loop(lambda i, y: i < 3, step, (0, x))[1]
        middle = Own
    """,
    ),
    "variable outside": (
        canonical.READS_OUTSIDE,
        """
        BY = tf.Variable(2.0)
        class Own(layers.Layer):
            def call(self, x): return x * BY
        middle = Own
    """,
    ),
    "random numbers without a seed": (
        "(RandomStandardNormal)",
        """
        class Own(layers.Layer):
            def call(self, x): return x + tf.random.normal((1, 9))
        middle = Own
    """,
    ),
    "random numbers with a seed of their own": (
        "(RandomStandardNormal)",
        """
        class Own(layers.Layer):
            def call(self, x): return x + tf.random.normal((1, 9), seed=3)
        middle = Own
    """,
    ),
    "time": (
        "(Timestamp)",
        """
        class Own(layers.Layer):
            def call(self, x): return x + tf.cast(tf.timestamp(), tf.float32)
        middle = Own
    """,
    ),
    "numbers drawn while it is built": (
        tracing.OTHER_EACH_TIME,
        """
        def middle():
            by = np.random.random()
            return layers.Activation(lambda x: x * by)
    """,
    ),
    "numbers drawn while it is traced": (
        tracing.OTHER_EACH_TIME,
        """
        RNG = np.random.default_rng(0)
        class Own(layers.Layer):
            def call(self, x): return x * RNG.random()
        middle = Own
    """,
    ),
    "count of its calls": (
        tracing.OTHER_EACH_TIME,
        """
        CALLS = []
        class Own(layers.Layer):
            def call(self, x):
                CALLS.append(1)
                return x * float(len(CALLS))
        middle = Own
    """,
    ),
    "initialiser with a generator of its own": (
        tracing.OTHER_WEIGHTS,
        """
        RNG = np.random.default_rng(0)
        def own(shape, dtype=None): return RNG.normal(size=shape).astype("float32")
        def middle(): return layers.Dense(4, kernel_initializer=own)
    """,
    ),
}

REFUSED = {  # what all seeds would share
    "lookup table": (
        ways.TABLE,
        """
        KEYS, VALUES = tf.constant([0, 1]), tf.constant([1.0, 2.0])
        TABLE = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(KEYS, VALUES), 3.0)
        class Own(layers.Layer):
            def call(self, x): return x + TABLE.lookup(tf.cast(x, tf.int32))
        middle = Own
    """,
    ),
    "random numbers of Keras's global seed": (
        ways.GLOBAL_SEED,
        """
        class Own(layers.Layer):
            def call(self, x): return x + keras.random.normal((1, 9))
        middle = Own
    """,
    ),
    "variable outside that it changes": (
        ways.WRITTEN,
        """
        COUNT = tf.Variable(0.0)
        class Own(layers.Layer):
            def call(self, x): return x * COUNT.assign_add(1.0)
        middle = Own
    """,
    ),
    "the same in a branch": (
        ways.WRITTEN,
        """
        COUNT = tf.Variable(0.0)
        class Own(layers.Layer):
            def call(self, x): return tf.cond(
                tf.reduce_sum(x) > 0, lambda: x * COUNT.assign_add(1.0), lambda: x)
        middle = Own
    """,
    ),
    "generator of TensorFlow's": (
        ways.WRITTEN,
        """
        RNG = tf.random.Generator.from_seed(1)
        class Own(layers.Layer):
            def call(self, x): return x + RNG.normal((1, 9))
        middle = Own
    """,
    ),
    "variable outside that a loop reads": (
        ways.READ,
        """
        BY = tf.Variable(2.0)
        class Own(layers.Layer):
            def call(self, x):
                return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * BY), (0, x))[1]
        middle = Own
    """,
    ),
    "weight that the network changes": (
        "while it trains, which hw4 does not train with",
        """
        class Own(layers.Layer):
            def build(self, shape): self.w = self.add_weight(shape=(9,), initializer="ones")
            def call(self, x, training=False):
                if training: self.w.assign(self.w / 2)
                return x * self.w
        middle = Own
    """,
    ),
}

OWN = """
        class Own(layers.Layer):
            def call(self, x): return x * 2
"""
SAME = {
    "comment": OWN
    + """
        # ‹Doubles.|Twice as much.›
        middle = Own
    """,
    "docstring": """
        class Own(layers.Layer):
            "‹Doubles.|Twice as much.›"
            def call(self, x): return x * 2
        middle = Own
    """,
    "name of a layer": """
        def middle(): return layers.Dense(4, name="‹first|second›")
    """,
    "name of a model": """
        def middle(): return keras.Sequential([layers.Dense(4)], name="‹first|second›")
    """,
    "name of a weight": """
        class Own(layers.Layer):
            def build(self, shape): self.w = self.add_weight(shape=(9,), name="‹first|second›")
            def call(self, x): return x * self.w
        middle = Own
    """,
    "name of a class": """
        class ‹First|Second›(layers.Layer):
            def call(self, x): return x * 2
        middle = ‹First|Second›
    """,
    "name of a function": """
        def ‹double|twice›(x): return x * 2
        def middle(): return layers.Activation(‹double|twice›)
    """,
    "name of an argument": """
        def double(‹x|inputs›): return ‹x|inputs› * 2
        def middle(): return layers.Activation(double)
    """,
    "annotation": """
        def double(x‹|: object›): return x * 2
        def middle(): return layers.Activation(double)
    """,
    "constant that nothing uses": OWN
    + """
        UNUSED = ‹1|2›
        middle = Own
    """,
    "helper that nothing uses": OWN
    + """
        def unused(x): return x * ‹2|3›
        middle = Own
    """,
    "helper instead of an expression": """
        def double(x): return x * 2
        class Own(layers.Layer):
            def call(self, x): return ‹x * 2|double(x)›
        middle = Own
    """,
    "lambda instead of a function": """
        def double(x): return x * 2
        def middle(): return layers.Activation(‹double|lambda x: x * 2›)
    """,
    "constant instead of a number": """
        BY = 2
        def middle(): return layers.Activation(lambda x: x * ‹2|BY›)
    """,
    "partial instead of a closure": """
        def scaled(by, x): return x * by
        def middle():
            return layers.Activation(‹functools.partial(scaled, 2)|lambda x: scaled(2, x)›)
    """,
    "default that is spelled out": """
        def middle(): return layers.Dense(4‹|, use_bias=True, bias_initializer="zeros"›)
    """,
    "form of the model": """
        def middle():
            inputs, layer = keras.Input((9,)), layers.Dense(4)
            return ‹keras.Sequential([inputs, layer])|keras.Model(inputs, layer(inputs))›
    """,
    "assertion": """
        class Own(layers.Layer):
            def call(self, x):
                ‹pass|assert x.shape[-1] == 9›
                return x * 2
        middle = Own
    """,
    "layers that were made and not used": """
        def middle():
            ‹pass|layers.Dense(7).build((None, 9))›
            return layers.Dense(4)
    """,
    "file in which it stands": OWN
    + """
        FILE = "‹first|second›"
        middle = Own
    """,
    "seed of NumPy": """
        np.random.seed(‹1|2›)
        def middle(): return layers.Dense(4)
    """,
}

EVERYTHING = """
        def own(shape, dtype=None): return keras.random.normal(shape, dtype=dtype)
        @tf.custom_gradient
        def halved(x): return x + 0, lambda upstream: upstream / 2
        @tf.function
        def doubled(x): return 2 * x
        class Own(layers.Layer):
            def call(self, x):
                self.add_loss(ops.mean(x))
                x = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * 2), (0, x))[1]
                return tf.cond(tf.reduce_sum(x) > 0, lambda: doubled(halved(x)), lambda: x)
        class Clipped(keras.constraints.Constraint):
            def __call__(self, weights): return ops.clip(weights, -1, 1)
        def middle(): return keras.Sequential([
            layers.Dense(4, kernel_initializer=own, kernel_constraint=Clipped()), Own(),
            layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(4, "elu"),
            layers.Activation(ops.sin)])
"""


def versions(code):
    """Return a module's text before and after its change."""
    code = textwrap.dedent(code)
    return [
        MODULE.format(code=re.sub("‹(.*?)\\|(.*?)›", rf"\{side}", code, flags=re.S))
        for side in (1, 2)
    ]


@pytest.fixture
def recipe_of(tmp_path, but):
    """Return a function from a module's text to the recipe, looked at, of its network."""

    def load(text, name="users"):
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        exec(compile(text, path, "exec"), vars(module))
        sizes = {"images": 8, "batch_size": 8, "test_images": 4}
        return but(network=network(module.build), **sizes).seen()

    return load


@pytest.mark.parametrize("code", CHANGES.values(), ids=CHANGES)
def test_what_changes_the_network_changes_its_key(recipe_of, code):
    before, after = map(recipe_of, versions(code))
    assert before.unseen is None
    assert after.unseen is None
    assert before.key(3) != after.key(3)


@pytest.mark.parametrize("code", SAME.values(), ids=SAME)
def test_what_changes_nothing_in_the_network_changes_no_key(recipe_of, code):
    first, second = versions(code)
    assert first != second
    before, after = recipe_of(first, "first"), recipe_of(second, "second")
    assert before.unseen is None
    assert before.key(3) == after.key(3)


@pytest.mark.parametrize(("reason", "code"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_what_cannot_be_seen_has_no_key_that_is_found_again(recipe_of, reason, code):
    text, _ = versions(code)
    seen, again = recipe_of(text), recipe_of(text)
    assert seen.unseen.startswith("the runs of 'build' are not kept in the store: it")
    assert reason in seen.unseen
    assert seen.key(3) != again.key(3)


@pytest.mark.parametrize(("reason", "code"), REFUSED.values(), ids=REFUSED)
def test_what_all_seeds_would_share_is_refused(recipe_of, reason, code):
    text, _ = versions(code)
    with pytest.raises(ValueError, match=re.escape(reason)) as error:
        recipe_of(text)
    assert re.match(r"layer 'own(_\d+)?' \(Own\) |model ", str(error.value))


def test_there_are_as_many_kinds_as_were_asked_for():
    assert len(CHANGES) + len(FORBIDDEN) + len(REFUSED) >= 40
    assert len(SAME) >= 15


def test_another_process_with_another_hash_seed_finds_the_same_key(recipe_of, tmp_path):
    text, _ = versions(EVERYTHING)
    here = recipe_of(text)
    assert here.unseen is None
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "import keras; keras.layers.Dense(4).build((3, 3))\n"  # counters of Keras's are elsewhere
        "from users import build; from conftest import toy\n"
        "from hw4.networks.models import network; from hw4.objectives.optimisers import sgd\n"
        "from hw4.training.recipe import Recipe\n"
        "print(Recipe(network(build), sgd(0.1), toy(), 2, 8, 8, 4).key(3))"
    )
    another = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    environment = os.environ | {"PYTHONHASHSEED": another, "KERAS_BACKEND": "tensorflow"}
    folders = [str(tmp_path), str(Path(__file__).parents[1])]
    run = subprocess.run(
        [sys.executable, "-c", code, *folders],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert run.stdout.strip() == here.key(3)
