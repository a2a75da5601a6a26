"""The colours can be read, on both grounds, by everyone; files carry their style."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from hw4.report import plots
from hw4.report.plots.style import DARK, LIGHT, STYLE, SYMBOLS, standalone

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])

# Machado, Oliveira & Fernandes (2009), doi:10.1109/TVCG.2009.113: what is seen without one of the
# three kinds of cone, as matrices on linear RGB.
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(colour):
    """Return a colour's linear RGB (WCAG 2.2, relative luminance)."""
    values = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """Return the contrast of two colours (WCAG 2.2, contrast ratio)."""
    low, high = sorted(linear(each) @ [0.2126, 0.7152, 0.0722] for each in (one, other))
    return (high + 0.05) / (low + 0.05)


def lightness_and_hue(rgb):
    """Return CIE L*a*b* of linear RGB under D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    share = xyz @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # W3C's own example


@THEMES
def test_everything_that_is_read_has_contrast_enough(theme):
    inks = set(theme) - {"plot-ground", "plot-rule"}
    for name in inks:  # any of them is used for text somewhere
        assert contrast(theme[name], theme["plot-ground"]) >= 4.5, name


@THEMES
@pytest.mark.parametrize("sight", SIGHT)
def test_supported_and_refuted_stay_apart_for_every_eye(theme, sight):
    seen = [lightness_and_hue(SIGHT[sight] @ linear(theme[v])) for v in ("supported", "refuted")]
    assert np.linalg.norm(seen[0] - seen[1]) > 20  # ΔE*ab; 2.3 is just noticeable


@THEMES
@pytest.mark.parametrize("sight", SIGHT)
def test_all_series_stay_apart_for_every_eye(theme, sight):
    colours = [SIGHT[sight] @ linear(theme[f"series-{n}"]) for n in range(1, 7)]
    for one, other in itertools.combinations(map(lightness_and_hue, colours), 2):
        assert np.linalg.norm(one - other) > 12


def test_both_themes_define_the_same_colours():
    assert LIGHT.keys() == DARK.keys()
    assert {f"--{name}" for name in LIGHT} == set(re.findall(r"--[a-z0-9-]+(?=:)", STYLE))
    assert set(re.findall(r"var\((--[a-z0-9-]+)\)", STYLE)) <= {f"--{name}" for name in LIGHT}


def test_every_verdict_has_a_symbol_of_its_own():
    assert len(set(SYMBOLS.values())) == len(SYMBOLS) == 6


def test_every_class_of_a_picture_has_a_style(decided, timed, arm, read):
    arms = [arm("a, SGD(1)", gradient_norm=[[[1.0, 0.1], [2.0, 0.2]]] * 3), arm("a, SGD(2)")]
    record = decided([0.5, 0.4, 0.6], arms=arms)
    rate, time = decided([True, False], "rate"), timed([[1.5] * 8] * 6)
    text = plots.seeds(record, 1e-4) + plots.walk(record, 1e-4) + plots.curves(record)
    text += plots.layers(record) + plots.forest([record, rate, time]) + plots.seeds(rate, 1e-4)
    used = {name for names in re.findall(r'class="([^"]+)"', text) for name in names.split()}
    used.remove("same")  # no look of its own: see svg.same
    assert {name for name in used if f".{name}" not in STYLE} == set()


def test_a_file_carries_its_style(decided):
    root = ET.fromstring(standalone(plots.seeds(decided([0.5, 0.4]), 1e-4)))
    style = root.find("{http://www.w3.org/2000/svg}style").text
    assert style.startswith(STYLE)


def test_pictures_make_one_file_below_one_another(decided, arm):
    pictures = plots.curves(decided([0.5, 0.4], arms=[arm("a, b"), arm("a, c")]))
    root = ET.fromstring(standalone(pictures))
    heights = [float(each.get("height")) for each in ET.fromstring(f"<g>{pictures}</g>")]
    parts = root.findall("{http://www.w3.org/2000/svg}svg")
    tops = [float(each.get("y")) for each in parts]
    assert tops == [16, heights[0] + 32, heights[0] + heights[1] + 48]
    assert float(root.get("height")) == tops[-1] + heights[-1] + 16
    assert root.get("viewBox") == f"0 0 372 {float(root.get('height')):g}"  # 340 and its borders


def test_no_picture_makes_an_empty_file():
    assert len(ET.fromstring(standalone(""))) == 1  # the style
