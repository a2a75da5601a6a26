"""What is code, what is stressed and where lines break, whichever page shows it."""

import pytest

from hw4.report.reading.docstrings import paragraphs, pieces


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("plain", [("text", "plain")]),
        ("`a/b` is", [("code", "a/b"), ("text", " is")]),
        ("``x * y``.", [("code", "x * y"), ("text", ".")]),
        ("is *much worse*", [("text", "is "), ("stressed", "much worse")]),
        ("2 * 3 * 4", [("text", "2 * 3 * 4")]),
        ("a*b*c", [("text", "a*b*c")]),
        ("``` a", [("text", "``` a")]),
        ("", []),
    ],
)
def test_backticks_hold_code_and_asterisks_stress(line, found):
    assert list(pieces(line)) == found


def test_nothing_but_the_marks_is_lost():
    line = "a `b` *c d* <e> 2 * 3 `f"
    assert "".join(text for _, text in pieces(line)) == "a b c d <e> 2 * 3 `f"


def test_lines_break_only_where_that_means_something():
    text = "One\nparagraph.\n\n \n- a\n- b\n\n  1  2\n  3  4\n"
    assert paragraphs(text) == [["One paragraph."], ["- a", "- b"], ["  1  2", "  3  4"]]
    assert paragraphs(" \n") == []
