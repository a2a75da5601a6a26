"""`hw4 new`: what it writes runs as it is, and nothing is written over."""

import re
import subprocess
import sys

import pytest

STORE, HW4_STORE = ["--store", "store.sqlite"], ["--hw4-store", "store.sqlite"]


def written(hw4):
    return sorted(path.name for path in hw4.folder.glob("test_*"))


def test_the_file_runs_as_it_is(hw4, pytest_in):
    code, out, err = hw4("new", "mine")
    assert (code, err) == (0, "")
    said, command = out.rstrip("\n").split("; to decide them: ")
    assert (said, command) == ("claims written to test_mine.py", "hw4 run test_mine.py")
    code, out, err = hw4(*command.split()[1:], "--jobs", 1, *STORE)
    assert (code, err) == (0, "")
    for name in ("mean-beats-median", "larger-rate-learns-more", "softmax-is-shift-invariant"):
        assert re.search(rf"✓ +mine/{name} +supported", out)
    code, out, _ = pytest_in(
        "test_mine.py", "-q", "-W", "error", "-p", "no:cacheprovider", *HW4_STORE
    )
    assert code == 0
    assert "3 passed" in out


def test_without_a_name_it_takes_no_subject(hw4):
    """The examples are the same whatever the file's name, and do not say that they are about it."""
    assert hw4("new")[1].startswith("claims written to test_claims.py; ")
    assert hw4("new", "sorting")[0] == 0
    text, named = (hw4.folder / name for name in ("test_claims.py", "test_sorting.py"))
    assert text.read_text().startswith('"""Three examples of claims, to be replaced by your own.')
    assert named.read_text().replace("sorting", "claims") == text.read_text()


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("learning_rates", "test_learning_rates.py"),
        ("learning-rates", "test_learning_rates.py"),
        ("learning rates", "test_learning_rates.py"),
        ("test_learning_rates.py", "test_learning_rates.py"),
        ("эпохи", "test_эпохи.py"),
        ("3d", "test_3d.py"),
        ("a" * 40, f"test_{'a' * 40}.py"),
    ],
)
def test_a_name_becomes_a_file_of_tests(hw4, name, file):
    assert hw4("new", name)[0] == 0
    assert written(hw4) == [file]


@pytest.mark.parametrize(
    "name",
    ["", " ", "test_", ".py", "a/b", "../a", "/a", "a.b", "a\nb'", "a" * 41, "<script>", "a\u202e"],
)
def test_another_name_is_refused_in_one_sentence(hw4, name):
    code, out, err = hw4("new", name)
    assert (code, out, written(hw4)) == (2, "", [])
    (line,) = err.splitlines()
    assert line.startswith("hw4: got name ")
    assert line.endswith("expected letters, digits and underscores, at most 40, as in batch_size")


def test_a_file_that_is_there_is_never_written_over(hw4):
    path = hw4.folder / "test_mine.py"
    path.write_text("old")
    assert hw4("new", "mine") == (
        2,
        "",
        "hw4: test_mine.py is there already: expected another name\n",
    )
    assert path.read_text() == "old"
    path.unlink()
    path.symlink_to("nowhere")
    assert hw4("new", "mine")[0] == 2
    assert not (hw4.folder / "nowhere").exists()


def test_a_disk_that_is_full_leaves_no_half_a_file(hw4_process):
    limited = ("bash", "-c", 'ulimit -f 1; exec "$@"', "bash", *hw4_process.program)
    hw4_process.program = limited  # files of 1 KiB
    assert hw4_process("new", "mine") == (
        3,
        "",
        "hw4: test_mine.py cannot be written: File too large\n",
    )
    assert written(hw4_process) == []


def test_two_files_can_be_decided_together(hw4):
    assert hw4("new", "one")[0] == hw4("new", "two")[0] == 0
    code, out, _ = hw4("list", ".")
    assert code == 0
    assert len({line.split()[0] for line in out.splitlines() if "/" in line.split()[0]}) == 6


@pytest.mark.parametrize("length", [88, 100])
def test_the_file_is_formatted_and_has_no_lint(hw4, length):
    pytest.importorskip("ruff", reason="the `dev` extra has it")
    assert hw4("new", "m" * 40)[0] == 0
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--no-cache", "--line-length", str(length), str(hw4.folder)]
    for check in (["format", "--check"], ["check", "--select", "E4,E7,E9,F,W,I,N,UP,B,RUF,NPY"]):
        done = subprocess.run([*ruff, *check, *options], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
