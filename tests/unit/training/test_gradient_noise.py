import dataclasses

import numpy as np
import pytest

from hw4.data import DataError
from hw4.data.dataset import Split
from hw4.data.finite import FiniteDataset, Labelled
from hw4.networks.models import mlp
from hw4.training import executor
from hw4.training.gradient_noise import BATCH_SIZES

SEEDS = [4, 11]
PROBES = ("gradient_cosine", "gradient_variance")
IMAGES = 140  # 12 more than two batches of 64


@pytest.fixture(scope="module")
def arm(recipe):
    """A network of 3×3 pixels with enough training images for two batches of 64."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, 240).astype(np.int32)
    pixels = (0.5 * rng.random((240, 3, 3, 1)) + labels[:, None, None, None] / 6).astype("f4")
    dataset = FiniteDataset("enough", ("a", "b", "c"), Labelled(pixels, labels))
    network = mlp(widths=(5, 4), l2=0.1)
    return dataclasses.replace(
        recipe, network=network, dataset=dataset, images=IMAGES, epochs=0, probes=PROBES
    )


def gradients_of_images(arm, seed):
    """Return plain Keras's gradient of each image's loss, penalty included, (images, weights)."""
    import keras
    import tensorflow as tf

    from hw4.training import replicas

    split: Split = arm.dataset.draw(seed, arm.images, arm.test_images)
    trainable, _, _ = replicas.program_of(arm).initial_state([seed])
    model = arm.network.build(arm.dataset.image_shape, len(arm.dataset.classes))
    for variable, value in zip(model.trainable_variables, trainable, strict=True):
        variable.assign(value[0])
    with tf.GradientTape() as tape:
        outputs = model(split.x_train, training=True)
        entropy = keras.losses.sparse_categorical_crossentropy(split.y_train, outputs)
        losses = entropy + sum(model.losses)  # (images,), each of its image alone
    gradients = tape.jacobian(losses, model.trainable_variables)
    rows = [np.reshape(each, (len(split.y_train), -1)) for each in gradients]
    return np.concatenate(rows, axis=1).astype(float)


def test_both_probes_are_what_numpy_makes_of_the_gradients_of_single_images(arm):
    probes = executor.execute(arm, SEEDS)[0].probes
    assert probes["gradient_cosine"].shape == (2, 2, len(BATCH_SIZES))
    for index, seed in enumerate(SEEDS):
        gradients = gradients_of_images(arm, seed)[:128]
        whole = gradients.mean(axis=0)
        for column, size in enumerate(BATCH_SIZES):
            batches = gradients.reshape(-1, size, whole.size).mean(axis=1)  # (batches, weights)
            lengths = np.linalg.norm(batches, axis=1) * np.linalg.norm(whole)
            cosine = np.mean(batches @ whole / lengths)
            variance = batches.var(axis=0, ddof=1).sum()
            found = [probes[name][index, 0, column] for name in PROBES]
            np.testing.assert_allclose(found, [cosine, variance], rtol=1e-4)


def test_too_few_images_are_refused(arm):
    with pytest.raises(DataError) as error:
        executor.execute(dataclasses.replace(arm, images=127), SEEDS)
    said = "the noise of gradients cannot be measured on 127 training images: expected at least 128"
    assert str(error.value) == said


def test_a_network_with_dropout_is_refused(arm):
    network = dataclasses.replace(arm.network, dropout=0.5)
    with pytest.raises(ValueError, match="expected a network without dropout"):
        executor.execute(dataclasses.replace(arm, network=network), SEEDS)


def test_the_images_of_a_source_are_in_random_order(arm):
    """Consecutive slices are random batches: their labels vary as much as those of shuffled ones.

    Spread evenly over the slices, as `spread_order` leaves them, the labels would hardly vary.
    """
    between = []
    for seed in range(200):
        labels = arm.dataset.draw(seed, 128, 16).y_train
        share = (labels.reshape(-1, 16) == 0).mean(axis=1)
        p = (labels == 0).mean()
        between.append(share.var(ddof=1) / (p * (1 - p) * 128 / 127 / 16))
    assert np.mean(between) == pytest.approx(1, abs=0.15)  # a stratified order gives 0.2
