"""What plain `keras.Model.fit` makes of a recipe: the same weights to begin with, the same batches.

It states everything in Keras's own words: no loss, metric or optimiser goes through hw4.
"""

import numpy as np

from hw4.data.finite import FiniteDataset, Labelled

SEED = 3
SHAPE = (3, 3, 1)


def images(count, rng):
    return rng.random((count, *SHAPE)).astype("f4")


def classed(classes):
    """Return images of which a row is brighter, by their class."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, classes, 64).astype("i4")
    pixels = images(64, rng)
    pixels[np.arange(64), labels] += 0.5
    return FiniteDataset("classed", tuple("abc"[:classes]), Labelled(pixels, labels))


def targeted(forecast, names=()):
    """Return images with targets, (64, …), that a function makes of them."""
    rng = np.random.default_rng(6)
    pixels = images(64, rng)
    return FiniteDataset("targeted", names, Labelled(pixels, forecast(pixels).astype("f4")))


def sums(pixels):
    return np.stack([pixels[:, 0].sum((1, 2)), 1 + pixels[:, 1].sum((1, 2))], axis=1)


DATA = {
    "classes": lambda: classed(3),
    "pair": lambda: classed(2),
    "number": lambda: targeted(lambda pixels: pixels.sum((1, 2, 3))),
    "numbers": lambda: targeted(sums),
    "multi-label": lambda: targeted(lambda p: sums(p) > [1.5, 2.5], ("first", "second")),
    "tokens": lambda: targeted(lambda p: (p[:, :2].sum((2, 3)) > 1.5) + 1),
}


def net(outputs, last, shape=None):
    """Return a function that builds a network with so many outputs, or a sequence of them."""

    def build(image_shape, classes):
        import keras

        stack = [keras.Input(image_shape), keras.layers.Flatten(), keras.layers.Dense(6, "tanh")]
        stack.append(keras.layers.Dense(outputs, None if shape else last))
        if shape:
            stack += [keras.layers.Reshape(shape), keras.layers.Activation(last)]
        return keras.Sequential(stack, name="net")

    return build


def arrays(recipe, seed=SEED):
    """Return the split that a seed draws."""
    return recipe.dataset.draw(seed, recipe.images, recipe.test_images)


def first_values(recipe, seed=SEED):
    """Return a seed's variables before the first step, trainable ones first."""
    from hw4.networks import initial

    recipe = recipe.seen()
    shape, outputs = recipe.dataset.image_shape, recipe.dataset.outputs
    trainable, fixed = initial.build(recipe.network, shape, outputs)[1](seed)
    return [*trainable, *fixed]


def fit(recipe, model, labels, *, seed=SEED, epochs=None, **options):
    """Train a compiled model as `fit` does, batch by batch in the engine's order.

    Args:
        recipe: whose numbers and order count; its loss and optimiser do not.
        model: compiled.
        labels: what to make of the data set's labels.
        epochs: by default the recipe's.
        options: further arguments of `fit`.

    Returns:
        What `evaluate` says after every epoch of the test images, as one batch.
    """
    from hw4.training import replicas

    split = arrays(recipe, seed)
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    for variable, value in zip(variables, first_values(recipe, seed), strict=True):
        variable.assign(value)
    found = []
    for epoch in range(recipe.epochs if epochs is None else epochs):
        full, rest = replicas.batch_orders([seed], epoch, len(split.x_train), recipe.batch_size)
        order = np.concatenate([full[0].ravel(), rest[0]])
        x, y = split.x_train[order], labels(split.y_train[order])
        model.fit(x, y, recipe.batch_size, epochs=1, shuffle=False, verbose=0, **options)
        found.append(
            model.evaluate(
                split.x_test, labels(split.y_test), len(split.x_test), verbose=0, return_dict=True
            )
        )
    return found
