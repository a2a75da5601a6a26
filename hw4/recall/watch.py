"""What a process reads, asks of the file system and does beyond it, since a run began.

CPython tells most of it by audit events: a file that is opened, a folder that is listed, a process
that is started (https://docs.python.org/3/library/audit_events.html). It has no event for what
`os.stat` and its kin ask, and so for `os.path.exists`: those functions are replaced, from the first
file of claims that remember to the end of the run.
"""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TypeVar

STDLIB = tuple({f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib")})
SYSTEM = ("/proc/", "/sys/", "/dev/")  # the state of the machine, not files

# What these do is done for every test alike.
_MACHINERY = (
    "_pytest",
    "pytest",
    "pluggy",
    "xdist",
    "execnet",
    "coverage",
    "hw4.cli",
    "hw4.files",
    "hw4.ledger",
    "hw4.plugin",
    "hw4.processes",
    "hw4.recall",
    "hw4.store",
    "hw4.training.peak_memory",
    "platform",  # asks `uname`
    "ctypes.util",  # asks the linker
)
# Where a user has no settings yet, its first import writes its defaults. Nobody's test did.
_SETTLES = "keras.src.backend.config"
_BEYOND = {
    **dict.fromkeys(("socket.connect", "socket.sendto", "socket.getaddrinfo"), "the network"),
    **dict.fromkeys(
        (
            "subprocess.Popen",
            "os.system",
            "os.exec",
            "os.fork",
            "os.forkpty",
            "os.posix_spawn",
            "os.spawn",
            "pty.spawn",
        ),
        "another process",
    ),
}
_CHANGES = {
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink",
    "os.chmod", "os.chown", "os.utime", "os.setxattr", "os.removexattr",
}  # fmt: skip
# What changes nothing where the path is there, or where it is not: `mkdir(exist_ok=True)`.
_IN_VAIN = {"os.mkdir": True, "os.rmdir": False, "os.remove": False}
_PROBES = ("stat", "lstat", "access", "readlink")  # functions of `os`
_IMPORTS = "importlib._bootstrap_external"

T = TypeVar("T")


class Watch:
    """What has happened in this process since it was made.

    Attributes:
        began: when, in nanoseconds since the epoch.
        environment: its variables at that time.
        processes: how many `multiprocessing` had made, see `processes_made`.
        read: files that were opened, absolute, whether or not they were there.
        asked: paths that were asked about.
        listed: folders whose names were read.
        written: files that this process itself has made or emptied, before it read them.
        own: folders and files for temporary use, which no later run will find.
        settings: files of a package's own settings, which its first import may have written.
        changed: what was written, removed or renamed; a caller may clear it.
        beyond: what was used of which nothing can be seen; "" where nothing was.
        cache: for those who look at files: what they found, as long as this run takes.
    """

    def __init__(self) -> None:
        self.began = time.time_ns()
        self.environment = dict(os.environ)
        self.processes = processes_made()
        self.read: set[str] = set()
        self.asked: set[str] = set()
        self.listed: set[str] = set()
        self.written: set[str] = set()
        self.own: set[str] = set()
        self.settings: set[str] = set()
        self.changed: set[str] = set()
        self.beyond = ""
        self.cache: dict[object, object] = {}

    def start(self) -> None:
        """Begin to hear; hooks of Python stay until the process ends."""
        global _installed
        if not _installed:
            sys.addaudithook(_hear)
            _installed = True
        _watches.append(self)

    def stop(self) -> None:
        """End it, if it has not ended."""
        if self in _watches:
            _watches.remove(self)
        if not _watches:
            _unprobe()

    def is_own(self, path: str) -> bool:
        """Return whether a path is, or is within, what this process has for temporary use."""
        return any(path == each or path.startswith(f"{each}/") for each in self.own)

    def opened(self, path: str, mode: str | None, flags: int) -> None:
        """Hear that a file is opened."""
        if not (flags & (os.O_WRONLY | os.O_RDWR) or {*(mode or "")} & {*"wax+"}):
            if path not in self.written:
                self.read.add(path)
        elif "/__pycache__/" not in path and not os.path.isdir(path):  # noqa: PTH112
            # (To open a folder for writing makes a file without a name in it.)
            self.changed.add(path)
            anew = flags & (os.O_TRUNC | os.O_EXCL) or {*(mode or "")} & {*"wx"}
            if anew and path not in self.read:
                self.written.add(path)
            elif path not in self.written:
                self.read.add(path)


def processes_made() -> str:
    """Return what tells how many processes `multiprocessing` has made, of which no event tells."""
    module = sys.modules.get("multiprocessing.process")
    return repr(getattr(module, "_process_counter", "count(1)")).strip("'")


_watches: list[Watch] = []
_installed = False


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if _watches and (handler := _HANDLERS.get(event)):
        handler(event, arguments)


def _on_open(event: str, arguments: tuple[object, ...]) -> None:
    path = _absolute(arguments[0])
    if path is None or path.startswith(SYSTEM) or _by_machinery():
        return
    mode, flags = arguments[1:3]
    settles = _SETTLES in _callers(sys._getframe(1))
    for watch in _watches:
        if settles:
            watch.settings.add(path)
            continue
        watch.opened(path, mode if isinstance(mode, str) else None, int(str(flags)))


def _on_list(event: str, arguments: tuple[object, ...]) -> None:
    if sys._getframe(2).f_globals.get("__name__") == _IMPORTS:  # looks for modules
        return
    path = _absolute("." if arguments[0] is None else arguments[0])
    if path and not path.startswith((*SYSTEM, *STDLIB)) and not _by_machinery():
        for watch in _watches:
            watch.listed.add(path)


def _on_library(event: str, arguments: tuple[object, ...]) -> None:
    """Hear of a library that ctypes loads, or of an extension module that is imported."""
    named = arguments[event == "import"]
    if isinstance(named, str | bytes) and os.sep in os.fsdecode(named):
        for watch in _watches:
            watch.read.add(os.path.abspath(os.fsdecode(named)))  # noqa: PTH100 - keeps links


def _on_change(event: str, arguments: tuple[object, ...]) -> None:
    paths = [path for path in map(_absolute, arguments[:2]) if path and "/__pycache__" not in path]
    if not paths or _by_machinery() or _SETTLES in _callers(sys._getframe(1)):
        return
    vain = False
    if event in _IN_VAIN and arguments[-1] == -1:  # the path is not within a folder that is open
        vain = os.path.lexists(paths[0]) == _IN_VAIN[event]
    for watch in _watches:
        (watch.asked if vain else watch.changed).update(paths)


def _on_temporary(event: str, arguments: tuple[object, ...]) -> None:
    if path := _absolute(arguments[0]):
        for watch in _watches:
            watch.own.add(path)


def _on_beyond(event: str, arguments: tuple[object, ...]) -> None:
    if not _by_machinery():
        for watch in _watches:
            watch.beyond = watch.beyond or _BEYOND[event]


def _on_database(event: str, arguments: tuple[object, ...]) -> None:
    if arguments[0] not in (":memory:", "") and not _by_machinery():
        for watch in _watches:
            watch.beyond = watch.beyond or "a database"


_HANDLERS: dict[str, Callable[[str, tuple[object, ...]], None]] = {
    "open": _on_open,
    "os.listdir": _on_list,
    "os.scandir": _on_list,
    "import": _on_library,
    "ctypes.dlopen": _on_library,
    "tempfile.mkstemp": _on_temporary,
    "tempfile.mkdtemp": _on_temporary,
    "sqlite3.connect": _on_database,
    **dict.fromkeys(_CHANGES, _on_change),
    **dict.fromkeys(_BEYOND, _on_beyond),
}


def _absolute(path: object) -> str | None:
    """Return a path as absolute text; None of what is none, as a file's number."""
    if not isinstance(path, str | bytes | os.PathLike):
        return None
    try:
        return os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - keeps links
    except OSError:  # the current folder is gone
        return None


def _callers(frame: FrameType | None) -> Iterator[str]:
    """Return the names of the modules that call, up to the first that is none of Python's own."""
    while frame is not None:
        name, file = str(frame.f_globals.get("__name__")), frame.f_code.co_filename
        pythons = file.startswith("<frozen") or (
            file.startswith(STDLIB) and "/site-packages/" not in file
        )
        if name != __name__:
            yield name
            if not pythons:
                return
        frame = frame.f_back


def _by_machinery() -> bool:
    callers = [*_callers(sys._getframe(1))]
    return any(
        name == each or name.startswith(f"{each}.") for name in callers for each in _MACHINERY
    )


def probe() -> None:
    """Replace the functions of `os` that ask about a path, so that watches hear of it."""
    if _watches and not _replaced:
        for name in _PROBES:
            function = getattr(os, name)
            _replaced[name] = function
            setattr(os, name, _told(function))


def _unprobe() -> None:
    while _replaced:
        name, function = _replaced.popitem()
        setattr(os, name, function)


_replaced: dict[str, Callable[..., object]] = {}


def _told(function: Callable[..., T]) -> Callable[..., T]:
    """Return a function that asks the same, and tells which path was asked about."""

    @functools.wraps(function)
    def asking(*arguments: object, **options: object) -> T:
        given = arguments[0] if arguments else options.get("path")
        path = _absolute(given) if options.get("dir_fd") is None else None
        if path and not path.startswith((*SYSTEM, *STDLIB)) and not _by_machinery():
            for watch in _watches:
                watch.asked.add(path)
        return function(*arguments, **options)

    return asking
