"""The trees whose benchmarks are compared: revisions of one git repository."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


class BenchError(Exception):
    """What keeps benchmarks from being measured, in one sentence."""


@dataclass(frozen=True)
class Tree:
    """A folder with the benchmarks and the code that they measure.

    Attributes:
        name: what people call it.
        root: of the whole tree.
        folder: in it, where pytest is started.
    """

    name: str
    root: Path
    folder: Path


def git(folder: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> str:
    """Return what git prints; nothing that the repository's configuration names is executed.

    Neither hooks, nor a monitor of its files, nor what would fetch objects that it lacks. Filters
    are left to `settings`.

    Args:
        folder: of a repository.
        arguments: of git.
        settings: of git's configuration, whose names may have any characters.

    Raises:
        BenchError: git is not installed, or refused.
    """
    off = ["-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false"]
    command = ["git", "-C", str(folder), *off, *arguments]
    environment = outside_git() | {
        "GIT_ALLOW_PROTOCOL": "",  # none: no transport, so no command of one
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_CONFIG_COUNT": str(len(settings or {})),
    }
    for number, (name, value) in enumerate((settings or {}).items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",  # as Python's own paths
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    except FileNotFoundError:
        raise BenchError("git is not installed: expected it for --against") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        raise BenchError(said[-1].removeprefix("fatal: "))
    return done.stdout.strip()


def current(root: Path) -> str:
    """Return a repository's commit, with "+" where its tree has uncommitted changes.

    What lies in submodules is not looked at: they have a configuration of their own.

    Raises:
        BenchError: git refused.
    """
    listed = git(root, "config", "--null", "--name-only", "--list")
    filters = [name for name in listed.split("\0") if name.startswith("filter.")]
    off = {name: "false" if name.endswith(".required") else "" for name in filters}
    options = ["--porcelain", "--untracked-files=no", "--ignore-submodules=all"]
    changed = git(root, "status", *options, settings=off)
    return git(root, "rev-parse", "HEAD")[:12] + ("+" if changed else "")


def outside_git() -> dict[str, str]:
    """Return the environment without what git tells a hook: it names the repository to change."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def repository(folder: Path) -> Path:
    """Return the root of the git repository that a folder is in.

    Raises:
        BenchError: it is in none.
    """
    try:
        return Path(git(folder, "rev-parse", "--show-toplevel"))
    except BenchError as error:
        if not str(error).startswith("not a git repository"):
            raise
        raise BenchError(
            f"{folder} is not in a git repository: expected one for --against"
        ) from None


def resolve(root: Path, revision: str) -> str:
    """Return the commit that a revision names.

    Raises:
        BenchError: it names none.
    """
    try:
        return git(
            root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
    except BenchError:
        raise BenchError(
            f"unknown revision {revision!r} in {root}: expected a commit, branch or tag"
        ) from None


def last_tag(root: Path) -> str:
    """Return the last tag on the way to the current commit; "" where there is none."""
    try:
        return git(root, "describe", "--tags", "--abbrev=0")
    except BenchError:
        return ""


@contextlib.contextmanager
def checked_out(root: Path, commit: str) -> Iterator[Path]:
    """Check a commit out into a folder that lasts as long as the context; touch nothing else.

    The folder borrows the repository's objects. A clone would do, but not of a shallow repository:
    it takes branches only.

    Raises:
        BenchError: git cannot; its reason is said.
    """
    with tempfile.TemporaryDirectory(prefix="hw4-bench-") as folder:
        target = Path(folder) / root.name
        try:
            hashes = git(root, "rev-parse", "--show-object-format")
            new = ["init", "--quiet", "--template=", f"--object-format={hashes}", str(target)]
            git(Path(folder), *new)
            objects = root / git(root, "rev-parse", "--git-path", "objects")
            alternates = target / ".git" / "objects" / "info" / "alternates"
            alternates.write_text(f"{objects}\n", encoding="utf-8")
            git(target, "checkout", "--quiet", "--detach", commit)
            if missing := git(target, "ls-files", "--deleted"):  # of a damaged repository
                raise BenchError(f"git left out {missing.splitlines()[0]}")
        except BenchError as error:
            raise BenchError(
                f"{commit[:12]} cannot be checked out beside {root}: {error}"
            ) from None
        yield target


@dataclass(frozen=True)
class Checkouts:
    """How the trees of other commits are made ready to be measured.

    Attributes:
        root: of the repository.
        within: it, the folder where pytest is started.
        copied: patterns of what git does not have, as `copy` takes them.
        setup: a shell command to be run in each; "" for none.
    """

    root: Path
    within: Path
    copied: list[str]
    setup: str = ""

    @contextlib.contextmanager
    def tree(self, name: str, commit: str) -> Iterator[Tree]:
        """Check a commit out and make it ready, for as long as the context lasts.

        Raises:
            BenchError: it cannot be; the reason is said.
        """
        with checked_out(self.root, commit) as top:
            tree = Tree(name, top, top / self.within)
            if not tree.folder.is_dir():
                raise BenchError(f"{name} has no folder {self.within}: expected benchmarks there")
            copy(self.copied, self.root, top)
            if self.setup:
                set_up(self.setup, tree)
            yield tree


def copy(patterns: list[str], source: Path, target: Path) -> None:
    """Copy what git does not have, as built extensions, into a checkout, to the same places.

    Args:
        patterns: of files and folders from the root, with * and ** as in a shell.
        source: root of the tree that has them.
        target: root of the checkout.

    Raises:
        BenchError: a pattern fits nothing, leads out of the tree, or a file cannot be copied.
    """
    for pattern in patterns:
        parts = Path(pattern).parts
        if not parts or Path(pattern).is_absolute() or {"..", ".git"} & set(parts):
            raise BenchError(f"--copy got {pattern!r}: expected files within {source}")
        try:
            found = [path for path in source.glob(pattern) if ".git" not in path.parts]
            for path in found:
                _copy(path, target / path.relative_to(source))
        except ValueError as error:  # as of "a**"
            raise BenchError(f"--copy got {pattern!r}: {str(error).lower()}") from None
        except OSError as error:
            raise BenchError(f"--copy {pattern!r} failed: {error.strerror or error}") from None
        if not found:
            raise BenchError(f"--copy got {pattern!r}: nothing in {source} fits it")


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(path, target)


def set_up(command: str, tree: Tree) -> None:
    """Run a shell command in a checkout's root, as one that builds extensions in place.

    Raises:
        BenchError: it failed; the last line that it printed is said.
    """
    done = subprocess.run(
        command,
        shell=True,  # as the user wrote it
        cwd=tree.root,
        env=outside_git(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        said = done.stdout.strip().splitlines() or ["it printed nothing"]
        raise BenchError(f"--setup failed in {tree.name}, exit code {done.returncode}: {said[-1]}")
