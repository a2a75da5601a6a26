"""What the documentation shows must run as it is shown."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)


def decide(path, folder):
    """Run pytest on a claims file from an empty folder and return what it printed."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error"]
    command += ["--rootdir", folder, "--store", folder / "runs.sqlite", path]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "example", sorted((ROOT / "examples").glob("test_*.py")), ids=lambda p: p.stem
)
def test_an_example_is_decided(example, tmp_path):
    assert re.search(r"✓ +\S+ +supported +16/16", decide(example, tmp_path))


@pytest.mark.parametrize("block", BLOCKS, ids=["five lines", "train"])
def test_a_claim_of_the_readme_is_decided(block, tmp_path):
    (tmp_path / "test_mine.py").write_text(block, encoding="utf-8")
    assert re.search(r"✓ +\S+ +supported +16/16", decide("test_mine.py", tmp_path))
