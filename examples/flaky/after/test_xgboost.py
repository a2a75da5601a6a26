"""A learner that must beat a baseline: boosted trees are more accurate than the commonest class."""

import pytest
from hw4 import claim
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier


@pytest.fixture
def split(seed):
    x, y = make_classification(200, weights=[0.7], flip_y=0.1, random_state=seed)
    return train_test_split(x, y, test_size=100, random_state=seed)


@claim.rate("Boosted trees beat the commonest class by 5 points.", id="flaky/xgboost")
def test_boosted_trees_beat_the_commonest_class(split, seed):
    x, x_test, y, y_test = split
    trees = XGBClassifier(n_estimators=8, max_depth=3, subsample=0.8, random_state=seed, n_jobs=1)
    accuracy = trees.fit(x, y).score(x_test, y_test)
    assert accuracy > max(y_test.mean(), 1 - y_test.mean()) + 0.05
