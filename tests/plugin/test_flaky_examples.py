"""Flaky tests as people write them become claims by two changed lines, and are decided right.

Those in examples/flaky/before are ordinary tests. Beside each in after is its claim. A fault is
planted by one change of its code; then the claim must be refuted.
"""

import difflib
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "flaky"
PLANTED = {  # what a line has → with a fault
    "scikit_learn": (".fit(data)", ".fit(data[:20])"),  # of 500 rows
    "pytorch": ("nn.Dropout(rate)", "nn.Dropout1d(rate)"),  # which drops whole rows
    "xgboost": ("trees.fit(x, y)", "trees.fit(x, y[::-1])"),  # the labels of others
    "keras": ("(won - won.mean())", "(won.mean() - won)"),  # down the reward
}
ROOTS = range(1, 11)
FEW = range(1, 3)  # in the suite, of what takes a tenth of a second for each seed
SLOW = ("keras",)


@pytest.fixture
def texts(needed):
    """Return a function that gives what an example's two files hold."""

    def read(name):
        needed(name)
        files = [EXAMPLES / when / f"test_{name}.py" for when in ("before", "after")]
        return [file.read_text(encoding="utf-8") for file in files]

    return read


def changed_lines(before, after):
    """Return how many lines were replaced, added or removed."""
    blocks = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    return sum(max(b - a, d - c) for kind, a, b, c, d in blocks.get_opcodes() if kind != "equal")


@pytest.mark.parametrize("name", PLANTED)
def test_a_flaky_test_is_a_claim_by_two_changed_lines(name, texts):
    before, after = texts(name)
    assert "hw4" not in before
    assert 0 < changed_lines(before, after) <= 2


@pytest.mark.parametrize("name", PLANTED)
def test_it_passes_as_it_was(name, texts, decide):
    outcome = decide({"test_before.py": texts(name)[0]}, 0)
    assert (outcome.code, outcome.records()) == (0, {}), outcome.text


@pytest.mark.parametrize("name", PLANTED)
def test_it_is_supported_and_with_a_fault_refuted(name, texts, decide, whole_examples):
    """On each of ten roots."""
    text, (right, wrong) = texts(name)[1], PLANTED[name]
    assert text.count(right) == 1
    faulty = text.replace(right, wrong).replace('id="flaky/', 'id="faulty/')
    wanted = {"flaky": "supported", "faulty": "refuted"}
    for root in FEW if name in SLOW and not whole_examples else ROOTS:
        files = {"test_right.py": text, "test_wrong.py": faulty}
        records = decide(files, 0, f"--hw4-root-seed={root}").records()
        found = {key: record.get("verdict", record) for key, record in records.items()}
        assert {key[0].partition("/")[0] for key in found} == {*wanted}
        assert found == {key: wanted[key[0].partition("/")[0]] for key in found}, root
        print(root, *(f"{'/'.join(k)} {r['events']}/{r['seeds']}" for k, r in records.items()))
