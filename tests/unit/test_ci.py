"""The commands in the workflows and in docs/ci.md are commands that there are."""

import pkgutil
import re
import shlex
from pathlib import Path

import pytest

from hw4.cli.main import _parser

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / "docs" / "ci.md"]
COMMAND = re.compile(r"^\W*(?:run: |sh '|\S*/bin/)?(hw4 (?:run|report|show|list|bench) .*)$")


def commands(text):
    """Return the `hw4` commands of a text, those that go on in the next lines whole."""
    lines = iter(text.replace("\\\n", " ").splitlines())
    for line in lines:
        if not (found := COMMAND.match(line)):
            continue
        command, indent = found[1], len(line) - len(line.lstrip())
        for more in lines:  # a folded scalar of YAML: as far in, and not the next entry
            if len(more) - len(more.lstrip()) != indent or not more.strip().startswith("--"):
                break
            command += " " + more.strip()
        yield re.split(r" \|\| | > | && ", command)[0].replace('"${files[@]}"', "--html r.html")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_is_understood(path):
    found = list(commands(path.read_text(encoding="utf-8")))
    if path.name != "tests.yml":
        assert len(found) >= 1
    for command in found:
        options = _parser().parse_args(shlex.split(command)[1:])
        assert callable(pkgutil.resolve_name(options.command))


def test_the_workflow_by_night_draws_fresh_seeds_and_writes_everything():
    found = list(commands((ROOT / ".github/workflows/claims.yml").read_text(encoding="utf-8")))
    (nightly,) = [command for command in found if "--fresh-seeds" in command]
    options = _parser().parse_args(shlex.split(nightly)[1:])
    assert all((options.ledger, options.report, options.markdown, options.badge, options.junitxml))
    assert not options.confirm
    pinned = [command for command in found if "not hw4_serial" in command]
    for confirm, command in zip((True, False), pinned, strict=True):  # a pull request, then main
        options = _parser().parse_args(shlex.split(command)[1:])
        assert (options.root_seed, options.fresh_seeds, options.marker) == (
            0,
            False,
            "not hw4_serial",
        )
        assert options.confirm is confirm


def test_actions_are_named_by_a_version():
    for path in FILES[:-1]:
        used = re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))
        assert used
        assert all(re.fullmatch(r"actions/[\w/-]+@v\d+", action) for action in used)


@pytest.mark.parametrize(
    "command", ["", "run", "list", "show", "report", "store", "new", "bench", "compare"]
)
def test_every_commands_help_can_be_shown(command, capsys):
    """`argparse` fills in percent signs only when it shows a help."""
    with pytest.raises(SystemExit) as ended:
        _parser().parse_args([*command.split(), "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: hw4 " + command)
