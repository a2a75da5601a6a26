"""Claims with `cache=True`: what is known of one before its function runs, and its memory."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hw4 import data
from hw4.claims import doubts
from hw4.claims.claim import Claim, ClaimError, Values
from hw4.claims.doubts import Ask
from hw4.claims.walk import Judgement, disproved, proved
from hw4.networks import backend
from hw4.plugin.watched import WATCH
from hw4.recall import watch as watching
from hw4.recall.installed import Installed
from hw4.recall.memory import Memory, Outcome
from hw4.recall.surroundings import surroundings
from hw4.recall.watch import Watch
from hw4.store.store import in_use

_PROOF, _REPLAYED = "proof", "replayed"  # parts of a memory, beside seeds

# Options of pytest, xdist and hw4 that choose, show or write, and change no claim's outcome.
_NEUTRAL = re.compile(
    "basetemp|cache(clear|show)|collectonly|color|code_highlight|deselect|disable_warnings|dist|"
    "durations(_min)?|failedfirst|file_or_dir|fold_skipped|force_short_summary|fulltrace|help|"
    "hw4_(confirm|fresh_seeds|jobs|ledger|only_claims|progress_file|store)|ignore(_glob)?|junitprefix|"
    "keepduplicates|keyword|last_failed_no_failures|lf|log_file|markexpr|max(fail|processes)|"
    "maxschedchunk|maxworkerrestart|newfirst|no_(header|summary)|numprocesses|override_ini|"
    "pastebin|px|reportchars|setup(only|plan|show)|show_capture|showcapture|showfixtures|"
    "showlocals|stepwise(_skip)?|tbstyle|testrunuid|traceconfig|tx|usepdb|version|xmlpath"
)


def memory_of(item: pytest.Function, claim: Claim) -> Memory | None:
    """Return the memory of a claim's instance; None where nothing is to be remembered."""
    store, watch = in_use(), item.config.stash.get(WATCH, None)
    if not claim.cache or store is None:
        return None

    def say(why: str) -> None:
        store.news.add([f"{claim.id} is not remembered: {why}"])

    if watch is None:
        say("hw4 was loaded after conftest.py, whose files it has not seen")
        return None
    watching.probe()
    base = getattr(getattr(item.config, "_tmp_path_factory", None), "_basetemp", None)
    watch.own |= {str(base)} if base else set()
    installed = watch.cache.get(Installed)
    if not isinstance(installed, Installed):
        watch.cache[Installed] = installed = Installed()
    known = [*_known(item, watch), *surroundings(installed, watch.environment), backend.unusual()]
    root = str(item.config.rootpath)
    return Memory(store, known, watch, installed, _files(item), root, say)


def _known(item: pytest.Function, watch: Watch) -> list[object]:
    config = item.config
    options = {n: v for n, v in vars(config.option).items() if not _NEUTRAL.fullmatch(n)}
    overridden = [each for each in config.option.override_ini or () if "cache_dir=" not in each]
    callspec = getattr(item, "callspec", None)
    return [
        item.nodeid,
        _plain(dict(callspec.params) if callspec else {}, watch),
        _plain(item.funcargs, watch),
        _plain(options, watch),
        overridden,
        [data.load_once(spec).fingerprint for spec in config.option.hw4_data],
        [str(config.rootpath), str(config.inipath), str(Path.cwd())],
    ]


def _files(item: pytest.Function) -> list[str]:
    """Return the claim's own file, those of plugins and `conftest.py`, and the ini file."""
    plugins = [getattr(each, "__file__", None) for each in item.config.pluginmanager.get_plugins()]
    files = [item.path, item.config.inipath, *filter(None, plugins)]
    return [os.path.abspath(each) for each in files if each]  # noqa: PTH100 - keeps links


def _plain(value: object, watch: Watch) -> object:
    """Return a value as plain data; of what has no such form, its type."""
    if value is None or isinstance(value, bool | int | float | bytes):
        return repr(value)
    if isinstance(value, str | Path):
        return "" if watch.is_own(str(value)) else str(value)
    if isinstance(value, dict):
        return [[_plain(name, watch), _plain(each, watch)] for name, each in value.items()]
    if isinstance(value, list | tuple):
        return [_plain(each, watch) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(str(_plain(each, watch)) for each in value)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind != "O":
        content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return [value.dtype.str, list(value.shape), content]
    return type(value).__qualname__


# What the function gave


def proof(memory: Memory, prove: Callable[[], Judgement]) -> Judgement:
    """Return the judgement of a proof, from memory if that has it."""
    known = memory.get(_PROOF)
    if known is None:
        judgement = prove()
        memory.put(_PROOF, {"counterexample": judgement.counterexample})
        return judgement
    reason = known["counterexample"]
    return proved(None) if reason is None else disproved(AssertionError(reason))


def of_block(memory: Memory, claim: Claim, ask: Ask) -> Ask:
    """Return a function that asks for a block of seeds what is not remembered of it."""

    def asking(seeds: NDArray[np.int64]) -> object:
        part = f"seeds {seeds.tolist()}"
        known = memory.get(part)
        if known is None:
            found = claim.evidence(ask(seeds), seeds.size)
            memory.put(part, plain(found))
            return found
        return values(known)

    return asking


def replay(
    memory: Memory | None, claim: Claim, ask: Ask, seeds: NDArray[np.int64], found: Values
) -> list[str]:
    """Ask again for two seeds, see `doubts.replay`, unless that is remembered.

    What does not follow its seed, or draws from elsewhere too, is never remembered.
    """
    if memory is None:
        return doubts.replay(claim, ask, seeds, found)
    if memory.get(_REPLAYED):
        return []
    try:
        warnings = doubts.replay(claim, ask, seeds, found)
    except ClaimError:
        memory.forget()
        raise
    if warnings:
        memory.refuse(warnings[0])
    else:
        memory.put(_REPLAYED, {"warnings": []})
    return warnings


def plain(found: Values) -> Outcome:
    """Return evidence as plain data, to the last bit."""
    is_boolean = found.dtype.kind == "b"
    return {"values": [bool(v) if is_boolean else float(v).hex() for v in found.tolist()]}


def values(known: Outcome) -> Values:
    """Return evidence that `plain` has made plain data of."""
    given = known["values"]
    assert isinstance(given, list)
    numbers = [each if isinstance(each, bool) else float.fromhex(each) for each in given]
    return np.array(numbers, bool if isinstance(given[0], bool) else np.float64)
