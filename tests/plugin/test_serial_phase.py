"""Under `-n`, what must be alone runs after the workers, and the run looks like a plain one."""

import contextlib
import os
import shutil
import signal
import time
import xml.etree.ElementTree as ET

import pytest
from planted_time import CLOCK

MIXED = (
    CLOCK
    + """
    import logging
    import time
    import numpy as np
    import pytest
    from hw4 import claim

    def test_passes():
        logging.warning("of a worker")

    def test_fails():
        assert not "a worker's"

    @claim("It rises.", id="it/rises")
    def test_rises(seeds):
        return 1.0 + seeds

    @claim.timing("Two sleeps take longer.", id="it/takes-longer")
    @pytest.mark.parametrize("n", [1, 2])
    def test_takes_longer(stopwatch, n):
        return by_this_clock(stopwatch)(lambda: sleep(0.004 * n), lambda: sleep(0.001))

    def test_benchmark(benchmark):
        assert benchmark(sum, range(9)) == 36

    def test_benchmark_fails(benchmark):
        assert benchmark(sum, range(9)) == 35

    @pytest.mark.hw4_serial
    @pytest.mark.parametrize("n", [1, 2])
    def test_serial(tmp_path, n):
        (tmp_path / "file").touch()
        logging.warning("of a serial test")

    @pytest.mark.hw4_serial
    def test_serial_skips():
        pytest.skip("not today")

    @pytest.mark.hw4_serial
    @pytest.mark.xfail(reason="known")
    def test_serial_is_known():
        assert 0

    @pytest.mark.hw4_serial
    def test_serial_teardown(broken_at_the_end):
        pass

    @pytest.fixture
    def broken_at_the_end():
        yield
        raise OSError("cannot tear down")
"""
)
ALONE = "--override-ini=hw4_serial_benchmarks=true"
QUICK = (ALONE, "--benchmark-max-time=0.01", "--benchmark-min-rounds=2", "--tb=short")
UNTIMED = ("-k", "not takes_longer")  # several processes measure a claim about time: once is enough


@pytest.fixture
def mixed(pytest_in):
    pytest_in.write("test_mixed.py", MIXED)
    return pytest_in


def outcomes(shell, *arguments, code=None):
    """Run pytest and return every test's outcomes from JUnit XML: (name, kinds, properties)."""
    store = f"--hw4-store={shell.folder / 'store.sqlite'}"
    got, out, err = shell(*QUICK, store, "--junit-xml=junit.xml", *arguments)
    assert code in (None, got), out + err
    suite = ET.parse(shell.folder / "junit.xml").getroot()
    cases = [
        (
            case.get("classname"),
            case.get("name"),
            sorted(child.tag for child in case),
            sorted(each.get("name") for each in case.iter("property")),
        )
        for case in suite.iter("testcase")
    ]
    return got, sorted(cases)


@pytest.fixture(scope="module")
def everything(pytest_anew):
    """Folder and outcomes of a plain run of all of it, and of one with workers."""
    found = {}
    for workers in ("-n0", "-n2"):
        shell = pytest_anew()
        shell.write("test_mixed.py", MIXED)
        files = "--hw4-ledger=ledger.json", "--log-file=log.txt"
        files += ("--benchmark-save=first", "--benchmark-json=b.json") if workers == "-n2" else ()
        found[workers] = shell, outcomes(shell, workers, *files, code=1)
    return found


def test_the_totals_are_those_of_a_plain_run(everything):
    (_, plain), (_, parallel) = everything.values()
    assert parallel == plain
    assert len(plain[1]) == 12


def test_the_ledger_has_the_claims_of_both_phases(everything):
    books = [shell.ledger() for shell, _ in everything.values()]
    names = [[(r["id"], r["instance"], r["verdict"]) for r in book["claims"]] for book in books]
    assert names[0] == names[1]
    assert ("it/takes-longer", "1", "supported") in names[0]
    assert len(names[0]) == 3


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_no_process_empties_the_log_of_another(everything, workers):
    """Neither that of the serial tests nor one that measures."""
    log = (everything[workers][0].folder / "log.txt").read_text(encoding="utf-8")
    assert "of a worker" in log
    assert "of a serial test" in log


@pytest.mark.parametrize(
    "selection",
    [
        ("-m", "hw4_serial", "-k", "not takes_longer and not fails"),
        ("-m", "not hw4_serial"),
        ("-k", "serial and not takes_longer", "--deselect=test_mixed.py::test_serial_skips"),
        ("test_mixed.py::test_fails", "test_mixed.py::test_serial[2]"),
        ("--benchmark-only",),
        ("--benchmark-skip", *UNTIMED),
    ],
    ids=lambda words: " ".join(words).replace("test_mixed.py::", ""),
)
def test_the_totals_of_a_selection_are_those_of_a_plain_run(mixed, selection):
    assert outcomes(mixed, "-n1", *selection) == outcomes(mixed, "-n0", *selection)


def test_nothing_left_to_select_is_exit_code_5(mixed):
    assert outcomes(mixed, "-n1", "-k", "nothing", code=5)[1] == []


def test_last_failed_selects_serial_tests_too(mixed, everything):
    shell, (_, failed) = everything["-n2"]
    shutil.copytree(shell.folder / ".pytest_cache", mixed.folder / ".pytest_cache")
    names = {case[1] for case in failed if {"failure", "error"} & set(case[2])}
    assert names == {"test_fails", "test_benchmark_fails", "test_serial_teardown"}
    mixed.write("test_mixed.py", MIXED.replace("== 35", "== 36"))
    assert {case[1] for case in outcomes(mixed, "-n1", "--lf", code=1)[1]} == names
    left = {case[1] for case in outcomes(mixed, "-n1", "--lf", code=1)[1]}
    assert left == names - {"test_benchmark_fails"}


def test_maxfail_counts_the_failures_of_both_phases(mixed):
    _, cases = outcomes(mixed, "-n1", "-x")
    names = [case[1] for case in cases]
    assert "test_fails" in names
    assert not [name for name in names if "serial" in name or "benchmark" in name]
    code, cases = outcomes(mixed, "-n1", "--maxfail=2", *UNTIMED)
    names = {case[1] for case in cases}
    assert code == 1
    assert "test_benchmark_fails" in names
    assert "test_serial_teardown" not in names


def test_a_benchmark_that_regressed_fails_the_run_and_files_are_written(mixed, everything):
    """pytest-benchmark alone is switched off under xdist, and exits 0 here."""
    shell, _ = everything["-n2"]
    names = {each["name"] for each in shell.ledger("b.json")["benchmarks"]}
    assert names == {"test_benchmark", "test_benchmark_fails"}
    shutil.copytree(shell.folder / ".benchmarks", mixed.folder / ".benchmarks")
    slower = "benchmark.pedantic(lambda: time.sleep(0.01) or 36, rounds=5)"
    mixed.write("test_mixed.py", MIXED.replace("benchmark(sum, range(9)) == 36", f"{slower} == 36"))
    # The least of five: a stall of the machine lengthens the mean.
    failing = "--benchmark-compare=0001", "--benchmark-compare-fail=min:50%"
    code, out, err = mixed.answer("-n1", ALONE, "test_mixed.py::test_benchmark", *failing)
    assert code == 1
    assert "Performance has regressed" in out + err
    assert "Name (time in" in out  # and by how much


TIMES = """
    import atexit
    import os
    import time
    import warnings
    import pytest

    def tell(what):
        with open("times", "a") as file:
            file.write(f"{what} {os.getpid()} {time.monotonic()}\\n")

    atexit.register(tell, "gone")

    @pytest.mark.parametrize("n", range(4))
    def test_worker(n):
        tell("worker")

    @pytest.mark.hw4_serial
    @pytest.mark.xdist_group("a")
    @pytest.mark.parametrize("n", range(3))
    def test_serial(n):
        tell("serial")

    @pytest.mark.hw4_serial
    def test_warns():
        warnings.warn("it is late")

    @pytest.mark.hw4_serial
    def test_prints(capsys):
        with capsys.disabled():
            print("printed at once")
        print("said quietly")
"""
ORPHAN = """
    def fork():
        if os.fork() == 0:
            open("orphan", "w").write(str(os.getpid()))
            time.sleep(60)
            os._exit(0)
        while not os.path.exists("orphan") or not open("orphan").read():
            time.sleep(0.01)

    @pytest.mark.hw4_serial
    @pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of a fork beside a thread
    def test_leaves_a_process_behind():
        fork()
"""


@pytest.fixture(scope="module")
def orphan(alive):
    """Return a function that ends what a test has forked, and tells whether it was still there."""

    def end(shell):
        pid = int((shell.folder / "orphan").read_text())
        there = alive(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return there

    return end


@pytest.fixture(scope="module")
def serial(pytest_anew, orphan):
    """The folder of a run whose serial tests do all sorts of things, and what it printed."""
    shell = pytest_anew()
    shell.write("test_times.py", TIMES + ORPHAN)
    code, out, _ = shell("-n2", "--dist=loadgroup", "test_times.py")
    there = orphan(shell)
    assert code == 0, out
    return shell, out, there


def test_serial_tests_start_after_the_last_worker_has_gone(serial):
    lines = (serial[0].folder / "times").read_text(encoding="utf-8").splitlines()
    told = [(what, int(pid), float(at)) for what, pid, at in map(str.split, lines)]
    workers = {pid for what, pid, _ in told if what == "worker"}
    gone = [at for what, pid, at in told if what == "gone" and pid in workers]
    alone = [(pid, at) for what, pid, at in told if what == "serial"]
    assert len(gone) == len(workers) > 0
    assert len(alone) == 3
    assert len({pid for pid, _ in alone}) == 1
    assert min(at for _, at in alone) > max(gone)


def test_warnings_and_uncaptured_prints_of_serial_tests_are_shown(serial):
    out = serial[1]
    assert "UserWarning: it is late" in out
    assert "printed at once" in out
    assert "quietly" not in out
    assert "10 passed, 1 warning" in out


def test_a_forked_process_does_not_hold_up_the_run(serial):
    """Nor does a test have another name where xdist adds its group to it: all of them passed."""
    assert serial[2]


DYING = """
    import os
    import signal
    import time
    import pytest
    from hw4 import claim

    def test_worker():
        pass

    @pytest.mark.hw4_serial
    def test_before():
        pass

    {mark}
    def test_dies():
        print("last words")
        {first}
        os.kill(os.getpid(), signal.SIGKILL)

    @claim.timing("It is lost.", id="it/lost", expect=None)
    def test_lost(stopwatch):
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_serial_process_turns_its_unreported_tests_into_errors(pytest_in, orphan):
    """What it has forked does not hold up the run."""
    text = DYING.format(mark="@pytest.mark.hw4_serial", first="fork()") + ORPHAN.partition("@")[0]
    pytest_in.write("test_dying.py", text)
    code, out, _ = pytest_in("-n1", "--hw4-ledger=ledger.json", "test_dying.py")
    there = orphan(pytest_in)
    assert code == 1
    assert "2 passed, 2 errors" in out
    assert "was killed by SIGKILL" in out
    (error,) = pytest_in.ledger()["errors"]
    assert (error["id"], error["error"]) == ("it/lost", "crash")
    assert there


def test_a_killed_worker_and_a_killed_measuring_process_leave_the_serial_tests_alone(pytest_in):
    pytest_in.write("test_dying.py", DYING.format(mark="", first=""))
    code, out, _ = pytest_in("-n1", "test_dying.py")
    assert code == 1
    assert "2 failed, 2 passed" in out
    assert "it/lost: the process that measures it was killed by SIGKILL" in out


def test_a_serial_process_that_dies_after_its_last_test_fails_the_run(pytest_in):
    """It may have died before it wrote what it should."""
    dying = """
        import os
        import signal
        from hw4.processes.child import CHOSEN

        def pytest_sessionfinish(session):
            if CHOSEN in session.config.stash:
                os.kill(os.getpid(), signal.SIGKILL)
    """
    pytest_in.write("conftest.py", dying)
    pytest_in.write("test_it.py", "def test_it(benchmark):\n    benchmark(int)\n")
    code, out, _ = pytest_in("-n1", "test_it.py", *QUICK)
    assert code == pytest.ExitCode.INTERNAL_ERROR
    assert "1 passed" in out
    assert "hw4: the process of the serial tests was killed by SIGKILL" in out


STUMBLING = (
    CLOCK
    + """
    import os
    import signal
    import pytest
    from hw4 import claim

    def measured(stopwatch):  # so much longer that four processes settle it
        return by_this_clock(stopwatch)(lambda: sleep(0.008), lambda: sleep(0.004))

    def count(name):
        with open(name, "ab", 0) as file:  # two processes may count at once
            file.write(b"x")
            return file.tell()

    @claim.timing("It takes longer.", id="it/first", expect="supported")
    def test_first(stopwatch):
        count("first")
        return measured(stopwatch)

    @claim.timing("It stumbles.", id="it/stumbles")
    def test_stumbles(stopwatch):
        if {when}:
            os.kill(os.getpid(), signal.SIGKILL)
        return measured(stopwatch)

    @claim.timing("It takes longer.", id="it/last")
    def test_last(stopwatch):
        count("last")
        return measured(stopwatch)

    @claim.timing("It is skipped.", id="it/is-skipped")
    def test_skipped(stopwatch):
        pytest.skip("no such processor")
"""
)


@pytest.fixture(scope="module")
def stumbled(pytest_anew):
    """A run in which one process dies and one verdict is unexpected; its folder."""
    shell = pytest_anew()
    text = STUMBLING.format(when="count('stumbles') == 2")
    wrong = text.replace('expect="supported"', 'expect="refuted"')
    shell.write("test_stumbling.py", wrong)
    code, out, _ = shell("-rs", "--hw4-ledger=ledger.json", "test_stumbling.py")
    assert code == 1, out
    assert "1 failed, 2 passed, 1 skipped" in out
    assert "no such processor" in out
    return shell


def test_a_claim_whose_process_died_is_decided_by_as_many_rounds_as_any(stumbled):
    book = stumbled.ledger()
    assert [len(record["evidence"]) for record in book["claims"]] == [48] * 3
    assert len((stumbled.folder / "first").read_text()) == 4  # complete before the other died
    assert len((stumbled.folder / "last").read_text()) == 4  # in later processes


def test_last_failed_measures_a_claim_about_time_in_all_its_processes(stumbled, pytest_in):
    shutil.copytree(stumbled.folder / ".pytest_cache", pytest_in.folder / ".pytest_cache")
    pytest_in.write("test_stumbling.py", STUMBLING.format(when="False"))
    code, out, _ = pytest_in("--lf", "--hw4-ledger=ledger.json", "test_stumbling.py")
    assert code == 0
    assert "1 passed, 3 deselected" in out
    (record,) = pytest_in.ledger()["claims"]
    assert len(record["evidence"]) == 48


def test_a_claim_that_kills_its_process_takes_no_other_with_it(pytest_in):
    """Nor does one that is skipped in its body; in the process of the serial tests too."""
    pytest_in.write("test_stumbling.py", STUMBLING.format(when="True"))
    code, out, _ = pytest_in("-n1", "-rs", "--hw4-ledger=ledger.json", "test_stumbling.py")
    assert code == 1
    assert "1 failed, 2 passed, 1 skipped" in out
    assert "no such processor" in out
    book = pytest_in.ledger()
    assert [record["id"] for record in book["claims"]] == ["it/first", "it/last"]
    assert [error["id"] for error in book["errors"]] == ["it/stumbles"]


def test_a_file_that_was_broken_meanwhile_is_said(pytest_in):
    breaks = """
        import pytest

        def test_breaks():
            with open("test_broken.py", "a") as file:
                file.write("import no_such_module\\n")

        @pytest.mark.hw4_serial
        def test_serial():
            pass
    """
    pytest_in.write("test_broken.py", breaks)
    code, out, _ = pytest_in("-n1", "test_broken.py")
    assert code == 1
    assert "1 passed, 1 error" in out
    assert "cannot collect test_broken.py: ModuleNotFoundError" in out


def test_the_process_reads_no_file_without_such_tests(pytest_in):
    others = """
        with open("read", "a") as file:
            file.write(".")

        def test_it():
            pass
    """
    serial = """
        import pytest

        @pytest.mark.hw4_serial
        def test_serial():
            pass
    """
    pytest_in.write("test_others.py", others)
    pytest_in.write("test_it.py", serial)
    code, out, _ = pytest_in("-n1")
    assert code == 0
    assert "2 passed" in out
    assert (pytest_in.folder / "read").read_text() == "."  # by the worker


def test_a_distribution_without_workers_is_a_plain_run(pytest_process):
    pytest_process.write("test_it.py", "def test_it(benchmark):\n    benchmark(int)\n")
    code, out, _ = pytest_process("--dist=loadfile", "test_it.py", *QUICK)
    assert code == 0
    assert "1 passed" in out


WAITING = """
    import os
    import time
    import pytest
    from hw4 import claim

    def wait():
        with open("pids", "a") as file:
            file.write(f"{os.getpid()} {os.getppid()}\\n")
        time.sleep(600)

    @pytest.fixture
    def torn_down():
        yield
        open("torn-down", "w").close()

    def test_worker(torn_down):
        wait()

    @pytest.mark.hw4_serial
    def test_serial(torn_down):
        wait()

    @claim.timing("It waits.", id="it/waits")
    def test_measured(stopwatch, torn_down):
        wait()
"""


def started(shell, phase):
    """Start a run whose test of a phase waits; return the process, and the ids of all of them."""
    shell.write("test_waiting.py", WAITING)
    process = shell.start("-n1", "-k", phase, "--hw4-ledger=ledger.json", "test_waiting.py")
    path = shell.folder / "pids"
    until = time.monotonic() + 300
    while not path.exists() or not path.read_text(encoding="utf-8").endswith("\n"):
        assert time.monotonic() < until
        time.sleep(0.05)
    return process, {process.pid, *map(int, path.read_text(encoding="utf-8").split())}


@pytest.mark.parametrize(
    ("phase", "send"),
    [
        ("worker", os.killpg),  # as a terminal does
        ("worker", os.kill),
        ("serial", os.kill),  # the workers have gone: no other process is in the group
        ("measured", os.killpg),
    ],
    ids=["worker-terminal", "worker-process", "serial", "measured"],
)
def test_ctrl_c_ends_every_process_in_each_phase(pytest_process, wait_until_gone, phase, send):
    process, pids = started(pytest_process, phase)
    send(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "KeyboardInterrupt" in out
    wait_until_gone(pids)
    assert not (pytest_process.folder / "ledger.json").exists()
    if phase != "worker":  # xdist's workers do not get that far
        assert (pytest_process.folder / "torn-down").exists()


def test_no_process_outlives_a_killed_run(pytest_process, wait_until_gone):
    """Neither one that measures nor, between it and the run, that of the serial tests."""
    process, pids = started(pytest_process, "measured")
    process.kill()
    process.communicate(timeout=60)
    wait_until_gone(pids)
