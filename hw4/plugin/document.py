"""The text that a suite's claims quote: it goes into the ledger, so that any page can show it.

A project names its own with the ini key `hw4_document`; the guest's is in its `guest.toml`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec import UNSET, UnsetType

from hw4.files import FileError
from hw4.guest import guest
from hw4.ledger.records import Document, Entry
from hw4.plugin.options import DOCUMENT
from hw4.regular import read_regular

LARGEST = 2**20
"""How many bytes a document may have: 1 MiB, some 300 pages of a book."""

NAMED = pytest.StashKey[Document]()


def read_named(config: pytest.Config) -> None:
    """Read the document that the project names, if it does.

    Raises:
        FileError: it cannot be read.
    """
    if name := config.getini(DOCUMENT):
        folder = config.inipath.parent if config.inipath else config.rootpath
        config.stash[NAMED] = read(folder / name)


def read(path: Path) -> Document:
    """Return a document.

    Raises:
        FileError: it cannot be read, in a sentence that names it.
    """
    try:
        return Document(path.name, read_regular(path, LARGEST).decode("utf-8-sig"))
    except OSError as error:
        why = error.strerror
    except ValueError:  # not UTF-8, or a name with a NUL
        why = "expected a text file, in UTF-8"
    raise FileError(f"document {path} cannot be read: {why}")


def quoted_by(config: pytest.Config, entries: Iterable[Entry]) -> Document | UnsetType:
    """Return what a run's claims quote: the guest's text if some are the guest's.

    Raises:
        FileError: it cannot be read.
    """
    if any(entry.test.startswith(f"{guest().claims}/") for entry in entries):
        return read(guest().document)
    return config.stash.get(NAMED, UNSET)
