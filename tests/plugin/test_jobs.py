"""Seeds of one claim side by side, `--hw4-jobs`: the ledger is that of one seed after another."""

import contextlib
import json
import os
import signal

import pytest

from hw4.plugin import by_seed
from hw4.seeds import seeds_from

SEEDS = seeds_from(0, 64).tolist()

# Each seed says in which process it ran, and waits until another process has run one too: for the
# processes are a second in starting, and this one must not be done with all seeds before.
TOLD = """
    import os
    import pathlib
    import time
    import numpy as np
    import pytest
    from hw4 import claim

    FOLDER = pathlib.Path(__file__).parent / "ran"
    HERE = int(os.environ["TESTS_OWN_PROCESS"])

    def ran(seed, others=1):
        (FOLDER / f"{seed}-{os.getpid()}").touch()
        end = time.monotonic() + 60 * (seed != FIRST and OTHERS > 0)
        while len({each.name.partition("-")[2] for each in FOLDER.iterdir()}) <= OTHERS:
            if time.monotonic() > end:
                break
            time.sleep(0.01)
        return np.random.default_rng(seed)

    FIRST, OTHERS = 1878776328, int(os.environ["TESTS_OTHERS"])
"""

PLANTED = """
    @claim("A number a seed.", id="number", margin=0.5)
    def test_number(seed):
        return ran(seed).normal(3)

    @claim.rate("An assertion a seed.", id="asserts", expect=None)
    def test_asserts(seed):
        value = ran(seed).normal(0.6)
        assert value > 0, f"{value} is below 0"

    @pytest.fixture(scope="module")
    def once():
        return []

    @pytest.fixture
    def drawn(seed, tmp_path, once, monkeypatch):
        assert not list(tmp_path.iterdir()), "the folder of another seed"
        (tmp_path / "mark").touch()
        assert "SEED" not in os.environ
        monkeypatch.setenv("SEED", str(seed))
        monkeypatch.chdir(tmp_path)
        once.append("set up")
        yield ran(seed).normal(2)
        once.append("torn down")

    class TestIt:
        @claim.rate("Fixtures of its own.", id="fixtures", at_least=0.8)
        @pytest.mark.parametrize("low", [-1])
        def test_it(self, drawn, once, low, capsys, seed):
            print("out of", seed)
            assert capsys.readouterr().out == f"out of {seed}\\n"
            assert once == ["set up"] + ["torn down", "set up"] * (len(once) // 2)
            assert drawn > low
"""


@pytest.fixture
def planted(pytester, run_with, monkeypatch):
    """Write claims and return a function that decides them with so many jobs."""
    monkeypatch.setattr(by_seed, "WORTH", 0.0)
    monkeypatch.setenv("TESTS_OWN_PROCESS", str(os.getpid()))

    def run(text, jobs, *arguments, workers=0, others=None):
        pytester.makepyfile(test_planted=TOLD + text)
        monkeypatch.setenv("TESTS_OTHERS", str(jobs - 1 if others is None else others))
        folder = pytester.path / "ran"
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        return run_with(workers, *([f"--hw4-jobs={jobs}"] if jobs > 1 else []), *arguments)

    def processes():
        """Return the seeds by the process in which they ran."""
        found = {}
        for file in (pytester.path / "ran").iterdir():
            seed, _, process = file.name.partition("-")
            found.setdefault(int(process), set()).add(int(seed))
        return found

    run.processes = processes
    return run


def entries(outcome):
    """Return what a ledger says of claims and errors, but how long they took."""
    return [
        {k: v for k, v in record.items() if k != "seconds"}
        for record in outcome.book["claims"] + outcome.book["errors"]
    ]


def test_ledgers_are_the_same_bit_for_bit(planted):
    alone = planted(PLANTED, 1)
    assert set(planted.processes()) == {os.getpid()}
    for jobs in (2, 3):
        together = planted(PLANTED, jobs)
        assert len(planted.processes()) > jobs - 1, together.text
        assert json.dumps(entries(together)) == json.dumps(entries(alone))
        assert (together.code, together.passed) == (alone.code, alone.passed) == (0, 3)
    failing = {record["id"]: record for record in alone.book["claims"]}["asserts"]
    assert failing["failures"], "no seed failed: nothing is compared"


def test_no_seed_of_another_block_begins(planted):
    """The verdict comes after two blocks; of a third one no seed runs, in no process."""
    outcome = planted(PLANTED, 3, "-k", "number")
    (record,) = outcome.book["claims"]
    assert record["seeds"] == 16
    assert set().union(*planted.processes().values()) == set(SEEDS[:16])


RAISING = """
    @claim("One raises.", id="raises")
    def test_raises(seed):
        value = ran(seed).normal(3)
        if seed in {seeds}:
            {raising}
        return value
"""


@pytest.mark.parametrize(
    "raising",
    [
        "raise ZeroDivisionError(f'of {seed}')",
        "assert seed < 0, f'not {seed}'",
        "return 'text'",
        "pytest.skip(f'without {seed}')",
        "raise SystemExit(3)",
    ],
)
def test_what_the_first_of_the_seeds_raises_is_raised(planted, raising):
    text = RAISING.format(seeds={SEEDS[3], SEEDS[5], SEEDS[6]}, raising=raising)
    alone = planted(text, 1)
    together = planted(text, 2)
    assert entries(together) == entries(alone)
    assert together.code == alone.code
    said = [line for line in alone.text.splitlines() if str(SEEDS[3]) in line and "raises" in line]
    assert all(line in together.text for line in said)


def test_what_is_raised_beside_others_alone_is_an_error(planted):
    raising = "assert os.getpid() == HERE"
    outcome = planted(RAISING.format(seeds=SEEDS[1:], raising=raising), 2)
    (error,) = outcome.book["errors"]
    assert error["error"] == "claim"
    assert "raised an exception in a process of its own, and none after other" in error["message"]


def test_a_process_that_dies_is_told_in_a_sentence(planted):
    raising = "os.getpid() == HERE or os.kill(os.getpid(), 9)"
    outcome = planted(RAISING.format(seeds=SEEDS, raising=raising), 2)
    (error,) = outcome.book["errors"]
    assert error["error"] == "crash"
    assert error["message"].startswith("a process that ran seed ")
    assert " beside others was killed by SIGKILL" in error["message"]
    assert "INTERNALERROR" not in outcome.text


def test_a_process_that_cannot_begin_is_told_and_its_seeds_run_here(planted):
    text = (
        PLANTED
        + """
    @pytest.fixture(scope="session", autouse=True)
    def server():
        assert os.getpid() == HERE, "the port is taken"
    """
    )
    alone = planted(text, 1, "-k", "number")
    slow = text.replace("return ran(seed).normal(3)", "time.sleep(1); return ran(seed).normal(3)")
    outcome = planted(slow, 2, "-k", "number", others=0)
    assert set(planted.processes()) == {os.getpid()}
    assert outcome.book["claims"][0]["evidence"] == alone.book["claims"][0]["evidence"]
    assert "a process for other seeds could not begin: AssertionError: the port" in outcome.text


def alive(process):
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


@pytest.fixture
def heeded():
    """Ctrl-C interrupts this process, also where a shell has started it in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_all_processes(planted, heeded):
    """Also one that would be in its seed for ten minutes."""
    raising = "time.sleep(600) if os.getpid() != HERE else os.kill(HERE, signal.SIGINT)"
    text = RAISING.format(seeds=SEEDS[1:], raising=raising)
    with pytest.raises(KeyboardInterrupt):  # which the run within this process passes on
        planted("\n    import signal\n" + text, 2)
    (other,) = set(planted.processes()) - {os.getpid()}
    assert not alive(other)


def test_short_claims_start_no_process(planted, monkeypatch):
    monkeypatch.setattr(by_seed, "WORTH", 60.0)
    planted(PLANTED, 2, others=0)
    assert set(planted.processes()) == {os.getpid()}


def test_what_is_remembered_runs_here_and_says_so(planted):
    text = PLANTED.replace('id="number"', 'id="number", cache=True')
    outcome = planted(text, 2, "-k", "number", others=0)
    assert set(planted.processes()) == {os.getpid()}
    assert "number: its seeds run one after another, because cache=True" in outcome.text
    alone = planted(PLANTED, 1, "-k", "number")
    assert outcome.book["claims"][0]["evidence"] == alone.book["claims"][0]["evidence"]


def test_a_projects_ini_file_may_say_how_many(planted, pytester):
    pytester.makeini("[pytest]\nhw4_jobs = 2\n")
    planted(PLANTED, 1, "-k", "number", others=1)
    assert len(planted.processes()) == 2


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_what_is_no_number_is_refused(planted, pytester, jobs):
    outcome = planted(PLANTED, 1, f"--hw4-jobs={jobs}")
    assert outcome.code == 4
    assert f"got {jobs!r}, expected a whole number of at least 1" in outcome.text
    pytester.makeini(f"[pytest]\nhw4_jobs = {jobs}\n")
    outcome = planted(PLANTED, 1)
    assert outcome.code == 4
    assert f"hw4_jobs: got {jobs!r}, expected a whole number of at least 1" in outcome.text


def test_xdists_workers_run_whole_tests_instead(planted, pytester):
    outcome = planted(PLANTED, 2, "-k", "number", workers=2, others=0)
    assert outcome.code == 4
    assert "got --hw4-jobs=2 with -n: expected one of them" in outcome.text
    pytester.makeini("[pytest]\nhw4_jobs = 2\n")
    outcome = planted(PLANTED, 1, "-k", "number", workers=1, others=0)
    assert (outcome.code, len(planted.processes())) == (0, 1)
