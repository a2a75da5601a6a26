"""What is said of a process that ended, and of what pytest printed when it refused."""

import signal

import pytest

from hw4.processes.endings import how_it_ended, refusal


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (-signal.SIGKILL, "was killed by SIGKILL, as the system does when memory runs out"),
        (-signal.SIGSEGV, "was killed by SIGSEGV"),
        (-(signal.SIGRTMIN + 1), f"was killed by signal {signal.SIGRTMIN + 1}"),  # has no name
        (3, "ended early, exit code 3"),
    ],
)
def test_how_a_process_ended(code, said):
    assert how_it_ended(code) == said


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("ERROR: file or directory not found: x\n\n", "file or directory not found: x"),
        (
            "ERROR: usage: x.py [options]\nx.py: error: unrecognized arguments: --y\n  root: /\n",
            "unrecognized arguments: --y",
        ),
        (
            "ImportError while loading conftest '/a/conftest.py'.\nconftest.py:1: in <module>\n"
            "    import no\nE   ModuleNotFoundError: No module named 'no'\n",
            "/a/conftest.py cannot be loaded: ModuleNotFoundError: No module named 'no'",
        ),
        ("something else\n", "something else"),
        ("", "it gave no reason"),
    ],
)
def test_why_pytest_refused(printed, said):
    assert refusal(printed) == said
