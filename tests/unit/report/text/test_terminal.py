"""Text that a terminal can show, whatever the claim says and whichever characters it has."""

import io
import sys
import unicodedata

import pytest

from hw4.report.text import terminal

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b31m",  # the same as ESC [, in one character
    "first\nsecond\r\nthird",
    "a\tb",
    "\u202egnp.exe",
    "\u2066isolated\u2069 \u200fmark\u061c",
    "null\x00 bell\x07 back\x08",
    "\ud800 half a pair",
    "\u2028 line \u2029 paragraph",
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_would_steer_a_terminal_is_visible(text):
    shown = terminal.visible(text)
    assert {unicodedata.category(char) for char in shown}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    assert shown.encode()
    words = [word for word in ("red", "title", "third", "gnp.exe", "isolated") if word in text]
    assert all(word in shown for word in words)


def test_what_is_only_text_stays_as_it_is():
    for text in ("batch norm", "σ′ ≤ ¼", "נורמליזציה", "图像 分类", "نمی\u200cخواهم", "[bold]x[/]"):
        assert terminal.visible(text) == text


def test_an_escape_reads_as_in_python():
    assert terminal.visible("a\x1b[2Jb\u202ec") == r"a\x1b[2Jb\u202ec"
    assert terminal.visible("one\ntwo") == "one two"


@pytest.mark.parametrize(
    ("most", "left"),
    [(99, "batch-norm/deep [a-16]"), (22, "batch-norm/deep [a-16]"), (10, "batch…-16]"), (1, "…")],
)
def test_a_text_that_is_too_long_loses_its_middle(most, left):
    assert terminal.squeezed("batch-norm/deep [a-16]", most) == left


def test_wide_characters_are_squeezed_by_columns():
    """Ten columns have room for the ellipsis and, on either side, for two characters of two."""
    assert terminal.squeezed("图像分类图像分类", 10) == "图像…分类"
    assert terminal.squeezed("图像分类", 8) == "图像分类"


@pytest.mark.parametrize("width", [20, 40, 80])
def test_wrapped_lines_fit_whatever_the_letters_are(width):
    """A Chinese character takes two columns, a combining mark none."""
    text = "batch 图像分类图像分类图像分类图像分类 e\u0301 " * 9 + "x" * 200
    lines = terminal.wrapped(text, width, "  arm: ")
    taken = [
        sum(
            0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) == "W")
            for char in line
        )
        for line in lines
    ]
    assert max(taken) <= width
    assert "".join("".join(lines).split()) == "arm:" + "".join(text.split())


def test_a_wrapped_paragraph_hangs():
    lines = terminal.wrapped("one two three four", 16, "  arm: ")
    assert lines == ["  arm: one two", "       three", "       four"]
    assert terminal.wrapped("one two", 8, "> ", "| ") == ["> one", "| two"]
    assert terminal.wrapped("", 20, "  x") == ["  x"]


def test_shortened_text_says_that_it_is():
    assert terminal.shortened("abcdef", 6) == "abcdef"
    assert terminal.shortened("abcdefg", 6) == "abcde…"


@pytest.mark.parametrize(
    ("text", "encoding", "written"),
    [
        ("✓ a · ┃ ┊ ●○ “b” −1 ×2 5 µs …", "ascii", '+ a . | \' *o "b" -1 x2 5 us ~'),
        ("▁▂▃▄▅▆▇█", "ascii", "12345678"),
        ("±∞", "ascii", r"\xb1inf"),
        ("naïve é ² ½", "ascii", r"naive e 2 \xbd"),
        ("✓ naïve ±", "latin-1", "+ naïve ±"),
        ("✓ naïve", "utf-8", "✓ naïve"),
        ("σ 图 \u0301", "ascii", r"\u03c3 \u56fe \u0301"),
    ],
)
def test_what_an_encoding_lacks_is_written_with_what_it_has(text, encoding, written):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    terminal.adapt(stream)
    stream.write(text)
    stream.flush()
    assert raw.getvalue().decode(encoding) == written


def test_a_stream_that_cannot_be_adapted_is_left_alone():
    terminal.adapt(io.StringIO())
    closed = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    closed.close()
    terminal.adapt(closed)


def test_reading_stays_strict():
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", terminal.FALLBACK)


@pytest.mark.parametrize(("said", "columns"), [("132", 132), ("7", 20), ("0", 80), ("wide", 80)])
def test_the_environment_may_say_how_wide_a_pipe_is(monkeypatch, said, columns):
    monkeypatch.setenv("COLUMNS", said)
    monkeypatch.setattr(sys, "__stdout__", io.StringIO())
    assert terminal.columns() == columns
