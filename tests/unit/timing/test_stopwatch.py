"""What is timed, in which order, and what is said of it: on a machine with planted clocks."""

import contextlib
import gc
import itertools
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from hw4.timing import stopwatch as timing
from hw4.timing.stopwatch import (
    BLOCK,
    ROUNDS,
    SLICE,
    Rounds,
    Stopwatch,
    Threads,
    Watch,
    calls_and_turns,
    calls_that_take,
    orders,
    seconds_a_call,
)

TICK = 2.0**-10  # seconds, about a millisecond: sums of it are exact


class Machine:
    """Clocks that go only when somebody works."""

    def __init__(self):
        self.wall = self.own = self.all = 0.0
        self.frequency = 3_000_000
        self.interruptions = 0

    def work(self, seconds, threads=1.0, others=0.0):
        self.wall += seconds
        self.own += threads * seconds
        self.all += (threads + others) * seconds


@pytest.fixture
def machine(monkeypatch):
    planted = Machine()
    clocks = {"perf_counter": "wall", "monotonic": "wall", "process_time": "own"}
    readers = {c: lambda n=n: getattr(planted, n) for c, n in clocks.items()}
    monkeypatch.setattr(timing, "time", SimpleNamespace(**readers))
    monkeypatch.setattr(timing, "_busy_seconds", lambda: planted.all)
    monkeypatch.setattr(timing, "_frequency", lambda: planted.frequency)
    monkeypatch.setattr(timing, "_interruptions", lambda: planted.interruptions)
    return planted


def taking(machine, *durations, **load):
    """Return a callable whose calls take these seconds, the last ones for ever, and its log."""
    log = []

    def work():
        machine.work(durations[min(len(log), len(durations) - 1)], **load)
        log.append(gc.isenabled())

    return work, log


def warnings_of(machine, *durations, **load):
    work, _ = taking(machine, *durations, **load)
    other, _ = taking(machine, 4 * TICK + TICK / 2, **load)
    return Stopwatch()(work, other).warnings


# Blocks and slices


@pytest.mark.parametrize("seconds", [0.03, 0.004, 0.0039, 0.001, 1e-4, 3e-6])
def test_a_block_is_the_least_power_of_two_of_calls_that_lasts(machine, seconds):
    work, log = taking(machine, seconds)
    calls = 2 ** max(0, math.ceil(math.log2(BLOCK / seconds)))
    assert calls_that_take(BLOCK, work) == calls
    steps = 2 ** np.arange(math.log2(calls) + 1)  # of which each is looked at for a millisecond
    assert len(log) <= (steps * np.maximum(2, 1.01 * (1e-3 / (steps * seconds) + 1))).sum()


@pytest.mark.parametrize(
    ("first", "second", "calls", "turns"),
    [
        (TICK / 256, TICK / 256, [128, 128], 16),
        (TICK / 256, TICK / 16, [128, 8], 16),
        (TICK / 2, TICK / 256, [1, 128], 9),
        (TICK / 256, 1.5 * TICK, [512, 1], 3),
        (TICK, TICK / 2, [2, 2], 5),  # as many of both, for neither takes twice as long
        (8 * TICK, TICK, [1, 8], 1),
        (100 * TICK, TICK, [1, 8], 1),
    ],
)
def test_slices_are_as_short_as_the_slowest_call_allows(machine, first, second, calls, turns):
    works = [taking(machine, seconds)[0] for seconds in (first, second)]
    assert calls_and_turns(works) == (calls, turns)
    slices = np.multiply(calls, (first, second))
    assert (slices >= SLICE).all()
    assert (slices * turns >= BLOCK).all()


def test_the_first_call_may_compile_and_does_not_count(machine):
    work, log = taking(machine, 100.0, TICK)
    Stopwatch(1)(work, taking(machine, TICK)[0])
    assert len(log) == 1 + 2 + 5  # five ticks are the first above four milliseconds


@pytest.mark.parametrize(("ticks", "calls"), [(40, 2), (42, 1)])  # 41 are forty milliseconds
def test_what_takes_long_is_called_once_to_learn_it(machine, ticks, calls):
    work, log = taking(machine, ticks * TICK)
    assert calls_and_turns([work]) == ([1], 1)
    assert len(log) == calls


def test_a_moment_s_slowness_makes_no_block_short(machine):
    usual = [TICK / 256, TICK / 256]
    for slow in range(1, 20, 2):
        work, _ = taking(machine, *usual * slow, 4 * BLOCK, TICK / 256)
        assert calls_that_take(SLICE, work) == 128


def test_a_process_that_is_slow_after_waiting_takes_no_slices_of_single_calls(machine):
    work, _ = taking(machine, *[1.1 * SLICE] * 3, TICK / 256)
    assert calls_that_take(SLICE, work) == 128


def test_what_slows_the_machine_for_milliseconds_slows_all_alike(machine, monkeypatch):
    """Two equal works, on a machine that is half as fast for eight milliseconds in twenty."""

    def work():
        machine.work(1e-4 if machine.wall % 0.02 < 0.0077 else 5e-5)

    def spread():
        rounds = Stopwatch(100)(work, work)
        return np.std(np.log(rounds.first) - np.log(rounds.second))

    in_slices = spread()
    monkeypatch.setattr(timing, "SLICE", BLOCK)
    assert in_slices < spread() / 3


@pytest.mark.parametrize("calls", [1, 8])
def test_seconds_a_call_are_the_mean_of_a_block(machine, calls):
    durations = [TICK * (1 + index) for index in range(calls)]
    work, log = taking(machine, *durations)
    assert seconds_a_call(work, calls) == np.mean(durations)
    assert len(log) == calls


# Interruptions


def interrupted(machine, times, seconds):
    """Return a block that is interrupted so many times, and the list of its results."""
    taken = []

    def block():
        machine.interruptions += len(taken) < times
        taken.append(seconds + len(taken) * TICK)
        return taken[-1]

    return block, taken


def test_an_interrupted_block_is_taken_again(machine):
    block, taken = interrupted(machine, 2, BLOCK)
    assert timing.undisturbed(block) == taken[-1]
    assert len(taken) == 3


def test_a_block_that_nobody_interrupts_is_taken_once(machine):
    block, taken = interrupted(machine, 0, BLOCK)
    assert timing.undisturbed(block) == taken[-1]
    assert len(taken) == 1


def test_a_block_that_is_always_interrupted_stands_in_the_end(machine):
    block, taken = interrupted(machine, 1000, BLOCK)
    assert timing.undisturbed(block) == taken[-1]
    assert 2 < len(taken) < 100


def test_a_long_block_is_not_taken_again(machine):
    block, taken = interrupted(machine, 1000, 60.0)
    assert timing.undisturbed(block) == 60.0
    assert len(taken) == 1


def test_interruptions_are_this_process_s_involuntary_switches(monkeypatch):
    usage = {"self": SimpleNamespace(ru_nivcsw=7, ru_nvcsw=1000)}
    planted = SimpleNamespace(RUSAGE_SELF="self", getrusage=usage.__getitem__)
    monkeypatch.setattr(timing, "resource", planted)
    assert timing._interruptions() == 7


def test_where_interruptions_are_unknown_every_block_stands(monkeypatch):
    monkeypatch.setattr(timing, "resource", None)
    results = iter([1e-3, 2e-3])
    assert timing.undisturbed(lambda: next(results)) == 1e-3


# Rounds


def test_each_round_times_both_side_by_side(machine):
    """Every call takes a tick longer than the last: a time tells when it was taken."""
    calls = []

    def work(name):
        calls.append(name)
        machine.work((8 + len(calls)) * TICK)

    rounds = Stopwatch(40)(lambda: work("first"), lambda: work("second"))
    timed = calls[6:]  # of two works one call each to compile, and two to calibrate
    assert len(timed) == 2 * 40
    taken = {(15 + index) * TICK: name for index, name in enumerate(timed)}
    rows = np.transpose([rounds.first, rounds.second])  # (rounds, 2)
    assert [[taken[seconds] for seconds in row] for row in rows] == [["first", "second"]] * 40
    assert sorted(rows.ravel()) == sorted(taken)
    np.testing.assert_array_equal(np.abs(np.diff(rows, axis=1)), TICK)


def test_either_comes_first_equally_often_and_they_begin_at_random(machine):
    begun = set()
    for _ in range(20):
        calls = []

        def work(name, calls=calls):
            calls.append(name)
            machine.work(8 * TICK)

        Stopwatch(60)(lambda w=work: w("first"), lambda w=work: w("second"))
        rows = np.reshape(calls[6:], (60, 2))
        np.testing.assert_array_equal(np.count_nonzero(rows == "first", axis=0), [30, 30])
        begun.add("".join(rows[:6].ravel()))
    assert len(begun) > 1


def test_no_work_follows_another_more_often_than_it_precedes_it():
    taken = [order for order, _ in zip(orders(3), range(12), strict=False)]
    for one, other in itertools.permutations(range(3), 2):
        assert sum(order.index(one) < order.index(other) for order in taken) == 6


def test_each_callable_has_blocks_of_its_own_length(machine):
    slow, slow_log = taking(machine, 8 * TICK)
    quick, quick_log = taking(machine, TICK)
    rounds = Stopwatch()(slow, quick)
    assert rounds.first == [8 * TICK] * ROUNDS
    assert rounds.second == [TICK] * ROUNDS
    assert rounds.warnings == ()
    assert len(slow_log) == 1 + 2 + ROUNDS
    assert len(quick_log) == 1 + 2 + 2 * (1 + 2 + 4 + 8) + 8 * ROUNDS


def test_the_size_of_arrays_is_handed_on(machine):
    work, _ = taking(machine, 8 * TICK)
    assert Stopwatch(2)(work, work, elements=7) == Rounds(*[[8 * TICK] * 2] * 2, elements=7)


def test_a_size_that_numpy_has_counted_is_a_plain_number(machine):
    work, _ = taking(machine, 8 * TICK)
    elements = Stopwatch(2)(work, work, elements=np.prod((3, 4))).elements
    assert (elements, type(elements)) == (12, int)


@pytest.mark.parametrize("elements", [1e6, -1, "7", None])
def test_a_size_that_is_no_number_of_elements_is_refused(elements):
    with pytest.raises(TypeError) as error:
        Stopwatch()(*[lambda: pytest.fail("it was called")] * 2, elements=elements)
    said = f"stopwatch got elements={elements!r}: expected a whole number of at least 0"
    assert str(error.value) == said


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("thing", [1, None, "f"])
def test_what_cannot_be_called_is_refused_before_anything_is(place, thing):
    works = [lambda: pytest.fail("it was called")] * 2
    works[place] = thing
    with pytest.raises(TypeError) as error:
        Stopwatch()(*works)
    assert str(error.value) == f"stopwatch got {thing!r}: expected two functions without arguments"


# Turns


def test_what_is_measured_is_measured_in_turns_and_what_compiles_is_not(machine):
    told = []

    class Turns:
        @contextlib.contextmanager
        def turn(self):
            told.append("turn")
            yield
            told.append("over")

        def leave(self):
            told.append("leave")

    def work():
        told.append("work")
        machine.work(8 * TICK)

    Stopwatch(2, Turns())(work, work)
    calibrated, measured = ["turn", *["work"] * 4, "over"], ["turn", "work", "work", "over"]
    assert told == ["work", "work", *calibrated, *measured, *measured, "leave"]


def test_no_other_s_turn_is_among_the_threads(machine):
    """While the process waits, the clocks go on."""

    class Turns(timing.Alone):
        def turn(self):
            machine.work(5.0, threads=2.0)
            return super().turn()

    work, _ = taking(machine, 8 * TICK)
    assert Stopwatch(2, Turns())(work, work).warnings == ()


# Garbage collection


@pytest.fixture(params=[True, False], ids=["collecting", "not collecting"])
def collecting(request):
    """Garbage collection as it may be before a measurement."""
    (gc.enable if request.param else gc.disable)()
    yield request.param
    gc.enable()


def test_garbage_is_not_collected_meanwhile(machine, collecting):
    work, log = taking(machine, 8 * TICK)
    Stopwatch()(work, work)
    assert not any(log)
    assert gc.isenabled() is collecting


def test_garbage_is_collected_again_after_an_exception(machine, collecting):
    def raises():
        assert not gc.isenabled()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Stopwatch()(raises, raises)
    assert gc.isenabled() is collecting


# As JSON


def test_rounds_survive_json():
    rounds = Rounds([0.1, 1e-9], [0.2, 1 / 3], 12, ("rounds spread by 30 %", "é"))
    assert Rounds(**rounds.plain()) == rounds
    again = Rounds(**json.loads(json.dumps(rounds.plain())))
    assert (again.first, again.second) == (rounds.first, rounds.second)
    assert (again.elements, *again.warnings) == (12, *rounds.warnings)


def test_measured_rounds_are_plain_values(machine):
    work, _ = taking(machine, 8 * TICK)
    plain = Stopwatch(3)(work, work).plain()
    assert json.loads(json.dumps(plain)) == plain | {"warnings": []}


# Warnings


def test_a_quiet_measurement_has_no_warnings(machine):
    assert warnings_of(machine, 5 * TICK) == ()


@pytest.mark.parametrize(
    ("longer", "expected"),
    [(2.0, ("rounds spread by 51 %",)), (1.2, ())],  # ln 2 and ln 1.2 between quartiles, over 1.349
)
def test_rounds_that_spread_are_told(machine, longer, expected):
    base = 8 * TICK
    assert warnings_of(machine, base, *[base, longer * base] * ROUNDS) == expected


def test_a_single_round_that_spreads_is_none_of_that(machine):
    assert warnings_of(machine, *[8 * TICK] * 4, 80 * TICK, 8 * TICK) == ()


@pytest.mark.parametrize(
    ("later", "expected"),
    [(0.0005, ("a block took 0.5 ms, expected 4",)), (0.0015, ())],
)
def test_a_block_that_became_short_is_told(machine, later, expected):
    """What is kept after the third call is computed no more, and then measures nothing."""
    assert warnings_of(machine, *[8 * TICK] * 3, later) == expected


@pytest.mark.parametrize(
    ("threads", "expected"), [(2.0, ("more than one thread worked (2.0 cores)",)), (1.2, ())]
)
def test_more_than_one_thread_is_told(machine, threads, expected):
    assert warnings_of(machine, 8 * TICK, threads=threads) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (3_000_000, 2_000_000, ["the processor went from 3000 to 2000 MHz"]),
        (2_000_000, 3_000_000, ["the processor went from 2000 to 3000 MHz"]),
        (3_000_000, 2_800_000, []),
        (0, 3_000_000, []),  # unknown
        (3_000_000, 0, []),
    ],
)
def test_another_frequency_is_told(machine, before, after, expected):
    machine.frequency = before
    with Watch() as watch:
        machine.work(1.0)
        machine.frequency = after
    assert watch.around(1.0) == expected


def test_what_happened_before_the_rounds_is_not_told(machine):
    """Compiling may use every core."""
    calls = []

    def work():
        machine.work(8 * TICK, threads=1 if calls else 64)
        calls.append(work)

    assert Stopwatch()(work, work).warnings == ()


def test_several_warnings_stand_beside_each_other(machine):
    found = warnings_of(machine, *[8 * TICK] * 3, 0.0005, threads=3.0)
    assert [warning.split()[0] for warning in found] == ["more", "a"]


def test_what_others_did_is_told(machine, monkeypatch):
    monkeypatch.setattr(timing.os, "cpu_count", lambda: 2)
    with Watch() as watch:
        machine.work(4.0, threads=0.0, others=1.5)  # all of it by processes that this one started
    assert watch.around(6.0) == watch.around(5.6) == []
    assert watch.around(2.0) == ["other processes kept 1.0 of 2 cores busy"]


def test_a_measurement_that_takes_no_time_can_be_told_about(machine):
    with Watch() as watch, Threads() as nothing:
        pass
    assert nothing is None
    assert watch.around(0.0) == Threads().warnings() == []


# What Linux tells


@pytest.fixture
def files(monkeypatch, tmp_path):
    """A folder that stands for /proc and /sys."""
    monkeypatch.setattr(timing, "Path", lambda name: tmp_path / name.rpartition("/")[2])
    monkeypatch.setattr(timing.os, "sysconf", {"SC_CLK_TCK": 100}.__getitem__)
    return tmp_path


def test_busy_seconds_are_all_but_idle_ones(files):
    """The fields of proc(5): user nice system idle iowait irq softirq steal guest guest_nice."""
    stat = "cpu  100 20 30 40000 5000 6 7 8 90000 90000\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
    (files / "stat").write_text(stat, encoding="ascii")
    assert timing._busy_seconds() == pytest.approx(1.71)


@pytest.mark.parametrize("stat", [None, "", "cpu 1 2 3\n", "cpu a b c d e f g h\n", "é"])
def test_unknown_busy_seconds_are_none(files, stat):
    if stat is not None:
        (files / "stat").write_text(stat, encoding="utf-8")
    assert timing._busy_seconds() == 0


@pytest.mark.parametrize(
    ("text", "frequency"), [("2400000\n", 2_400_000), ("<unknown>\n", 0), ("", 0), (None, 0)]
)
def test_the_frequency_is_read_where_there_is_one(files, text, frequency):
    if text is not None:
        (files / "scaling_cur_freq").write_text(text, encoding="ascii")
    assert timing._frequency() == frequency


def test_a_machine_that_tells_nothing_can_measure(files):
    with Watch() as watch:
        sum(range(1000))
    assert watch.around(0.0) == []
