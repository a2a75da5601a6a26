"""Arrays that are no images train, and what cannot be trained on them is refused in a sentence."""

FILE = """
    import numpy as np
    import keras
    from hw4 import claim, cnn, mlp, sgd
    from hw4.data import arrays

    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 8))
    vectors = arrays(x, x[:, 0] > x[:, 1])
    tokens = rng.integers(0, 50, (200, 7))
    texts = arrays(tokens, tokens[:, 0] > 25)

    def embedded(shape, classes):
        layers = [keras.layers.Embedding(50, 4), keras.layers.Flatten()]
        layers += [keras.layers.Dense(classes, activation="softmax")]
        return keras.Sequential([keras.Input(shape), *layers])

    def gain(train, network, data):
        return train(network, sgd(0.5), data, epochs=8, batch_size=10).test_accuracy[:, -1] - 0.5

    @claim("Vectors are learnt.", id="arrays/vectors")
    def test_vectors(train):
        return gain(train, mlp(depth=1), vectors)

    @claim("Tokens are learnt.", id="arrays/tokens", expect=None)
    def test_tokens(train):
        return gain(train, embedded, texts)

    @claim("Vectors are no images.", id="arrays/convolved")
    def test_convolved(train):
        return gain(train, cnn(), vectors)
"""


def test_vectors_and_tokens_train_and_are_no_images(hw4, pytester):
    pytester.makepyfile(test_arrays=FILE)
    code, out, _ = hw4("run", "test_arrays.py", "--jobs", "1", "--store", "store.sqlite")
    assert code in (2, 3)
    text = " ".join(out.split())
    assert "arrays/vectors supported 16/16" in text
    assert "arrays/tokens" in text
    assert "cnn got inputs of shape (8,): expected images (height, width, channels)" in text
    assert "1 not measured" in text
