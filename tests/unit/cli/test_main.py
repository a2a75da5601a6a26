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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "out.html"), "out.html cannot be used: No space"),
        (TimeoutError("the disk took too long"), "a file cannot be used: the disk took too long"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence_with_its_reason(
    monkeypatch, capsys, error, said
):
    def fail(options):
        raise error

    monkeypatch.setattr("hw4.cli.store.store", fail)
    assert main._answer(["store"]) == 3
    assert capsys.readouterr().err.startswith(f"hw4: {said}")
