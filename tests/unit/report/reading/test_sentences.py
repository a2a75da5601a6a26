"""Where sentences end, and what is one."""

import pytest

from hw4.report.reading.sentences import divided, is_sentence


@pytest.mark.parametrize(
    "sentences",
    [
        ["One."],
        ["It is so.", "Is it?", "It is!", "And so on…", "The end"],
        ["It is so, e.g. Here, i.e. Now, cf. Smith et al. 2019.", "See Fig. 2."],
        ["At 0.5 it is so.", "Of 1.5.2 we know."],
        ["(It is so.)", "He said “so.”", "*Is it?*", "Yes."],
        ["It is so [6].", "L2 – tries.[7]", "That too. [5]", "More."],
        ["It works, etc. and so on."],
        ["Ask J. Smith.", "2 of 3 agree."],
        ["It is so. [5, 6]"],
    ],
)
def test_a_text_is_divided_into_its_sentences(sentences):
    text = " ".join(sentences)
    assert [text[start:end] for start, end in divided(text)] == sentences


def test_nothing_has_no_sentence():
    assert list(divided("")) == list(divided("  ")) == []


@pytest.mark.parametrize("text", ["It is.", "Yes.", "It is [3].", "no full stop here", "*Is it?*"])
def test_what_says_something_is_a_sentence(text):
    assert is_sentence(text)


@pytest.mark.parametrize(
    "text",
    [
        *("Task 2[1]:", "**Task 4 – Batch normalization [4]:**", "Figure 1", "."),
        *("PAY ATTENTION:::", "[1] <https://example.org/a.b.c?d>"),
        "[2] [https://example.org/a](https://example.org/a)",
    ],
)
def test_a_label_and_an_address_are_none(text):
    assert not is_sentence(text)
