"""Learning curves: loss and accuracy against epochs, of every arm, with bands over the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hw4.ledger.records import Arm, Curve, Record, Row
from hw4.report.plots import words
from hw4.report.plots.arms import Arms, key, parted
from hw4.report.plots.lines import Series, panel
from hw4.report.plots.scale import Scale, Ticks
from hw4.report.reading.numerals import figure

_POINTS = 40  # a curve, whatever its epochs: more cannot be told apart
_BANDS = 3  # arms whose training curves have bands too: those of more hide one another
_METRICS = (("loss", "Loss"), ("accuracy", "Accuracy, share of images"))
_APART = 0.15  # of the room of an arm, from its middle to where its test and its training stand
_STYLES = (
    ("line", "test (median over seeds)"),
    ("line dashed", "training"),
    ("band", "middle half of the seeds"),
)


def curves(record: Record) -> str:
    """Return a key and a panel each of loss and accuracy; "" where nothing was trained.

    Of more arms than one picture has room for there are several, on the same axes.
    """
    parts = parted(record)
    lines = {metric: [_lines(arms, metric) for arms in parts] for metric, _ in _METRICS}
    drawn = []
    for n, arms in enumerate(parts):
        if lines["loss"][n]:
            drawn.append(key(record, arms, _STYLES, "learning curves"))
            measured = [each for each in _METRICS if lines[each[0]][n]]  # numbers have no accuracy
            drawn += [_panel(record, arms, each, lines[each[0]], n) for each in measured]
    return "".join(drawn)


def _lines(arms: Arms, metric: str) -> list[Series]:
    """Return the curves of arms that were trained."""
    crowded = len(arms.shown) > _BANDS
    return [
        Series(
            n, *_thinned(arm, f"{part}_{metric}"), part == "train", part == "test" or not crowded
        )
        for part in ("train", "test")
        for n, arm in enumerate(arms.shown, start=1)
        if _quartiles(arm, f"{part}_{metric}")[0]
    ]


def _panel(
    record: Record, arms: Arms, metric: tuple[str, str], parts: Sequence[list[Series]], n: int
) -> str:
    """Return the panel of the n-th part of the arms, with the axes of all parts."""
    name, heading = metric
    every = [each for part in parts for each in part]
    moments = {each.along[n] for each in every for n in (0, -1)}
    shown, below = parts[n], "epoch"
    if len(moments) == 1:  # all were evaluated once: a point an arm, beside one another
        every, shown = ([_beside(each) for each in some] for some in (every, shown))
        (moment,) = moments
        along, ticks = Scale(0.4, max(each.arm for each in every) + 0.6, 40, 330), []
        below = f"after epoch {moment:g}, arm by arm"
    else:
        along = epochs(min(moments), max(moments))
        ticks = whole(along)
    return panel(
        heading,
        _description(record, arms, name),
        shown,
        along,
        (below, ticks),
        beside=every,
    )


def _beside(series: Series) -> Series:
    place = series.arm + (_APART if series.dashed else -_APART)
    return replace(series, along=[place])


def epochs(first: float, last: float) -> Scale:
    """Return a scale from one epoch to another; it is moved to its place by a panel."""
    return Scale(first, last, 40, 330) if last > first else Scale(last - 0.5, last + 0.5, 40, 330)


def whole(scale: Scale) -> Ticks:
    """Return the ticks that are whole numbers."""
    return [(value, label) for value, label in scale.ticks() if value == int(value)]


def floats(quartiles: Sequence[Row]) -> list[list[float]]:
    """Return quartiles as numbers, infinities among them."""
    return [[float(value) for value in row] for row in quartiles]


def _quartiles(arm: Arm, name: str) -> Curve:
    found: Curve = getattr(arm, name)
    return found


def _thinned(arm: Arm, name: str) -> tuple[list[int], list[list[float]]]:
    """Return at most 40 epochs, the first and the last among them, and their quartiles."""
    quartiles = _quartiles(arm, name)
    last = len(quartiles[0]) - 1
    every = len(arm.epochs) != last + 1
    epochs = range(1, last + 2) if every else arm.epochs
    kept = list(range(last + 1))
    if last >= _POINTS:
        kept = [round(n * last / (_POINTS - 1)) for n in range(_POINTS)]
    return [epochs[n] for n in kept], [[float(row[n]) for n in kept] for row in quartiles]


def _description(record: Record, arms: Arms, metric: str) -> str:
    """Return where every arm ended, as "SGD(0.1): test loss 0.31, training loss 0.02"."""
    ends = []
    for arm, label in zip(arms.shown, arms.labels, strict=True):
        test, train = (_quartiles(arm, f"{part}_{metric}")[1][-1:] for part in ("test", "train"))
        if test:
            ends.append(
                f"{words.shortened(label) or 'the arm'} ends at a test {metric} of "
                f"{figure(test[0])}, in training {figure(train[0])}"
            )
    return f"{metric.capitalize()} by epoch, {words.named(record)}: {'; '.join(ends)}."
