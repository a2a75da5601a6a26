"""The command line's own parser."""

import argparse

import pytest

from hw4.cli import main


def commands():
    """Return the parsers of the commands, by name."""
    found = [
        a.choices for a in main._parser()._actions if isinstance(a, argparse._SubParsersAction)
    ]
    return found[0]


@pytest.mark.parametrize("name", commands())
def test_every_command_can_show_its_help(name):
    """Argparse formats what is said of an option: a lone percent sign breaks it."""
    assert commands()[name].format_help().startswith(f"usage: hw4 {name} ")
