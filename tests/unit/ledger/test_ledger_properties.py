"""What is written into a ledger is read again as it was, and shown by all that shows ledgers."""

import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judging import judge

from hw4 import Claim
from hw4.files import FileError
from hw4.ledger import ledger
from hw4.ledger.records import Unmeasured
from hw4.report import page
from hw4.report.reading.difference import difference
from hw4.report.text import badge, changes, evidence, markdown
from hw4.seeds import BLOCK

CHARACTERS = (
    "ab Z09-/[]<&>'\"\\\n\t\0\x1b\x7f\u0085é×\u05d0\u0301\u200f\u202e\u2028漢\ufeff\U0001f600"
)
TEXTS = st.text(CHARACTERS, max_size=30)
WORDS = TEXTS.filter(str.strip)
REALS = st.floats(-1e9, 1e9) | st.sampled_from([math.inf, -math.inf, 1e300, -1e300])


@st.composite
def records(draw):
    """Draw the record of a claim that was judged on evidence of any size."""
    kind = draw(st.sampled_from(["win", "equivalent", "rate", "exact"]))
    margin = draw(st.floats(1e-3, 10)) if kind in ("win", "equivalent") else 0.0
    claim = Claim(draw(WORDS), draw(WORDS), kind, draw(TEXTS), margin, draw(TEXTS))
    values = np.array(draw(st.lists(REALS, min_size=BLOCK, max_size=BLOCK)))
    fails = draw(st.booleans())

    def ask(seeds):
        if kind == "exact":
            assert not fails, "a counter-example"
            return None
        found = np.resize(values, seeds.size)
        return found > 0 if kind == "rate" else found

    origin = ledger.Origin(draw(TEXTS), draw(TEXTS), draw(st.dictionaries(TEXTS, TEXTS)))
    expect = draw(st.sampled_from([None, "supported", "refuted"]))
    found = judge(claim, draw(st.integers(0, 9)), ask, confirm=draw(st.booleans()))
    notices = draw(st.lists(TEXTS, max_size=2))
    return ledger.record(claim, origin, expect, found, [], draw(st.floats(0, 1e6)), False, notices)


ERRORS = st.builds(
    Unmeasured,
    id=WORDS,
    instance=TEXTS,
    test=TEXTS,
    statement=st.none() | TEXTS,
    source=st.none() | TEXTS,
    error=TEXTS,
    message=TEXTS,
)
LEDGERS = st.builds(
    ledger.build,
    st.lists(records(), max_size=3),
    st.lists(ERRORS, max_size=2),
    TEXTS,
    st.integers(0, 2**63),
    st.booleans(),
    st.booleans(),
)
SLOW = settings(max_examples=15, suppress_health_check=list(HealthCheck))


def shown(before, after):
    found = difference(before, after)
    assert changes.text(found, 60)
    assert page.render(after, difference=found)
    assert markdown.render(after, found, markdown.LIMIT)
    assert json.loads(badge.render(after))["label"] == "claims"
    assert isinstance(evidence.shown(after.records, after.alpha), str)


@SLOW
@given(LEDGERS, LEDGERS)
def test_a_ledger_is_read_as_it_was_written_and_shown(tmp_path_factory, one, other):
    path = tmp_path_factory.getbasetemp() / "ledger.json"
    for book in (one, other):
        ledger.write(path, book)
        assert ledger.read(path) == book
        path.write_text(
            "\ufeff" + json.dumps(ledger.plain(book)), encoding="utf-8"
        )  # escaped, with a mark
        assert ledger.read(path) == book
    shown(one, other)


@given(LEDGERS)
@SLOW
def test_a_ledger_does_not_differ_from_itself(book):
    found = difference(book, book)
    assert not found.grave
    assert not any((found.changed, found.gone, found.new, found.moved, found.restated))


NAMES = TEXTS | st.sampled_from(["schema", "claims", "errors", "alpha", "created"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner),
    max_leaves=20,
)


@given(JSON | st.binary(max_size=200).map(lambda content: content.decode("latin-1")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_no_ledger_is_refused_in_a_sentence(tmp_path, value):
    path = tmp_path / "ledger.json"
    text = value if isinstance(value, str) else json.dumps(value)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(FileError) as error:
        ledger.read(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
