"""Part 1, task 4b: what the homework says of batch normalisation.

Phantoms are averaged down to 16×16 pixels, a quarter of the work; no registered verdict differs
from that of 32×32.
"""

import numpy as np
import pytest

from hw4 import adam, claim, mlp, noisy_labels, sgd, shrunk
from hw4.homework import DENSE_FEW, homework_adam, homework_mlp

RATES = (0.001, 0.01, 0.1, 1.0, 10.0)  # decades; a plain network is at its best below 1


@claim.exact(
    "Batch normalisation gives every feature mean 0 and variance 1 in training.",
    id="batch-norm/normalises",
    source="HW4 part 1, task 4b: 'Batch normalization is normalizing the mean and variance of each feature at every level of representation during training.'",
    cache=True,
)
def test_batch_norm_normalises_each_feature():
    """Over the batch in training; by the moving statistics, whatever the batch, in inference."""
    import keras

    rng = np.random.default_rng(0)
    features = rng.normal([[-3.0, 0.5, 40.0]], [[0.1, 1.0, 7.0]], (256, 3)).astype(np.float32)
    layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3)

    trained = np.asarray(layer(features, training=True), np.float64)
    np.testing.assert_allclose(trained.mean(axis=0), 0, atol=1e-4)
    variance = features.astype(np.float64).var(axis=0)
    np.testing.assert_allclose(trained.var(axis=0), variance / (variance + 1e-3), rtol=1e-3)

    mean, moving = 0.1 * features.mean(axis=0), 0.9 + 0.1 * variance  # from 0 and 1, momentum 0.9
    inferred = np.asarray(layer(features, training=False))
    expected = (features - mean) / np.sqrt(moving + 1e-3)
    np.testing.assert_allclose(inferred, expected, rtol=1e-4, atol=1e-4)


def runs_by_rate(train, dataset, norm=None):
    """Return 10 epochs of plain SGD, six layers deep, at each of the rates."""
    network, images = mlp(depth=6, norm=norm), shrunk(dataset, 16)
    return [train(network, sgd(rate), images, epochs=10) for rate in RATES]


def accuracy(runs):
    """Return test accuracy, mean of the last three epochs for steadiness, (rates, seeds)."""
    return np.stack([run.test_accuracy[:, -3:].mean(axis=1) for run in runs])


@claim(
    "Batch normalisation lets a deep network train at ten times the learning rate.",
    id="batch-norm/higher-learning-rates",
    source="HW4 part 1, task 4b: 'It enables to accelerate the learning process due to using higher learning rates'",
    margin=0.05,
    unit="test accuracy",
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_batch_norm_tolerates_higher_learning_rates(train, dataset):
    """At ten times the rate at which the plain network of that seed does best, six layers deep.

    Ioffe & Szegedy (2015) put it down to gradients that do not grow with the weights' scale. A gain
    below five points would change nobody's choice.
    """
    plain = accuracy(runs_by_rate(train, dataset))
    normed = accuracy(runs_by_rate(train, dataset, norm="batch"))
    tenfold = np.argmax(plain[:-1], axis=0) + 1  # (seeds,), the next rate after the best
    return np.take_along_axis(normed - plain, tenfold[np.newaxis], axis=0)[0]


def largest_rate(runs):
    """Return log10 of the largest rate at which a seed has ¾ of its best accuracy, (seeds,).

    Interpolated between the last rate of the grid that has it and the next, which has not.
    """
    reached = np.maximum(accuracy(runs), 0)  # (rates, seeds); a diverged run is right about nothing
    threshold = 0.75 * reached.max(axis=0)
    last = len(RATES) - 1 - np.argmax(reached[::-1] >= threshold, axis=0)
    after = np.minimum(last + 1, len(RATES) - 1)
    here, there = (np.take_along_axis(reached, k[np.newaxis], axis=0)[0] for k in (last, after))
    fall = np.where(last == after, 1, here - there)
    return np.log10(RATES)[last] + (here - threshold) / fall * (after - last)


@claim(
    "The largest learning rate that still trains a deep network is larger with batch normalisation.",
    id="batch-norm/higher-learning-rates",
    source="HW4 part 1, task 4b: 'It enables to accelerate the learning process due to using higher learning rates'",
    margin=0.2,
    unit="decades",
)
@pytest.mark.parametrize("measured", ["largest rate"])
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_the_largest_rate_that_trains_is_larger_with_batch_norm(train, dataset, measured):
    """Log10 of the ratio of the largest rates that give ¾ of a network's own best accuracy.

    A fifth of a decade is a rate 1.6 times as large, the least that would make one try another. It
    is about one decade on most seeds; on some half as much or twice, because accuracy sways and so
    does what it is a share of.
    """
    plain, normed = runs_by_rate(train, dataset), runs_by_rate(train, dataset, norm="batch")
    return largest_rate(normed) - largest_rate(plain)


@claim(
    "Batch normalisation accelerates learning, each network at its own best learning rate.",
    id="batch-norm/accelerates",
    because="batch-norm/higher-learning-rates",
    source="HW4 part 1, task 4b: 'It enables to accelerate the learning process'",
    margin=0.05,
    unit="training loss",
    expect={"phantom": "supported", "digits": None},
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_batch_norm_accelerates_learning(train, dataset):
    """Least training loss over the rates, without − with: epochs 8 to 10, six layers deep.

    A twentieth of a nat is learning that shows. On phantom it gains a quarter. On digits it gains
    it on every second seed, on which the plain network is best at 0.1 and still unsteady there; the
    others have learned nearly everything without it. What it gains is mostly the larger rate
    (Bjorck et al. 2018); where plain learns all at its own, little is left. Hence no registered
    verdict.
    """

    def best(runs):
        return np.min([run.train_loss[:, -3:].mean(axis=1) for run in runs], axis=0)  # (seeds,)

    return best(runs_by_rate(train, dataset)) - best(runs_by_rate(train, dataset, norm="batch"))


DEPTHS, ACTIVATIONS = (2, 4, 8, 16), ("sigmoid", "tanh", "relu")


@claim(
    "Batch normalisation makes a network of this depth and activation more accurate.",
    id="batch-norm/deep-networks",
    source="HW4 part 1, task 4b: 'helps with training of very deep networks'",
    margin=0.05,
    unit="test accuracy",
    expect={
        f"digits-{activation}-{depth}": "supported" if activation == "sigmoid" else "refuted"
        for activation in ACTIVATIONS
        for depth in DEPTHS
    },
)
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dataset", ["digits"])
def test_batch_norm_helps_a_deep_network(train, dataset, activation, depth):
    """The map: accuracy with − without, Adam at 1e-3, 40 epochs on 512 images, layers of 16 units.

    Five points would decide whether to use it. It saves sigmoid at every depth, the more the
    deeper: at 16 layers 90 % against a guess. Tanh trains without it. ReLU from He's weights does
    too, and deep ReLU is *worse* with it, at 16 layers by a third of the images: at the start the
    gradient then grows exponentially with depth (Yang et al. 2019, for wide layers), and so few
    units cost more (of 64 in a layer, a tenth). So it is not depth that it helps with, but
    gradients that vanish: Ioffe & Szegedy (2015, section 4.2.2) trained a sigmoid Inception with it
    that only guessed without. One data set: compiling 24 networks takes a minute on each.
    """
    return gain_of_batch_norm(train, dataset, activation, depth)


def gain_of_batch_norm(train, dataset, activation, depth):
    """Return test accuracy with − without after 40 epochs of layers of 16 units, (seeds,)."""
    recipe = {"epochs": 40, "images": 512, "test_images": 256, "evaluate_last": 1}
    plain, normed = (
        train(mlp(depth, 16, activation=activation, norm=norm), adam(1e-3), dataset, **recipe)
        for norm in (None, "batch")
    )
    return normed.test_accuracy[:, -1] - plain.test_accuracy[:, -1]


@claim(
    "Batch normalisation makes a ReLU network of 16 layers less accurate.",
    id="batch-norm/deep-networks",
    source="HW4 part 1, task 4b: 'helps with training of very deep networks'",
    margin=0.05,
    unit="test accuracy",
    stance="denies",
)
@pytest.mark.parametrize("reading", ["the reverse"])
@pytest.mark.parametrize("dataset", ["digits"])
def test_batch_norm_harms_a_deep_relu_network(train, dataset, reading):
    """The map's last cell from the other side, accuracy without − with: "refuted" there is not "no
    difference". Adam at 1e-3, 40 epochs on 512 images, 16 layers of 16 units.

    Five points would decide whether to use it; it costs a third of the images. At the start batch
    normalisation makes the gradient of ReLU networks grow exponentially with depth (Yang et al.
    2019, for wide layers; so few units cost more).
    """
    return -gain_of_batch_norm(train, dataset, "relu", 16)


@claim.rate(
    "With the homework's recipe the network is less accurate with batch normalisation.",
    id="batch-norm/worse-here",
    source="HW4 part 1, task 4b: 'We expected to get better results, but the results we get are worse sometimes than without normalization.'",
    expect="refuted",
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_batch_norm_is_worse_here(train, dataset):
    """Test accuracy after the last epoch: a seed shows it where that with batch norm is the lower.

    The homework's `new_a_model` (sigmoid), Adam at 1e-5, batch 32, 50 epochs; in the quick profile
    on 512 images, averaged down to about 16×16 pixels.

    "Sometimes" would need some seeds: it is better on each of thirty in five runs with fresh seeds,
    by ten points on phantom and more on digits, because at so small a rate it is what gets a
    sigmoid network to learn at all. On the assignment's 4,096 images of 32×32 pixels the plain
    network learns too, to 63 % on phantom, and is still seven points behind on six seeds of six.
    The homework's own difference, 115 against 108 of 175, is within chance (`batch-norm/reported`).
    """
    recipe = {"epochs": 50, "batch_size": 32, "evaluate_last": 1} | DENSE_FEW
    plain, normed = (
        train(homework_mlp("sigmoid", norm=norm), homework_adam(), dataset, **recipe)
        for norm in (None, "batch")
    )
    return normed.test_accuracy[:, -1] < plain.test_accuracy[:, -1]


@claim(
    "Batch normalisation does less for accuracy where half of the labels are drawn at random.",
    id="batch-norm/bad-data",
    source="HW4 part 1, task 4b: 'It could be because our data is not very good.'",
    margin=0.01,
    unit="test accuracy",
    expect={"digits": "supported", "phantom": None},
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_batch_norm_does_less_on_bad_data(train, dataset):
    """Accuracy with − without, on clean labels − with half of them drawn at random.

    Two layers, Adam at 1e-3 on 512 images, means of the last five of 20 epochs; a point is the
    least that one would call "less". On clean labels it does next to nothing; on noisy ones it
    costs eight points on digits and about as many on phantom. Networks learn patterns before random
    labels (Arpit et al. 2017), and what speeds up learning brings the second sooner. On phantom one
    seed in eight does not show it: on one root seed it was shown by 16 of 16, on another by 38 of
    46. That is no stable verdict.
    """

    def effect(data):
        recipe = {"epochs": 20, "images": 512, "evaluate_last": 5}
        plain, normed = (train(mlp(norm=n), adam(1e-3), data, **recipe) for n in (None, "batch"))
        return (normed.test_accuracy - plain.test_accuracy).mean(axis=1)

    clean = shrunk(dataset, 16)
    return effect(clean) - effect(noisy_labels(clean, 0.5))
