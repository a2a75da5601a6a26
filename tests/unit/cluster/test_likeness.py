"""Machines that give the same bits, told from others."""

import pytest

from hw4.cluster import likeness as module
from hw4.cluster.likeness import difference, likeness


def test_this_machine_is_like_itself_and_says_what_counts():
    ours = likeness()
    assert difference(ours, likeness()) is None
    assert {"hw4", "Keras", "TensorFlow", "NumPy", "processor features"} < ours.keys()
    assert all(ours.values())


@pytest.mark.parametrize("name", likeness())
def test_each_thing_that_differs_is_named(name):
    ours = likeness()
    said = difference(ours, ours | {name: "other"})
    assert said.startswith(f"has {name} other where this machine has {ours[name].split()[0]}")
    assert difference(ours, {n: v for n, v in ours.items() if n != name}).startswith(f"has {name}")


def test_of_processors_only_what_differs_is_said():
    ours = {"processor features": "x86_64 avx2 fma"}
    theirs = {"processor features": "x86_64 avx2 avx512f fma"}
    assert difference(ours, theirs) == (
        "has processor features avx512f where this machine has fewer"
    )
    assert difference(theirs, ours) == (
        "has processor features fewer where this machine has avx512f"
    )


LINES = ["model name : Some CPU", "flags : fpu sse4_1 avx avx2 fma md_clear avx512_vnni"]


def test_what_arithmetic_uses_is_read_and_nothing_else(monkeypatch):
    monkeypatch.setattr(module, "processor", lambda: LINES)
    assert module._features() == ["avx", "avx2", "avx512_vnni", "fma", "sse4_1"]


def test_caches_for_data_are_read(tmp_path, monkeypatch):
    for number, (kind, level, size) in enumerate(
        [("Data", 1, "48K"), ("Instruction", 1, "32K"), ("Unified", 2, "1024K")]
    ):
        folder = tmp_path / f"index{number}"
        folder.mkdir()
        for name, text in (("type", kind), ("level", level), ("size", size)):
            (folder / name).write_text(f"{text}\n")
    (tmp_path / "index9").mkdir()  # of a system that says nothing
    monkeypatch.setattr(module, "_CACHES", tmp_path)
    assert module._caches() == ["L1=48K", "L2=1024K"]
