"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text file; an old one stays as it was when writing fails.

    Raises:
        OSError: the file cannot be written.
    """
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=path.name, suffix=".part", delete=False
    ) as part:
        try:
            part.write(text)
            part.close()
            umask = os.umask(0)
            os.umask(umask)
            Path(part.name).chmod(0o666 & ~umask)  # a temporary file is its owner's alone
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink()
            raise
