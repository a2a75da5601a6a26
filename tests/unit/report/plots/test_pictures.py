"""Whatever a ledger says, a picture is XML, says in words what it shows, and stays in its box."""

import itertools
import math
import re

import pytest
from entries import entry

from hw4.report import plots
from hw4.report.plots.overtime import LOOKS, Axis, Mark

ALPHA = 1e-4
INF, NAN = math.inf, math.nan


def every_picture(records):
    yield from (plots.seeds(record, ALPHA) for record in records)
    yield from (plots.walk(record, ALPHA) for record in records)
    yield from map(plots.curves, records)
    yield from map(plots.layers, records)
    yield from map(runs, (1, 3, 40))
    yield plots.family(records)
    yield plots.forest(records)
    yield plots.classes()


def runs(count):
    """Return a claim's picture of so many runs, of every verdict and with every kind of number."""
    ends = itertools.cycle([(0.1, 0.5, 0.9), (-INF, INF, INF), (NAN,) * 3, (-INF, -INF, 3.0)])
    verdicts = itertools.cycle([*LOOKS, "what is not known", None])
    pairs = [next(zip(verdicts, ends, strict=True)) for _ in range(count)]
    marks = [Mark(verdict, found) if verdict else None for verdict, found in pairs]
    days = "2026-01-01", "2026-12-31"
    return plots.overtime(f"{count} < b", marks, Axis(0.0, (-0.2, 0.2), False), days)


@pytest.fixture(scope="module")
def records(decided, timed, arm, hostile):
    def named(record, n):
        return entry(record, {"id": hostile, "instance": f"{n}{hostile}", "unit": hostile})

    probes = {"gradient_norm": [[[1e-9, 1.0]] * 2] * 3, hostile: [[[1.0, 2.0]] * 2] * 3}
    arms = [arm(f"MLP({hostile}), SGD({n})", [2.0, "inf"], **probes) for n in range(8)]
    levels = ("1", "20", "300")
    return [
        *[
            named(decided([0.5, -0.4], arms=arms, parameters={hostile: n, "dataset": hostile}), n)
            for n in levels
        ],
        *[
            named(decided([True, False], "rate", parameters={"a": hostile + n, "b": m}), n + m)
            for n in levels
            for m in levels
        ],
        *[named(timed([[1.5] * 8] * 6, n, {"size": n, "b": hostile}), "t" + n) for n in levels],
    ]


@pytest.fixture(scope="module")
def texts(records):
    return list(every_picture(records))


@pytest.fixture(scope="module")
def drawn(texts, read):
    return [picture for text in texts for picture in read(text)]


def test_hostile_text_is_only_text(drawn):
    assert len(drawn) > 40
    tags = {each.tag.partition("}")[2] for picture in drawn for each in picture.root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "path", "text", "tspan", "a", "image"}


def test_every_picture_is_named_and_described(drawn):
    assert not [each for picture in drawn for each in picture.root.iter() if each.get("id")]
    for picture in drawn:
        assert picture.title
        assert picture.description
        assert len(picture.title) < 500
        assert picture.root.get("role") in ("img", "group")


def test_nothing_stands_outside_its_picture(drawn):
    for picture in drawn:
        for x, y, _ in picture.texts():
            assert 0 <= x <= picture.width
            assert 0 <= y <= picture.height


def test_pictures_are_narrow_enough_for_a_phone(drawn):
    assert max(picture.width for picture in drawn) <= 360


def test_coordinates_have_at_most_one_decimal(texts):
    for text in texts:
        shapes = re.findall(r' d="([^"]*)"', text)
        assert not re.search(r"\d\.\d\d", " ".join(shapes))


def test_the_same_record_gives_the_same_picture(records, texts):
    assert list(every_picture(records)) == texts


@pytest.fixture(scope="module")
def drawings(decided, timed, read):
    record = decided([0.5, 0.4], unit="loss", margin=0.1)
    rate, time = decided([True, True], "rate", share=0.8), timed([[1.5] * 8] * 6)
    texts = {
        "win": plots.seeds(record, ALPHA),
        "rate": plots.seeds(rate, ALPHA),
        "time": plots.seeds(time, ALPHA),
        "walk": plots.walk(record, ALPHA),
        "chances": plots.chances(record, ALPHA),
    }
    return {name: read(text)[0] for name, text in texts.items()}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "win",
            {"Effect of every seed", "shaded: above 0.1 a seed shows the claim", "effect (loss)"},
        ),
        ("rate", {"share of seeds (shaded: at least 80 %)"}),
        ("time", {"Ratio of times, first to second, every round", "above: takes longer"}),
        ("time", {"×0.909 to ×1.1: alike", "times as long"}),
        ("walk", {"Odds of the claim after every seed", "seeds"}),
        ("chances", {"Share of runs that end in each verdict", "refuted", "inconclusive"}),
    ],
)
def test_a_picture_says_what_is_on_its_axes_and_what_is_shaded(drawings, name, words):
    assert words <= set(drawings[name].words())


def test_the_curves_of_the_verdicts_are_told_apart_without_colour(drawings):
    chances = drawings["chances"]
    styles = [each.get("class") for each in chances.root.iter() if each.get("d")]
    for style in ("line", "line dashed", "line dotted"):
        assert styles.count(style) == 2  # the curve, and its sample in the key
