"""Outputs of other plugins: one that cannot be written is noted, and ends nothing."""

import io
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from hw4.cli import progress
from hw4.cli.display import View
from hw4.plugin import outputs


class Config:
    """As much of pytest's as is asked for: a hook with plugins, and a terminal."""

    def __init__(self, *plugins, stream=None):
        self.plugins = [
            SimpleNamespace(
                function=plugin.pytest_sessionfinish,
                plugin=plugin,
                wrapper=False,
                hookwrapper=False,
            )
            for plugin in plugins
        ]
        self.terminal = SimpleNamespace(_tw=SimpleNamespace(_file=stream or io.StringIO()))
        finishing = SimpleNamespace(get_hookimpls=lambda: self.plugins)
        self.hook = SimpleNamespace(pytest_sessionfinish=finishing)
        self.pluginmanager = SimpleNamespace(getplugin=lambda name: self.terminal)

    def finish(self):
        for each in self.plugins:
            each.function()


class Junit:
    """As pytest's: it opens its file by name."""

    def __init__(self, path, text="<new/>"):
        self.logfile, self.text = str(path), text

    def pytest_sessionfinish(self):
        Path(self.logfile).write_text(self.text)
        if "cut" in self.text:
            raise OSError(28, "No space left on device")


def test_a_plugin_that_cannot_write_leaves_the_others_their_turn(tmp_path):
    path, notes = tmp_path / "j.xml", []
    path.write_text("<old/>")
    last = Junit(tmp_path / "last.xml")
    config = Config(Junit(path, "<cut"), last)
    outputs.keep_apart(config, lambda: True, notes.append)
    config.finish()
    assert notes == [f"JUnit XML {path} cannot be written: No space left on device"]
    assert path.read_text() == "<old/>"
    assert (tmp_path / "last.xml").read_text() == "<new/>"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["j.xml", "last.xml"]


def test_junit_xml_makes_its_folder_and_may_go_into_a_device(tmp_path):
    path, notes = tmp_path / "deep" / "j.xml", []
    config = Config(Junit(path), Junit("/dev/null"))
    outputs.keep_apart(config, lambda: True, notes.append)
    config.finish()
    assert path.read_text() == "<new/>"
    assert notes == []


@pytest.fixture
def full():
    """A stream that takes nothing."""
    with Path("/dev/full").open("w") as stream:
        yield stream


def test_a_run_without_claims_is_as_without_hw4(tmp_path, full):
    config = Config(Junit(tmp_path / "j.xml", "<cut"), stream=full)
    outputs.keep_apart(config, lambda: False, pytest.fail)
    with pytest.raises(OSError, match="No space"):
        config.finish()
    stream = config.terminal._tw._file
    stream.write("text")
    with pytest.raises(OSError, match="No space"):
        stream.flush()
    outputs.drop_output(stream)  # else it would fail once more at its end


def test_standard_output_that_fails_is_told_once_on_standard_error(capsys, full):
    notes = []
    config = Config(stream=full)
    outputs.keep_apart(config, lambda: True, notes.append)
    stream = config.terminal._tw._file
    for _ in range(3):
        stream.write("text")
        stream.flush()
    assert not stream.isatty()
    assert notes == ["standard output cannot be used: No space left on device"]
    assert capsys.readouterr().err == f"hw4: {notes[0]}\n"


def test_signs_of_life_that_cannot_be_written_end_nothing(monkeypatch, full):
    monkeypatch.setattr(progress, "_REPORT", 0.01)
    seen = []

    def view():
        seen.append(1)
        return View("collecting", 0, 0, 0.0, None, [], 0, {})

    with monkeypatch.context() as patched:
        patched.setattr(progress.sys, "stderr", full)
        with progress._lines(view):
            while len(seen) < 3:
                time.sleep(0.001)
