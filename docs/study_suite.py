"""How often is a run of 200 benchmarks red though nothing has changed? On measured noise.

python docs/study_suite.py measure NOISE.jsonl --minutes 4 [--machine busy] [--load]
python docs/study_suite.py count NOISE.jsonl [--runs 1000]

`measure` runs ten benchmarks of two equal trees as `hw4 bench --against` does, set after set of
fresh processes, and appends the log ratios of each set to a file. `--load` keeps one core busy.

`count` draws runs from such a file. Each run has 200 benchmarks, as twenty times the ten. Each ten
get whole measured sets, drawn with replacement, so that what slowed ten benchmarks at one moment
still slows them together. `Bench` itself decides, with its further sets and its second measurement.
For a planted slowdown, its logarithm is added to each round. It prints how many runs were red, and
rows of a table: machine, ratio, benchmarks, and their verdicts.
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
from numpy.typing import ArrayLike
from scipy import stats

from hw4.bench import measure
from hw4.bench.finding import SLOWER, Finding
from hw4.bench.margins import Margins
from hw4.bench.trees import Tree
from hw4.statistics import Verdict
from hw4.statistics.bootstraps import BootstrapTest
from hw4.statistics.ratios import MARGIN, RatioDecision

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
FEW = 3  # runs in which every benchmark gets its verdict, at each ratio
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

    def decide(self, log_ratios: ArrayLike, controls: ArrayLike) -> RatioDecision:
        """Return the real verdict if it may be "slower", and another one if it cannot."""
        values = np.asarray(log_ratios)
        below = int(np.sum(np.median(values, axis=1) <= math.log1p(self.margin)))
        if below == 0 or (below == 1 and len(values) > measure.SETS * measure.EXTENSIONS):
            return super().decide(values, controls)
        open_ = Verdict.INCONCLUSIVE if below == 1 else Verdict.EQUIVALENT
        return RatioDecision(open_, 1.0, 1.0, 1.0, self.margin, 1.0, self.confidence)


@dataclass(frozen=True)
class Judge(Margins):
    """The same test for every benchmark."""

    judge: BootstrapTest = field(default_factory=BootstrapTest)

    def test(self, benchmark: str) -> BootstrapTest:
        """Return it."""
        return self.judge


@dataclass(frozen=True)
class Drawn(measure.Bench):
    """A bench whose sets are drawn from measured ones.

    Attributes:
        sets: those in which the trees had not changed places, and those in which they had.
        slowdown: logarithm of the planted ratio.
        rng: draws the sets.
        called: how many benchmarks each measurement was made of, and how many it called slower.
    """

    sets: tuple[list[Rounds], list[Rounds]] = ([], [])
    slowdown: float = 0.0
    rng: np.random.Generator = field(default_factory=np.random.default_rng)
    called: list[tuple[int, int]] = field(default_factory=list)

    def _set(
        self, measured: dict[str, measure.Measured], chosen: set[str] | None, *, exchanged: bool
    ) -> None:
        known = self.sets[exchanged]
        for copy in range(SUITE // len(known[0])):
            rounds = known[self.rng.integers(len(known))]
            for name, (ratios, controls) in rounds.items():
                benchmark = f"{name} {copy}"
                if chosen is None or benchmark in chosen:
                    each = measured.setdefault(benchmark, measure.Measured())
                    each.ratios.append([ratio + self.slowdown for ratio in ratios])
                    each.controls.append(controls)
                    each.seconds.append(1.0)

    def _measurement(
        self, chosen: set[str] | None, *, exchanged: bool = False
    ) -> dict[str, Finding]:
        found = super()._measurement(chosen, exchanged=exchanged)
        self.called.append((len(found), sum(f.verdict == SLOWER for f in found.values())))
        return found


def runs(
    sets: tuple[list[Rounds], list[Rounds]], ratio: float, number: int, judge: BootstrapTest
) -> tuple[collections.Counter[str], int, int]:
    """Draw runs of the suite.

    Returns:
        How many benchmarks got which verdict, how many runs were red, and how many benchmarks the
        first measurements called slower.
    """
    verdicts: collections.Counter[str] = collections.Counter()
    red = first = 0
    for seed in range(number):
        rng, place = np.random.default_rng(seed), Tree("drawn", Path(), Path())
        margins = Judge(judge=judge)
        bench = Drawn(place, place, [], [], margins, sets=sets, slowdown=math.log(ratio), rng=rng)
        found = collections.Counter(finding.verdict for finding in bench.run())
        verdicts += found
        red += bool(found[SLOWER])
        first += bench.called[0][1]
    return verdicts, red, first


def count(source: Path, number: int) -> None:
    """Print how far measured sets are from 1, and what `hw4 bench` calls runs that are drawn."""
    lines = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    for machine in dict.fromkeys(line["machine"] for line in lines):
        measured = [line for line in lines if line["machine"] == machine]
        by_place = tuple(
            [x["rounds"] for x in measured if x["exchanged"] is e] for e in (False, True)
        )
        sets = (by_place[0], by_place[1])
        medians = np.array([np.median(r) for line in measured for r, _ in line["rounds"].values()])
        above = float(np.mean(medians > math.log1p(MARGIN)))
        print(
            f"{machine}: {len(measured)} sets, {medians.size} medians, standard deviation "
            f"{medians.std():.2%}, above the margin {int(above * medians.size + 0.5)} ({above:.2%})"
        )
        _, red, first = runs(sets, 1.0, number, Quick())
        most = proportion_limit(red, number)
        print(
            f"{machine}: {red} of {number} runs red (at most {most:.2%}), "
            f"{first} of {number * SUITE} benchmarks slower in the first measurement"
        )
        for ratio in RATIOS:
            verdicts, red, _ = runs(sets, ratio, FEW, BootstrapTest())
            said = ", ".join(f"{n} {word}" for word, n in verdicts.most_common())
            print(f"| {machine} | {ratio:g} | {FEW * SUITE:,} | {said} |", flush=True)


def proportion_limit(red: int, number: int) -> float:
    """Return the upper 99 % limit of a share (Clopper & Pearson 1934)."""
    return float(stats.beta.ppf(0.99, red + 1, number - red)) if red < number else 1.0


def main() -> None:
    """Measure, or count."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["measure", "count"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--machine", default="quiet")
    parser.add_argument("--load", action="store_true")
    parser.add_argument("--runs", type=int, default=1000)
    options = parser.parse_args()
    if options.what == "count":
        count(options.file, options.runs)
        return
    with planted.busy_loop(options.load):
        record(options.file, options.minutes, options.machine)


if __name__ == "__main__":
    main()
