"""A ledger as text: the table of verdicts, and a sentence and a picture for one claim."""

from __future__ import annotations

import io
from typing import Any

from hw4.ledger import Record
from hw4.statistics.multiplicity import suite_error
from hw4.statistics.sequential import Verdict

_STYLES = {
    Verdict.SUPPORTED: "green",
    Verdict.REFUTED: "magenta",
    Verdict.EQUIVALENT: "cyan",
    Verdict.INCONCLUSIVE: "yellow",
}


def sentence(record: Record) -> str:
    """Return what was found, as "refuted, shown by 0 of 6 seeds; registered as supported"."""
    found = f"{record['verdict']}, {shown_by(record)}"
    if record["counterexample"]:
        found += f" ({record['counterexample'].splitlines()[0]})"
    if record["seeds_to_go"]:
        found += f"; about {record['seeds_to_go']} more seeds would probably settle it"
    if not record["as_expected"]:
        found += f"; registered as {record['expect']}"
    return found


def shown_by(record: Record) -> str:
    """Return how the verdict was reached: "shown by 16 of 16 seeds", or "by proof"."""
    if record["kind"] == "exact":
        return "by counter-example" if record["counterexample"] else "by proof"
    if record["kind"] == "timing":
        timing = record["timing"]
        return f"by {_rounds(record)} rounds of {timing['processes']} processes"
    return f"shown by {record['events']} of {record['seeds']} seeds"


def properties(record: Record) -> list[tuple[str, object]]:
    """Return a record's scalar fields as named properties of a test report."""
    shown = [
        (f"hw4_{name}", value)
        for name, value in record.items()
        if isinstance(value, str | int | float) and name not in ("test", "seconds", "cached")
    ]
    effect = record.get("effect") or {}
    return shown + [(f"hw4_effect_{name}", value) for name, value in effect.items()]


def headline(ledger: Record) -> str:
    """Return the count of verdicts and the run's own error rate, in one sentence."""
    claims = ledger["claims"]
    words = {
        Verdict.SUPPORTED: "hold",
        Verdict.REFUTED: "do not",
        Verdict.EQUIVALENT: "equally fast",
        Verdict.INCONCLUSIVE: "unsettled",
    }
    counts = [
        f"{number} {word}"
        for verdict, word in words.items()
        if (number := sum(record["verdict"] == verdict for record in claims))
    ]
    if ledger["errors"]:
        counts.append(f"{len(ledger['errors'])} not measured")
    total = len(claims) + len(ledger["errors"])
    kinds = [record["kind"] for record in claims]
    timed = kinds.count("timing")
    error = suite_error([ledger["alpha"]] * (len(kinds) - kinds.count("exact") - timed))
    return (
        f"{total} claims: {', '.join(counts) or 'none decided'}; "
        f"wrong-verdict rate of this run at most {100 * error:.2g} %"
        + (" (claims about time apart)" if timed else "")
    )


def table(ledger: Record, width: int, *, colour: bool = False) -> str:
    """Return the table of verdicts as text of at most `width` columns, ending in a line break."""
    from rich.console import Console

    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    console.print(rich_table(ledger))
    console.print(_footer(ledger), markup=False, highlight=False)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def rich_table(ledger: Record) -> Any:
    """Return the table of verdicts for a `rich.console.Console`."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    rows.add_column("", no_wrap=True)
    rows.add_column("claim", overflow="fold")
    rows.add_column("verdict", no_wrap=True)
    rows.add_column("seeds", justify="right", no_wrap=True)
    rows.add_column("effect", justify="right", no_wrap=True)
    for record in ledger["claims"]:
        verdict = Text(record["verdict"], style=_STYLES.get(record["verdict"], ""))
        rows.add_row(_mark(record), _name(record), verdict, _seeds(record), _effect(record))
    for record in ledger["errors"]:
        rows.add_row(Text("!", style="bold red"), _name(record), Text("error", style="red"), "", "")
    return rows


def _footer(ledger: Record) -> str:
    lines = ["", headline(ledger)]
    unexpected = [record for record in ledger["claims"] if not record["as_expected"]]
    lines += [f"✗ {_plain_name(record)}: {sentence(record)}" for record in unexpected]
    lines += [f"! {_plain_name(record)}: {record['message']}" for record in ledger["errors"]]
    if ledger["claims"] and not unexpected and not ledger["errors"]:
        lines.append("All verdicts are as registered.")
    lines.append(f"profile {ledger['profile']}, root seed {ledger['root_seed']}")
    return "\n".join(lines)


def _mark(record: Record) -> Any:
    from rich.text import Text

    if record["expect"] is None:
        return Text("·")  # shown, never gating
    return Text("✓", style="green") if record["as_expected"] else Text("✗", style="bold red")


def _plain_name(record: Record) -> str:
    return f"{record['id']} [{record['instance']}]" if record["instance"] else record["id"]


def _name(record: Record) -> Any:
    from rich.text import Text

    return Text(_plain_name(record))


def _seeds(record: Record) -> str:
    if record["kind"] == "timing":
        return f"{_rounds(record)} r"
    return "proof" if record["kind"] == "exact" else f"{record['events']}/{record['seeds']}"


def _rounds(record: Record) -> int:
    return int(record["timing"]["rounds"] * record["timing"]["processes"])


def _effect(record: Record) -> str:
    effect = record["effect"]
    if effect is None:
        return ""
    if record["kind"] == "rate":
        return f"{100 * float(effect['median']):.0f} %"
    if record["kind"] == "timing":
        return f"×{float(effect['median']):.3g}"
    return f"{float(effect['median']):+.3g}"
