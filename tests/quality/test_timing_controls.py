"""Does a claim about time come out only because of what it says?

Each is judged again, by its own function, with its two callables exchanged or, where it is that
neither takes longer, with the first called twice. Then it must not come out as registered, not even
on a busy machine. With nothing altered it does: that is the claim's own test.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from hw4.claims.claim import ATTRIBUTE
from hw4.statistics.ratios import RatioTest
from hw4.timing.stopwatch import Stopwatch

CALLS = 6  # of the stopwatch, in the place of six processes
ROUNDS = 4
INSTANCES = {
    "test_relu_is_faster": ("sigmoid", "forward", "256k"),
    "test_a_train_step_with_relu_is_faster": ("train step",),
    "test_sigmoid_and_tanh_are_heavier_than_leaky_relu": ("sigmoid", "256k"),
    "test_tanh_takes_longer_for_ordinary_inputs": (-100.0,),
    "test_saturated_networks_predict_more_slowly": (),
    "test_a_sample_takes_longer_alone": (),
    "test_batch_normalisation_costs_time": (),
    "test_dropout_costs_time": (),
    "test_a_dense_layer_takes_longer_than_a_convolution": (),
}


def claims():
    """Return the functions that state claims about time, by name."""
    path = Path(__file__).parents[2] / "hw4" / "homework" / "claims" / "test_speed.py"
    spec = importlib.util.spec_from_file_location("controlled_speed", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: each for name, each in vars(module).items() if hasattr(each, ATTRIBUTE)}


FUNCTIONS = claims()


def exchanged(first, second):
    return second, first


def first_twice(first, second):
    def twice():
        first()
        return first()

    return twice, second


def verdict(name, alter):
    """Return what a claim's function leads to with its callables altered, and its claim."""
    stopwatch = Stopwatch(ROUNDS)

    def altered(first, second, *, elements=0):
        taken = [stopwatch(*alter(first, second), elements=elements) for _ in range(CALLS)]
        firsts, seconds = (np.log([getattr(r, n) for r in taken]) for n in ("first", "second"))
        controls = seconds[::2] - seconds[1::2]
        return RatioTest(claim.margin).decide(firsts - seconds, controls).verdict

    claim = getattr(FUNCTIONS[name], ATTRIBUTE)
    return str(FUNCTIONS[name](altered, *INSTANCES[name]))


def test_every_claim_about_time_has_a_control():
    assert sorted(FUNCTIONS) == sorted(INSTANCES)


@pytest.mark.hw4_serial
@pytest.mark.parametrize("name", INSTANCES)
def test_the_claim_comes_out_otherwise(name):
    # Without a registered verdict it is usually equivalent.
    expect = getattr(FUNCTIONS[name], ATTRIBUTE).expect or "equivalent"
    equal = expect == "equivalent"  # by instance, all that are registered here are supported
    altered = verdict(name, first_twice if equal else exchanged)
    assert altered != ("equivalent" if equal else "supported")
