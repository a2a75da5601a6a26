"""What a source quotes, and where a text has it."""

import pytest

from hw4.report.reading.quotes import missing, places, quotes


@pytest.mark.parametrize(
    ("source", "quoted"),
    [
        ("", []),
        ("chapter 2", []),
        ("chapter 2: 'It is so.'", ["It is so."]),
        ("tasks 1: 'one', 'two'; part 2: 'three'", ["one", "two", "three"]),
        ("chapter 2: 'let's begin'", ["let's begin"]),
        ("chapter 2: 'broken\n    over lines'", ["broken over lines"]),
    ],
)
def test_what_stands_in_single_quotes_is_quoted(source, quoted):
    assert quotes(source) == quoted


def test_a_text_has_a_quote_wherever_it_says_it():
    assert list(places("it", "it is it")) == [(0, 2), (6, 8)]
    assert list(places("aa", "aaa")) == [(0, 2), (1, 3)]
    assert list(places("is not", "it is it")) == []


def test_where_a_text_breaks_its_lines_says_nothing():
    assert missing("p. 1: 'it is broken'", "Here it is\n    broken.") == []
    assert missing("p. 1: 'it is broken', 'it'", "It was.") == ["it is broken", "it"]
