"""Texts keep to the room that they have."""

import pytest

from hw4.report.plots.words import fitted, shortened, width_of, wrapped

LONG = "MLP(widths=(64, 64, 64, 64), activation='sigmoid'), Adam(0.001, epsilon=1e-07), digits"


@pytest.mark.parametrize("text", [LONG, 10_000 * "x", 10_000 * "i", 3000 * "漢", "a b\nc\td", ""])
@pytest.mark.parametrize("room", [20, 100, 336])
def test_a_fitted_text_is_not_wider_than_its_room(text, room):
    shown = fitted(text, room).translate({0x2068: None, 0x2069: None})
    assert width_of(shown) <= room
    assert "\n" not in shown


def test_a_text_that_has_room_is_left_as_it_is():
    assert fitted("digits", 100) == "digits"
    assert fitted(LONG, 200).endswith("…")


def test_text_of_another_direction_is_isolated():
    assert fitted("\u202eabc", 100) == "\u2068\u202eabc\u2069"
    assert shortened("\u05d0") == "\u2068\u05d0\u2069"


def test_wrapped_lines_hold_the_whole_text_between_them():
    lines = wrapped(LONG, 336, lines=4)
    assert " ".join(lines) == LONG
    assert all(width_of(line) <= 336 for line in lines)


def test_what_has_no_room_on_the_last_line_is_cut():
    lines = wrapped(LONG, 200, lines=2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert wrapped(5000 * "x", 100, lines=3)[-1].endswith("…")
    assert wrapped("", 100, lines=3) == []
