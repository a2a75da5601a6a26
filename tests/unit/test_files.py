import os
import stat

import pytest

from hw4 import files
from hw4.files import FileError


def refusal(path, **options):
    with pytest.raises(FileError) as error:
        files.check_target(path, "report", **options)
    return str(error.value)


def test_a_folder_is_no_target(tmp_path):
    assert refusal(tmp_path) == f"report {tmp_path} is a folder: expected the name of a file"


def test_a_target_needs_its_folder(tmp_path):
    path = tmp_path / "missing" / "r.html"
    assert refusal(path) == f"report {path} cannot be written: its folder does not exist"
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "r.html"
    assert refusal(path) == f"report {path} cannot be written: its folder does not exist"


def test_a_folder_without_permission_is_refused_before_the_work_begins(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, mode: place != tmp_path)
    path = tmp_path / "r.html"
    assert refusal(path) == f"report {path} cannot be written: its folder is read-only"
    path.write_text("old")
    files.check_target(path, "report", appended=True)  # the file itself may be written


def test_a_file_without_permission_cannot_be_appended_to(tmp_path, monkeypatch):
    path = tmp_path / "m.md"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda place, mode: place != path)
    assert refusal(path, appended=True) == f"report {path} cannot be written: it is read-only"
    files.check_target(path, "report")  # but replaced


def test_a_device_is_never_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refusal(pipe).endswith("is no regular file: expected one that can be replaced")
    for device in ("/dev/null", "/dev/stdout", "/dev/stdin.html"):  # the second may lead to a file
        assert f"{device} is no regular file" in refusal(files.Path(device))
    files.check_target(files.Path("/dev/null"), "report", appended=True)


def test_a_name_that_is_too_long_is_refused(tmp_path):
    assert refusal(tmp_path / ("a" * 300)).endswith("cannot be written: File name too long")


def test_the_longest_name_there_is_can_be_written(tmp_path):
    path = tmp_path / ("a" * 255)
    files.check_target(path, "report")
    files.write_text(path, "text", "report")
    assert path.read_text() == "text"


def test_a_good_target_is_not_touched(tmp_path):
    files.check_target(tmp_path / "r.html", "report")
    assert list(tmp_path.iterdir()) == []


def test_the_old_file_stays_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("old")

    def full(part, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.Path, "replace", full)
    with pytest.raises(FileError) as error:
        files.write_text(path, "new", "report")
    assert str(error.value) == f"report {path} cannot be written: No space left on device"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_folder_that_a_link_leads_to_must_be_there(tmp_path):
    link = tmp_path / "r.html"
    link.symlink_to(tmp_path / "missing" / "r.html")
    assert refusal(link) == f"report {link} cannot be written: its folder does not exist"


def test_what_a_link_leads_to_is_written(tmp_path):
    (tmp_path / "target").write_text("old")
    link = tmp_path / "link"
    link.symlink_to("target")
    files.write_text(link, "new", "report")
    assert link.is_symlink()
    assert (tmp_path / "target").read_text() == "new"


def test_links_that_go_round_in_a_circle_are_no_trouble(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(link)
    files.check_target(link, "report")
    files.write_text(link, "new", "report")
    assert link.read_text() == "new"


def test_half_a_surrogate_pair_becomes_a_question_mark(tmp_path):
    files.write_text(tmp_path / "a", "a\ud800b", "report")
    files.append_text(tmp_path / "a", "\udfff", "report")
    assert (tmp_path / "a").read_bytes() == b"a?b?"


# Appending


def test_text_is_appended_to_what_is_there(tmp_path):
    path = tmp_path / "m.md"
    files.append_text(path, "één\n", "markdown")
    files.append_text(path, "two\n", "markdown")
    assert path.read_text(encoding="utf-8") == "één\ntwo\n"


def test_a_disk_that_gets_full_while_appending_leaves_the_old_text(tmp_path, monkeypatch):
    path = tmp_path / "m.md"
    path.write_text("old")
    write, written = os.write, []

    def filling(descriptor, content):
        if written:
            raise OSError(28, "No space left on device")
        written.append(write(descriptor, content[:3]))
        return written[0]

    monkeypatch.setattr(os, "write", filling)
    with pytest.raises(FileError) as error:
        files.append_text(path, "much more", "markdown")
    assert str(error.value) == f"markdown {path} cannot be written: No space left on device"
    assert written == [3]
    assert path.read_text() == "old"


def test_a_full_device_is_a_sentence():
    with pytest.raises(FileError, match="markdown /dev/full cannot be written: No space left"):
        files.append_text(files.Path("/dev/full"), "text", "markdown")
    assert stat.S_ISCHR(files.Path("/dev/full").stat().st_mode)
