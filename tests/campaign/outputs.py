"""Outputs that cannot be written: the others are, the table is printed, and the message names them.

A disk is full (a file system of a few pages, which needs the right to mount one; without it, only
standard output is), the size of files is limited, or the folder disappears meanwhile.
"""

import contextlib
import functools
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

CLAIMS = """
import os, shutil
import pytest
from hw4 import claim

@claim("It rises.", id="rises")
@pytest.mark.parametrize("n", range(3))
def test_rises(seeds, n):
    if "VANISHING" in os.environ:
        shutil.rmtree(os.environ["VANISHING"], ignore_errors=True)
    return 1.0 + seeds

def test_speed(benchmark):
    benchmark.pedantic(int, rounds=2)
"""
HEADLINE = "3 claims: 3 supported"
LIMIT = 2048  # bytes of a file: a badge has fewer, the others have more


def _json(path):
    json.loads(path.read_text(encoding="utf-8"))


def _page(path):
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")


def _summary(path):
    assert "3 supported" in path.read_text(encoding="utf-8")


WHOLE = {  # what raises unless an output is whole
    "ledger": _json,
    "report": _page,
    "html": _page,
    "markdown": _summary,
    "badge": _json,
    "json": _json,
    "junitxml": ElementTree.parse,
}
ALL = ["ledger", "report", "markdown", "badge", "junitxml"]
RUNNERS = {  # a command → the outputs that it can write
    ("hw4", "run", "claims.py", "--jobs=1"): ALL,
    ("hw4", "run", "claims.py", "--jobs=2"): ALL,
    ("pytest", "claims.py", "-kclaim or rises"): ["ledger", "junitxml"],
    ("pytest", "claims.py", "-krises", "-n2"): ["ledger", "junitxml"],
    ("hw4", "report", "old.json", "--baseline=old.json"): ["html", "markdown", "badge"],
    ("hw4", "bench", "claims.py"): ["json"],
}
NAMES = {"html": "report", "junitxml": "JUnit XML", "json": "benchmark JSON"}  # in messages


def failing(seed, count):
    """Let outputs fail; return how often which kind of fault was told as it should.

    Args:
        seed: draws which outputs of which command fail, and how.
        count: of commands.
    """
    draw, found = random.Random(seed), Counter()
    cases = [(runner, fault) for runner in RUNNERS for fault in FAULTS]
    cases = draw.sample(cases, len(cases))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "claims.py").write_text(CLAIMS, encoding="utf-8")
        _run(place, ("hw4", "run", "claims.py", "--jobs=1", "--ledger=old.json"))
        for number in range(count):
            runner, fault = cases[number % len(cases)]
            outputs = RUNNERS[runner]
            broken = draw.sample([*outputs, "standard output"], draw.randint(1, len(outputs)))
            found[FAULTS[fault](place, runner, broken)] += 1
    return found


def _run(place, command, out=subprocess.PIPE, limit=None, **environment):
    """Run a command; return its exit code and what it printed, both streams together and apart."""
    program, *arguments = command
    settled = os.environ | environment
    settled |= {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "hw4.plugin.hooks,xdist.plugin,pytest_benchmark.plugin",
        "XDG_CACHE_HOME": str(place / "cache"),
        "COLUMNS": "100",
    }
    prefix = "--hw4-" if program == "pytest" else "--"
    store = [] if arguments[0] in ("report", "bench") else [f"{prefix}store=store"]
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments, *store],
        cwd=place,
        env={name: settled[name] for name in settled if name != "GITHUB_STEP_SUMMARY"}
        | environment,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
        timeout=300,
    )
    assert "Traceback" not in (done.stdout or "") + done.stderr, done.stderr
    assert "INTERNALERROR" not in (done.stdout or ""), done.stdout
    return done.returncode, done.stdout or "", done.stderr


def _answered(place, runner, folders, **options):
    """Write every output into its folder, and check each: it is whole, or it is named.

    Returns the outputs that were not written.
    """
    paths = {name: folders[name] / f"out.{name}" for name in RUNNERS[runner]}
    for path in paths.values():
        path.unlink(missing_ok=True)
    options_of = {"ledger": "hw4-ledger"} if runner[0] == "pytest" else {}
    command = (*runner, *(f"--{options_of.get(name, name)}={path}" for name, path in paths.items()))
    code, out, err = _run(place, command, **options)
    failed = []
    for name, path in paths.items():
        said = f"{NAMES.get(name, name)} {path} cannot be written: "
        if said in out + err:
            failed.append(name)
        else:
            assert path.exists(), (name, out, err)
            WHOLE[name](path)
    printed = options.get("out", subprocess.PIPE) == subprocess.PIPE
    if not printed:
        assert "standard output cannot be used: No space left on device" in err, err
        failed.append("standard output")
    elif runner[1] == "report":
        assert "no change" in out or "3 claims" in out, out
    elif runner[1] != "bench":
        assert HEADLINE in out, out
    assert code == (3 if failed else 0), (code, failed, out, err)
    return failed


def _full(place, runner, broken):
    """Let outputs lie on a full disk."""
    with _full_disk(place) as disk, Path("/dev/full").open("w") as nowhere:
        folders = {name: disk if disk and name in broken else place for name in RUNNERS[runner]}
        # Standard output is pytest's own affair until the first claim is decided.
        full = "standard output" in broken and runner[0] == "hw4" and runner[1] != "bench"
        options = {"out": nowhere} if full else {}
        failed = _answered(place, runner, folders, **options)
    assert disk is None or set(failed) >= set(broken) - {"standard output"}
    return "a full disk" if disk else "full standard output only"


@contextlib.contextmanager
def _full_disk(place):
    disk = place / "disk"
    disk.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        yield None
        return
    try:
        with contextlib.suppress(OSError), (disk / "filling").open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 1024)
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _limited(place, runner, broken):
    """Limit the size of every file; which outputs are too large is theirs to find out."""
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (LIMIT, LIMIT))
    failed = _answered(place, runner, dict.fromkeys(RUNNERS[runner], place), limit=limit)
    assert failed
    return "a limit on the size of files"


def _vanishing(place, runner, broken):
    """Let the folder of some outputs disappear while claims are decided."""
    gone = place / "gone"
    gone.mkdir(exist_ok=True)
    broken = [name for name in broken if name != "standard output"]
    folders = {name: gone if name in broken else place for name in RUNNERS[runner]}
    failed = _answered(place, runner, folders, VANISHING=str(gone))
    # Two commands decide nothing meanwhile, and for JUnit XML pytest makes the folder anew.
    if runner[1] not in ("report", "bench") and "junitxml" not in broken:
        assert set(failed) == set(broken)
    return "a folder that disappears"


FAULTS = {"full": _full, "limited": _limited, "vanishing": _vanishing}
