"""How a process that measures is started."""

from pathlib import Path

from hw4.bench import process
from hw4.bench.trees import Tree


def test_the_size_of_the_environment_differs_from_process_to_process(monkeypatch):
    """So that no tree has the same layout of memory in all of its processes."""
    sizes = []

    def start(self, command, environment, folder):
        sizes.append(sum(len(name) + len(value) for name, value in environment.items()))

    monkeypatch.setattr(process.Process, "__init__", start)
    tree = Tree("main", Path("/project"), Path("/project"))
    for _ in range(20):
        process.Benchmarks(tree, tree, [])._cache.cleanup()
    assert len(set(sizes)) > 15
    assert process.ROOM / 3 < max(sizes) - min(sizes) < process.ROOM
