"""An article is text until it is opened; the details of folded instances are deflated there."""

import re
import zlib
from base64 import b64encode

import numpy as np
import pytest

from hw4.report.page import render

# What is drawn of an article, without what only `page.js` puts there.
DRAWN = """article => [...article.children].filter((each) => !each.matches(".part"))
  .map((each) => each.outerHTML).join("")"""
INFLATE = """([source, before]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const out = hw4Inflate(bytes(source), bytes(before));
  let text = "";
  for (const byte of out) text += String.fromCharCode(byte);
  return btoa(text);
}"""


def deflated(data, before=b"", **options):
    squeeze = zlib.compressobj(wbits=-15, **options, **({"zdict": before} if before else {}))
    return squeeze.compress(data) + squeeze.flush()


@pytest.fixture(scope="module")
def texts():
    """Bytes that deflate into blocks of each kind, of literals and of matches near and far."""
    rng = np.random.default_rng(3)
    random = rng.integers(0, 256, 70_000, np.uint8).tobytes()
    words = b" ".join(rng.choice([b"<path d=", b"M4", b"h-0.1", b"</svg>"], 30_000))
    return {
        "nothing": b"",
        "one": b"a",
        "one many times": b"a" * 100_000,
        "random": random,
        "words": words,
        "far back": random[:32_000] + words[:500] + random[:32_000],
        "every length": b"".join(b"%d" % n + random[:n] for n in range(300)),
    }


@pytest.mark.parametrize(
    "options",
    [{"level": 0}, {"level": 1}, {"level": 9}, {"strategy": zlib.Z_FIXED}],
    ids=["stored", "fast", "best", "fixed"],
)
def test_what_zlib_deflated_is_inflated(opened, mixed, texts, options):
    page = opened(mixed)
    for name, data in texts.items():
        for before in (b"", data[:700], texts["words"][-32_768:]):
            arguments = [deflated(data, before, **options), before]
            found = page.evaluate(INFLATE, [b64encode(each).decode() for each in arguments])
            assert found == b64encode(data).decode(), (name, len(before))


def test_folded_details_are_drawn_as_they_were(opened, mixed, monkeypatch):
    """Drawn from deflated data, an instance is what it is where nothing is deflated."""
    unlike = [b" data-like=", b" data-unlike="]
    monkeypatch.setattr("hw4.report.page.packed", lambda page: page.replace(*unlike))
    whole = opened(mixed, "#claim:batch-norm/worse-here:phantom")
    monkeypatch.undo()
    folded = opened(mixed, "#claim:batch-norm/worse-here:phantom")
    assert folded.locator("article.open .details[data-like]").count() == 1
    drawn = [page.locator("article.open").evaluate(DRAWN) for page in (whole, folded)]
    assert drawn[0] == drawn[1]
    assert "<svg" in drawn[1]


def test_without_javascript_folded_instances_have_all_but_their_details(opened, mixed):
    page = opened(mixed, java_script_enabled=False)
    first, folded = (
        page.locator(f"[id='claim:batch-norm/worse-here:{name}']") for name in ("digits", "phantom")
    )
    assert first.locator("svg").count() >= 2
    assert "need JavaScript" not in first.inner_text()
    assert "refuted: shown by 0 of 6 seeds" in folded.inner_text()
    assert "need JavaScript" in folded.inner_text()
    assert re.search("[A-Za-z0-9+/]{80}", folded.inner_text()) is None  # no data to be read


def test_paper_has_the_details_of_every_instance(opened, mixed):
    page = opened(mixed)
    assert page.locator("article svg").count() == 0
    page.pdf()
    seen = page.locator("article:has(.facts)").count()
    assert seen == page.locator("article:has(.pair svg)").count() == 5


def test_of_very_many_claims_all_details_but_the_first_are_folded(
    opened, make, monkeypatch, expect
):
    monkeypatch.setattr("hw4.report.page.book._PLAIN", 2)
    claims = [
        make.decided(f"a/claim-{n}", dataset=dataset)
        for n in range(3)
        for dataset in ("digits", "phantom")
    ]
    book = make.bound(claims)
    assert render(book).count('<noscript hidden class="part details"') == 5
    page = opened(book, "#claim:a/claim-2:phantom")
    expect(page.locator("article.open .pair svg")).to_have_count(3)
    expect(page.locator("article.open .name")).to_contain_text("a/claim-2")


def test_odd_text_is_packed_as_a_browser_hands_it_on(opened, make, expect):
    """CR, NUL and a lone surrogate in the details that others are packed with."""
    book = make.bound(
        make.decided("a/claim", dataset=dataset, instance=dataset, unit="a\r\nb\rc\0d\ud800 é 中")
        for dataset in ("digits", "phantom")
    )
    page = opened(book, "#claim:a/claim:phantom")
    expect(page.locator("article.open .details[data-like]")).to_have_count(1)
    expect(page.locator("article.open .facts").first).to_contain_text("é 中")
