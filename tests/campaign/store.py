"""Mutations of a store, and processes that use one while it is deleted and damaged.

Every answer is the run that was put under its key, or none; what is missing is put again, as a run
that is trained again, and then every run is there.
"""

import contextlib
import functools
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hw4.store.store import Store

PROCESSES = 8  # at a time
ROUNDS = 40  # that each of them asks for a block of runs
KEYS = [f"{index:02x}" * 32 for index in range(64)]
PAGE = 4096
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # where nothing waits for a disk
KINDS = {13: "rows", 5: "rows", 10: "index", 2: "index"}  # by a page's first byte
Rng = np.random.Generator


def mutations(seed: int, count: int) -> Counter[str]:
    """Return how many mutations of a store had which outcome."""
    rng, counts = np.random.default_rng(seed), Counter[str]()
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        place = Path(folder)
        stores = [written(place / "closed", closed=True), written(place / "open", closed=False)]
        for number in range(count):
            kind, files = mutated(rng, stores)
            path = place / str(number) / "runs.sqlite"
            path.parent.mkdir()
            for suffix, content in files.items():
                path.with_name(path.name + suffix).write_bytes(content)
            counts[f"{kind}: {outcome(path)}"] += 1
            shutil.rmtree(path.parent)
    return counts


def processes(seed: int, count: int) -> Counter[str]:
    """Return how many processes, eight at a time, had only right answers while it was injured."""
    rng, counts = np.random.default_rng(seed), Counter[str]()
    while counts.total() < count:
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            together(rng, Path(folder) / "runs.sqlite", min(PROCESSES, count - counts.total()))
        counts["every answer right"] += min(PROCESSES, count - counts.total())
    return counts


@functools.cache
def row(key: str) -> dict[str, np.ndarray]:
    """Return the only arrays that are right for a key: from one number to pages of them."""
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    size = rng.choice([1, 20, 300, 3000])
    return {"test_loss": rng.random(size), "probe/norm": rng.random((2, 5))}


def written(path: Path, *, closed: bool) -> dict[str, bytes]:
    """Return the files of a good store by what their names end with; an open one has a log."""
    store = Store(path)
    for start in range(0, len(KEYS), 8):
        store.put({key: row(key) for key in KEYS[start : start + 8]}, "engine 7")
    if closed:
        store.close()
    files = {suffix: path.with_name(path.name + suffix) for suffix in ("", "-wal")}
    found = {suffix: each.read_bytes() for suffix, each in files.items() if each.exists()}
    store.close()
    return found


# One mutation


def mutated(rng: Rng, stores: list[dict[str, bytes]]) -> tuple[str, dict[str, bytes]]:
    """Return what was changed, and the files of a store with that change."""
    closed, opened = stores
    kind = str(rng.choice([*MUTATIONS, "log"]))
    if kind == "log":
        return kind, opened | {"-wal": flipped(rng, opened["-wal"], range(len(opened["-wal"])))}
    return kind, {"": MUTATIONS[kind](rng, closed[""])}


def flipped(rng: Rng, content: bytes, places: range | list[int]) -> bytes:
    """Return bytes with one to eight bits of some of their places flipped."""
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 8])):
        changed[int(rng.choice(places))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def in_pages(kind: str) -> Callable[[Rng, bytes], bytes]:
    """Return what flips bits in pages of one kind: the rest are what rows overflow into."""

    def flip(rng: Rng, content: bytes) -> bytes:
        starts = range(PAGE, len(content), PAGE)
        pages = [at for at in starts if KINDS.get(content[at], "arrays") == kind]
        start = int(rng.choice(pages))
        return flipped(rng, content, range(start, start + PAGE))

    return flip


def header(rng: Rng, content: bytes) -> bytes:
    """Flip bits of the file's header, or of the schema that follows it."""
    used = [at for at in range(PAGE) if at < 100 or content[at]]
    return flipped(rng, content, used)


def page(rng: Rng, content: bytes) -> bytes:
    """Put zeros, noise or another page in a page's place."""
    start, other = (int(at) for at in rng.integers(len(content) // PAGE, size=2) * PAGE)
    instead = [bytes(PAGE), rng.bytes(PAGE), content[other : other + PAGE]]
    return content[:start] + instead[rng.integers(3)] + content[start + PAGE :]


def end(rng: Rng, content: bytes) -> bytes:
    """Cut the file, or add to it."""
    cut = content[: int(rng.integers(len(content)))]
    return cut if rng.random() < 0.7 else content + rng.bytes(int(rng.integers(9000)))


MUTATIONS = {
    "header": header,
    "index": in_pages("index"),
    "rows": in_pages("rows"),
    "arrays": in_pages("arrays"),
    "page": page,
    "end": end,
}


def outcome(path: Path) -> str:
    """Use a store as two runs would, check every answer, and return what was lost and said."""
    with contextlib.closing(Store(path)) as store:
        missing = wrong_or_missing(store)
        settle(store)
        said = store.news.sentences()
    assert all(sentence.isprintable() for sentence in said), said
    with contextlib.closing(Store(path)) as store:
        lost = wrong_or_missing(store)
        settle(store)
    if any("set aside" in sentence for sentence in said):
        return "set aside, the rest taken over" if len(missing) < len(KEYS) else "set aside"
    if any("in memory" in sentence for sentence in said):
        return "left alone, kept in memory"
    return "trained again" if missing or lost else "nothing lost"


def settle(store: Store) -> None:
    """Put what is missing until nothing is: an index in disorder may lose another key by that."""
    for _ in range(4):
        missing = wrong_or_missing(store)
        store.put({key: row(key) for key in missing}, "engine 7")
    assert not missing, f"{store.path}: put, and not found"


def wrong_or_missing(store: Store) -> list[str]:
    """Check that each answer is the run of its key, or none; return the keys without one."""
    found = dict(zip(KEYS, store.get(KEYS), strict=True))
    for key, arrays in found.items():
        assert arrays is None or same(arrays, row(key)), f"another run's row under {key}"
    return [key for key, arrays in found.items() if arrays is None]


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """Return whether arrays are the same to the last bit."""
    return one.keys() == other.keys() and all(
        one[name].shape == other[name].shape and one[name].tobytes() == other[name].tobytes()
        for name in one
    )


# Processes beside each other


def together(rng: Rng, path: Path, count: int) -> None:
    """Let processes use a store while it is deleted and damaged, and check all that they say."""
    command = [sys.executable, __file__, str(path)]
    workers = [
        subprocess.Popen(
            [*command, str(number)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for number in range(count)
    ]
    while any(worker.poll() is None for worker in workers):
        with contextlib.suppress(subprocess.TimeoutExpired):
            workers[0].wait(timeout=float(rng.uniform(0.01, 0.2)))
        with contextlib.suppress(FileNotFoundError):  # one of them is replacing it
            injure(rng, path)
    for worker in workers:
        said = worker.communicate()
        assert (worker.returncode, *said) == (0, "", ""), said
    assert outcome(path)


def injure(rng: Rng, path: Path) -> None:
    """Delete the store, or some of its files, or write into them."""
    everything = [path.with_name(path.name + suffix) for suffix in ("", "-shm", "-wal", ".lock")]
    match rng.integers(5):
        case 0:
            path.unlink()
        case 1:
            for each in everything:
                each.unlink(missing_ok=True)
        case 2:
            path.write_bytes(rng.bytes(5000))
        case _:
            place = everything[rng.choice([0, 2])]
            size = place.stat().st_size
            with place.open("r+b") as file:
                file.seek(int(rng.integers(max(1, size))))
                file.write(rng.bytes(int(rng.integers(1, 3000))))


def work(path: Path, number: int) -> None:
    """Ask for blocks and put what is missing, as a worker of a run does."""
    rng = np.random.default_rng(number)
    with contextlib.closing(Store(path)) as store:
        for _ in range(ROUNDS):
            start = int(rng.integers(len(KEYS) // 8)) * 8
            block = KEYS[start : start + 8]
            with store.reserved(block[0], wait=True):
                found = dict(zip(block, store.get(block), strict=True))
                store.put({key: row(key) for key in block if found[key] is None}, "engine 7")
            for key, arrays in found.items():
                assert arrays is None or same(arrays, row(key)), f"another run's row under {key}"


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]))
