"""How often is ReLU against itself called equivalent? Runs claims that say so, and counts.

python docs/study_same.py [--runs 20]

Each run is a `pytest` of its own with a claim about time for every size of the regime map, forward
and with its gradient, decided as all others are: by rounds of fresh processes.
"""

import argparse
import collections
import json
import subprocess
import sys
import tempfile
from pathlib import Path

CLAIMS = """
import importlib.util
import pytest
from hw4 import claim

spec = importlib.util.spec_from_file_location("speed", {speed!r})
speed = importlib.util.module_from_spec(spec)
spec.loader.exec_module(speed)

@claim.timing("ReLU takes as long as ReLU.", id="same/relu", expect=None)
@pytest.mark.parametrize("size", speed.SIZES)
@pytest.mark.parametrize("measured", speed.PASSES)
def test_relu_against_relu(stopwatch, measured, size):
    work = {{"forward": speed.forward, "with gradient": speed.with_gradient}}[measured]
    x = speed.inputs(speed.SIZES[size])
    return stopwatch(work("relu", x), work("relu", x), elements=speed.SIZES[size])
"""
SPEED = Path(__file__).parents[1] / "hw4" / "homework" / "claims" / "test_speed.py"


def verdicts(folder: Path) -> dict[str, str]:
    """Return the verdict of each instance in one run."""
    target = folder / "ledger.json"
    command = [sys.executable, "-m", "pytest", "-q", "test_same.py", f"--hw4-ledger={target}"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    book = json.loads(target.read_text(encoding="utf-8"))
    return {record["instance"]: record["verdict"] for record in book["claims"]}


def main() -> None:
    """Print a table row for each size and pass."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_same.py").write_text(CLAIMS.format(speed=str(SPEED)), encoding="utf-8")
        runs = [verdicts(folder) for _ in range(options.runs)]
    for instance in runs[0]:
        counts = collections.Counter(run[instance] for run in runs)
        said = ", ".join(f"{n} {word}" for word, n in counts.most_common())
        print(f"| {instance} | {said} |")


if __name__ == "__main__":
    main()
