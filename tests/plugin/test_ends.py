"""How runs end that a signal ends, and what they leave behind: a sentence and nothing else."""

import os
import signal
import time
from pathlib import Path

import pytest

WAITING = """
    import os
    import time
    import pytest
    from hw4 import claim

    @pytest.fixture
    def torn_down():
        yield
        open("torn-down", "w").close()

    @claim("It rises.", id="it/rises")
    def test_rises(seeds):
        return 1.0 + seeds

    @claim("It waits.", id="it/waits")
    def test_waits(seeds, torn_down):
        with open("begun", "w") as file:
            file.write(f"{{os.getpid()}}\\n")
        {wait}
"""
SLEEP = "time.sleep(600)"
KEPT = "finished runs are kept: the same command goes on from there"


@pytest.fixture
def begin(hw4_process, tmp_path_factory):
    """Return a function that starts a command and waits until one of its claims waits for ever.

    It returns the process and that of the claim; `begin.temporary` has its temporary files.
    """
    temporary = tmp_path_factory.mktemp("temporary")
    hw4_process.extra["TMPDIR"] = str(temporary)
    started = []

    def begin(*arguments, wait=SLEEP, **options):
        hw4_process.write("test_waiting.py", WAITING.format(wait=wait))
        process = hw4_process.start(*arguments, **options)
        started.append(process)
        path, until = hw4_process.folder / "begun", time.monotonic() + 300
        while not path.exists() or not path.read_text().endswith("\n"):
            assert time.monotonic() < until
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        return process, int(path.read_text())

    begin.temporary = temporary
    yield begin
    for process in started:
        process.kill()
        process.communicate()


RUN = ("run", "test_waiting.py", "--store", "s", "--ledger", "l.json")


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_run_ends_all_of_it(begin, hw4_process, wait_until_gone, jobs, number):
    """As by `timeout`, a CI service, or a terminal that is closed: soon, fixtures are torn down."""
    process, worker = begin(*RUN, "--jobs", jobs)
    assert list(begin.temporary.iterdir())
    start = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    wait_until_gone([worker], seconds=1)
    assert time.monotonic() - start < 10
    assert (process.returncode, out) == (128 + number, "")
    assert err == f"hw4: ended by {number.name}; {KEPT}\n"
    assert (hw4_process.folder / "torn-down").exists()
    assert not (hw4_process.folder / "l.json").exists()
    assert list(begin.temporary.iterdir()) == []


def test_a_signal_to_all_processes_tears_fixtures_down_too(begin, hw4_process, wait_until_gone):
    """As `timeout` sends it."""
    process, worker = begin(*RUN, "--jobs", 2)
    os.killpg(process.pid, signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    wait_until_gone([worker], seconds=1)
    assert (process.returncode, out, err) == (143, "", f"hw4: ended by SIGTERM; {KEPT}\n")
    assert (hw4_process.folder / "torn-down").exists()


def test_a_worker_that_is_terminated_alone_costs_its_claim_only(begin, hw4_process):
    process, worker = begin(*RUN, "--jobs", 2)
    os.kill(worker, signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (3, "")
    assert "1 supported, 1 not measured" in out


FORKING = """pid = os.fork()
        if not pid:
            time.sleep(60)
            os._exit(0)
        time.sleep(0.2)
        os.kill(pid, {number})
        assert os.waitpid(pid, 0)[1] == {number}
        return 1.0 + seeds"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_process_that_a_claim_forks_ends_as_if_there_were_no_hw4(begin, number):
    process, _ = begin(*RUN, "--jobs", 1, wait=FORKING.format(number=int(number)))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "2 supported" in out


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_does_not_let_itself_be_interrupted_is_ended(begin, wait_until_gone, jobs):
    wait = "\n        ".join(
        ["while True:", "    try: time.sleep(600)", "    except KeyboardInterrupt: pass"]
    )
    process, worker = begin(*RUN, "--jobs", jobs, wait=wait)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    wait_until_gone([worker], seconds=1)
    assert (process.returncode, out, err) == (130, "", f"hw4: interrupted; {KEPT}\n")
    assert list(begin.temporary.iterdir()) == []


def test_a_second_signal_waits_for_nothing(begin):
    wait = "try: time.sleep(600)\n        finally: time.sleep(600)"
    process, _ = begin(*RUN, "--jobs", 1, wait=wait)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - start < 4
    assert (process.returncode, err) == (130, f"hw4: interrupted; {KEPT}\n")


def test_the_next_run_goes_on_from_a_killed_one_and_says_so(begin, hw4_process, wait_until_gone):
    process, worker = begin(*RUN, "--jobs", 2)
    process.kill()
    _, err = process.communicate(timeout=60)
    assert err == ""
    wait_until_gone([worker], seconds=4)  # xdist itself would let it work on for much longer
    assert len(list(begin.temporary.iterdir())) == 1
    hw4_process.write("test_waiting.py", WAITING.format(wait="return 1.0 + seeds"))
    code, _, err = hw4_process(*RUN, "--jobs", 1)
    assert code == 0
    assert err == (
        "hw4: an earlier run was killed, as the system does when memory runs out; "
        "its finished runs are kept, and this one went on from there\n"
    )
    assert list(begin.temporary.iterdir()) == []


def test_a_run_with_drawn_seeds_says_which_root_to_go_on_with(begin):
    process, _ = begin(*RUN, "--jobs", 1, "--fresh-seeds")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    said, root, rest = err.split("--root-seed ")[0], *err.split("--root-seed ")[1].split(" ", 1)
    assert said == "hw4: ended by SIGTERM; finished runs are kept: to go on from there, "
    assert root.isdigit()
    assert rest == "in place of --fresh-seeds\n"


def test_nohup_is_respected(begin, hw4_process):
    hw4_process.program = ("nohup", *hw4_process.program)
    process, _ = begin(*RUN, "--jobs", 1, wait="time.sleep(1); return 1.0 + seeds")
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "2 supported" in out


@pytest.mark.parametrize("arguments", [("list", "."), ("compare", "1/2", "2/3"), ("--help",)])
def test_other_commands_end_in_a_sentence_as_soon_as_their_code_runs(hw4_process, arguments):
    process = hw4_process.start(*arguments)
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        caught = int(status.read_text().partition("SigCgt:")[2].split()[0], 16)
        if caught >> (signal.SIGTERM - 1) & 1:  # before, it is Python that starts
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "hw4: interrupted\n")


def test_an_interrupted_pytest_says_how_to_go_on(begin, hw4_process, wait_until_gone):
    hw4_process.program = (*hw4_process.program[:2], "pytest")
    process, _ = begin("test_waiting.py", "--hw4-store=s")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"\ninterrupted; {KEPT}\n" in out


def test_workers_of_a_killed_pytest_that_decides_claims_follow_it(
    begin, hw4_process, wait_until_gone
):
    hw4_process.program = (*hw4_process.program[:2], "pytest")
    process, worker = begin("test_waiting.py", "-n2", "--hw4-store=s")
    process.kill()
    process.communicate(timeout=60)
    wait_until_gone([worker], seconds=4)
    assert (hw4_process.folder / "torn-down").exists()


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams_cost_no_verdict(hw4_process, closed):
    text = WAITING.format(wait="return 1.0 + seeds")
    hw4_process.write("test_waiting.py", text)
    hw4_process.program = ("bash", "-c", f'"$@" {closed}', "bash", *hw4_process.program)
    code, _, err = hw4_process(*RUN, "--jobs", 2)
    assert (code, err) == (0, "")
    assert len(hw4_process.ledger("l.json")["claims"]) == 2


def test_pytest_goes_on_where_standard_output_fails(hw4_process):
    """From the first claim on: the log lies on a disk that gets full."""
    hw4_process.write("test_waiting.py", WAITING.format(wait="return 1.0 + seeds"))
    pytests = (*hw4_process.program[:2], "pytest", "-q", "--no-header")
    hw4_process.program = ("bash", "-c", '"$@" > /dev/full', "bash", *pytests)
    code, _, err = hw4_process("test_waiting.py", "--hw4-store=s", "--hw4-ledger=l.json")
    assert (code, err) == (3, "hw4: standard output cannot be used: No space left on device\n")
    assert len(hw4_process.ledger("l.json")["claims"]) == 2
