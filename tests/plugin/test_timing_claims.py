"""A claim about time is decided by fresh processes, whatever runs it."""

import itertools
import json

import pytest

SLEEPS = """
    import os
    from types import SimpleNamespace
    import pytest
    from hw4 import claim
    from hw4.timing import stopwatch as timing

    now = [0.0]  # a clock that goes in `sleep` only: no neighbour of the machine's is heard

    def clock():
        return now[0]

    def sleep(seconds):
        now[0] += seconds

    def number():
        with open("numbers", "ab", 0) as file:  # two processes may count at once
            file.write(b"x")
            return file.tell()

    @claim.timing("{statement}", id="it/sleeps", margin={margin}, expect="{expect}")
    def test_sleeps(stopwatch):
        timing.time = SimpleNamespace(perf_counter=clock, monotonic=clock, process_time=clock)
        with open("pids", "a") as file:
            file.write(f"{{os.getpid()}}\\n")
        return stopwatch({first}, {second})
"""
LONG, SHORT = "lambda: sleep(0.02)", "lambda: sleep(0.004)"


def planted(pytester, first=LONG, second=SHORT, expect="supported", margin=0.1):
    options = {"statement": "It sleeps longer.", "expect": expect, "margin": margin}
    pytester.makepyfile(test_sleeps=SLEEPS.format(first=first, second=second, **options))


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [(LONG, SHORT, "supported"), (SHORT, LONG, "refuted")],
    ids=["as stated", "exchanged"],
)
def test_a_planted_difference_is_found_in_its_direction(pytester, run, first, second, verdict):
    planted(pytester, first, second, verdict)
    outcome = run()
    assert outcome.code == 0, outcome.text
    record = outcome.records()["it/sleeps", ""]
    assert record["verdict"] == verdict
    assert record["kind"] == "timing"
    effect, timing = record["effect"], record["timing"]
    assert effect["low"] <= effect["median"] <= effect["high"]
    assert (effect["median"] > 3) == (verdict == "supported")
    assert len(record["evidence"]) == timing["processes"] * timing["rounds"] == 4 * 12
    assert timing["margin"] == record["margin"] == 0.1
    pids = (pytester.path / "pids").read_text(encoding="utf-8").split()
    assert len(set(pids)) == len(pids) == 4  # it is far from the margin


def test_an_unexpected_verdict_about_time_fails_and_says_how_many_rounds(pytester, run):
    planted(pytester, expect="refuted")
    outcome = run()
    assert outcome.code == 1
    assert "supported, by 48 rounds of 4 processes; registered as refuted" in outcome.text


def test_the_same_work_is_equivalent_after_six_processes(pytester, run_with):
    planted(pytester, LONG, LONG, "equivalent")
    outcome = run_with(0)
    assert outcome.code == 0
    assert outcome.records()["it/sleeps", ""]["timing"]["processes"] == 6


def test_a_ratio_at_the_margin_stays_open_after_six_processes(pytester, run_with):
    """It is 1.09 in every other process, 1.11 in the others.

    Where a verdict is registered, which would fail the run, it stays open after twenty-four.
    """
    near = "lambda t=(0.0436, 0.0444)[number() % 2]: sleep(t)"
    planted(pytester, near, "lambda: sleep(0.04)", "equivalent")
    text = (pytester.path / "test_sleeps.py").read_text(encoding="utf-8")
    free = text.replace("it/sleeps", "it/free").replace('"equivalent"', "None")
    (pytester.path / "test_free.py").write_text(free.replace("numbers", "more"), encoding="utf-8")
    outcome = run_with(0)
    assert (outcome.code, outcome.passed, outcome.failed) == (1, 1, 1)
    for name, processes in (("it/free", 6), ("it/sleeps", 24)):
        record = outcome.records()[name, ""]
        assert record["verdict"] == "inconclusive"
        assert record["timing"]["processes"] == processes
        assert record["effect"]["median"] == pytest.approx(1.1, abs=0.011)


def test_claims_share_processes_until_they_are_settled(pytester, run_with):
    planted(pytester)
    text = (pytester.path / "test_sleeps.py").read_text(encoding="utf-8")
    other = text.replace("it/sleeps", "it/sleeps-too").replace('"pids"', '"pids-too"')
    alike = other.replace(LONG, SHORT).replace('"supported"', '"equivalent"')
    (pytester.path / "test_sleeps_too.py").write_text(alike, encoding="utf-8")
    assert run_with(0).passed == 2
    settled, longer = (
        (pytester.path / name).read_text(encoding="utf-8").split() for name in ("pids", "pids-too")
    )
    assert (len(settled), len(longer), len(set(longer))) == (4, 6, 6)
    assert set(settled) < set(longer)


TURNS = """
    import os
    import time
    from hw4 import claim
    import pytest

    def work(name, began):
        def call():
            start = time.monotonic_ns()
            time.sleep(0.004 if began else 1.0)
            with open(name, "a") as file:
                file.write(f"{os.getpid()} {start} {time.monotonic_ns()}\\n")
            began.append(call)
        return call

    @claim.timing("It takes as long.", id="it/turns", expect=None)
    @pytest.mark.parametrize("n", [1, 2])
    def test_turns(stopwatch, n):
        one = work(f"calls-{n}", [])
        return stopwatch(one, one)
"""


def test_processes_prepare_side_by_side_and_measure_one_at_a_time(pytester, run_with):
    pytester.makepyfile(test_turns=TURNS.replace("\\\\", "\\"))
    assert run_with(0).code == 0
    for name in ("calls-1", "calls-2"):
        lines = (pytester.path / name).read_text(encoding="utf-8").splitlines()
        calls = [tuple(map(int, line.split())) for line in lines]  # (process, start, end)
        pids = list(dict.fromkeys(pid for pid, _, _ in calls))
        for pair in zip(pids[::2], pids[1::2], strict=True):
            first = [min(call for call in calls if call[0] == pid) for pid in pair]
            # Of either of both callables, the first call is side by side.
            later = sorted(c[1:] for pid in pair for c in [c for c in calls if c[0] == pid][2:])
            assert all(end <= start for (_, end), (start, _) in itertools.pairwise(later))
            if name == "calls-2":  # both came to it at once
                (one, other) = first
                assert one[1] < other[2]
                assert other[1] < one[2]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("3.0", "the claim returned float: expected what stopwatch(…) returns"),
        ("None", "the claim returned NoneType: expected what stopwatch(…) returns"),
        ("stopwatch(1, 2)", "stopwatch got 1: expected two functions without arguments"),
        ("1 / 0", "division by zero"),
        ("os._exit(7)", "the process that measures it ended early, exit code 7"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(pytester, run, returned, said):
    planted(pytester)
    path = pytester.path / "test_sleeps.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(f"stopwatch({LONG}, {SHORT})", returned), encoding="utf-8")
    outcome = run("--tb=short")
    assert outcome.code == 1
    assert said in outcome.text
    ((_, error),) = outcome.records().items()
    assert said in error["message"]
    assert error["error"] == ("claim" if returned in ("3.0", "None") else "crash")


def test_a_claim_marked_xfail_is_measured_and_its_verdict_is_the_failure(pytester, run_with):
    planted(pytester, expect="refuted")
    path = pytester.path / "test_sleeps.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("@claim", "@pytest.mark.xfail(strict=True)\n@claim"))
    outcome = run_with(0)
    assert (outcome.code, outcome.failed) == (0, 0)
    assert "1 xfailed" in outcome.text
    assert outcome.records()["it/sleeps", ""]["verdict"] == "supported"


def test_a_verdict_that_it_cannot_have_is_refused_at_collection(pytester, run_with):
    planted(pytester, expect="faster")
    outcome = run_with(0)
    assert outcome.code == 2
    assert "expected 'supported', 'refuted', 'equivalent' or None" in outcome.text


def test_the_command_line_shows_times_and_marks_the_kind(hw4):
    text = SLEEPS.format(
        statement="It sleeps longer.", expect="supported", margin=0.1, first=LONG, second=SHORT
    )
    name = hw4.write("test_sleeps.py", text)
    code, out, _ = hw4("run", name, "--ledger=l.json")
    assert code == 0
    assert "48 r" in out
    assert "×" in out
    assert "1 claim: 1 supported\n" in out  # no seed decided it, so there is no rate of error
    code, out, _ = hw4("show", "it/sleeps", "--ledger=l.json")
    assert code == 0
    assert "99.8 % interval" in out
    assert f"by process: {', '.join(['20 ms and 4 ms'] * 4)}" in " ".join(out.split())
    assert hw4("list", name)[1].split()[:2] == ["it/sleeps", "timing"]
    book = json.loads((hw4.folder / "l.json").read_text(encoding="utf-8"))
    assert book["claims"][0]["cached"] is False


@pytest.mark.parametrize(("returned", "code"), [("3.0", 2), ("1 / 0", 3), ("os._exit(7)", 3)])
def test_a_claim_written_wrongly_and_one_that_breaks_down_have_the_exit_codes_of_others(
    hw4, returned, code
):
    text = SLEEPS.format(
        statement="It sleeps longer.", expect="supported", margin=0.1, first=LONG, second=SHORT
    )
    name = hw4.write("test_it.py", text.replace(f"stopwatch({LONG}, {SHORT})", returned))
    assert hw4("run", name, "--jobs=1")[0] == code
