"""Checks of the evidence that a claim's function returned: errors and warnings."""

from __future__ import annotations

import contextlib
import pickle
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.random import BitGenerator
from numpy.typing import NDArray

from hw4.claims.claim import ROUNDING, TOLERANCE, Claim, ClaimError, Values
from hw4.plural import numbered

_NAMED = 3  # seeds in a sentence

Ask = Callable[[NDArray[np.int64]], object]
"""Seeds (n,) → what the claim's function returns for them."""


class Arms(Protocol):
    """What a claim has trained, as a `Trainer` knows it."""

    @property
    def used(self) -> bool:
        """Whether any arm was asked for."""

    @property
    def arms(self) -> int:
        """How many different arms were asked for."""

    @property
    def varied(self) -> bool:
        """Whether the seeds trained networks that differ."""

    @property
    def incomparable(self) -> NDArray[np.bool_]:
        """Whether two arms, or the only arm, diverged on each seed of the current block, (n,)."""


def refuse_nan(values: Values, seeds: NDArray[np.int64], arms: Arms | None) -> None:
    """Raise ClaimError for NaN in what a block of seeds gave, unless both arms diverged: ∞ − ∞."""
    wrong = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.size, bool)
    unless = ""
    if arms and arms.used:
        wrong &= ~arms.incomparable
        unless = ", or NaN only where both arms diverged"
    if wrong.any():
        raise ClaimError(
            f"{_listed(seeds[wrong].tolist())} gave NaN: expected a number for every seed{unless}"
        )


def replay(claim: Claim, ask: Ask, seeds: NDArray[np.int64], values: Values) -> list[str]:
    """Ask again for two seeds of a block, exchanged: each must give its value again.

    This reveals randomness from elsewhere, one generator for the whole block, state that one seed
    leaves behind for the next, and numbers that do not depend on the seeds. If any values differ,
    the two seeds chosen gave different values: this reveals values that depend on the position.

    Returns:
        A warning for each of the process's generators that is used without a seed, unless the
        claim lets values differ. Booleans mostly agree, whatever they come from.

    Raises:
        ClaimError: a seed gave another value than before.
    """
    others = np.flatnonzero(values != values[0])
    pair = np.array([others[0] if others.size else seeds.size - 1, 0])
    start = _states()
    try:
        with _unseeded_numpy() as fresh:
            again = claim.evidence(ask(seeds[pair]), pair.size)
    except ClaimError as error:
        raise ClaimError(f"asked again for two of its seeds, {error}") from None
    scale = np.max(np.abs(values), where=np.isfinite(values), initial=0.0)
    for seed, before, after in zip(seeds[pair].tolist(), values[pair], again, strict=True):
        near = claim.replay_tolerance, ROUNDING * scale
        if not np.isclose(after, before, *near, equal_nan=True):
            gave, then = _apart(before, after)
            raise ClaimError(
                f"seed {seed} gave {gave}, then {then}: "
                "something random does not come from the seed"
            )
    exact = isinstance(claim.replay, bool)
    return fresh + _unseeded(start, lambda: ask(seeds[pair])) if exact else []


def warnings(claim: Claim, values: Values, arms: Arms | None) -> list[str]:
    """Return a warning if the evidence (n,) is the same on every seed.

    For trained arms, the networks show whether the seeds do anything: networks that all name the
    same class, or classify all images correctly, are equally accurate. An equivalence of an arm
    with itself says nothing.

    Raises:
        ClaimError: the seeds of trained arms do nothing.
    """
    if not np.all(values == values[0]):
        return []
    if arms is None or not arms.used:
        every = "all " * (values.size > 1) + numbered(values.size, "seed")
        return [f"{every} gave {_text(values[0])}: saturated, or the seeds do nothing"]
    moved = arms.varied and not (claim.kind == "equivalent" and arms.arms == 1)
    if claim.kind != "rate" and np.isfinite(values[0]) and not moved:
        raise ClaimError(f"its seeds do nothing: all {values.size} of them gave {_text(values[0])}")
    return []


def refuse_refutation(claim: Claim, values: Values, events: NDArray[np.bool_]) -> None:
    """Refuse a refutation without evidence.

    Either both arms diverged on every seed that refutes the claim, or the unit of the differences
    is so large that each of them counts as a tie.

    Raises:
        ClaimError: one sentence.
    """
    against = values[~events]
    if against.dtype.kind == "f" and np.isnan(against).all():
        which = "every seed" if against.size == values.size else "every seed that refutes it"
        raise ClaimError(
            f"both arms diverged on {which} ({against.size} of {values.size}): "
            "expected arms that can be compared"
        )
    largest = np.max(np.abs(values)) if claim.kind == "win" else 0.0
    if 0 < largest <= TOLERANCE:
        raise ClaimError(
            f"no difference is above {largest:.3g}, and {TOLERANCE:g} or less counts as a tie: "
            "expected them in a smaller unit"
        )


@contextlib.contextmanager
def _unseeded_numpy() -> Iterator[list[str]]:
    """Give a list that gets a warning if NumPy makes a generator without a seed in the block.

    One that gets its seed or state afterwards is seeded: `RandomState(seed)` makes its generator
    first and seeds it then, and a copied or unpickled generator gets the state of the other.
    """
    from numpy.random import bit_generator, mtrand

    names, legacy, found = vars(bit_generator), vars(mtrand), list[str]()
    if "randbits" not in names or "_MT19937" not in legacy:
        yield found  # a NumPy that draws its seeds elsewhere: nothing is told
        return
    before, first = names["randbits"], legacy["_MT19937"]
    unseeded = list[BitGenerator]()  # of RandomState: what is seeded has no sequence of seeds

    def noticed(bits: int) -> object:
        if sys._getframe(1).f_globals.get("__name__") != "numpy.random._pickle":
            found[:] = ["numpy.random.default_rng() is called without a seed"]
        return before(bits)

    class Legacy(type):
        def __call__(cls) -> BitGenerator:
            names["randbits"] = before
            made: BitGenerator = first()
            names["randbits"] = noticed
            unseeded[:] = [each for each in (*unseeded, made) if each.seed_seq is not None]
            return made

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, first)

    names["randbits"], legacy["_MT19937"] = noticed, Legacy("MT19937", (), {})
    try:
        yield found
    finally:
        names["randbits"], legacy["_MT19937"] = before, first
        if any(each.seed_seq is not None for each in unseeded):
            found[:] = ["numpy.random.RandomState() is called without a seed"]


def _unseeded(start: dict[str, object], ask: Callable[[], object]) -> list[str]:
    """Return a warning for each generator that has moved since, and moves again when asked again.

    A generator that the claim seeds always ends in the same state.
    """
    once = _states()
    moved = [name for name in start if once[name] != start[name]]
    if not moved:
        return []
    ask()
    again = _states()
    return [f"{name} is drawn from without a seed" for name in moved if again[name] != once[name]]


def _states() -> dict[str, object]:
    """Return the states of the process's global generators, by name."""
    numpys = np.random.get_state(legacy=False)  # noqa: NPY002 - the one that users draw from
    states: dict[str, object] = {"random": random.getstate(), "numpy.random": pickle.dumps(numpys)}
    if torch := sys.modules.get("torch"):
        states["torch"] = torch.random.get_rng_state().numpy().tobytes()
    return states


def _listed(seeds: Sequence[int]) -> str:
    """Return the first seeds in words: "seeds 3, 5, 8 and 2 more"."""
    named, more = seeds[:_NAMED], len(seeds) - _NAMED
    last = [f"{more} more"] if more > 0 else []
    words = [*map(str, named), *last]
    listed = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
    return f"seed{'s' * (len(seeds) > 1)} {listed}"


def _apart(before: np.generic, after: np.generic) -> tuple[str, str]:
    """Return two values with enough digits to tell them apart."""
    short = _text(before), _text(after)
    return short if short[0] != short[1] else (repr(before.item()), repr(after.item()))


def _text(value: np.generic) -> str:
    return str(value) if isinstance(value, bool | np.bool_) else f"{value:g}"
