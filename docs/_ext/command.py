"""The directive `command`: runs a command while the site is built, and shows it with its output.

    ```{command} hw4 compare 118/175 100/175
    ```

It runs in an empty folder. `LEDGER` stands for the ledger that the site is built from. The option
`only` keeps the part of the output that begins with this text, to the next empty line; `shows`
names a file that the command has written, to be shown as well. The directive `commands` shows the
help of each of `hw4`'s commands, a section each.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective

from hw4.cli import main as cli

MODULES = {"hw4": "hw4", "pytest": "pytest"}


def output_of(command: str, ledger: str, folder: str | None = None) -> str:
    """Return what a command prints, on both streams, in 80 columns without colour.

    Raises:
        SphinxError: it failed.
    """
    program, *arguments = shlex.split(command)
    words = [ledger if word == "LEDGER" else word for word in arguments]
    done = subprocess.run(
        [sys.executable, "-m", MODULES[program], *words],
        cwd=folder,
        env=os.environ | {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise SphinxError(f"`{command}` ended with exit code {done.returncode}: {done.stdout}")
    return done.stdout.strip("\n")


class Command(SphinxDirective):
    """A console session of one command."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"only": directives.unchanged, "shows": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the command and its output, and the file that it has written."""
        command = self.arguments[0]
        ledger = str(Path(self.config.hw4_ledger).absolute())
        with tempfile.TemporaryDirectory() as folder:
            output = output_of(command, ledger, folder)
            name = self.options.get("shows")
            written = (Path(folder) / name).read_text(encoding="utf-8") if name else ""
        if only := self.options.get("only"):
            output = only + output.partition(only)[2].partition("\n\n")[0]
        shown = session(command.replace("LEDGER", "ledger.json"), output)
        if not written:
            return [shown]
        return [shown, nodes.literal_block(written, written, language="python")]


class Commands(SphinxDirective):
    """The help of every command."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each."""
        (choices,) = (a.choices for a in cli._parser()._actions if isinstance(a.choices, dict))
        return [self._section(name) for name in choices]

    def _section(self, name: str) -> nodes.section:
        command = f"hw4 {name} --help"
        title = nodes.title("", "", nodes.literal("", f"hw4 {name}"))
        shown = session(command, output_of(command, ""))
        return nodes.section("", title, shown, ids=[f"hw4-{name}"], names=[f"hw4 {name}"])


def session(command: str, output: str) -> nodes.literal_block:
    """Return a command and its output as they stand in a terminal."""
    shown = f"$ {command}\n{output}\n"
    return nodes.literal_block(shown, shown, language="console")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("command", Command)
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
