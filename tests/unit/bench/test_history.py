import json
import math
import resource
from pathlib import Path

import msgspec
import pytest

from hw4.bench import history
from hw4.bench.finding import Finding
from hw4.bench.trees import BenchError
from hw4.statistics import Verdict
from hw4.statistics.ratios import RatioDecision

NIGHT = "2025-01-02T03:04:05+00:00"


def finding(benchmark="b.py::test", ratio=1.5, verdict="slower"):
    decision = RatioDecision(
        Verdict.SUPPORTED, ratio, 0.9 * ratio, 1.1 * ratio, 0.1, 1.01, confidence=0.99
    )
    return Finding(benchmark, verdict, decision, seconds=0.00123456789)


def unmeasured(benchmark="b.py::gone"):
    return Finding(benchmark, "not measured", reason="main does not have it", new=True)


def append(path, *findings, against="main"):
    entries = history.entries(list(findings) or [finding()], NIGHT, "0123456789ab+", against)
    history.append(path, entries)
    return entries


def refusal(path, of=history.read):
    with pytest.raises(BenchError) as error:
        of(path)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.jsonl"


# Round trips


def test_what_was_appended_is_read_in_order(path):
    written = [*append(path, finding(ratio=1.5), unmeasured()), *append(path, finding(ratio=0.5))]
    assert [entry.ratio for entry in written] == [1.5, None, 0.5]
    assert history.read(path) == written


def test_an_entry_has_what_was_found(path):
    (entry,) = append(path, finding(ratio=4 / 3))
    assert msgspec.to_builtins(entry) == {
        "schema": 1,
        "time": NIGHT,
        "benchmark": "b.py::test",
        "now": "0123456789ab+",
        "against": "main",
        "verdict": "slower",
        "ratio": 1.33333,
        "low": 1.2,
        "high": 1.46667,
        "margin": 0.1,
        "seconds": 0.00123457,
    }
    assert json.loads(path.read_text(encoding="utf-8")) == msgspec.to_builtins(entry)


def test_what_was_not_measured_has_no_numbers(path):
    (entry,) = append(path, unmeasured())
    assert set(msgspec.to_builtins(entry)) == {
        "schema",
        "time",
        "benchmark",
        "now",
        "against",
        "verdict",
    }


@pytest.mark.parametrize("ratio", [1e-12, 3e-7, 1e9])
def test_however_much_faster_it_became_it_is_read_again(path, ratio):
    append(path, finding(ratio=ratio))
    assert history.ratios(history.read(path), "b.py::test", "main") == [pytest.approx(ratio)]


@pytest.mark.parametrize(
    "name",
    ["größe[µ-数]", "a\u2028b\u2029c", "next\x85line", "form\x0cfeed\x1c", 'quo"te\\n\n', "\udcff"],
)
def test_any_name_is_one_line_and_is_read_again(path, name):
    written = append(path, finding(name), against=name)
    assert path.read_bytes().count(b"\n") == 1
    assert history.read(path) == written
    assert history.ratios(written, name, name) == [1.5]


def test_names_that_another_program_wrote_as_they_are_can_be_read(path):
    (entry,) = append(path, finding("größe\u2028\x85"))
    path.write_text(
        json.dumps(msgspec.to_builtins(entry), ensure_ascii=False) + "\n", encoding="utf-8"
    )
    assert history.read(path) == [entry]


def test_no_file_is_no_history(path):
    assert history.read(path) == []
    assert not path.exists()


def test_an_empty_file_is_an_empty_history(path):
    path.touch()
    assert history.read(path) == []
    written = append(path)
    assert history.read(path) == written


def test_folders_are_made_where_they_are_missing(tmp_path):
    path = tmp_path / "a" / "b" / "history.jsonl"
    assert history.read(path) == []
    written = append(path)
    assert history.read(path) == written


def test_a_run_without_findings_adds_nothing(path):
    append(path)
    before = path.read_bytes()
    history.append(path, [])
    assert path.read_bytes() == before


def test_a_last_line_without_its_break_stays_a_line(path):
    first = append(path)
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    assert history.read(path) == first
    second = append(path, unmeasured())
    assert history.read(path) == first + second


def test_windows_line_breaks_are_read(path):
    first = append(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert history.read(path) == first


def test_appending_leaves_what_is_there(path):
    append(path)
    before = path.read_bytes()
    append(path, unmeasured())
    assert path.read_bytes().startswith(before)


# Damage


def planted(path, line, place=2):
    """Write three entries with something else in place of one of them."""
    for _ in range(3):
        append(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[place - 1] = line
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path.read_bytes()


def entry(**changed):
    plain = {
        "schema": 1,
        "time": NIGHT,
        "benchmark": "b",
        "against": "main",
        "verdict": "no change",
    }
    return json.dumps({k: v for k, v in (plain | changed).items() if v is not ...})


DAMAGED = {
    "half a line": entry()[:20],
    "two in a line": entry() * 2,
    "an empty line": "",
    "another text": "hello",
    "a list": "[1, 2]",
    "a number": "3",
    "an object": "{}",
    "another schema": entry(schema=0),
    "a schema in words": entry(schema="1"),
    "no benchmark": entry(benchmark=...),
    "no revision": entry(against=...),
    "no time": entry(time=None),
    "no verdict": entry(verdict=3),
    "a ratio in words": entry(ratio="1.5"),
    "a ratio of nothing": entry(ratio=0.0),
    "a negative ratio": entry(ratio=-1.5),
    "no number": entry(ratio=math.nan),
    "an infinite ratio": entry(ratio=math.inf),
    "a number beyond floats": entry(ratio=10**400),
    "a bound in words": entry(ratio=1.5, low="1"),
    "an endless list": "[" * 100_000,
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_line_is_named_and_the_file_set_aside_as_it_was(path, line):
    content = planted(path, line)
    assert refusal(path) == (
        f"history {path} is damaged in line 2: it is set aside as history.jsonl.damaged-1, "
        "the next run begins a new one"
    )
    assert not path.exists()
    assert path.with_name("history.jsonl.damaged-1").read_bytes() == content


@pytest.mark.parametrize("whole", [entry(), entry(ratio=1.5), entry(ratio=2), entry(ratio=None)])
def test_a_line_that_is_whole_is_read(path, whole):
    content = planted(path, whole)
    stated = {name: value for name, value in json.loads(whole).items() if value is not None}
    assert msgspec.to_builtins(history.read(path)[1]) == stated
    assert path.read_bytes() == content


@pytest.mark.parametrize("line", [1, 2, 3])
def test_the_first_damaged_line_is_the_one_that_is_named(path, line):
    planted(path, "hello", line)
    assert f"in line {line}:" in refusal(path)


def test_after_damage_the_next_run_begins_a_new_history(path):
    planted(path, "hello")
    refusal(path)
    assert history.read(path) == []
    written = append(path)
    assert history.read(path) == written


def test_what_was_set_aside_is_never_overwritten(path):
    contents = []
    for number in (1, 2, 3):
        contents.append(planted(path, f"damage {number}"))
        assert f"set aside as history.jsonl.damaged-{number}," in refusal(path)
    aside = [path.with_name(f"history.jsonl.damaged-{number}") for number in (1, 2, 3)]
    assert [each.read_bytes() for each in aside] == contents


def test_damage_that_cannot_be_set_aside_is_said_in_one_sentence(path, monkeypatch):
    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    content = planted(path, "hello")
    monkeypatch.setattr(Path, "rename", refuse)
    expected = f"history {path} is damaged in line 2 and cannot be set aside: Permission denied"
    assert refusal(path) == expected
    assert path.read_bytes() == content


def test_a_file_that_is_no_text_stays_where_it_is(path):
    path.write_bytes(b"\x89PNG\xff\xfe")
    assert refusal(path) == f"history {path} cannot be read: it is not text"
    assert path.read_bytes() == b"\x89PNG\xff\xfe"


# Places where no file can be


def test_a_folder_is_no_history(tmp_path):
    assert refusal(tmp_path) == f"history {tmp_path} cannot be read: Is a directory"
    assert refusal(tmp_path, append) == f"history {tmp_path} cannot be written: Is a directory"


def test_a_file_is_no_folder(path):
    path.touch()
    below = path / "history.jsonl"
    assert refusal(below) == f"history {below} cannot be read: Not a directory"
    assert refusal(below, append) == f"history {below} cannot be written: File exists"


def test_a_full_disk_is_said_in_one_sentence(path, monkeypatch):
    def refuse(self, *arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", refuse)
    expected = f"history {path} cannot be written: No space left on device"
    assert refusal(path, append) == expected


# Ratios


def test_a_disk_that_gets_full_leaves_no_part_of_a_line(path):
    """Else the next run would find a damaged history, and set it aside."""
    kept = append(path)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, limits[1]))
    try:
        with pytest.raises(BenchError, match=r"cannot be written: File too large$"):
            append(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert history.read(path) == kept


def test_ratios_are_those_of_one_benchmark_against_one_revision(path):
    append(path, finding("a", 1.1), finding("b", 2.0))
    append(path, finding("a", 1.2), unmeasured("b"))
    append(path, finding("a", 9.0), against="v1")
    append(path, unmeasured("a"), finding("b", 3))
    entries = history.read(path)
    assert history.ratios(entries, "a", "main") == [1.1, 1.2]
    assert history.ratios(entries, "b", "main") == [2.0, 3.0]
    assert history.ratios(entries, "a", "v1") == [9.0]
    assert history.ratios(entries, "b", "v1") == history.ratios(entries, "c", "main") == []
    assert history.ratios([], "a", "main") == []
