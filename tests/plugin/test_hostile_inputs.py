"""Whatever file a command is told to read: one sentence and exit 2, and it never waits."""

import json
import os

import pytest

COMMANDS = {
    "report": ["report", "{}"],
    "baseline": ["report", "ledger.json", "--baseline", "{}"],
    "show": ["show", "it", "--ledger", "{}"],
    "bench": ["bench", "--against", "{}"],
    "data": ["run", "test_it.py", "--data", "{}"],
}


@pytest.fixture
def place(hw4):
    """The folder of a command, with what a path may lead to."""
    os.mkfifo(hw4.folder / "pipe.json")
    (hw4.folder / "folder.json").mkdir()
    (hw4.folder / "loop.json").symlink_to("loop.json")
    (hw4.folder / "zero.json").symlink_to("/dev/zero")
    (hw4.folder / "huge.json").touch()
    os.truncate(hw4.folder / "huge.json", 2**40)
    (hw4.folder / "binary.json").write_bytes(b"\x93\x00\xff")
    (hw4.folder / "deep.json").write_text("[" * 10**6)
    (hw4.folder / "number.json").write_text("1" * 5000)
    book = {"schema": 1, "created": "", "profile": "quick", "root_seed": 0, "alpha": 1e-4}
    book |= {"environment": {}, "claims": [], "errors": []}
    hw4.write("ledger.json", json.dumps(book))
    hw4.write("test_it.py", "from hw4 import claim\n@claim.exact('It.')\ndef test_it(): assert 1")
    return hw4


PATHS = {
    "pipe.json": "it is a pipe, no regular file",
    "folder.json": "Is a directory",
    "loop.json": "Too many levels of symbolic links",
    "zero.json": "it is a device, no regular file",
    "huge.json": "it is larger than 256 MiB",
    "binary.json": "is not JSON",
    "deep.json": "is not JSON",
    "number.json": "is not JSON",
    "none.json": "No such file or directory",
    "n" * 300 + ".json": "File name too long",
    "a\0b.json": "a file cannot be called that",
    "half a pair \ud800.json": "a file cannot be called that",
    "foreign bytes \udcff.json": "No such file or directory",
}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ascii(path[:20]))
@pytest.mark.parametrize("command", COMMANDS)
def test_what_cannot_be_read_is_told_in_a_sentence(place, refused, command, path):
    words = [] if command == "data" else [PATHS[path]]
    if (command, path) == ("report", "folder.json"):  # of a folder, it reads the results in it
        words = ["has no results"]
    refused(place(*(word.format(path) for word in COMMANDS[command])), *words)


def test_a_last_run_that_is_no_file_is_told_too(place, refused):
    (place.folder / "cache" / "hw4").mkdir(parents=True)
    os.mkfifo(place.folder / "cache" / "hw4" / "last-run.json")
    refused(place("show", "it"), "it is a pipe, no regular file")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "has another schema: expected what --benchmark-json writes"),
        ({"benchmarks": {}}, "has another schema"),
        ({"benchmarks": [3]}, "has another schema"),
        ({"benchmarks": [{"fullname": ["a"], "stats": {"median": 1.0}}]}, "has another schema"),
        ({"benchmarks": [{"fullname": 3, "stats": {"median": 1.0}}]}, "has another schema"),
        ({"benchmarks": [{"fullname": "a", "stats": {"median": "1.0"}}]}, "has another schema"),
        ({"benchmarks": [{"fullname": "a", "stats": {"median": True}}]}, "has another schema"),
        ({"benchmarks": [{"fullname": "a", "stats": {"median": 0}}]}, "has another schema"),
        ({"benchmarks": [{"fullname": "a", "stats": {"median": 10**400}}]}, "has another schema"),
        ({"benchmarks": [{"fullname": "a", "stats": {"median": float("inf")}}]}, "another schema"),
        ({"benchmarks": [{"fullname": "a", "stats": {"median": float("nan")}}]}, "another schema"),
        ({"benchmarks": [{"fullname": "a", "stats": []}]}, "has another schema"),
    ],
)
def test_benchmarks_of_another_form_are_refused(hw4, refused, content, words):
    hw4.write("old.json", json.dumps(content))
    refused(hw4("bench", "--against", "old.json"), words)


@pytest.mark.parametrize("option", ["--html", "--markdown", "--badge"])
def test_a_target_that_has_no_name_is_refused(place, refused, option):
    for path in ("a\0b", "half a pair \ud800", "n" * 300):
        refused(place("report", "ledger.json", option, path))
