"""What people see: `hw4` in terminals of several kinds, and where its output is piped."""

import contextlib
import fcntl
import itertools
import os
import pty
import re
import signal
import struct
import sys
import termios
import threading
import time

import pytest
from judging import judge
from rich.console import Console
from rich.text import Text

from hw4 import Claim
from hw4.cli import progress
from hw4.cli.display import DECIDING, View
from hw4.ledger.ledger import Origin, build, record, write

CLAIMS = r"""
    import time
    import numpy as np
    import pytest
    from hw4 import claim

    @claim("It rises – slowly.", id="area/rises", source="§ 1")
    @pytest.mark.parametrize("n", range(3))
    def test_rises(seeds, n):
        '''Why it rises: naïve σ′.'''
        time.sleep(0.15)
        return 1.0 + seeds

    @claim("It falls.", id="area/" + "falls-" * 8)
    def test_falls(seeds):
        return -1.0 - seeds % 7

    @claim.rate("Three in four.", id="area/lies-between", expect=None)
    def test_between(seeds):
        time.sleep(0.02)
        return seeds // 8 % 4 > 0

    @claim.exact("One is less than two.", id="area/proof")
    def test_proof():
        assert 1 < 2
"""
EVIL = r"""
    import time
    from hw4 import claim

    EVIL = "\x1b[2J\x1b]0;owned\x07\u202e[bold]b[/bold]\r\n:smile: " + "x" * 10_000

    @claim(EVIL, id=EVIL, source=EVIL, unit=EVIL)
    def test_evil(seeds):
        time.sleep(0.1)
        return 1.0 + seeds

    @claim("It raises.", id="b" + EVIL)
    def test_raises(seeds):
        raise RuntimeError(EVIL)

    @claim.exact("It is refuted.", id="c" + EVIL)
    def test_refuted():
        assert False, EVIL
"""
COLOUR = re.compile(r"\x1b\[(\d+;)*(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]")


class Screen:
    """What a terminal shows, of the few sequences that are used here; wide writing is an error."""

    def __init__(self, columns):
        self.columns, self.lines, self.row, self.column = columns, [""], 0, 0
        self.cursor = True

    def feed(self, text):
        for part in re.findall(r"\x1b\[\??[\d;]*[A-Za-z]|[^\x1b]|\x1b.?", text):
            if part.startswith("\x1b["):
                self._control(part[2:-1], part[-1])
            else:
                assert "\x1b" not in part, f"an unknown sequence {part!r}"
                self._write(part)

    def _control(self, number, letter):
        if letter == "A":
            self.row -= int(number or 1)
            assert self.row >= 0
        elif letter == "K":
            assert number == "2"
            self.lines[self.row] = ""
        elif number == "?25":
            self.cursor = letter == "h"
        else:
            assert letter == "m", f"an unknown sequence {letter!r}"

    def _write(self, char):
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.row += 1
            self.lines += [""] * (self.row == len(self.lines))
        else:
            assert char.isprintable()
            assert self.column < self.columns, self.lines[self.row]
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + char + line[self.column + 1 :]
            self.column += 1

    def text(self):
        return "\n".join(line.rstrip() for line in self.lines)


def resize(terminal, columns, rows=24):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@contextlib.contextmanager
def opened_terminal(columns, rows=24, meanwhile=None):
    """Give the file number of a terminal and what is written there, complete after the context."""
    controller, terminal = pty.openpty()
    resize(terminal, columns, rows)
    before = termios.tcgetattr(controller)
    written = bytearray()

    def read():
        with contextlib.suppress(OSError):  # all that wrote there have ended
            while more := os.read(controller, 1 << 16):
                written.extend(more)
                if meanwhile:
                    meanwhile(written, controller)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield terminal, written
    finally:
        os.close(terminal)
        reader.join(60)
        after = termios.tcgetattr(controller)
        os.close(controller)
    assert after == before


def text_of(written):
    """Return bytes from a terminal as `Screen` reads them."""
    return written.decode().replace("\r\n", "\n\r")


def in_terminal(hw4, arguments, columns, rows=24, meanwhile=None, **environment):
    """Run a command in a terminal of its own; return its exit code and all that it wrote there.

    Args:
        hw4: the shell.
        arguments: of the command.
        columns: of the terminal.
        rows: of the terminal.
        meanwhile: called with what it has written so far, and the controller of its terminal,
            whenever it has written more.
        environment: added to the shell's.
    """
    hw4.extra |= {"TERM": "xterm-256color", **environment}
    with opened_terminal(columns, rows, meanwhile) as (terminal, written):
        code = hw4.run(arguments, terminal, terminal)
    text = text_of(written)
    assert "Traceback" not in text
    return code, text


def plain(written):
    """Return what was written without its colours and weights."""
    return re.sub(r"\x1b\[[\d;]*m", "", written)


@pytest.fixture(autouse=True)
def _more_frames(monkeypatch):
    """Draw more often than people need it, so that claims need not take long to be seen."""
    monkeypatch.setattr(progress, "_FRAMES", 20)


@pytest.fixture
def claims(hw4):
    """The arguments that decide six claims, of which one is not as registered."""
    hw4.write("claims.py", CLAIMS)
    return ["run", "claims.py", "--store", "store.sqlite", "--jobs", 1]


@pytest.fixture
def decided(hw4):
    """The ledger of a claim of three instances, as `hw4 run` would have written it."""
    stated = Claim("It rises – slowly.", "area/rises", source="§ 1")
    origins = [Origin(f"t.py::t[{n}]", str(n), {}, "Why it rises: naïve σ′.") for n in range(3)]
    judgement = judge(stated, 0, lambda seeds: 1.0 + seeds % 97)
    records = [record(stated, each, "supported", judgement, [], 1.0, False) for each in origins]
    write(hw4.folder / "ledger.json", build(records, [], "quick", 0))


# While it runs


VERDICTS = {  # in columns, what is told of each claim as soon as it is decided
    40: [
        "✓ supported area/proof",
        "✓ supported area/rises [0]",
        "✓ supported area/rises [1]",
        "✓ supported area/rises [2]",
        "✗ refuted area/falls-fal…s-falls-falls-",
        "· inconclusive area/lies-between",
    ],
    80: [
        "✓ supported     area/proof  proof",
        "✓ supported     area/rises [0]  16 of 16 seeds, +1.22e9",
        "✓ supported     area/rises [1]  16 of 16 seeds, +1.22e9",
        "✓ supported     area/rises [2]  16 of 16 seeds, +1.22e9",
        "✗ refuted       area/falls-fall…ls-falls-falls-  registered as supported; 0 of…",
        "· inconclusive  area/lies-between  48 of 64 seeds, 75 %",
    ],
}


@pytest.mark.parametrize(("columns", "jobs"), [(40, 1), (80, 2)])
def test_verdicts_come_one_by_one_and_progress_leaves_nothing(hw4, claims, columns, jobs):
    """Below the verdicts stands what a pipe of so many columns gets, and the cursor is back."""
    code, written = in_terminal(hw4, [*claims, "--jobs", jobs], columns)
    screen = Screen(columns)
    screen.feed(written)
    hw4.extra = {"COLUMNS": str(columns)}
    piped = hw4(*claims)
    told, _, rest = screen.text().partition("\n\n")
    lines = told.splitlines()
    assert code == piped[0] == 1
    assert rest == piped[1]
    in_order = list if jobs == 1 else sorted
    assert in_order(lines) == in_order(VERDICTS[columns])
    assert screen.cursor
    assert max(map(len, piped[1].splitlines())) <= columns
    drawn = plain(written)
    assert ("starting 2 workers   0:0" in drawn) == (jobs == 2)
    assert re.search(r"deciding   [━─]{16}", drawn)
    assert "of 6 claims" in drawn
    assert re.search(r"   8 seeds  area/rises \[\d\]", drawn)
    assert "✗ 1 not as registered" in drawn


def test_no_verdict_is_lost_while_progress_is_redrawn(tmp_path, monkeypatch):
    """One thread prints verdicts, another draws as fast as it can, higher and lower each time."""
    heights = itertools.cycle([1, 12, 3, 8])
    interval = sys.getswitchinterval()

    def view(*_):
        return View(DECIDING, running=dict.fromkeys(map(str, range(next(heights))), 8))

    watcher = progress.Watcher()
    monkeypatch.setattr(watcher, "view", view)
    monkeypatch.setattr(progress.display, "verdict", lambda record, width: Text(record))
    monkeypatch.setattr(progress, "_FRAMES", 10_000)
    told = [f"verdict {number}" for number in range(100)]
    with opened_terminal(80) as (terminal, written), open(terminal, "w", closefd=False) as file:
        console = Console(file=file, force_terminal=True, legacy_windows=False)
        try:
            sys.setswitchinterval(1e-6)  # one thread is interrupted by the other wherever it can be
            with progress.bar(watcher, tmp_path / "progress", console):
                for each in told:
                    watcher.show(each)
        finally:
            sys.setswitchinterval(interval)
    screen = Screen(80)
    screen.feed(text_of(written))
    assert screen.text().rstrip().splitlines() == told


@pytest.mark.parametrize(
    ("before", "after", "falls"),
    [
        (40, 100, "falls-falls-  registered as supported; 0 of 6 seeds,"),
        (100, 40, "✗ refuted area/falls-fal…s-falls-falls-\n"),
    ],
    ids=["wider", "narrower"],
)
def test_a_verdict_fits_the_terminal_as_it_is_by_then(hw4, claims, before, after, falls):
    def change(written, controller):
        if b"area/proof" in written:
            resize(controller, after)

    _, written = in_terminal(hw4, claims, before, meanwhile=change)
    assert falls in plain(written)


def test_a_terminal_of_two_rows_has_one_line_of_progress(hw4, claims):
    code, written = in_terminal(hw4, claims, 80, rows=2)
    screen = Screen(80)
    screen.feed(written)
    assert code == 1
    assert screen.cursor
    assert "\x1b[1A\x1b[2K\x1b[1A" not in written  # never two lines up
    assert "deciding" in plain(written)
    assert "deciding" not in screen.text()


def test_the_timing_of_claims_has_a_phase_of_its_own(hw4):
    text = (
        CLAIMS
        + """
    @claim.timing("It takes longer.", id="area/takes-longer", expect=None)
    def test_takes_longer(stopwatch):
        return stopwatch(lambda: sum(range(2000)), lambda: sum(range(500)))
    """
    )
    hw4.write("claims.py", text)
    _, written = in_terminal(hw4, ["run", "claims.py", "--jobs", 2, "--store", "s"], 80)
    screen = Screen(80)
    screen.feed(written)
    drawn = plain(written)
    assert "timing, alone on the machine" in drawn
    # The claim that waits for the workers to go is counted from the start.
    assert set(re.findall(r"of (\d+) claims ", drawn)) == {"7"}
    assert "alone on the machine" not in screen.text()
    told = screen.text().partition("\n\n")[0].splitlines()
    assert re.match(r"· supported     area/takes-longer  ×[\d.]+ \(×[\d.]+ to ", told[-1])
    assert re.search(r"^·  takes-longer +supported +48 r +×", screen.text(), re.MULTILINE)


def test_a_claim_that_is_skipped_does_not_run_for_ever(hw4):
    text = CLAIMS.replace("assert 1 < 2", "pytest.skip('no')")
    hw4.write("claims.py", text)
    _, written = in_terminal(hw4, ["run", "claims.py", "--jobs", 1, "--store", "s"], 80)
    last = plain(written).rpartition("deciding")[2]
    assert "6 of 6 claims" in last
    assert "seeds  area/proof" not in last


def test_a_run_that_is_terminated_gives_the_cursor_back(hw4_process):
    """As by `timeout`; Ctrl-C is tested with the command line."""
    hw4_process.write("claims.py", CLAIMS.replace("0.15", "0.6"))

    def terminate(written, controller):
        if b"deciding" in written and b"8 seeds" in written:
            hw4_process.process.terminate()

    arguments = ["run", "claims.py", "--jobs", 1, "--store", "s"]
    code, written = in_terminal(hw4_process, arguments, 80, meanwhile=terminate)
    assert code == 128 + signal.SIGTERM
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")


def test_a_terminal_that_does_not_know_its_size_has_eighty_columns(hw4, claims):
    code, written = in_terminal(hw4, claims, columns=0, rows=0)
    screen = Screen(80)
    screen.feed(written)
    assert code == 1
    assert screen.text().splitlines()[0] == VERDICTS[80][0]
    assert "\n\n   claim" in screen.text()


# Without colour, without control, without letters


def test_without_colour_there_is_bold_and_no_colour(hw4, claims):
    code, coloured = in_terminal(hw4, claims, 80)
    assert COLOUR.search(coloured)
    _, written = in_terminal(hw4, claims, 80, NO_COLOR="1")
    assert code == 1
    assert not COLOUR.search(written)
    assert "\x1b[1m" in written


def test_a_dumb_terminal_gets_verdicts_one_by_one_and_a_pipe_all_at_once(hw4, claims):
    code, written = in_terminal(hw4, claims, 80, TERM="dumb")
    hw4.extra = {}
    piped = hw4(*claims)
    assert code == piped[0] == 1
    told = "".join(f"{line}\n" for line in VERDICTS[80])
    assert written.replace("\n\r", "\n") == f"{told}\n{piped[1]}"
    assert "\x1b" not in written
    assert max(map(len, piped[1].splitlines())) <= 80
    assert piped[1].splitlines()[0].split() == ["claim", "verdict", "seeds", "share", "effect"]
    assert piped[2] == ""


def test_colour_that_is_forced_into_a_pipe_is_colour_and_nothing_else(hw4, claims):
    """As GitHub's runners are often told to; progress is not drawn there."""
    hw4.extra = {"FORCE_COLOR": "1"}
    code, out, err = hw4(*claims)
    assert (code, err) == (1, "")
    assert COLOUR.search(out)
    assert "\x1b" not in plain(out)
    assert "deciding" not in out


COMMANDS = {
    "list": ["list", "claims.py"],
    "show": ["show", "area/rises", "--ledger", "ledger.json"],
    "show instance": ["show", "area/rises [1]", "--ledger", "ledger.json"],
    "compare": ["compare", "118/175", "100/175"],
    "help": ["--help"],
    "error": ["show", "naïve – no", "--ledger", "ledger.json"],
}


def test_every_command_can_be_read_where_letters_are_lacking(hw4, claims, decided):
    hw4.extra = {"PYTHONIOENCODING": "ascii"}
    code, out, err = hw4(*claims)
    assert (code, err) == (1, "")
    said = [out]
    for name, command in COMMANDS.items():
        code, out, err = hw4(*command)
        assert code == (2 if name == "error" else 0), name
        said += [out, err]
    assert "".join(said).isascii()
    assert "+  rises [1]" in said[0]
    assert "x area/falls-falls-" in said[0]
    assert '"It rises - slowly."' in "".join(said)
    assert "Why it rises: naive" in "".join(said)


@pytest.mark.parametrize(
    ("locale", "mark"), [({"PYTHONIOENCODING": "ascii"}, "+"), ({"LC_ALL": "C"}, "✓")]
)
def test_a_process_writes_the_letters_that_its_locale_has(hw4_process, claims, locale, mark):
    """Python takes UTF-8 for the locale C, so that only the first has nothing but ASCII."""
    hw4_process.extra = locale
    code, out, err = hw4_process(*claims)
    assert (code, err) == (1, "")
    assert f"{mark}  rises [1]" in out


def test_progress_is_drawn_in_ascii_where_there_is_nothing_else(hw4, claims):
    code, written = in_terminal(hw4, claims, 80, PYTHONIOENCODING="ascii")
    screen = Screen(80)
    screen.feed(written)
    assert code == 1
    assert written.isascii()
    assert re.search(r"deciding   =+-+   ", plain(written))
    assert "+  rises [1]" in screen.text()


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_fits_the_terminal(hw4, claims, decided, name, columns):
    code, written = in_terminal(hw4, COMMANDS[name], columns)
    assert code == (2 if name == "error" else 0)
    assert "\x1b" not in written
    if name not in ("help", "error"):  # argparse's own; one sentence that the terminal wraps
        assert max(map(len, written.replace("\r", "").splitlines())) <= columns


# Hostile text


def test_text_of_claims_does_not_steer_the_terminal(hw4):
    hw4.write("claims.py", EVIL)
    code, written = in_terminal(hw4, ["run", "claims.py", "--jobs", 1, "--store", "s"], 80)
    screen = Screen(80)  # which knows no other sequences than ours
    screen.feed(written)
    assert code == 3
    assert "\u202e" not in written
    assert r"\x1b[2J\x1b]0;owned\x07\u202e[bold]b[/bold]" in screen.text().replace("\n", " ")
    assert ":smile:" in screen.text()
    assert len(screen.text().splitlines()) < 80
    hw4.extra = {}
    for command in (["list", "claims.py"], ["show", "nothing"]):
        said = "".join(hw4(*command)[1:])
        assert said.replace("\n", "").isprintable()


# Where nothing can be redrawn


def test_a_log_shows_signs_of_life_now_and_then(monkeypatch, capfd):
    """On standard error, also while pytest has taken that away; `hw4 run > file` stays clean."""
    monkeypatch.setattr(progress, "_REPORT", 0.01)
    view = View(DECIDING, done=3, total=9, elapsed=61)
    out, err, end = "", "", time.monotonic() + 60
    with progress._lines(lambda: view):
        while err.count("\n") < 2 and time.monotonic() < end:
            time.sleep(0.01)
            more = capfd.readouterr()
            out, err = out + more.out, err + more.err
    assert out == ""
    lines = err.splitlines()
    assert len(lines) >= 2
    assert set(lines) == {"hw4: deciding: 3 of 9 claims after 1:01"}
