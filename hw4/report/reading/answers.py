"""What the instances of a claim say together: right, wrong, open, or on what it depends."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

from hw4.ledger.records import BySeeds, Entry, Rate, Record, Timed, WithEffect
from hw4.plural import numbered
from hw4.report.reading.effect import read, with_interval
from hw4.report.reading.order import natural
from hw4.statistics.sequential import Verdict

Kind = TypeVar("Kind", bound=Entry)
Word = Literal["right", "wrong", "depends", "open"]
WORDS: tuple[Word, ...] = ("right", "wrong", "depends", "open")
CASE = "case"  # what tells instances apart beside the parameters that a ledger has
_HOLDS = (Verdict.SUPPORTED, Verdict.CONFIRMED)
_NAMED = {"dataset": "data set"}
_MOST = 4  # cases that a sentence names; more are counted


@dataclass(frozen=True)
class Answered:
    """A claim with all its instances.

    Attributes:
        id: the claim's public name.
        records: its instances, by name, decided or not.
    """

    id: str
    records: tuple[Entry, ...]

    @cached_property
    def word(self) -> Word:
        """The answer.

        "right" or "wrong" only where every instance is; "depends" where some are right and others
        wrong. "open" for all else: what is undecided may still turn out either way.
        """
        found = {word(record) for record in self.records}
        if {"right", "wrong"} <= found:
            return "depends"
        return found.pop() if len(found) == 1 else "open"

    @cached_property
    def depends_on(self) -> str:
        """What separates the right instances from the wrong ones, "" where nothing is to separate.

        As "activation: right for sigmoid; wrong for relu and tanh".
        """
        if self.word != "depends":
            return ""
        names, cases = self._cases
        told = "; ".join(f"{each} for {_listed(cases[each])}" for each in ("right", "wrong"))
        return f"{' and '.join(_NAMED.get(name, name) for name in names)}: {told}"

    @cached_property
    def finding(self) -> str:
        """What was found, in one sentence with its numbers."""
        decided = [record for record in self.records if isinstance(record, Record)]
        if not decided:
            return "Nothing could be measured."
        kin = _grouped(decided, word)
        cases = self._cases[1] if self.word == "depends" else {}
        sides = [
            (f"{each} for {_listed(cases[each])}" if each in cases else each, _found(kin[each]))
            for each in WORDS
            if each in kin
        ]
        told = "; ".join(f"{side}: {numbers}" for side, numbers in sides)
        told = sides[0][1] if len(sides) == 1 else told
        return f"{told[0].upper()}{told[1:].rstrip('.')}."

    @cached_property
    def _cases(self) -> tuple[Sequence[str], dict[str, list[str]]]:
        """Return the names of what separates the two words, and the cases of each word."""
        decided = [record for record in self.records if word(record) != "open"]
        groups = _grouped(decided, lambda record: record.statement or "")
        mixed = [group for group in groups.values() if len(set(map(word, group))) > 1]
        if not mixed:  # each sentence has one answer
            cases: dict[str, list[str]] = {}
            for sentence, group in groups.items():
                cases.setdefault(word(group[0]), []).append(f"“{sentence.rstrip('.')}”")
            return ["sentence"], cases
        return _separated([record for group in mixed for record in group])


def grouped(records: Iterable[Entry]) -> list[Answered]:
    """Return every claim once, in the order of the names, with all its instances."""
    by_id = _grouped(sorted(records, key=natural), lambda record: record.id)
    return [Answered(name, tuple(kin)) for name, kin in by_id.items()]


def word(record: Entry) -> Word:
    """Return the answer of one instance; of a claim about time, as fast is not slower."""
    if not isinstance(record, Record) or record.verdict == Verdict.INCONCLUSIVE:
        return "open"
    return "right" if record.verdict in _HOLDS else "wrong"


def counted(answers: Sequence[Answered]) -> str:
    """Return how many claims have each answer: "68 claims: 41 right, 15 wrong, 12 depend"."""
    words = [answer.word for answer in answers]
    counts = [(words.count(each), each) for each in WORDS if each in words]
    told = ", ".join(
        f"{count} {'depend' if each == 'depends' and count > 1 else each}" for count, each in counts
    )
    claims = numbered(len(words), "claim")
    return f"{claims}: {told}" if told else claims


def conditions(record: Entry) -> dict[str, str]:
    """Return an instance's parameters, and under `CASE` what else its name says.

    The name "digits-Adam-step" has a part "Adam" where the ledger has no parameter for the
    optimiser, because it is neither a number nor a word.
    """
    found = dict(record.parameters) if isinstance(record, Record) else {}
    rest = f"-{record.instance}-"
    for value in found.values():
        rest = rest.replace(f"-{value}-", "-", 1)
    return found | ({CASE: rest.strip("-")} if rest.strip("-") else {})


def _separated(records: Sequence[Entry]) -> tuple[Sequence[str], dict[str, list[str]]]:
    """Return the fewest conditions by which the words differ, and the cases of each word."""
    known = [conditions(record) for record in records]
    names = list(dict.fromkeys(name for each in known for name in each))
    names.sort(key=lambda name: name == "dataset")  # a condition that people choose comes first
    for size in range(1, len(names) + 1):
        found = [
            (order, cases)
            for order in itertools.permutations(names, size)
            if (cases := _cases(records, order))
        ]
        if found:
            return min(found, key=lambda each: sum(map(len, each[1].values())))
    cases = {}
    for record in records:
        cases.setdefault(word(record), []).append(record.instance or record.test)
    return ["instance"], cases


def _cases(records: Sequence[Entry], names: Sequence[str]) -> dict[str, list[str]]:
    """Return the values with each word, {} where some values have two."""
    cases: dict[str, list[str]] = {}
    for value, group in _grouped(records, lambda each: conditions(each).get(names[0], "")).items():
        words = set(map(word, group))
        if len(words) == 1:
            cases.setdefault(words.pop(), []).append(value or "none")
        elif len(names) == 1 or not (inner := _cases(group, names[1:])):
            return {}
        else:
            for each, values in inner.items():
                cases.setdefault(each, []).extend(f"{value}/{further}" for further in values)
    return cases


def _grouped(records: Iterable[Kind], key: Callable[[Kind], Hashable]) -> dict[Any, list[Kind]]:
    groups: dict[Any, list[Kind]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def _listed(words: Sequence[str]) -> str:
    if len(words) > _MOST + 1:
        return f"{', '.join(words[:_MOST])} and {len(words) - _MOST} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _found(records: Sequence[Record]) -> str:
    """Return the numbers of decided instances: of each unit its effects, with the seeds' count."""
    groups = _grouped(records, lambda record: (record.kind, record.unit))
    return ", and ".join(map(_numbers, groups.values()))


def _numbers(records: Sequence[Record]) -> str:
    first = records[0]
    if not isinstance(first, WithEffect):
        return (first.counterexample or "proved for every case checked").splitlines()[0]
    shown = [record for record in records if isinstance(record, WithEffect)]
    alone = len(shown) == 1
    effects = with_interval(first) if alone else f"{span(shown)} {read(first).unit}".rstrip()
    if isinstance(first, Timed):
        return f"{effects} the time"
    counts = [record for record in shown if isinstance(record, BySeeds)]
    events, seeds = sum(r.events for r in counts), sum(r.seeds for r in counts)
    count = f"shown by {events} of {numbered(seeds, 'seed')}"
    return count if isinstance(first, Rate) else f"{effects}, {count}"


def span(records: Sequence[WithEffect]) -> str:
    """Return the range of several effects, "−0.357 to −0.0991"; one where they are alike."""
    found = sorted(map(read, records), key=lambda each: each.median)
    low, high = found[0].words, found[-1].words
    return low if low == high else f"{low} to {high}"
