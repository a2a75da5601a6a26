"""A ledger's records as the page shows them: in order, with their addresses and their kin."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property

from markupsafe import Markup, escape

from hw4.ledger import Record
from hw4.report import plots
from hw4.report.page import words
from hw4.seeds import seeds_from

_VERDICTS = ("supported", "refuted", "equivalent", "inconclusive", words.NOT_MEASURED)


class Book:
    """What of a ledger the templates ask for.

    Attributes:
        records: those of its claims and of its errors, by name.
        alpha: the error rate of each verdict.
    """

    def __init__(self, ledger: Record) -> None:
        claims = [*ledger["claims"], *ledger["errors"]]
        self.records: list[Record] = sorted(claims, key=lambda r: (r["id"], r["instance"]))
        self.alpha = float(ledger["alpha"])
        self._root = int(ledger["root_seed"])
        taken: Counter[str] = Counter()
        self._anchors: dict[int, str] = {}
        self._siblings: defaultdict[str, list[Record]] = defaultdict(list)
        for record in self.records:
            anchor = plots.anchor(record)
            taken[anchor] += 1  # two tests may give a claim the same name
            again = f"~{taken[anchor]}" if taken[anchor] > 1 else ""  # no anchor ends like that
            self._anchors[id(record)] = anchor + again
            self._siblings[record["id"]].append(record)

    def anchor(self, record: Record) -> str:
        """Return the id of a record's article, unique within the page."""
        return self._anchors[id(record)]

    def named(self, record: Record) -> str:
        """Return the anchor of the claim of another record's name; "" if there is none."""
        found = (
            r for r in self._siblings.get(record["id"], ()) if r["instance"] == record["instance"]
        )
        return next(map(self.anchor, found), "")

    def siblings(self, record: Record) -> list[Record]:
        """Return all instances of a record's id, itself among them."""
        return self._siblings[record["id"]]

    def first(self, name: str) -> str:
        """Return the anchor of the first instance of a claim's id, "" if there is no such claim."""
        return self.anchor(self._siblings[name][0]) if name in self._siblings else ""

    def family(self, record: Record) -> str:
        """Return the id of the picture of a record's siblings, "" where there is none."""
        return self._family_ids.get(record["id"], "")

    @cached_property
    def families(self) -> list[tuple[str, Record, Markup]]:
        """The pictures of claims with several instances: their id, the first record, the SVG."""
        pictures = []
        for kin in self._siblings.values():
            measured = [record for record in kin if "error" not in record]
            picture = plots.family(measured) if len(measured) > 1 else ""
            if picture:
                pictures.append((f"family.{self.anchor(kin[0])}", kin[0], Markup(picture)))
        return pictures

    @cached_property
    def _family_ids(self) -> dict[str, str]:
        return {record["id"]: anchor for anchor, record, _ in self.families}

    @cached_property
    def forests(self) -> list[tuple[str, Markup]]:
        """The pictures of all effects that have one unit, and that unit."""
        by_unit: defaultdict[str, list[Record]] = defaultdict(list)
        for record in self.records:
            if record.get("effect"):
                unit = "share of seeds" if record["kind"] == "rate" else record["unit"]
                by_unit[unit].append(record)
        drawn = ((unit, plots.forest(records)) for unit, records in by_unit.items())
        return [(unit, Markup(picture)) for unit, picture in drawn if picture]

    @cached_property
    def verdicts(self) -> list[tuple[str, int]]:
        """How many records have each verdict that occurs."""
        counts = Counter(map(words.verdict, self.records))
        return [(verdict, counts.pop(verdict)) for verdict in _VERDICTS if counts[verdict]] + [
            *counts.items()
        ]

    @cached_property
    def unexpected(self) -> int:
        """How many verdicts are not the registered ones."""
        return sum(record.get("as_expected") is False for record in self.records)

    @cached_property
    def places(self) -> list[str]:
        """The parts of the homework, or other places, that statements come from."""
        return sorted({words.source(record)[0] for record in self.records} - {""})

    @cached_property
    def datasets(self) -> list[str]:
        """The data sets that claims were decided on."""
        return sorted(set(map(dataset, self.records)) - {""})

    @cached_property
    def _seeds(self) -> list[int]:
        longest = max((len(record.get("evidence", ())) for record in self.records), default=0)
        return [int(seed) for seed in seeds_from(self._root, longest)]

    def values(self, record: Record) -> Markup:
        """Return every seed with its value as rows of a table; of a claim about time, every round.

        Joined here: in a large ledger there are more of them than of anything else.
        """
        timed = record["kind"] == "timing"
        count = len(record["evidence"])
        seeds = range(1, count + 1) if timed else self._seeds[:count]
        rows = zip(seeds, map(words.value, record["evidence"]), strict=True)
        return Markup("".join(f"<tr><td>{seed}<td>{escape(text)}" for seed, text in rows))

    def evidence(self, record: Record) -> list[tuple[Markup, str]]:
        """Return the pictures of a record's seeds and of its walk to the verdict, with captions."""
        return _shown(
            (plots.seeds(record, self.alpha), words.of_seeds(record)),
            (plots.walk(record, self.alpha), words.of_walk(record, self.alpha)),
        )

    def runs(self, record: Record) -> list[tuple[Markup, str]]:
        """Return the pictures of a record's runs, by epoch and by layer, with captions."""
        return _shown(
            (plots.curves(record), "The runs, epoch by epoch."),
            (plots.layers(record), "Inside the networks, layer by layer."),
        )


def _shown(*pictures: tuple[str, str]) -> list[tuple[Markup, str]]:
    return [(Markup(picture), caption) for picture, caption in pictures if picture]


def dataset(record: Record) -> str:
    """Return the data set that a record is about, "" where it is about none."""
    return str(record.get("parameters", {}).get("dataset", ""))
