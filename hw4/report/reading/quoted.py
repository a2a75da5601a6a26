"""What the claims that quote a sentence say of it: is it right, wrong, open, or does it depend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from msgspec import UNSET

from hw4.ledger.records import Entry, Record
from hw4.report.reading import answers
from hw4.report.reading.answers import Answered, Word
from hw4.report.reading.quotes import places, quotes

Place: TypeAlias = tuple[int, int, list[Entry]]
"""Where a quote starts and ends, and the claims that quote it."""

_OPPOSITE: dict[Word, Word] = {"right": "wrong", "wrong": "right"}


@dataclass(frozen=True)
class Behind:
    """A claim behind a sentence, with those of its instances that quote it.

    Attributes:
        answered: what was found of the claim's own statement.
        stance: what the statement is to the sentence, see `hw4.claims.claim.Claim`.
    """

    answered: Answered
    stance: str

    @property
    def word(self) -> Word | None:
        """What it says of the sentence, None where it is beside it."""
        if self.stance == "beside":
            return None
        own = self.answered.word
        return _OPPOSITE.get(own, own) if self.stance == "denies" else own

    @property
    def stated(self) -> list[Entry]:
        """The first instance of each of its statements: a claim may be stated in several ways."""
        first: dict[str | None, Entry] = {}
        for record in self.answered.records:
            first.setdefault(record.statement, record)
        return list(first.values())

    @property
    def relation(self) -> str:
        """What the statement is to the sentence, in words; "" where it is the same."""
        return {
            "denies": "This claim says the opposite of the sentence.",
            "beside": "This claim makes the sentence neither right nor wrong.",
        }.get(self.stance, "")


@dataclass(frozen=True)
class Sentence:
    """A sentence of a document, or a line of code.

    Attributes:
        text: as it is written, in Markdown.
        number: from 1, among those of the document.
        behind: the claims that quote it, in order of their names; none may.
    """

    text: str
    number: int
    behind: tuple[Behind, ...] = ()

    @cached_property
    def word(self) -> Word:
        """The answer: "depends" where claims, or their instances, say different things."""
        found = {each.word for each in self.behind} - {None}
        if "depends" in found or {"right", "wrong"} <= found:
            return "depends"
        return "open" if "open" in found else next(filter(None, found), "open")

    @cached_property
    def why(self) -> str:
        """What the answer rests on; of one that depends, on what."""
        deciding = [each for each in self.behind if each.word]
        if not deciding:
            return "Claims are about it, and none decides it."
        if len(deciding) == 1:
            on = deciding[0].answered.depends_on
            return f"It depends on the {on}." if on else ""
        counts = [(sum(each.word == word for each in deciding), word) for word in answers.WORDS]
        said = [f"{count} {_PLURAL[word][count > 1]}" for count, word in counts if count]
        if len(said) == 1:
            all_of_them = "Both" if len(deciding) == 2 else f"All {len(deciding)}"
            return f"{all_of_them} claims that decide it agree."
        return f"Of {len(deciding)} claims {_listed(said)}."


_PLURAL = {
    "right": ("says it is right", "say it is right"),
    "wrong": ("says it is wrong", "say it is wrong"),
    "depends": ("says it depends", "say it depends"),
    "open": ("is open", "are open"),
}


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


class Quoting:
    """The claims of a ledger, by what they quote.

    Attributes:
        unmet: the quotes that no text had for which `places` was called, and the claims.
    """

    def __init__(self, records: Iterable[Entry]) -> None:
        self._by_quote: dict[str, list[Entry]] = {}
        for record in records:
            for quote in quotes(record.source or ""):
                self._by_quote.setdefault(quote, []).append(record)
        self.unmet = dict(self._by_quote)

    def places(self, text: str) -> list[Place]:
        """Return where a text on one line is quoted."""
        found: list[Place] = []
        for quote, records in self._by_quote.items():
            for start, end in places(quote, text):
                found.append((start, end, records))
                self.unmet.pop(quote, None)
        return found

    @staticmethod
    def behind(quoted: Iterable[Place], start: int, end: int) -> tuple[Behind, ...]:
        """Return the claims that quote some of what lies between two places."""
        found: dict[int, Entry] = {}
        for first, last, records in quoted:
            if first < end and last > start:
                found |= {id(record): record for record in records}
        return tuple(_behind(found.values()))


def _behind(records: Iterable[Entry]) -> Iterable[Behind]:
    by_stance: dict[str, list[Entry]] = {"states": [], "denies": [], "beside": []}
    for record in records:
        stated = record.stance if isinstance(record, Record) else UNSET
        by_stance[stated or "states"].append(record)
    for stance, kin in by_stance.items():
        for answered in answers.grouped(kin):
            yield Behind(answered, stance)
