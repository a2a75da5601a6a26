"""`hw4 bench`: two trees side by side, another run's file, and what it refuses."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

import pytest

from hw4.bench import bisection, measure, trees
from hw4.bench import child as bench_child
from hw4.bench.amounts import as_text
from hw4.cli import bench
from hw4.report.text.evidence import seconds_as_text

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


def committed(shell, files):
    """Make a repository of a shell's folder, with one commit of these files; return the shell."""
    for name, text in files.items():
        shell.write(name, text)
    git(shell.folder, "init", "--quiet", "--initial-branch=main")
    git(shell.folder, "add", ".")
    git(shell.folder, "commit", "--quiet", "--message=first")
    return shell


FIRST = {
    "project.py": PROJECT.format(size=SMALL),
    "test_project.py": BENCHMARKS,
    ".gitignore": "cache\n*.jsonl*\n*.json\n",
}


@pytest.fixture
def project(hw4):
    """A repository with one commit of a module and its two benchmarks."""
    return committed(hw4, FIRST)


@pytest.fixture
def one_set(monkeypatch):
    """Measure in one set of processes instead of three: for a test of anything but verdicts."""
    monkeypatch.setattr(measure, "SETS", 1)


# A margin within which any noise is "no change": for a test of anything but verdicts.
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


COUNTED = """
    taken = 0  # steps of all calls

    def steps(n):
        global taken
        taken += n
        total = 0
        for i in range(n):
            total += i
        return total

    def kept(n):
        return bytearray(n) if steps(20_000) else None

    FACTORS = {factors}
    SIZE = {size}
"""
PLANTED = ("1", "1.15", "1.3", "2", "0.5")  # times as many steps as before
STEPPING = """
    import project
    import pytest

    @pytest.mark.parametrize("name", project.FACTORS)
    def test_steps(benchmark, name):
        benchmark(project.steps, int(20_000 * project.FACTORS[name]))

    def test_kept(benchmark):
        benchmark(project.kept, project.SIZE)
"""
COUNTER = """
def instructions():
    return lambda: getattr(sys.modules.get("project"), "taken", 0)
"""
"""In place of the processor's counter, which few virtual machines have: steps are counted."""


@pytest.fixture
def counting(tmp_path_factory, monkeypatch):
    """Let the processes that measure count steps of the project as instructions."""
    copy = tmp_path_factory.mktemp("counting")  # outside of the tree that is measured
    for wing in ("bench", "processes", "timing"):
        shutil.copytree(Path(bench_child.__file__).parents[1] / wing, copy / wing)
    with (copy / "timing" / "counters.py").open("a", encoding="utf-8") as file:
        file.write(COUNTER)
    monkeypatch.setattr(bench_child, "__file__", str(copy / "bench" / "child.py"))


def cells(kind, text):
    """Return every benchmark's rows in a report: what of, before, ratio, margin and verdict."""
    found = {}
    for name, *row in getattr(REPORTS, kind)(text):
        if "test_" in name:
            benchmark = found.setdefault(name.rpartition("::")[2], {})
            benchmark["time"] = row
        else:
            benchmark[name] = row
    return found


class REPORTS:
    """The rows of each report, in the same order of columns."""

    @staticmethod
    def terminal(text):
        table = text.partition("─\n")[2].partition("\n\n")[0]
        return [re.split(r"\s{2,}", line.strip()) for line in table.splitlines()]

    @staticmethod
    def markdown(text):
        rows = re.findall(r"^\| (?:<code>|↳ )(.*) \|$", text.partition("<details>")[2], re.M)
        plain = (re.sub(r"[\\\\*]|</code>", "", row) for row in rows)
        return [row.split(" | ") for row in plain]

    @staticmethod
    def html(text):
        for table in re.findall(r"<summary>.*?</table>", text, re.S):
            group = re.search(r"<bdi>(.*?)</bdi>", table)[1]
            for row in re.findall(r'<tr.*?><th scope="row">(.*?)(?=<tr|</tbody>)', table, re.S):
                name, _, *rest = (re.sub(r"<.*?>", "", cell).strip() for cell in row.split("<td"))
                ratio, margin, before, verdict = (cell.partition(">")[2] or cell for cell in rest)
                parameter = row.startswith("<bdi>[")
                own = group.rpartition("::")[2] + name if parameter else name
                yield own, before, ratio, margin, verdict

    @staticmethod
    def json(text):
        for each in json.loads(text)["benchmarks"]:
            before = seconds_as_text(each["seconds_before"])
            yield each["benchmark"], before, *REPORTS.rest(each)
            for kind in ("memory", "instructions"):
                if (amount := each[kind]) and max(amount["before"], amount["now"]) >= 20_000:
                    yield kind, as_text(kind, amount["before"]), *REPORTS.rest(amount)

    @staticmethod
    def rest(said):
        ratio = f"{said['ratio']:.2f} ({said['low']:.2f} to {said['high']:.2f})"
        return ratio, f"{100 * said['margin']:.0f} %", said["verdict"]


def planted(hw4):
    """Return a repository whose working tree has other times and other memory than its commit."""
    before = COUNTED.format(factors=dict.fromkeys(PLANTED, 1.0), size=4_000_000)
    files = {"project.py": before, "test_project.py": STEPPING, ".gitignore": "cache\n*.jsonl\n"}
    project = committed(hw4, files)
    factors = {name: float(name) for name in PLANTED}
    project.write("project.py", COUNTED.format(factors=factors, size=8_000_000))
    project.extra["COLUMNS"] = "200"
    return project


def check_planted(rows, benchmarks):
    """What was planted is found: exactly of memory and steps, and as far as time can be measured.

    Args:
        rows: benchmark → "time", "memory" or "instructions" → the row of a report.
        benchmarks: the same as JSON.
    """
    ratios = {each["benchmark"].rpartition("::")[2]: each["ratio"] for each in benchmarks}
    for name in PLANTED:
        assert ratios[f"test_steps[{name}]"] == pytest.approx(float(name), rel=0.25)
        counted = [f"{float(name):.2f} ({float(name):.2f} to {float(name):.2f})", "10 %"]
        word = "more" if float(name) > 1.1 else "less" if float(name) < 0.9 else "no change"
        assert rows[f"test_steps[{name}]"]["instructions"] == ["20 k", *counted, word]
    verdicts = {name: {of: row[-1] for of, row in each.items()} for name, each in rows.items()}
    busy = any(each["warnings"] for each in benchmarks)  # other programs run
    open_ = {"slower, borderline", "too noisy"} if busy else set()
    assert verdicts["test_steps[2]"]["time"] in {"slower"} | open_
    assert verdicts["test_steps[1]"]["time"] in {"no change"} | open_
    assert verdicts["test_steps[0.5]"]["time"] in {"faster"} | open_
    kept = {"time": "no change", "memory": "more", "instructions": "no change"}
    assert verdicts["test_kept"] == kept
    assert "memory" not in verdicts["test_steps[2]"]


@pytest.mark.hw4_serial
def test_planted_slowdowns_gains_and_memory_are_found_and_every_report_says_the_same(
    hw4, counting, monkeypatch
):
    """In one comparison; a second and short one goes on with its history."""
    project = planted(hw4)
    monkeypatch.setattr(measure, "EXTENSIONS", 0)
    margins = "--margin", "*kept*=9", "--memory-margin", "0.5"
    kinds = ("json", "markdown", "html")
    told = [argument for kind in kinds for argument in (f"--{kind}", project.folder / kind)]
    code, out, err, entries = against(project, "main", *margins, *told)
    assert (code, err) == (1, "")
    texts = {kind: (project.folder / kind).read_text() for kind in kinds} | {"terminal": out}
    book = json.loads(texts["json"])
    found = {kind: cells(kind, text) for kind, text in texts.items()}
    assert found["terminal"] == found["markdown"] == found["html"] == found["json"]
    for text in texts.values():
        assert book["headline"] in text
    assert len(found["json"]) == 6
    assert book["exit_code"] == 1
    check_planted(found["json"], book["benchmarks"])
    assert book["headline"].endswith("; 1 needs more memory, +100 %")
    slower = entries["test_project.py::test_steps[2]"]
    assert 1 < slower["low"] <= slower["ratio"] <= slower["high"]
    assert slower["now"] == git(project.folder, "rev-parse", "HEAD")[:12] + "+"
    assert slower["against"] == "main"
    monkeypatch.setattr(measure, "SETS", 1)
    _, out, _, entries = against(project, "main", "-k", "kept")
    assert list(entries) == ["test_project.py::test_kept"]
    assert "history of now / before" in out
    assert len((project.folder / "history.jsonl").read_text().splitlines()) == 7


COMMANDS = {  # of a repository's configuration, which git runs on one occasion or another
    "core.fsmonitor": "{it} fsmonitor",
    "core.sshCommand": "{it} ssh",
    "core.alternateRefsCommand": "{it} alternates",
    "core.pager": "{it} pager",
    "core.editor": "{it} editor",
    "credential.helper": "!{it} credential",
    "diff.external": "{it} diff",
    "gpg.program": "{it}",
    "log.showSignature": "true",
    "filter.plain.clean": "{it} clean",
    "filter.plain.smudge": "{it} smudge",
    "filter.plain.required": "true",
    "filter.a=b.process": "{it} process",
    "filter.a=b.required": "true",
    "extensions.partialClone": "origin",
    "remote.origin.url": "ssh://nowhere/project",
    "remote.origin.promisor": "true",
    "remote.origin.uploadpack": "{it} uploadpack",
    "init.templateDir": "{template}",
}


def test_git_executes_nothing_that_the_repository_names(project, tmp_path, monkeypatch):
    """Neither commands of its configuration, nor its hooks, nor those of its submodules.

    The user's own configuration may take hooks from a folder of whatever repository it is.
    """
    ran = tmp_path / "ran"
    spy = tmp_path / "spy"
    spy.write_text(f'#!/bin/sh\necho "$@" >> {ran}\ncat\n', encoding="utf-8")
    spy.chmod(0o755)
    template = tmp_path / "template" / "hooks"
    inner = tmp_path / "inner"
    inner.mkdir()
    committed(type(project)(inner), {"text": "a"})
    git(project.folder, "-c", "protocol.file.allow=always", "submodule", "add", str(inner), "inner")
    project.write(".gitattributes", "*.py filter=plain\n*.txt filter=a=b\n")
    project.write("a.txt", "one")
    (project.folder / "hooks").mkdir()
    (project.folder / "hooks" / "post-checkout").symlink_to(spy)
    git(project.folder, "add", ".")
    git(project.folder, "commit", "--quiet", "--message=second")
    commit = git(project.folder, "rev-parse", "HEAD").strip()
    for folder in (project.folder / ".git" / "hooks", template):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit"):
            (folder / name).symlink_to(spy)
    for name, value in COMMANDS.items():
        git(project.folder, "config", name, value.format(it=spy, template=template.parent))
    git(project.folder / "inner", "config", "core.fsmonitor", f"{spy} inner")
    (tmp_path / ".gitconfig").write_text("[core]\nhooksPath = hooks\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    ran.unlink(missing_ok=True)
    for name in ("a.txt", "project.py"):  # so that git must look into them
        os.utime(project.folder / name, (1, 1))
    assert trees.current(project.folder) == commit[:12]
    root = trees.repository(project.folder)
    with trees.checked_out(root, trees.resolve(root, "HEAD")) as there:
        assert (there / "a.txt").read_text() == "one"
    first = git(project.folder, "rev-parse", "HEAD^").strip()
    (found,) = bisection.commits(root, first, bisection.parted(root, first), changed=False)
    assert found.title == "second"
    with pytest.raises(trees.BenchError):  # which git could only fetch
        trees.git(root, "cat-file", "-p", "1" * 40)
    project.write("a.txt", "two")
    assert trees.current(project.folder) == f"{commit[:12]}+"
    assert not ran.exists(), ran.read_text()
    subprocess.run(["git", "-C", str(project.folder), "status"], capture_output=True)
    assert "fsmonitor" in ran.read_text()  # git by itself does run them


# What a project, its settings and its benchmarks may be like, all at once

SETTINGS = """
    [pytest]
    cache_dir = .cache
    addopts = --benchmark-skip -n 2 --strict-config --exitfirst
        --lf --lfnf=none --stepwise --log-file=log.txt
"""
ODD = """
    import os
    import project
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

    def test_slower(benchmark):
        assert benchmark(project.work) > 0

    def test_gone(benchmark):
        benchmark(int)
"""
KINDS = ("json", "markdown", "html")
SLEEPING = "open('calls', 'a').write('x'); time.sleep(0.1); return sum"


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Where a comparison writes its reports."""
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def odd(hw4_anew, reports):
    """The folder of a comparison in a hook of a repository with odd settings; what came of it."""
    shell = committed(hw4_anew(), FIRST | {"pytest.ini": SETTINGS, "test_odd.py": ODD})
    late = "\n    def test_late(benchmark):\n        benchmark(project.other)\n"
    shell.write("test_odd.py", ODD.partition("    def test_gone")[0] + late)
    shell.write("project.py", FIRST["project.py"].replace("return sum", SLEEPING))
    git(shell.folder, "tag", "before")
    git(shell.folder, "commit", "--quiet", "--all", "--message=second")
    (shell.folder / "log.txt").write_text("of another run")
    # Git tells a hook which repository and index its own commands change.
    where = shell.folder / ".git"
    shell.extra = {"GIT_DIR": str(where), "GIT_INDEX_FILE": str(where / "index")}
    hook = shell.folder / "hooks" / "post-checkout"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    shell.extra["GIT_CONFIG_GLOBAL"] = str(shell.folder / "config")
    (shell.folder / "config").write_text(f"[core]\nhooksPath = {hook.parent}\n")
    shell.extra["GITHUB_ACTIONS"] = "true"
    tests = shell.folder / "test_odd.py"  # the same file of either tree
    margins = [WIDE, "--margin", "*::test_slower=0.5"]
    files = [arg for kind in KINDS for arg in (f"--{kind}", reports / kind)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "SETS", 1)
        patch.setattr(measure, "EXTENSIONS", 0)
        named = tests, "test_project.py::test_other"
        return shell.folder, against(shell, "before", *margins, *files, *named)


def test_whatever_the_projects_settings_say_what_is_named_is_measured(odd):
    """Also after a failure, and whatever has failed last."""
    _, (_, _, _, entries) = odd
    names = "folder", "twice", "slower", "late", "gone"
    expected = {f"test_odd.py::test_{name}" for name in names} | {"test_project.py::test_other"}
    assert entries.keys() == expected
    assert entries["test_project.py::test_other"]["verdict"] == "no change"


def test_fixtures_of_a_benchmark_are_those_of_pytest_benchmark(odd):
    _, (_, out, _, entries) = odd
    assert "ratio" in entries["test_odd.py::test_folder"]
    assert entries["test_odd.py::test_twice"]["verdict"] == "not measured"
    assert "can only be used once" in " ".join(out.split())


def test_a_benchmark_that_one_of_the_trees_lacks_is_not_measured(odd):
    _, (_, out, _, entries) = odd
    assert entries["test_odd.py::test_gone"]["verdict"] == "not measured"
    assert entries["test_odd.py::test_late"]["verdict"] == "not measured"
    said = " ".join(out.split())
    assert "the current tree does not have it" in said
    assert "before does not have it" in said


def test_a_change_of_speed_by_orders_of_magnitude_is_soon_measured(odd):
    """The slower one makes as many calls as fill its own block, not the quicker one's."""
    folder, (code, _, _, entries) = odd
    assert code == 1
    assert entries["test_odd.py::test_slower"]["ratio"] > 50
    # One call a block, some fifteen in all; as many as the quicker one's would be thousands.
    assert (folder / "calls").stat().st_size < 200


def test_every_report_says_the_same(odd, reports):
    """The table, the JSON, the Markdown and the page."""
    folder, (code, out, _, entries) = odd
    book = json.loads((reports / "json").read_text())
    of = {each["benchmark"]: each for each in book["benchmarks"]}
    assert {name: each["verdict"] for name, each in of.items()} == {
        name: entry["verdict"] for name, entry in entries.items()
    }
    slower = of["test_odd.py::test_slower"]
    assert (slower["verdict"], slower["margin"] < 9) == ("slower", True)
    assert of["test_project.py::test_other"]["margin"] == 9
    assert (book["exit_code"], book["base"]["name"]) == (code, "before")
    assert book["base"]["commit"] == git(folder, "rev-parse", "before")[:12]
    assert book["head"]["commit"] == git(folder, "rev-parse", "HEAD")[:12]
    assert book["headline"].startswith("1 regression, +")
    # Instructions are counted here, or a sentence says why not.
    assert bool(book["unknown"]) == (slower["instructions"] is None)
    for kind in ("markdown", "html"):
        text = (reports / kind).read_text()
        assert book["headline"] in text
        assert all(text.count(sentence) == 1 for sentence in book["unknown"])
        assert f"{slower['ratio']:.2f} ({slower['low']:.2f} to {slower['high']:.2f})" in text
    assert book["headline"] in out


def test_on_github_the_line_of_a_slower_benchmark_is_marked(odd):
    folder, (_, out, _, _) = odd
    (mark,) = [line for line in out.splitlines() if line.startswith("::error ")]
    number = int(mark.partition("line=")[2].partition(",")[0])
    assert mark.startswith("::error file=test_odd.py,line=")
    assert "def test_slower" in (folder / "test_odd.py").read_text().splitlines()[number - 1]


def test_in_a_hook_the_repository_is_left_alone(odd):
    folder, (_, _, _, entries) = odd
    assert git(folder, "status", "--porcelain", "--untracked-files=no") == ""
    assert git(folder, "symbolic-ref", "HEAD").strip() == "refs/heads/main"
    assert git(folder, "worktree", "list").count("\n") == 1
    assert {entry["now"] for entry in entries.values()} == {git(folder, "rev-parse", "HEAD")[:12]}


def test_a_comparison_leaves_no_trace_but_its_history(odd):
    folder, _ = odd
    assert (folder / "log.txt").read_text() == "of another run"
    state = set(git(folder, "status", "--porcelain", "--ignored").splitlines())
    ours = {"?? calls", "?? config", "?? hooks/", "?? log.txt"}
    assert state - {"!! cache/"} == {*ours, "!! history.jsonl"}


def test_what_was_not_measured_is_never_exit_code_0(project, one_set):
    (project.folder / "new").mkdir()
    project.write("new/test_new.py", BENCHMARKS.replace("import project", "import project as new"))
    fault = "raise ValueError(7); return sorted"
    project.write("project.py", FIRST["project.py"].replace("return sorted", fault))
    failing, file = "test_project.py::test_other", "new/test_new.py::test_other"
    code, out, _, entries = against(project, "main", failing, file)
    assert code == 3
    assert list(entries) == [failing, file]
    assert {entry["verdict"] for entry in entries.values()} == {"not measured"}
    assert "it failed: ValueError: 7" in " ".join(out.split())
    assert "main does not have it" in " ".join(out.split())
    code, _, _, entries = against(project, "main", "new")
    assert (code, len(entries)) == (3, 2)


def test_a_benchmark_that_kills_its_process_is_one_sentence(project):
    killing = "import os\n\n\ndef work():\n    os.kill(os.getpid(), 9)\n"
    project.write("project.py", killing)
    code, _, err, entries = against(project, "main", "-k", "work")
    assert (code, entries) == (3, {})
    said = (
        "the process with the benchmarks of the current tree was killed by SIGKILL, "
        "as the system does when memory runs out"
    )
    assert err == f"hw4: {said}\n"


@pytest.fixture
def measuring(hw4_process, tmp_path_factory):
    """A comparison in the midst of a benchmark: its process, and those that it has started."""
    project = committed(hw4_process, FIRST)
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


def test_a_shallow_clone_has_the_revision_that_was_fetched(project, tmp_path_factory):
    git(project.folder, "tag", "old")
    project.write("project.py", PROJECT.format(size=SMALL + 1))
    git(project.folder, "commit", "--quiet", "--all", "--message=second")
    shallow = tmp_path_factory.mktemp("clones") / "shallow"
    source = f"file://{project.folder}"
    git(project.folder, "clone", "--quiet", "--depth=1", source, str(shallow))
    git(shallow, "fetch", "--quiet", "--depth=1", "origin", "tag", "old")
    with trees.checked_out(shallow, trees.resolve(shallow, "old")) as tree:
        assert f"range({SMALL})" in (tree / "project.py").read_text()


def test_the_commit_of_a_slowdown_is_found(project, one_set, monkeypatch, tmp_path_factory):
    """By real rounds, among commits of which one breaks the benchmarks."""
    monkeypatch.setattr(measure, "EXTENSIONS", 0)
    slow = FIRST["project.py"].replace("return sum", "time.sleep(0.02); return sum")
    broken = f"{slow}\n    import no_such_module"
    for title, text in [("slow", slow), ("broken", broken), ("mended", slow), ("more", slow)]:
        project.write("project.py", text)
        git(project.folder, "commit", "--quiet", "--all", "--allow-empty", f"--message={title}")
    before = git(project.folder, "rev-parse", "HEAD", "HEAD~4").split()
    target = tmp_path_factory.mktemp("reports") / "found.json"
    named = "--bisect", "--json", target, "-k", "work"
    code, out, _, entries = against(project, before[1], *named)
    assert (code, len(entries)) == (1, 1)
    found = json.loads(target.read_text())["bisect"]
    assert [commit["title"] for commit in found["found"]] == ["slow"]
    assert [step["verdict"] for step in found["steps"]] == ["not measured", "slower"]
    assert "No module named 'no_such_module'" in found["steps"][0]["skipped"]
    assert " ".join(found["conclusion"].split()) in " ".join(out.split())
    assert git(project.folder, "rev-parse", "HEAD", "HEAD~4").split() == before
    assert git(project.folder, "status", "--porcelain", "--untracked-files=no") == ""


def test_drift_since_the_last_tag_or_a_named_revision(project, one_set, monkeypatch):
    """A merged slowdown is no regression against main; what is measured already is not again."""
    monkeypatch.setattr(measure, "EXTENSIONS", 0)
    git(project.folder, "tag", "v1")
    slow = FIRST["project.py"].replace("return sum", "time.sleep(0.02); return sum")
    project.write("project.py", slow)
    git(project.folder, "commit", "--quiet", "--all", "--message=slow")
    project.write("note", "")
    git(project.folder, "add", "note")
    git(project.folder, "commit", "--quiet", "--message=note")
    named = WIDE, "-k", "work"
    code, out, _, entries = against(project, "HEAD^", *named, "--anchor", "v1")
    assert (code, len(entries)) == (1, 1)
    assert "Since v1: 1 regression, +" in out
    code, out, _, _ = against(project, "v1", *named)  # it is the anchor
    assert (code, "Since" in out) == (1, False)
    project.write("test_project.py", BENCHMARKS.replace("test_work", "test_new_work"))
    git(project.folder, "commit", "--quiet", "--all", "--message=new name")
    code, out, _, _ = against(project, "HEAD", *named)
    assert code == 0
    assert "Since v1: no regression" in out
    assert "test_new_work: v1 does not have it" in " ".join(out.split())


def test_the_anchor_is_the_last_tag_unless_it_is_named_or_not_wanted(project):
    def anchor(**options):
        return bench._anchor(
            project.folder, Namespace(**{"anchor": None, "no_anchor": False} | options)
        )

    commit = git(project.folder, "rev-parse", "HEAD").strip()
    assert anchor() is None
    git(project.folder, "tag", "--annotate", "--message=one", "v1")
    git(project.folder, "branch", "v1", "HEAD")  # of the same name
    git(project.folder, "commit", "--quiet", "--allow-empty", "--message=second")
    assert anchor() == ("v1", commit, False)
    assert anchor(no_anchor=True) is None
    assert anchor(anchor="main") == ("main", git(project.folder, "rev-parse", "HEAD").strip(), True)


# Alone, and against a file


def test_alone_it_writes_what_pytest_benchmark_reads(project):
    project.write("pytest.ini", "[pytest]\ncache_dir = .cache\naddopts = --lf --stepwise\n")
    code, out, _ = project("bench", "--json", "saved.json", "-k", "work")
    assert code == 0
    assert "test_work" in out
    book = json.loads((project.folder / "saved.json").read_text())
    assert [each["fullname"] for each in book["benchmarks"]] == ["test_project.py::test_work"]
    command = [sys.executable, "-m", "pytest_benchmark", "compare", "saved.json"]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True)
    assert done.returncode == 0
    assert "test_work" in done.stdout
    code, out, err = project("bench", "--against", "saved.json", "-k", "work")
    assert code == 3
    assert "test_project.py::test_work" in out
    assert "not judged: saved.json was measured in another run" in err
    assert not (project.folder / ".cache").exists()


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


def test_what_git_does_not_have_is_copied_or_made(project, one_set):
    """And `benchmark.stats` has the rounds, as when pytest-benchmark measures."""
    project.write(".gitignore", FIRST[".gitignore"] + "built\nmade.py\n__pycache__\n")
    project.write(
        "project.py", FIRST["project.py"] + "\n    from built import size\n    import made\n"
    )
    stats = """
    def test_stats(benchmark):
        benchmark(project.work)
        assert 0 < benchmark.stats["min"] <= benchmark.stats.stats.median < 1
    """
    project.write("test_project.py", BENCHMARKS + stats)
    git(project.folder, "add", ".")
    git(project.folder, "commit", "--quiet", "--message=built")
    (project.folder / "built").mkdir()
    project.write("built/size.py", "")
    project.write("made.py", "")
    sentence = refused(project, "--against", "main")
    assert "No module named 'built'" in sentence
    given = ["--copy", "buil*", "--setup", "cp built/size.py made.py", WIDE]
    code, _, _, entries = against(project, "main", *given)
    assert (code, len(entries)) == (0, 3)
    assert {entry["verdict"] for entry in entries.values()} == {"no change"}


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
        (["--against", "saved.json", "--json", "x.json"], "got --json with a file: expected it"),
        (["--html", "x.html"], "got --html without a revision: expected --against REV beside it"),
        (["--markdown", "x.md"], "got --markdown without a revision: expected --against REV"),
        (["--against", "main", "--html", "no/x.html"], "page no/x.html cannot be written"),
        (
            ["--against", "main", "--html", "x", "--json", "x"],
            "page x is the JSON: expected another file",
        ),
        (
            ["--against", "main", "--markdown", "h.jsonl", "--history", "h.jsonl"],
            "Markdown h.jsonl is the history: expected another file",
        ),
        (
            ["--against", "main", "--margin", "*typo*=0.2"],
            "--margin names no benchmark: '*typo*' fits none of them",
        ),
        (["--copy", "*.so"], "got --copy without a revision: expected --against REV beside it"),
        (["--setup", "make"], "got --setup without a revision: expected --against REV beside"),
        (["--against", "main", "--copy", "*.so"], "--copy got '*.so': nothing in "),
        (["--against", "main", "--copy", "../x"], "--copy got '../x': expected files within "),
        (["--against", "main", "--copy", "/etc/*"], "--copy got '/etc/*': expected files within "),
        (["--against", "main", "--copy", ".git/config"], "--copy got '.git/config': expected"),
        (["--against", "main", "--copy", "a**"], "--copy got 'a**': "),
        (["--against", "main", "--copy", ""], "--copy got '': expected files within "),
        (
            ["--against", "main", "--setup", "echo built; echo not quite >&2; exit 5"],
            "--setup failed in main, exit code 5: not quite",
        ),
        (["--against", "main", "--margin", "=0.2"], "argument --margin: got '=0.2', expected a"),
        (["--against", "main", "--margin", "a=b"], "argument --margin: got 'a=b', expected a"),
        (["--margin", "0.2"], "got --margin without a revision: expected --against REV beside it"),
        (
            ["--against", "main", "--memory-margin", "no"],
            "argument --memory-margin: got 'no', expected a fraction above 0, as 0.1",
        ),
        (["--memory-margin", "1"], "got --memory-margin without a revision: expected --against"),
        (["--anchor", "main"], "got --anchor without a revision: expected --against REV beside"),
        (["--no-anchor"], "got --no-anchor without a revision: expected --against REV beside"),
        (["--against", "main", "--anchor", "nothing"], "unknown revision 'nothing' in "),
        (["--bisect"], "got --bisect without a revision: expected --against REV beside it"),
        (["--against", "main", "--bisect"], "there is no commit after "),
        (["--history", "h.jsonl"], "got --history without a revision: expected --against REV"),
        (["--against", "saved.json", "--margin", "0.2"], "got --margin without a revision"),
        (
            ["--json", "no/x.json"],
            "benchmark JSON no/x.json cannot be written: its folder does not",
        ),
    ],
)
def test_wrong_use(project, arguments, said):
    assert refused(project, *arguments).startswith(said)
