"""What a claim is, and the decorators that state one."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypedDict, TypeVar, Unpack, get_args

import numpy as np
from numpy.typing import NDArray

from hw4 import checks
from hw4.statistics.ratios import MARGIN
from hw4.statistics.sequential import ALPHA, MAX_SEEDS, P1, SEARCHED, SequentialTest, Verdict

Kind = Literal["win", "equivalent", "rate", "exact", "timing"]
Stance = Literal["states", "denies", "beside"]
Expectation = str | None | Mapping[str, str | None]
Function = TypeVar("Function", bound=Callable[..., object])
Values: TypeAlias = NDArray[np.float64 | np.bool_]
"""Evidence, one a seed: numbers, or booleans of a rate."""

__all__ = ["Claim", "ClaimDecorators", "ClaimError", "Verdict", "claim"]

ATTRIBUTE = "__hw4_claim__"  # where a decorated test keeps its claim
LEAST_ALPHA = 1e-12  # odds of which nobody could say what else went wrong meanwhile
TOLERANCE = 1e-6  # 0.56 - 0.53 is above 0.03 by rounding alone; the least difference is far larger
ROUNDING = 1e-9  # relative: the order of a sum may depend on how many seeds it is taken over


class ClaimError(ValueError):
    """A claim that cannot be decided because of how it is written, in one sentence."""


@dataclass(frozen=True)
class Claim:
    """A statement and how its evidence is read.

    Args:
        statement: the sentence that is true or false.
        id: the public name, `area/name`; empty until the test's name takes its place.
        kind: what the function returns and which seeds count, see `events`.
        source: where the statement comes from.
        margin: what a difference must exceed, or for an equivalence stay below, in `unit`. Below 0
            it is how large a loss does not count: a claim of non-inferiority.
        unit: of the evidence.
        expect: the registered verdict, by instance where instances differ, and by profile too where
            sizes decide (`instance@profile` comes before `instance`); None never gates.
        share: p₁ of the sequential test: the smallest share of seeds that a refutation rules out.
        holds_when: for a rate, which boolean counts.
        replay: whether two seeds are asked for again, to see that their values follow them; a
            number is the relative difference that is let pass.
        max_seeds: how many seeds it may take; a share that needs more is refused.
        alpha: the probability of each of the two errors.
        p0: the largest share that support rules out; None if it follows `share`.
        budget: how many seeds it takes at most; None if it follows the other three.
        stance: what the statement is to the sentence that `source` quotes: it states the same, it
            denies it, or it is beside it and makes it neither right nor wrong.
        cache: whether what the function gave is remembered in the store while its code and all
            that it read stay the same.
        because: the ids of other claims of the suite, each of which is a reason for this one: one
            id or several. A reason that is no claim is no option: nothing would test it.
    """

    statement: str
    id: str = ""
    kind: Kind = "win"
    source: str = ""
    margin: float = 0.0
    unit: str = ""
    expect: Expectation = Verdict.SUPPORTED
    share: float = P1
    holds_when: bool = True
    replay: bool | float = True
    max_seeds: int = MAX_SEEDS
    stance: Stance = "states"
    alpha: float = ALPHA
    p0: float | None = None
    budget: int | None = None
    cache: bool = False
    because: str | tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be decided.

        Raises:
            ClaimError: one sentence that names the option and what was expected.
        """
        if not isinstance(self.statement, str) or not self.statement.strip():
            raise ClaimError(f"a claim needs its statement in words, got {self.statement!r}")
        self._check_texts()
        self._check_reasons()
        self._check_margin()
        if not isinstance(self.replay, bool) and not (
            checks.is_number(self.replay) and 0 <= self.replay < 1
        ):
            self._refuse("replay", self.replay, "True, False or a relative difference below 1")
        if not isinstance(self.cache, bool):
            self._refuse("cache", self.cache, "True or False")
        if self.cache and self.replay is False:
            self._refuse("cache", True, "it without replay=False: the same must come again")
        if self.stance not in get_args(Stance):
            self._refuse("stance", self.stance, "'states', 'denies' or 'beside'")
        if type(self.max_seeds) is not int or self.max_seeds < 1:
            self._refuse("max_seeds", self.max_seeds, "a whole number of at least 1")
        self._check_sizes()
        for option in ("margin", "alpha", "p0"):  # NumPy's numbers too are written as a float
            if (given := getattr(self, option)) is not None:
                object.__setattr__(self, option, float(given))
        expectations = self.expect.values() if isinstance(self.expect, Mapping) else [self.expect]
        alike = [Verdict.EQUIVALENT] if self.kind == "timing" else []
        known = [Verdict.SUPPORTED, Verdict.REFUTED, *alike]
        for expected in expectations:
            if expected is not None and expected not in known:
                self._refuse("expect", expected, f"{', '.join(map(repr, map(str, known)))} or None")

    def _check_texts(self) -> None:
        for option in ("statement", "id", "source", "unit"):
            text = getattr(self, option)
            if not isinstance(text, str):
                self._refuse(option, text, "text")
            if any("\ud800" <= char <= "\udfff" for char in text):
                self._refuse(option, text, "text without halves of surrogate pairs")

    def _check_reasons(self) -> None:
        """Make a tuple of one id. Whether there are such claims is known when all are collected."""
        given = self.because
        names = (given,) if isinstance(given, str) else given
        if not isinstance(names, tuple | list) or not all(isinstance(n, str) and n for n in names):
            self._refuse("because", given, "the id of another claim, or a tuple of ids")
        if len({*names, self.id}) <= len(names):
            self._refuse("because", given, "ids of other claims, each once")
        object.__setattr__(self, "because", tuple(names))

    def _check_margin(self) -> None:
        positive = self.kind in ("equivalent", "timing")
        least = 0.0 if self.kind == "timing" else TOLERANCE
        bound = f"a number above {least:g}" + ("" if positive else " in size, or 0")
        if not checks.is_number(self.margin):
            self._refuse("margin", self.margin, bound)
        size = self.margin if positive else abs(self.margin)
        if not (least < size <= sys.float_info.max or (self.margin == 0 and not positive)):
            self._refuse("margin", self.margin, bound)

    def _check_sizes(self) -> None:
        """Refuse an error rate, a share or a budget with which nothing could be decided."""
        if not (checks.is_number(self.alpha) and LEAST_ALPHA <= self.alpha < 0.5):
            self._refuse("alpha", self.alpha, f"a number from {LEAST_ALPHA:g} to below 1/2")
        if self.p0 is not None and not (checks.is_number(self.p0) and 0 < self.p0 < self.share):
            given, between = self.p0, f"a share above 0 and below {self.share:.6g}"
            if not self.holds_when and checks.is_number(given):  # of the seeds on which it happens
                given = round(1 - given, 12)
                between = f"a share above {1 - self.share:.6g} and below 1"
            self._refuse("p0", given, between)
        if self.budget is None:
            self._check_found_budget()
            return
        if self.max_seeds != MAX_SEEDS:
            self._refuse("budget", self.budget, "one of budget and max_seeds")
        if type(self.budget) is not int or not 1 <= self.budget <= SEARCHED:
            self._refuse("budget", self.budget, f"a whole number from 1 to {SEARCHED:,}")
        least = max(map(self.test.unanimous, (True, False)))
        if self.budget < least:
            self._refuse("budget", self.budget, f"at least {least:,}: so many decide if all agree")

    def _check_found_budget(self) -> None:
        try:
            _ = self.test
        except ValueError as error:
            if self.kind == "rate":
                self._refuse("max_seeds", self.max_seeds, f"at least as many as it takes: {error}")
            self._refuse("budget", self.budget, f"how many seeds it may take: {error}")

    def _refuse(self, option: str, value: object, expected: str) -> None:
        message = f"claim {self.statement!r}: got {option}={value!r}, expected {expected}"
        raise ClaimError(message) from None

    @property
    def test(self) -> SequentialTest:
        """The sequential test that decides it."""
        return _test(self.share, self.max_seeds, self.p0, self.alpha, self.budget)

    def expected(self, instance: str, profile: str = "quick") -> str | None:
        """Return the verdict registered for an instance, the id of its parameters, in a profile.

        Raises:
            ClaimError: `expect` is by instance and does not name this one.
        """
        if not isinstance(self.expect, Mapping):
            return self.expect
        for name in (f"{instance}@{profile}", instance):
            if name in self.expect:
                return self.expect[name]
        raise ClaimError(f"claim {self.id!r}: expect does not name its instance {instance!r}")

    def unknown_expectations(
        self, instances: Collection[str], profiles: Collection[str]
    ) -> list[str]:
        """Return the keys of `expect` that name none of the instances, nor one in a profile."""
        if not isinstance(self.expect, Mapping):
            return []
        sized = [f"{each}@{profile}" for each in instances for profile in profiles]
        return [name for name in self.expect if name not in {*instances, *sized}]

    def evidence(self, returned: object, seeds: int) -> Values:
        """Return what the function gave for a block of seeds as an array (seeds,).

        Raises:
            ClaimError: not one number (for a rate, one boolean) per seed, or numbers of a type
                whose differences wrap around.
        """
        return self._checked(returned, (seeds,), f" per seed, shape ({seeds},)")

    def value(self, returned: object) -> Values:
        """Return what the function gave for one seed as an array (1,).

        Raises:
            ClaimError: not one number (for a rate, one boolean), or one of a type whose
                differences wrap around.
        """
        return self._checked(returned, (), "")[np.newaxis]

    def _checked(self, returned: object, shape: tuple[int, ...], each: str) -> Values:
        expected = f"expected one {'boolean' if self.kind == 'rate' else 'number'}{each}"
        if returned is None:
            raise ClaimError(f"the claim returned nothing: {expected}")
        if np.ma.is_masked(returned):
            raise ClaimError(f"the claim returned masked values: {expected}")
        try:
            values = np.asarray(returned)
        except ValueError:
            raise ClaimError(f"the claim returned rows of unequal length: {expected}") from None
        if values.dtype.kind not in ("b" if self.kind == "rate" else "iuf"):
            hint = " (@claim.rate takes booleans)" if values.dtype.kind == "b" else ""
            raise ClaimError(f"the claim returned {_named(values)}: {expected}{hint}")
        if values.dtype.kind == "u" or (values.dtype.kind == "i" and values.dtype.itemsize < 4):
            raise ClaimError(
                f"the claim returned {values.dtype}, whose differences wrap around: "
                "expected float or int64 before they are taken"
            )
        if values.shape != shape:
            both = self.kind != "rate" and values.shape == (2, *shape)
            raise ClaimError(
                f"the claim returned an array of shape {values.shape}: {expected}"
                f"{' (of two arms, return their difference)' if both else ''}"
            )
        return values if self.kind == "rate" else values.astype(np.float64)

    def events(self, evidence: Values) -> NDArray[np.bool_]:
        """Return which seeds show it, (n,). NaN, where both arms diverged, never does.

        Within 1e-6 · max(1, |margin|) of the margin it is a tie, which does not show it either:
        rounding must decide nothing.
        """
        if self.kind == "rate":
            return np.asarray(evidence == self.holds_when)
        tie = TOLERANCE * max(1.0, abs(self.margin))
        if self.kind == "equivalent":
            return np.asarray(np.abs(evidence) < self.margin - tie)
        return np.asarray(evidence > self.margin + tie)

    @property
    def replay_tolerance(self) -> float:
        """The relative difference that a value may have when its seed is asked for again."""
        return ROUNDING if isinstance(self.replay, bool) else self.replay


@functools.cache
def _test(
    share: float, most: int, p0: float | None, alpha: float, budget: int | None
) -> SequentialTest:
    return SequentialTest.of_share(share, most, p0=p0, alpha=alpha, budget=budget)


def _stated_share(statement: str, at_least: float | None, at_most: float | None) -> float:
    """Return the share of seeds that show a rate, whichever way round it is stated."""
    if at_least is not None and at_most is not None:
        raise ClaimError(f"claim {statement!r}: got at_least and at_most, expected one of them")
    if at_most is not None:
        return 1 - _share(statement, "at_most", at_most, 0.0)
    return P1 if at_least is None else _share(statement, "at_least", at_least, 0.5)


def _share(statement: str, option: str, given: object, least: float) -> float:
    """Return a share of seeds that lies on its side of one half."""
    if not (checks.is_number(given) and least < given < least + 0.5):
        raise ClaimError(
            f"claim {statement!r}: got {option}={given!r}, "
            f"expected a share between {least:g} and {least + 0.5:g}: "
            "one half is what support rules out"
        )
    return float(given)


def _named(values: NDArray[np.generic]) -> str:
    kinds = {"c": "complex number", "b": "boolean", "U": "string", "S": "string"}
    name = (kinds | dict.fromkeys("iuf", "number")).get(values.dtype.kind)
    if values.ndim:
        return f"{name}s" if name else f"values of type {values.dtype}"
    kind = type(values.item()).__name__ if values.dtype.kind == "O" else values.dtype
    return f"a {name or f'value of type {kind}'}"


class Named(TypedDict, total=False):
    """Options of every claim. `Claim` says what each means, and has its default."""

    id: str
    source: str
    expect: Expectation
    stance: Stance
    because: str | tuple[str, ...]


class Options(Named, total=False):
    """Options of every claim that seeds decide."""

    replay: bool | float
    alpha: float
    p0: float | None
    budget: int | None
    cache: bool


class ClaimDecorators:
    """`@claim` and its family. Each attaches a frozen `Claim` to a pytest function.

    All take `id`, `source`, `expect`, `stance` and `because`; what seeds decide takes `replay`,
    `alpha`, `p0`, `budget` and `cache` too, and `@claim.exact` `cache`. `Claim` has their defaults.
    """

    def __call__(
        self,
        statement: str,
        *,
        margin: float = 0.0,
        unit: str = "",
        **options: Unpack[Options],
    ) -> Callable[[Function], Function]:
        """State a win: the function returns differences (seeds,), bigger is better for the claim.

        A seed shows it when its difference exceeds the margin; a tie does not. `margin=-0.02`
        states non-inferiority: a loss below 0.02 shows it too.

        Of a function that asks for `seeds`, two are asked for again, and must give the same;
        `replay=1e-3` lets a relative difference pass, and `replay=False` is for what cannot be
        measured twice.

        `source` may quote a sentence, as in "Chapter 2: 'Dropout reduces overfitting'": the report
        says whether it is right. `stance="denies"` says that the statement is the opposite of the
        sentence, and `stance="beside"` that it makes the sentence neither right nor wrong.

        `because="area/other"` names another claim of the suite as a reason for this one. The report
        then shows what was found of it, also where it was refuted.

        `alpha` is the probability of either error, `p0` the largest share of seeds that support
        rules out, and `budget` how many seeds it takes at most; a budget that is not given follows
        the others. `hw4 plan` says what they cost and what they can detect.

        With `cache=True` what the function gave is remembered in the store, and forgotten when its
        code or anything that it read changes: see `hw4.recall`.
        """
        _refuse_others(statement, options, Options)
        return _attach(Claim(statement, kind="win", margin=margin, unit=unit, **options))

    def equivalent(
        self,
        statement: str,
        *,
        margin: float,
        unit: str = "",
        **options: Unpack[Options],
    ) -> Callable[[Function], Function]:
        """State that two arms are alike: the function returns differences (seeds,).

        A seed shows it when the difference stays below the margin in size. All other options as
        above.
        """
        _refuse_others(statement, options, Options)
        return _attach(Claim(statement, kind="equivalent", margin=margin, unit=unit, **options))

    def rate(
        self,
        statement: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        max_seeds: int = MAX_SEEDS,
        **options: Unpack[Options],
    ) -> Callable[[Function], Function]:
        """State how often something happens: the function returns booleans (seeds,).

        `at_least` is the share of seeds, above one half, instead of nine in ten. Above nine in ten
        support rules out more than one half: see `hw4.statistics.share_ruled_out`. `at_most` is the
        share, below one half, for what hardly ever happens. The closer it is to one half or to one,
        the more seeds it takes; above `max_seeds` it is refused, unless `budget` is given instead.
        `p0` is the share that support rules out: with `at_least` a smaller one, with `at_most` a
        larger one, both of the seeds on which it happens.

        All other options as above.
        """
        _refuse_others(statement, options, Options)
        share, holds_when = _stated_share(statement, at_least, at_most), at_most is None
        if not holds_when and checks.is_number(p0 := options.get("p0")):
            options["p0"] = 1 - p0
        return _attach(
            Claim(
                statement,
                kind="rate",
                share=share,
                holds_when=holds_when,
                max_seeds=max_seeds,
                **options,
            )
        )

    def exact(
        self,
        statement: str,
        *,
        cache: bool = False,
        **options: Unpack[Named],
    ) -> Callable[[Function], Function]:
        """State what can be proved: the function asserts and returns nothing.

        A failed assertion refutes the claim, and its message is the counter-example.
        `stance` and `cache` as above.
        """
        _refuse_others(statement, options, Named)
        return _attach(Claim(statement, kind="exact", cache=cache, **options))

    def timing(
        self,
        statement: str,
        *,
        margin: float = MARGIN,
        **options: Unpack[Named],
    ) -> Callable[[Function], Function]:
        """State that something takes longer: the function returns `stopwatch(slower, faster)`.

        Supported where it takes longer by more than the margin, a fraction; "equivalent" where
        neither does; refuted where it takes less time. It is decided by ratios of times that
        fresh processes measure, alone on the machine, until their interval decides: see
        `hw4.statistics.ratios`. `stance` as above.
        """
        _refuse_others(statement, options, Named)
        return _attach(Claim(statement, kind="timing", margin=margin, unit="times", **options))


def _refuse_others(statement: str, given: Named, known: type[Named]) -> None:
    """Raise TypeError, as Python does, for an option that this kind of claim does not have."""
    for option in given.keys() - known.__annotations__.keys():
        raise TypeError(f"claim {statement!r}: got an unexpected keyword argument {option!r}")


def _attach(stated: Claim) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        # Of a static method the class gives the function within.
        plain = function.__func__ if isinstance(function, staticmethod) else function
        name = getattr(plain, "__name__", "")
        if not _is_function(plain) or not (stated.id or name):
            raise ClaimError(f"claim {stated.statement!r}: got {function!r}, expected a function")
        if other := plain.__dict__.get(ATTRIBUTE):
            raise ClaimError(
                f"claim {stated.statement!r}: {name} states {other.statement!r} "
                "already, expected one claim a function"
            )
        named = stated if stated.id else dataclasses.replace(stated, id=name)
        setattr(plain, ATTRIBUTE, named)
        return function

    return decorate


def _is_function(given: object) -> bool:
    """Return whether pytest collects it: a function, perhaps decorated or partial."""
    while isinstance(given, functools.partial):
        given = given.func
    return inspect.isfunction(inspect.unwrap(given)) if callable(given) else False


claim = ClaimDecorators()
