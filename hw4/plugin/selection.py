"""What chose the claims of a run, in words of a command line."""

from __future__ import annotations

import os
import shlex

import pytest

from hw4.guest import ROOT, guest


def selection(config: pytest.Config) -> str:
    """Return the paths and the options that chose the tests, "" where nothing did.

    As "tests/claims -k batch". Two runs that were chosen alike have run the same claims, unless one
    of these is gone.
    """
    option = config.option
    words = _paths(config)
    for name, value in (("-k", option.keyword), ("-m", option.markexpr)):
        words += [name, value] if value else []
    for nodeid in option.deselect or ():
        words += ["--deselect", nodeid]
    for name in ("lf", "stepwise"):
        words += [f"--{name}"] if getattr(option, name, False) else []
    words += [f"--maxfail={option.maxfail}"] if option.maxfail else []
    return shlex.join(words)


def _paths(config: pytest.Config) -> list[str]:
    """Return the paths that were given, from the folder of the command; the guest's are none."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return []
    found = []
    for argument in config.args:
        path, colons, test = argument.partition("::")
        whole = config.invocation_params.dir / path
        if colons or whole.resolve() != ROOT / guest().claims:
            found.append(os.path.relpath(whole, config.invocation_params.dir) + colons + test)
    return found
