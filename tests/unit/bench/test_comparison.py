"""What a comparison says first, in which order, and as JSON."""

import json
from dataclasses import replace

import pytest

from hw4.bench import markdown, page, table
from hw4.bench.finding import SEVERITY, exit_code, verdict
from hw4.bench.margins import Margins
from hw4.statistics import Verdict
from hw4.statistics.ratios import RatioDecision


def decision(low, high, *, said=Verdict.INCONCLUSIVE, margin=0.1):
    return RatioDecision(said, (low * high) ** 0.5, low, high, margin, 1.0, confidence=0.99)


# Verdicts


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (1.10, 1.12, "slower, borderline"),  # about the margin, and not noisy
        (1.09, 1.14, "slower, borderline"),
        (1.09, 1.145, "too noisy"),  # wider than half the margin
        (1.01, 1.30, "too noisy"),
        (0.999, 1.04, "too noisy"),  # not known to be slower at all
        (0.8, 1.2, "too noisy"),
    ],
)
def test_what_is_open_is_borderline_or_noisy(low, high, word):
    assert verdict(decision(low, high)) == word


@pytest.mark.parametrize(
    ("said", "low", "high", "word"),
    [
        (Verdict.SUPPORTED, 1.2, 1.3, "slower"),
        (Verdict.EQUIVALENT, 0.97, 1.05, "no change"),
        (Verdict.REFUTED, 0.7, 0.8, "faster"),
        (Verdict.REFUTED, 0.88, 0.95, "not slower"),
    ],
)
def test_what_is_decided_has_its_word(said, low, high, word):
    assert verdict(decision(low, high, said=said)) == word


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (["no change", "slower", "too noisy"], 1),
        (["no change", "slower, borderline", "faster", "not slower"], 0),
        (["no change", "too noisy"], 3),
        (["no change", "not measured"], 3),
        ([], 3),
    ],
)
def test_what_verdicts_mean_to_a_shell(found, verdicts, code):
    assert exit_code([found(verdict=each) for each in verdicts]) == code


def test_a_new_benchmark_alone_says_nothing(missing, found):
    assert exit_code([missing()]) == 3
    assert exit_code([missing(), found()]) == 0


# Margins


@pytest.mark.parametrize(
    ("stated", "margin"),
    [
        ((), 0.1),
        ((("", 0.2),), 0.2),
        ((("", 0.2), ("*cnn*", 0.3)), 0.3),
        ((("*cnn*", 0.3), ("", 0.2)), 0.2),  # the last one that fits
        ((("*mlp*", 0.3),), 0.1),
        ((("tests/b.py::test_fit[cnn]", 0.4),), 0.4),  # as it is, though [cnn] means c, n or n
        ((("tests/b.py::*", 0.5),), 0.5),
    ],
)
def test_the_last_margin_that_names_a_benchmark_counts(stated, margin):
    assert Margins(stated).test("tests/b.py::test_fit[cnn]").margin == margin


def test_a_pattern_that_names_none_is_found():
    margins = Margins((("", 0.2), ("*a*", 0.3), ("*typo*", 0.3)))
    assert margins.idle(["b.py::test_a", "b.py::test_b"]) == "*typo*"
    assert Margins((("", 0.2),)).idle([]) == ""


# What is said first


@pytest.mark.parametrize(
    ("ratios", "said"),
    [
        ([1.2], "1 regression, +20 %"),
        ([1.2, 1.283, 1.15], "3 regressions, worst +28 %"),
        ([], "no regression"),
    ],
)
def test_the_headline_counts_regressions_and_has_the_worst(found, compared, ratios, said):
    findings = [found(verdict="slower", ratio=ratio) for ratio in ratios]
    assert compared(found(), *findings, found(verdict="too noisy")).headline == said


def test_the_headline_counts_what_is_borderline_where_nothing_is_worse(found, compared):
    assert compared(found(verdict="slower, borderline")).headline == "no regression, 1 borderline"


def test_the_worst_comes_first_and_what_is_new_last(found, missing, compared):
    findings = [found(verdict=verdict) for verdict in reversed(SEVERITY)]
    findings += [missing("b.py::new"), found("b.py::worst", "slower", 2.0)]
    worst, *ordered, new = compared(*findings).by_severity
    assert (worst.benchmark, new.benchmark) == ("b.py::worst", "b.py::new")
    assert [each.verdict for each in ordered] == list(SEVERITY)


def test_parameters_of_a_test_make_a_group(found, compared):
    names = ["b.py::one[1]", "b.py::two", "b.py::one[2]"]
    verdicts = ["no change", "faster", "slower"]
    groups = compared(*map(found, names, verdicts)).groups
    assert [(name, [f.benchmark for f in of]) for name, of in groups] == [
        ("b.py::one", ["b.py::one[2]", "b.py::one[1]"]),
        ("b.py::two", ["b.py::two"]),
    ]


def test_the_json_has_everything(found, missing, needing, compared):
    more = {"warnings": ("the processor slept",), "amounts": needing(memory=0.5)}
    slower = found("tests/b.py::test[1]", "slower", 2.0, **more)
    book = json.loads(json.dumps(compared(slower, missing()).as_json()))
    first, second = book.pop("benchmarks")
    assert book == {
        "schema": 1,
        "created": "2026-01-02T03:04:05+00:00",
        "headline": "1 regression, +100 %",
        "exit_code": 1,
        "base": {"name": "main", "commit": "0123456789ab"},
        "head": {"commit": "ba9876543210+"},
        "environment": {"python": "3.12.1", "cpu": "A processor"},
        "notes": [],
        "unknown": [],
        "bisect": None,
        "anchor": None,
    }
    assert first == {
        "benchmark": "tests/b.py::test[1]",
        "file": "tests/b.py",
        "line": 7,
        "verdict": "slower",
        "ratio": 2.0,
        "low": 1.96,
        "high": 2.04,
        "confidence": 0.99,
        "margin": 0.12,
        "seconds_before": 1.234e-4,
        "memory": {
            "verdict": "less",
            "ratio": 0.5,
            "low": 0.495,
            "high": 0.505,
            "confidence": 0.98,
            "margin": 0.1,
            "before": 4e6,
            "now": 2e6,
        },
        "instructions": None,
        "new": False,
        "reason": None,
        "warnings": ["the processor slept"],
    }
    numbers = ("file", "line", "ratio", "low", "high", "confidence", "margin", "seconds_before")
    assert [second[name] for name in (*numbers, "memory", "instructions")] == [None] * 10
    assert (second["verdict"], second["new"]) == ("not measured", True)
    assert second["reason"] == "main does not have it"


def test_warnings_that_differ_in_numbers_are_one_with_their_ranges(found, compared):
    busy = "other processes kept {} of 2 cores busy"
    first = found("b.py::a", warnings=(busy.format("1.7"), busy.format("1.0"), "it slept"))
    second = found("b.py::b", warnings=(busy.format("1.2"),))
    assert compared(first, second).warnings == [
        f"{busy.format('1.0–1.7')} (in 2 benchmarks)",
        "it slept (in 1 benchmark)",
    ]


# Memory


def test_more_memory_is_in_the_headline_and_red_only_if_it_was_asked_for(found, needing, compared):
    one = found("b.py::one", amounts=needing(memory=1.5))
    two = found("b.py::two", "slower", 1.28, amounts=needing(memory=2.0, instructions=9.0))
    new = found("b.py::new", amounts=needing(memory=9.0), new=True)
    run = compared(one, new, found("b.py::same", amounts=needing(memory=1.0, instructions=3.0)))
    assert run.headline == "no regression; 1 needs more memory, +50 %"
    assert (run.exit_code, replace(run, memory_gates=True).exit_code) == (0, 1)
    assert compared(one, two).headline == "1 regression, +28 %; 2 need more memory, worst +100 %"
    less = compared(found(amounts=needing(memory=0.5)))
    assert (less.headline, replace(less, memory_gates=True).exit_code) == ("no regression", 0)


def test_what_the_machine_does_not_tell_is_said_once_in_every_report(found, compared):
    run = replace(compared(found()), unknown=("Instructions are not counted: so it is",))
    run = replace(run, drift=compared(found(), against="v1"))
    for shown in (table.table(run, 80), markdown.render(run), page.render(run)):
        assert shown.count("Instructions are not counted: so it is") == 1
    assert run.as_json()["unknown"] == ["Instructions are not counted: so it is"]


@pytest.mark.parametrize("slower", ["both", "first", "second", "neither"])
@pytest.mark.parametrize("more", ["both", "first", "second", "neither"])
def test_time_and_memory_are_confirmed_each_by_itself(slower, more, found, needing):
    """What the second measurement alone says is no finding: it was not asked."""

    def measured(which):
        verdict = "slower" if slower in ("both", which) else "no change"
        return found(verdict=verdict, amounts=needing(memory=2.0 if more in ("both", which) else 1))

    left = measured("first").confirmed(measured("second"))
    assert left.verdict == ("slower" if slower == "both" else "no change")
    assert left.memory.verdict == ("more" if more == "both" else "no change")


# Drift


def drifting(found, compared, *, gates, verdict="slower"):
    """Return a comparison in which nothing has changed, but much since v1."""
    drift = compared(found(verdict=verdict, ratio=1.37), against="v1")
    return replace(compared(found()), drift=drift, gates=gates)


@pytest.mark.parametrize(
    ("gates", "verdict", "code"),
    [
        (False, "slower", 0),  # by whichever merge it came, it was not this one
        (True, "slower", 1),
        (True, "slower, borderline", 0),
        (True, "too noisy", 0),
        (True, "faster", 0),
    ],
)
def test_drift_is_red_only_if_the_anchor_was_named(found, compared, gates, verdict, code):
    assert drifting(found, compared, gates=gates, verdict=verdict).exit_code == code


def test_a_regression_is_red_whatever_the_drift(found, compared):
    slower = compared(found(verdict="slower"))
    assert replace(slower, drift=compared(found(), against="v1"), gates=True).exit_code == 1


def test_every_report_has_the_drift(found, compared):
    whole = drifting(found, compared, gates=True)
    said = "Since v1: 1 regression, +37 %"
    assert said in table.table(whole, 80)
    assert table.table(whole, 80).count("tests/b.py"[6:]) == 2
    assert f"<summary>{said}</summary>" in markdown.render(whole)
    assert said in page.render(whole)
    anchor = json.loads(json.dumps(whole.as_json()))["anchor"]
    (benchmark,) = anchor.pop("benchmarks")
    assert anchor == {
        "name": "v1",
        "commit": "0123456789ab",
        "headline": "1 regression, +37 %",
        "gates": True,
    }
    assert (benchmark["verdict"], benchmark["ratio"]) == ("slower", 1.37)
    for shown in (table.table(whole, 80), markdown.render(whole), page.render(whole)):
        assert "1.37 (1.34 to 1.40)" in shown
    assert "does not decide" not in page.render(whole)
    assert "does not decide" in page.render(replace(whole, gates=False))
