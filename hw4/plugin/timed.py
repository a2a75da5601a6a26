"""How a claim about time is decided: pairs of fresh processes, until the ratio's interval decides.

Claims of a session share the processes: a pair takes the rounds of all of them that are still open.
Both of a pair prepare a claim side by side (import, build, trace, first call); then they measure by
turns, a round each, while the other waits and computes nothing. So one is the other's control: the
second callable in the one process against itself in the other, within the same milliseconds, and
no time is spent on it.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray

from hw4.claims.claim import Claim, ClaimError
from hw4.claims.walk import Judgement
from hw4.ledger import ledger
from hw4.ledger.records import Record
from hw4.plugin.items import claim_of, instance_of, origin_of, registered
from hw4.processes.channel import Message
from hw4.processes.child import TIMED, Child, Turns
from hw4.processes.endings import how_it_ended
from hw4.statistics.ratios import ENOUGH, FEWEST, MOST, PAIR, RatioTest
from hw4.statistics.sequential import Verdict
from hw4.timing import stopwatch as timing
from hw4.timing.stopwatch import Alone, Rounds, Stopwatch, Watch


class MeasuringError(Exception):
    """A process that measured and died, or what a claim's function raised in it."""


# In a process that only measures


class _Turns(Alone):
    """Waits until whoever started this process gives it its turn."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Measure while the other process of the pair waits."""
        self._turns.ask("turn")
        start = time.process_time()
        yield
        self._turns.say("busy", seconds=time.process_time() - start)

    def leave(self) -> None:
        """Wait until the other one has measured too."""
        self._turns.ask("leave")


def stopwatch(config: pytest.Config) -> Stopwatch:
    """Return the stopwatch of a claim, which in a process that only measures waits for its turn."""
    turns = config.stash.get(TIMED, None)
    return Stopwatch(turns=_Turns(turns) if turns else None)


def send_rounds(item: pytest.Function) -> bool:
    """In a process that only measures, take a claim's rounds and send them; return whether it is.

    Raises:
        ClaimError: the claim's function returned something else than rounds.
    """
    turns = item.config.stash.get(TIMED, None)
    if turns is None:
        return False
    arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    returned = item.obj(**arguments)
    if not isinstance(returned, Rounds):
        raise ClaimError(
            f"the claim returned {type(returned).__name__}: expected what stopwatch(…) returns"
        )
    turns.say("rounds", nodeid=item.nodeid, rounds=returned.plain())
    return True


# In the process that decides


def decide_time(item: pytest.Function, claim: Claim, options: Message) -> Record:
    """Measure a claim about time and return the record of its verdict.

    Args:
        item: its test.
        claim: what it states.
        options: what was settled for every process of the run.

    Raises:
        ClaimError: it is not written as a claim about time.
        MeasuringError: its function raised something else, or its process died.
    """
    expect = registered(item, claim, instance_of(item))
    start = time.perf_counter()
    judgement = _session_of(item, options).settle(item.nodeid)
    seconds = time.perf_counter() - start
    return ledger.record(claim, origin_of(item), expect, judgement, [], seconds, cached=False)


class _Session:
    """The claims about time that share processes, and what is known of them.

    Args:
        items: their tests.
        options: what was settled for every process of the run.
    """

    def __init__(self, items: list[pytest.Item], options: Message) -> None:
        self.claims = {item.nodeid: claim for item in items if (claim := claim_of(item))}
        self._most = {item.nodeid: _most(item) for item in items}
        self._config = items[0].config
        self._options = options
        self._rounds: dict[str, list[Rounds]] = {nodeid: [] for nodeid in self.claims}
        self._warnings: dict[str, set[str]] = {nodeid: set() for nodeid in self.claims}
        self._judgements: dict[str, Judgement] = {}
        self._errors: dict[str, Message] = {}
        self._alone: set[str] = set()  # claims that broke a pair, perhaps not by their own fault

    def settle(self, nodeid: str) -> Judgement:
        """Return the verdict on a claim, after as many pairs of processes as it needs.

        Raises:
            ClaimError: it is not written as a claim about time.
            MeasuringError: its function raised something else, or its process died.
            pytest.skip.Exception: its function was skipped there.
        """
        while nodeid not in self._judgements and nodeid not in self._errors:
            settled = self._judgements.keys() | self._errors.keys() | self._alone
            ids = [each for each in self.claims if each not in settled]
            self._add_pair([nodeid] if nodeid in self._alone else ids)
        del self.claims[nodeid]  # asked for again, it is measured anew
        if error := self._errors.get(nodeid):
            if error["event"] == "skipped":
                pytest.skip(error["message"])
            raise (ClaimError if error["error"] == "claim" else MeasuringError)(error["message"])
        return self._judgements[nodeid]

    def _add_pair(self, ids: list[str]) -> None:
        """Let two fresh processes measure the claims, and judge them by all rounds so far."""
        with ExitStack() as stack:
            pair = [
                stack.enter_context(_Process(self._config, ids, self._options)) for _ in range(PAIR)
            ]
            for nodeid, warnings in _take_turns(pair):
                self._warnings[nodeid].update(warnings)
            troubles = {nodeid: [process.trouble(nodeid) for process in pair] for nodeid in ids}
        for nodeid, trouble in troubles.items():
            if found := next(filter(None, trouble), None):
                self._note(nodeid, found, final=len(ids) == 1)
            elif all(nodeid in process.rounds for process in pair):
                self._judge(nodeid, [process.rounds[nodeid] for process in pair])

    def _note(self, nodeid: str, trouble: Message, final: bool) -> None:
        """Keep why a claim has no rounds; first, if it may be another's fault, try it alone."""
        if final or trouble.get("error") != "crash":
            self._errors[nodeid] = trouble
        else:
            self._alone.add(nodeid)

    def _judge(self, nodeid: str, more: list[Rounds]) -> None:
        """Add rounds to a claim's, and keep its verdict if they decide or are the last ones."""
        self._rounds[nodeid] += more
        rounds = self._rounds[nodeid]
        if len(rounds) >= FEWEST:
            judgement = _judgement(self.claims[nodeid], rounds, self._warnings[nodeid])
            most = self._most[nodeid]
            if judgement.verdict is not Verdict.INCONCLUSIVE or len(rounds) >= most:
                self._judgements[nodeid] = judgement


SHARED = pytest.StashKey[_Session]()


def _session_of(item: pytest.Function, options: Message) -> _Session:
    """Return the claims that share the item's processes."""
    stash = item.session.stash
    if SHARED not in stash:
        claims = ((each, claim_of(each)) for each in item.session.items)
        timed = [each for each, claim in claims if claim and claim.kind == "timing"]
        stash[SHARED] = _Session(timed, options)
    known = item.nodeid in stash[SHARED].claims
    return stash[SHARED] if known else _Session([item], options)


def _most(item: pytest.Item) -> int:
    """Return how many processes a claim may take: many where an open verdict would fail the run."""
    claim = claim_of(item)
    assert claim
    try:
        return MOST if registered(item, claim, instance_of(item)) else ENOUGH
    except ClaimError:  # said when it is this claim's turn
        return ENOUGH


class _Process(Child):
    """One process of a pair.

    Attributes:
        rounds: by node id, those that it has taken.
        others: by node id, what failed or was skipped.
        wants: "turn" or "leave" where it waits for that; "" where it has ended.
        place: how many tests it has started.
        running: the node id of the last one; "" where that has finished.
        busy: seconds of processor time, of all its turns.
        whole: whether it has run all its tests.
    """

    def __init__(self, config: pytest.Config, ids: list[str], options: Message) -> None:
        # Of a claim that is marked xfail, the verdict decides: here its function is run through.
        settled = options | {"maxfail": 0, "xmlpath": None, "hw4_ledger": None, "runxfail": True}
        settled["log_file"] = os.devnull  # the user's is another's: opened anew, it would be empty
        super().__init__(config, ids, "timed", settled, timing.SINGLE_THREAD)
        self.rounds: dict[str, Rounds] = {}
        self.others: dict[str, Message] = {}
        self.wants = self.running = ""
        self.place, self.busy, self.whole = 0, 0.0, False
        self._heard = self.messages()

    def hear(self) -> None:
        """Take in what it says until it waits for something or has ended."""
        self.wants = ""
        for message in self._heard:
            match message["event"]:
                case "turn" | "leave":
                    self.wants = message["event"]
                    return
                case "busy":
                    self.busy += message["seconds"]
                case "start":
                    self.place, self.running = self.place + 1, message["nodeid"]
                case "finish":
                    self.running = ""
                case "rounds":
                    self.rounds[message["nodeid"]] = Rounds(**message["rounds"])
                case "failed" | "skipped":
                    self.others[message["nodeid"]] = message
                case "end":
                    self.whole = True

    def trouble(self, nodeid: str) -> Message | None:
        """Return why it has no rounds of a claim that it was told to measure.

        None where it has some, and where it was ended before it got so far.
        """
        if nodeid in self.others:
            return self.others[nodeid]
        died = not self.whole and not self.wants
        if nodeid in self.rounds or not (self.whole or (died and self.running in (nodeid, ""))):
            return None
        message = f"the process that measures it {how_it_ended(self.stop())}"
        return {"event": "failed", "error": "crash", "message": message}


def _take_turns(pair: list[_Process]) -> Iterator[tuple[str, list[str]]]:
    """Let processes prepare claims side by side, and measure each by turns, until one has ended.

    Yields the node id of each claim, and what else the machine did meanwhile.
    """
    for process in pair:
        process.hear()
    while all(process.wants for process in pair):
        # A process that failed a claim waits at the next one for the other.
        place = min(process.place for process in pair)
        here = [process for process in pair if process.place == place]
        yield here[0].running, _measure(here)
        for process in here:
            process.channel.say("go")
        for process in here:
            process.hear()


def _measure(processes: list[_Process]) -> list[str]:
    """Give processes their turns, in random order, as long as they ask for them."""
    before = sum(process.busy for process in processes)
    with Watch() as watch:
        while waiting := [process for process in processes if process.wants == "turn"]:
            for process in random.sample(waiting, len(waiting)):
                process.channel.say("go")
                process.hear()
    return watch.around(sum(process.busy for process in processes) - before)


def _judgement(claim: Claim, processes: list[Rounds], warnings: set[str]) -> Judgement:
    """Return the verdict on a claim's rounds, one entry a process, those of a pair in turn."""
    log_ratios = _logarithms(processes, "first") - _logarithms(processes, "second")
    seconds = _logarithms(processes, "second")
    controls = seconds[::PAIR] - seconds[1::PAIR]
    elements = max(rounds.elements for rounds in processes)
    margin = max(claim.margin, timing.least_margin(elements))
    decision = RatioTest(margin).decide(log_ratios, controls)
    return Judgement(
        decision.verdict,
        np.exp(log_ratios).ravel(),
        ratio=decision,
        rounds={
            "processes": len(processes),
            "rounds": log_ratios.shape[1],
            "elements": processes[0].elements,
            "seconds": [
                [_median(times) for times in (rounds.first, rounds.second)] for rounds in processes
            ],
            "control": decision.control,
            "margin": decision.margin,
            "warnings": sorted(warnings.union(*(rounds.warnings for rounds in processes))),
        },
    )


def _logarithms(processes: list[Rounds], which: str) -> NDArray[np.float64]:
    """Return the logarithms of the times of one callable, (processes, rounds)."""
    return np.log([getattr(rounds, which) for rounds in processes])


def _median(times: list[float]) -> float:
    return float(f"{np.median(times):.4g}")
