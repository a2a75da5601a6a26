"""A comparison in a pull request."""

from dataclasses import replace

import pytest

from hw4.bench import markdown


def test_what_changed_comes_first_the_worst_at_the_top_and_the_rest_is_folded(
    found, missing, compared
):
    run = compared(
        found("tests/b.py::test_same"),
        found("tests/b.py::test_slower", "slower", 1.2),
        found("tests/b.py::test_worst", "slower", 1.5),
        found("tests/b.py::test_faster", "faster", 0.5),
        missing("tests/b.py::test_gone", "the current tree does not have it", new=False),
    )
    text = markdown.render(run)
    assert text.startswith("<!-- hw4 bench -->\n## 2 regressions, worst +50 %\n")
    assert "5 benchmarks against main: 2 slower; 1 not measured; 1 faster; 1 no change." in text
    assert "main 0123456789ab → ba9876543210+" in text
    shown, _, folded = text.partition("<details>")
    rows = [line for line in shown.splitlines() if line.startswith("| <code>")]
    assert rows == [
        "| <code>b.py::test\\_worst</code> | 123 µs | 1.50 (1.47 to 1.53) | 12 % | **slower** |",
        "| <code>b.py::test\\_slower</code> | 123 µs | 1.20 (1.18 to 1.22) | 12 % | **slower** |",
        "| <code>b.py::test\\_gone</code> |  |  |  | not measured |",
        "| <code>b.py::test\\_faster</code> | 123 µs | 0.50 (0.49 to 0.51) | 12 % | faster |",
    ]
    assert "- ! tests/b.py::test\\_gone: the current tree does not have it" in shown
    assert folded.count("| <code>") == 5


def test_where_nothing_changed_there_is_no_table_but_the_folded_one(found, compared):
    shown, _, folded = markdown.render(compared(found())).partition("<details>")
    assert "| <code>" not in shown
    assert "## no regression" in shown
    assert "<summary>All benchmarks: 1</summary>" in folded


def test_names_are_no_markup(found, compared):
    text = markdown.render(compared(found("b.py::t[<img>|*a*`b`]", "slower", 2.0)))
    assert "<img>" not in text
    assert "b.py::t\\[&lt;img&gt;\\|\\*a\\*\\`b\\`\\]" in text


@pytest.mark.parametrize("limit", [2_000, 10_000, markdown.LIMIT])
def test_a_comment_is_never_larger_than_github_takes(found, compared, limit):
    many = [found(f"b.py::test_{number}", "slower", 2.0) for number in range(2000)]
    text = markdown.render(compared(*many), limit)
    assert 0 < len(text.encode()) <= limit
    assert "more are left out" in text


def test_the_lines_of_slower_benchmarks_are_marked_on_github(found, missing, compared):
    run = compared(
        found("tests/b.py::test_same"),
        found("tests/b.py::test[50%,\n]", "slower", 1.5),
        found("tests/a:b,c.py::test", "slower, borderline", 1.11),
        found("elsewhere.py::test", "slower", 1.2, place=None),
        missing(),
    )
    assert markdown.marks(run) == [
        "::error file=tests/b.py,line=7,title=slower::tests/b.py::test[50%25,%0A] takes "
        "1.50 (1.47 to 1.53) times as long as before (123 µs); margin 12 %25",
        "::warning file=tests/a%3Ab%2Cc.py,line=7,title=slower%2C borderline::"
        "tests/a:b,c.py::test takes 1.11 (1.09 to 1.13) times as long as before (123 µs); "
        "margin 12 %25",
    ]


def test_more_memory_is_marked_too_as_a_warning_unless_it_counts(found, needing, compared):
    amounts = needing(memory=2.0, instructions=2.0)
    run = compared(found(amounts=amounts), found("c.py::test", place=None, amounts=amounts))
    told = (
        "file=tests/b.py,line=7,title=more memory::tests/b.py::test needs 2.00 (1.98 to 2.02) "
        "times as much memory as before (4 MB); margin 10 %25"
    )
    assert markdown.marks(run) == [f"::warning {told}"]
    assert markdown.marks(replace(run, memory_gates=True)) == [f"::error {told}"]


def test_more_memory_is_a_change_more_instructions_are_not(found, needing, compared):
    larger = found("b.py::larger", amounts=needing(memory=2.0))
    longer = found("b.py::longer", amounts=needing(memory=1.0, instructions=2.0))
    changed, every = markdown.render(compared(larger, longer)).split("<details>")
    assert "| ↳ memory | 4 MB | 2.00 (1.98 to 2.02) | 10 % | **more** |" in changed
    assert "longer" not in changed
    assert "| ↳ instructions | 4 M | 2.00 (1.98 to 2.02) | 10 % | more |" in every
    assert every.count("↳") == 3
