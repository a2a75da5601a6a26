"""Runs one after another in words: a line of marks for each claim, what changed first."""

from __future__ import annotations

from collections.abc import Iterable

from hw4.ledger.records import Entry, Unmeasured, WithEffect
from hw4.plural import numbered
from hw4.report import plots
from hw4.report.plots.overtime import LOOKS, Axis, Mark, look
from hw4.report.reading.effect import read
from hw4.report.reading.overtime import Line, OverTime, Series
from hw4.report.text.summary import headline as counts
from hw4.report.text.summary import interval, name, seeds
from hw4.report.text.terminal import shortened, visible, wrapped

_LONG = 400  # characters of one text; the results files have the rest
_CHANGES = 3  # of a claim, in words; the marks show all
_ABSENT = "-"  # in a line of marks, where a run has none


def headline(over: OverTime) -> str:
    """Return what the runs show in one sentence."""
    parts = [f"{len(lines)} {title[0].lower()}{title[1:]}" for title, lines in over.sections]
    parts += [f"{over.absent} not run in the newest"] if over.absent else []
    told = f"{numbered(len(over.runs), 'run')}: {', '.join(parts)}" if over.runs else ""
    loud = [series for series in over.series if not series.is_quiet]
    tracked = f"{numbered(len(over.series), 'benchmark')}, {len(loud)} to be looked at"
    return "; ".join(filter(None, [told, tracked if over.series else ""]))


def runs(over: OverTime) -> list[tuple[str, str, str, str]]:
    """Return each run's number, time, file and what it found."""
    return [
        (str(number), f"{run.time:%Y-%m-%d %H:%M}", visible(run.name), counts(run.ledger))
        for number, run in enumerate(over.runs, 1)
    ]


def dates(over: OverTime) -> tuple[str, str]:
    """Return the days of the first and of the last run."""
    return f"{over.runs[0].time:%Y-%m-%d}", f"{over.runs[-1].time:%Y-%m-%d}"


def mark(entry: Entry | None) -> Mark | None:
    """Return an entry as a picture shows it."""
    if entry is None:
        return None
    if isinstance(entry, Unmeasured):
        return Mark("not measured", None)
    found = read(entry) if isinstance(entry, WithEffect) else None
    return Mark(entry.verdict, (found.low, found.median, found.high) if found else None)


def against(line: Line) -> Axis | None:
    """Return what a claim's effects are drawn against, as its newest record has it."""
    records = [entry for _, entry in line.met if isinstance(entry, WithEffect)]
    if not records:
        return None
    found = read(records[-1])
    return Axis(found.none, found.edges, found.log)


def found(entry: Entry) -> tuple[str, str, str, str]:
    """Return a verdict, its seeds, the share of them with its interval, and the effect."""
    if isinstance(entry, Unmeasured):
        return "not measured", "", "", shortened(visible(entry.message), _LONG)
    effect = ""
    if isinstance(entry, WithEffect):
        reading = read(entry)
        effect = visible(f"{reading.words} ({reading.interval}) {reading.unit}".rstrip())
    elif entry.counterexample:
        effect = visible(entry.counterexample.splitlines()[0])
    return entry.verdict, seeds(entry), interval(entry), shortened(effect, _LONG)


def changes(line: Line) -> list[str]:
    """Return each change of a verdict with its evidence, the latest first; or how it moved."""
    pairs = [(a, line.entries[a], b, line.entries[b]) for a, b in reversed(line.changes)]
    if not pairs and line.moved:
        (first, old), (last, new) = line.met[0], line.met[-1]
        pairs = [(first, old, last, new)]
    told = [
        f"run {a + 1}: {_told(old)} → run {b + 1}: {_told(new)}{_registered(new)}"
        for a, old, b, new in pairs[:_CHANGES]
        if old and new
    ]
    earlier = len(pairs) - len(told)
    return told + [f"{earlier} earlier changes"] * (earlier > 0)


def _told(entry: Entry) -> str:
    verdict, of_seeds, share, effect = found(entry)
    return ", ".join(
        filter(None, [verdict, f"{of_seeds} ({share})" if share else of_seeds, effect])
    )


def _registered(entry: Entry) -> str:
    if isinstance(entry, Unmeasured) or entry.as_expected:
        return ""
    return f"; registered as {entry.expect}"


def through(line: Line) -> list[tuple[str, str, str, str, str]]:
    """Return what the runs found, "runs 2 to 5" in one where it is the same."""
    rows: list[tuple[int, int, tuple[str, str, str, str]]] = []
    for index, entry in enumerate(line.entries):
        now = found(entry) if entry else ("not run", "", "", "")
        if rows and rows[-1][2] == now:
            rows[-1] = (rows[-1][0], index, now)
        else:
            rows.append((index, index, now))
    return [(f"{a + 1}" if a == b else f"{a + 1} to {b + 1}", *now) for a, b, now in rows]


def of_series(series: Series) -> tuple[str, str]:
    """Return a benchmark's name, and its newest ratio with what became of its level."""
    newest = series.newest
    told = newest.verdict
    if newest.ends:
        low, ratio, high = newest.ends
        told += f", {ratio:.2f} ({low:.2f} to {high:.2f}) times as long as {newest.against}"
    if level := series.level:
        time, before, after = level
        told += f"; its level changed on {time:%Y-%m-%d}: {before:.2f} → {after:.2f}"
    return visible(newest.benchmark), shortened(visible(told), _LONG)


def of_ratios(series: Series) -> list[tuple[str, str, str, str]]:
    """Return each ratio's time, commit, value with its interval, and verdict."""
    return [
        (
            f"{each.time:%Y-%m-%d %H:%M}",
            visible(each.now),
            "{1:.3g} ({0:.3g} to {2:.3g})".format(*each.ends) if each.ends else "",
            visible(each.verdict),
        )
        for each in series.ratios
    ]


def ratio_marks(series: Series) -> list[Mark | None]:
    """Return a benchmark's ratios as a picture shows them."""
    return [Mark(each.verdict, each.ends) for each in series.ratios]


def ratio_axis(series: Series) -> Axis:
    """Return what a benchmark's ratios are drawn against."""
    edges = (1 + series.newest.margin,) if series.newest.margin else ()
    return Axis(1.0, edges, True)


def picture(line: Line, over: OverTime) -> str:
    """Return a claim's runs as SVG."""
    marks = [mark(each) for each in line.entries]
    return plots.overtime(name(line.newest), marks, against(line), dates(over))


def ratio_picture(series: Series) -> str:
    """Return a benchmark's ratios as SVG."""
    newest = series.newest
    first = series.ratios[0]
    days = f"{first.time:%Y-%m-%d}", f"{newest.time:%Y-%m-%d}"
    return plots.overtime(newest.benchmark, ratio_marks(series), ratio_axis(series), days)


def met(over: OverTime) -> list[str]:
    """Return the verdicts of all claims and benchmarks, each as often as it occurs."""
    shown = [mark(entry) for line in over.claims for entry in line.entries]
    ratios = [each.verdict for series in over.series for each in series.ratios]
    return [each.verdict for each in shown if each] + ratios


def meanings(verdicts: Iterable[str]) -> list[tuple[str, str]]:
    """Return the characters of these verdicts with their words, in the order of `LOOKS`."""
    met = set(verdicts)
    return [(LOOKS[verdict][2], verdict) for verdict in LOOKS if verdict in met]


def text(over: OverTime, width: int, *, colour: bool = False) -> str:
    """Return it as lines of at most `width` columns, ending in a line break."""
    bold, plain = ("\x1b[1m", "\x1b[0m") if colour else ("", "")
    lines = _runs(over, width) if over.runs else []
    for title, found_ in over.sections:
        lines += [f"{bold}{title} ({len(found_)}){plain}"]
        for line in found_:
            lines += _claim(line, width)
        lines.append("")
    if over.series:
        lines.append(f"{bold}Benchmarks ({len(over.series)}){plain}")
        for series in over.series:
            lines += _benchmark(series, width)
        lines.append("")
    return "\n".join([*lines, *wrapped(_key(over), width), *wrapped(headline(over), width)]) + "\n"


def _runs(over: OverTime, width: int) -> list[str]:
    lines = [f"{over.earlier} earlier runs are not shown"] if over.earlier else []
    for number, time, file, told in runs(over):
        lines += wrapped(f"{time}  {shortened(file, _LONG)}: {told}", width, f"{number:>3}  ")
    return [*lines, ""]


def _claim(line: Line, width: int) -> list[str]:
    marks = [look(each.verdict)[2] if each else _ABSENT for each in map(mark, line.entries)]
    lines = wrapped(shortened(name(line.newest), _LONG), width, f"  {''.join(marks)}  ")
    told = changes(line) or [_told(line.newest)]
    return lines + [part for each in told for part in wrapped(each, width, "      ")]


def _benchmark(series: Series, width: int) -> list[str]:
    title, told = of_series(series)
    marks = "".join(look(each.verdict)[2] for each in series.ratios)
    return wrapped(shortened(title, _LONG), width, f"  {marks}  ") + wrapped(told, width, "      ")


def _key(over: OverTime) -> str:
    key = [f"{symbol} {verdict}" for symbol, verdict in meanings(met(over))]
    absent = any(None in line.entries for line in over.claims)
    key += [f"{_ABSENT} not run"] * absent
    return f"oldest first: {' · '.join(key)}"
