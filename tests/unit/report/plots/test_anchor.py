"""A claim's link finds its article, and no other's."""

import itertools
import re
import urllib.parse
from types import SimpleNamespace

from hw4.report.plots import anchor

NASTY = [
    *["", "a", "A", "a b", "a+b", "a~b", "a~20~b", "~", "~~", "~5b~", "[", "[]", "a/b", "a:b", ":"],
    *["#a", "é", "e\u0301", "\u202e", "\ud800", "\x00", "<script>", '"', "'", "%20", "%"],
    *["a" * 79, "a" * 10_000, "a" * 9_999 + "b", "[" * 40, "a" * 74 + "~~" + "0" * 20],
]


def anchors():
    return [anchor(named(*names)) for names in itertools.product(NASTY, NASTY)]


def named(name, instance):
    return SimpleNamespace(id=name, instance=instance)


def test_no_two_claims_share_an_anchor():
    assert len(set(anchors())) == len(NASTY) ** 2


def test_an_anchor_stands_for_itself_in_a_link_and_in_an_id():
    for each in anchors():
        assert re.fullmatch(r"[A-Za-z0-9._~:/+-]{1,121}", each)
        assert urllib.parse.urldefrag(f"page.html#{each}").fragment == each
        assert ":~:" not in each  # where a browser begins to search for text


def test_an_ordinary_anchor_can_be_read():
    record = named("batch-norm/worse-here", "phantom-largest rate")
    assert anchor(record) == "claim:batch-norm/worse-here:phantom-largest+rate"
    assert anchor(named("batch-norm/worse-here", "")) == "claim:batch-norm/worse-here"
