"""Claims with `cache=True`: nothing is asked for again while all that decides it stays the same.

What the planted functions are asked for is counted in a list that they reach through `builtins`.
"""

import _heapq
import builtins
import shutil
import textwrap

import pytest

from hw4 import claim
from hw4.claims.claim import ClaimError

HELPER = """
    import ctypes
    import functools
    import importlib.util
    import os
    from pathlib import Path

    OFFSET = 3
    AT_IMPORT = float(Path("imported.txt").read_text())
    try:
        import faster
    except ImportError:
        faster = None
    import elsewhere

    def extension():
        spec = importlib.util.spec_from_file_location("_heapq", Path("built.so").resolve())
        return importlib.util.module_from_spec(spec)

    @functools.cache
    def table():
        with open("table.csv") as file:
            return [float(line) for line in file]
"""
CONFTEST = """
    import builtins
    import pytest
    from pathlib import Path

    SETTINGS = Path("settings.txt").read_text()

    @pytest.fixture
    def given():
        return getattr(builtins, "given", 1)

    @pytest.fixture
    def shift():
        return 0.5
"""
CLAIMS = """
    import builtins
    import os
    from pathlib import Path

    import numpy as np
    import pytest
    from hw4 import claim

    import helper

    def ask(part):
        builtins.asked.append(part)

    @pytest.fixture
    def drawn(seed, tmp_path):
        (tmp_path / "mark").write_text("x")
        return np.random.default_rng(seed).normal()

    @claim("A number a seed.", id="number", cache=True)
    def test_number(seed, drawn, shift, given):
        import late
        ask("number")
        helper.extension()
        flag = Path("flag").exists() + Path("there").exists()
        flag += (Path(__file__).parent / "other").is_file()
        optional = [each for each in ("settings.ini",) if os.access(each, os.R_OK)]
        value = drawn + helper.OFFSET + shift + late.MORE + sum(helper.table()) + helper.AT_IMPORT
        value += flag + os.path.getsize("sized") + len(os.listdir("folder")) + len(optional)
        return value + float(os.environ.get("MODE", 0)) + helper.elsewhere.MORE

    @claim.rate("An assertion a seed.", id="asserts", expect=None, cache=True)
    def test_asserts(seed):
        ask("asserts")
        assert np.random.default_rng(seed).normal(0.3) > 0, "too small"

    @claim.rate("Booleans of a block.", id="block", cache=True)
    def test_block(seeds):
        ask("block")
        return [np.random.default_rng(seed).normal(3) > 0 for seed in seeds]

    @pytest.mark.parametrize("number", [0, 1])
    @claim.exact("A proof.", id="proof", expect={"0": "supported", "1": "refuted"}, cache=True)
    def test_proof(number):
        ask(f"proof {number}")
        assert number == 0, f"it is {number}"

    @claim.equivalent("Not remembered.", id="plain", margin=9)
    def test_plain(seed):
        ask("plain")
        return np.random.default_rng(seed).normal()
"""
FILES = {
    "helper.py": HELPER,
    "late.py": "MORE = 0",
    "conftest.py": CONFTEST,
    "test_planted.py": CLAIMS,
    "table.csv": "1.5\n2.5\n",
    "sized": "four",
    "pytest.ini": "[pytest]\npythonpath = . path\n",
    "folder/one": "",
    "settings.txt": "on",
    "there": "",
    "imported.txt": "0",
    "path/elsewhere.py": "MORE = 0",
    "path/package-1.0.dist-info/METADATA": "Name: package\nVersion: 1.0\n",
    "path/package-1.0.dist-info/RECORD": "package.py,sha256=a,1\n",
    "path/package.py": "",
}


class Project:
    """A folder of planted claims; `run` returns what they were asked for, and the ledger."""

    def __init__(self, here, files):
        self.here, self.folder = here, here.folder
        for name, text in files.items():
            self.write(name, text)
        shutil.copy(_heapq.__file__, self.folder / "built.so")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def run(self, *arguments, code=0):
        builtins.asked = []
        options = ["--hw4-store=store.sqlite", "--hw4-ledger=ledger.json"]
        found, self.out, err = self.here(*options, *arguments)
        assert found == code, self.out + err
        book = self.here.ledger()
        for record in book["claims"]:
            del record["seconds"]
        del book["created"]
        return sorted({*builtins.asked}, key=str), book

    def remembers(self, *arguments):
        """Return whether a claim that has just been decided is not asked for again."""
        return not self.run(*arguments)[0]


@pytest.fixture(scope="module")
def planted(pytest_anew):
    """Return the project after a first run, whose answer is `first`."""
    project = Project(pytest_anew(), FILES)
    project.first = project.run("-k", "not plain")
    assert "not remembered" not in project.out
    return project


@pytest.fixture
def project(pytest_in):
    """Return a function that writes a project of one file of claims."""
    return lambda text, **files: Project(pytest_in, {"test_it.py": text, **files})


def test_a_second_run_asks_for_nothing_and_has_the_same_ledger(planted):
    asked, book = planted.first
    assert asked == ["asserts", "block", "number", "proof 0", "proof 1"]
    again, same = planted.run("-k", "not plain")
    assert again == []
    for before, after in zip(book["claims"], same["claims"], strict=True):
        assert {k: (before[k], after.get(k)) for k in before if before[k] != after.get(k)} == {}
    assert same == book


def test_a_claim_that_does_not_opt_in_is_asked_for_every_time(planted):
    assert [planted.run("-k", "plain")[0] for _ in range(2)] == [["plain"]] * 2


def replaced(name, old, new):
    def change(project):
        path = project.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return change


def added(name, text=""):
    return lambda project: project.write(name, text)


def appended(name, text):
    def change(project):
        with (project.folder / name).open("ab") as file:
            file.write(text)

    return change


def removed(name):
    return lambda project: (project.folder / name).unlink()


def given(name, value):
    return lambda project: setattr(builtins, name, value)


CHANGES = {
    "a module": replaced("helper.py", "OFFSET = 3", "OFFSET = 4"),
    "a module that the function imports": replaced("late.py", "0", "1"),
    "a module of another folder": replaced("path/elsewhere.py", "0", "1"),
    "conftest.py": replaced("conftest.py", "return 0.5", "return 0.6"),
    "the claim's file": appended("test_planted.py", b"# a comment\n"),
    "an extension module": appended("built.so", b"rebuilt"),
    "data that a helper reads and keeps": replaced("table.csv", "1.5", "1.25"),
    "data that a module reads when it is imported": replaced("imported.txt", "0", "1"),
    "data that conftest.py reads": replaced("settings.txt", "on", "off"),
    "the size of a file": appended("sized", b"!"),
    "the names in a folder": added("folder/two"),
    "a file that was not there": added("flag"),
    "a file beside the claim's that was not there": added("other"),
    "a file that could not be read": added("settings.ini"),
    "a file that is gone": removed("there"),
    "a module that could not be imported": added("faster.py"),
    "a module that comes before another": added("elsewhere.py", "MORE = 5"),
    "a package's version": replaced("path/package-1.0.dist-info/METADATA", "1.0", "1.1"),
    "a package's files": replaced("path/package-1.0.dist-info/RECORD", "=a", "=b"),
    "a new package": added("path/other-2.dist-info/METADATA", "Name: other\nVersion: 2\n"),
    "the ini file": appended("pytest.ini", b"# a comment\n"),
    "a fixture's value": given("given", 2),
}


@pytest.mark.parametrize("changed", CHANGES)
def test_what_changes_is_seen(planted, changed):
    CHANGES[changed](planted)
    assert planted.run("-k", "test_number")[0] == ["number"]
    assert "not remembered" not in planted.out


@pytest.mark.parametrize("name", ["MODE", "TF_FLAG", "PYTHONHASHSEED", "OMP_NUM_THREADS", "TZ"])
def test_a_variable_of_the_environment_is_seen(planted, name, monkeypatch):
    monkeypatch.setenv(name, "1")
    assert planted.run("-k", "test_number")[0] == ["number"]


@pytest.mark.parametrize(
    "options",
    [
        ["--hw4-profile=homework"],
        ["--hw4-root-seed=1"],
        ["--hw4-data=digits"],
        ["--hw4-resize=4"],
        ["-W", "ignore"],
        ["-p", "no:cacheprovider"],
        ["-o", "xfail_strict=true"],
    ],
    ids=" ".join,
)
def test_an_option_is_seen(planted, options):
    assert planted.run("-k", "test_number", *options)[0] == ["number"]


def test_what_chooses_and_shows_is_not(planted):
    planted.run("-k", "proof")
    options = ["-x", "--color=yes", "--tb=line", "--basetemp=temporary", "--hw4-confirm"]
    assert planted.run("test_planted.py", "-k", "proof", *options)[0] == []


NAMED = """
    import builtins
    import numpy as np
    import pytest
    from hw4 import claim

    def draw(seed):
        builtins.asked.append(seed)
        return np.random.default_rng(seed).normal(3)

"""


def test_seeds_are_taken_up_where_a_crash_has_left_them(project, pytest_in):
    """Two of the first block are asked for again when it is complete, as in a run of its own."""
    crashing = project(
        NAMED
        + """
    @claim("A number a seed.", id="number", cache=True)
    def test_number(seed):
        if len(builtins.asked) == 5 and builtins.crashes:
            raise ZeroDivisionError
        return draw(seed)
    """
    )
    builtins.crashes = True
    first, _ = crashing.run(code=1)
    builtins.crashes = False
    second, book = crashing.run()
    assert len(first) == 5
    assert len(second) == 16 - 5 + 2
    assert crashing.run() == ([], book)


def test_confirming_and_deciding_share_their_seeds(project):
    claims = project(
        NAMED
        + """
    @claim("A number a seed.", id="number", cache=True)
    def test_number(seed):
        return draw(seed)
    """
    )
    assert len(claims.run("--hw4-confirm")[0]) == 8
    assert len(claims.run()[0]) == 8
    assert claims.remembers()


UNSAFE = {
    "a process": ("subprocess.run(['true'])", "another process was used"),
    "a shell": ("os.system('true')", "another process was used"),
    "multiprocessing": ("multiprocessing.Process(target=print)", "another process was used"),
    "the network": ("socket.getaddrinfo('localhost', 80)", "the network was used"),
    "a database": ("sqlite3.connect('data.sqlite').close()", "a database was used"),
    "a file that it writes": ("Path('out.txt').write_text('1')", "it changed "),
    "a file that it adds to": ("open('log.txt', 'a').close()", "it changed "),
    "a folder": ("os.mkdir('new'); os.rmdir('new')", "it changed "),
    "a file that it removes": ("Path('out.txt').touch(); Path('out.txt').unlink()", "it changed "),
    "NumPy's generator": ("np.random.normal()", "is drawn from without a seed"),
}


@pytest.mark.parametrize("what", UNSAFE)
def test_what_cannot_be_known_again_is_not_remembered_and_the_user_is_told_once(project, what):
    did, why = UNSAFE[what]
    claims = project(
        f"""
    import multiprocessing, os, socket, sqlite3, subprocess
    from pathlib import Path
    {NAMED}
    @claim("A number a seed.", id="number", cache=True)
    def test_number(seed):
        {did}
        return draw(seed)

    @claim.exact("A proof.", id="proof", cache=True)
    def test_proof():
        {did}
        assert not builtins.asked.append("proof")
    """
    )
    asked, book = claims.run()
    told = [line for line in claims.out.splitlines() if "is not remembered: " in line]
    assert len(told) == (1 if why.startswith("is drawn") else 2)
    assert all(why in line for line in told)
    again, same = claims.run("-k", "number")
    assert again == [each for each in asked if each != "proof"]
    assert same["claims"] == [each for each in book["claims"] if each["id"] == "number"]


def test_what_is_written_into_a_temporary_folder_is_nobodys_loss(project):
    claims = project(
        NAMED
        + """
    import tempfile
    from pathlib import Path

    @claim("A number a seed.", id="number", cache=True)
    def test_number(seed, tmp_path):
        (tmp_path / "a").write_text("1")
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as file:
            file.write(b"1")
            path = Path(folder, "b")
            path.write_text("2")
            assert path.exists()
            path.unlink()
        return draw(seed) + float((tmp_path / "a").read_text())
    """
    )
    assert len(claims.run()[0]) == 16
    assert "not remembered" not in claims.out, claims.out
    assert claims.remembers()


def test_seeds_that_give_something_else_each_time_are_forgotten(project):
    claims = project(
        NAMED
        + """
    @claim("Another number each time.", id="number", cache=True)
    def test_number(seed):
        return draw(seed) + len(builtins.asked)
    """
    )
    for _ in range(2):
        asked, book = claims.run(code=1)
        assert len(asked) == 8
        assert "does not come from the seed" in book["errors"][0]["message"]


def test_workers_of_xdist_remember_too(project, monkeypatch):
    """Nobody hears them, and so they raise where they are asked; TERM changes no claim."""
    claims = project(
        """
    import os
    import numpy as np
    from hw4 import claim

    def asked():
        if os.environ["TERM"] == "dumb":
            raise ZeroDivisionError

    @claim("A number a seed.", id="number", cache=True)
    def test_number(seed):
        asked()
        return np.random.default_rng(seed).normal(3)

    @claim.exact("A proof.", id="proof", cache=True)
    def test_proof():
        asked()
        assert np.ones(1).all()
    """
    )
    monkeypatch.setenv("TERM", "xterm")
    _, book = claims.run("-n2")
    monkeypatch.setenv("TERM", "dumb")
    assert claims.run("-n2") == ([], book)
    claims.run("-n2", "--hw4-root-seed=1", code=1)


def test_cache_is_for_what_gives_the_same_again():
    with pytest.raises(ClaimError, match="got cache=True, expected it without replay=False"):
        claim("A statement.", replay=False, cache=True)


def test_a_network_of_ones_own_is_known_again_without_being_built(project):
    claims = project(
        """
    import builtins
    from hw4 import claim, sgd
    from layer import UNITS

    def network(image_shape, classes):
        from keras import Input, Sequential, layers

        builtins.asked.append("network")
        hidden = layers.Dense(UNITS, "relu")
        return Sequential([Input(image_shape), layers.Flatten(), hidden, layers.Dense(classes)])

    @claim("It learns.", id="network", cache=True)
    def test_network(train):
        sizes = {"epochs": 1, "images": 32, "test_images": 8, "side": 4}
        fast, slow = (train(network, sgd(rate), "digits", **sizes) for rate in (0.1, 1e-6))
        return slow.train_loss[:, -1] - fast.train_loss[:, -1]
    """,
        **{"layer.py": "UNITS = 4", "pytest.ini": "[pytest]\npythonpath = .\n"},
    )
    asked, book = claims.run()
    assert asked == ["network"]
    book["claims"][0]["cached"] = True  # as of runs from the store
    assert claims.run() == ([], book)
    claims.write("layer.py", "UNITS = 5")
    assert claims.run()[0] == ["network"]


@pytest.mark.parametrize(("cache", "watched"), [(", cache=True", True), ("", False)])
def test_only_a_run_with_claims_that_remember_is_watched(project, cache, watched):
    spy = """
        import builtins
        from hw4.plugin.watched import WATCH

        def pytest_runtestloop(session):
            builtins.watched = WATCH in session.config.stash
    """
    text = f"""
        from hw4 import claim

        @claim("It holds."{cache})
        def test_it(seed):
            return 1.0
    """
    project(text, **{"conftest.py": spy}).run()
    assert builtins.watched is watched
