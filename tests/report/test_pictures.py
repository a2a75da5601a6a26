"""In a real Chromium, no text of a picture leaves its box, covers another, or is crossed by a line.

Measured of every picture of a page, with the font that the browser has.
"""

from pathlib import Path

import pytest

FAULTS = Path(__file__).with_name("texts.js").read_text(encoding="utf-8")
SPOIL = """(move) => {
  const svg = document.querySelector("#pictures svg.plot"), text = svg.querySelector("text");
  if (move === "outside") text.setAttribute("x", -30);
  if (move === "covers") svg.append(text.cloneNode(true));
  if (move === "crossed") {
    const line = document.createElementNS(svg.namespaceURI, "path");
    const { x, y, width, height } = text.getBBox();
    line.setAttribute("d", `M${x} ${y + height / 2}h${width}`);
    line.setAttribute("class", "zero");
    svg.append(line);
  }
}"""


@pytest.fixture(scope="module")
def book(mixed, deeper, make):
    """Return claims of every kind, with names as long as people give them, and long learning."""
    name = "regularization/dropout-reduces-overfitting"
    long = [
        make.decided(name, dataset="phantom", instance=f"a long instance's name {n}", unit=unit)
        for n, unit in enumerate(("points", "share of the length", "times as many epochs"))
    ]
    return make.bound([*mixed.claims, *deeper.claims, *long])


@pytest.mark.parametrize("width", [1280, 390])
def test_texts_stay_in_their_pictures_and_apart(opened, book, width):
    page = opened(book, size={"width": width, "height": 900})
    texts, found = page.evaluate(FAULTS)
    assert texts > 300
    assert found == []


@pytest.mark.parametrize("fault", ["outside", "covers", "crossed"])
def test_each_fault_of_a_text_would_be_found(opened, deeper, fault):
    page = opened(deeper, "#pictures")
    page.evaluate(SPOIL, fault)
    _, found = page.evaluate(FAULTS)
    assert {each[0] for each in found} == {fault}
