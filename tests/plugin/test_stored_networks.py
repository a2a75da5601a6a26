"""Runs of a user's own networks in the store: found where they are the same, and nowhere else."""

OWN = """
    import keras
    import numpy as np
    from hw4 import claim, sgd

    SCALE = 1.0

    class Scaled(keras.layers.Layer):
        def call(self, x):
            return x * SCALE

    def own(image_shape, classes):
        dense = keras.layers.Dense(classes)
        return keras.Sequential([keras.Input(image_shape), keras.layers.Flatten(), Scaled(), dense])

    @claim.rate("It learns.", id="own/learns", expect=None)
    def test_learns(train):
        runs = train(own, sgd(0.5), "digits", epochs=9, images=512, test_images=128)
        return runs.test_accuracy[:, -1] > 0.5
"""
UNSEEN = """

    def drawn(image_shape, classes):
        by = np.random.random()
        stack = [keras.layers.Flatten(), keras.layers.Lambda(lambda x: x * (1 + by))]
        return keras.Sequential([keras.Input(image_shape), *stack, keras.layers.Dense(classes)])

    def trains(train):
        runs = train(drawn, sgd(0.1), "digits", epochs=1, images=32, test_images=32)
        return runs.test_loss[:, -1] > 0

    @claim.rate("It trains.", id="drawn/first", expect=None)
    def test_first(train):
        return trains(train)

    @claim.rate("It trains.", id="drawn/second", expect=None)
    def test_second(train):
        return trains(train)
"""


def decided(pytest_in, hw4, *options):
    code, out, err = pytest_in(*options, "claims.py", "--hw4-ledger=l.json", "--hw4-store=s.sqlite")
    assert (code, err) == (0, "")
    return out, {record["id"]: record for record in hw4.ledger("l.json")["claims"]}


def test_a_constant_elsewhere_is_not_answered_with_the_other_ones_run(hw4, pytest_in):
    """The constant is no part of the layer's source or configuration."""
    for scale, cached, verdict in ((1, False, "supported"), (1, True, "supported")):
        hw4.write("claims.py", OWN.replace("SCALE = 1.0", f"SCALE = {scale}.0"))
        _, claims = decided(pytest_in, hw4)
        assert (claims["own/learns"]["cached"], claims["own/learns"]["verdict"]) == (
            cached,
            verdict,
        )
    hw4.write("claims.py", OWN.replace("SCALE = 1.0", "SCALE = 0.0"))
    _, claims = decided(pytest_in, hw4)
    assert (claims["own/learns"]["cached"], claims["own/learns"]["verdict"]) == (False, "refuted")


def test_what_cannot_be_seen_is_never_kept_and_that_is_said_once(hw4, pytest_in):
    hw4.write("claims.py", OWN + UNSEEN)
    for options in ([], ["-n2"]):
        out, claims = decided(pytest_in, hw4, *options)
        assert out.count("the runs of 'drawn' are not kept in the store: it is another") == 1
        assert "'own' are not kept" not in out
        assert not claims["drawn/first"]["cached"]
        assert not claims["drawn/second"]["cached"]
    assert claims["own/learns"]["cached"]
