"""What the documentation shows must run as it is shown."""

import re
from pathlib import Path

import pytest

import hw4
import hw4.statistics

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(r"```python\n(.*?)```(?:\n+```text\n(.*?)```)?", flags=re.DOTALL)


def blocks(page):
    """Return a page's Python examples, each with what pytest is shown to say of it, or ""."""
    return FENCE.findall(page.read_text(encoding="utf-8"))


def examples():
    """Return a test's parameters for each example: those that measure time have the serial mark."""
    found = {}  # by example, for some pages show the same
    for page in sorted(DOCS.glob("*.md")):
        for number, (code, shown) in enumerate(blocks(page), 1):
            marks = [pytest.mark.hw4_serial] * ("stopwatch(" in code)
            found[code] = pytest.param(code, shown, id=f"{page.stem}-{number}", marks=marks)
    return found


STATED = [example for code, example in examples().items() if "def test_" in code]
OTHERS = [example for code, example in examples().items() if "def test_" not in code]


def decide(pytest_in, path, *more):
    """Run pytest on a claims file from an empty folder and return what it printed."""
    # An example of this repository would be confirmed, as its tox.ini says.
    options = ["-p", "no:cacheprovider", "-W", "error", "--no-hw4-confirm"]
    where = ["--rootdir", pytest_in.folder, "--hw4-store", pytest_in.folder / "runs.sqlite"]
    code, out, err = pytest_in(*options, *where, *more, path)
    assert (code, err) == (0, ""), out
    return out


def timeless(text):
    """Return pytest's output without the seconds that it took, in its last line."""
    return re.sub(r"(?<= passed in )\d+\.\d\ds$", "s", text.rstrip())


FLAKY = ROOT / "examples" / "flaky"  # see test_flaky_examples.py
FILES = [p for p in sorted((ROOT / "examples").rglob("test_*.py")) if FLAKY not in p.parents]


@pytest.mark.parametrize("example", FILES, ids=lambda p: p.stem)
def test_an_example_is_decided(example, needed, pytest_in):
    needed(example.stem.removeprefix("test_"))
    assert re.search(r"✓ +\S+ +supported +16/16", decide(pytest_in, example))


@pytest.mark.parametrize(
    ("number", "seeds"), [(0, "27/31"), (1, "16/16"), (2, "16/16")], ids=["seed", "seeds", "train"]
)
def test_a_claim_of_the_readme_is_decided(number, seeds, pytest_in):
    code, _ = blocks(ROOT / "README.md")[number]
    name = pytest_in.write("test_mine.py", code)
    assert re.search(rf"✓ +\S+ +supported +{seeds}", decide(pytest_in, name))


def test_the_readmes_first_output_is_what_is_printed(pytest_in):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code, _ = blocks(ROOT / "README.md")[0]
    (shown,) = re.findall(r"```console\n\$ pytest -q test_mine.py\n(.*?\n)```", readme, re.DOTALL)
    printed = decide(pytest_in, pytest_in.write("test_mine.py", code), "-q")
    assert timeless(printed) == timeless(shown)


@pytest.mark.parametrize(("code", "shown"), STATED)
def test_a_claim_of_the_documentation_comes_out_as_it_is_shown(code, shown, pytester, run_with):
    """Each line shown below it is what pytest says; without a ✓ among them, it is refused."""
    pytester.makepyfile(test_mine=code)
    outcome = run_with(0, "test_mine.py", "-W", "error")
    assert (outcome.code == 0) == (not shown or "✓" in shown), outcome.text
    for line in shown.splitlines():
        assert line in outcome.text


@pytest.mark.parametrize(("code", "shown"), OTHERS)
def test_code_of_the_documentation_runs(code, shown):
    assert not shown
    exec(compile(code, "example", "exec"), {})


def test_every_public_name_is_on_the_api_page():
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"auto\w+:: hw4\.(\w+)$", page, flags=re.MULTILINE))
    assert shown >= {*hw4.__all__} - {"claim", "Verdict"}  # an instance; with the statistics
    assert "automodule:: hw4.statistics\n   :members:" in page
    assert "Verdict" in hw4.statistics.__all__
