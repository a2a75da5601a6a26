"""A comparison as a page."""

import re
from html.parser import HTMLParser

import pytest

from hw4.bench import page
from hw4.bench.finding import SEVERITY

VOID = {"meta", "circle", "line", "rect", "br"}
OPTIONAL = {"th", "td", "tr", "thead", "tbody", "p", "dt", "dd"}  # HTML closes them by itself


class Well(HTMLParser):
    """Finds an element that is closed by another one."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID | OPTIONAL:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID | OPTIONAL:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def text_of(html):
    parser = Well()
    parser.feed(html)
    assert parser.open == []
    return re.sub(r"\s+", " ", " ".join(parser.text))


@pytest.fixture
def every(found, missing):
    measured = [each for each in SEVERITY if each != "not measured"]
    findings = [found(f"b.py::test_{n}", each, 1.3) for n, each in enumerate(measured)]
    return [*findings, missing("b.py::test_gone", "main does not have it")]


def test_the_page_says_all_that_was_found(every, compared):
    said = text_of(page.render(compared(*every)))
    assert "1 regression, +30 %" in said
    assert "main 0123456789ab" in said
    assert "ba9876543210+" in said
    assert "A processor" in said
    assert said.count("1.30 (1.27 to 1.33)") == 6
    for column, name in ((4, "margin"), (5, "before")):  # on a phone and on paper without heads
        assert f'td:nth-child({column}):not(:empty)::before {{ content: "{name} "' in said
    assert "b.py::test_gone: main does not have it" in said
    for verdict in SEVERITY:
        assert f" {verdict} " in said


def test_the_worst_comes_first_and_what_did_not_change_is_folded(every, compared):
    html = page.render(compared(*every))
    groups = re.findall(r'<details class="group"( open)?>\s*<summary><bdi>(.*?)</bdi>', html)
    assert groups[0] == (" open", "b.py::test_0")
    assert [name for is_open, name in groups if not is_open] == ["b.py::test_4", "b.py::test_5"]


def test_parameters_lie_in_one_group_which_counts_its_verdicts(found, compared):
    findings = [found(f"b.py::test[{n}]", "slower" if n == 1 else "no change") for n in range(3)]
    html = page.render(compared(*findings))
    said = text_of(html)
    assert html.count("<details") == 1
    assert "b.py::test 1 slower 2 no change" in said


def test_names_are_text(found, compared):
    html = page.render(compared(found("b.py::t[<script>&]", warnings=("<b>",)), against="<main>"))
    assert "<script" not in html
    assert "[<script>&]" in text_of(html)
    assert "<main>" in text_of(html)


def test_no_network_and_no_script(every, compared):
    html = page.render(compared(*every))
    assert not re.search(r'(src|href)="(?!#)', html)
    assert "default-src 'none'" in html


def test_half_a_surrogate_pair_can_be_written(found, compared):
    page.render(compared(found("b.py::t[\ud800]"))).encode()


def numbers_of(svg):
    """Return the left and right end of the margin, of the interval, and the dot's place."""
    x, width = map(float, re.search(r'x="([\d.]+)" width="([\d.]+)"', svg).groups())
    ends = map(float, re.search(r'class="interval" x1="([\d.]+)" x2="([\d.]+)"', svg).groups())
    return x, x + width, *ends, float(re.search(r'cx="([\d.]+)"', svg)[1])


def test_a_picture_has_the_interval_beside_the_margin(found):
    left, right, low, high, dot = numbers_of(
        page.picture(found(ratio=1.3, margin=0.1).decision, 0.5)
    )
    assert left < 130 < right < low < dot < high
    assert left + right == pytest.approx(260, abs=0.2)  # as far on either side of 1
    left, right, low, high, _ = numbers_of(page.picture(found(ratio=1.0, margin=0.1).decision, 0.5))
    assert left < low < 130 < high < right


@pytest.mark.parametrize("ratio", [1e-6, 1e6])
def test_a_ratio_beyond_the_axis_lies_at_its_end(found, ratio):
    *_, low, high, dot = numbers_of(page.picture(found(ratio=ratio).decision, 0.5))
    assert {low, dot} == {6.0 if ratio < 1 else 254.0}
    assert 0 < high <= 260


def test_what_was_not_measured_has_no_picture(missing):
    assert page.picture(missing().decision, 0.5) == ""


def test_a_group_that_needs_more_memory_is_open_and_says_so(found, needing, compared):
    """Whatever its times are; what needs no more is folded away."""
    larger = found("b.py::test_larger", amounts=needing(memory=2.0))
    html = page.render(compared(larger, found("b.py::test_same")))
    assert html.count('<details class="group" open>') == 1
    said = text_of(html)
    assert "b.py::test_larger no change more memory" in said
    assert "memory 2.00 (1.98 to 2.02) 10 % 4 MB more" in said
