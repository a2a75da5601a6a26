"""What probes measured inside the networks: by layer, by epoch or by batch size."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hw4.ledger.records import Record
from hw4.report.plots import words
from hw4.report.plots.arms import Arms, key, parted
from hw4.report.plots.curves import epochs, floats, whole
from hw4.report.plots.lines import Series, panel
from hw4.report.plots.scale import Scale, Ticks
from hw4.report.reading.numerals import figure

BATCH_SIZES = (1, 4, 16, 64)  # of hw4.training.gradient_noise, which a report does not import


@dataclass(frozen=True)
class _Probe:
    heading: str
    along: str  # what its values run over
    log: bool | None = None


_HIDDEN = "hidden layer, from the input on"
_WEIGHTS = "layer of weights, from the input on"
_PROBES = {
    "gradient_norm": _Probe("Norm of the gradient", _WEIGHTS, log=True),
    "weight_norm": _Probe("Norm of the weights", _WEIGHTS),
    "zero_weights": _Probe("Weights that are exactly zero", _WEIGHTS),
    "saturated_units": _Probe("Saturated inputs, share", _HIDDEN),
    "dead_units": _Probe("Dead units, share", _HIDDEN),
    "mean_activation": _Probe("Mean activation", _HIDDEN),
    "path_length": _Probe("Length of an epoch's path", "epoch"),
    "gradient_cosine": _Probe("Cosine with the full gradient", "batch size"),
    "gradient_variance": _Probe("Variance of the gradient", "batch size", log=True),
}
_MOMENTS = (
    ("line", "after the last step (median over seeds)"),
    ("line dashed", "before the first step"),
    ("band", "middle half of the seeds"),
)
_NO_EPOCHS = re.compile(r"(^|, )0 epochs(,|$)")
_UNTRAINED = (("line", "untrained (median over seeds)"), _MOMENTS[2])
_UNMOVED = (
    ("line", "before the first step and after the last: the same (median over seeds)"),
    _MOMENTS[2],
)
_BY_EPOCH = (("line", "median over seeds"), _MOMENTS[2])


def layers(record: Record) -> str:
    """Return a key and a panel a probe; "" where a record has no probes.

    Of more arms than one picture has room for there are several, on the same axes.
    """
    parts = parted(record)
    names = sorted({name for arms in parts for arm in arms.shown for name in arm.probes or {}})
    lines = {name: [_lines(arms, name) for arms in parts] for name in names}
    drawn = []
    for n, arms in enumerate(parts):
        shown = {name: found for name, found in lines.items() if found[n]}
        if shown:
            styles = _styles(arms, [line for found in shown.values() for line in found[n]], shown)
            drawn.append(key(record, arms, styles, "probes"))
            drawn += [_panel(record, arms, name, found, n) for name, found in shown.items()]
    return "".join(drawn)


def _styles(arms: Arms, lines: Sequence[Series], names: Iterable[str]) -> Sequence[tuple[str, str]]:
    """Return what the lines mean: two moments, or one where nothing differs between them."""
    if any(line.dashed for line in lines):
        return _MOMENTS
    if all(name == "path_length" for name in names):
        return _BY_EPOCH
    untrained = all(_NO_EPOCHS.search(arm.arm) for arm in arms.shown)
    return _UNTRAINED if untrained else _UNMOVED


def _lines(arms: Arms, name: str) -> list[Series]:
    """Return what a probe measured of each arm: before and after, or once where both are equal."""
    lines = []
    for n, arm in enumerate(arms.shown, start=1):
        moments = arm.measured(name)
        if not moments or not moments[-1][0]:
            continue
        places = _places(name, len(moments[-1][0]))
        if moments[0] != moments[-1]:
            lines.append(Series(n, places, floats(moments[0]), dashed=True))
        lines.append(Series(n, places, floats(moments[-1])))
    return lines


def _places(name: str, values: int) -> list[float]:
    by_batch = _probe(name).along == "batch size" and values == len(BATCH_SIZES)
    return list(map(float, BATCH_SIZES if by_batch else range(1, values + 1)))


def _probe(name: str) -> _Probe:
    return _PROBES.get(name) or _Probe(words.fitted(name.replace("_", " "), 240), "layer")


def _panel(record: Record, arms: Arms, name: str, parts: Sequence[list[Series]], n: int) -> str:
    """Return the panel of the n-th part of the arms, with the axes of all parts."""
    probe = _probe(name)
    every = [line for part in parts for line in part]
    along, ticks = _along(name, max(line.along[-1] for line in every))
    shown = [value for line in every for value in line.finite()]
    log = probe.log and bool(shown) and max(shown) > 0
    return panel(
        probe.heading,
        _description(record, arms, probe, parts[n]),
        parts[n],
        along,
        (probe.along, ticks),
        log=log if probe.log else None,
        beside=every,
    )


def _along(name: str, last: float) -> tuple[Scale, Ticks]:
    if _probe(name).along == "batch size" and last == BATCH_SIZES[-1]:
        scale = Scale(BATCH_SIZES[0], last, 40, 330, log=True)
        return scale, [(float(size), str(size)) for size in BATCH_SIZES]
    scale = epochs(1, last)
    return scale, whole(scale)


def _description(record: Record, arms: Arms, probe: _Probe, lines: list[Series]) -> str:
    """Return every line's two ends, as "SGD(0.1), after: 0.31 at layer 1, 2e-9 at layer 9"."""
    parts = []
    for line in lines:
        label = words.shortened(arms.labels[line.arm - 1]) or "the arm"
        moment = " before the first step" if line.dashed else ""
        first, last = (figure(line.quartiles[1][end]) for end in (0, -1))
        parts.append(f"{label}{moment}: {first} at {line.along[0]:g}, {last} at {line.along[-1]:g}")
    where = probe.along.partition(",")[0]
    return f"{probe.heading} by {where}, {words.named(record)}. {'; '.join(parts)}."
