"""Every test that CONTRIBUTING.md names is there, and every claim's checks are named."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", TEXT)))
ROWS = [line for line in TEXT.splitlines() if re.match(r"\| (?!.*is checked by|--)", line)]


def functions(path):
    """Return the names of a file's test functions."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_a_point_names_is_there(name):
    path, _, function = name.partition("::")
    found = {each for each in functions(path) if each.startswith("test_")}
    assert found
    assert not function or function in found


def test_every_point_names_its_test():
    assert len(ROWS) > 15
    assert [row for row in ROWS if not re.search(r"`tests/|`pytest ", row.split("|")[2])] == []


def test_every_path_that_is_named_is_there():
    for path in re.findall(r"`(hw4/[\w/.]+)`", TEXT) + re.findall(r"\]\(([\w/.]+)\)", TEXT):
        assert (ROOT / path).exists(), path
