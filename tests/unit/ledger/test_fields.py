"""A ledger of schema 1 is read by every later version, and without each field that came later.

`ledger-of-schema-1.json` was written once, with claims of every kind, and is not written again: a
version that does not read it has changed what its users' ledgers mean.
"""

import contextlib
import copy
import io
import itertools
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from hw4.cli import main as cli
from hw4.files import FileError
from hw4.ledger import ledger
from hw4.report import page
from hw4.report.reading.difference import difference
from hw4.report.text import badge, changes, evidence, markdown

GOLDEN = Path(__file__).with_name("ledger-of-schema-1.json")
BOOK = json.loads(GOLDEN.read_text(encoding="utf-8"))
WHOLE = ledger.read(GOLDEN)


def fields(value, where=()):
    """Yield the path of every field of a ledger; of lists within a claim those of the first."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield (*where, name)
            yield from fields(each, (*where, name))
    elif isinstance(value, list):
        for index, each in enumerate(value if len(where) == 1 else value[:1]):
            yield from fields(each, (*where, index))


def without(book, *paths):
    """Return a copy of a ledger that lacks some fields."""
    book = copy.deepcopy(book)
    for path in paths:
        place = book
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
    return book


def reads(tmp_path, book):
    """Return a ledger as it is read from a file, None where it is refused in one sentence."""
    path = tmp_path / "ledger.json"
    path.write_text(json.dumps(book), encoding="utf-8")
    try:
        return ledger.read(path)
    except FileError as error:
        told = str(error)
    assert str(path) in told
    assert "\n" not in told
    assert told.endswith("missing") or "expected" in told
    return None


def of_one(book, path):
    """Return a ledger of the one claim that a path is about, if it is about one."""
    if path[0] not in ("claims", "errors") or len(path) == 1:
        return book
    only = {"claims": [], "errors": []} | {path[0]: [getattr(book, path[0])[path[1]]]}
    return replace(book, **only)


def shown_in_every_way(book, reference):
    """Let every command's text be made of a ledger, alone and against a reference."""
    found = difference(reference, book)
    assert page.render(book, difference=found)
    assert markdown.render(book, found, markdown.LIMIT)
    assert badge.render(book)
    assert changes.text(found, 80)
    assert evidence.shown(book.records, book.alpha)


FIELDS = list(fields(BOOK))
OPTIONAL = {
    *("fresh_seeds", "confirm", "parameters", "explanation", "holds_when", "warnings", "replay"),
    *("failures", "notices", "p0", "budget", "shown", "probes", "epochs"),
}
OF_SEEDS = {"share", "p0", "budget", "log_evidence", "shown", "evidence"}


def is_optional(path):
    """Return whether a ledger of schema 1 may lack a field."""
    *within, name = path
    claim = BOOK["claims"][path[1]] if path[0] == "claims" and within else {}
    kind = claim.get("kind")
    if name in ("statement", "source"):
        return path[0] == "errors"
    if name == "timing":
        return kind != "timing"
    if name == "confirm_alpha":
        return claim["verdict"] != "confirmed"
    if name == "warnings" and "timing" in within:
        return False
    if {"environment", "parameters", "probes"} & set(within):  # any names
        return True
    unasked = kind == "exact" or (kind == "timing" and name != "evidence")  # it is null there
    return name in OPTIONAL or (unasked and name in OF_SEEDS)


def test_a_ledger_of_schema_1_is_read_as_it_was_written():
    assert json.loads(json.dumps(ledger.plain(WHOLE))) == BOOK
    assert {record["kind"] for record in BOOK["claims"]} == {
        *("win", "equivalent", "rate", "exact", "timing")
    }


@pytest.mark.parametrize("path", FIELDS, ids=lambda path: ".".join(map(str, path)))
def test_without_a_field_a_ledger_is_shown_or_refused_in_a_sentence(tmp_path, path):
    less = reads(tmp_path, without(BOOK, path))
    assert (less is not None) == is_optional(path)
    if less is not None:
        one, whole = of_one(less, path), of_one(WHOLE, path)
        shown_in_every_way(one, whole)
        shown_in_every_way(whole, one)


def test_without_every_field_that_came_later_a_ledger_is_shown(tmp_path):
    optional = [path for path in FIELDS if is_optional(path)]
    inner = [p for p, q in itertools.permutations(optional, 2) if p[: len(q)] == q]
    less = reads(tmp_path, without(BOOK, *(path for path in optional if path not in inner)))
    shown_in_every_way(less, WHOLE)
    shown_in_every_way(WHOLE, less)


def answer(*arguments):
    """Return a command's exit code and what it complains of."""
    err = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
        return cli.main([*map(str, arguments)]), err.getvalue()


def test_commands_refuse_a_ledger_without_a_field_with_exit_2(tmp_path):
    """Not with 1, which means that a verdict changed."""
    path, page = tmp_path / "less.json", tmp_path / "page.html"
    for missing in ("created", "alpha", "environment", "errors", "claims", "schema"):
        path.write_text(json.dumps(without(BOOK, (missing,))), encoding="utf-8")
        for arguments in (
            ["report", path, "--html", page],
            ["report", GOLDEN, "--baseline", path, "--html", page],
            ["show", "area/win", "--ledger", path],
        ):
            code, complaint = answer(*arguments)
            assert (code, len(complaint.splitlines())) == (2, 1)
            assert str(path) in complaint


def test_a_fault_of_our_own_is_no_changed_verdict(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "render", lambda *book, **more: 1 / 0)
    code, complaint = answer("report", GOLDEN, "--html", tmp_path / "page.html")
    assert code == 3
    last = complaint.splitlines()[-1]
    assert last.startswith("hw4: broke down, a fault of hw4 itself: ZeroDivisionError: division")
