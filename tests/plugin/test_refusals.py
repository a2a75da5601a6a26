"""Claims that cannot be decided as they are written: one sentence each, and no traceback."""

import pytest

WRONG = {
    "nothing": ("pass", "the claim returned nothing"),
    "one-number": ("return 3.5", "the claim returned an array of shape ()"),
    "wrong-shape": ("return np.ones((8, 2))", "the claim returned an array of shape (8, 2)"),
    "complex": ("return seeds * 1j", "the claim returned complex numbers"),
    "strings": ("return [str(seed) for seed in seeds]", "the claim returned strings"),
    "booleans": ("return seeds > 0", "the claim returned booleans"),
    "ragged": ("return [[1], [1, 2]]", "the claim returned rows of unequal length"),
    "nan": (
        "return np.where(seeds % 2 > 0, seeds, np.nan)",
        "seeds 1878776328, 1620722436, 608273276 and 2 more gave NaN: expected a number",
    ),
    "unsigned": (
        "return (seeds % 9).astype('u1') - np.uint8(9)",
        "the claim returned uint8, whose differences wrap around: expected float or int64 before",
    ),
    "eight-whatever-is-asked": (
        "return np.arange(8.0)",
        "asked again for two of its seeds, the claim returned an array of shape (8,): expected one",
    ),
    "tiny": (
        "return seeds * 1e-18",
        "no difference is above 1.88e-09, and 1e-06 or less counts as a tie: expected them in a",
    ),
    "data": (
        "from hw4.data import load; load('fantom')",
        "unknown data set 'fantom': expected phantom, digits",
    ),
}


def test_what_a_claim_may_not_return_is_told_in_a_sentence(pytester, run):
    body = "import numpy as np\nfrom hw4 import claim\n"
    for name, (statement, _) in WRONG.items():
        body += f"\n@claim('It is wrong.', id='wrong/{name}')\n"
        body += f"def test_{name.replace('-', '_')}(seeds):\n    {statement}\n"
    pytester.makepyfile(body)
    outcome = run()
    assert (outcome.code, outcome.failed) == (1, len(WRONG))
    records = outcome.records()
    for name, (_, sentence) in WRONG.items():
        record = records[f"wrong/{name}", ""]
        assert record["error"] == "claim"
        assert record["message"].startswith(sentence)
        told = [line for line in outcome.text.splitlines() if line.startswith(f"wrong/{name}: ")]
        assert told == [f"wrong/{name}: {record['message']}"]


UNSEEDED = {
    "asks-for-nothing": (
        "@claim('It has no seeds.', id='it')\ndef test_it():\n    return np.arange(16.0)",
        "its seeds do nothing: the function asks for none of the fixtures seed, seeds and train",
    ),
    "fixture": (
        "@pytest.fixture\ndef numbers(seeds):\n    return seeds * 1.0\n"
        "@claim('It has old seeds.', id='it')\ndef test_it(numbers):\n    return numbers",
        "fixture 'numbers' asks for seeds, but is set up only once: "
        "expected the claim's function itself to ask for them",
    ),
    "fixture-of-a-fixture": (
        "@pytest.fixture\ndef first(seeds):\n    return seeds * 1.0\n"
        "@pytest.fixture\ndef second(first):\n    return first\n"
        "@claim('It has old seeds.', id='it')\ndef test_it(second, seeds):\n    return second",
        "fixture 'first' asks for seeds, but is set up only once: "
        "expected the claim's function itself to ask for them",
    ),
}


@pytest.mark.parametrize("name", UNSEEDED)
def test_a_claim_that_its_seeds_cannot_move_is_refused(pytester, run_with, name):
    body, sentence = UNSEEDED[name]
    pytester.makepyfile(f"import numpy as np\nimport pytest\nfrom hw4 import claim\n{body}\n")
    outcome = run_with(0)
    assert outcome.code == 1
    assert f"it: {sentence}" in outcome.text.splitlines()
    assert outcome.records()["it", ""]["message"] == sentence


TWICE = """
    from hw4 import claim

    @claim("It rises.", id="it/rises")
    def test_{}(seeds):
        return 1.0 + seeds
"""


@pytest.mark.parametrize(
    ("place", "workers"), [("file", 0), ("files", 0), ("files", 2), ("class", 0)]
)
def test_two_claims_of_one_name_are_refused(pytester, run_with, place, workers):
    """And an old ledger is left alone."""
    if place == "files":
        pytester.makepyfile(test_1=TWICE.format("a"), test_2=TWICE.format("b"))
    else:
        second = TWICE.format("b")
        if place == "class":
            second = "\n    class TestIt:\n" + second.replace("\n    ", "\n        ").replace(
                "(seeds)", "(self, seeds)"
            )
        pytester.makepyfile(test_1=TWICE.format("a") + second)
    path = pytester.path / "old.json"
    path.write_text("old")
    outcome = run_with(workers, f"--hw4-ledger={path}")
    assert outcome.code in (1, 2)  # xdist turns pytest's "interrupted" into a failure
    sentence = "claim 'it/rises' is stated twice: by test_1.py::test_a and "
    (told,) = [line for line in outcome.text.splitlines() if line.startswith(sentence)]
    assert told.endswith("test_b")
    assert path.read_text() == "old"


def test_one_claim_that_is_named_twice_is_not_refused(planted, run_with):
    node = "test_planted.py::test_win"
    assert run_with(0, node, node, "test_planted.py").passed == 4


def test_a_claim_that_cannot_be_stated_names_the_reason(pytester, run_with):
    pytester.makepyfile("from hw4 import claim\n@claim('')\ndef test_it(seeds): pass\n")
    outcome = run_with(0)
    assert outcome.code != 0
    assert "ClaimError: a claim needs its statement in words, got ''" in outcome.text


@pytest.mark.parametrize("workers", [0, 1], ids=["alone", "a-worker"])
def test_the_same_claim_in_two_data_sets_of_one_name_is_told_apart(pytester, run_with, workers):
    pytester.makepyfile(
        """
        import pytest
        from hw4 import claim

        @claim("It rises.", id="it/rises")
        @pytest.mark.parametrize("dataset", ["phantom"])
        def test_it(seeds, dataset):
            return 1.0 + seeds
        """
    )
    outcome = run_with(workers, "--hw4-data=digits", "--hw4-data=digits")
    assert (outcome.code, outcome.passed) == (0, 2)
    assert len(outcome.records()) == 2


def test_a_claim_that_nothing_decides_is_an_error(pytester, run):
    """`unittest.TestCase` calls its methods itself."""
    pytester.makepyfile(
        """
        import unittest
        from hw4 import claim

        class TestIt(unittest.TestCase):
            @claim.exact("It holds.", id="it")
            def test_it(self):
                pass
        """
    )
    outcome = run()
    assert (outcome.code, outcome.failed) == (1, 1)
    sentence = "nothing decided it: expected a function or a plain class"
    assert outcome.records()["it", ""]["message"] == sentence
    assert f"it: {sentence}" in outcome.text.splitlines()
