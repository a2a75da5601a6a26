"""The command `hw4 new`: a small claims file to start from."""

from __future__ import annotations

import argparse
import re
from importlib import resources
from pathlib import Path

from hw4.cli.exits import OK, UsageError
from hw4.files import UnwrittenError

_LONGEST = 40  # characters of a name: with it, the file's lines stay below 100


def new(options: argparse.Namespace) -> int:
    """Write test_NAME.py into the current folder, and say what to type next.

    Raises:
        UsageError: not a name for a file of tests, or the file is there.
        UnwrittenError: it cannot be written.
    """
    name = _checked(options.name)
    path = Path(f"test_{name}.py")
    text = resources.files("hw4.cli").joinpath("new_claims.py.txt").read_text(encoding="utf-8")
    _write_new(path, text.replace("NAME", name))
    print(f"claims written to {path}; to decide them: hw4 run {path}")
    return OK


def _checked(text: str) -> str:
    """Return NAME without what the file's name adds; blanks and dashes become underscores."""
    name = re.sub(r"[\s-]+", "_", text.strip())
    name = name.removesuffix(".py").removeprefix("test_")
    if not f"test_{name}".isidentifier() or not 0 < len(name) <= _LONGEST:
        raise UsageError(
            f"got name {text!r}: expected letters, digits and underscores, at most {_LONGEST}, "
            "as in batch_size"
        )
    return name


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, whole or not at all."""
    try:
        with path.open("x", encoding="utf-8") as file:
            try:
                file.write(text)
                file.flush()
            except OSError:
                path.unlink()
                raise
    except FileExistsError:
        raise UsageError(f"{path} is there already: expected another name") from None
    except OSError as error:
        raise UnwrittenError(f"{path} cannot be written: {error.strerror}") from None
