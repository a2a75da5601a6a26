"""What a claim's reasons, which are claims themselves, say of it: only what was tested of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hw4.ledger.records import Entry, Record
from hw4.report.reading.answers import Answered, Word

_SUPPOSED: dict[Word, str] = {
    "right": "was supported",
    "wrong": "was refuted",
    "depends": "is right in some cases and wrong in others",
    "open": "is undecided",
}


class Reason(NamedTuple):
    """A reason with what was found of it.

    Attributes:
        told: what it is to its claim: "A reason that was tested too" only where both hold.
        id: of the claim that is the reason.
        statement: the reason's, or its id.
        finding: of the reason, "" where this run has no such claim.
    """

    told: str
    id: str
    statement: str
    finding: str

    def __str__(self) -> str:
        return f"{self.told}: “{self.statement}” {self.finding}".rstrip()


def reasons(records: Iterable[Entry], answers: Mapping[str, Answered]) -> list[Reason]:
    """Return the reasons that a claim gives, each once.

    Args:
        records: instances of the claim.
        answers: every claim of the run, by its id.
    """
    decided = [record for record in records if isinstance(record, Record)]
    names = dict.fromkeys(name for record in decided for name in record.because or ())
    return [_reason(name, decided[0], answers) for name in names]


def _reason(name: str, record: Record, answers: Mapping[str, Answered]) -> Reason:
    reason = answers.get(name)
    if reason is None:
        return Reason("Its supposed reason is not among the claims of this run", name, name, "")
    word, own = reason.word, answers[record.id].word
    tested = word == own == "right"
    told = "A reason that was tested too" if tested else f"Its supposed reason {_SUPPOSED[word]}"
    return Reason(told, name, reason.records[0].statement or name, reason.finding)
