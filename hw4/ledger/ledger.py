"""The ledger: one record a claim instance, as JSON. The report reads nothing else."""

from __future__ import annotations

import contextlib
import datetime
import json
import math
import platform
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw4.claims.claim import Claim
from hw4.claims.walk import Judgement
from hw4.files import FileError, read_text, write_text
from hw4.ledger.schema import ERROR_FIELDS, check_ledger
from hw4.statistics.effects import Effect
from hw4.statistics.sequential import SequentialTest, agree
from hw4.versions import version

SCHEMA = 1
"""The number of a ledger's form.

It grows when an older hw4 would misread what is written: that one refuses it in a sentence, and the
newer one reads every earlier form. A new field alone does not change it: an older hw4 passes over
fields that it does not know, and a newer one does without them, so that `hw4.ledger.schema` has
each field that came later as one that may be missing.
"""

Record = dict[str, Any]


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
    series: list[Record],
    seconds: float,
    cached: bool,
    notices: Iterable[str] = (),
) -> Record:
    """Return what the ledger says of a decided claim, in plain JSON values.

    `expect` is the verdict registered for this instance, None where none gates; `notices` are
    sentences about its runs.
    """
    decision, test = judgement.decision, judgement.test
    return {
        "id": claim.id,
        "instance": origin.instance,
        "parameters": dict(origin.parameters),
        "test": origin.test,
        "statement": claim.statement,
        "explanation": origin.explanation,
        "source": claim.source,
        "kind": claim.kind,
        "margin": claim.margin,
        "unit": claim.unit,
        **_bounds(test),
        "holds_when": claim.holds_when,
        "expect": str(expect) if expect else None,
        "verdict": str(judgement.verdict),
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
        "replay": claim.replay,
        "series": {"arms": series},
        "seconds": round(seconds, 3),
        "cached": cached,
        "notices": list(notices),
    }


def _bounds(test: SequentialTest | None) -> Record:
    """Return the shares that verdicts rule out, and how many seeds there may be."""
    names = {"share": "p1", "p0": "p0", "budget": "budget"}
    return {name: getattr(test, attribute, None) for name, attribute in names.items()}


def _interval(effect: Effect | None) -> Record | None:
    if effect is None:
        return None
    return {
        "median": _number(effect.median),
        "low": _number(effect.low),
        "high": _number(effect.high),
        "confidence": effect.confidence,
    }


def build(
    claims: Iterable[Record],
    errors: Iterable[Record],
    profile: str,
    root_seed: int,
    confirm: bool = False,
    fresh_seeds: bool = False,
) -> Record:
    """Return the ledger of a run: its claims in order of id, and what could not be measured.

    `confirm` says whether claims that are registered as supported were confirmed, not decided, and
    `fresh_seeds` whether the root was drawn for this run.
    """

    def by_name(item: Record) -> tuple[str, str, str]:
        return item["id"], item["instance"], item["test"]

    return {
        "schema": SCHEMA,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "profile": profile,
        "root_seed": root_seed,
        "fresh_seeds": fresh_seeds,
        "alpha": SequentialTest().alpha,
        "confirm": confirm,
        "environment": environment(),
        "claims": sorted(claims, key=by_name),
        "errors": sorted(errors, key=by_name),
    }


def environment() -> dict[str, str]:
    """Return the versions and the machine that a number may depend on."""
    names = ("hw4", "tensorflow", "keras", "numpy", "scipy", "pytest")
    versions = {name: found for name in names if (found := version(name))}
    return {"python": platform.python_version(), **versions, "cpu": _processor()}


def _processor() -> str:
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def write(path: Path, ledger: Record) -> None:
    """Write a ledger whole or not at all: an old file stays as it was when writing fails.

    Raises:
        FileError: the file cannot be written.
    """
    text = json.dumps(ledger, indent=1, allow_nan=False, ensure_ascii=False)
    write_text(path, text + "\n", "ledger")


def read(path: Path) -> Record:
    """Return a ledger, in which every field that this version needs has its type.

    Fields that came later than schema 1 may be missing: see `hw4.ledger.schema`.

    Raises:
        LedgerError: no such file, not JSON, not a ledger, or one of another schema.
    """
    try:
        ledger = json.loads(read_text(path), parse_constant=_refuse)
    except OSError as error:
        raise LedgerError(f"ledger {path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):  # cut off, not UTF-8, NaN; nested thousandfold
        raise LedgerError(f"ledger {path} is not JSON: expected what hw4 run wrote") from None
    if not isinstance(ledger, dict) or not {"schema", "claims"} <= ledger.keys():
        raise LedgerError(f"{path} is not a ledger: expected what hw4 run --ledger wrote")
    if type(ledger["schema"]) is not int or ledger["schema"] != SCHEMA:
        raise LedgerError(f"ledger {path} has {_other_schema(ledger['schema'])}")
    try:
        check_ledger(ledger)
    except ValueError as error:
        raise LedgerError(f"ledger {path} is not as hw4 run writes it: {error}") from None
    # What is not named could be taken for a field of a claim.
    errors = [
        {name: each[name] for name in each if name in ERROR_FIELDS} for each in ledger["errors"]
    ]
    return ledger | {"errors": errors}


def _other_schema(found: object) -> str:
    newer = type(found) is int and found > SCHEMA
    told = f"schema {reprlib.repr(found)}: this hw4 expects schema {SCHEMA}"
    return f"{told}, a newer one has written it" if newer else told


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def numbers(values: NDArray[Any]) -> list[Any]:
    """Return an array as nested lists of plain JSON values, see `_number`."""
    if values.ndim > 1:
        return [numbers(row) for row in values]
    return [_number(value) for value in values]


def _number(value: Any) -> bool | float | str:
    """Return a JSON value; what JSON has no number for is "inf", "-inf" or "nan"."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    number = float(value)
    return number if math.isfinite(number) else str(number)
