"""A ledger as text: a sentence for one claim, a headline and the table of verdicts for all."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from hw4.ledger.ledger import by_name
from hw4.ledger.records import BySeeds, Entry, Ledger, Record, Timed, Unmeasured
from hw4.plural import numbered
from hw4.report.reading.effect import effect, with_interval
from hw4.report.reading.events import shown
from hw4.report.reading.numerals import share
from hw4.report.text.terminal import WIDTH, drawn, shortened, visible, wrapped
from hw4.statistics.multiplicity import suite_error
from hw4.statistics.sequential import Verdict

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

NARROW = 70  # columns; in fewer, what was found stands below a claim's name
_MARK, _OTHERS = 3, 45  # columns of the mark; of it, verdict, seeds, share and effect
_NAME, _REASON = 200, 400  # characters; hw4 show has the rest of a longer one
_MARKS = {
    "✓": "as registered",
    "✗": "not as registered",
    "·": "nothing registered",
    "!": "not measured",
}
_STYLES = {
    Verdict.SUPPORTED: "green",
    Verdict.CONFIRMED: "green",
    Verdict.REFUTED: "magenta",
    Verdict.EQUIVALENT: "cyan",
    Verdict.INCONCLUSIVE: "yellow",
}


def full_name(id: str, instance: str) -> str:
    """Return a claim's name, "area/name [instance]", as it was given."""
    return f"{id} [{instance}]" if instance else id


def name(record: Entry) -> str:
    """Return a record's name on one line that hides nothing."""
    return visible(full_name(record.id, record.instance))


def sentence(record: Record) -> str:
    """Return what was found, as "refuted, shown by 0 of 6 seeds; registered as supported"."""
    found = f"{record.verdict}, {shown_by(record)}"
    if record.counterexample:
        found += f" ({shortened(visible(record.counterexample.splitlines()[0]), _REASON)})"
    if record.seeds_to_go:
        found += f"; about {numbered(record.seeds_to_go, 'more seed')} would probably settle it"
    if not record.as_expected:
        found += f"; registered as {record.expect}"
        for failure in record.failures[:1]:
            said = shortened(visible(failure.message.splitlines()[0]), _REASON)
            found += f"; on seed {failure.seed}: {said}"
    return found


def shown_by(record: Record) -> str:
    """Return how the verdict was reached, "by proof" or by the share of seeds with its interval.

    As "shown by 16 of 16 seeds (79 to 100 %)".
    """
    match record:
        case Timed(rounds=rounds, timing=timing):
            return f"by {numbered(rounds, 'round')} of {numbered(timing.processes, 'process')}"
        case BySeeds(events=events, seeds=seeds):
            return f"shown by {events} of {numbered(seeds, 'seed')} ({interval(record)})"
    return "by counter-example" if record.counterexample else "by proof"


def interval(record: Entry) -> str:
    """Return the interval of the share of seeds that show it, "79 to 100 %"; "" without seeds."""
    if not isinstance(record, BySeeds):
        return ""
    low, high = shown(record)
    return f"{share(low).removesuffix(' %')} to {share(high)}"


def seeds(record: Entry, of_rounds: str = "rounds") -> str:
    """Return a verdict's evidence in few characters: "16/16", "proof", "48 rounds"."""
    match record:
        case Timed(rounds=rounds):
            return f"{rounds} {of_rounds}"
        case BySeeds(events=events, seeds=seeds):
            return f"{events}/{seeds}"
    return "" if isinstance(record, Unmeasured) else "proof"


def evidence(record: Entry) -> str:
    """Return a verdict's evidence in few words; if it is not the registered one, this comes first.

    As "16 of 16 seeds, +0.69", "proof" or "registered as supported; counter-example: 2 + 2 ≠ 5".
    """
    if isinstance(record, Unmeasured):
        return visible(record.message)
    found = "proof"
    if record.counterexample:
        found = f"counter-example: {visible(record.counterexample.splitlines()[0])}"
    elif isinstance(record, Timed):
        found = with_interval(record)
    elif isinstance(record, BySeeds):
        found = f"{record.events} of {numbered(record.seeds, 'seed')}, {effect(record)}"
    return found if record.as_expected else f"registered as {record.expect}; {found}"


def remarks(record: Record) -> list[str]:
    """Return what a reader must know about a claim's evidence besides the verdict, in sentences."""
    found = [f"warning: {each}" for each in record.warnings]
    if record.replay is False:
        found.append("not asked again (replay=False): its values may not come from their seeds")
    return found


def properties(record: Mapping[str, object]) -> list[tuple[str, object]]:
    """Return the scalar fields of an entry, in plain values, as named properties of a report."""
    shown = [
        (f"hw4_{name}", value)
        for name, value in record.items()
        if isinstance(value, str | int | float) and name not in ("test", "seconds", "cached")
    ]
    effect = record.get("effect")
    found = effect if isinstance(effect, dict) else {}
    return [*shown, *((f"hw4_effect_{name}", value) for name, value in found.items())]


def counted(claims: Iterable[Record], errors: int) -> list[str]:
    """Return the count of each verdict, as "3 supported", "1 refuted" and "2 not measured"."""
    verdicts = [record.verdict for record in claims]
    counts = [(verdicts.count(verdict), str(verdict)) for verdict in _STYLES]
    counts.append((errors, "not measured"))
    return [f"{number} {word}" for number, word in counts if number]


def headline(ledger: Ledger) -> str:
    """Return the count of verdicts, "78 claims: 50 supported, 28 refuted"."""
    claims, errors = ledger.claims, len(ledger.errors)
    number = len(claims) + errors
    return f"{numbered(number, 'claim')}: {', '.join(counted(claims, errors)) or 'none decided'}"


def instances(ledger: Ledger) -> str:
    """Return the count of verdicts of all instances, and whether each is as registered.

    As "179 instances: 120 supported, 59 refuted; 2 are not as registered".
    """
    number = len(ledger.claims) + len(ledger.errors)
    told = numbered(number, "instance")
    told += f": {', '.join(counted(ledger.claims, len(ledger.errors)))}" if number else ""
    unexpected = sum(not record.as_expected for record in ledger.claims)
    if not unexpected:
        return f"{told}; all as registered" if ledger.claims else told
    return f"{told}; {unexpected} {'is' if unexpected == 1 else 'are'} not as registered"


def adds(ledger: Ledger) -> str:
    """Return what a run's seeds add, in a sentence; "" if no claim has a share of seeds.

    For fresh seeds it is a bound of the run's error, over every claim that has a share. Seeds that
    were chosen before, such as those of root 0, add nothing the second time.
    """
    by_seeds = [record for record in ledger.claims if isinstance(record, BySeeds)]
    if not by_seeds:
        return ""
    if not ledger.fresh_seeds:
        same = f"Root seed {ledger.root_seed} gives the same seeds in every run"
        return f"{same}, so a rerun adds no evidence; --fresh-seeds draws new ones."
    claims = numbered(len(by_seeds), "claim")
    error = suite_error(record.alpha or ledger.alpha for record in by_seeds)
    bound = "Fresh seeds: the probability that any verdict of this run rules out the true share of "
    bound += f"its claim is at most {100 * error:.2g} %, over {claims} with a share"
    if missed := max(record.confirm_alpha or 0 for record in by_seeds):
        bound += ". A claim that no longer holds is confirmed with probability up to "
        bound += f"{100 * missed:.2g} %"
    return f"{bound}."


def conditions(ledger: Ledger) -> str:
    """Return the conditions of a run's verdicts: profile, root seed, whether it confirmed."""
    how = ", confirming what is registered as supported" if ledger.confirm else ""
    return f"profile {ledger.profile}, root seed {ledger.root_seed}{how}"


def table(ledger: Ledger, width: int, *, colour: bool = False) -> str:
    """Return the table of verdicts as text of at most `width` columns, ending in a line break."""
    lines = drawn(rich_table(ledger, width), width=width, colour=colour)
    return "\n".join([*lines, *_footer(ledger, width)]) + "\n"


def rich_table(ledger: Ledger, width: int = WIDTH) -> Table:
    """Return the table of verdicts for a `rich.console.Console` of so many columns.

    Names are complete if all of them fit on their lines; otherwise they are grouped by area.
    """
    from rich import box
    from rich.table import Table

    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    rows.add_column("", no_wrap=True)
    rows.add_column("claim", overflow="fold")
    if width >= NARROW:
        rows.add_column("verdict", no_wrap=True)
        rows.add_column("seeds", justify="right", no_wrap=True)
        rows.add_column("share", justify="right", no_wrap=True)
        rows.add_column("effect", justify="right", no_wrap=True)
    _fill(rows, ledger, width)
    return rows


def _fill(rows: Table, ledger: Ledger, width: int) -> None:
    from rich.text import Text

    records = sorted(ledger.records, key=by_name)
    room = width - (_MARK if width < NARROW else _OTHERS)
    whole = all(len(name(record)) <= room for record in records)
    for area, group in itertools.groupby(records, lambda record: "" if whole else _area(record)):
        if area:
            if rows.row_count:
                rows.add_row()
            rows.add_row("", Text(area, style="bold"))
        for record in group:
            title = Text(shortened(name(record).removeprefix(area), _NAME))
            of_seeds = [Text(seeds(record, "r")), Text(_narrow(interval(record)))]
            found = [verdict(record), *of_seeds, Text(effect(record))]
            if width < NARROW:
                rows.add_row(mark(record), title)
                rows.add_row("", Text("  ").join(each for each in found if each))
            else:
                rows.add_row(mark(record), title, *found)


def _narrow(interval: str) -> str:
    return interval.replace(" to ", "–").replace(" %", "%")


def _area(record: Entry) -> str:
    """Return the part of a name before its last part, such as "batch-norm/", or ""."""
    area, slash, _ = visible(record.id).rpartition("/")
    return area + slash


def _footer(ledger: Ledger, width: int) -> list[str]:
    """Return what is not as registered, and the summary, which a reader sees first."""
    claims, errors = ledger.claims, ledger.errors
    unexpected = [record for record in claims if not record.as_expected]
    lines = ["", *_key(ledger.records, width), ""]
    for record in unexpected:
        lines += wrapped(f"{_title(record)}: {sentence(record)}", width, "✗ ")
    for error in errors:
        reason = shortened(visible(error.message), _REASON)
        lines += wrapped(f"{_title(error)}: {reason}", width, "! ")
    remarked = [(record, each) for record in claims for each in remarks(record)]
    for record, remark in remarked:
        lines += wrapped(f"{_title(record)}: {shortened(visible(remark), _REASON)}", width, "? ")
    lines += [""] if unexpected or errors or remarked else []
    lines += wrapped(headline(ledger), width)
    lines += wrapped(adds(ledger), width) if adds(ledger) else []
    if claims and not unexpected and not errors:
        lines += wrapped("All verdicts are as registered.", width)
    elif unexpected:
        are = "is" if len(unexpected) == 1 else "are"
        number = f"{len(unexpected)} of {numbered(len(claims), 'verdict')}"
        lines += wrapped(f"{number} {are} not as registered.", width)
    return lines + wrapped(conditions(ledger), width)


def _key(records: Sequence[Entry], width: int) -> list[str]:
    """Return what the marks in front of these records mean."""
    marks = {mark(record).plain for record in records}
    meanings = [f"{mark} {meaning}" for mark, meaning in _MARKS.items() if mark in marks]
    timed = any(isinstance(record, Timed) for record in records)
    meanings += ["r rounds of timing"] * timed
    by_seeds = any(isinstance(record, BySeeds) for record in records)
    meanings += ["share of seeds: 95 % interval"] * by_seeds
    return wrapped("   ".join(meanings), width)


def _title(record: Entry) -> str:
    return shortened(name(record), _NAME)


def mark(record: Entry) -> Text:
    """Return a sign for whether a verdict is as registered, as coloured text."""
    from rich.text import Text

    if isinstance(record, Unmeasured):
        return Text("!", style="bold red")
    if record.expect is None:
        return Text("·")  # shown, never gating
    return Text("✓", style="green") if record.as_expected else Text("✗", style="bold red")


def verdict(record: Entry) -> Text:
    """Return a verdict, or "error", as coloured text."""
    from rich.text import Text

    if isinstance(record, Unmeasured):
        return Text("error", style="red")
    return Text(record.verdict, style=_STYLES.get(record.verdict, ""))
