"""Whatever lies at a path, reading it ends soon, within its bound, in bytes or in one reason."""

import contextlib
import io
import os
import socket
import stat
import tracemalloc

import pytest

from hw4.regular import Chunked, in_words, open_regular, read_regular


def reason(path, most=100):
    with pytest.raises(OSError) as error:
        read_regular(path, most)
    return error.value.strerror


def test_a_file_gives_its_bytes(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(range(100)))
    assert read_regular(path, 100) == bytes(range(100))
    (tmp_path / "link").symlink_to(path)
    assert read_regular(tmp_path / "link", 100) == bytes(range(100))


def test_a_file_beyond_the_bound_is_refused_unread(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(101))
    assert reason(path) == "it is larger than 100 bytes"
    os.truncate(path, 2**40)  # a hole, not a byte on the disk
    tracemalloc.start()
    assert reason(path, 2**21) == "it is larger than 2 MiB"
    assert tracemalloc.get_traced_memory()[1] < 2**23
    tracemalloc.stop()


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(bytes(101))
    monkeypatch.setattr(os, "fstat", lambda descriptor: os.stat_result([0] * 10))
    assert reason(path) == "it is larger than 100 bytes"


def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "to-pipe").symlink_to("pipe")
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listening, contextlib.chdir(tmp_path):
        listening.bind("socket")  # its path may have a hundred characters
        assert reason(tmp_path / "socket") == "it is a socket, no regular file"
    assert reason(tmp_path / "pipe") == "it is a pipe, no regular file"
    assert reason(tmp_path / "to-pipe") == "it is a pipe, no regular file"
    assert reason(tmp_path / "loop") == "Too many levels of symbolic links"
    assert reason(tmp_path) == "Is a directory"
    assert reason(tmp_path / "none") == "No such file or directory"
    assert reason(tmp_path.joinpath("/dev/zero")) == "it is a device, no regular file"
    assert reason(tmp_path / ("n" * 300)) == "File name too long"
    for name in ("a\0b", "half a pair \ud800"):
        assert reason(tmp_path / name) == "a file cannot be called that"


def test_a_kind_without_a_name_is_refused_too(tmp_path, monkeypatch):
    path = tmp_path / "door"
    path.write_bytes(b"")
    monkeypatch.setattr(stat, "S_IFMT", lambda mode: 0o150000)  # a door, of Solaris
    assert reason(path) == "it is something else, no regular file"


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (2**20, "1 MiB"), (2**30, "1 GiB")],
)
def test_sizes_have_their_units(size, words):
    assert in_words(size) == words
    assert in_words(5 * 2**40) == "5 TiB"


@pytest.fixture
def chunked(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(range(200)))
    with Chunked(open_regular(path), 100) as file:
        yield file


def test_a_file_in_parts_reads_as_any_other(chunked):
    assert chunked.read(0) == b""
    assert chunked.read(100) == bytes(range(100))
    assert chunked.read() == bytes(range(100, 200))
    assert (chunked.read(), chunked.read(-1), chunked.read(None)) == (b"", b"", b"")
    assert chunked.seek(300) == 300
    assert chunked.read() == b""
    assert isinstance(chunked, io.BufferedReader)


@pytest.mark.parametrize("size", [101, -1, None, 2**40])
def test_a_part_above_the_bound_is_refused(chunked, size):
    with pytest.raises(ValueError, match=r"a part of it claims to have (101|200) bytes|1 TiB"):
        chunked.read(size)
