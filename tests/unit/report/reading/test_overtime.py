"""Runs one after another: in which order, what became of each claim, and how it is told."""

import datetime

import pytest
from entries import changed, entry

from hw4.ledger import ledger
from hw4.report.plots.overtime import Mark, told
from hw4.report.reading.overtime import MOST, Ratio, Run, over_time
from hw4.report.text import overtime

FIRST = datetime.datetime(2026, 1, 1, 3, 0, tzinfo=datetime.UTC)
REFUTED = {"verdict": "refuted", "events": 0, "as_expected": False}


def day(number):
    return FIRST + datetime.timedelta(days=number)


def claim(name="a", effect=(0.4, 0.5, 0.6), **more):
    low, median, high = effect
    found = {"low": low, "median": median, "high": high, "confidence": 0.95}
    return entry({"id": name, "unit": "points", "effect": found}, more)


def failed(name="a"):
    return entry(id=name, error="crash", message="boom")


def run(number, *records, name="", seed=0):
    book = ledger.build([], [], "quick", seed)
    book.claims = [record for record in records if record.measured]
    book.errors = [record for record in records if not record.measured]
    time = day(number)
    return Run(name or f"{number}.json", time, changed(book, created=time.isoformat()))


def over(*runs):
    """Return days in which each list of records is a run."""
    return over_time(run(number, *records) for number, records in enumerate(runs))


def sections(found):
    return {title: [line.newest.id for line in lines] for title, lines in found.sections}


def ratio(number, value=1.0, verdict="no change", name="b.py::test", against="v1"):
    ends = (0.9 * value, value, 1.1 * value)
    return Ratio(name, day(number), against, f"c{number}", verdict, ends, 0.1)


# Order


def test_runs_are_in_the_order_of_their_own_times():
    found = over_time([run(2, name="a"), run(0, name="b"), run(1, name="c")])
    assert [each.name for each in found.runs] == ["b", "c", "a"]


def test_runs_of_one_second_are_in_the_order_of_their_seeds_and_names():
    found = over_time([run(0, name="b"), run(0, name="c", seed=1), run(0, name="a", seed=1)])
    assert [each.name for each in found.runs] == ["b", "a", "c"]


def test_of_very_many_runs_the_newest_are_shown_and_the_others_counted():
    found = over(*[[claim()]] * (MOST + 3))
    assert (len(found.runs), found.earlier) == (MOST, 3)
    assert found.runs[-1].time == day(MOST + 2)
    assert overtime.text(found, 80).startswith("3 earlier runs are not shown\n")


# What became of a claim


@pytest.mark.parametrize(
    ("runs", "section"),
    [
        ([[claim()], [claim()]], "The same verdict in every run"),
        ([[claim()], [claim(verdict="confirmed")]], "The same verdict in every run"),
        ([[claim()], [], [claim()]], "The same verdict in every run"),
        ([[claim()], [claim(**REFUTED)]], "Changed verdict"),
        ([[claim()], [], [claim(**REFUTED)]], "Changed verdict"),
        ([[claim()], [claim(**REFUTED)], [claim()]], "Changed verdict"),
        ([[claim()], [failed()]], "Changed verdict"),
        ([[failed()], [failed()]], "The same verdict in every run"),
        ([[claim()], [claim(effect=(0.7, 0.8, 0.9))]], "Moved beyond the interval"),
        ([[claim()], [claim(effect=(0.5, 0.6, 0.7))]], "The same verdict in every run"),
        ([[], [claim()]], "New in the newest run"),
        ([[], [claim()], [claim()]], "The same verdict in every run"),
    ],
)
def test_each_claim_is_where_it_belongs(runs, section):
    found = over(*runs)
    assert sections(found) == {section: ["a"]}
    (line,) = found.claims
    assert line.is_steady is section.startswith("The same")


def test_what_changed_is_first_and_of_that_what_fails_and_then_the_latest():
    before = [claim(name) for name in "abcde"]
    again = [claim("a"), claim("b"), claim("c", **REFUTED), claim("d"), claim("e", **REFUTED)]
    later = [claim("a"), claim("b", **REFUTED), claim("c"), claim("d"), claim("e")]
    newest = [*later[:4], claim("e", **REFUTED)]
    found = over(before, again, later, newest)
    assert sections(found) == {
        "Changed verdict": ["e", "b", "c"],
        "The same verdict in every run": ["a", "d"],
    }


def test_an_error_of_a_claim_that_was_decided_is_not_its_verdict():
    found = over([claim()], [claim(), failed()])
    assert sections(found) == {"The same verdict in every run": ["a"]}


def test_claims_that_the_newest_run_did_not_run_are_counted():
    found = over([claim("a"), claim("b"), claim("c")], [claim("a")])
    assert found.absent == 2
    assert overtime.headline(found) == (
        "2 runs: 3 the same verdict in every run, 2 not run in the newest"
    )


# Words


def test_a_change_is_told_with_its_evidence():
    found = over([claim()], [], [claim(effect=(-0.6, -0.5, -0.4), **REFUTED)])
    assert overtime.changes(found.claims[0]) == [
        "run 1: supported, 16/16 (79 to 100 %), +0.5 (+0.4 to +0.6) points → "
        "run 3: refuted, 0/16 (0 to 21 %), −0.5 (−0.6 to −0.4) points; registered as supported"
    ]


def test_of_many_changes_the_latest_are_told_and_the_others_counted():
    found = over(*[[claim()], [claim(**REFUTED)]] * 4)
    told = overtime.changes(found.claims[0])
    assert [each.partition(":")[0] for each in told[:3]] == ["run 7", "run 6", "run 5"]
    assert told[3:] == ["4 earlier changes"]


def test_runs_that_found_the_same_are_one_row():
    found = over([claim()], [claim()], [], [claim(**REFUTED)])
    effect = "+0.5 (+0.4 to +0.6) points"
    assert overtime.through(found.claims[0]) == [
        ("1 to 2", "supported", "16/16", "79 to 100 %", effect),
        ("3", "not run", "", "", ""),
        ("4", "refuted", "0/16", "0 to 21 %", effect),
    ]


def test_a_picture_says_its_verdicts_in_words():
    marks = [Mark("supported", None)] * 3 + [None, Mark("refuted", None)]
    assert told(marks) == "Runs 1 to 3: supported; run 4: not run; run 5: refuted."


def test_the_text_has_a_line_of_marks_for_each_claim_and_says_what_they_are():
    proof = entry(id="b", kind="exact", effect=None)
    text = overtime.text(over([claim(), proof], [proof], [claim(**REFUTED), failed("b")]), 80)
    lines = text.splitlines()
    assert "  ●-○  a" in lines
    assert "  ●●◇  b" in lines
    assert "oldest first: ● supported · ○ refuted · ◇ not measured · - not run" in lines
    assert lines[-1] == "3 runs: 2 changed verdict"
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in text


HOSTILE = "\x1b[31m<script>\n\u202e'\"\u05d0 " + "long" * 2500


@pytest.mark.parametrize("width", [40, 80])
def test_hostile_text_is_text_and_fits(width):
    records = [claim(HOSTILE, unit=HOSTILE, instance=HOSTILE), claim("b", counterexample=HOSTILE)]
    found = over_time(
        [run(0, *records, failed("c")), run(1, name=HOSTILE)],
        [ratio(0, name=HOSTILE, against=HOSTILE, verdict=HOSTILE)],
    )
    text = overtime.text(found, width)
    assert max(map(len, text.splitlines())) <= width
    assert all(character.isprintable() or character == "\n" for character in text)
    assert len(text) < 10_000


# Benchmarks


def test_a_benchmark_is_a_series_against_each_revision():
    found = over_time([], [ratio(1), ratio(0, against="v2"), ratio(0)])
    assert [(each.newest.against, len(each.ratios)) for each in found.series] == [
        ("v2", 1),
        ("v1", 2),
    ]


def test_comparisons_with_commits_are_one_series():
    """A commit is the base of one pull request."""
    found = over_time([], [ratio(n, against=c * 40) for n, c in enumerate("abc")])
    (series,) = found.series
    assert (len(series.ratios), series.newest.against) == (3, "its base")


def test_a_comparison_that_two_files_have_counts_once():
    rounded = ratio(0, value=1.1)._replace(ends=(0.99, 1.1, 1.21))
    assert len(over_time([], [ratio(0, value=1.1), rounded]).series[0].ratios) == 1


def test_slower_benchmarks_and_changed_levels_are_not_quiet_and_first():
    rng = [0.99, 1.01, 1.0, 0.995, 1.005, 1.002] * 2
    steady = [ratio(n, value, name="steady") for n, value in enumerate(rng)]
    level = [ratio(n, value * (1 + n // 6), name="level") for n, value in enumerate(rng)]
    slow = [ratio(20, 1.3, "slower", name="slow")]
    found = over_time([], [*steady, *level, *slow])
    assert [(each.newest.benchmark, each.is_quiet) for each in found.series] == [
        ("slow", False),
        ("level", False),
        ("steady", True),
    ]
    assert overtime.headline(found) == "3 benchmarks, 2 to be looked at"
    text = overtime.text(found, 80)
    assert "  ■  slow\n      slower, 1.30 (1.17 to 1.43) times as long as v1\n" in text
    assert "its level changed on 2026-01-07: 1.00 → 2.00" in " ".join(text.split())
