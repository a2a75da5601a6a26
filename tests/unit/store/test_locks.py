"""Locks between processes: runs that one of them trains, and folders that one of them tidies."""

import contextlib
import errno
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from hw4.store import locks
from hw4.store.locks import Reservations, alone

KEY = "00f" + 61 * "0"  # as a recipe's key: 64 hexadecimal digits, the first 15 are a place

HOLDER = """
import pathlib, sys
from hw4.store.locks import Reservations
with Reservations(pathlib.Path(sys.argv[1])).reserved(sys.argv[2], wait=False) as reserved:
    print(reserved, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.lock"


@pytest.fixture
def reservations(path):
    with contextlib.closing(Reservations(path)) as found:
        yield found


def reserved_elsewhere(path):
    """Return whether another process could reserve the run now."""
    tried = [sys.executable, "-c", HOLDER, str(path), KEY]
    found = subprocess.run(tried, input="", capture_output=True, text=True, check=True)
    return found.stdout != "True\n"


def test_a_run_is_reserved_for_one_process_until_it_dies(reservations, path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "True\n"
        with reservations.reserved(KEY, wait=False) as reserved:
            assert not reserved
        with reservations.reserved("1" + KEY[1:], wait=False) as another:
            assert another
        threading.Timer(0.1, holder.kill).start()
        with reservations.reserved(KEY, wait=True) as reserved:
            assert reserved
            assert holder.wait() != 0


def test_a_reservation_ends_with_its_block_also_by_an_exception(reservations, path):
    with reservations.reserved(KEY, wait=False):
        assert reserved_elsewhere(path)
    with pytest.raises(ZeroDivisionError), reservations.reserved(KEY, wait=False):
        _ = 1 / 0
    assert not reserved_elsewhere(path)


NO_LOCKS = {
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a circle of links": lambda path: path.symlink_to(path),
    "a device": lambda path: path.symlink_to("/dev/null"),
}


@pytest.mark.parametrize("kind", NO_LOCKS)
def test_where_the_file_is_none_all_is_reserved(path, kind):
    NO_LOCKS[kind](path)
    with contextlib.closing(Reservations(path)) as reservations:
        for wait in (False, True):
            with reservations.reserved(KEY, wait=wait) as reserved:
                assert reserved


@pytest.mark.parametrize("reason", [errno.EDEADLK, errno.ENOLCK, errno.EINVAL])
def test_a_lock_that_the_system_refuses_is_no_reason_to_wait(reservations, monkeypatch, reason):
    """As where it fears that two processes wait for each other."""

    def refuse(*_):
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(locks.fcntl, "lockf", refuse)
    with reservations.reserved(KEY, wait=True) as reserved:
        assert reserved


def test_where_there_are_no_file_locks_nobody_waits(monkeypatch, path):
    monkeypatch.setitem(sys.modules, "fcntl", None)  # as on Windows
    spec = importlib.util.spec_from_file_location("without_locks", locks.__file__)
    without = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(without)
    with contextlib.closing(without.Reservations(path)) as reservations:
        for wait in (False, True):
            with reservations.reserved(KEY, wait=wait) as reserved:
                assert reserved
    with without.alone(path.parent), without.alone(path.parent):
        assert not path.exists()


def test_one_lane_at_a_time_is_alone_in_a_folder(tmp_path):
    inside, most = [], []

    def work():
        with alone(tmp_path):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    lanes = [threading.Thread(target=work) for _ in range(8)]
    with alone(tmp_path):
        for lane in lanes:
            lane.start()
        assert most == []
    for lane in lanes:
        lane.join()
    assert most == [1] * 8


def test_nobody_waits_for_a_folder_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "WAIT", 0.05)
    with alone(tmp_path), alone(tmp_path):
        pass
    with alone(tmp_path / "missing"):
        pass


def test_a_folder_that_has_no_locks_is_not_waited_for(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EBADF, "Bad file descriptor")  # as NFS says of a folder

    system = SimpleNamespace(flock=refuse, LOCK_EX=2, LOCK_NB=4)
    monkeypatch.setattr(locks, "fcntl", system)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with alone(tmp_path):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
