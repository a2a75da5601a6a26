"""What a process has read is gathered, and any change of it is seen; without a pytest run."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hw4.recall import watch as watching
from hw4.recall.inputs import UnsafeError, gather, hold, look
from hw4.recall.installed import Installed
from hw4.recall.watch import Watch, probe

INSTALLED = Installed()


@pytest.fixture
def watch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("data.txt", "gone.txt", "sized.txt"):
        (tmp_path / name).write_text("1")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner.txt").touch()
    (tmp_path / "package").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "package")
    watch = Watch()
    # Of modules that TensorFlow has written while other tests ran, this watch has not heard.
    written = f"{tempfile.gettempdir()}/__autograph_generated_file"
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    watch.own |= {file for file in files if file and file.startswith(written)}
    watch.start()
    probe()
    yield watch
    watch.stop()


def gathered(watch):
    return gather(watch, INSTALLED, [], str(Path.cwd()))


def changed(inputs):
    """Return what is not as it was, so that a failed test tells."""
    return [
        (kind, path)
        for kind, paths in inputs.items()
        for path, then in paths.items()
        if look(Watch(), kind, path) != then
    ]


def write(name, text="2"):
    Path(name).write_text(text)


ACTIONS = {  # what a function does, and a change that it would see
    "reads": (lambda: Path("data.txt").read_text(), lambda: write("data.txt")),
    "reads in bytes": (
        lambda: os.close(os.open("data.txt", os.O_RDONLY)),
        lambda: write("data.txt"),
    ),
    "reads what goes": (lambda: Path("gone.txt").read_text(), lambda: Path("gone.txt").unlink()),
    "finds none": (lambda: Path("none.txt").exists(), lambda: write("none.txt")),
    "finds no folder": (lambda: Path("none").is_dir(), lambda: Path("none").mkdir()),
    "asks by lstat": (lambda: Path("none.txt").is_symlink(), lambda: write("none.txt")),
    "may not read": (lambda: os.access("none.txt", os.R_OK), lambda: write("none.txt")),
    "asks how large": (lambda: Path("sized.txt").stat().st_size, lambda: write("sized.txt", "12")),
    "lists": (lambda: [*Path("folder").iterdir()], lambda: write("folder/new")),
    "walks": (lambda: [*os.walk("folder")], lambda: write("folder/new")),
    "globs": (lambda: [*Path("folder").glob("*")], lambda: write("folder/new")),
    "makes a folder that is there": (
        lambda: Path("folder").mkdir(parents=True, exist_ok=True),
        lambda: shutil.rmtree("folder"),
    ),
    "removes what is not there": (
        lambda: Path("none.txt").unlink(missing_ok=True),
        lambda: write("none.txt"),
    ),
    "imports": (lambda: None, lambda: write("package/shadow.py")),
}


@pytest.mark.parametrize("what", ACTIONS)
def test_a_change_of_what_was_read_is_seen(watch, what):
    act, change = ACTIONS[what]
    act()
    inputs = gathered(watch)
    assert hold(watch, inputs)
    change()
    assert not hold(Watch(), inputs)


def test_a_change_of_what_was_not_read_is_not(watch):
    Path("data.txt").read_text()
    inputs = gathered(watch)
    write("other.txt")
    write("sized.txt")
    assert changed(inputs) == []
    assert hold(Watch(), inputs)


def test_modules_of_the_project_count_and_those_of_packages_do_not(watch):
    contents = gathered(watch)["content"]
    assert __file__ in contents
    assert sys.modules["hw4.recall.inputs"].__file__ in contents
    assert not [path for path in contents if path.startswith((pytest.__file__, os.__file__))]


@pytest.mark.parametrize("name", ["pytest_ours", "platform_ours", "hw4_ours", "coverages"])
def test_a_module_that_is_called_nearly_as_one_of_pytests_is_the_projects(watch, name):
    exec("from pathlib import Path; Path('data.txt').read_text()", {"__name__": name})
    inputs = gathered(watch)
    write("data.txt")
    assert not hold(Watch(), inputs)


def remove_within(folder, name):
    """Remove a file as `shutil.rmtree` does."""
    number = os.open(folder, os.O_RDONLY)
    os.unlink(name, dir_fd=number)
    os.close(number)


UNSAFE = {
    "subprocess": lambda: subprocess.run(["true"], check=True),
    "system": lambda: os.system("true"),
    "database": lambda: sqlite3.connect("data.sqlite").close(),
    "writes": lambda: write("new.txt"),
    "adds": lambda: Path("data.txt").open("a").close(),
    "removes": lambda: Path("gone.txt").unlink(),
    "removes within a folder": lambda: remove_within("folder", "inner.txt"),
    "renames": lambda: Path("gone.txt").rename("there.txt"),
    "makes a folder": lambda: Path("new").mkdir(),
}


@pytest.mark.parametrize("what", UNSAFE)
def test_what_cannot_be_known_or_done_again_is_refused(watch, what):
    UNSAFE[what]()
    with pytest.raises(UnsafeError):
        gathered(watch)


def test_a_file_that_another_process_has_changed_meanwhile_is_refused(watch):
    watch.stop()
    write("data.txt")
    watch.start()
    Path("data.txt").read_text()
    with pytest.raises(UnsafeError, match=r"data\.txt was changed while it ran"):
        gathered(watch)


def first_import(module):
    """Write default settings where there are none, as Keras's first import on a machine does."""
    code = "Path('home/keras').mkdir(parents=True); Path('home/keras/it.json').write_text('{}')"
    exec(code, {"__name__": module, "Path": Path})


def test_settings_that_a_first_import_writes_are_read_and_not_changed(watch):
    first_import("keras.src.backend.config")
    inputs = gathered(watch)
    assert changed(inputs) == []
    write("home/keras/it.json")
    assert changed(inputs) == [("content", str(Path("home/keras/it.json").absolute()))]


def test_what_another_module_writes_while_it_is_imported_is_changed(watch):
    first_import("somebodys.module")
    with pytest.raises(UnsafeError, match=r"it changed .*home"):
        gathered(watch)


def test_temporary_files_are_neither_read_nor_written(watch):
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as file:
        file.write(b"1")
        path = Path(folder, "a")
        path.write_text("2")
        assert path.read_text()
        inputs = gathered(watch)
    assert changed(inputs) == []
    assert hold(Watch(), inputs)


def test_the_functions_of_os_are_pythons_again_when_the_last_watch_ends(monkeypatch):
    before = hasattr(os.stat, "__wrapped__")  # of the run of this test itself
    monkeypatch.setattr(watching, "_watches", [])
    alone = Watch()
    alone.start()
    probe()
    assert hasattr(os.stat, "__wrapped__")
    alone.stop()
    assert not hasattr(os.stat, "__wrapped__")
    monkeypatch.undo()
    if before:
        probe()
