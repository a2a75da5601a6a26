"""Claims whose function takes one seed: it is called once a seed, and may just assert.

Its fixtures of function scope are set up anew for every seed, as for separate tests.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from hw4.claims import proofs
from hw4.claims.claim import Claim, ClaimError
from hw4.plugin import remembered
from hw4.plugin.options import settled
from hw4.processes.child import TIMED
from hw4.processes.side_by_side import WORTH, Given, SideBySide
from hw4.recall.memory import Memory
from hw4.seeds import BLOCK, seeds_from

_SEED = pytest.StashKey[int]()  # that the test's fixtures are set up with
_LONGEST = 500  # characters of what a failed assertion said
FAILED = (AssertionError, pytest.fail.Exception)  # what pytest takes for a failed test


def current(item: pytest.Item) -> int:
    """Return the seed that a test's fixtures are set up with: before any is chosen, the first."""
    first = seeds_from(item.config.option.hw4_root_seed, BLOCK)[0]
    return item.stash.setdefault(_SEED, int(first))


def is_by_seed(item: pytest.Item) -> bool:
    """Return whether hw4's fixture `seed` has been set up for a test, for itself or for another."""
    return _SEED in item.stash


class BySeed:
    """Asks a claim's function for one seed after another.

    Args:
        item: the test, with its fixtures set up.
        claim: what it states.
        memory: of what the function gave for a seed; None where nothing is remembered.

    Attributes:
        failures: seed → what its failed assertion said.
        notices: sentences for the user.

    Raises:
        ClaimError: the claim, or its fixtures, are not for one seed.
    """

    def __init__(self, item: pytest.Function, claim: Claim, memory: Memory | None = None) -> None:
        self.failures: dict[int, str] = {}
        self.notices: list[str] = []
        self._memory = memory
        self._item, self._claim = item, claim
        self._fresh = True  # as pytest has set the fixtures up
        self._noted = dict(item.stash._storage)  # by plugins; `tmp_path` drops its note
        self._watched = TIMED in item.config.stash  # the process that decides watches a first seed
        self._jobs = item.config.option.hw4_jobs
        self._others: SideBySide | None = None
        self._ending = contextlib.ExitStack()
        if claim.kind == "exact":
            raise ClaimError("it asks for seed, but a proof is asked for once: expected none")
        both = {"seeds", "train"} & {*item.fixturenames}
        if both:
            raise ClaimError(
                f"it asks for seed and for {' and '.join(sorted(both))}: expected seed alone"
            )

    def __call__(self, seeds: NDArray[np.int64]) -> NDArray[np.bool_ | np.float64]:
        """Return what the seeds (n,) give, (n,): numbers, or for a rate booleans.

        Raises:
            ClaimError: a seed gave something else.
            JobError: a process that ran some of them died.
        """
        found: list[NDArray[np.bool_ | np.float64]] = []
        start, left = time.perf_counter(), seeds.tolist()
        while left and not self._pays(time.perf_counter() - start, len(found), len(left)):
            found.append(self._remembered(left.pop(0)))
        if left and self._others:
            given = self._others.run(left, self.given)
            self.failures |= {s: g.failed for s, g in zip(left, given, strict=True) if g.failed}
            found += [each.value for each in given]
        return np.concatenate(found)

    def _pays(self, seconds: float, done: int, left: int) -> bool:
        """Return whether other processes run seeds too; start them where the block is long."""
        if self._others is None and self._jobs > 1 and done and left * seconds / done >= WORTH:
            if self._memory:
                self.notices.append(
                    f"{self._claim.id}: its seeds run one after another, because cache=True must "
                    "see what they read"
                )
            else:
                options = settled(self._item.config.option) | {"hw4_fresh_seeds": False}
                others = SideBySide(self._item, min(self._jobs, BLOCK) - 1, options)
                self._others = self._ending.enter_context(others)
            self._jobs = 1
        return self._others is not None

    def given(self, seed: int) -> Given:
        """Return what one seed gives, and what its failed assertion said."""
        value = self._value(seed)
        return Given(value, self.failures.get(seed))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """End the processes that ran seeds beside this one."""
        self._ending.__exit__(*error)
        self.notices += self._others.notices if self._others else []

    def anew(self, seeds: NDArray[np.int64]) -> NDArray[np.bool_ | np.float64]:
        """Return the same, with nothing taken from memory."""
        return np.concatenate([self._value(int(seed)) for seed in seeds])

    def of(self, seeds: Sequence[int]) -> list[tuple[int, str]]:
        """Return what failed of these seeds, in their order, and how."""
        return [(seed, self.failures[seed]) for seed in seeds if seed in self.failures]

    def _remembered(self, seed: int) -> NDArray[np.bool_ | np.float64]:
        known = self._memory and self._memory.get(str(seed))
        if not known:
            value = self._value(seed)
            if self._memory:
                said = {"failed": self.failures[seed]} if seed in self.failures else {}
                self._memory.put(str(seed), remembered.plain(value) | said)
            return value
        if "failed" in known:
            self.failures[seed] = str(known["failed"])
        return remembered.values(known)

    def _value(self, seed: int) -> NDArray[np.bool_ | np.float64]:
        self._set_up(seed)
        try:
            returned = self._call()
        except FAILED as failure:
            if self._claim.kind != "rate":
                raise ClaimError(
                    f"an assertion failed on seed {seed} ({_said(failure)}): "
                    "expected a number, or @claim.rate for a function that asserts"
                ) from None
            self.failures.setdefault(seed, _said(failure))
            return np.zeros(1, bool)
        if returned is None and self._claim.kind == "rate":
            return np.ones(1, bool)
        if returned is None:
            raise ClaimError(
                f"on seed {seed}, the claim returned nothing: "
                "expected a number, or @claim.rate for a function that asserts"
            )
        try:
            return self._claim.value(returned)
        except ClaimError as error:
            raise ClaimError(f"on seed {seed}, {error}") from None

    def _call(self) -> object:
        item = self._item
        arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
        if self._watched:
            with proofs.threads():
                return item.obj(**arguments)
        self._watched = True
        with proofs.watched(item.obj, or_returns=True) as watch:
            returned = item.obj(**arguments)
            watch.asserts = returned is None
        return returned

    def _set_up(self, seed: int) -> None:
        """Tear the fixtures of function scope down, and set them up with another seed.

        pytest has no public way to do this: it does the same between two tests.
        """
        item = self._item
        if not (self._fresh and item.stash[_SEED] == seed):
            state = item.session._setupstate
            state.teardown_exact(item.parent)  # type: ignore[arg-type]
            if isinstance(item.parent, pytest.Class):
                for kept in ("_instance", "_obj"):  # a method of the instance before
                    vars(item).pop(kept, None)
            item.stash._storage = self._noted | item.stash._storage
            item.stash[_SEED] = seed
            item._initrequest()
            state.setup(item)
        self._fresh = False


def _said(failure: BaseException) -> str:
    said = str(failure).strip() or "an assertion without a message failed"
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
