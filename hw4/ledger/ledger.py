"""The ledger of a run: made, written and read. The report reads nothing else."""

from __future__ import annotations

import contextlib
import datetime
import json
import math
import platform
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
from msgspec import UNSET, Struct, UnsetType
from numpy.typing import NDArray

from hw4.claims.claim import Claim
from hw4.claims.walk import Judgement
from hw4.files import FileError, read_text, write_text
from hw4.ledger.faults import sentence
from hw4.ledger.records import (
    SCHEMA,
    AnyKind,
    Document,
    Entry,
    Environment,
    Ledger,
    Record,
    Unmeasured,
)
from hw4.recall.surroundings import gpus
from hw4.statistics.effects import Effect
from hw4.statistics.sequential import ALPHA, agree
from hw4.versions import version


class LedgerError(FileError):
    """A file that cannot be read as a ledger, in one sentence that names it."""


@dataclass(frozen=True)
class Origin:
    """The test that states a claim.

    Args:
        test: its node id.
        instance: the id of its parameters, empty where it has none.
        parameters: their values as text, by name, of those that are numbers or words.
        explanation: its docstring: what is compared, and why folklore and measurement differ.
    """

    test: str
    instance: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    explanation: str = ""


def record(
    claim: Claim,
    origin: Origin,
    expect: str | None,
    judgement: Judgement,
    arms: Iterable[Mapping[str, object]],
    seconds: float,
    cached: bool,
    notices: Iterable[str] = (),
) -> Record:
    """Return what the ledger says of a decided claim.

    `expect` is the verdict registered for this instance, None where none gates; `arms` are as
    `hw4.ledger.records.Arm`, in plain values; `notices` are sentences about its runs.
    """
    decision, test = judgement.decision, judgement.test
    stated = {name: getattr(claim, name) for name in _STATED}
    stance = {} if claim.stance == "states" else {"stance": claim.stance}
    reasons = {"because": list(claim.because)} if claim.because else {}
    bounds = {"share": test.p1, "p0": test.p0, "budget": test.budget} if test else {}
    if test and test.alpha != ALPHA:  # which the ledger names
        bounds["alpha"] = test.alpha
    found = {
        "expect": str(expect) if expect else None,
        "verdict": judgement.verdict,
        "as_expected": expect is None or agree(expect, judgement.verdict),
        "seeds": decision.seeds if decision else 0,
        "events": decision.events if decision else 0,
        "evidence": numbers(judgement.evidence),
        "log_evidence": decision.log_evidence if decision else None,
        "seeds_to_go": judgement.seeds_to_go,
        "confirm_alpha": judgement.confirm_alpha,
        "effect": _interval(judgement.effect()),
        "shown": _interval(judgement.shown()),
        "counterexample": judgement.counterexample,
        "timing": judgement.rounds,
        "warnings": list(judgement.warnings),
        "failures": [{"seed": seed, "message": said} for seed, said in judgement.failures],
        "series": {"arms": list(arms)},
        "seconds": round(seconds, 3),
        "cached": cached,
        "notices": list(notices),
    }
    fields = stated | stance | reasons | bounds | asdict(origin) | found
    # NumPy's floats are no plain values.
    plainly = {name: float(v) if isinstance(v, float) else v for name, v in fields.items()}
    made: Record = msgspec.convert(plainly, AnyKind)
    return made


_STATED = ("kind", "id", "statement", "source", "margin", "unit", "holds_when", "replay")


def _interval(effect: Effect | None) -> dict[str, bool | float | str] | None:
    return {name: _number(end) for name, end in asdict(effect).items()} if effect else None


def build(
    claims: Iterable[Record],
    errors: Iterable[Unmeasured],
    profile: str,
    root_seed: int,
    confirm: bool = False,
    fresh_seeds: bool = False,
    selection: str | UnsetType = UNSET,
    document: Document | UnsetType = UNSET,
) -> Ledger:
    """Return the ledger of a run: its claims in order of id, and what could not be measured.

    `confirm` says whether claims that are registered as supported were confirmed, not decided,
    `fresh_seeds` whether the root was drawn for this run, `selection` what chose the claims, and
    `document` what they quote.
    """
    return Ledger(
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        profile=profile,
        root_seed=root_seed,
        fresh_seeds=fresh_seeds,
        alpha=ALPHA,
        confirm=confirm,
        selection=selection,
        environment=environment(),
        document=document,
        claims=cast(list[AnyKind], sorted(claims, key=by_name)),
        errors=sorted(errors, key=by_name),
    )


def by_name(entry: Entry) -> tuple[str, str, str]:
    """Return what a ledger's entries are sorted by."""
    return entry.id, entry.instance, entry.test


def environment() -> Environment:
    """Return the versions and the machine that a number may depend on."""
    names = ("hw4", "tensorflow", "keras", "numpy", "scipy", "pytest")
    versions = {name: found for name in names if (found := version(name))}
    machine = {"cpu": _processor(), "gpu": ", ".join(gpus())}
    return {"python": platform.python_version(), **versions} | {
        k: v for k, v in machine.items() if v
    }


def _processor() -> str:
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def plain(entry: Struct) -> dict[str, object]:
    """Return an entry, or a whole ledger, in plain values of JSON, as it is written and sent."""
    made: dict[str, object] = msgspec.to_builtins(entry)
    return made


def entry(values: Mapping[str, object]) -> Entry:
    """Return what `plain` made plain values of."""
    made: Entry = msgspec.convert(values, Unmeasured if "error" in values else AnyKind)
    return made


def write(path: Path, ledger: Ledger) -> None:
    """Write a ledger whole or not at all: an old file stays as it was when writing fails.

    Raises:
        FileError: the file cannot be written.
    """
    text = json.dumps(plain(ledger), indent=1, allow_nan=False, ensure_ascii=False)
    write_text(path, text + "\n", "ledger")


class _Head(Struct):
    """What tells a ledger from other files of JSON."""

    schema: msgspec.Raw
    claims: msgspec.Raw


def read(path: Path) -> Ledger:
    """Return a ledger, of this schema: fields that came later than schema 1 may be missing.

    Raises:
        LedgerError: no such file, not JSON, not a ledger, or one of another schema.
    """
    try:
        text = read_text(path)
        schema = _schema(text)
        if type(schema) is not int or schema != SCHEMA:
            raise LedgerError(f"ledger {path} has {_other_schema(schema)}")
        return _decoded(text, path)
    except LedgerError:
        raise
    except OSError as error:
        raise LedgerError(f"ledger {path} cannot be read: {error.strerror}") from None
    except msgspec.ValidationError:
        raise LedgerError(f"{path} is not a ledger: expected what hw4 run --ledger wrote") from None
    except (ValueError, msgspec.DecodeError, RecursionError):
        # cut off, not UTF-8, NaN, half a surrogate pair; nested thousandfold
        raise LedgerError(f"ledger {path} is not JSON: expected what hw4 run wrote") from None


def _schema(text: str) -> object:
    try:
        found: object = json.loads(bytes(msgspec.json.decode(text, type=_Head).schema))
    except msgspec.ValidationError:
        json.loads(text)  # it is another file: of JSON at all?
        raise
    return found


def _decoded(text: str, path: Path) -> Ledger:
    try:
        return msgspec.json.decode(text, type=Ledger)
    except msgspec.ValidationError as error:
        told = sentence(error, text)
        raise LedgerError(f"ledger {path} is not as hw4 run writes it: {told}") from None


def _other_schema(found: object) -> str:
    newer = type(found) is int and found > SCHEMA
    told = f"schema {reprlib.repr(found)}: this hw4 expects schema {SCHEMA}"
    return f"{told}, a newer one has written it" if newer else told


def numbers(values: NDArray[np.generic]) -> list[object]:
    """Return an array as nested lists of plain JSON values, see `_number`."""
    if values.ndim > 1:
        return [numbers(row) for row in values]
    return [_number(value) for value in values]


def _number(value: float | np.generic) -> bool | float | str:
    """Return a JSON value; what JSON has no number for is "inf", "-inf" or "nan"."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    number = float(value)
    return number if math.isfinite(number) else str(number)
