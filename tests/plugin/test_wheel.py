"""The wheel carries the homework's claims: `hw4 run` needs no checkout."""

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest

RUN = ["run", "-k", "formula or test_reported_numbers", "--jobs", "1", "--store", "store.sqlite"]


@pytest.fixture(scope="module")
def installed(checkout, tmp_path_factory):
    """A folder into which the wheel of this checkout has been installed."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.fail("hatchling is not installed: expected the `test` extra")
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(checkout / name, source)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(checkout / "hw4", source / "hw4", ignore=ignored)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target)]
    subprocess.run([*build, str(source)], check=True, capture_output=True, timeout=120)
    (wheel,) = target.glob("hw4-*.whl")
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target"]
    subprocess.run(
        [*install, str(target / "site"), str(wheel)], check=True, capture_output=True, timeout=120
    )
    return target / "site"


@pytest.fixture
def wheel(hw4_process, installed):
    """The command line of the installed wheel, before any other hw4 on the path."""
    hw4_process.extra = {"PYTHONPATH": str(installed)}
    return hw4_process


def test_the_wheel_is_what_runs(wheel, installed):
    wheel.program = (sys.executable, "-c", "import hw4; print(hw4.__file__)")
    code, out, _ = wheel()
    assert code == 0
    assert out.strip() == os.fspath(installed / "hw4" / "__init__.py")
    assert (installed / "hw4" / "py.typed").exists()
    assert (installed / "hw4" / "cli" / "new_claims.py.txt").exists()
    assert not (installed / "tests").exists()
    assert list((installed / "hw4" / "homework" / "claims").glob("test_*.py"))
    assert (installed / "hw4" / "homework" / "homework.md").exists()


def test_the_wheel_names_the_claims_of_the_checkout(wheel, hw4):
    listed = wheel("list")
    assert listed[0] == 0
    assert listed == hw4("list")


def test_the_wheel_decides_the_claims_as_the_checkout_does(wheel, hw4, timeless):
    books = []
    for each in (wheel, hw4):
        assert each(*RUN, "--ledger", "l.json")[0] == 0
        books.append(timeless(each.ledger("l.json")))
    assert books[0] == books[1]
    assert len(books[0]["claims"]) >= 3
    assert all(
        record["test"].startswith("hw4/homework/claims/test_") for record in books[0]["claims"]
    )
