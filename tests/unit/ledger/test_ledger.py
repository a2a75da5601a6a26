import io
import json
import math
import os
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from entries import arm, entry
from judging import judge
from msgspec import UNSET
from msgspec.structs import replace

from hw4 import Claim
from hw4.files import FileError
from hw4.ledger import ledger
from hw4.ledger.ledger import LedgerError
from hw4.ledger.records import Ledger

SENTENCE = "A statement."
WIN = Claim(SENTENCE, "area/win", source="HW4", margin=0.5, unit="points")

# design.md, "The ledger": what every record has, and of which type
RECORD = {
    "id": str,
    "instance": str,
    "test": str,
    "statement": str,
    "source": str,
    "kind": str,
    "margin": float,
    "unit": str,
    "expect": str | None,
    "verdict": str,
    "as_expected": bool,
    "seeds": int,
    "events": int,
    "evidence": list,
    "log_evidence": float | None,
    "seeds_to_go": int,
    "confirm_alpha": float | None,
    "effect": dict | None,
    "shown": dict | None,
    "share": float | None,
    "p0": float | None,
    "budget": int | None,
    "series": dict,
    "seconds": float,
    "cached": bool,
}
LEDGER = {
    "schema": int,
    "created": str,
    "profile": str,
    "root_seed": int,
    "alpha": float,
    "confirm": bool,
    "fresh_seeds": bool,
    "environment": dict,
    "claims": list,
    "errors": list,
}


def recorded(claim, ask, expect="supported", instance="digits", confirm=False, arms=None):
    judgement = judge(claim, 0, ask, arms=arms, confirm=confirm)
    origin = ledger.Origin("test_a.py::test_a", instance, {"dataset": "digits"}, "Why.")
    return ledger.record(claim, origin, expect, judgement, [], 1.23456, True)


def rising(seeds):
    return 1.0 + seeds


def refuted_proof(seeds):
    raise AssertionError("1 > 2")


FAILED = entry(id="e", test="", error="crash", message="why")
RECORDS = {
    "win": lambda: recorded(WIN, rising),
    "equivalent": lambda: recorded(Claim(SENTENCE, "b", "equivalent", margin=1.0), rising),
    "rate": lambda: recorded(Claim(SENTENCE, "c", "rate"), lambda seeds: seeds > 0, None),
    "exact": lambda: recorded(Claim(SENTENCE, "d", "exact"), refuted_proof),
}


def whole(claims=(), errors=()):
    return ledger.build(claims, errors, "quick", 7)


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_has_what_the_design_names(kind):
    record = ledger.plain(RECORDS[kind]())
    assert set(RECORD) <= set(record)
    for name, type_ in RECORD.items():
        assert isinstance(record[name], type_), name
    assert len(record["evidence"]) == record["seeds"]
    assert record["kind"] == kind
    assert type(record["verdict"]) is str  # no enumeration: plain JSON values only


def test_a_record_says_what_was_found():
    record = ledger.plain(RECORDS["win"]())
    expected = {"id": "area/win", "instance": "digits", "source": "HW4", "margin": 0.5}
    expected |= {"unit": "points", "verdict": "supported", "expect": "supported"}
    expected |= {"as_expected": True, "seeds": 16, "events": 16, "seeds_to_go": 0}
    expected |= {"parameters": {"dataset": "digits"}, "explanation": "Why.", "holds_when": True}
    expected |= {"share": 0.9, "seconds": 1.235, "cached": True, "series": {"arms": []}}
    assert expected.items() <= record.items()
    assert record["log_evidence"] == pytest.approx(16 * math.log(1.8))
    assert record["effect"].keys() == {"median", "low", "high", "confidence"}
    assert record["effect"]["median"] == np.median(record["evidence"])


def test_an_error_rate_of_its_own_is_written_and_the_ledgers_is_not():
    strict = recorded(Claim(SENTENCE, "c", alpha=1e-6), rising)
    assert (ledger.plain(strict)["alpha"], strict.seeds) == (1e-6, 24)
    assert "alpha" not in ledger.plain(RECORDS["win"]())


def test_a_rate_keeps_its_booleans():
    assert RECORDS["rate"]().evidence == [True] * 16


def test_a_proof_has_no_evidence_but_its_counter_example():
    record = RECORDS["exact"]()
    assert (record.evidence, record.seeds, record.effect) == ([], 0, None)
    assert record.counterexample == "1 > 2"
    assert record.as_expected is False


@pytest.mark.parametrize(
    ("expect", "expected"), [("supported", True), ("refuted", False), (None, True)]
)
def test_what_is_expected_decides_what_gates(expect, expected):
    assert recorded(WIN, rising, expect).as_expected is expected


@pytest.mark.parametrize(
    ("expect", "expected"), [("supported", True), ("refuted", False), (None, True)]
)
def test_a_claim_that_is_confirmed_is_as_registered_where_supported_is(expect, expected):
    record = recorded(WIN, rising, expect, confirm=True)
    assert (record.verdict, record.as_expected) == ("confirmed", expected)
    assert (record.seeds, record.confirm_alpha) == (8, 0.01)
    refuted = recorded(WIN, lambda seeds: -1.0 - seeds, confirm=True)
    assert (refuted.verdict, refuted.as_expected) == ("refuted", False)
    assert refuted.confirm_alpha == 0.01
    assert recorded(WIN, rising).confirm_alpha is None


def test_a_ledger_says_whether_its_run_confirmed():
    books = [ledger.build([], [], "quick", 0, confirm) for confirm in (True, False)]
    assert [book.confirm for book in books] == [True, False]


def test_a_ledger_has_what_the_design_names():
    book = whole([make() for make in RECORDS.values()])
    values = ledger.plain(book)
    assert values.keys() == LEDGER.keys()
    for name, type_ in LEDGER.items():
        assert isinstance(values[name], type_), name
    assert (book.schema, book.profile, book.root_seed, book.alpha) == (1, "quick", 7, 1e-4)
    assert {"python", "tensorflow", "keras", "numpy", "cpu", "hw4"} <= book.environment.keys()
    assert all(isinstance(value, str) and value for value in book.environment.values())


def test_claims_are_in_the_order_of_their_names():
    names = [("b", ""), ("a", "phantom"), ("a", "digits")]
    places = [{"id": name, "instance": instance} for name, instance in names]
    book = whole(map(entry, places), [entry(each, error="crash") for each in places])
    for part in (book.claims, book.errors):
        assert [(r.id, r.instance) for r in part] == sorted(names)


# The file


def test_what_is_written_is_read_again(tmp_path):
    book = whole([make() for make in RECORDS.values()], [FAILED])
    ledger.write(tmp_path / "l.json", book)
    assert ledger.read(tmp_path / "l.json") == book


def test_the_file_is_strict_json_even_of_diverged_runs(tmp_path):
    values = [np.inf, -np.inf, np.nan, *np.arange(1.0, 14)]
    arms = SimpleNamespace(used=True, arms=2, varied=True, incomparable=np.True_)
    book = whole([recorded(WIN, lambda seeds: np.array((values * 2)[: seeds.size]), arms=arms)])
    ledger.write(tmp_path / "l.json", book)

    def refuse(constant):
        raise AssertionError(constant)

    text = (tmp_path / "l.json").read_text(encoding="utf-8")
    (record,) = json.loads(text, parse_constant=refuse)["claims"]
    assert record["evidence"][:4] == ["inf", "-inf", "nan", 1.0]
    assert float(record["evidence"][1]) == -math.inf


def test_an_infinite_effect_is_written_as_a_string():
    record = recorded(WIN, lambda seeds: np.full(seeds.size, np.inf))
    assert record.effect.median == "inf"


def test_numbers_of_any_shape_become_lists():
    assert ledger.numbers(np.array([[1, 2], [3, 4]])) == [[1.0, 2.0], [3.0, 4.0]]
    assert ledger.numbers(np.array([np.nan, np.inf], np.float32)) == ["nan", "inf"]
    assert ledger.numbers(np.array([], bool)) == []


def test_the_old_file_stays_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "l.json"
    ledger.write(path, whole())
    before = path.read_bytes()

    def full(part, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledger.Path, "replace", full)
    with pytest.raises(FileError) as error:
        ledger.write(path, whole([RECORDS["win"]()]))
    assert str(error.value) == f"ledger {path} cannot be written: No space left on device"
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_json_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "l.json"
    path.write_text("old")
    with pytest.raises(ValueError):
        ledger.write(path, replace(whole(), alpha=math.nan))
    assert path.read_text() == "old"


def test_the_file_may_be_read_by_whom_the_umask_allows(tmp_path):
    before = os.umask(0o027)
    try:
        ledger.write(tmp_path / "l.json", whole())
    finally:
        os.umask(before)
    assert (tmp_path / "l.json").stat().st_mode & 0o777 == 0o640


NOT_LEDGERS = {
    "twice": (
        '{"schema": 1, "claims": [], "errors": [{"id": 3}], "errors": [], "created": "", '
        '"profile": "", "root_seed": 0, "alpha": 0.1, "environment": {}}',
        "an object has a name twice: expected each once",
    ),
    "empty": ("", "is not JSON"),
    "truncated": ('{"schema": 1, "claims": [', "is not JSON"),
    "binary": (b"\xff\xfe\x00", "is not JSON"),
    "nan": ('{"schema": 1, "claims": [], "alpha": NaN}', "is not JSON"),
    "infinity": ('{"schema": 1, "claims": [], "alpha": -Infinity}', "is not JSON"),
    "deep": ("[" * 100_000, "is not JSON"),
    "deep-inside": ('{"schema": 1, "claims": ' + "[" * 10_000 + "]" * 10_000 + "}", "is not JSON"),
    "list": ("[]", "is not a ledger"),
    "number": ("3", "is not a ledger"),
    "null": ("null", "is not a ledger"),
    "foreign": ('{"name": "x"}', "is not a ledger"),
    "benchmarks": ('{"machine_info": {}, "benchmarks": []}', "is not a ledger"),
    "claims": ('{"schema": 1, "claims": {}}', "claims is {}: expected a list"),
    "created": ('{"schema": 1, "claims": []}', "created is missing"),
    "truncated-list": ("[1, 2", "is not JSON"),
    "newer": (
        '{"schema": 2, "claims": []}',
        "has schema 2: this hw4 expects schema 1, a newer one",
    ),
    "older": ('{"schema": 0, "claims": []}', "has schema 0: this hw4 expects schema 1"),
    "true": ('{"schema": true, "claims": []}', "has schema True: this hw4 expects schema 1"),
    "long-schema": (
        json.dumps({"schema": "1" * 10_000, "claims": []}),
        "1111': this hw4 expects schema 1",
    ),
}


@pytest.mark.parametrize("name", NOT_LEDGERS)
def test_what_is_no_ledger_is_refused_in_one_sentence(tmp_path, name):
    content, sentence = NOT_LEDGERS[name]
    path = tmp_path / "l.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(LedgerError) as error:
        ledger.read(path)
    message = str(error.value)
    assert str(path) in message
    assert sentence in message
    assert "\n" not in message
    assert len(message) < len(str(path)) + 120


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(LedgerError, match=r"cannot be read: No such file or directory$"):
        ledger.read(tmp_path / "missing.json")
    with pytest.raises(LedgerError, match=r"cannot be read: Is a directory$"):
        ledger.read(tmp_path)


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    def denied(path, *how, **more):
        raise PermissionError(13, "Permission denied")

    ledger.write(tmp_path / "l.json", whole())
    monkeypatch.setattr(ledger.Path, "open", denied)
    with pytest.raises(LedgerError, match=r"l\.json cannot be read: Permission denied$"):
        ledger.read(tmp_path / "l.json")


def test_a_ledger_from_before_the_newest_fields_is_read(tmp_path):
    book = whole([make() for make in RECORDS.values()], [FAILED])
    old = ledger.plain(book)
    for record in old["claims"]:
        del record["parameters"], record["explanation"], record["holds_when"]
    (tmp_path / "l.json").write_text(json.dumps(old), encoding="utf-8")
    expected = [replace(r, parameters={}, explanation="", holds_when=UNSET) for r in book.claims]
    assert ledger.read(tmp_path / "l.json") == replace(book, claims=expected)


def test_an_error_has_no_fields_of_a_claim(tmp_path):
    path = tmp_path / "l.json"
    odd = ledger.plain(FAILED) | {"kind": "win", "evidence": 3, "parameters": [1]}
    book = ledger.plain(ledger.build([], [], "quick", 0)) | {"errors": [odd]}
    path.write_text(json.dumps(book), encoding="utf-8")
    assert ledger.read(path).errors == [FAILED]


def test_a_run_is_told_to_be_fresh_by_its_root_where_its_ledger_does_not_say_so(tmp_path):
    path = tmp_path / "l.json"
    for root in (0, 7):
        book = ledger.plain(ledger.build([], [], "quick", root))
        del book["fresh_seeds"]
        path.write_text(json.dumps(book), encoding="utf-8")
        assert ledger.read(path).fresh_seeds is (root != 0)


@pytest.mark.parametrize("kind", RECORDS)
def test_an_entry_is_sent_between_processes_in_plain_values(kind):
    made = RECORDS[kind]()
    sent = json.loads(json.dumps(ledger.plain(made)))
    assert ledger.entry(sent) == made
    assert ledger.entry(ledger.plain(FAILED)) == FAILED


def test_the_form_of_a_ledger_is_a_json_schema():
    """The documentation publishes it."""
    form = msgspec.json.schema(Ledger)["$defs"]["Ledger"]["properties"]
    assert form.keys() == LEDGER.keys() | {"selection", "document"}  # which a run adds
    kinds = form["claims"]["items"]["discriminator"]["mapping"]
    assert kinds.keys() == {"win", "equivalent", "rate", "exact", "timing"}


def test_a_rare_event_is_told_by_its_flag_or_by_what_was_counted():
    for happened, counted in ((True, 16), (False, 0)):
        for flag in (True, False, UNSET):
            events = 16 if flag is happened else 0 if flag is not UNSET else counted
            made = entry(kind="rate", evidence=[happened] * 16, events=events)
            rare = replace(made, holds_when=flag).rare
            assert rare is (flag is False)
    assert not entry().rare


def test_what_a_probe_measured_is_given_by_moment():
    before, after, path = [1.0, 2.0], [3.0, "inf"], [0.5, 0.4]
    probes = {"norm": [[before, after]] * 3, "none": [[[], []]] * 3, "path_length": [path] * 3}
    (made,) = entry(series={"arms": [arm(probes=probes)]}).series.arms
    assert made.measured("norm") == [[before] * 3, [after] * 3]
    assert made.measured("none") == [[[]] * 3] * 2
    assert made.measured("path_length") == [[path] * 3]
    assert made.measured("other") == []
    assert entry(series={"arms": [arm()]}).series.arms[0].measured("norm") == []


def test_a_byte_order_mark_is_no_part_of_a_ledger(tmp_path):
    path = tmp_path / "l.json"
    ledger.write(path, ledger.build([], [], "quick", 0))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert ledger.read(path).claims == []


def test_a_processor_without_a_name_is_named_as_python_names_it(monkeypatch):
    monkeypatch.setattr(ledger.Path, "open", lambda *path, **how: io.StringIO("processor : 0\n"))
    monkeypatch.setattr(ledger.platform, "processor", lambda: "")
    monkeypatch.setattr(ledger.platform, "machine", lambda: "riscv64")
    assert ledger.environment()["cpu"] == "riscv64"


@pytest.mark.parametrize("found", [[], ["NVIDIA H200", "NVIDIA T4"]])
def test_a_gpu_is_named_where_there_is_one(monkeypatch, found):
    monkeypatch.setattr(ledger, "gpus", lambda: found)
    assert ledger.environment().get("gpu") == (", ".join(found) or None)


def test_numbers_of_numpy_are_recorded_as_plain_ones():
    odd = Claim(SENTENCE, "a", margin=np.float64(0.5), replay=np.float64(1e-3))
    made = recorded(odd, rising)
    assert (type(made.margin), type(made.replay)) == (float, float)
    assert made == recorded(Claim(SENTENCE, "a", margin=0.5, replay=1e-3), rising)
