"""A claim about time is decided by fresh processes, whatever runs it."""

import itertools
import json

import pytest
from planted_time import CLOCK

PLANTED = f"""{CLOCK}
    import os
    import pytest
    from hw4 import claim

    def long():
        sleep(0.02)

    def short():
        sleep(0.004)

    def note(name):  # by which processes it is measured
        with open(name, "ab", 0) as file:  # two of them may write at once
            file.write(f"{{os.getpid():9}}\\n".encode())
            return file.tell() // 10
"""
LONGER = """
    @claim.timing("It sleeps longer.", id="it/longer", margin=0.1)
    def test_longer(stopwatch):
        note("longer")
        return by_this_clock(stopwatch)(long, short)
"""
OTHERS = """
    @claim.timing("It is exchanged.", id="it/exchanged", margin=0.1, expect="refuted")
    def test_exchanged(stopwatch):
        return by_this_clock(stopwatch)(short, long)

    @claim.timing("It is unexpected.", id="it/unexpected", expect="refuted")
    def test_unexpected(stopwatch):
        return by_this_clock(stopwatch)(long, short)

    @pytest.mark.xfail(strict=True)
    @claim.timing("It is known to be unexpected.", id="it/known", expect="refuted")
    def test_known(stopwatch):
        return by_this_clock(stopwatch)(long, short)

    @claim.timing("It is the same work.", id="it/same", expect="equivalent")
    def test_same(stopwatch):
        note("same")
        return by_this_clock(stopwatch)(long, long)
"""
NEAR = """
    # At the margin: 1.09 in every other process, 1.11 in the others.
    @claim.timing("It is near.", id="it/{name}", margin=0.1, expect={expect})
    def test_{name}(stopwatch):
        near = (0.0436, 0.0444)[note("{name}") % 2]
        return by_this_clock(stopwatch)(lambda: sleep(near), lambda: sleep(0.04))
"""
BROKEN = """
    @claim.timing("It cannot be measured.", id="broken/{number}")
    def test_broken_{number}(stopwatch):
        return {returned}
"""
AT_THE_MARGIN = {"near": "'equivalent'", "free": None}
WRONG = {  # what a claim returns, what is said of it, and whose fault it is
    "3.0": ("the claim returned float: expected what stopwatch(…) returns", "claim"),
    "None": ("the claim returned NoneType: expected what stopwatch(…) returns", "claim"),
    "stopwatch(1, 2)": ("stopwatch got 1: expected two functions without arguments", "crash"),
    "1 / 0": ("division by zero", "crash"),
    "os._exit(7)": ("the process that measures it ended early, exit code 7", "crash"),
}


@pytest.fixture(scope="module")
def outcomes(decide):
    """The outcomes of a run alone, and of one on two workers, without the ratios at the margin.

    All claims of a run share its processes.
    """
    broken = [BROKEN.format(number=n, returned=text) for n, text in enumerate(WRONG)]
    files = {"test_planted.py": PLANTED + LONGER + OTHERS + "".join(broken)}
    near = [NEAR.format(name=name, expect=expect) for name, expect in AT_THE_MARGIN.items()]
    alone = files | {"test_near.py": PLANTED + "".join(near)}
    return decide(alone, 0, "--tb=short"), decide(files, 2, "--tb=short")


@pytest.fixture
def alone(outcomes):
    return outcomes[0]


@pytest.fixture(params=[0, 1], ids=["alone", "two-workers"])
def outcome(request, outcomes):
    return outcomes[request.param]


def noted(outcome, name):
    """Return the processes that have measured a claim."""
    return (outcome.folder / name).read_text(encoding="utf-8").split()


def test_verdicts_as_registered_pass_and_others_fail(outcomes):
    alone, workers = outcomes
    assert (alone.code, alone.passed, alone.failed) == (1, 4, 2 + len(WRONG))
    assert (workers.code, workers.passed, workers.failed) == (1, 3, 1 + len(WRONG))


@pytest.mark.parametrize(("name", "verdict"), [("longer", "supported"), ("exchanged", "refuted")])
def test_a_planted_difference_is_found_in_its_direction(outcome, name, verdict):
    record = outcome.records()[f"it/{name}", ""]
    assert record["as_expected"]
    assert record["verdict"] == verdict
    assert record["kind"] == "timing"
    effect, timing = record["effect"], record["timing"]
    assert effect["low"] <= effect["median"] <= effect["high"]
    assert (effect["median"] > 3) == (verdict == "supported")
    assert len(record["evidence"]) == timing["processes"] * timing["rounds"] == 4 * 12
    assert timing["margin"] == record["margin"] == 0.1


def test_an_unexpected_verdict_about_time_fails_and_says_how_many_rounds(outcome):
    said = "supported, by 48 rounds of 4 processes; registered as refuted"
    assert said in outcome.text


def test_a_claim_marked_xfail_is_measured_and_its_verdict_is_the_failure(outcome):
    assert "1 xfailed" in outcome.text
    assert outcome.records()["it/known", ""]["verdict"] == "supported"


def test_claims_share_processes_until_they_are_settled(outcome):
    """What is far from the margin is settled by four, what is equal by six."""
    longer, same = noted(outcome, "longer"), noted(outcome, "same")
    assert (len(longer), len(set(longer))) == (4, 4)
    assert (len(same), len(set(same))) == (6, 6)
    assert set(longer) < set(same)
    record = outcome.records()["it/same", ""]
    assert (record["verdict"], record["timing"]["processes"]) == ("equivalent", 6)


@pytest.mark.parametrize(("name", "processes"), [("free", 6), ("near", 24)])
def test_a_ratio_at_the_margin_stays_open(alone, name, processes):
    """After six processes or, where a verdict is registered, which fails, after twenty-four."""
    record = alone.records()[f"it/{name}", ""]
    assert record["verdict"] == "inconclusive"
    assert record["timing"]["processes"] == processes == len(set(noted(alone, name)))
    assert record["effect"]["median"] == pytest.approx(1.1, abs=0.011)
    assert record["as_expected"] == (name == "free")


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


@pytest.mark.parametrize("number", range(len(WRONG)), ids=list(WRONG))
def test_what_cannot_be_measured_is_one_sentence(outcome, number):
    said, fault = list(WRONG.values())[number]
    record = outcome.records()[f"broken/{number}", ""]
    assert said in record["message"]
    assert record["error"] == fault
    assert said in outcome.text


def test_a_verdict_that_it_cannot_have_is_refused_at_collection(pytester, run_with):
    text = LONGER.replace("margin=0.1", 'expect="faster"')
    pytester.makepyfile(PLANTED + text)
    outcome = run_with(0)
    assert outcome.code == 2
    assert "expected 'supported', 'refuted', 'equivalent' or None" in outcome.text


def test_the_command_line_shows_times_and_marks_the_kind(hw4):
    name = hw4.write("test_longer.py", PLANTED + LONGER)
    code, out, _ = hw4("run", name, "--ledger=l.json")
    assert code == 0
    assert "48 r" in out
    assert "×" in out
    assert "1 claim: 1 supported\n" in out  # no seed decided it, so there is no rate of error
    code, out, _ = hw4("show", "it/longer", "--ledger=l.json")
    assert code == 0
    assert "99.8 % interval" in out
    assert f"by process: {', '.join(['20 ms and 4 ms'] * 4)}" in " ".join(out.split())
    assert hw4("list", name)[1].split()[:2] == ["it/longer", "timing"]
    book = json.loads((hw4.folder / "l.json").read_text(encoding="utf-8"))
    assert book["claims"][0]["cached"] is False


@pytest.mark.parametrize(("returned", "code"), [("3.0", 2), ("1 / 0", 3), ("os._exit(7)", 3)])
def test_a_claim_written_wrongly_and_one_that_breaks_down_have_the_exit_codes_of_others(
    hw4, returned, code
):
    name = hw4.write("test_it.py", PLANTED + BROKEN.format(number=0, returned=returned))
    assert hw4("run", name, "--jobs=1")[0] == code
