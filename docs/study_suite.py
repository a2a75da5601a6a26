"""How often is a run of 200 benchmarks red though nothing has changed? On measured noise.

python docs/study_suite.py measure NOISE.jsonl --minutes 4 [--machine busy] [--load]
python docs/study_suite.py count NOISE.jsonl [--runs 1000]

`measure` runs ten benchmarks of two equal trees as `hw4 bench --against` does, set after set of
fresh processes, and appends the log ratios of each set to a file. `--load` keeps one core busy.

`count` draws runs from such a file. Each run has 200 benchmarks, as twenty times the ten. Each ten
get whole measured sets, drawn with replacement, so that what slowed ten benchmarks at one moment
still slows them together. `Bench` itself decides, with its further sets and its second measurement.
For a planted slowdown, its logarithm is added to each round. Printed are rows of a table: machine,
measured sets, ratio, benchmarks, and their verdicts; and how many runs were red.
"""

import argparse
import collections
import json
import math
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import study_regressions as planted

from hw4.bench import measure
from hw4.bench.finding import SLOWER, Finding
from hw4.bench.margins import Margins
from hw4.bench.process import Process
from hw4.bench.trees import Tree
from hw4.statistics import Verdict
from hw4.statistics.bootstraps import BootstrapTest
from hw4.statistics.ratios import RatioDecision

BENCHMARKS = """
import hashlib, json, re, zlib
import numpy as np

rng = np.random.default_rng(0)
text = " ".join(f"word{i % 97} {i * i % 1009}" for i in range(2000))
record = {"rows": [{"id": i, "name": f"n{i}", "value": i / 7} for i in range(200)]}
small, large = rng.random((64, 64)), rng.random(2_000_000)
numbers = rng.random(20_000).tolist()

def test_loop(benchmark): benchmark(lambda: sum(i * i for i in range(5000)))
def test_sort(benchmark): benchmark(sorted, numbers)
def test_json(benchmark): benchmark(json.dumps, record)
def test_regex(benchmark): benchmark(re.findall, r"word(\\d+) \\d*7", text)
def test_strings(benchmark): benchmark(lambda: [f"{i:05d}" for i in range(300)])
def test_dict(benchmark): benchmark(lambda: {word: len(word) for word in text.split()})
def test_hash(benchmark): benchmark(lambda: hashlib.sha256(text.encode()).digest())
def test_zlib(benchmark): benchmark(zlib.compress, text.encode())
def test_matmul(benchmark): benchmark(np.matmul, small, small)
def test_memory(benchmark): benchmark(np.sum, large)
"""
SUITE = 200  # benchmarks of a run
RATIOS = (1.0, 1.15, 1.3, 2.0)
Rounds = dict[str, tuple[list[float], list[float]]]
"""Of one set: the log ratios and the controls of each benchmark."""


# Measuring


def record(target: Path, minutes: float, machine: str) -> None:
    """Append sets of rounds of two equal trees to a file."""
    with tempfile.TemporaryDirectory() as name:
        trees = []
        for tree in ("now", "before"):
            folder = Path(name) / tree
            folder.mkdir()
            (folder / "test_noise.py").write_text(BENCHMARKS, encoding="utf-8")
            trees.append(Tree(tree, folder, folder))
        bench = measure.Bench(trees[0], trees[1], ["test_noise.py"], [])
        end, exchanged = time.monotonic() + 60 * minutes, False
        while time.monotonic() < end:
            measured: dict[str, measure.Measured] = {}
            bench._set(measured, None, exchanged=exchanged)
            rounds = {name: (m.ratios[0], m.controls[0]) for name, m in measured.items()}
            line = {"machine": machine, "exchanged": exchanged, "rounds": rounds}
            with target.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            exchanged = not exchanged


# Counting


class Quick(BootstrapTest):
    """Leaves out the bootstrap where it cannot say slower, as `tests/quality` shows."""

    def decide(self, log_ratios, controls):
        below = int(np.sum(np.median(log_ratios, axis=1) <= math.log1p(self.margin)))
        if below == 0 or (below == 1 and len(log_ratios) > measure.SETS * measure.EXTENSIONS):
            return super().decide(log_ratios, controls)
        open_ = Verdict.INCONCLUSIVE if below == 1 else Verdict.EQUIVALENT
        return RatioDecision(open_, 1.0, 1.0, 1.0, self.margin, 1.0, self.confidence)
