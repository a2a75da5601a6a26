"""hw4 can judge any training code. This example judges scikit-learn, for which hw4 has no code.

pytest examples/test_scikit_learn.py
"""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from hw4 import claim

EPOCHS = 20


def accuracy(units, seed):
    """Return the test accuracy of one network; the seed splits the data and starts the weights."""
    images, labels = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(
        images / 16, labels, test_size=500, random_state=seed, stratify=labels
    )
    network = MLPClassifier([units], max_iter=EPOCHS, random_state=seed)
    return network.fit(x, y).score(x_test, y_test)


@pytest.mark.filterwarnings("ignore:.*Maximum iterations")  # the number of epochs is fixed
@claim(
    "On digits, 64 hidden units are more accurate than 8.",
    id="examples/wider-is-better",
    margin=0.05,
    unit="test accuracy",
)
def test_a_wider_network_is_more_accurate(seeds):
    """Return the differences in accuracy, shape (seeds,), paired by seed."""
    return np.array([accuracy(64, int(seed)) - accuracy(8, int(seed)) for seed in seeds])
