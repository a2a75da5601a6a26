"""A page writes equal drawings once, and each of its pictures keeps its own name."""

import re
import xml.etree.ElementTree as ET

from entries import entry

from hw4.report import plots

ALPHA = 1e-4


def walks(decided, *instances):
    one = decided([0.5, 0.4])
    return [plots.walk(entry(one, {"instance": name}), ALPHA) for name in instances]


def once(page):
    """Return a page with what its pictures refer to at its end."""
    return "".join(plots.once(page))


def drawing(picture):
    return picture.partition("</desc>")[2].removesuffix("</svg>")


def test_what_is_drawn_again_refers_to_the_first(decided):
    first, second, third = walks(decided, "a", "b", "c")
    page = once(f"<p>{first}</p><p>{second}{third}</p>")
    assert page.count(drawing(first)) == 1
    (name,) = re.findall(r'<g id="(\w+)" class="plot">', page)
    assert page.count(f'<use href="#{name}"/>') == 3
    titles = [each.text for each in ET.fromstring(f"<div>{page}</div>").iter("title")]
    assert titles == [f"The walk of the evidence of area/name [{each}]" for each in "abc"]


def test_what_keys_share_is_written_once_too(decided, arm):
    numbers = (1.0, 2.0, 3.0)
    records = [decided([0.5], arms=[arm(f"SGD({number})", [number])]) for number in numbers]
    keys = "".join(map(plots.curves, records))
    page = once(keys)
    assert keys.count(">test (median over seeds)") == 3
    assert page.count(">test (median over seeds)") == 1
    assert all(f">SGD({number})</text>" in page for number in numbers)


def test_other_drawings_stay_as_they_are(decided):
    lone = plots.walk(decided([0.5, -0.4]), ALPHA)
    assert drawing(once(lone)) == drawing(lone)
    assert "<use" not in once(lone + plots.seeds(decided([0.5, 0.4]), ALPHA))


def test_a_picture_with_links_is_drawn_again(decided):
    again = plots.forest([decided([0.5, 0.4])]) * 2  # nobody can click on a reference
    assert once(again).count("<a ") == 2


def test_what_is_no_picture_is_left_alone():
    text = '<svg class="other"><path d="M0 0"/></svg><p>svg</p>'
    assert once(text * 2) == text * 2


def test_a_lone_surrogate_is_no_hindrance():
    picture = plots.svg.picture(9, 9, "a", "b", ["<text>\ud800" + 99 * "x" + "</text>"])
    assert "<use" in once(picture * 2)
