"""What `hw4 bench` has kept is read as ratios, or refused in a sentence; no file is touched."""

import json

import pytest

from hw4.bench import results
from hw4.bench.trees import BenchError

TIME = "2026-01-02T03:04:05+00:00"
FOUND = {"benchmark": "b.py::test", "verdict": "slower", "ratio": 1.3, "low": 1.2, "high": 1.4}
LINE = FOUND | {"schema": 1, "time": TIME, "now": "abc", "against": "main", "margin": 0.1}
COMPARISON = {"schema": 1, "created": TIME, "base": {"name": "main"}, "head": {"commit": "abc"}}
COMPARISON |= {"benchmarks": [FOUND | {"margin": 0.1, "line": 3}]}
READERS = {"history": (results.of_history, LINE), "JSON": (results.of_comparison, COMPARISON)}


@pytest.fixture(params=READERS)
def reader(request, tmp_path):
    """Return a function that reads what is changed in a file, and what the file's whole is."""
    read, whole = READERS[request.param]
    path = tmp_path / "b.json"

    def read_changed(**change):
        path.write_text(json.dumps(whole | change), encoding="utf-8")
        before = path.read_bytes()
        try:
            return read(path)
        finally:
            assert [*tmp_path.iterdir()] == [path]
            assert path.read_bytes() == before

    return read_changed


def test_both_files_of_a_run_have_the_same_ratios(reader):
    ((benchmark, time, against, now, verdict, ends, margin),) = reader()
    assert (benchmark, time.isoformat(), against, now) == ("b.py::test", TIME, "main", "abc")
    assert (verdict, ends, margin) == ("slower", (1.2, 1.3, 1.4), 0.1)


def test_what_was_not_measured_has_no_ratio(tmp_path):
    path = tmp_path / "b.json"
    none = {"ratio": None, "low": None, "high": None}
    path.write_text(json.dumps(COMPARISON | {"benchmarks": [FOUND | none]}))
    assert results.of_comparison(path)[0].ends is None


@pytest.mark.parametrize(
    ("change", "told"),
    [({"schema": 2}, "a newer one has written it"), ({"schema": "1"}, "damaged")],
)
def test_another_schema_is_refused(reader, change, told):
    with pytest.raises(BenchError, match=told):
        reader(**change)


@pytest.mark.parametrize("change", [{"time": "today"}, {"low": -1}, {"high": "1"}, {"now": 3}])
def test_a_damaged_line_is_refused_by_its_number(tmp_path, change):
    path = tmp_path / "h.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in (LINE, LINE | change)))
    with pytest.raises(BenchError, match=r"h.jsonl is damaged in line 2$"):
        results.of_history(path)
    assert path.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"created": "today"},
        {"base": None},
        {"benchmarks": [{}]},
        {"benchmarks": [FOUND | {"ratio": 0}]},
    ],
)
def test_a_damaged_comparison_is_refused(tmp_path, change):
    path = tmp_path / "b.json"
    path.write_text(json.dumps(COMPARISON | change))
    with pytest.raises(BenchError, match=r"b.json are damaged: expected what hw4 bench --json"):
        results.of_comparison(path)


def test_a_time_without_a_zone_is_utc():
    assert results.moment("2026-01-02T03:04:05").isoformat() == TIME
