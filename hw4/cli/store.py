"""The command `hw4 store`: what the store holds, and whether it is what was written."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hw4.cli.exits import OK
from hw4.plural import numbered
from hw4.recall import memory
from hw4.report.text.terminal import visible
from hw4.store.database import LIMIT, StoreError, check
from hw4.store.store import Store, default_path
from hw4.store.upkeep import Contents, inspect
from hw4.training import peak_memory, recipe


def store(options: argparse.Namespace) -> int:
    """Print where the store is, how large and of which versions, and drop what is of no use.

    Raises:
        StoreError: it cannot be read, is none, or cannot be written.
    """
    path = (options.store or default_path()).absolute()
    check(path)
    if not path.exists():
        print(visible(f"no runs are kept yet: {path} does not exist"))
        return OK
    usable = _usable()
    contents = inspect(path)
    print("\n".join(map(visible, _described(path, contents, usable))))
    useless = contents.useless(usable)
    if useless or contents.damage:
        _tidy(path, contents, usable, f"drop {_runs(useless)} of no use here", options.yes)
    return OK


def _usable() -> set[str] | None:
    """Return the versions whose runs this installation can use; None where it cannot train."""
    try:
        return {recipe.origin(), peak_memory.origin(), memory.origin()}
    except RuntimeError:
        return None


def _described(path: Path, contents: Contents, usable: set[str] | None) -> list[str]:
    """Return a line on the whole, one for each of the versions, and one for each file set aside."""
    all_runs = sum(contents.runs.values()) + contents.unverified
    verify = (
        "1 does not verify" if contents.unverified == 1 else f"{contents.unverified} do not verify"
    )
    said = [
        f"{path}: {_bytes(contents.size)} of at most {_bytes(LIMIT)}, {_runs(all_runs)}, "
        + (verify if contents.unverified else "all verify")
    ]
    for versions, count in sorted(contents.runs.items(), key=lambda each: (-each[1], each[0])):
        other = usable is not None and versions not in usable
        said.append(f"{count:>9,}  {versions}" + " (not these versions)" * other)
    if contents.damage:
        said.append(f"damaged: {contents.damage}")
    said += [f"set aside: {name}, {_bytes(size)}" for name, size in contents.asides]
    return said


def _tidy(path: Path, contents: Contents, usable: set[str] | None, what: str, yes: bool) -> None:
    """Ask, and drop; where nobody can be asked, say how to."""
    what = f"set the damaged file aside and {what}" if contents.damage else what
    if not yes and not (sys.stdin and sys.stdin.isatty()):
        print(f"to {what}: hw4 store --yes")
        return
    if not yes and not _agreed(f"{what}? [y/N] "):
        return
    found = Store(path)
    dropped = found.drop(usable, contents.damage)
    found.close()
    said = found.news.sentences()
    if dropped is None:
        raise StoreError("; ".join(said))
    said.append(f"{_runs(dropped)} dropped, now {_bytes(path.stat().st_size)}")
    print("\n".join(map(visible, said)))


def _agreed(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


def _runs(count: int) -> str:
    return numbered(count, "run")


def _bytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"
