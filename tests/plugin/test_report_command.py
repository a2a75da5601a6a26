"""`hw4 report` and what `hw4 run` writes beside the ledger, as a shell sees them."""

import json
import os
import shlex
from xml.etree import ElementTree

import pytest
from judging import judge

from hw4 import Claim
from hw4.ledger import ledger

CLAIMS = """
    import numpy as np
    import pytest
    from hw4 import claim

    @claim("It rises.", id="it/rises", unit="points")
    def test_rises(seeds):
        return 1.0 + seeds % 97

    @claim("It is less than two.", id="it/is-small", expect="refuted")
    def test_small(seeds):
        return -1.0 - seeds % 97

    @claim.exact("One is less than two.", id="it/is-proved")
    def test_proof():
        assert 1 < 2
"""
OPTIONS = ["--report", "r.html", "--markdown", "m.md", "--badge", "b.json", "--junitxml", "j.xml"]


def run(hw4, *arguments):
    return hw4("run", "claims.py", "--jobs", "1", "--store", "store.sqlite", *arguments)


def recorded(name, kind, statement, give, expect="supported"):
    """Return the record of a claim that is decided here and now."""
    claim = Claim(statement, name, kind, unit="points")
    origin = ledger.Origin("claims.py::test")
    return ledger.record(claim, origin, expect, judge(claim, 0, give), [], 1.0, False)


@pytest.fixture
def book(hw4):
    """A ledger of three claims, which `l.json` in the shell's folder holds."""
    claims = [
        recorded("it/rises", "win", "It rises.", lambda seeds: 1.0 + seeds),
        recorded("it/is-small", "win", "It is small.", lambda seeds: -1.0 - seeds, "refuted"),
        recorded("it/is-proved", "exact", "One is less than two.", lambda seeds: None),
    ]
    book = ledger.plain(ledger.build(claims, [], "quick", 0))
    keep(hw4, "l.json", book)
    return book


def read(hw4, name="l.json"):
    return json.loads((hw4.folder / name).read_text(encoding="utf-8"))


def keep(hw4, name, book):
    (hw4.folder / name).write_text(json.dumps(book), encoding="utf-8")


def files(hw4):
    return sorted(path.name for path in hw4.folder.iterdir())


# hw4 report


def test_the_page_is_written_beside_the_ledger(hw4, book):
    assert hw4("report", "l.json") == (0, "report written to l.html\n", "")
    page = (hw4.folder / "l.html").read_text(encoding="utf-8")
    assert "<html" in page
    assert all(record["statement"] in page for record in book["claims"])


def test_only_what_is_asked_for_is_written(hw4, book):
    before = files(hw4)
    code, out, err = hw4("report", "l.json", "--markdown", "m.md", "--badge", "b.json")
    assert (code, err) == (0, "")
    assert out == "markdown written to m.md\nbadge written to b.json\n"
    assert files(hw4) == sorted([*before, "b.json", "m.md"])
    assert read(hw4, "b.json")["message"] == "2 supported · 1 refuted"
    assert (hw4.folder / "m.md").read_text(encoding="utf-8").startswith("## 3 claims: 2 supported")
    assert hw4("report", "l.json", "--html", "other.html")[1] == "report written to other.html\n"


def test_a_summary_is_appended_to_what_a_step_has_said(hw4, book):
    path = hw4.folder / "m.md"
    path.write_text("What the step said.")
    assert hw4("report", "l.json", "--markdown", "m.md")[0] == 0
    once = path.read_text(encoding="utf-8")
    assert once.startswith("What the step said.\n## 3 claims")
    path.write_text("")  # as GitHub gives it
    assert hw4("report", "l.json", "--markdown", "m.md")[0] == 0
    assert path.read_text(encoding="utf-8").startswith("## 3 claims")


def test_a_summary_leaves_room_for_what_is_there(hw4, book):
    path = hw4.folder / "m.md"
    path.write_text("a" * (2**20 - 500))
    assert hw4("report", "l.json", "--markdown", "m.md")[0] == 0
    assert 2**20 - 300 < path.stat().st_size <= 2**20
    assert "are left out: this page has no room for them." in path.read_text(encoding="utf-8")


def test_a_summary_stays_below_the_limit_of_a_comment_but_for_the_jobs_page(hw4, book):
    claims = [book["claims"][0] | {"id": f"a/{n}", "statement": "s" * 300} for n in range(700)]
    for claim in claims:
        claim |= {"as_expected": False, "expect": "refuted"}
    keep(hw4, "l.json", book | {"claims": claims})
    hw4.extra = {"GITHUB_STEP_SUMMARY": str(hw4.folder / "page.md")}
    for name, before in (("new.md", 0), ("begun.md", 200), ("page.md", 200)):
        path = hw4.folder / name
        path.write_text("s" * before)
        assert hw4("report", "l.json", "--markdown", name)[0] == 0
        text = path.read_text(encoding="utf-8")
        assert ("are left out" in text) is (name != "page.md")
        assert (62_000 < len(text.encode()) <= 65_536) is (name != "page.md")


def test_a_summary_goes_down_a_pipe(hw4_process, book):
    code, out, err = hw4_process("report", "l.json", "--markdown", "/dev/stdout")
    assert (code, err) == (0, "")
    assert out.startswith("## 3 claims")
    assert out.endswith("</details>\n")


# The difference


def test_equal_ledgers_do_not_differ(hw4, book):
    code, out, err = hw4("report", "l.json", "--baseline", "l.json")
    assert (code, err) == (0, "")
    assert out == (
        "3 claims against 3: no difference\n"
        "The runs have the same profile, root seed and versions.\n"
        "\n"
        "report written to l.html\n"
    )


def changed(book):
    """Return the ledger of another run: one verdict is another, one claim is gone, one new."""
    before = json.loads(json.dumps(book))
    claims = {record["id"]: record for record in before["claims"]}
    claims["it/rises"] |= {"verdict": "refuted", "as_expected": False, "events": 0}
    claims["it/rises"]["shown"] |= {"median": 0.0, "low": 0.0, "high": 0.206}
    claims["it/is-proved"]["id"] = "it/was"
    return before | {"root_seed": 99, "profile": "homework"}


@pytest.fixture
def answer(hw4, book):
    keep(hw4, "old.json", changed(book))
    return hw4("report", "l.json", "--baseline", "old.json", "--html", "p.html", "--markdown", "m")


def test_a_difference_is_printed_and_shown_everywhere(hw4, answer):
    code, out, err = answer
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[:3] == [
        "Changed verdict (1)",
        "  it/rises",
        "      refuted, shown by 0 of 16 seeds (0 to 21 %) → supported, shown by 16 of 16",
    ]
    assert "Gone (1)\n  it/was\n      was supported, by proof\n" in out
    assert "New (1)\n  it/is-proved\n      supported, by proof\n" in out
    assert "3 claims against 3: 1 changed verdict, 1 gone, 1 new" in lines
    assert "The runs differ: profile homework → quick; root seed 99 → 0." in lines
    page = (hw4.folder / "p.html").read_text(encoding="utf-8")
    summary = (hw4.folder / "m").read_text(encoding="utf-8")
    for text in (page, summary):
        assert "1 changed verdict, 1 gone, 1 new" in text
        assert "it/was" in text


def test_a_piped_difference_is_plain_and_fits(answer):
    _, out, _ = answer
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("extra", "bold"),
    [
        ({"FORCE_COLOR": "1", "TERM": "xterm"}, True),
        ({"FORCE_COLOR": "1", "TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False),
    ],
    ids=["colour", "NO_COLOR", "dumb"],
)
def test_titles_are_bold_where_a_terminal_can_show_them(hw4, book, extra, bold):
    keep(hw4, "old.json", changed(book))
    hw4.extra = extra
    _, out, _ = hw4("report", "l.json", "--baseline", "old.json", "--badge", "b.json")
    assert ("\x1b[1m" in out) is bold
    assert ("\x1b" in out) is bold


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"effect": {"median": 9.0, "low": 8.0, "high": 10.0, "confidence": 0.95}}, 0),
        ({"verdict": "inconclusive"}, 1),
        ({"expect": "refuted", "as_expected": False}, 0),
    ],
    ids=["moved", "verdict", "registered"],
)
def test_the_exit_code_tells_a_changed_verdict(hw4, book, change, code):
    before = json.loads(json.dumps(book))
    before["claims"][-1] |= change
    keep(hw4, "old.json", before)
    assert hw4("report", "l.json", "--baseline", "old.json", "--badge", "b.json")[0] == code


def test_a_claim_that_is_no_longer_measured_is_exit_code_1(hw4, book):
    after = json.loads(json.dumps(book))
    lost = after["claims"].pop()
    after["errors"].append(
        {"id": lost["id"], "instance": "", "test": "t", "error": "crash", "message": "boom"}
    )
    keep(hw4, "new.json", after)
    code, out, _ = hw4("report", "new.json", "--baseline", "l.json")
    assert code == 1
    assert "No longer measured (1)\n  it/rises\n      not measured: boom; was supported" in out
    assert hw4("report", "l.json", "--baseline", "new.json")[0] == 0


def test_claims_that_a_run_did_not_choose_are_not_gone(hw4):
    """A run says in its ledger what chose its claims; only what it would have run can be gone."""
    hw4.write("claims.py", CLAIMS)
    hw4.write("others.py", CLAIMS)
    (hw4.folder / "others.py").write_text(
        (hw4.folder / "claims.py").read_text().replace("it/", "o/")
    )
    alone = ["--jobs", "1", "--store", "store.sqlite", "--ledger"]
    assert hw4("run", "claims.py", "others.py", *alone, "l.json")[0] == 0
    for arguments, selection in (
        (["claims.py", "-k", "rises and not x", "-m", "not slow"],) * 2,
        (["./claims.py"], ["claims.py"]),
        ([str(hw4.folder / "claims.py")], ["claims.py"]),
    ):
        assert hw4("run", *arguments, *alone, "some.json")[0] == 0
        assert shlex.split(read(hw4, "some.json")["selection"]) == selection
    code, out, err = hw4("report", "some.json", "--baseline", "l.json")
    assert (code, err) == (0, "")
    assert out.startswith("3 claims against 6: no difference, 3 not run\n")
    assert out.count("not run") == 1
    assert "selection claims.py others.py → claims.py" in out


# Over time


def nights(hw4, book):
    """Keep three runs in a folder, their names in another order than their times."""
    (hw4.folder / "runs" / "second").mkdir(parents=True)
    worse = json.loads(json.dumps(changed(book)))
    worse["claims"][0]["id"] = "it/is-proved"
    for name, day, made in (
        ("runs/c.json", 1, book),
        ("runs/second/a.json", 2, book),
        ("runs/b.json", 3, worse),
    ):
        keep(hw4, name, made | {"created": f"2026-01-0{day}T03:00:00+00:00"})


SERIES = {"schema": 1, "benchmark": "b.py::test", "against": "v1", "now": "abc", "margin": 0.1}


def bench(number, ratio, verdict):
    made = {"time": f"2026-01-0{number}T03:00:00+00:00", "verdict": verdict}
    return SERIES | made | {"ratio": ratio, "low": 0.9 * ratio, "high": 1.1 * ratio}


def comparison(number, ratio, verdict):
    entry = bench(number, ratio, verdict)
    made = {"schema": 1, "created": entry["time"], "base": {"name": "v1"}}
    return made | {"head": {"commit": "abc"}, "benchmarks": [entry]}


@pytest.mark.parametrize(
    "arguments", [["runs"], ["runs/b.json", "runs/c.json", "runs/second/a.json"]]
)
def test_runs_are_shown_one_after_another_in_the_order_of_their_times(hw4, book, arguments):
    nights(hw4, book)
    keep(hw4, "runs/badge.json", {"schemaVersion": 1, "label": "claims"})  # of another kind
    code, out, err = hw4("report", *arguments)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    times = [line[5:15] for line in lines[:3]]
    assert times == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert "Changed verdict (1)" in lines
    assert "  ●●○  it/rises" in lines
    assert lines[-3:-1] == [
        "3 runs: 1 changed verdict, 2 the same verdict in every run",
        "",
    ]
    assert lines[-1] == "report written to runs/b.html"  # beside the newest
    page = (hw4.folder / "runs/b.html").read_text(encoding="utf-8")
    assert '<section id="overtime"' in page
    assert 'href="#claim:it/rises"' in page
    assert "Runs 1 to 2: supported; run 3: refuted." in page


def test_benchmarks_stand_beside_claims_and_alone(hw4, book):
    nights(hw4, book)
    text = "\n".join(json.dumps(bench(n, 1.0, "no change")) for n in (1, 2))
    (hw4.folder / "h.jsonl").write_text(text)
    keep(hw4, "bench.json", comparison(3, 1.5, "slower"))
    told = "  ==■  b.py::test\n      slower, 1.50 (1.35 to 1.65) times as long as v1\n"
    for arguments, page in ((["runs"], "runs/b.html"), ([], "bench.html")):
        code, out, err = hw4("report", *arguments, "h.jsonl", "bench.json")
        assert (code, err) == (0, "")
        assert told in out
        assert out.endswith(f"report written to {page}\n")
        assert "b.py::test, run by run" in (hw4.folder / page).read_text(encoding="utf-8")
    assert (hw4.folder / "h.jsonl").read_text() == text


def test_against_a_baseline_stands_the_newest_run(hw4, book):
    nights(hw4, book)
    code, out, _ = hw4("report", "runs", "--baseline", "runs/c.json", "--badge", "b.json")
    assert code == 1
    assert "Changed verdict (1)\n  it/rises\n      supported, shown by 16 of 16" in out
    assert read(hw4, "b.json")["color"] == "red"


def test_two_files_of_one_run_are_one_run_and_that_is_said(hw4, book):
    keep(hw4, "copy.json", book)
    code, out, err = hw4("report", "l.json", "copy.json", "--html", "p.html")
    assert (code, out) == (0, "report written to p.html\n")
    assert err == "hw4: copy.json is the same run as l.json: it is shown once\n"
    assert 'id="overtime"' not in (hw4.folder / "p.html").read_text(encoding="utf-8")


BROKEN = {
    "empty-folder": ({}, "folder runs has no results"),
    "other": ({"x.json": "{}", "x.txt": "no"}, "folder runs has no results"),
    "damaged": ({"x.json": '{"schema": 1, "cl'}, "ledger runs/x.json is not JSON"),
    "newer": ({"x.json": '{"schema": 2, "claims": []}'}, "a newer one has written it"),
    "no-time": (lambda book: {"x.json": json.dumps(book | {"created": "now"})}, "created 'now'"),
    "history": ({"x.jsonl": '{"schema": 1}\n'}, "history runs/x.jsonl is damaged in line 1"),
    "newer-history": (
        {"x.jsonl": json.dumps(bench(1, 1.0, "slower") | {"schema": 2})},
        "a newer one has written it",
    ),
    "newer-bench": (
        {"x.json": json.dumps(comparison(1, 1.0, "slower") | {"schema": 2})},
        "a newer one has written it",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_folder_that_cannot_be_shown_is_refused_and_stays(hw4, book, name, refused):
    made, sentence = BROKEN[name]
    (hw4.folder / "runs").mkdir()
    for file, text in (made(book) if callable(made) else made).items():
        (hw4.folder / "runs" / file).write_text(text)
    before = sorted(hw4.folder.rglob("*"))
    refused(hw4("report", "runs"), "runs", sentence)
    assert sorted(hw4.folder.rglob("*")) == before


def test_benchmarks_alone_have_no_verdicts_to_compare(hw4, book, refused):
    keep(hw4, "bench.json", comparison(1, 1.0, "no change"))
    for option in (["--badge", "b"], ["--markdown", "m"], ["--baseline", "l.json"]):
        refused(hw4("report", "bench.json", *option), "got benchmarks alone: expected only --html")


# Ledgers that cannot be read


def half(book):
    return json.dumps(book)[: len(json.dumps(book)) // 2]


def with_fault(**change):
    return lambda book: json.dumps(book | {"claims": [book["claims"][-1] | change]})


FOREIGN = {
    "missing": (None, "No such file"),
    "empty": (lambda book: "", "is not JSON"),
    "truncated": (half, "is not JSON"),
    "list": (lambda book: "[1, 2]", "is not a ledger"),
    "other": (lambda book: '{"benchmarks": []}', "is not a ledger"),
    "newer": (lambda book: json.dumps(book | {"schema": 2}), "has schema 2"),
    "older": (lambda book: json.dumps(book | {"schema": 0}), "has schema 0"),
    "nan": (with_fault(margin=float("nan")), "is not JSON"),
    "nested": (lambda book: "[" * 100_000, "is not JSON"),
    "evidence": (with_fault(evidence="text"), "claims[0].evidence is 'text'"),
    "effect": (with_fault(effect=[1]), "claims[0].effect is [1]"),
    "statement": (with_fault(statement=None), "claims[0].statement is None"),
}
READERS = {
    "show": ["show", "it/rises", "--ledger", "x.json"],
    "report": ["report", "x.json"],
    "baseline": ["report", "l.json", "--baseline", "x.json"],
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_ledger_is_refused_by_all_who_read_one(hw4, book, reader, name, refused):
    make, sentence = FOREIGN[name]
    if make:
        (hw4.folder / "x.json").write_text(make(book), encoding="utf-8")
    before = files(hw4)
    refused(hw4(*READERS[reader]), "x.json", sentence)
    assert files(hw4) == before


def test_a_folder_and_bytes_are_no_ledger(hw4, tmp_path, refused, book):
    (hw4.folder / "l.json").rename(hw4.folder / "l")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe{}")
    refused(hw4("report", "bytes"), "bytes is not JSON")
    refused(hw4("report", "."), "folder . has no results", "expected files of hw4 run --ledger")
    refused(hw4("report", "l", "--baseline", "."), "ledger . ", "Is a directory")


def test_a_file_name_cannot_break_the_sentence(hw4, refused):
    name = "a\nhw4: all is well\x1b[31m.json"
    refused(hw4("report", name), r"ledger a hw4: all is well\x1b[31m.json cannot be read")


def test_a_file_name_of_foreign_bytes_is_shown(hw4, book):
    foreign = os.fsdecode(b"caf\xe9.html")
    code, out, err = hw4("report", "l.json", "--html", foreign)
    assert (code, out, err) == (0, "report written to caf\\udce9.html\n", "")
    assert (hw4.folder / foreign).exists()


def test_a_ledger_from_before_the_newest_fields_is_shown(hw4, book):
    for record in book["claims"]:
        del record["parameters"], record["explanation"], record["holds_when"]
    keep(hw4, "old.json", book)
    for arguments in (["show", "it/rises", "--ledger", "old.json"], ["report", "old.json"]):
        code, _, err = hw4(*arguments)
        assert (code, err) == (0, "")


# Targets


@pytest.mark.parametrize("option", ["--html", "--markdown", "--badge"])
@pytest.mark.parametrize(
    ("name", "sentence"), [(".", "is a folder"), ("no/file", "its folder does not exist")]
)
def test_a_target_that_cannot_be_written_is_refused(hw4, book, option, name, sentence, refused):
    refused(hw4("report", "l.json", option, name), f" {name} ", sentence)


@pytest.mark.parametrize("option", ["--report", "--markdown", "--badge", "--junitxml"])
@pytest.mark.parametrize(
    ("name", "sentence"), [(".", "is a folder"), ("no/file", "its folder does not exist")]
)
def test_a_run_refuses_a_target_before_it_begins(hw4, option, name, sentence, refused):
    hw4.write("claims.py", "open('begun', 'w').close()\n")
    refused(run(hw4, option, name), f" {name} ", sentence)
    assert files(hw4) == ["claims.py"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "l.json", "--html", "l.json"],
        ["report", "l.json", "--baseline", "old.json", "--html", "./old.json"],
        ["report", "l.json", "--html", "x", "--badge", "x"],
        ["run", "claims.py", "--ledger", "x", "--report", "x"],
        ["run", "claims.py", "--store", "x", "--badge", "x"],
        ["run", "claims.py", "--junitxml", "x", "--markdown", "x"],
    ],
    ids=" ".join,
)
def test_no_file_is_written_over_another_of_the_same_command(hw4, book, arguments, refused):
    for name in ("l.json", "old.json"):
        keep(hw4, name, book)
    hw4.write("claims.py", CLAIMS)
    before = files(hw4)
    refused(hw4(*arguments), " is the ", ": expected another file")
    assert files(hw4) == before
    assert read(hw4) == read(hw4, "old.json") == book


def test_an_old_page_stays_when_the_new_one_cannot_be_written(hw4, book, refused):
    target = hw4.folder / "p.html"
    target.write_text("old")
    os.mkfifo(hw4.folder / "pipe")
    refused(hw4("report", "l.json", "--badge", "pipe", "--html", "p.html"), "no regular file")
    assert target.read_text() == "old"


def test_a_disk_that_gets_full_leaves_the_old_files(hw4_process, book):
    for name in ("p.html", "m.md"):
        (hw4_process.folder / name).write_text("old" * 300)
    hw4_process.program = (
        "bash",
        "-c",
        'ulimit -f 1; exec "$@"',
        "bash",
        *hw4_process.program,
    )  # files of 1 KiB
    before = files(hw4_process)
    code, out, err = hw4_process("report", "l.json", "--html", "p.html", "--markdown", "m.md")
    assert (code, out) == (3, "")
    assert err == (
        "hw4: report p.html cannot be written: File too large; "
        "markdown m.md cannot be written: File too large\n"
    )
    assert files(hw4_process) == before
    assert {(hw4_process.folder / name).read_text() for name in ("p.html", "m.md")} == {"old" * 300}


# hw4 run


def test_a_run_writes_all_that_is_asked_for(hw4):
    hw4.write("claims.py", CLAIMS)
    code, out, err = run(hw4, "--ledger", "l.json", *OPTIONS)
    assert (code, err) == (0, "")
    assert out.splitlines()[-4:] == [
        "profile quick, root seed 0",
        "report written to r.html",
        "markdown written to m.md",
        "badge written to b.json",
    ]
    page = (hw4.folder / "r.html").read_text(encoding="utf-8")
    assert all(record["statement"] in page for record in read(hw4)["claims"])
    assert read(hw4, "b.json")["message"] == "2 supported · 1 refuted"
    cases = ElementTree.parse(hw4.folder / "j.xml").getroot().iter("testcase")
    assert {case.get("name") for case in cases} == {"test_rises", "test_small", "test_proof"}


def test_workers_write_the_same_files(hw4):
    hw4.write("claims.py", CLAIMS)
    code, _, err = hw4("run", "claims.py", "--jobs", 2, "--store", "s", *OPTIONS)
    assert (code, err) == (0, "")
    assert {"r.html", "m.md", "b.json", "j.xml"} <= set(files(hw4))
    cases = ElementTree.parse(hw4.folder / "j.xml").getroot().iter("testcase")
    assert len(list(cases)) == 3


def test_a_run_with_surprises_writes_its_report_too(hw4):
    hw4.write("claims.py", CLAIMS.replace('expect="refuted"', 'expect="supported"'))
    code, _, err = run(hw4, *OPTIONS)
    assert (code, err) == (1, "")
    assert read(hw4, "b.json")["message"] == "1 unexpected"
    assert "### Not as registered: 1 of 3" in (hw4.folder / "m.md").read_text(encoding="utf-8")


VANISHING = """
    import shutil
    from hw4 import claim

    @claim("It rises.")
    def test_rises(seeds):
        shutil.rmtree("out", ignore_errors=True)
        return 1.0 + seeds
"""


@pytest.mark.parametrize("option", ["--ledger", "--report", "--markdown", "--badge"])
def test_a_file_that_can_no_longer_be_written_is_exit_code_3(hw4, option):
    hw4.write("claims.py", VANISHING)
    (hw4.folder / "out").mkdir()
    others = [] if option == "--badge" else ["--badge", "b.json"]
    code, out, err = run(hw4, option, "out/file", *others)
    assert code == 3
    assert "supported  16/16" in out  # the verdicts are shown all the same,
    assert err.startswith("hw4: ")
    assert err.endswith("out/file cannot be written: No such file or directory\n")
    assert (hw4.folder / "b.json").exists() is bool(others)  # and the other files are written


def test_a_reader_that_leaves_costs_no_file(hw4_process):
    hw4_process.write("claims.py", CLAIMS)
    process = hw4_process.start(
        "run", "claims.py", "--jobs", 1, "--store", "s", "--report", "r.html"
    )
    process.stdout.close()
    assert hw4_process.complaints(process.stderr.read()) == ""
    process.stderr.close()
    process.wait(timeout=600)
    assert (hw4_process.folder / "r.html").exists()


def test_a_run_that_is_refused_leaves_the_old_files(hw4, refused):
    hw4.write("claims.py", "def broken(:")
    for name in ("r.html", "m.md", "b.json"):
        (hw4.folder / name).write_text("old")
    refused(run(hw4, *OPTIONS), "claims.py cannot be collected")
    assert {(hw4.folder / name).read_text() for name in ("r.html", "m.md", "b.json")} == {"old"}


def test_help_documents_the_exit_codes(hw4):
    code, out, _ = hw4("report", "--help")
    said = " ".join(out.split())
    assert code == 0
    assert "1 against the baseline, a verdict changed or is gone" in said
    assert "append a summary for a CI job's page" in said


def test_an_output_that_cannot_be_written_is_one_sentence(hw4_process, book):
    """Exit 1 would say that a verdict changed."""
    hw4_process.program = ("bash", "-c", '"$@" > /dev/full', "bash", *hw4_process.program)
    said = "hw4: standard output cannot be used: No space left on device\n"
    assert hw4_process("report", "l.json", "--baseline", "l.json", "--badge", "b.json") == (
        3,
        "",
        said,
    )
    assert (hw4_process.folder / "b.json").exists()
    assert hw4_process("compare", "118/175", "100/175") == (3, "", said)


def test_a_ledger_that_is_called_as_its_page_stays(hw4, book):
    keep(hw4, "l.html", book)
    expected = "hw4: ledger l.html is called as its page would be: expected --html FILE\n"
    assert hw4("report", "l.html") == (2, "", expected)
    assert read(hw4, "l.html") == book
