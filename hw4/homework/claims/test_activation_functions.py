"""Part 1, task 2: what is true of the activation functions themselves, without any training."""

import numpy as np

from hw4 import claim

# Every finite float16, in order: all magnitudes from 6e-8 to 65504, and both zeros.
HALVES = np.arange(2**16, dtype=np.uint16).view(np.float16)
HALVES = np.sort(HALVES[np.isfinite(HALVES)])


def derivative(name, points, **options):
    """Return TensorFlow's derivative of Keras's activation at each point, (points,)."""
    import keras
    import tensorflow as tf

    inputs = tf.constant(points)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = getattr(keras.activations, name)(inputs, **options)
    return tape.gradient(outputs, inputs).numpy()


def largest_jump(name):
    """Return by how much the derivative jumps at most between two neighbouring float32 numbers.

    Subnormal numbers are no neighbours: TensorFlow's kernels flush them to 0.
    """
    tiny = np.finfo(np.float32).tiny
    points = HALVES.astype(np.float32)
    after = np.where(points == 0, tiny, np.nextafter(points, np.float32(np.inf)))
    return np.abs(derivative(name, after) - derivative(name, points)).max()


@claim.exact(
    "The derivatives of sigmoid and tanh are continuous; ReLU's jumps by 1 at 0.",
    id="activations/smooth-gradients",
    source="HW4 part 1, task 2: 'They give smooth gradients and accurate predictions'",
    cache=True,
)
def test_sigmoid_and_tanh_have_smooth_gradients():
    """Between every float16 and the float32 after it, where only rounding may make a jump.

    As |σ″| < 0.1 and |tanh″| < 0.8 the true derivatives move by less than a rounding there. What
    is left is the error of TensorFlow's tanh, 7e-7 at worst: 1e-5 is above it and far below 1.
    """
    for name in ("sigmoid", "tanh"):
        jump = largest_jump(name)
        assert jump < 1e-5, f"the derivative of {name} jumps by {jump:.2g}"
    relu = largest_jump("relu")
    assert relu == 1, f"the derivative of ReLU jumps by {relu:g} at most"


@claim.exact(
    "The gradients of sigmoid and tanh fall on both sides of 0 and all but vanish at the boundaries.",
    id="activations/vanishing-at-boundaries",
    source="HW4 part 1, task 2: 'at their boundaries (very large or very small values on the x-axis) lead to gradient vanishing, because at these ends the gradient change is almost zero'",
    cache=True,
)
def test_gradients_vanish_at_the_boundaries():
    """Strictly from 0 to ±10, in steps of 0.01; beyond, up to ±1000, below 5e-5 for ever.

    In float64. Beyond |x| = 16 tanh is 1 but for its rounding, so that its computed derivative
    1 − tanh² goes up and down by 1e-15: no order is left to state there.
    """
    near, far = np.arange(0, 10.005, 0.01), np.arange(10, 1000, 0.01)
    for name in ("sigmoid", "tanh"):
        for side in (-1, 1):
            falls = np.diff(derivative(name, side * near)) < 0
            assert falls.all(), f"{name}′ does not fall at {side * near[:-1][~falls][0]:g}"
            largest = derivative(name, side * far).max()
            assert largest < 5e-5, f"{name}′ is still {largest:.2g} beyond {side * 10}"


@claim.exact(
    "Tanh is centred around zero: tanh(−x) = −tanh(x), to the last bit.",
    id="activations/tanh-is-centred",
    source="HW4 part 1, task 2: 'the hyperbolic tangent is also centered around zero'",
    cache=True,
)
def test_tanh_is_odd():
    """For each of the 63,488 finite float16 values, computed in float16 and in float32.

    Sigmoid is centred around one half: σ(−x) = 1 − σ(x).
    """
    import keras

    for points in (HALVES, HALVES.astype(np.float32)):
        right = keras.ops.convert_to_numpy(keras.activations.tanh(points))
        left = keras.ops.convert_to_numpy(keras.activations.tanh(-points))
        odd = left == -right
        assert odd.all(), (
            f"tanh({points[~odd][0]}) is not −tanh({-points[~odd][0]}) ({right.dtype})"
        )


@claim.exact(
    "Where a leaky ReLU unit's input is negative its gradient is exactly the slope, not 0.",
    id="activations/leaky-trains-negatives",
    source="HW4 part 1, task 2: 'the leaky RELU allows training through backpropagation'",
    cache=True,
)
def test_leaky_relu_passes_the_slope_for_negatives():
    """For every negative float16, at Keras's own slope 0.2 and three others."""
    negative = HALVES[HALVES < 0].astype(np.float32)
    for slope in (0.01, 0.1, 0.2, 0.3):
        gradient = derivative("leaky_relu", negative, negative_slope=slope)
        wrong = gradient != np.float32(slope)
        assert not wrong.any(), (
            f"at {negative[wrong][0]:g} it is {gradient[wrong][0]:g}, not {slope}"
        )
