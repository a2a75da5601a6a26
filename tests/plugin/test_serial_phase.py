"""Under `-n`, what must be alone runs after the workers, and the run looks like a plain one."""

import json
import os
import signal
import time
import xml.etree.ElementTree as ET

import pytest

MIXED = """
    import time
    import numpy as np
    import pytest
    from hw4 import claim

    def test_passes():
        pass

    def test_fails():
        assert not "a worker's"

    @claim("It rises.", id="it/rises")
    def test_rises(seeds):
        return 1.0 + seeds

    @claim.timing("Two sleeps take longer.", id="it/takes-longer")
    @pytest.mark.parametrize("n", [1, 2])
    def test_takes_longer(stopwatch, n):
        return stopwatch(lambda: time.sleep(0.004 * n), lambda: time.sleep(0.001))

    def test_benchmark(benchmark):
        assert benchmark(sum, range(9)) == 36

    def test_benchmark_fails(benchmark):
        assert benchmark(sum, range(9)) == 35

    @pytest.mark.serial
    def test_serial(tmp_path):
        (tmp_path / "file").touch()

    @pytest.mark.serial
    def test_serial_skips():
        pytest.skip("not today")

    @pytest.mark.serial
    @pytest.mark.xfail(reason="known")
    def test_serial_is_known():
        assert 0

    @pytest.mark.serial
    def test_serial_teardown(broken_at_the_end):
        pass

    @pytest.fixture
    def broken_at_the_end():
        yield
        raise OSError("cannot tear down")
"""
QUICK = ("--benchmark-max-time=0.01", "--benchmark-min-rounds=2", "--tb=short")


@pytest.fixture
def mixed(pytest_in):
    pytest_in.write("test_mixed.py", MIXED)
    return pytest_in


def outcomes(shell, *arguments, code=None):
    """Run pytest and return every test's outcomes from JUnit XML: (name, kinds, properties)."""
    store = f"--store={shell.folder / 'store.sqlite'}"
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


@pytest.mark.parametrize(
    "selection",
    [
        (),
        ("-m", "serial"),
        ("-m", "not serial"),
        ("-k", "serial or takes"),
        ("--deselect=test_mixed.py::test_serial_skips",),
        ("test_mixed.py::test_takes_longer[2]", "test_mixed.py::test_serial"),
        ("test_mixed.py::test_fails", "test_mixed.py::test_serial"),
        ("--benchmark-only",),
        ("--benchmark-skip",),
    ],
    ids=lambda words: " ".join(words).replace("test_mixed.py::", "") or "everything",
)
def test_the_totals_are_those_of_a_plain_run(mixed, selection):
    assert outcomes(mixed, "-n2", *selection) == outcomes(mixed, "-n0", *selection)


def test_nothing_left_to_select_is_exit_code_5(mixed):
    assert outcomes(mixed, "-n2", "-k", "nothing", code=5)[1] == []


def test_last_failed_selects_serial_tests_too(mixed):
    failed = outcomes(mixed, "-n2", code=1)[1]
    again = outcomes(mixed, "-n2", "--lf", code=1)[1]
    names = {case[1] for case in failed if {"failure", "error"} & set(case[2])}
    assert names == {"test_fails", "test_benchmark_fails", "test_serial_teardown"}
    assert {case[1] for case in again} == names
    mixed.write("test_mixed.py", MIXED.replace("== 35", "== 36"))
    assert {case[1] for case in outcomes(mixed, "-n2", "--lf", code=1)[1]} == names
    left = {case[1] for case in outcomes(mixed, "-n2", "--lf", code=1)[1]}
    assert left == names - {"test_benchmark_fails"}


def test_maxfail_counts_the_failures_of_both_phases(mixed):
    for options in (["-x"], ["--maxfail=1"]):
        _, cases = outcomes(mixed, "-n2", *options)
        names = [case[1] for case in cases]
        assert "test_fails" in names
        assert not [name for name in names if "serial" in name or "benchmark" in name]
    code, cases = outcomes(mixed, "-n2", "--maxfail=2")
    names = {case[1] for case in cases}
    assert code == 1
    assert "test_benchmark_fails" in names
    assert "test_serial_teardown" not in names


def test_the_ledger_has_the_claims_of_both_phases(mixed):
    books = []
    for workers in ("-n0", "-n2"):
        outcomes(mixed, workers, "--ledger=ledger.json", code=1)
        books.append(json.loads((mixed.folder / "ledger.json").read_text(encoding="utf-8")))
    names = [[(r["id"], r["instance"], r["verdict"]) for r in book["claims"]] for book in books]
    assert names[0] == names[1]
    assert ("it/takes-longer", "1", "supported") in names[0]
    assert len(names[0]) == 3


TIMES = """
    import atexit
    import os
    import time
    import pytest

    def tell(what):
        with open("times", "a") as file:
            file.write(f"{what} {os.getpid()} {time.monotonic()}\\n")

    atexit.register(tell, "gone")

    @pytest.mark.parametrize("n", range(4))
    def test_worker(n):
        tell("worker")

    @pytest.mark.serial
    @pytest.mark.parametrize("n", range(3))
    def test_serial(n):
        tell("serial")
"""


def test_serial_tests_start_after_the_last_worker_has_gone(pytest_in):
    pytest_in.write("test_times.py", TIMES)
    code, out, _ = pytest_in("-n2", "test_times.py")
    assert code == 0, out
    assert "7 passed" in out
    lines = (pytest_in.folder / "times").read_text(encoding="utf-8").splitlines()
    told = [(what, int(pid), float(at)) for what, pid, at in map(str.split, lines)]
    workers = {pid for what, pid, _ in told if what == "worker"}
    gone = [at for what, pid, at in told if what == "gone" and pid in workers]
    serial = [(pid, at) for what, pid, at in told if what == "serial"]
    assert len(gone) == len(workers) > 0
    assert len(serial) == 3
    assert len({pid for pid, _ in serial}) == 1
    assert min(at for _, at in serial) > max(gone)


PRINTING = """
    import warnings
    import pytest

    @pytest.mark.serial
    def test_warns():
        warnings.warn("it is late")

    @pytest.mark.serial
    def test_prints(capsys):
        with capsys.disabled():
            print("printed at once")
        print("said quietly")
"""


def test_warnings_and_uncaptured_prints_of_serial_tests_are_shown(pytest_in):
    pytest_in.write("test_prints.py", PRINTING)
    code, out, _ = pytest_in("-n2", "test_prints.py")
    assert code == 0
    assert "UserWarning: it is late" in out
    assert "printed at once" in out
    assert "quietly" not in out
    assert "2 passed, 1 warning" in out


SLOW = """
    import time

    def test_slow(benchmark):
        benchmark.pedantic(time.sleep, ({seconds},), rounds=5)
"""


def test_a_benchmark_that_regressed_fails_the_run_and_files_are_written(pytest_in):
    """pytest-benchmark alone is switched off under xdist, and exits 0 here."""
    pytest_in.write("test_slow.py", SLOW.format(seconds=0.002))
    assert pytest_in("-n2", "--benchmark-save=first", "--benchmark-json=b.json")[0] == 0
    data = json.loads((pytest_in.folder / "b.json").read_text(encoding="utf-8"))
    assert [each["name"] for each in data["benchmarks"]] == ["test_slow"]
    pytest_in.write("test_slow.py", SLOW.format(seconds=0.05))
    # The least of five: a stall of the machine lengthens the mean.
    process = pytest_in.start("-n2", "--benchmark-compare=0001", "--benchmark-compare-fail=min:50%")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "Performance has regressed" in out + err
    assert "Name (time in" in out  # and by how much


DYING = """
    import os
    import signal
    import pytest
    from hw4 import claim

    def test_worker():
        pass

    @pytest.mark.serial
    def test_before():
        pass

    @pytest.mark.serial
    def test_dies():
        print("last words")
        os.kill(os.getpid(), signal.SIGKILL)

    @claim.timing("It is lost.", id="it/lost", expect=None)
    def test_lost(stopwatch):
        return stopwatch(int, int)
"""


def test_a_killed_serial_process_turns_its_unreported_tests_into_errors(pytest_in):
    pytest_in.write("test_dying.py", DYING)
    code, out, _ = pytest_in("-n2", "--ledger=ledger.json", "test_dying.py")
    assert code == 1
    assert "2 passed, 2 errors" in out
    assert "was killed by SIGKILL" in out
    book = json.loads((pytest_in.folder / "ledger.json").read_text(encoding="utf-8"))
    (error,) = book["errors"]
    assert (error["id"], error["error"]) == ("it/lost", "crash")


def test_a_serial_process_that_dies_after_its_last_test_fails_the_run(pytest_in):
    """It may have died before it wrote what it should."""
    dying = """
        import os
        import signal
        import sys

        def pytest_sessionfinish():
            if sys.argv[0] == "-c" and "PYTEST_XDIST_WORKER" not in os.environ:
                os.kill(os.getpid(), signal.SIGKILL)
    """
    pytest_in.write("conftest.py", dying)
    pytest_in.write("test_it.py", "def test_it(benchmark):\n    benchmark(int)\n")
    code, out, _ = pytest_in("-n2", "test_it.py", *QUICK)
    assert code == pytest.ExitCode.INTERNAL_ERROR
    assert "1 passed" in out
    assert "hw4: the process of the serial tests was killed by SIGKILL" in out


LOGGING = """
    import logging
    import time
    import pytest
    from hw4 import claim

    def test_logs():
        logging.warning("of a worker")

    @pytest.mark.serial
    def test_logs_alone():
        logging.warning("of a serial test")

    @claim.timing("It is measured.", id="it/measured", expect=None)
    def test_measured(stopwatch):
        return stopwatch(lambda: time.sleep(0.004), lambda: time.sleep(0.004))
"""


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_no_process_empties_the_log_of_another(pytest_in, workers):
    pytest_in.write("test_logging.py", LOGGING)
    code, out, _ = pytest_in(workers, "--log-file=log.txt", "test_logging.py")
    assert code == 0, out
    log = (pytest_in.folder / "log.txt").read_text(encoding="utf-8")
    assert "of a worker" in log
    assert "of a serial test" in log


def test_a_killed_worker_leaves_the_serial_tests_alone(pytest_in):
    text = DYING.replace("@pytest.mark.serial\n    def test_dies", "def test_dies")
    pytest_in.write("test_dying.py", text)
    code, out, _ = pytest_in("-n2", "test_dying.py")
    assert code == 1
    assert "1 failed, 3 passed" in out


def test_a_killed_measuring_process_is_one_sentence(pytest_in):
    text = DYING.replace("return stopwatch(int, int)", "os.kill(os.getpid(), signal.SIGKILL)")
    pytest_in.write("test_dying.py", text)
    code, out, _ = pytest_in("-n2", "-k", "lost", "test_dying.py")
    assert code == 1
    assert "it/lost: the process that measures it was killed by SIGKILL" in out


STUMBLING = """
    import os
    import signal
    from types import SimpleNamespace
    import pytest
    from hw4 import claim, timing

    now = [0.0]  # a clock that goes only in `work`: no neighbour of the machine's makes more rounds
    clock = lambda: now[0]
    timing.time = SimpleNamespace(perf_counter=clock, monotonic=clock, process_time=clock)

    def work():
        now[0] += 0.004

    def count(name):
        with open(name, "ab", 0) as file:  # two processes may count at once
            file.write(b"x")
            return file.tell()

    @claim.timing("It takes as long.", id="it/first", expect="equivalent")
    def test_first(stopwatch):
        count("first")
        return stopwatch(work, work)

    @claim.timing("It stumbles.", id="it/stumbles", expect="equivalent")
    def test_stumbles(stopwatch):
        if {when}:
            os.kill(os.getpid(), signal.SIGKILL)
        return stopwatch(work, work)

    @claim.timing("It takes as long.", id="it/last", expect="equivalent")
    def test_last(stopwatch):
        count("last")
        return stopwatch(work, work)
"""


def test_a_claim_whose_process_died_is_decided_by_as_many_rounds_as_any(pytest_in):
    pytest_in.write("test_stumbling.py", STUMBLING.format(when="count('stumbles') == 2"))
    code, out, _ = pytest_in("--ledger=ledger.json", "test_stumbling.py")
    assert code == 0, out
    book = json.loads((pytest_in.folder / "ledger.json").read_text(encoding="utf-8"))
    assert {len(record["evidence"]) for record in book["claims"]} == {48}
    assert len((pytest_in.folder / "first").read_text()) == 6  # complete before the other died
    assert len((pytest_in.folder / "last").read_text()) == 6  # in later processes


def test_a_claim_that_kills_its_process_takes_no_other_with_it(pytest_in):
    pytest_in.write("test_stumbling.py", STUMBLING.format(when="True"))
    code, out, _ = pytest_in("--ledger=ledger.json", "test_stumbling.py")
    assert code == 1
    assert "1 failed, 2 passed" in out
    book = json.loads((pytest_in.folder / "ledger.json").read_text(encoding="utf-8"))
    assert [record["id"] for record in book["claims"]] == ["it/first", "it/last"]
    assert [error["id"] for error in book["errors"]] == ["it/stumbles"]


def test_last_failed_measures_a_claim_about_time_in_all_its_processes(pytest_in):
    text = STUMBLING.format(when="False") + "\n    def test_fails():\n        assert 0\n"
    wrong = text.replace('id="it/first", expect="equivalent"', 'id="it/first", expect="refuted"')
    pytest_in.write("test_stumbling.py", wrong)
    assert pytest_in("test_stumbling.py")[0] == 1
    pytest_in.write("test_stumbling.py", text)
    code, out, _ = pytest_in("--lf", "--ledger=ledger.json", "test_stumbling.py")
    assert code == 1
    assert "1 failed, 1 passed, 2 deselected" in out
    (record,) = json.loads((pytest_in.folder / "ledger.json").read_text())["claims"]
    assert len(record["evidence"]) == 48


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_claim_about_time_may_be_skipped_in_its_body(pytest_in, workers):
    text = STUMBLING.format(when="pytest.skip('no such processor')")
    pytest_in.write("test_stumbling.py", text)
    code, out, _ = pytest_in(workers, "-rs", "-k", "stumbles or last", "test_stumbling.py")
    assert code == 0
    assert "1 passed, 1 skipped" in out
    assert "no such processor" in out


ORPHANS = """
    import os
    import signal
    import time
    import pytest

    @pytest.mark.serial
    @pytest.mark.xdist_group("a")
    def test_in_a_group():
        pass

    @pytest.mark.serial
    def test_leaves_a_process_behind():
        if os.fork() == 0:
            open("pids", "w").write(str(os.getpid()))
            time.sleep(3600)
            os._exit(0)
        while not os.path.exists("pids") or not open("pids").read():
            time.sleep(0.01)
        {then}
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("then", "said"),
    [("pass", "2 passed"), ("os.kill(os.getpid(), signal.SIGKILL)", "1 passed, 1 error")],
    ids=["passes", "is killed"],
)
def test_a_forked_process_does_not_hold_up_the_run(pytest_in, then, said):
    """And a test keeps its name where xdist adds its group to it."""
    pytest_in.write("test_orphans.py", ORPHANS.format(then=then))
    _, out, _ = pytest_in("-n2", "--dist=loadgroup", "test_orphans.py")
    assert said in out
    os.kill(int((pytest_in.folder / "pids").read_text()), signal.SIGKILL)  # it is still there


def test_a_file_that_was_broken_meanwhile_is_said(pytest_in):
    breaks = """
        import pytest

        def test_breaks():
            with open("test_broken.py", "a") as file:
                file.write("import no_such_module\\n")

        @pytest.mark.serial
        def test_serial():
            pass
    """
    pytest_in.write("test_broken.py", breaks)
    code, out, _ = pytest_in("-n2", "test_broken.py")
    assert code == 1
    assert "1 passed, 1 error" in out
    assert "cannot collect test_broken.py: ModuleNotFoundError" in out


def test_a_distribution_without_workers_is_a_plain_run(pytest_in):
    pytest_in.write("test_it.py", "def test_it(benchmark):\n    benchmark(int)\n")
    code, out, _ = pytest_in("--dist=loadfile", "test_it.py", *QUICK)
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

    @pytest.mark.serial
    def test_serial(torn_down):
        wait()

    @claim.timing("It waits.", id="it/waits")
    def test_measured(stopwatch, torn_down):
        wait()
"""


def started(shell, phase):
    """Start a run whose test of a phase waits; return the process, and the ids of all of them."""
    shell.write("test_waiting.py", WAITING)
    process = shell.start("-n2", "-k", phase, "--ledger=ledger.json", "test_waiting.py")
    path = shell.folder / "pids"
    until = time.monotonic() + 300
    while not path.exists() or not path.read_text(encoding="utf-8").endswith("\n"):
        assert time.monotonic() < until
        time.sleep(0.05)
    return process, {process.pid, *map(int, path.read_text(encoding="utf-8").split())}


@pytest.mark.parametrize("phase", ["worker", "serial", "measured"])
@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "process"])
def test_ctrl_c_ends_every_process_in_each_phase(pytest_in, wait_until_gone, phase, whole_group):
    process, pids = started(pytest_in, phase)
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "KeyboardInterrupt" in out
    wait_until_gone(pids)
    assert not (pytest_in.folder / "ledger.json").exists()
    if phase != "worker":  # xdist's workers do not get that far
        assert (pytest_in.folder / "torn-down").exists()


@pytest.mark.parametrize("phase", ["serial", "measured"])
def test_no_process_outlives_a_killed_run(pytest_in, wait_until_gone, phase):
    process, pids = started(pytest_in, phase)
    process.kill()
    process.communicate(timeout=60)
    wait_until_gone(pids)
