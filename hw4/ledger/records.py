"""What a ledger of schema 1 holds, as types: msgspec reads and checks JSON by them.

A field with a default came later than schema 1, or is of some kinds of claims only: older ledgers
do without it. What is not named here is passed over.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, TypeAlias, cast

from msgspec import UNSET, Meta, Struct, UnsetType

from hw4.claims.claim import Kind
from hw4.plural import numbered
from hw4.roots import ROOT
from hw4.statistics.sequential import P0, Verdict

SCHEMA: Literal[1] = 1
"""The number of a ledger's form.

It grows when an older hw4 would misread what is written: that one refuses it in a sentence, and the
newer one reads every earlier form. A new field alone does not change it.
"""

Real: TypeAlias = float | Literal["inf", "-inf", "nan"]
"""A number, or what JSON has no number for: of runs that diverged."""
Word: TypeAlias = Annotated[str, Meta(min_length=1)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]
Size: TypeAlias = Annotated[int, Meta(ge=1, le=2**53)]
Number: TypeAlias = Annotated[float, Meta(ge=0)]
Positive: TypeAlias = Annotated[float, Meta(gt=0)]
Probability: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Alpha: TypeAlias = Annotated[float, Meta(gt=0, lt=0.5)]
Below1: TypeAlias = Annotated[float, Meta(ge=0, lt=1)]
Row: TypeAlias = list[Real]
Curve: TypeAlias = tuple[Row, Row, Row]
"""The quartiles of a curve over the seeds, (3, epochs)."""
Probe: TypeAlias = tuple[list[Real | Row], list[Real | Row], list[Real | Row]]
"""The quartiles of what a probe measured, (3, 2, n): before the first step and after the last.

Of `path_length` they are a curve, (3, epochs).
"""
Environment: TypeAlias = dict[str, str]
"""The versions and the machine that a number may depend on, by name."""


class Effect(Struct):
    """A median difference, share or ratio, with its interval."""

    median: Real
    low: Real
    high: Real
    confidence: Number

    def ends(self) -> tuple[float, float, float]:
        """Return the lower end, the median and the upper end."""
        return float(self.low), float(self.median), float(self.high)


class Share(Effect):
    """A share of seeds."""

    median: Probability
    low: Probability
    high: Probability


class Ratio(Effect):
    """A ratio of times."""

    median: Positive
    low: Positive
    high: Positive


class Arm(Struct, kw_only=True, omit_defaults=True):
    """What the seeds of one recipe did, as quartiles over them."""

    arm: str
    quartiles: tuple[int, int, int] | UnsetType = UNSET
    epochs: list[Size] = []  # where they are not 1, 2, …
    train_loss: Curve
    test_loss: Curve
    train_accuracy: Curve
    test_accuracy: Curve
    probes: dict[str, Probe] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse curves and probes of other shapes."""
        for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
            _check_curve(name, getattr(self, name))
        for name, probe in (self.probes or {}).items():
            if name == "path_length":
                _check_curve(f"probes.{name}", probe)
                continue
            parts = [part for row in probe for part in row]
            lengths = {len(part) if isinstance(part, list) else None for part in parts}
            if None in lengths or len(lengths) != 1 or any(len(row) != 2 for row in probe):
                raise ValueError(
                    f"probes.{name} has another shape: expected numbers of shape (3, 2, n)"
                )

    def measured(self, probe: str) -> list[list[Row]]:
        """Return the quartiles of a probe before the first step and after the last, (2, 3, n).

        Of `path_length` they are (1, 3, epochs), and of a probe that there is not (0,).
        """
        rows = self.probes.get(probe) if self.probes else None
        if not rows or not rows[0]:
            return []
        if probe == "path_length":
            return [[[each for each in row if not isinstance(each, list)] for row in rows]]
        moments = [[each for each in row if isinstance(each, list)] for row in rows]
        return [list(moment) for moment in zip(*moments, strict=True)]


def _check_curve(name: str, rows: Sequence[list[Real] | list[Real | Row]]) -> None:
    flat = not any(isinstance(value, list) for row in rows for value in row)
    if not flat or len({*map(len, rows)}) != 1:
        raise ValueError(f"{name} has another shape: expected numbers of shape (3, epochs)")


class Series(Struct):
    """What a claim's arms did."""

    arms: list[Arm]


class Timing(Struct):
    """How the ratios of a claim about time were measured; `seconds` are of one call, by process."""

    processes: Size
    rounds: Size
    elements: Count
    seconds: list[tuple[Positive, Positive]]
    control: Positive
    margin: Number
    warnings: list[str]


class Failure(Struct):
    """A seed on which an assertion failed, and what it said."""

    seed: Count
    message: str


class Document(Struct):
    """The text that claims quote: a page drawn later, elsewhere, shows it as it was.

    Attributes:
        name: of its file.
        text: in Markdown.
    """

    name: Word
    text: str


class Record(Struct, kw_only=True, tag_field="kind"):
    """A claim that was decided; its kind is the class.

    Attributes:
        alpha: the error rate of its verdict, where it is not the ledger's.
        holds_when: for a rate, which boolean counts.
        expect: the registered verdict; None never gates.
        log_evidence: natural logarithm of the odds.
        effect: the median difference, the share of seeds that gave true, or the ratio of times.
        shown: the share of seeds that show the claim.
        failures: of a rate whose function asserts, the seeds that do not show it.
        stance: what `Claim.stance` says, unless the statement is what the source says.
        because: the ids of the claims that are its reasons, where it has any.
        replay: what `Claim.replay` says.
    """

    measured: ClassVar[bool] = True

    id: Word
    instance: str
    parameters: dict[str, str] = {}
    test: str
    statement: str
    explanation: str = ""
    source: str
    stance: Literal["denies", "beside"] | UnsetType = UNSET
    because: list[Word] | UnsetType = UNSET
    margin: float
    unit: str
    share: float | None = None
    p0: float | None = None
    budget: int | None = None
    alpha: Alpha | UnsetType = UNSET
    holds_when: bool | UnsetType = UNSET
    expect: Literal["supported", "refuted", "equivalent"] | None
    verdict: Verdict
    as_expected: bool
    seeds: Count
    events: Count
    evidence: Sequence[bool | Real]
    log_evidence: float | None = None
    seeds_to_go: Count
    confirm_alpha: Alpha | None = None
    effect: Effect | None
    shown: Share | None = None
    counterexample: str | None
    timing: Timing | None = None
    warnings: list[str] = []
    failures: list[Failure] = []
    replay: bool | Below1 = True
    series: Series
    seconds: Number
    cached: bool
    notices: list[str] = []

    def __post_init__(self) -> None:
        """Refuse a verdict without what it needs."""
        if self.verdict == Verdict.CONFIRMED and not self.confirm_alpha:
            raise ValueError("confirm_alpha is missing: expected one of a confirmed claim")

    @property
    def kind(self) -> Kind:
        """How the claim is decided: "win", "equivalent", "rate", "exact" or "timing"."""
        return cast(Kind, self.__struct_config__.tag)

    @property
    def rare(self) -> bool:
        """Whether the seeds on which it does not happen show the claim."""
        return False

    def numbers(self) -> list[float]:
        """Return the evidence as floats, which may be infinite or NaN."""
        return [float(value) for value in self.evidence]


class BySeeds(Record, kw_only=True):
    """A claim that is decided by the share of seeds that show it."""

    share: Annotated[float, Meta(gt=0.5, lt=1)]
    p0: Probability = P0
    budget: Size = 64  # of a record without one: all claims had this budget then
    seeds: Size
    evidence: list[Real] | list[bool]
    log_evidence: float
    effect: Effect
    timing: None = None

    def __post_init__(self) -> None:
        """Refuse numbers that contradict one another."""
        super().__post_init__()
        _check_length(self.evidence, self.seeds)
        if self.events > self.seeds:
            raise ValueError(f"events is {self.events}: expected at most its seeds")
        if not 0 < self.p0 < self.share:
            raise ValueError(f"p0 is {self.p0}: expected a number below its share")


class Win(BySeeds, kw_only=True, tag="win"):
    """A seed shows it when its difference exceeds the margin, which may be below 0."""

    evidence: list[Real]


class Equivalent(BySeeds, kw_only=True, tag="equivalent"):
    """A seed shows it when its difference stays below the margin in size."""

    margin: Positive
    evidence: list[Real]


class Rate(BySeeds, kw_only=True, tag="rate"):
    """A seed shows it or does not."""

    margin: Number
    evidence: list[bool]

    @property
    def rare(self) -> bool:
        """Whether False counts; in older ledgers the count of events shows it."""
        if self.holds_when is UNSET:
            return self.evidence.count(True) != self.events
        return not self.holds_when


class Exact(Record, kw_only=True, tag="exact"):
    """A proof or a counter-example, without an error rate."""

    margin: Number
    evidence: list[Real] = []
    confirm_alpha: None = None
    effect: None
    timing: None = None


class Timed(Record, kw_only=True, tag="timing"):
    """A claim about time, decided by the ratios of its rounds."""

    margin: Number
    evidence: list[Positive]
    confirm_alpha: None = None
    effect: Ratio
    timing: Timing

    def __post_init__(self) -> None:
        """Refuse another number of ratios than of rounds."""
        super().__post_init__()
        _check_length(self.evidence, self.rounds)

    @property
    def rounds(self) -> int:
        """How many rounds it took, those of all processes together."""
        return self.timing.rounds * self.timing.processes


def _check_length(evidence: Sequence[object], expected: int) -> None:
    if len(evidence) != expected:
        raise ValueError(f"evidence has {numbered(len(evidence), 'value')}: expected {expected}")


class Unmeasured(Struct, kw_only=True, omit_defaults=True):
    """A claim that could not be decided.

    Attributes:
        statement: None where a process died and left nothing but the claim's name.
        source: the same.
        error: "claim" where the claim is at fault as it is written, "crash" for all else.
        message: why, in one sentence.
    """

    measured: ClassVar[bool] = False

    id: Word
    instance: str
    test: str
    statement: str | None = None
    source: str | None = None
    error: str
    message: str


AnyKind: TypeAlias = Win | Equivalent | Rate | Exact | Timed
Entry: TypeAlias = Record | Unmeasured
WithEffect: TypeAlias = BySeeds | Timed


class Ledger(Struct, kw_only=True):
    """A run: its claims in order of id, and what could not be measured.

    Attributes:
        fresh_seeds: whether the root was drawn for this run.
        alpha: the error rate of each verdict.
        confirm: whether claims that are registered as supported were confirmed, not decided.
        selection: what chose the claims, as "tests/claims -k batch"; "" if nothing did. Without it,
            an older hw4 has written the ledger.
        document: what the claims quote, of a suite that names it.
    """

    schema: Literal[1] = SCHEMA
    created: str
    profile: str
    root_seed: Annotated[int, Meta(ge=0)]
    fresh_seeds: bool | UnsetType = UNSET
    alpha: Alpha
    confirm: bool = False
    selection: str | UnsetType = UNSET
    environment: Environment
    document: Document | UnsetType = UNSET
    claims: list[AnyKind]
    errors: list[Unmeasured]

    def __post_init__(self) -> None:
        """Refuse a root that is no float; of older ledgers, tell by the root if it was drawn."""
        if self.root_seed > sys.float_info.max:
            raise ValueError("root_seed has too many digits: expected a whole number")
        if self.fresh_seeds is UNSET:
            self.fresh_seeds = self.root_seed != ROOT

    @property
    def records(self) -> list[Entry]:
        """All claims, those without a verdict last."""
        return [*self.claims, *self.errors]
