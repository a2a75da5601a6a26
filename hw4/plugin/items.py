"""A collected test that states a claim: how it is asked for evidence and what is recorded."""

from __future__ import annotations

import contextlib
import functools
import inspect
import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from numpy.typing import NDArray

from hw4 import data
from hw4.claims import proofs
from hw4.claims.claim import ATTRIBUTE, Claim, ClaimError, Verdict
from hw4.claims.doubts import Ask
from hw4.claims.walk import Judgement, Walk, disproved, proved
from hw4.ledger import ledger
from hw4.ledger.records import Record, Unmeasured
from hw4.networks import backend
from hw4.plugin import remembered
from hw4.plugin.by_seed import FAILED, BySeed, is_by_seed
from hw4.recall.memory import Memory
from hw4.seeds import BLOCK, seeds_from
from hw4.training.profiles import PROFILES
from hw4.training.trainer import Trainer

INSTANCES = pytest.StashKey[set[str]]()  # of a test's claim, also those that are not selected
REASONS = pytest.StashKey[str]()  # what is wrong with the reasons of a test's claim
_TRAINING = re.compile(r"\b(keras|tensorflow|train)\b")  # words of a file
_MADE_OF_FUNCTIONS = (FunctionType, MethodType, staticmethod, classmethod, functools.partial)
_CONVOLVING = re.compile(r"\bcnn\b|Conv[123]D")


CLAIM = pytest.StashKey[Claim | None]()  # that a collected test states


def claim_of(item: pytest.Item) -> Claim | None:
    """Return the claim that a collected test states, if it states one.

    Of an item of another plugin's class any attribute may be what it calls.
    """
    if CLAIM not in item.stash:
        calls = [getattr(item, "obj", None)]
        calls += [] if isinstance(item, pytest.Function) else list(vars(item).values())
        item.stash[CLAIM] = next(filter(None, map(stated, calls)), None)
    return item.stash[CLAIM]


def stated(called: object) -> Claim | None:
    """Return the claim of a function, or of one that it is made of: decorated, bound or partial."""
    to_see, seen = [called], set[int]()
    while to_see:
        each = to_see.pop()
        if id(each) in seen or not isinstance(each, _MADE_OF_FUNCTIONS):
            continue
        seen.add(id(each))
        if claim := getattr(each, ATTRIBUTE, None):
            return claim if isinstance(claim, Claim) else None
        to_see += [getattr(each, name, None) for name in ("__wrapped__", "__func__", "func")]
        with contextlib.suppress(ValueError):  # a variable that has no value yet
            to_see += [cell.cell_contents for cell in getattr(each, "__closure__", None) or ()]
    return None


def instance_of(item: pytest.Item) -> str:
    """Return the id of the test's parameters, empty where it has none."""
    callspec = getattr(item, "callspec", None)
    return callspec.id if callspec else ""


def rank(item: pytest.Item) -> tuple[bool, bool, bool, str, bool]:
    """Return a key that sorts claims: proofs, then claims by their data set, then the others.

    A worker begins with a part of the list. So it draws few data sets, and compiles few networks
    that another compiles too. Proofs of files that train nothing and load no Keras come first:
    they give a verdict within seconds. Of a data set, files with convolutions come first: they
    take longest, and a worker that begins them last has nobody to share them with.
    """
    claim = claim_of(item)
    exact = claim is not None and claim.kind == "exact"
    name, text = str(_values(item).get("dataset", "")), _text(item.path)
    short = bool(name) and not _CONVOLVING.search(text)
    return not exact, exact and bool(_TRAINING.search(text)), not name, name, short


@functools.cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def origin_of(item: pytest.Function) -> ledger.Origin:
    """Return what the ledger says of the test that states a claim."""
    explanation = inspect.getdoc(item.obj) or ""
    return ledger.Origin(item.nodeid, instance_of(item), _parameters(item), explanation)


def _values(item: pytest.Item) -> dict[str, object]:
    callspec = getattr(item, "callspec", None)
    return dict(callspec.params) if callspec else {}


def _parameters(item: pytest.Function) -> dict[str, str]:
    """Return parameters that are numbers or words; the user's data by its name, not its path."""
    values = _values(item)
    chosen = values.get("dataset")
    if isinstance(chosen, str) and chosen in item.config.option.hw4_data:
        values["dataset"] = data.load_once(chosen).name
    return {
        name: str(value) for name, value in values.items() if isinstance(value, str | int | float)
    }


def decide(item: pytest.Function, claim: Claim) -> Record:
    """Ask the claim's function for evidence until it is decided or confirmed; return the record.

    Raises:
        ClaimError: the claim cannot be decided as it is written.
    """
    expect = registered(item, claim, instance_of(item))  # refused before anything is trained
    if fault := item.stash.get(REASONS, ""):
        raise ClaimError(fault)
    _check_seeded(item, claim)
    proofs.check_plain(item.obj)
    trainer = item.funcargs.get("train")
    trainer = trainer if isinstance(trainer, Trainer) else None
    start = time.perf_counter()
    memory = remembered.memory_of(item, claim)
    if trainer:
        trainer.memory = memory
    _tell_seeds(item, claim, 0)
    ask, anew = _asking(item, claim, trainer, memory)
    by_seed = ask if isinstance(ask, BySeed) else None
    with (
        memory.watching() if memory else contextlib.nullcontext(),
        by_seed or contextlib.nullcontext(),
    ):
        if claim.kind == "exact":
            judgement = _prove(item, ask, memory)
        else:
            judgement = _judge(item, claim, (ask, anew), trainer, expect, memory)
    return ledger.record(
        claim,
        origin_of(item),
        expect,
        judgement,
        trainer.series() if trainer else [],
        time.perf_counter() - start,
        trainer is not None and trainer.used and not trainer.trained,
        [*(trainer.notices if trainer else []), *(by_seed.notices if by_seed else [])],
    )


def _prove(item: pytest.Function, ask: Ask, memory: Memory | None) -> Judgement:
    def prove() -> Judgement:
        try:
            return proved(ask(seeds_from(item.config.option.hw4_root_seed, BLOCK)))
        except FAILED as failure:
            return disproved(failure)

    return remembered.proof(memory, prove) if memory else prove()


def _judge(
    item: pytest.Function,
    claim: Claim,
    asks: tuple[Ask | BySeed, Ask],
    trainer: Trainer | None,
    expect: str | None,
    memory: Memory | None,
) -> Judgement:
    """Ask for block after block until they decide; for two seeds of the first once more, anew."""
    option, warnings = item.config.option, list[str]()
    ask, anew = asks
    replayed = isinstance(ask, BySeed) or "seeds" in item.fixturenames
    replayed = replayed and claim.replay is not False
    walk = Walk(claim, confirm=option.hw4_confirm and may_confirm(item, expect))
    for seeds in walk.blocks(option.hw4_root_seed):
        values = walk.add(ask(seeds), seeds, trainer)
        if replayed:
            warnings += remembered.replay(memory, claim, _aside(anew, trainer), seeds, values)
            replayed = False
        _tell_seeds(item, claim, walk.evidence.size)
    judgement = walk.judgement(trainer, warnings)
    if not isinstance(ask, BySeed):
        return judgement
    seeds = seeds_from(option.hw4_root_seed, judgement.evidence.size)
    return replace(judgement, failures=ask.of(seeds.tolist()))


def _asking(
    item: pytest.Function, claim: Claim, trainer: Trainer | None, memory: Memory | None
) -> tuple[Ask | BySeed, Ask]:
    """Return two functions that ask for seeds: what is remembered of them, and all of it anew.

    What is trained is in the store anyway: of a claim that trains, its networks are remembered.
    """
    if is_by_seed(item):
        one_by_one = BySeed(item, claim, memory)
        return one_by_one, one_by_one.anew
    ask = _asker(item, trainer, exact=claim.kind == "exact")
    if memory is None or trainer or claim.kind == "exact":
        return ask, ask
    return remembered.of_block(memory, claim, ask), ask


def registered(item: pytest.Item, claim: Claim, instance: str) -> str | None:
    """Return the expected verdict; on the user's own data, what was registered by data set is not.

    Raises:
        ClaimError: `expect` is by instance and does not name this one, or names one that is none.
    """
    option = item.config.option
    try:
        expect = claim.expected(instance, option.hw4_profile)
    except ClaimError:
        if option.hw4_data:
            return None
        raise
    instances = item.stash[INSTANCES]
    # A verdict may be registered for a bundled data set that only `--data` puts in its place.
    others = {each.replace(a, b) for each in instances for a in data.BUNDLED for b in data.BUNDLED}
    unknown = claim.unknown_expectations(instances | others, PROFILES)
    if unknown and not option.hw4_data:
        raise ClaimError(
            f"expect names {unknown[0]!r}, which is none of its instances: "
            f"expected {', '.join(map(repr, sorted(instances)))}"
        )
    return expect


def may_confirm(item: pytest.Item, expect: str | None) -> bool:
    """Return whether a claim is known to be supported: nothing is known of a user's own data."""
    spec = _values(item).get("dataset")
    own = isinstance(spec, str) and spec in {*item.config.option.hw4_data} - {*data.BUNDLED}
    return expect == Verdict.SUPPORTED and not own


def error_record(item: pytest.Item, claim: Claim, kind: str, message: str) -> Unmeasured:
    """Return what the ledger says of a claim that could not be decided, see `Unmeasured`."""
    found = crashed(name_of(item, claim), item.nodeid, message)
    return structs.replace(found, statement=claim.statement, source=claim.source, error=kind)


def name_of(item: pytest.Item, claim: Claim) -> dict[str, str]:
    """Return what tells a claim from all others, to be sent between processes."""
    return {"id": claim.id, "instance": instance_of(item)}


def crashed(name: Mapping[str, str], test: str, message: str) -> Unmeasured:
    """Return what the ledger says of a claim whose process died: its name is all that is known."""
    return Unmeasured(**name, test=test, error="crash", message=message)


def sendable(value: Any) -> Any:
    r"""Return plain data whose text UTF-8 can carry: half a surrogate pair reads as \udcf6, say.

    File names of foreign bytes have such halves, and xdist's worker dies over one that it sends.
    """
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case dict():
            return {sendable(name): sendable(each) for name, each in value.items()}
        case list() | tuple():
            return type(value)(map(sendable, value))
    return value


def _asker(item: pytest.Function, trainer: Trainer | None, *, exact: bool) -> Ask:
    arguments: dict[str, object] = {
        name: item.funcargs[name]
        for name in item._fixtureinfo.argnames  # as pytest's own pytest_pyfunc_call
    }

    def ask(block: NDArray[np.int64]) -> object:
        if trainer:
            trainer.seeds = block
        if "seeds" in arguments:
            arguments["seeds"] = block
        watched = proofs.watched(item.obj) if exact else contextlib.nullcontext()
        # ∞ − ∞: both arms diverged, which `Claim.events` reads
        with backend.quick_import(), np.errstate(invalid="ignore"), watched:
            return item.obj(**arguments)

    return ask


def _aside(ask: Ask, trainer: Trainer | None) -> Ask:
    """Return a function that asks without a trace in what was trained."""

    def again(seeds: NDArray[np.int64]) -> object:
        with trainer.aside() if trainer else contextlib.nullcontext():
            return ask(seeds)

    return again


def _check_seeded(item: pytest.Function, claim: Claim) -> None:
    """Refuse a claim that cannot depend on its seeds, or would on the first block only."""
    by_seed = is_by_seed(item)
    if claim.kind != "exact" and not by_seed and not {"train", "seeds"} & set(item.fixturenames):
        whose = " (its fixture seed is not hw4's)" if "seed" in item.fixturenames else ""
        raise ClaimError(
            "its seeds do nothing: the function asks for none of the fixtures "
            f"seed, seeds and train{whose}"
        )
    if claim.replay is not True and not by_seed and "seeds" not in item.fixturenames:
        raise ClaimError(
            f"got replay={claim.replay}, but the function does not ask for seeds: "
            "expected replay only beside them"
        )
    for name, definitions in item._fixtureinfo.name2fixturedefs.items():
        if "seeds" in definitions[-1].argnames:
            raise ClaimError(
                f"fixture {name!r} asks for seeds, but is set up only once: "
                "expected the claim's function itself to ask for them"
            )


def _tell_seeds(item: pytest.Item, claim: Claim, seeds: int) -> None:
    """Append the seeds so far to the file that `hw4 run` watches."""
    tell(item.config, {**name_of(item, claim), "seeds": seeds})


def tell(config: pytest.Config, line: Mapping[str, str | int]) -> None:
    """Append a line to the file that `hw4 run` watches, if it does."""
    path = config.option.hw4_progress_file
    if path:
        with contextlib.suppress(OSError), path.open("ab", buffering=0) as stream:  # a convenience
            stream.write(f"{json.dumps(line)}\n".encode())
