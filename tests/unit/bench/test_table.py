import re

import pytest

from hw4.bench import table as benchmarks
from hw4.bench.finding import SEVERITY

LONG = "tests/benchmarks/test_engine.py::TestTraining::test_a_rather_long_name[batch-normalisation]"


@pytest.fixture
def table(compared):
    """Return a function that draws findings as a table."""

    def table(findings, width=80, *, against="main", **options):
        return benchmarks.table(compared(*findings, against=against), width, **options)

    return table


@pytest.fixture
def every_verdict(found, missing):
    """Return a function that makes a finding of every verdict."""

    def make(name=LONG, ratio=1.0):
        measured = [each for each in SEVERITY if each != "not measured"]
        return [*(found(name, verdict, ratio) for verdict in measured), missing(name)]

    return make


def rows(text):
    """Return the lines of a table between its head and its footer."""
    return text.partition("─\n")[2].partition("\n\n")[0].splitlines()


def footer(text):
    return text.partition("─\n")[2].partition("\n\n")[2].splitlines()


# The table


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", ["b.py::test", LONG])
@pytest.mark.parametrize("ratio", [1.0, 12.3, 123.0])
def test_a_table_keeps_to_its_width_and_every_verdict_stays_whole(
    table, every_verdict, width, name, ratio
):
    text = table(every_verdict(name, ratio), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    ends = [row for row in rows(text) if row.endswith(SEVERITY)]
    verdicts = [each for each in SEVERITY if each != "not measured"] + ["not measured"]
    for row, verdict in zip(ends, verdicts, strict=True):
        assert row.endswith(f"  {verdict}")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_a_row_has_the_numbers_of_a_finding(table, found):
    (row,) = rows(table([found("tests/b.py::test", "slower", 1.5)]))
    cells = ["b.py::test", "123 µs", "1.50 (1.47 to 1.53)", "12 %", "slower"]
    assert re.split(r"\s{2,}", row) == cells


def test_in_few_columns_the_interval_takes_a_second_line(table, found):
    first, second = rows(table([found("b.py::test", ratio=1.5)], 60))
    assert re.split(r"\s{2,}", first) == [
        "b.py::test",
        "123 µs",
        "1.50 (1.47 to",
        "12 %",
        "no change",
    ]
    assert second.split() == ["1.53)"]


def test_what_was_not_measured_has_no_numbers(table, missing):
    (row,) = rows(table([missing()]))
    assert re.split(r"\s{2,}", row) == ["b.py::test_new", "not measured"]


@pytest.mark.parametrize("width", [60, 80])
def test_a_long_name_is_folded_and_not_cut(table, missing, width):
    text = table([missing(LONG)], width)
    name = "".join(row.split()[0] for row in rows(text))
    assert name == "test_engine.py::TestTraining::test_a_rather_long_name[batch-normalisation]"


@pytest.mark.parametrize("mark", ["[red]", "[/]", "[bold red]x[/bold red]", ":smile:", "[link=a]"])
def test_markup_is_text(table, found, missing, mark):
    name = f"b.py::t{mark}"
    both = [found(name, warnings=(f"spread {mark}",)), missing(name, f"ValueError: {mark}")]
    text = table(both, 120, against=f"main{mark}")
    assert [row.startswith(f"{name}  ") for row in rows(text)] == [True, True]
    assert footer(text) == [
        f"no regression; 2 benchmarks against main{mark}: 1 not measured; 1 no change",
        f"! {name}: ValueError: {mark}",
        f"! spread {mark} (in 1 benchmark)",
    ]


def test_a_slash_in_a_parameter_is_no_folder(table, found):
    name = "test_b.py::test_half[1/2]"
    (row,) = rows(table([found(f"tests/benchmarks/{name}")]))
    assert row.startswith(f"{name}  ")
    assert benchmarks.history(f"tests/benchmarks/{name}", [1.0])[0] == name


def test_verdicts_are_coloured_where_colour_is_wanted_and_nothing_is_otherwise(
    table, every_verdict
):
    findings = every_verdict("b.py::test")
    plain, coloured = table(findings), table(findings, colour=True)
    assert "\x1b" not in plain
    assert re.search(r"\x1b\[1;31mslower *\x1b\[0m", coloured)
    assert re.search(r"\x1b\[32mfaster *\x1b\[0m", coloured)
    uncoloured = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert [line.rstrip() for line in uncoloured.splitlines()] == plain.splitlines()


def test_colour_is_not_taken_from_the_environment(table, every_verdict, monkeypatch):
    plain = table(every_verdict())
    for name in ("FORCE_COLOR", "COLORTERM", "CLICOLOR_FORCE"):
        monkeypatch.setenv(name, "1")
    assert table(every_verdict()) == plain


# Below the table


def test_the_headline_and_the_counts_stand_below_the_table(table, found):
    findings = [found(verdict=verdict) for verdict in ("no change", "faster", "no change")]
    said = "no regression; 3 benchmarks against v1.0: 1 faster; 2 no change"
    assert footer(table(findings, against="v1.0")) == [said]


def test_reasons_and_warnings_stand_below_the_table(table, found, missing):
    findings = [
        found("a.py::one", warnings=("rounds spread by 30 %", "the processor slept")),
        found("a.py::two", warnings=("rounds spread by 30 %",)),
        missing("a.py::three", "main does not have it"),
    ]
    assert footer(table(findings))[1:] == [
        "! a.py::three: main does not have it",
        "! rounds spread by 30 % (in 2 benchmarks)",
        "! the processor slept (in 1 benchmark)",
    ]


# Histories


def drawn(ratios):
    """Return the blocks of a history, what stands beside them, and the lines below."""
    name, picture, *changes = benchmarks.history("tests/b.py::test[red]", ratios)
    assert name == "b.py::test[red]"
    blocks, _, numbers = picture.strip().partition("  ")
    return blocks, numbers, changes


@pytest.mark.parametrize("runs", [1, 2, 40])
def test_a_constant_history_is_a_line_of_middle_height(runs):
    assert drawn([1.5] * runs) == ("▅" * runs, "1.50 to 1.50, last 1.50", [])


def test_the_lowest_ratio_is_at_the_bottom_and_the_highest_at_the_top():
    blocks, numbers, changes = drawn([1.0, 4.0, 2.0, 1.0, 4.0])
    assert (blocks[0], blocks[1], blocks[3:]) == ("▁", "█", "▁█")
    assert blocks[2] in "▄▅"  # in logarithms the middle
    assert (numbers, changes) == ("1.00 to 4.00, last 4.00", [])


def test_eight_equal_factors_are_eight_heights():
    assert drawn([1.5**power for power in range(8)])[0] == "▁▂▃▄▅▆▇█"


def test_noise_of_a_hundredth_is_no_mountain():
    blocks, _, changes = drawn([1.0, 1.01, 0.99, 1.0, 1.01, 0.99, 1.0, 1.01])
    assert set(blocks) <= set("▄▅")
    assert changes == []


def test_a_step_is_marked_and_told():
    ratios = [1.0] * 10 + [1.5] * 12
    assert drawn(ratios) == (
        "▁" * 10 + "┆" + "█" * 12,
        "1.00 to 1.50, last 1.50",
        ["  its level changed at run 11: 1.00 → 1.50"],
    )


def test_each_of_two_steps_has_the_medians_beside_it():
    ratios = [1.0] * 20 + [2.0] * 6 + [9.0] + [2.0] * 7 + [4.0] * 20
    blocks, _, changes = drawn(ratios)
    assert blocks.count("┆") == 2
    assert changes == [
        "  its level changed at run 21: 1.00 → 2.00",
        "  its level changed at run 35: 2.00 → 4.00",
    ]


@pytest.mark.parametrize("before", [41, 50, 75])
def test_of_a_long_history_the_last_forty_runs_are_drawn(before):
    """The run at which the level changed is counted from the first, drawn or not."""
    ratios = [1.0] * before + [3.0] + [1.5] * 15
    blocks, numbers, changes = drawn(ratios)
    assert blocks == "▁" * 24 + "┆█" + "▄" * 15
    assert numbers == "1.00 to 3.00, last 1.50"
    assert changes == [f"  its level changed at run {before + 1}: 1.00 → 1.50"]


def test_a_step_before_the_runs_that_are_drawn_is_told_all_the_same():
    blocks, numbers, changes = drawn([5.0] * 20 + [1.0] * 45)
    assert (blocks, numbers) == ("▅" * 40, "1.00 to 1.00, last 1.00")
    assert changes == ["  its level changed at run 21: 5.00 → 1.00"]


def test_a_step_at_the_first_run_that_is_drawn_stands_before_it():
    assert drawn([5.0] * 20 + [1.0] * 40)[0] == "┆" + "▅" * 40


def test_a_ratio_of_a_millionth_can_be_drawn():
    blocks, numbers, _ = drawn([1.0, 1e-9, 1e9])
    assert (blocks[1:], numbers.split()[0]) == ("▁█", "0.00")
