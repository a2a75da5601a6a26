"""Mutated files for everything that reads a user's file.

Each is read as what it was, or as what another reader finds in it too, or is refused in one
sentence that names it: never a traceback, never without end, never much memory.
"""

import contextlib
import copy
import dataclasses
import io
import json
import os
import resource
import shutil
import signal
import struct
import tempfile
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image

from hw4.bench import history
from hw4.bench.measure import BenchError
from hw4.cli.bench import medians
from hw4.data import DataError, load
from hw4.data.finite import FiniteDataset, Labelled
from hw4.files import FileError
from hw4.ledger import ledger
from hw4.ledger.records import Ledger
from hw4.report import page
from hw4.report.reading.difference import difference
from hw4.report.text import badge, changes, evidence, markdown

SECONDS = 20  # that reading a file of some kilobytes may take, on a busy machine
MEMORY = 2**29  # bytes that the process may grow by over all files
GOLDEN = Path(__file__).parents[1] / "unit" / "ledger" / "ledger-of-schema-1.json"
Rng = np.random.Generator


@dataclasses.dataclass(frozen=True)
class Reader:
    """What reads a kind of file.

    Args:
        write: a good file, at a path.
        mutate: the file at a path, at random.
        read: a path, and return something that can be compared.
        right: the same, found in another way; anything may be raised.
        error: how it refuses.
    """

    write: Callable[[Path], None]
    mutate: Callable[[Rng, Path], None]
    read: Callable[[Path], Any]
    right: Callable[[Path], Any]
    error: type[Exception]


def read_mutated(name: str, seed: int, count: int) -> Counter[str]:
    """Read so many mutated files with a reader, and return what became of them.

    Raises:
        AssertionError: one was neither read rightly nor refused in a sentence.
    """
    reader, counts = READERS[name], Counter[str]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        good, path = Path(folder) / "good" / "mine.npz", Path(folder) / "mine.npz"
        good.parent.mkdir()
        reader.write(good)
        wanted = reader.read(good)
        for number in range(count):
            rng = np.random.default_rng([seed, *name.encode(), number])
            _copy(good, path)
            reader.mutate(rng, path)
            counts[_outcome(reader, path, wanted, (seed, number))] += 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < MEMORY, f"reading took {grown:,} bytes"
    return counts


def _outcome(reader: Reader, path: Path, wanted: Any, case: tuple[int, int]) -> str:
    try:
        with _in_time():
            found = reader.read(path)
    except reader.error as refused:
        said = str(refused)
        assert "\n" not in said, f"{case}: {said}"
        assert path.stem in said, f"{case}: {said}"
        assert len(said) < 600, f"{case}: {said}"
        return "refused in a sentence"
    except Exception as error:
        raise AssertionError(f"{case}: {type(error).__name__}: {error}") from error
    if found == wanted:
        return "read as it was"
    try:
        right = reader.right(path)
    except Exception as error:
        raise AssertionError(f"{case}: read, but another reader finds: {error}") from error
    assert found == right, f"{case}: read as something else"
    return "read as what it has become"


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    def late(number: int, frame: object) -> None:
        raise AssertionError(f"not read within {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _copy(good: Path, path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    (shutil.copytree if good.is_dir() else shutil.copy)(good, path)


# Mutations of bytes

_LENGTHS = (1, 2, 4, 16, 200)
_NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def of_bytes(rng: Rng, path: Path) -> None:
    """Change a few places of a file: bits, numbers, missing, doubled or foreign bytes."""
    content = bytearray(path.read_bytes())
    for _ in range(int(rng.choice([1, 1, 1, 2, 5]))):
        _change(rng, content)
    path.write_bytes(content)


def _change(rng: Rng, content: bytearray) -> None:
    at = int(rng.integers(0, max(1, len(content))))
    end = at + int(rng.choice(_LENGTHS))
    match rng.integers(0, 8):
        case 0 | 1 if content:
            content[at] ^= 1 << int(rng.integers(0, 8))
        case 2:
            number = int(rng.choice(_NUMBERS))
            content[at : at + 4] = number.to_bytes(4, ["little", "big"][rng.integers(0, 2)])
        case 3:
            del content[at:end]
        case 4:
            content[at:at] = content[at:end]
        case 5:
            content[at:end] = rng.bytes(end - at)
        case 6:
            content[at:end] = bytes(end - at)
        case 7:
            del content[at:]


# Archives


def write_archive(path: Path) -> None:
    """Write images to train on, to validate on and to test on."""
    rng, arrays = np.random.default_rng(0), {}
    for part, n in {"train": 24, "val": 6, "test": 9}.items():
        arrays[f"x_{part}"] = rng.integers(0, 256, (n, 6, 5), np.uint8)
        arrays[f"y_{part}"] = np.arange(n) % 3
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def mutate_archive(rng: Rng, path: Path) -> None:
    """Change bytes, or a member's content under a right checksum, or its place in the archive."""
    if rng.random() < 0.4:
        of_bytes(rng, path)
        return
    with zipfile.ZipFile(path) as archive:
        members = [(each.filename, archive.read(each)) for each in archive.infolist()]
    chosen = int(rng.integers(0, len(members)))
    name, content = members[chosen]
    match rng.integers(0, 5):
        case 0 | 1:
            changed = bytearray(content)
            _change(rng, changed)
            members[chosen] = name, bytes(changed)
        case 2:
            members[chosen] = name, _other_header(rng, content)
        case 3:
            members.append((str(rng.choice([name, "x_val", "../x_test.npy", "notes"])), content))
        case 4:
            del members[chosen]
    _pack(path, members, method=int(rng.choice([0, 8, 8, 12, 14])))


def _pack(path: Path, members: list[tuple[str, bytes]], method: int) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as archive:
        warnings.simplefilter("ignore")  # of two members of one name
        for name, content in members:
            archive.writestr(name, content)


_SHAPES = (
    "(9, 6, 5)",
    "(2**40,)",
    "(1099511627776, 2)",
    "(-1,)",
    "()",
    "(24, 30)",
    "'a'",
    "(0, 6)",
)
_TYPES = ("'|u1'", "'<f8'", "'>i2'", "'|O'", "'<U9'", "'|V999999999'", "[('a', '<f4')]", "'<M8[s]'")


def _other_header(rng: Rng, content: bytes) -> bytes:
    size = 10 + struct.unpack("<H", content[8:10])[0]
    shape, kind, turned = rng.choice(_SHAPES), rng.choice(_TYPES), rng.random() < 0.3
    header = f"{{'descr': {kind}, 'fortran_order': {turned}, 'shape': {shape}}}\n".encode()
    return content[:8] + struct.pack("<H", len(header)) + header + content[size:]


def right_archive(path: Path) -> str:
    """Return the fingerprint of an archive as NumPy reads it."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files if name[:2] in ("x_", "y_")}
    parts = {}
    for part in ("train", "val", "test"):
        if f"x_{part}" in arrays:
            images = arrays[f"x_{part}"]
            images = images / np.float32(255) if images.dtype == np.uint8 else images
            images = images.reshape(*images.shape[:3], -1).astype(np.float32)
            labels = arrays[f"y_{part}"].reshape(-1).astype(np.int32)
            parts[part] = Labelled(images, labels)
    train = parts["train"]
    if "val" in parts:
        both = train, parts["val"]
        images, labels = ([getattr(each, name) for each in both] for name in ("images", "labels"))
        train = Labelled(np.concatenate(images), np.concatenate(labels))
    classes = tuple(map(str, range(train.labels.max() + 1)))
    return FiniteDataset("", classes, train, parts.get("test")).fingerprint


# Folders of pictures


def write_folder(path: Path) -> None:
    """Write pictures of two classes."""
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (path / name).mkdir(parents=True)
        for number in range(5):
            pixels = rng.integers(0, 256, (6, 5), np.uint8)
            Image.fromarray(pixels).save(path / name / f"{number}.png")


def mutate_folder(rng: Rng, path: Path) -> None:
    """Change a picture's bytes, its parts under right checksums, or what lies at its path."""
    names = sorted(path.rglob("*.png"))
    chosen = names[rng.integers(0, len(names))]
    match rng.integers(0, 5):
        case 0 | 1:
            of_bytes(rng, chosen)
        case 2 | 3:
            chosen.write_bytes(_other_chunks(rng, chosen.read_bytes()))
        case 4:
            chosen.unlink()
            _put_another(rng, chosen)


def _put_another(rng: Rng, path: Path) -> None:
    match rng.integers(0, 7):
        case 0:
            os.mkfifo(path)
        case 1:
            path.symlink_to(path)
        case 2:
            path.symlink_to("/dev/zero")
        case 3:
            path.mkdir()
        case 4:
            Image.new(str(rng.choice(["L", "RGB", "P", "1"])), (5, 6)).save(path)
        case 5:
            path.touch()
            os.truncate(path, 2**40)
        case 6:
            path.with_name(str(rng.choice(["9.jpg", "x.txt", ".png", "9.PNG"]))).touch()


def _other_chunks(rng: Rng, content: bytes) -> bytes:
    chunks, at = [], 8
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        chunks.append((kind, bytearray(content[at + 8 : at + 8 + length])))
        at += 12 + length
    chosen = int(rng.integers(0, len(chunks)))
    match rng.integers(0, 4):
        case 0 | 1:
            _change(rng, chunks[chosen][1])
        case 2:
            chunks.insert(chosen, chunks[int(rng.integers(0, len(chunks)))])
        case 3:
            text = b"a\0\0" + zlib.compress(bytes(int(rng.choice([10, 2**21, 2**25]))))
            chunks.insert(chosen, (bytes(rng.choice([b"zTXt", b"iCCP", b"tEXt"])), bytearray(text)))
    packed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    ]
    return content[:8] + b"".join(packed)


_WHITE = {"1": 1, "L": 255, "I;16": 65535, "RGB": 255}


def right_folder(path: Path) -> str:
    """Return the fingerprint of a folder as Pillow reads its pictures one by one."""
    images, labels = [], []
    names = sorted(each for each in path.rglob("*") if each.suffix.lower() == ".png")
    for each in names:
        if each.is_file() and not each.name.startswith("."):
            with Image.open(each) as image:
                pixels = np.asarray(image).astype(np.float32) / _WHITE[image.mode]
            images.append(pixels.reshape(*pixels.shape[:2], -1).astype(np.float32))
            labels.append(("cat", "dog").index(each.parent.name))
    train = Labelled(np.stack(images), np.array(labels, np.int32))
    return FiniteDataset("", ("cat", "dog"), train).fingerprint


def fingerprint(path: Path) -> str:
    """Return the fingerprint of a data set, of which a split can be drawn."""
    dataset = load(str(path))
    split = dataset.draw(0, 16, 8)
    assert split.x_train.shape[1:] == dataset.image_shape
    assert np.isfinite(split.x_train).all()
    return dataset.fingerprint


# Texts of JSON

_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 0.5, 1.5, 1e308, 10**400, -0.0, "", "a", "inf", "nan", "\ud800"),
    *([], {}, [[]], [None], {"": None}, {"a": [1]}, "supported", "confirmed", "\u202e<b>\x1b[31m"),
)


def of_json(rng: Rng, path: Path) -> None:
    """Change bytes of a text, or values anywhere in it."""
    if rng.random() < 0.4:
        of_bytes(rng, path)
        return
    text = path.read_text(encoding="utf-8")
    texts = text.splitlines() if text.startswith('{"time') else [text]  # a history, of lines
    chosen = int(rng.integers(0, len(texts)))
    value = json.loads(texts[chosen])
    for _ in range(int(rng.choice([1, 1, 2]))):
        value = _other_value(rng, value)
    texts[chosen] = json.dumps(value)
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")


def _other_value(rng: Rng, value: Any) -> Any:
    """Return a JSON value of which a part is another, missing, doubled, or at another's place."""
    places = list(_places(value)) if isinstance(value, dict | list) else []
    if not places or rng.random() < 0.02:
        return copy.deepcopy(_VALUES[rng.integers(0, len(_VALUES))])
    inside, key = places[rng.integers(0, len(places))]
    match rng.integers(0, 5):
        case 0:
            del inside[key]
        case 1 if isinstance(inside, list):
            inside.insert(key, copy.deepcopy(inside[key]))
        case 2:
            other, its = places[rng.integers(0, len(places))]
            with contextlib.suppress(KeyError, IndexError):
                inside[key] = copy.deepcopy(other[its])
        case _:
            inside[key] = copy.deepcopy(_VALUES[rng.integers(0, len(_VALUES))])
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in items:
        yield value, key
        if isinstance(each, dict | list):
            yield from _places(each)


def write_ledger(path: Path) -> None:
    """Write a ledger of claims of every kind."""
    shutil.copy(GOLDEN, path)


def read_ledger(path: Path) -> Any:
    """Read a ledger, and let all that shows one show it."""
    book = ledger.read(path)
    whole = ledger.read(GOLDEN)
    for before, after in ((whole, book), (book, whole)):
        found = difference(before, after)
        changes.text(found, 80)
    page.render(book, difference=found)
    markdown.render(book, found, markdown.LIMIT)
    badge.render(book)
    evidence.shown(book.records, book.alpha)
    return json.loads(json.dumps(ledger.plain(book)))


def right_ledger(path: Path) -> Any:
    """Return what Python's own JSON finds in a ledger's text, of the fields that it has."""
    book = msgspec.convert(json.loads(path.read_bytes().decode("utf-8-sig")), Ledger)
    return json.loads(json.dumps(ledger.plain(book)))


def write_history(path: Path) -> None:
    """Write a history of some runs."""
    found = {"time": "2026-11-27", "benchmark": "b", "against": "main", "verdict": "unchanged"}
    entries = [found | {"schema": 1, "ratio": 1 + number / 10} for number in range(8)]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")


def read_history(path: Path) -> Any:
    """Read a history, of which a damaged one is set aside as it was."""
    before = path.read_bytes()
    try:
        return history.read(path)
    except BenchError:
        kept = [*path.parent.glob("mine.npz*")]
        assert [each.read_bytes() for each in kept] == [before]
        kept[0].unlink()
        raise


def right_history(path: Path) -> Any:
    """Return what the lines of a history say."""
    lines = io.BytesIO(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    known = history.Entry.__struct_fields__
    return [
        history.Entry(**{name: value for name, value in json.loads(line).items() if name in known})
        for line in lines
    ]


def write_benchmarks(path: Path) -> None:
    """Write what pytest-benchmark does, as far as hw4 reads it."""
    found = [{"fullname": f"b{n}", "stats": {"median": 1e-3 * (n + 1)}} for n in range(5)]
    path.write_text(json.dumps({"machine_info": {}, "version": "5.1.0", "benchmarks": found}))


def right_benchmarks(path: Path) -> Any:
    """Return the medians that a file of pytest-benchmark has."""
    content = json.loads(path.read_bytes().decode("utf-8-sig"))
    return {each["fullname"]: each["stats"]["median"] for each in content["benchmarks"]}


READERS = {
    "archives": Reader(write_archive, mutate_archive, fingerprint, right_archive, DataError),
    "folders": Reader(write_folder, mutate_folder, fingerprint, right_folder, DataError),
    "ledgers": Reader(write_ledger, of_json, read_ledger, right_ledger, FileError),
    "histories": Reader(write_history, of_json, read_history, right_history, BenchError),
    "benchmarks": Reader(write_benchmarks, of_json, medians, right_benchmarks, BenchError),
}
