"""A session's function: same values, nested the same, computed by the thread that calls it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

from hw4.networks import backend
from hw4.networks.in_thread import in_thread


def session(function, *, fused=False):
    return in_thread(function, fused=fused, tracing=threading.Lock())


def polynomial(numbers, pair):
    first, second = pair
    return {"sum": first + second, "scaled": [numbers["scale"] * first]}


def test_arguments_and_results_are_nested_as_the_function_has_them():
    call = session(polynomial)
    for shape in ((2,), (3, 2)):  # each is traced
        first = np.ones(shape, np.float32)
        result = call({"scale": tf.constant(3.0)}, (first, 2 * first))
        np.testing.assert_array_equal(result["sum"], 3 * first)
        np.testing.assert_array_equal(result["scaled"][0], 3 * first)
        assert isinstance(result["sum"], np.ndarray)


def test_a_constant_from_outside_the_function_is_kept():
    outside = tf.constant([1.0, 2.0])
    call = session(lambda x: x * outside)
    np.testing.assert_array_equal(call(np.float32([5, 5])), [5, 10])


@pytest.mark.parametrize("fused", [True, False])
def test_it_computes_what_the_function_does(fused):
    rng = np.random.default_rng(0)
    images = rng.random((4, 8, 8, 3), np.float32)
    kernel = rng.random((3, 3, 3, 5), np.float32)

    def loss(images, kernel):
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            maps = tf.tanh(tf.nn.conv2d(images, kernel, 1, "SAME") / 10) ** 2
            result = tf.reduce_sum(maps)
        return result, tape.gradient(result, kernel)

    expected = loss(tf.constant(images), tf.constant(kernel))
    result = session(loss, fused=fused)(images, kernel)
    for ours, theirs in zip(result, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)


@pytest.mark.parametrize("fused", [True, False])
def test_xla_compiles_what_lies_between_convolutions_only_if_it_is_told_to(monkeypatch, fused):
    """Seen in the operations that TensorFlow ran at last."""
    operations = set()

    class Watched(tf.compat.v1.Session):
        def _make_callable_from_options(self, names):
            def call(*values):
                options = tf.compat.v1.RunOptions(output_partition_graphs=True)
                ran = tf.compat.v1.RunMetadata()
                fed = dict(zip(names.feed, values, strict=True))
                result = self.run(list(names.fetch), fed, options, ran)
                operations.update(node.op for graph in ran.partition_graphs for node in graph.node)
                return result

            return call

    def between(images, kernel):
        maps = tf.nn.conv2d(images, kernel, 1, "SAME")
        return tf.tanh(maps * 2 + 1) ** 2 - tf.exp(-maps) * tf.sigmoid(maps)

    monkeypatch.setattr(tf.compat.v1, "Session", Watched)
    session(between, fused=fused)(np.ones((2, 4, 4, 1), np.float32), np.ones((3, 3, 1, 2), "f4"))
    assert any("Conv2D" in operation for operation in operations), operations
    assert any("Xla" in operation for operation in operations) == fused, operations


def test_an_operation_runs_in_the_thread_that_calls():
    def where(x):
        return tf.numpy_function(lambda _: np.int64(threading.get_ident()), [x], tf.int64)

    call = session(where)
    with ThreadPoolExecutor(1) as lane:
        other = lane.submit(threading.get_ident).result()
        assert lane.submit(call, np.float32(1)).result() == other
    assert call(np.float32(1)) == threading.get_ident()


def others_share(function, *arguments):
    """Return how much of a call's processor time threads other than the calling one spend."""
    function(*arguments)  # traces it
    whole, own = time.process_time(), time.thread_time()
    for _ in range(5):
        function(*arguments)
    whole, own = time.process_time() - whole, time.thread_time() - own
    return 1 - own / whole


def convolve(images, kernel):
    return tf.reduce_sum(tf.nn.conv2d(images, kernel, 1, "SAME"))


def multiply(images, kernels):
    """A stack of networks' products, as `tf.vectorized_map` makes of one network's."""
    return tf.reduce_sum(tf.matmul(images, kernels))


@pytest.mark.hw4_serial
@pytest.mark.parametrize(
    ("function", "shapes"),
    [(convolve, ((64, 64, 64, 16), (3, 3, 16, 32))), (multiply, ((8, 512, 512), (8, 512, 512)))],
)
def test_no_operation_takes_time_of_other_threads(function, shapes):
    """Counted in processor time, which neighbours do not add to; the control is TensorFlow's way.

    Where there is one core TensorFlow has no other threads either, and nothing to be seen.
    """
    arguments = [np.ones(shape, np.float32) for shape in shapes]
    assert others_share(session(function), *arguments) < 0.1
    if backend.cores() > 1:
        eager = tf.function(function)
        assert others_share(lambda *a: eager(*a).numpy(), *arguments) > 0.25


def test_functions_of_one_model_are_never_traced_at_once():
    lock = threading.Lock()

    def locked(x):
        return x + float(lock.locked())

    assert in_thread(locked, fused=False, tracing=lock)(np.float32(1)) == 2
    assert not lock.locked()


def test_an_operation_for_a_device_that_is_not_there_runs_on_this_one():
    def placed(x):
        with tf.device("GPU:0"):
            return x * 2

    assert session(placed)(np.float32(1)) == 2


def test_a_variable_that_all_seeds_would_share_is_refused():
    shared = tf.Variable(1.0)
    with pytest.raises(TypeError, match=r"^the network holds a tf\.Variable, "):
        session(lambda x: x * shared)(np.float32(1))
