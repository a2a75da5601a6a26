"""Writes docs/verdicts.md, which includes docs/verdicts-notes.md, from the ledgers of fresh runs.

python docs/write_verdicts.py LEDGER …
"""

import sys
from itertools import groupby
from pathlib import Path

from hw4.ledger import ledger
from hw4.ledger.records import BySeeds, Exact, Ledger, Record, Timed
from hw4.report.reading.events import sequential_test
from hw4.statistics import SequentialTest, share_interval

TARGET = Path(__file__).with_name("verdicts.md")
UNSTABLE = (0.5, 0.95)  # shares of seeds between which a verdict may differ from run to run

HEAD = """# Every claim's verdict over {runs} fresh runs

Written by `docs/write_verdicts.py` from the ledgers of {runs} runs of `hw4 run --fresh-seeds`,
profile {profile}, with root seeds
{roots}.
A share is that of all their seeds together that show the claim, with the 95 % interval of Clopper &
Pearson for a fixed number of seeds. It is of the seeds that were looked at: a run stops when a
verdict is settled, which biases the share outwards a little. "Another verdict" is the exact
probability that a fresh run does not come to the commonest of these verdicts, were the share the
true one.

Claims about time have no seeds, and depend on the machine: [](timing.md) has theirs.
"""
UNSTABLE_HEAD = """
## Shares between {low} and {high}: verdicts that might differ from run to run

"""
OTHERS_HEAD = "\n## The other statistical claims\n\n"
EXACT_HEAD = "\n## Exact claims\n\nA proof has no seeds: the verdict was the same in every run.\n\n"
NOTES = "\n```{include} verdicts-notes.md\n```\n"
COLUMNS = (
    "| claim | registered | verdicts | share of seeds | seeds | another verdict |\n"
    "|---|---|---|---|---|---|\n"
)


def name(records: list[Record]) -> str:
    """Return a claim's id with its instance."""
    first = records[0]
    return f"{first.id} [{first.instance}]" if first.instance else first.id


def share(records: list[BySeeds]) -> float:
    """Return the share of all seeds that show the claim."""
    return sum(r.events for r in records) / sum(r.seeds for r in records)


def verdicts(records: list[Record]) -> str:
    """Return the verdicts of the runs, as "5 × supported"."""
    words = sorted(record.verdict for record in records)
    return ", ".join(f"{len(list(group))} × {word}" for word, group in groupby(words))


def row(records: list[BySeeds]) -> str:
    """Return one claim as a line of the table."""
    events, seeds = (
        sum(getattr(record, field) for record in records) for field in ("events", "seeds")
    )
    low, high = share_interval(events, seeds)
    registered = records[0].expect or "none"
    return (
        f"| {name(records)} | {registered} | {verdicts(records)} "
        f"| {events / seeds:.2f} ({low:.2f} to {high:.2f}) | {seeds} | {another(records):.1g} |\n"
    )


def another(records: list[BySeeds]) -> float:
    """Return the probability that a fresh run's verdict is not the commonest one of these."""
    words = [record.verdict for record in records]
    test = sequential_test(records[0], SequentialTest().alpha)
    chances = test.operating_characteristics(share(records))
    chance = 1 - float(getattr(chances, max(words, key=words.count)))
    return round(chance, 12) + 0.0  # beyond that the difference is rounding, also below zero


def page(books: list[Ledger]) -> str:
    """Return the page in Markdown."""
    records = [record for book in books for record in book.claims]
    records.sort(key=lambda record: (record.id, record.instance))
    claims = [list(group) for _, group in groupby(records, lambda r: (r.id, r.instance))]
    claims = [claim for claim in claims if not isinstance(claim[0], Timed)]
    exact = [claim for claim in claims if isinstance(claim[0], Exact)]
    statistical = sorted((claim for claim in claims if claim not in exact), key=name)
    low, high = UNSTABLE
    unstable = [claim for claim in statistical if low <= share(claim) <= high]
    parts = [
        HEAD.format(
            runs=len(books),
            profile=books[0].profile,
            roots=", ".join(str(book.root_seed) for book in books),
        ),
        UNSTABLE_HEAD.format(low=low, high=high),
        COLUMNS + "".join(map(row, unstable)) if unstable else "None.\n",
        OTHERS_HEAD + COLUMNS,
        *(row(claim) for claim in statistical if claim not in unstable),
        EXACT_HEAD + "| claim | registered | verdicts |\n|---|---|---|\n",
        *(f"| {name(c)} | {c[0].expect or 'none'} | {verdicts(c)} |\n" for c in exact),
    ]
    return "".join(parts)


if __name__ == "__main__":
    books = [ledger.read(Path(path)) for path in sys.argv[1:]]
    if any(book.confirm for book in books):
        sys.exit("a ledger is of a run that confirmed: expected runs that decided every claim")
    TARGET.write_text(page(books) + NOTES, encoding="utf-8")
