"""`hw4 bench`: two trees side by side, another run's file, and what it refuses."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

PROJECT = """
    import time

    def work():
        return sum(range({size}))

    def other():
        return sorted(range(2000), key=lambda i: -i)
"""
BENCHMARKS = """
    import project

    def test_work(benchmark):
        assert benchmark(project.work) > 0

    def test_other(benchmark):
        assert benchmark.pedantic(project.other, rounds=1)

    def test_no_benchmark():
        raise AssertionError("it is not to be run")
"""
SMALL, LARGE = 2_000, 12_000


def git(folder, *words):
    author = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
    command = ["git", "-C", str(folder), *author, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def project(hw4):
    """A repository with one commit of a module and its two benchmarks."""
    hw4.write("project.py", PROJECT.format(size=SMALL))
    hw4.write("test_project.py", BENCHMARKS)
    hw4.write(".gitignore", "cache\n*.jsonl*\n*.json\n")
    git(hw4.folder, "init", "--quiet", "--initial-branch=main")
    git(hw4.folder, "add", ".")
    git(hw4.folder, "commit", "--quiet", "--message=first")
    return hw4


# A margin within which any noise is "unchanged": for a test of anything but verdicts.
WIDE = "--margin=9"


def against(hw4, revision="main", *arguments):
    """Run a comparison; return its exit code, what it printed, and the history's new entries."""
    path = hw4.folder / "history.jsonl"
    before = path.read_text().count("\n") if path.exists() else 0
    code, out, err = hw4("bench", "--against", revision, "--history", path, *arguments)
    lines = path.read_text().splitlines()[before:] if path.exists() else []
    entries = {entry["benchmark"]: entry for entry in map(json.loads, lines)}
    return code, out, err, entries


# Side by side


@pytest.mark.serial
def test_a_planted_slowdown_is_a_regression_and_its_removal_an_improvement(project):
    project.write("project.py", PROJECT.format(size=LARGE))
    code, out, _, entries = against(project)
    assert code == 1
    slower = entries["test_project.py::test_work"]
    assert slower["verdict"] == "regressed"
    assert 1 + slower["margin"] < slower["low"] <= slower["ratio"] <= slower["high"]
    assert 3 < slower["ratio"] < 9  # it sums six times as many numbers
    assert slower["now"] == git(project.folder, "rev-parse", "HEAD")[:12] + "+"
    assert slower["against"] == "main"
    assert entries["test_project.py::test_other"]["verdict"] != "regressed"
    assert "regressed" in out
    git(project.folder, "commit", "--quiet", "--all", "--message=slower")
    project.write("project.py", PROJECT.format(size=SMALL))
    code, out, _, entries = against(project)
    assert entries["test_project.py::test_work"]["verdict"] == "improved"
    assert code in (0, 3)  # the machine may be too noisy for the other one
    assert "history of now / before" in out
    assert len((project.folder / "history.jsonl").read_text().splitlines()) == 4


@pytest.mark.serial
def test_the_same_tree_is_no_regression_and_leaves_no_trace(project):
    git(project.folder, "tag", "v1")
    state = git(project.folder, "status", "--porcelain", "--ignored")
    code, out, _, entries = against(project, "v1", "-k", "work")
    assert code in (0, 3)
    assert list(entries) == ["test_project.py::test_work"]
    assert entries["test_project.py::test_work"]["now"].endswith("+") is False
    assert "regressed" not in out
    after = git(project.folder, "status", "--porcelain", "--ignored").splitlines()
    assert set(after) - set(state.splitlines()) <= {"!! history.jsonl", "!! cache/"}
    assert git(project.folder, "worktree", "list").count("\n") == 1


def test_what_was_not_measured_is_never_exit_code_0(project):
    project.write("pytest.ini", "[pytest]\naddopts = --exitfirst\n")
    fault = "raise ValueError(7); return sorted"
    broken = PROJECT.format(size=SMALL).replace("return sorted", fault)
    project.write("project.py", broken)
    text = BENCHMARKS + "\n    def test_new(benchmark):\n        benchmark(project.work)\n"
    project.write("test_project.py", text)
    code, out, _, entries = against(project, "main", "-k", "other or new")
    assert code == 3
    assert {name: entry["verdict"] for name, entry in entries.items()} == {
        "test_project.py::test_other": "not measured",
        "test_project.py::test_new": "not measured",
    }
    assert "it failed: ValueError: 7" in " ".join(out.split())
    assert "main does not have it" in " ".join(out.split())


def test_a_benchmark_that_kills_its_process_is_one_sentence(project):
    killing = "import os\n\n\ndef work():\n    os.kill(os.getpid(), 9)\n"
    project.write("project.py", killing)
    code, _, err, entries = against(project, "main", "-k", "work")
    assert (code, entries) == (3, {})
    said = "the process with the benchmarks of the current tree was killed by SIGKILL"
    assert err == f"hw4: {said}\n"


@pytest.fixture
def measuring(project, tmp_path_factory):
    """A comparison in the midst of a benchmark: its process, and those that it has started."""
    sleeping = "open('begun', 'w').close(); time.sleep(600); return sum"
    project.write("project.py", PROJECT.format(size=SMALL).replace("return sum", sleeping))
    temporary = tmp_path_factory.mktemp("temporary")
    project.extra["TMPDIR"] = str(temporary)
    process = project.start("bench", "--against", "main", "-k", "work", "--history", "h.jsonl")
    end = time.monotonic() + 300
    while not (project.folder / "begun").exists() and time.monotonic() < end:
        time.sleep(0.05)
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True
    ).stdout.split()
    assert len(children) == 3
    assert list(temporary.iterdir())
    yield process, children, temporary
    assert not (project.folder / "h.jsonl").exists()


def test_ctrl_c_ends_every_process(measuring, wait_until_gone):
    process, children, _ = measuring
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.startswith("hw4: interrupted")
    wait_until_gone(children, seconds=0)


def test_kill_ends_every_process_and_leaves_no_checkout_behind(measuring, wait_until_gone):
    process, children, temporary = measuring
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    wait_until_gone(children, seconds=0)
    assert list(temporary.iterdir()) == []


def test_sigkill_ends_every_process(measuring, wait_until_gone):
    process, children, _ = measuring
    process.kill()
    process.communicate(timeout=30)
    wait_until_gone(children)


def test_whatever_the_projects_settings_say_benchmarks_are_measured(project):
    project.write("pytest.ini", "[pytest]\naddopts = --benchmark-skip -n 2\n")
    where = project.folder / "test_project.py"  # the same file of either tree
    _, _, _, entries = against(project, "main", WIDE, "-k", "work", where)
    assert list(entries) == ["test_project.py::test_work"]
    assert "ratio" in entries["test_project.py::test_work"]


def test_a_benchmark_that_is_gone_is_not_measured(project):
    project.write("test_project.py", BENCHMARKS.replace("test_other", "test_renamed"))
    code, out, *_ = against(project, "main", "-k", "other")
    assert code == 3
    assert "the current tree does not have it" in " ".join(out.split())


def test_fixtures_of_a_benchmark_are_those_of_pytest_benchmark(project):
    text = """
        import os
        import pytest

        def test_folder(benchmark, tmp_path):
            folder = tmp_path / "it"
            benchmark.pedantic(
                os.listdir, rounds=3, setup=lambda: (folder.mkdir(), ((folder,), {}))[1],
                teardown=lambda _: folder.rmdir(),
            )

        def test_twice(benchmark):
            benchmark(int)
            benchmark(int)
    """
    project.write("test_project.py", text)
    git(project.folder, "commit", "--quiet", "--all", "--message=second")
    _, out, _, entries = against(project, "main", WIDE)
    assert "ratio" in entries["test_project.py::test_folder"]
    assert entries["test_project.py::test_twice"]["verdict"] == "not measured"
    assert "can only be used once" in " ".join(out.split())


def test_in_a_hook_the_repository_is_left_alone(project):
    """Git tells a hook which repository and index its own commands change."""
    head = git(project.folder, "rev-parse", "HEAD")
    project.write("project.py", PROJECT.format(size=SMALL + 1))
    git(project.folder, "commit", "--quiet", "--all", "--message=second")
    project.extra.update(
        GIT_DIR=str(project.folder / ".git"), GIT_INDEX_FILE=str(project.folder / ".git" / "index")
    )
    hook = project.folder / "hooks" / "post-checkout"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    project.extra["GIT_CONFIG_GLOBAL"] = str(project.folder / "config")
    (project.folder / "config").write_text(f"[core]\nhooksPath = {hook.parent}\n")
    assert against(project, head.strip(), WIDE, "-k", "work")[3]
    assert git(project.folder, "status", "--porcelain", "--untracked-files=no") == ""
    assert git(project.folder, "symbolic-ref", "HEAD").strip() == "refs/heads/main"


def test_a_shallow_clone_has_the_revision_that_was_fetched(project, tmp_path):
    git(project.folder, "tag", "old")
    project.write("project.py", PROJECT.format(size=SMALL + 1))
    git(project.folder, "commit", "--quiet", "--all", "--message=second")
    shallow = tmp_path / "shallow"
    source = f"file://{project.folder}"
    git(tmp_path, "clone", "--quiet", "--depth=1", source, str(shallow))
    git(shallow, "fetch", "--quiet", "--depth=1", "origin", "tag", "old")
    project.folder = shallow
    assert against(project, "old", WIDE, "-k", "work")[3]


def test_a_file_or_a_test_that_the_revision_lacks_is_new(project):
    (project.folder / "new").mkdir()
    project.write("new/test_new.py", BENCHMARKS.replace("import project", "import project as new"))
    text = BENCHMARKS + "\n    def test_late(benchmark):\n        benchmark(project.work)\n"
    project.write("test_project.py", text)
    late, file = "test_project.py::test_late", "new/test_new.py::test_other"
    code, out, _, entries = against(project, "main", late, file)
    assert code == 3
    assert list(entries) == [late, file]
    assert {entry["verdict"] for entry in entries.values()} == {"not measured"}
    assert "main does not have it" in " ".join(out.split())
    code, _, _, entries = against(project, "main", "new")
    assert (code, len(entries)) == (3, 2)
    _, _, _, entries = against(project, "main", WIDE, late, "test_project.py::test_work")
    assert entries["test_project.py::test_work"]["ratio"] > 0


def test_a_change_of_speed_by_orders_of_magnitude_is_soon_measured(project):
    """The slower one makes as many calls as fill its own block, not the quicker one's."""
    sleeping = "open('calls', 'a').write('x'); time.sleep(0.1); return sum"
    project.write("project.py", PROJECT.format(size=SMALL).replace("return sum", sleeping))
    code, _, _, entries = against(project, "main", "-k", "work")
    assert code == 1
    assert entries["test_project.py::test_work"]["ratio"] > 50
    # One call a block, some forty in all; as many as the quicker one's would be thousands.
    assert (project.folder / "calls").stat().st_size < 500


SETTINGS = """
    [pytest]
    cache_dir = .cache
    addopts = --strict-config --lf --lfnf=none --stepwise --log-file=log.txt
"""


def test_a_project_that_reruns_what_failed_is_measured_whole_and_its_cache_is_left_alone(project):
    project.write("pytest.ini", SETTINGS)
    git(project.folder, "add", ".")
    git(project.folder, "commit", "--quiet", "--message=settings")
    (project.folder / "log.txt").write_text("of another run")
    _, _, _, entries = against(project, "main", WIDE, "-k", "work")
    assert entries["test_project.py::test_work"]["ratio"] > 0
    assert (project.folder / "log.txt").read_text() == "of another run"
    assert project("bench", "-k", "work")[0] == 0
    assert not (project.folder / ".cache").exists()


# Alone, and against a file


def test_alone_it_writes_what_pytest_benchmark_reads(project):
    code, out, _ = project("bench", "--json", "saved.json", "-k", "work")
    assert code == 0
    assert "test_work" in out
    book = json.loads((project.folder / "saved.json").read_text())
    assert [each["fullname"] for each in book["benchmarks"]] == ["test_project.py::test_work"]
    command = [Path(project.program[0]).with_name("pytest-benchmark"), "compare", "saved.json"]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True)
    assert done.returncode == 0
    assert "test_work" in done.stdout
    code, out, err = project("bench", "--against", "saved.json", "-k", "work")
    assert code == 3
    assert "test_project.py::test_work" in out
    assert "not judged: saved.json was measured in another run" in err


def test_alone_with_a_file_that_cannot_be_collected(project):
    project.write("test_project.py", "import no_such_module\n")
    code, _, err = project("bench")
    assert code == 2
    assert err.startswith("hw4: test_project.py cannot be collected: ModuleNotFoundError")


def test_alone_where_every_benchmark_is_skipped(project):
    project.write("pytest.ini", "[pytest]\naddopts = --benchmark-skip\n")
    assert project("bench", "-k", "work")[0] == 0  # a setting for other runs
    skipped = "import pytest\n\ndef test_it(benchmark):\n    pytest.skip('today')\n"
    project.write("test_project.py", skipped)
    code, _, err = project("bench")
    assert (code, err) == (3, "hw4: no benchmark was measured: each was skipped or failed\n")


def test_alone_where_the_projects_settings_find_a_regression(project):
    failing = "--benchmark-compare --benchmark-compare-fail=mean:10%"
    assert project("bench", "-k", "work")[0] == 0
    project.write("pytest.ini", "[pytest]\naddopts = --benchmark-autosave\n")
    assert project("bench", "-k", "work")[0] == 0
    project.write("pytest.ini", f"[pytest]\naddopts = {failing}\n")
    project.write("project.py", PROJECT.format(size=100 * SMALL))
    code, out, err = project("bench", "-k", "work")
    assert (code, err.splitlines()[-1]) == (1, "hw4: Performance has regressed.")
    assert "test_work" in out


def test_alone_with_settings_that_pytest_refuses(project):
    project.write("pytest.ini", "[pytest]\naddopts = --no-such-option\n")
    code, _, err = project("bench")
    assert code == 2
    assert "unrecognized arguments: --no-such-option" in err
    assert err.endswith("hw4: pytest refused its arguments, for the reason above\n")


def test_alone_without_a_benchmark(project):
    code, _, err = project("bench", "-k", "nothing")
    sentence = "no benchmark found: expected tests that use the fixture `benchmark`"
    assert (code, err) == (2, f"hw4: {sentence}\n")


# What it refuses


def refused(hw4, *arguments):
    """Return the sentence with which a command is refused."""
    code, out, err = hw4("bench", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("hw4: ")
    assert err.count("\n") == 1
    return err.removeprefix("hw4: ").rstrip("\n")


def test_without_a_repository(hw4):
    hw4.write("test_project.py", "def test_it(benchmark):\n    benchmark(int)\n")
    sentence = refused(hw4, "--against", "main")
    assert sentence == f"{hw4.folder} is not in a git repository: expected one for --against"


@pytest.mark.parametrize("revision", ["no-such-branch", "", "--help", "main:project.py"])
def test_an_unknown_revision(project, revision):
    sentence = refused(project, f"--against={revision}")
    assert sentence.startswith(f"unknown revision {revision!r} in {project.folder}: expected")


def test_a_revision_that_cannot_be_checked_out(project):
    blob = git(project.folder, "rev-parse", "main:project.py").strip()
    path = project.folder / ".git" / "objects" / blob[:2] / blob[2:]
    path.unlink()
    assert "cannot be checked out beside" in refused(project, "--against", "main")


def test_a_revision_whose_benchmarks_cannot_be_collected(project):
    project.write("test_project.py", "import no_such_module\n")
    git(project.folder, "commit", "--quiet", "--all", "--message=broken")
    project.write("test_project.py", BENCHMARKS)
    sentence = refused(project, "--against", "main")
    assert sentence.startswith("the benchmarks of main cannot be collected: test_project.py")
    assert "no_such_module" in sentence


def test_settings_that_pytest_refuses(project):
    project.write("pytest.ini", "[pytest]\naddopts = --no-such-option\n")
    sentence = refused(project, "--against", "main")
    of = "the benchmarks of the current tree cannot be collected"
    assert sentence == f"{of}: unrecognized arguments: --no-such-option"


def test_a_damaged_history_is_set_aside(project):
    text = '{"schema": 1, "time": "t", "bench'
    (project.folder / "h.jsonl").write_text(text)
    sentence = refused(project, "--against", "main", "--history", "h.jsonl")
    assert sentence == (
        "history h.jsonl is damaged in line 1: it is set aside as h.jsonl.damaged-1, "
        "the next run begins a new one"
    )
    assert not (project.folder / "h.jsonl").exists()
    assert (project.folder / "h.jsonl.damaged-1").read_text() == text


def test_a_history_that_cannot_be_written_is_refused_before_anything_is_measured(project):
    place = project.folder / "project.py" / "h.jsonl"
    sentence = refused(project, "--against", "main", "--history", place)
    assert sentence.startswith(f"history {place} cannot be")


def test_a_tree_that_imports_the_other_ones_code(project):
    (project.folder / "lib").mkdir()
    (project.folder / "project.py").rename(project.folder / "lib" / "project.py")
    git(project.folder, "add", ".")
    git(project.folder, "commit", "--quiet", "--all", "--message=moved")
    project.write(
        "conftest.py", f"import sys\nsys.path.insert(0, {str(project.folder / 'lib')!r})\n"
    )
    git(project.folder, "add", ".")
    git(project.folder, "commit", "--quiet", "--message=configured")
    sentence = refused(project, "--against", "main", "-k", "work")
    assert sentence.startswith("module project came from the other tree")


def test_a_benchmark_outside_of_the_repository(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "test_it.py"
    outside.write_text("def test_it(benchmark):\n    benchmark(int)\n")
    sentence = refused(project, "--against", "main", outside)
    assert sentence.startswith(f"{outside} lies outside of {project.folder}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2", "is not JSON"),
        ('{"benchmarks": [{"fullname": "x"}]}', "has another schema"),
        ('{"benchmarks": []}', "has another schema"),
        ('[{"name": "x", "unit": "ms", "value": 3}]', "has another schema"),
        ("[" * 100_000, "is not JSON"),
        (
            '{"benchmarks": [{"fullname": "x", "stats": {"median": 1' + "0" * 400 + "}}]}",
            "has another schema",
        ),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_of_another_schema(project, text, said):
    if text is not None:
        (project.folder / "saved.json").write_text(text)
    assert refused(project, "--against", "saved.json").startswith(f"saved.json {said}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no_such_file.py"], "no file or folder 'no_such_file.py': expected benchmarks to run"),
        (
            ["--against", "main", "test_project.py::test_typo"],
            "no benchmark 'test_project.py::test_typo': expected one in either tree",
        ),
        (["--against", "main", "-k", "nothing"], "no benchmark found: expected tests that use"),
        (["--against", "main", "--json", "x.json"], "got --json with --against: expected it"),
        (["--json", "no/x.json"], "no/x.json cannot be written: its folder does not exist"),
    ],
)
def test_wrong_use(project, arguments, said):
    assert refused(project, *arguments).startswith(said)
