"""A ledger's records as the page shows them: in order, with anchors and related records."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property

from markupsafe import Markup, escape

from hw4.ledger.records import BySeeds, Entry, Ledger, Rate, Record, Timed, WithEffect
from hw4.report import plots
from hw4.report.page import figures, words
from hw4.report.reading.answers import WORDS, Answered, grouped
from hw4.report.reading.order import natural
from hw4.report.reading.reasons import Reason, reasons
from hw4.seeds import seeds_from

_PLAIN = 200  # claims: with the details of more, a browser takes seconds to read the page
_VERDICTS = (
    "supported",
    "confirmed",
    "refuted",
    "equivalent",
    "inconclusive",
    words.NOT_MEASURED,
)


class Book:
    """The parts of a ledger that the templates need.

    Attributes:
        records: the records of its claims and errors, by name.
        alpha: the error rate of each verdict.
        other_odds: how many records state another error rate.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.records = sorted(ledger.records, key=natural)
        self.alpha = ledger.alpha
        self.other_odds = sum(bool(record.alpha) for record in ledger.claims)
        self._root = ledger.root_seed
        self._again: dict[int, str] = {}
        self._siblings: defaultdict[str, list[Entry]] = defaultdict(list)
        taken: Counter[str] = Counter()
        for record in self.records:
            anchor = plots.anchor(record)
            taken[anchor] += 1  # two tests may give a claim the same name
            self._again[id(record)] = f"~{taken[anchor]}" if taken[anchor] > 1 else ""
            self._siblings[record.id].append(record)

    def anchor(self, record: Entry) -> str:
        """Return the id of a record's article, unique within the page."""
        return plots.anchor(record) + self._again[id(record)]  # no anchor ends like that by itself

    def named(self, record: Entry) -> str:
        """Return the anchor of the claim with another record's name; "" if there is none."""
        kin = self._siblings.get(record.id, ())
        found = (other for other in kin if other.instance == record.instance)
        return next(map(self.anchor, found), "")

    def first(self, name: str) -> str:
        """Return the anchor of the first instance of a claim's id, "" if there is no such claim."""
        return self.anchor(self._siblings[name][0]) if name in self._siblings else ""

    def siblings(self, record: Entry) -> list[Entry]:
        """Return all instances of a record's id, including the record."""
        return self._siblings[record.id]

    def answer(self, record: Entry) -> Answered:
        """Return the claim of which a record is an instance."""
        return self._answer_of[record.id]

    @cached_property
    def _answer_of(self) -> dict[str, Answered]:
        return {answer.id: answer for answer in self.answers}

    def reasons(self, *records: Entry) -> list[Reason]:
        """Return what was found of the reasons of a claim, of which these are instances."""
        return reasons(records, self._answer_of)

    def explained(self, record: Record) -> str:
        """Return the anchor of the first instance with the same explanation, "" if it is this."""
        kin = (r for r in self._siblings[record.id] if isinstance(r, Record))
        first = next(r for r in kin if r.explanation == record.explanation)
        return "" if first is record else self.anchor(first)

    def detailed(self, record: Entry) -> bool:
        """Return whether a record has details: evidence, or runs."""
        return isinstance(record, Record) and (
            isinstance(record, BySeeds | Timed) or bool(record.series.arms)
        )

    def like(self, record: Entry) -> str:
        """Return the anchor of the article whose details a record's are packed with, or "".

        Details are plain for the first instance of each claim; of very many claims, for the first.
        """
        if not self.detailed(record):
            return ""
        first = next(filter(self.detailed, self._siblings[record.id]))
        if record is first and len(self.answers) > _PLAIN:
            first = self._detailed[0]
        return "" if record is first else self.anchor(first)

    @cached_property
    def _detailed(self) -> list[Entry]:
        return list(filter(self.detailed, self.records))

    def family(self, record: Entry) -> str:
        """Return the id of the picture of a record's siblings, "" if there is none."""
        return self._family_ids.get(record.id, "")

    @cached_property
    def families(self) -> list[tuple[str, Record, Markup]]:
        """The pictures of claims with several instances: their id, the first record, the SVG."""
        pictures = []
        for kin in self._siblings.values():
            measured = [record for record in kin if isinstance(record, Record)]
            picture = plots.family(measured) if len(measured) > 1 else ""
            if picture:
                pictures.append((f"family.{self.anchor(kin[0])}", measured[0], Markup(picture)))
        return pictures

    @cached_property
    def _family_ids(self) -> dict[str, str]:
        return {record.id: anchor for anchor, record, _ in self.families}

    @cached_property
    def forests(self) -> list[Markup]:
        """The pictures of all effects that have one unit."""
        by_unit: defaultdict[str, list[Entry]] = defaultdict(list)
        for record in self.records:
            if isinstance(record, WithEffect):
                unit = "share of seeds" if isinstance(record, Rate) else record.unit
                by_unit[unit].append(record)
        return [Markup(picture) for picture in map(plots.forest, by_unit.values()) if picture]

    @cached_property
    def verdicts(self) -> list[tuple[str, int]]:
        """How many records have each verdict that occurs."""
        counts = Counter(map(words.verdict, self.records))
        known = [(verdict, counts.pop(verdict)) for verdict in _VERDICTS if counts[verdict]]
        return known + sorted(counts.items())

    @cached_property
    def answers(self) -> list[Answered]:
        """Every claim with all its instances, in the order of the records."""
        return grouped(self.records)

    @cached_property
    def words(self) -> list[tuple[str, int]]:
        """How many claims have each answer that occurs."""
        counts = Counter(answer.word for answer in self.answers)
        return [(word, counts[word]) for word in WORDS if counts[word]]

    @cached_property
    def unexpected(self) -> int:
        """How many verdicts are not the registered ones."""
        return sum(map(is_unexpected, self.records))

    @cached_property
    def places(self) -> list[str]:
        """The places, as parts of a document, that statements come from."""
        return sorted({words.source(record)[0] for record in self.records} - {""})

    @cached_property
    def datasets(self) -> list[str]:
        """The data sets that claims were decided on."""
        return sorted(set(map(dataset, self.records)) - {""})

    @cached_property
    def _seeds(self) -> list[int]:
        measured = (record for record in self.records if isinstance(record, Record))
        longest = max((len(record.evidence) for record in measured), default=0)
        return [int(seed) for seed in seeds_from(self._root, longest)]

    def values(self, record: Record) -> Markup:
        """Return every seed, or every round of a claim about time, with its value as table rows.

        The rows are joined here, because a large ledger has very many of them.
        """
        count = len(record.evidence)
        seeds = range(1, count + 1) if isinstance(record, Timed) else self._seeds[:count]
        rows = zip(seeds, map(figures.value, record.evidence), strict=True)
        return Markup("".join(f"<tr><td>{seed}<td>{escape(text)}" for seed, text in rows))

    def evidence(self, record: Record) -> list[tuple[Markup, str]]:
        """Return the pictures of a record's seeds, walk and chances of verdicts, with captions."""
        return _shown(
            (plots.seeds(record, self.alpha), words.of_seeds(record)),
            (plots.walk(record, self.alpha), words.of_walk(record, self.alpha)),
            (plots.chances(record, self.alpha), words.of_chances(record)),
        )

    def runs(self, record: Record) -> list[tuple[Markup, str]]:
        """Return pictures of a record's runs, by epoch and inside the networks, with captions."""
        return _shown(
            (plots.curves(record), "The runs, epoch by epoch."),
            (plots.layers(record), "Inside the networks."),
        )


def _shown(*pictures: tuple[str, str]) -> list[tuple[Markup, str]]:
    """Return the pictures that exist."""
    return [(Markup(svg), caption) for svg, caption in pictures if svg]


def is_unexpected(record: Entry) -> bool:
    """Return whether a verdict is not the registered one."""
    return isinstance(record, Record) and not record.as_expected


def dataset(record: Entry) -> str:
    """Return the data set that a record is about, "" where it is about none."""
    return record.parameters.get("dataset", "") if isinstance(record, Record) else ""
