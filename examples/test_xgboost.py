"""hw4 can judge XGBoost: a function of one seed returns a number, and reruns remember it.

pytest examples/test_xgboost.py
"""

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

from hw4 import claim


@claim(
    "Of 20 labelled tumours, boosted trees learn more than a constant guess.",
    id="examples/few-tumours",
    margin=0.1,
    unit="accuracy",
    cache=True,
)
def test_boosted_trees_learn_from_few_tumours(seed):
    x, y = load_breast_cancer(return_X_y=True)
    x, x_test, y, y_test = train_test_split(x, y, train_size=20, stratify=y, random_state=seed)
    trees = XGBClassifier(n_estimators=30, max_depth=3, subsample=0.8, random_state=seed, n_jobs=1)
    return trees.fit(x, y).score(x_test, y_test) - y_test.mean()
