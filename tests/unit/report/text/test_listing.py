import pytest

from hw4 import Claim
from hw4.report.text.listing import listed

LONG = "A statement of a length that does not fit on what is left of a line of eighty columns."
CLAIMS = [
    Claim("It rises.", "b/rises"),
    Claim(LONG, "a/long", "equivalent", "a source", margin=0.1),
    Claim("It rises.", "b/rises"),
]


def test_instances_are_listed_once_in_order_of_id():
    assert listed(CLAIMS, 200).splitlines() == [
        f"a/long   equivalent  {LONG}",
        "                     a source",
        "b/rises  win         It rises.",
    ]


def test_a_long_statement_is_wrapped_beside_its_id():
    first, *rest, last = listed(CLAIMS, 80).splitlines()
    assert first.startswith("a/long   equivalent  A statement")
    assert all(line.startswith(" " * 21) for line in rest)
    assert " ".join([first[21:], *(line.strip() for line in rest)]) == f"{LONG} a source"
    assert last == "b/rises  win         It rises."


def test_a_long_id_has_its_statement_below():
    assert listed([Claim("It rises.", "b/" + "r" * 40, source="a source")], 80).splitlines() == [
        "b/" + "r" * 40 + "  win",
        "    It rises.",
        "    a source",
    ]


@pytest.mark.parametrize("width", [20, 40, 80])
def test_every_line_fits_and_hostile_text_is_text(width):
    hostile = "\x1b[2J\u202e[bold]a[/bold]\n:x: " + "y" * 10_000
    text = listed([*CLAIMS, Claim(hostile, hostile, source=hostile)], width)
    assert max(map(len, text.splitlines())) <= width
    assert text.replace("\n", "").isprintable()
    assert text.count("y") > 30_000


def test_no_claim_is_no_line():
    assert listed([]) == ""
