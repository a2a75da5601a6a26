"""How often is `hw4 bench --against` right? Plants slowdowns, and counts what is called.

python docs/study_regressions.py [--runs 20] [--busy] >> docs/regressions-table.md

Each run makes the same comparison of a small project with three benchmarks, of which one has become
slower by the planted factor. A run is wrong in which an unchanged benchmark is called a regression,
or the planted one is called unchanged. `--busy` keeps one core busy with a loop meanwhile. A row of
the table: machine, factor, runs, wrong runs, what the planted one and what the others were called.
"""

import argparse
import collections
import contextlib
import json
import multiprocessing
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

FACTORS = (1.0, 1.3, 2.0)
PLANTED = "test_project.py::test_planted"
CODE = """
def planted(n=20_000):
    return sum(i * i for i in range(int({factor} * n)))

def sorting(n=2_000):
    return sorted(range(n), key=lambda i: -i)

def short(n=20):
    return [str(i) for i in range(n)]
"""
BENCHMARKS = """
import project

def test_planted(benchmark):
    benchmark(project.planted)

def test_sorting(benchmark):
    benchmark(project.sorting)

def test_short(benchmark):
    benchmark(project.short)
"""


def make_project(folder: Path) -> None:
    """Make a git repository with one commit of the project and its benchmarks."""
    (folder / "project.py").write_text(CODE.format(factor=1.0), encoding="utf-8")
    (folder / "test_project.py").write_text(BENCHMARKS, encoding="utf-8")
    author = ["-c", "user.name=study", "-c", "user.email=study@localhost", "-c", "commit.gpgsign=0"]
    for words in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "before"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


def is_wrong(verdicts: dict[str, str], factor: float) -> bool:
    """Return whether a run called something that is not so; "too noisy" calls nothing."""
    slower = {name for name, verdict in verdicts.items() if verdict == "slower"}
    missed = factor > 1 and verdicts[PLANTED] in ("no change", "not slower", "faster")
    return bool(slower - ({PLANTED} if factor > 1 else set())) or missed


def compare(folder: Path, factor: float) -> dict[str, str]:
    """Return each benchmark's verdict with the slowdown planted."""
    (folder / "project.py").write_text(CODE.format(factor=factor), encoding="utf-8")
    history = folder / "history.jsonl"
    history.unlink(missing_ok=True)
    command = [sys.executable, "-m", "hw4", "bench", "--against=HEAD", f"--history={history}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if not history.exists():
        raise SystemExit(f"the comparison failed: {done.stderr}")
    lines = history.read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return {entry["benchmark"]: entry["verdict"] for entry in entries}


@contextlib.contextmanager
def busy_loop(wanted: bool) -> Iterator[None]:
    """Keep one core busy meanwhile, if that is wanted."""
    process = multiprocessing.Process(target=_spin, daemon=True)
    if wanted:
        process.start()
    try:
        yield
    finally:
        if wanted:
            process.kill()
            process.join()


def _spin() -> None:
    while True:
        pass


def counted(verdicts: Iterable[str]) -> str:
    """Return a list of verdicts as "19 slower, 1 too noisy"."""
    return ", ".join(f"{n} {word}" for word, n in collections.Counter(verdicts).most_common())


def main() -> None:
    """Print a table row for each factor."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--busy", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, busy_loop(options.busy):
        folder = Path(name)
        make_project(folder)
        for factor in FACTORS:
            runs = options.runs * (2 if factor == 1 else 1)
            found = [compare(folder, factor) for _ in range(runs)]
            planted = counted(each[PLANTED] for each in found)
            others = counted(v for each in found for n, v in each.items() if n != PLANTED)
            wrong = sum(is_wrong(each, factor) for each in found)
            machine = "one core busy" if options.busy else "quiet"
            print(
                f"| {machine} | {factor:g} | {runs} | {wrong} | {planted} | {others} |", flush=True
            )


if __name__ == "__main__":
    main()
