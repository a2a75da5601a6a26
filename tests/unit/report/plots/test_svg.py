"""What is written is XML whatever a user wrote, and says where things are."""

import random
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from hw4.report.plots import svg


def test_any_text_is_well_formed_and_comes_back(hostile):
    found = ET.fromstring(svg.text(1, 2, hostile)).text
    assert found.startswith("<script>alert('1')</script> & \"q\" \u202eRTL")
    assert found.count("\ufffd") == 3  # NUL, escape and half a surrogate pair have no XML


def test_any_attribute_is_well_formed_and_comes_back():
    found = ET.fromstring(svg.element("a", href="#\"><script>'&"))
    assert found.get("href") == "#\"><script>'&"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (1.04, "1"), (-0.06, "-.1"), (-0.01, "0"), (120.25, "120.2"), (1e6, "1000000")],
)
def test_a_coordinate_has_at_most_one_decimal(value, text):
    assert svg.number(value) == text


def test_a_line_of_steps_does_not_gather_rounding_errors():
    rng = random.Random(0)
    points = [(n * 0.333, rng.uniform(0, 100)) for n in range(500)]
    x = y = 0.0
    for n, step in enumerate(svg.line(points)[1:].split("l")):
        dx, dy = (float(number) for number in step.replace("-", " -").split())
        x, y = x + dx, y + dy
        assert (x, y) == pytest.approx(points[n], abs=0.051)


def test_a_smooth_line_is_nowhere_further_off_than_asked():
    rng = random.Random(1)
    curves = [
        [(n * 7.5, 100 * 0.9**n) for n in range(40)],
        [(n * 7.5, rng.uniform(0, 3)) for n in range(40)],
        [(n * 7.5, 50.0) for n in range(40)],
        [(0.0, 0.0), (9.0, 1.0), (0.0, 0.0)],
    ]
    kept = [svg.smooth(curve, 0.2) for curve in curves]
    for curve, smooth in zip(curves[:3], kept, strict=False):
        assert smooth[0] == curve[0]
        assert smooth[-1] == curve[-1]
        xs, ys = zip(*smooth, strict=True)
        assert max(abs(y - float(np.interp(x, xs, ys))) for x, y in curve) < 0.4  # upright distance
    assert len(kept[0]) <= 20
    assert kept[2] == [curves[2][0], curves[2][-1]]
    assert kept[3] == curves[3]
    assert svg.smooth([(1.0, 2.0)], 0.2) == [(1.0, 2.0)]


def test_a_picture_is_named_and_described():
    root = ET.fromstring(svg.picture(340, 100.5, "Name", "What one sees.", ["<g/>"]))
    assert root.get("role") == "img"
    # W3C's SVG Accessibility API Mappings take the name and the description from these.
    assert [(child.tag.partition("}")[2], child.text) for child in root[:2]] == [
        ("title", "Name"),
        ("desc", "What one sees."),
    ]
    assert root.get("viewBox") == "0 0 340 100.5"
