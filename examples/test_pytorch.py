"""hw4 can judge PyTorch, for which it has no code: an ensemble trains a block of seeds at once.

pytest examples/test_pytorch.py

`torch.func.vmap` maps the gradient of one network over stacked weights, a slice for each seed, as
PyTorch's tutorial on model ensembles does.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from hw4 import claim

UNITS, EPOCHS, BATCH, RATE = 32, 8, 100, 0.5
SEEDS = 8  # that train together, always: another number would round otherwise


def drawn(seed):
    """Return a seed's split of the digits, its first weights and its order of batches."""
    images, labels = load_digits(return_X_y=True)
    split = train_test_split(images.astype("f4") / 16, labels, test_size=397, random_state=seed)
    rng = np.random.default_rng(seed)
    kernels = [rng.normal(0, np.sqrt(2 / a), (a, b)) for a, b in ((64, UNITS), (UNITS, 10))]
    weights = [kernels[0], np.zeros(UNITS), kernels[1], np.zeros(10)]
    order = np.concatenate([rng.permutation(1400) for _ in range(EPOCHS)]).reshape(-1, BATCH)
    return split, [each.astype("f4") for each in weights], order


def stacked(arrays):
    """Return tensors, (seeds, …), of each seed's arrays."""
    return [torch.tensor(np.stack(each)) for each in zip(*arrays, strict=True)]


def logits(weights, x):
    kernel, bias, last, offset = weights
    return torch.relu(x @ kernel + bias) @ last + offset


def loss(weights, x, y):
    return torch.nn.functional.cross_entropy(logits(weights, x), y)


def accuracies(seeds, momentum):
    """Return the test accuracy of one network for each seed, (seeds,); all train at once."""
    splits, weights, orders = zip(*(drawn(int(s)) for s in np.resize(seeds, SEEDS)), strict=True)
    x, x_test, y, y_test = stacked(splits)
    weights = stacked(weights)
    orders = torch.tensor(np.stack(orders))  # (seeds, steps, batch)
    gradients = torch.func.vmap(torch.func.grad(loss))
    velocities = [torch.zeros_like(each) for each in weights]
    rows = torch.arange(SEEDS)[:, None]
    for batch in orders.unbind(dim=1):
        slopes = gradients(weights, x[rows, batch], y[rows, batch])
        pairs = zip(velocities, slopes, strict=True)
        velocities = [momentum * v - RATE * (1 - momentum) * slope for v, slope in pairs]
        weights = [w + v for w, v in zip(weights, velocities, strict=True)]
    right = torch.func.vmap(logits)(weights, x_test).argmax(dim=-1) == y_test
    return right.double().mean(dim=1).numpy()[: len(seeds)]


@claim.equivalent(
    "On digits, momentum 0.9 at a tenth of the rate is as accurate as plain descent.",
    id="examples/momentum-in-pytorch",
    margin=0.03,
    unit="test accuracy",
)
def test_momentum_is_as_accurate(seeds):
    """Return the differences in accuracy, shape (seeds,), paired by seed."""
    return accuracies(seeds, 0.9) - accuracies(seeds, 0.0)
