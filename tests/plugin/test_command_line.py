"""`hw4 run`, `list` and `show` as a shell sees them: output, complaints and exit codes."""

import contextlib
import importlib.metadata
import io
import json
import os
import pickle
import pty
import signal
import termios
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

RISING = """
    import numpy as np
    from hw4 import claim

    @claim("It rises.", id="it/rises")
    def test_rises(seeds):
        return 1.0 + seeds
"""
FALLING = """
    @claim("It falls.", id="it/falls")
    def test_falls(seeds):
        return -1.0 - seeds
"""
UNSETTLED = """
    @claim.rate("Three in four.", id="it/lies-between", expect=None)
    def test_between(seeds):
        return seeds // 8 % 4 > 0
"""
RAISING = """
    @claim("It raises.", id="it/raises")
    def test_raises(seeds):
        raise RuntimeError("boom")
"""
NAN = """
    @claim("It is no number.", id="it/is-nan")
    def test_nan(seeds):
        return np.full(seeds.size, np.nan)
"""


def run(hw4, *arguments):
    return hw4("run", *arguments, "--jobs", 1, "--store", "store.sqlite")


# Exit codes


@pytest.mark.parametrize(
    ("claims", "options", "code"),
    [
        (RISING, [], 0),
        (RISING + UNSETTLED, [], 0),
        (RISING + UNSETTLED, ["--strict"], 3),
        (RISING + FALLING, [], 1),
        (RISING + FALLING + RAISING, [], 3),
        (RISING + FALLING + RAISING + NAN, [], 2),
    ],
    ids=["expected", "unsettled", "strict", "unexpected", "crash", "wrong-claim"],
)
def test_the_gravest_finding_is_the_exit_code(hw4, claims, options, code):
    answer = run(hw4, hw4.write("claims.py", claims), *options)
    assert answer[0] == code
    assert answer[2] == ""
    assert "it/rises" in answer[1]


def test_what_was_not_decided_is_no_success(hw4):
    hw4.write("claims.py", RISING.replace("@claim", "@__import__('pytest').mark.skip\n    @claim"))
    code, _, err = run(hw4, "claims.py")
    assert (code, err) == (3, "hw4: 1 of 1 claim was skipped or never reached\n")


def test_a_plugin_that_breaks_down_is_told_in_a_sentence(hw4):
    hw4.write("conftest.py", "def pytest_collection_modifyitems(): 1 / 0")
    code, out, err = run(hw4, hw4.write("claims.py", RISING))
    assert (code, out) == (3, "")
    assert err == "hw4: pytest broke down: ZeroDivisionError: division by zero\n"


def test_what_a_claim_prints_is_not_taken_for_what_pytest_says(hw4):
    """pytest shows what a claim that fails has printed."""
    prints = "    print('ERROR: once more\\nINTERNALERROR> 7')"
    falling = RISING + FALLING.replace("        return", f"    {prints}\n        return")
    for jobs in ("--jobs=1", "--jobs=2"):
        code, out, err = hw4("run", hw4.write("claims.py", falling), jobs)
        assert (code, err) == (1, "")
        assert "it/falls" in out


def test_a_worker_that_breaks_down_is_told_in_a_sentence(hw4):
    broken = """
        import os

        def pytest_runtest_logfinish():
            if "PYTEST_XDIST_WORKER" in os.environ:
                1 / 0
    """
    hw4.write("conftest.py", broken)
    code, _, err = hw4("run", hw4.write("claims.py", RISING), "--jobs=2")
    assert (code, err) == (3, "hw4: pytest broke down: ZeroDivisionError: division by zero\n")


def test_a_reader_that_has_gone_does_not_change_the_verdict(hw4_process):
    name = hw4_process.write("claims.py", RISING + FALLING)
    process = hw4_process.start("run", name, "--jobs", 1)
    process.stdout.close()
    assert process.wait(timeout=600) == 1
    assert hw4_process.complaints(process.stderr.read()) == ""
    process.stderr.close()


def test_without_a_command_its_help_is_printed(hw4):
    code, out, err = hw4()
    assert (code, err) == (0, "")
    assert out.startswith("usage: hw4")


def test_the_version_is_that_of_the_distribution(hw4):
    assert hw4("--version") == (0, f"hw4 {importlib.metadata.version('hw4')}\n", "")


# Wrong usage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dance"], ["'dance'", "run", "list", "show"]),
        (["run", "--profile", "enormous"], ["'enormous'", "quick", "homework"]),
        (["run", "--root-seed", "-1"], ["--root-seed"]),
        (["run", "--root-seed=-1"], ["'-1'", "a whole number of at least 0"]),
        (["run", "--jobs", "0"], ["'0'", "a whole number of at least 1"]),
        (["run", "--jobs", "two"], ["'two'", "a whole number of at least 1"]),
        (["run", "missing.py"], ["'missing.py'", "expected claims to run"]),
        (["list", "missing.py"], ["'missing.py'"]),
        (["show", "it/rises"], ["no run to show yet", "expected hw4 run before"]),
        (["show", "it/rises", "--ledger", "missing.json"], ["missing.json", "No such file"]),
        (["show", "it/rises", "--ledger", "."], ["ledger .", "Is a directory"]),
        (["run", "--ledger", "no/folder.json"], ["no/folder.json", "does not exist"]),
        (
            ["run", "--ledger", "same.json", "--store", "./same.json"],
            ["ledger same.json is the store"],
        ),
        (["run", "-k", "no and"], ["no and"]),
        (
            ["run", "-k", "no_such_claim", "--jobs=1"],
            ["no claim found that 'no_such_claim' selects"],
        ),
        (["list", "-m", "not serial"], ["no mark 'serial': expected hw4_serial for claims about"]),
        (["list", "-k", "no_such_claim"], ["no claim found that 'no_such_claim' selects"]),
        (["run", "-m", "not and"], ["not and"]),
        (["list", "-m", "not and"], ["not and"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_usage_is_refused_in_one_sentence(hw4, arguments, words, refused):
    refused(hw4(*arguments), *words)


def test_what_pytest_refuses_it_refuses_with_workers_too(hw4):
    """A mark that a strict project does not know, in new versions; the workers would break down."""
    hw4.write("pytest.ini", "[pytest]\naddopts = --strict-markers\n")
    run = "run", hw4.write("claims.py", RISING), "-m", "not serail", "--jobs"
    assert hw4(*run, 2) == hw4(*run, 1)


FILES = {
    "syntax": ("def broken(:", ["claims.py cannot be collected", "SyntaxError"]),
    "import": ("import no_such_module", ["claims.py cannot be collected", "no_such_module"]),
    "raising": ("1 / 0", ["claims.py cannot be collected", "ZeroDivisionError"]),
    "without-claims": ("def test_it(): pass", ["no claim found", "@claim"]),
    "empty": ("", ["no claim found", "@claim"]),
    "twice": (
        RISING + RISING.replace("test_rises", "test_again"),
        ["'it/rises' is stated twice: by claims.py::test_rises and claims.py::test_again"],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_holds_no_claims_is_refused(hw4, name, refused):
    text, words = FILES[name]
    refused(run(hw4, hw4.write("claims.py", text)), *words)


@pytest.mark.parametrize("name", ["syntax", "twice"])
def test_workers_do_not_repeat_the_sentence(hw4, name, refused):
    text, words = FILES[name]
    hw4.write("claims.py", text)
    refused(hw4("run", "claims.py", "--jobs", 2, "--store", "store.sqlite"), *words)


def test_what_a_claim_may_not_return_is_wrong_input(hw4):
    """Each of them alone would be exit code 2; `test_refusals.py` tells them apart."""
    text = "import numpy as np\nfrom hw4 import claim\n"
    returns = {
        "shape": ("np.ones((8, 2))", "an array of shape (8, 2): expected one number per seed"),
        "complex": ("seeds * 1j", "complex numbers: expected one number per seed, shape (8,)"),
        "strings": ("['a'] * 8", "strings: expected one number per seed, shape (8,)"),
        "nothing": ("None", "nothing: expected one number per seed, shape (8,)"),
    }
    for name, (returned, _) in returns.items():
        text += f"@claim('Wrong.')\ndef test_{name}(seeds):\n    return {returned}\n"
    hw4.write("claims.py", text)
    code, out, err = run(hw4, "claims.py")
    assert (code, err) == (2, "")
    said = " ".join(out.split())
    for name, (_, sentence) in returns.items():
        assert f"! test_{name}: the claim returned {sentence}" in said
    code, _, _ = run(hw4, "claims.py", "-k", "test_nothing")
    assert code == 2


# Wrong data


def png(path, size=(4, 4), mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size).save(path)


def folder(*odd, count=6):
    """Return a maker of a folder per class, with some odd image in it."""

    def make(path):
        for index in range(count):
            png(path / "ab"[index % 2] / f"{index}.png")
        for name, options in odd:
            png(path / name, **options)

    return make


def letters(path):
    for index in range(6):
        png(path / f"{index}_{'NE'[index % 2]}.png")
    png(path / "6.png")


def empty(path):
    path.mkdir()
    (path / "notes.txt").write_text("no image")


def one_class(path):
    for index in range(9):
        png(path / "a" / f"{index}.png")


def archive(**changes):
    def make(path):
        arrays = {"x_train": np.zeros((8, 3, 4)), "y_train": np.arange(8) % 2} | changes
        np.savez(path, **{name: array for name, array in arrays.items() if array is not None})

    return make


def pickled(path):
    np.savez(path, x_train=np.zeros((8, 3, 4)), y_train=np.array([{"a": 1}] * 8, object))


def truncated(path):
    buffer = io.BytesIO()
    np.savez(buffer, x_train=np.zeros((8, 3, 4)), y_train=np.arange(8) % 2)
    path.write_bytes(buffer.getvalue()[:-200])


def not_a_number(path):
    images = np.zeros((8, 3, 4))
    images[5, 1, 2] = np.nan
    archive(x_train=images)(path)


DATA = {
    "fantom": (None, ["unknown data set", "'fantom'", "expected phantom, digits"]),
    "no/folder": (None, ["no folder or file", "expected phantom, digits"]),
    "no-images": (empty, ["no-images"]),
    "other-size": (folder(("a/odd.png", {"size": (5, 4)})), ["odd.png"]),
    "other-mode": (folder(("a/odd.png", {"mode": "RGB"})), ["odd.png"]),
    "letter": (letters, ["letter"]),
    "one-class": (one_class, ["one-class"]),
    "too-small": (folder(count=4), ["too-small has", "expected at least 4"]),
    "keys.npz": (archive(y_train=None), ["keys.npz", "y_train"]),
    "shape.npz": (archive(x_train=np.zeros(8)), ["shape.npz", "shape"]),
    "counts.npz": (archive(y_train=np.zeros(5, int)), ["counts.npz"]),
    "nan.npz": (not_a_number, ["nan.npz"]),
    "negative-label.npz": (archive(y_train=np.arange(8) % 2 - 1), ["negative-label.npz", "-1"]),
    "pickle.npz": (pickled, ["pickle.npz"]),
    "truncated.npz": (truncated, ["truncated.npz"]),
    "text.npz": (lambda path: path.write_text("text"), ["text.npz"]),
    "table.tsv": (
        lambda path: path.write_text("1,2"),
        ["table.tsv", "a folder, an .npz or a .csv"],
    ),
    "raw.npz": (lambda path: path.write_bytes(pickle.dumps([1])), ["raw.npz"]),
}


@pytest.mark.parametrize("name", DATA)
def test_data_that_cannot_be_used_is_refused(hw4, tmp_path, name, refused):
    make, words = DATA[name]
    if make:
        make(tmp_path / name)
    answer = run(hw4, hw4.write("claims.py", RISING), "--data", name)
    refused(answer, *words)
    assert "expected" in answer[2]


def test_a_folder_of_good_images_is_used(hw4, tmp_path):
    folder(count=16)(tmp_path / "good")
    text = RISING.replace("    @claim", "    import pytest\n    @claim").replace(
        "    def", "    @pytest.mark.parametrize('dataset', ['digits'])\n    def"
    )
    hw4.write("claims.py", text.replace("(seeds)", "(seeds, dataset)"))
    code, out, err = run(hw4, "claims.py", "--data", "good")
    assert (code, err) == (0, "")
    assert "it/rises [good]" in out


# Output


def test_the_table_is_plain_text_of_eighty_columns_where_it_is_piped(hw4):
    long = RISING.replace("it/rises", "it/" + "rises-and-" * 12)
    hw4.write("claims.py", RISING + UNSETTLED + long.replace("test_rises", "test_long"))
    code, out, _ = run(hw4, "claims.py")
    assert code == 0
    assert "\x1b" not in out
    assert "\r" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert out.endswith("profile quick, root seed 0\n")


def test_the_claims_are_listed_once_each(hw4):
    text = RISING.replace("    @claim", "    import pytest\n    @claim").replace(
        "    def", "    @pytest.mark.parametrize('dataset', ['digits', 'phantom'])\n    def"
    )
    hw4.write("claims.py", text.replace("(seeds)", "(seeds, dataset)") + UNSETTLED)
    code, out, err = hw4("list", "claims.py")
    assert (code, err) == (0, "")
    assert [line.split(maxsplit=2) for line in out.splitlines()] == [
        ["it/lies-between", "rate", "Three in four."],
        ["it/rises", "win", "It rises."],
    ]


def test_the_homeworks_claims_are_listed_in_any_folder(hw4):
    code, out, err = hw4("list")
    assert (code, err) == (0, "")
    rows = [line.split()[:2] for line in out.splitlines() if not line.startswith(" ")]
    names = [name for name, _ in rows]
    assert names == sorted(names)
    assert ["batch-norm/higher-learning-rates", "win"] in rows
    assert ["mini-batches/less-memory", "exact"] in rows  # an id may have parts of several kinds
    assert ["mini-batches/less-memory", "rate"] in rows
    assert "HW4 part 1, task 4b: 'using higher" not in out
    assert "HW4 part 1, task 4b: 'It enables to accelerate the learning process" in out
    timed = {name for name, kind in rows if kind == "timing"}
    assert "mini-batches/sgd-slower-in-time" in timed
    code, out, _ = hw4("list", "-m", "not hw4_serial")
    others = [line.split()[:2] for line in out.splitlines() if not line.startswith(" ")]
    assert others == [row for row in rows if row[1] != "timing"]


def test_claims_are_selected_by_their_ids(hw4):
    code, out, _ = hw4("list", "-k", "25-vs-40 or batch-norm/bad")
    assert code == 0
    names = {line.split()[0] for line in out.splitlines() if not line.startswith(" ")}
    reported = "epochs/reported-25-vs-40"
    both = {"epochs/25-vs-40-accuracy", "epochs/25-vs-40-loss"}
    assert names == both | {reported, "batch-norm/bad-data"}


def test_claims_on_the_same_data_are_decided_side_by_side(hw4):
    """So that a worker draws few data sets; those without come last, for whoever is idle."""
    on_data = """
    @claim("It rises on data.", id="it/{name}")
    @pytest.mark.parametrize("dataset", ["phantom", "digits"])
    def test_{name}(seeds, dataset):
        return 1.0 + seeds
    """
    claims = [RISING + "    import pytest", *(on_data.format(name=name) for name in ("a", "b"))]
    assert run(hw4, hw4.write("claims.py", "".join(claims)), "--junitxml", "order.xml")[0] == 0
    cases = ElementTree.parse(hw4.folder / "order.xml").iter("testcase")
    on_each = [f"test_{name}[{data}]" for data in ("digits", "phantom") for name in ("a", "b")]
    assert [case.get("name") for case in cases] == [*on_each, "test_rises"]


def test_a_reader_that_leaves_is_no_error(hw4_process):
    process = hw4_process.start("list")
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(timeout=60)
    assert process.returncode == 0


def test_the_last_run_is_shown(hw4, refused):
    assert run(hw4, hw4.write("claims.py", RISING + RAISING))[0] == 3
    code, out, err = hw4("show", "it/rises")
    assert (code, err) == (0, "")
    assert out.startswith(
        "it/rises\n  “It rises.”\n  supported, shown by 16 of 16 seeds (79 to 100 %)"
    )
    assert "test: claims.py::test_rises" in out
    code, out, _ = hw4("show", "it/raises")
    assert "not measured: RuntimeError: boom" in out
    refused(hw4("show", "it/rise"), "'it/rise'", "did you mean it/rises or it/raises?")
    refused(hw4("show", "zzz"), "'zzz'", "hw4 list names them")


def test_a_ledger_that_was_kept_is_shown(hw4):
    hw4.write("claims.py", RISING)
    assert run(hw4, "claims.py", "--ledger", "kept.json")[0] == 0
    assert run(hw4, "claims.py", "--root-seed", 5)[0] == 0
    kept, last = hw4("show", "it/rises", "--ledger", "kept.json"), hw4("show", "it/rises")
    assert kept[0] == last[0] == 0
    assert kept[1] != last[1]


def test_fresh_seeds_beside_a_root_are_refused(hw4, refused):
    hw4.write("claims.py", "")
    answer = hw4("run", "claims.py", "--fresh-seeds", "--root-seed=5")
    refused(answer, "got --root-seed=5 with --fresh-seeds: expected one of them")


def test_fresh_seeds_are_said(hw4):
    hw4.write("claims.py", RISING)
    code, out, _ = run(hw4, "claims.py", "--fresh-seeds", "--ledger", "l.json")
    book = json.loads((hw4.folder / "l.json").read_text())
    assert code == 0
    assert out.endswith(f"root seed {book['root_seed']}\n")
    again = ["--root-seed", book["root_seed"], "--ledger", "again.json"]
    assert run(hw4, "claims.py", *again)[0] == 0
    repeated = json.loads((hw4.folder / "again.json").read_text())
    assert repeated["claims"][0]["evidence"] == book["claims"][0]["evidence"]


# Interruption


def session(leader):
    """Return the processes that belong to the session of a process."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if fields[3] == str(leader) and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def ended(leader, within):
    """Wait until a session has no process left; return whether that happened in time."""
    end = time.monotonic() + within
    while session(leader) and time.monotonic() < end:
        time.sleep(0.05)
    return not session(leader)


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_a_run_with_a_sentence_and_no_orphans(hw4_process, jobs):
    hw4_process.write(
        "claims.py",
        RISING.replace(
            "return", "open('begun', 'w').close(); __import__('time').sleep(600); return"
        ),
    )
    ledger = hw4_process.folder / "old.json"
    ledger.write_text("old")
    process = hw4_process.start(
        "run", "claims.py", "--jobs", jobs, "--store", "s", "--ledger", ledger
    )
    end = time.monotonic() + 300
    while not (hw4_process.folder / "begun").exists() and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    kept = "finished runs are kept: the same command goes on from there"
    assert hw4_process.complaints(err) == f"hw4: interrupted; {kept}\n"
    assert ended(process.pid, within=20)
    assert ledger.read_text() == "old"


SLEEPING = """
    import time
    from hw4 import claim

    @claim("It sleeps.")
    def test_sleeps(seeds):
        open("begun", "w").close()
        time.sleep({worker})
        return 1.0 + seeds

    @claim.timing("It sleeps alone.")
    def test_sleeps_alone(stopwatch):
        open("begun alone", "w").close()
        time.sleep({alone})
        return stopwatch(int, int)
"""


@pytest.mark.parametrize(
    ("worker", "alone", "sign"),
    [(600, 0, "begun"), (0, 600, "begun alone")],
    ids=["worker", "serial"],
)
def test_ctrl_c_gives_the_terminal_back_as_it_was(hw4_process, worker, alone, sign):
    hw4_process.write("claims.py", SLEEPING.format(worker=worker, alone=alone))
    hw4_process.extra["TERM"] = "xterm"
    controller, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    process = hw4_process.start(
        "run",
        "claims.py",
        "--jobs",
        2,
        "--store",
        "s",
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    shown, end = b"", time.monotonic() + 300
    os.set_blocking(controller, False)

    def read():
        with contextlib.suppress(BlockingIOError):
            return os.read(controller, 1 << 16)
        return b""

    while not (hw4_process.folder / sign).exists() and time.monotonic() < end:
        shown += read()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    end = time.monotonic() + 60
    while (process.poll() is None or b"are kept" not in shown) and time.monotonic() < end:
        shown += read()
        time.sleep(0.05)
    assert process.returncode == 130
    assert termios.tcgetattr(terminal) == before
    assert b"\x1b[?25l" in shown  # the progress bar hides the cursor,
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")  # and shows it again
    assert b"hw4: interrupted; finished runs are kept: " in shown
    assert ended(process.pid, within=20)
    os.close(controller)
    os.close(terminal)
