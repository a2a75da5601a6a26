"""Claims with `cache=True`: nothing is asked for again while all that decides it stays the same.

What the planted functions are asked for is counted in a list that they reach through `builtins`.
"""

import builtins
import importlib.machinery
import os
import sqlite3
import textwrap

import pytest

HELPER = """
    import functools

    OFFSET = 3

    @functools.cache
    def table():
        with open("table.csv") as file:
            return [float(line) for line in file]
"""
CONFTEST = """
    import pytest

    @pytest.fixture
    def shift():
        return 0.5
"""
CLAIMS = """
    import builtins
    import os
    from pathlib import Path

    import numpy as np
    import pytest
    from hw4 import claim

    import helper

    def ask(part):
        builtins.asked.append(part)

    @pytest.fixture
    def drawn(seed, tmp_path):
        (tmp_path / "mark").write_text("x")
        return np.random.default_rng(seed).normal()

    @claim("A number a seed.", id="number", cache=True)
    def test_number(seed, drawn, shift):
        import late
        ask("number")
        flag = Path("flag").exists() + (Path(__file__).parent / "other").is_file()
        sizes = [os.path.getsize(each) for each in ("sized",) if os.path.exists(each)]
        listed = sorted(os.listdir("folder"))
        value = drawn + helper.OFFSET + shift + late.MORE + sum(helper.table())
        return value + flag + sum(sizes) + len(listed) + float(os.environ.get("MODE", 0))

    @claim.rate("An assertion a seed.", id="asserts", expect=None, cache=True)
    def test_asserts(seed):
        ask("asserts")
        assert np.random.default_rng(seed).normal(0.3) > 0, "too small"

    @claim.rate("Booleans of a block.", id="block", cache=True)
    def test_block(seeds):
        ask("block")
        return [np.random.default_rng(seed).normal(3) > 0 for seed in seeds]

    @pytest.mark.parametrize("number", [0, 1])
    @claim.exact("A proof.", id="proof", expect={"0": "supported", "1": "refuted"}, cache=True)
    def test_proof(number):
        ask(f"proof {number}")
        assert number == 0, f"it is {number}"

    @claim.equivalent("Not remembered.", id="plain", margin=9)
    def test_plain(seed):
        ask("plain")
        return np.random.default_rng(seed).normal()
"""
FILES = {
    "helper.py": HELPER,
    "late.py": "MORE = 0",
    "conftest.py": CONFTEST,
    "test_planted.py": CLAIMS,
    "table.csv": "1.5\n2.5\n",
    "sized": "four",
    "pytest.ini": "[pytest]\npythonpath = .\n",
    "folder/one": "",
}


class Project:
    """A folder of planted claims; `run` returns what they were asked for, and the records."""

    def __init__(self, here, monkeypatch):
        self.here, self._monkeypatch = here, monkeypatch
        self.folder = here.folder
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def run(self, *arguments):
        self._monkeypatch.setattr(builtins, "asked", [], raising=False)
        options = ["--hw4-store=store.sqlite", "--hw4-ledger=ledger.json"]
        code, self.out, err = self.here(*options, *arguments)
        assert code == 0, self.out + err
        book = self.here.ledger()
        for record in book["claims"]:
            del record["seconds"]
        del book["created"]
        return sorted({*builtins.asked}), book


@pytest.fixture
def project(pytest_in, monkeypatch):
    return Project(pytest_in, monkeypatch)


ALL = ["asserts", "block", "number", "plain", "proof 0", "proof 1"]


def test_a_second_run_asks_for_nothing_and_has_the_same_ledger(project):
    fresh, book = project.run()
    assert fresh == ALL
    assert "not remembered" not in project.out
    again, same = project.run()
    assert again == ["plain"]
    for before, after in zip(book["claims"], same["claims"], strict=True):
        assert {k: (before[k], after.get(k)) for k in before if before[k] != after.get(k)} == {}
    assert same == book
