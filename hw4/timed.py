"""How a claim about time is decided: rounds from three fresh processes, then the ratio's verdict.

Claims of a session share the processes: one process takes the rounds of all of them, one after the
other, and then the next process does, so that a process's start is paid three times, not three
times a claim. A claim whose rounds leave it open gets three more processes, once.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from hw4 import ledger, timing
from hw4.child import TIMED, Child, Message
from hw4.claim import Claim, ClaimError
from hw4.items import claim_of, instance_of, origin_of, registered
from hw4.judge import Judgement
from hw4.processes import how_it_ended
from hw4.statistics.ratios import RatioTest
from hw4.statistics.sequential import Verdict
from hw4.timing import Rounds

PROCESSES = 3
SHARED = pytest.StashKey[dict[str, list[Rounds]]]()  # by node id, one a process


class MeasuringError(Exception):
    """A process that measured and died, or what a claim's function raised in it."""


def send_rounds(item: pytest.Function) -> bool:
    """In a process that only measures, take a claim's rounds and send them; return whether it is.

    Raises:
        ClaimError: the claim's function returned something else than rounds.
    """
    say = item.config.stash.get(TIMED, None)
    if say is None:
        return False
    arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    returned = item.obj(**arguments)
    if not isinstance(returned, Rounds):
        raise ClaimError(
            f"the claim returned {type(returned).__name__}: expected what stopwatch(…) returns"
        )
    say("rounds", nodeid=item.nodeid, rounds=returned.plain())
    return True


def decide_time(item: pytest.Function, claim: Claim, options: Message) -> ledger.Record:
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
    judgement = _judge(item, claim, options)
    seconds = time.perf_counter() - start
    return ledger.record(claim, origin_of(item), expect, judgement, [], seconds, cached=False)


def _judge(item: pytest.Function, claim: Claim, options: Message) -> Judgement:
    if SHARED not in item.session.stash:
        item.session.stash[SHARED] = _measure_together(item, options)
    rounds = item.session.stash[SHARED].pop(item.nodeid, None) or _measure(item, options)
    judgement = _judgement(claim, rounds)
    if judgement.verdict is Verdict.INCONCLUSIVE:
        judgement = _judgement(claim, rounds + _measure(item, options))
    return judgement


def _measure_together(item: pytest.Function, options: Message) -> dict[str, list[Rounds]]:
    """Return the rounds of the session's claims about time, of those that no process lacks."""
    claims = [(each.nodeid, claim_of(each)) for each in item.session.items]
    ids = [nodeid for nodeid, claim in claims if claim and claim.kind == "timing"]
    if len(ids) == 1:
        return {}
    processes = [_process(item, ids, options) for _ in range(PROCESSES)]
    whole = [n for n in ids if all(n in p.rounds and n not in p.others for p in processes)]
    return {nodeid: [process.rounds[nodeid] for process in processes] for nodeid in whole}


def _measure(item: pytest.Function, options: Message) -> list[Rounds]:
    """Return the rounds of three fresh processes that measure this claim alone.

    Raises:
        ClaimError: it is not written as a claim about time.
        MeasuringError: its function raised something else, or its process died.
        pytest.skip.Exception: its function was skipped there.
    """
    found = []
    for _ in range(PROCESSES):
        process = _process(item, [item.nodeid], options)
        if (other := process.others.get(item.nodeid)) is not None:
            if other["event"] == "skipped":
                pytest.skip(other["message"])
            raise (ClaimError if other["error"] == "claim" else MeasuringError)(other["message"])
        if item.nodeid not in process.rounds:
            raise MeasuringError(f"the process that measures it {how_it_ended(process.code)}")
        found.append(process.rounds[item.nodeid])
    return found


@dataclass
class _Process:
    """What one process said: rounds by node id, what failed or was skipped, its exit code."""

    rounds: dict[str, Rounds]
    others: dict[str, Message]
    code: int


def _process(item: pytest.Function, ids: list[str], options: Message) -> _Process:
    # Of a claim that is marked xfail, the verdict decides: here its function is to be run through.
    settled = options | {"maxfail": 0, "xmlpath": None, "ledger": None, "runxfail": True}
    settled["log_file"] = os.devnull  # the user's is this process's: opened anew, it would be empty
    said = _Process({}, {}, 0)
    with Child(item.config, ids, "timed", settled, timing.SINGLE_THREAD) as child:
        for message in child.messages():
            if message["event"] == "rounds":
                said.rounds[message["nodeid"]] = Rounds(**message["rounds"])
            elif message["event"] in ("failed", "skipped"):
                said.others[message["nodeid"]] = message
        said.code = child.stop()
    return said


def _judgement(claim: Claim, processes: list[Rounds]) -> Judgement:
    """Return the verdict on a claim's rounds, one entry a process."""
    log_ratios = np.array([_logarithms(rounds.first, rounds.second) for rounds in processes])
    controls = np.array([_logarithms(rounds.control, rounds.second) for rounds in processes])
    large = max(rounds.elements for rounds in processes) > timing.MANY_ELEMENTS
    margin = max(claim.margin, timing.WIDE) if large else claim.margin
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
            "warnings": sorted({warning for rounds in processes for warning in rounds.warnings}),
        },
    )


def _logarithms(first: list[float], second: list[float]) -> NDArray[np.float64]:
    return np.asarray(np.log(first) - np.log(second))


def _median(times: list[float]) -> float:
    return float(f"{np.median(times):.4g}")
