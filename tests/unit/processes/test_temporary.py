"""The folder of a run: all that is temporary lies in it, and goes with the run or the next one."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from hw4.processes import temporary
from hw4.processes.temporary import own_folder, swept


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Where folders for temporary files are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def left_behind(place, name="hw4-run-dead", **what):
    """Make what a killed run leaves behind."""
    folder = place / name
    (folder / "pytest-of-me").mkdir(parents=True)
    (folder / "pytest-of-me" / "file").touch()
    (folder / "progress").touch()
    (folder / "owner").write_text(json.dumps(what))
    return folder


def test_everything_temporary_lies_in_it_and_goes_with_it(place):
    with own_folder(store="s") as folder:
        assert folder.parent == place
        assert Path(tempfile.mkdtemp()).parent == folder
        assert os.environ["TMPDIR"] == str(folder)
    assert os.environ["TMPDIR"] == tempfile.gettempdir() == str(place)
    assert list(place.iterdir()) == []


def test_it_goes_with_a_run_that_fails(place):
    with pytest.raises(KeyboardInterrupt), own_folder():
        raise KeyboardInterrupt
    assert list(place.iterdir()) == []


def test_what_a_killed_run_left_is_removed_and_told(place):
    left_behind(place, store="s")
    assert swept() == [{"store": "s"}]
    assert list(place.iterdir()) == []
    assert swept() == []


def test_a_run_that_lives_keeps_its_folder(place):
    with own_folder() as folder:
        (folder / "progress").touch()
        assert swept() == []
        assert (folder / "progress").exists()


def test_what_is_not_known_to_be_a_killed_runs_stays(place, monkeypatch):
    mine = place / "hw4-homework"
    mine.mkdir()
    elsewhere = left_behind(place, "elsewhere")
    (place / "hw4-run-link").symlink_to(elsewhere)
    (place / "hw4-run-full").mkdir()
    (place / "hw4-run-full" / "file").touch()
    os.utime(place / "hw4-run-full", (1, 1))
    (place / "hw4-run-young").mkdir()
    (place / "hw4-run-file").touch()
    before = sorted(place.rglob("*"))
    assert swept() == []
    left_behind(place, "hw4-run-others")
    uid = os.getuid()
    monkeypatch.setattr(temporary.os, "getuid", lambda: uid + 1)
    assert swept() == []
    monkeypatch.setattr(temporary.os, "getuid", lambda: uid)
    assert len(swept()) == 1
    assert sorted(place.rglob("*")) == before


def test_a_run_that_was_killed_before_it_locked_its_folder_leaves_none(place):
    folder = place / "hw4-run-early"
    folder.mkdir()
    (folder / "owner.part").touch()
    os.utime(folder, (1, 1))
    assert swept() == []
    assert not folder.exists()


def test_a_damaged_owner_is_removed_too(place):
    (left_behind(place) / "owner").write_text('{"store')
    swept()
    assert list(place.iterdir()) == []


def test_two_threads_remove_it_at_once(place, monkeypatch):
    """As when a signal ends a run: each finds that the other was there first."""
    unlink = Path.unlink

    def removed_by_the_other(path, missing_ok=False):
        unlink(path)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", removed_by_the_other)
    with own_folder() as folder:
        (folder / "progress").touch()
        (folder / "workers").touch()
    assert list(place.iterdir()) == []


def test_a_process_that_is_being_killed_still_writes_into_it(place, monkeypatch):
    """What it writes when the folder has just been emptied goes too."""
    late = [1, 2]
    rmdir = Path.rmdir

    def just_written(path):
        if late and path.name.startswith("hw4-run-"):
            (path / f"late-{late.pop()}").touch()
        rmdir(path)

    monkeypatch.setattr(Path, "rmdir", just_written)
    with own_folder():
        pass
    assert late == []
    assert list(place.iterdir()) == []


def test_what_cannot_be_removed_is_left_to_the_next_run(place, monkeypatch):
    def refused(path, missing_ok=False):
        raise PermissionError

    monkeypatch.setattr(temporary, "_PAUSES", (0.0, 0.0))
    with monkeypatch.context() as patch, own_folder(store="s") as folder:
        (folder / "kept").touch()
        patch.setattr(Path, "unlink", refused)
    assert sorted(path.name for path in folder.iterdir()) == ["kept", "owner"]
    assert swept() == [{"store": "s", "folder": str(Path.cwd())}]
    assert list(place.iterdir()) == []
