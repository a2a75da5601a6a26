"""Part 1, task 4a: what the homework says of mini-batches.

Phantoms are averaged down to 16×16 pixels, a quarter of the work; no registered verdict differs
from that of 32×32.
"""

import numpy as np
import pytest

from hw4 import (
    activation_bytes,
    adam,
    can_measure_peaks,
    claim,
    mlp,
    peak_memory,
    sgd,
    shrunk,
)
from hw4.homework import DENSE_FEW, homework_adam, homework_mlp

GRADIENT_BATCHES = (1, 4, 16, 64)  # what the probes of gradient noise measure at
IMAGE, CLASSES = (32, 32, 1), 4
TRAINING_SET, MINI_BATCH = 4096, 64


def gradients_at_the_start(train, dataset):
    """Return an untrained network's probes of how its gradients vary with the batch."""
    network, probes = mlp(width=16), ["gradient_cosine", "gradient_variance"]
    recipe = {"epochs": 0, "images": 512, "probes": probes}
    return train(network, sgd(0.1), shrunk(dataset, 16), **recipe).probes


@claim(
    "A step on one image points less to where all images point than a step on 64 does.",
    id="mini-batches/sgd-is-noisy",
    source="HW4 part 1, task 4a: 'Steps to a minimum are very noisy and not directional.'",
    margin=0.3,
    unit="cosine with the full gradient",
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_steps_on_single_images_are_noisy(train, dataset):
    """Mean cosine with the whole training set's gradient: of batches of 64 − of single images.

    A batch of 64 is about 30 degrees off, an image some 80: 0.3 lies far below that. "Not
    directional" it is not: even one image's gradient points downhill on average, or SGD would not
    train.
    """
    cosine = gradients_at_the_start(train, dataset)["gradient_cosine"][:, 0]  # (seeds, batch sizes)
    return cosine[:, -1] - cosine[:, 0]


@claim.equivalent(
    "The variance of a batch's gradient falls as one over the size of the batch.",
    id="mini-batches/noise-falls-with-batch",
    source="HW4 part 1, task 4a: 'computations require less memory and less noisy'",
    margin=0.2,
    unit="slope",
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_gradient_noise_falls_with_the_batch(train, dataset):
    """Slope of log variance against log batch size, from 1 to 64, + 1.

    It is −1 for a mean of independent images. A point weighs what the number of its batches says:
    512 single images, but only eight batches of 64. The margin is what so many resolve; it excludes
    no fall at all, and the −1/2 at which the standard deviation falls.
    """
    variance = gradients_at_the_start(train, dataset)["gradient_variance"][:, 0]
    sizes = np.array(GRADIENT_BATCHES)
    slope = np.polyfit(np.log(sizes), np.log(variance).T, deg=1, w=sizes**-0.5)[0]
    return slope + 1


def epochs_to(loss, target):
    """Return when a training loss (seeds, epochs) reaches the target, between epochs if need be."""
    reached = loss <= target[:, np.newaxis]
    after = np.argmax(reached, axis=1)  # (seeds,), the first epoch's index
    before = np.maximum(after - 1, 0)
    here, there = (
        np.take_along_axis(loss, k[:, np.newaxis], axis=1)[:, 0] for k in (before, after)
    )
    part = np.where(after > 0, (here - target) / np.where(after > 0, here - there, 1), 1)
    return np.where(reached.any(axis=1), before + part + (after > 0), np.inf)


@claim(
    "SGD takes more epochs to reach a training loss than mini-batches do.",
    id="mini-batches/sgd-slower-in-epochs",
    because="mini-batches/sgd-is-noisy",
    source="HW4 part 1, task 4a: 'And because of the noise, it can take longer to reach the minimum of loss function.'",
    unit="epochs",
    expect="refuted",
)
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_sgd_takes_more_epochs(train, dataset):
    """Epochs to the best loss that batches of 64 reach in 15: batch 1 − batch 64.

    Each arm has the best of four rates; no margin: "longer" is any epoch more. One image a step is
    noisy, but makes 64 steps on the images of one, and needs less than a third of the epochs: noise
    costs far less than the steps gain (Wilson & Martinez 2003). What takes longer is the epoch,
    because single images use a processor badly.
    """

    def losses(batch, rates):
        recipe = {"epochs": 15, "batch_size": batch, "images": 256}
        arms = [train(mlp(), sgd(rate), shrunk(dataset, 16), **recipe) for rate in rates]
        return [arm.train_loss for arm in arms]  # each (seeds, epochs)

    single = losses(1, (0.001, 0.003, 0.01, 0.03))
    batches = losses(64, (0.01, 0.03, 0.1, 0.3))
    target = np.min(batches, axis=(0, 2))  # (seeds,)

    def epochs_needed(arms):
        return np.min([epochs_to(loss, target) for loss in arms], axis=0)

    return epochs_needed(single) - epochs_needed(batches)


@claim.exact(
    "A train step on 64 images keeps fewer bytes of activations than one on the whole training set.",
    id="mini-batches/less-memory",
    source="HW4 part 1, task 4a: 'computations require less memory and less noisy'",
    cache=True,
)
def test_mini_batches_keep_fewer_activations():
    """Counted in the traced graph of `model_relu`: 4 bytes for each of 1,478 numbers an image.

    They are what the backward pass reads again: pixels, both hidden layers, probabilities. So it is
    24 MB for 4,096 images and 0.4 MB for 64. The weights with Adam's two moments, 4 MB, are the
    same for any batch.
    """
    whole, batch = (
        activation_bytes(homework_mlp(), IMAGE, CLASSES, images)
        for images in (TRAINING_SET, MINI_BATCH)
    )
    numbers = 32 * 32 + 300 + 150 + 4
    assert batch == 4 * MINI_BATCH * numbers, f"{batch:,} bytes for {MINI_BATCH} images"
    assert whole == 4 * TRAINING_SET * numbers, f"{whole:,} bytes for {TRAINING_SET} images"
    assert batch < whole


@claim.rate(
    "A process that trains on batches of 64 needs 10 MB less memory than one that takes all images.",
    id="mini-batches/less-memory",
    source="HW4 part 1, task 4a: 'computations require less memory and less noisy'",
)
@pytest.mark.skipif(not can_measure_peaks(), reason="this system cannot reset a process's peak")
@pytest.mark.parametrize("measured", ["peak"])
def test_mini_batches_need_less_memory(seeds, measured):
    """Peak resident memory of two processes, one an arm, in one step of `model_relu` a seed.

    The training set is in memory in both; its pixels are noise, for memory does not depend on them.
    Of 24 MB of activations ten are the least that is no accident of the allocator. Beside the 700
    MB that TensorFlow itself takes (here 360, for its files are shared) nobody would notice either.
    A rate, not a win: to the last page the peak is the system's and not the seed's, and a rerun
    must have the same evidence.
    """
    whole, batch = (
        peak_memory(homework_mlp(), IMAGE, CLASSES, batch=size, images=TRAINING_SET, seeds=seeds)
        for size in (TRAINING_SET, MINI_BATCH)
    )
    return whole - batch > 10


def share_that_escapes(seeds, batch):
    """Return the share of starts in the shallow well that end in the deep one, (seeds,).

    Image i has the loss x⁴/4 − x²/2 + (0.1 + aᵢ)·x. The aᵢ have mean 0: the loss of all images has
    its deep minimum at −1.05, its shallow one at 0.95, and a barrier of 0.16 between.
    """
    images, starts, rate, epochs = 1024, 64, 0.1, 20
    shares = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        tilts = rng.normal(0, 3, images)
        tilts -= tilts.mean()
        x = rng.uniform(0.6, 1.3, starts)
        for _ in range(epochs):
            order = rng.permuted(np.tile(np.arange(images), (starts, 1)), axis=1)
            for chosen in np.split(order, images // batch, axis=1):  # (starts, batch)
                x = x - rate * (x**3 - x + 0.1 + tilts[chosen].mean(axis=1))
        shares.append(np.mean(x < 0))
    return np.array(shares)


@claim(
    "Mini-batches break out of a local minimum that holds gradient descent on all images.",
    id="mini-batches/escapes-local-minima",
    source="HW4 part 1, task 4a: 'If this algorithm gets stuck in a local minimum, then some noisy steps can cause it to break out of the local minimum.'",
    margin=0.1,
    unit="share of starts",
    cache=True,
)
def test_mini_batches_escape_a_local_minimum(seeds):
    """Share of starts that leave the shallow well: batches of 8 − all 1,024 images, at one rate.

    "Can" needs one place where it happens: a well of one dimension, which gradient descent on all
    images never leaves. It takes noise of the barrier's size, as in Kramers' escape problem (Xie,
    Sato & Sugiyama 2021): at a tenth of the rate nothing leaves. With a quarter of the images
    hardly any does, for in one pass over shuffled images the noise adds up to zero. A tenth of the
    starts is far from the none that leave without noise.
    """
    return share_that_escapes(seeds, batch=8) - share_that_escapes(seeds, batch=1024)


@claim(
    "Halving the batch makes the gradient steps smaller.",
    id="mini-batches/smaller-steps",
    source="HW4 part 1, task 4a: 'reducing the batch size means that the gradient steps are smaller for the same number of samples'",
    margin=0.05,
    unit="share of the length",
    expect={
        f"{dataset}-{optimiser}-{measured}": "supported"
        if (optimiser, measured) == ("Adam", "step")
        else "refuted"
        for dataset in ("phantom", "digits")
        for optimiser in ("SGD", "Adam")
        for measured in ("step", "path")
    },
)
@pytest.mark.parametrize("measured", ["step", "path"])
@pytest.mark.parametrize("optimiser", [sgd(0.01), adam(1e-3)], ids=["SGD", "Adam"])
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_smaller_batches_take_smaller_steps(train, dataset, optimiser, measured):
    """1 − length at batch 32 / at batch 64: of the mean step, and of the path through five epochs.

    The homework says it "for the same number of samples", and there it is wrong: twice the steps
    make a longer path. One step of SGD is longer too, because the noise that a smaller batch adds
    to the gradient adds to its length. One step of Adam is shorter: it divides by the root mean
    square, noise included, and what the noise leaves of the mean is less (Kingma & Ba 2015 call
    the ratio a signal-to-noise ratio). A twentieth is what a rate 5 % lower does to a step: less is
    no finding.
    """

    def path(batch):
        arm = {"epochs": 5, "batch_size": batch, "images": 512, "evaluate_last": 1}
        runs = train(mlp(), optimiser, shrunk(dataset, 16), **arm, probes=["path_length"])
        return runs.probes["path_length"].sum(axis=1)

    steps = {"step": 2, "path": 1}[measured]  # batches of 32 take twice as many
    return 1 - path(32) / path(64) / steps


@claim(
    "With the homework's recipe, test accuracy is better with the batch size that it prefers.",
    id="mini-batches/bigger-is-better",
    source="HW4 part 1, task 4a: 'In our case, when the number of batches is bigger we get little better results.'",
    margin=0.01,
    unit="test accuracy",
    expect={
        f"{dataset}-{reading}": verdict
        for dataset in ("phantom", "digits")
        for reading, verdict in (("larger batches", "refuted"), ("more batches", "supported"))
    },
)
@pytest.mark.parametrize("reading", ["larger batches", "more batches"])
@pytest.mark.parametrize("dataset", ["phantom", "digits"])
def test_a_bigger_number_of_batches_is_better(train, dataset, reading):
    """`model_relu`, Adam at 1e-5, 50 epochs: accuracy at batch 64 − 32, and 32 − 64.

    The homework prefers 64, by two test images of 175, and says "number of batches", of which 64
    makes fewer: both readings. A point is the difference that it calls "little better". More
    batches are better, because they are more steps of a training that 50 epochs at 1e-5 leave
    unfinished; what the batch size does by itself shows only when both have converged, or at equal
    steps (Shallue et al. 2019). In the quick profile on 512 images, averaged
    down to about 16×16 pixels.
    """
    recipe = {"epochs": 50, "test_images": 1024, "evaluate_last": 1} | DENSE_FEW
    small, large = (
        train(homework_mlp("relu"), homework_adam(), dataset, batch_size=size, **recipe)
        for size in (32, 64)
    )
    gain = small.test_accuracy[:, -1] - large.test_accuracy[:, -1]
    return gain if reading == "more batches" else -gain
