"""Does the documentation's site say what is so, whatever a ledger says?

Numbers of its pages are held to the design's own table and to simulation. A site of one page
is built from a hostile ledger; that needs Sphinx, of the extra `docs`.
"""

import html
import importlib.util
import itertools
import json
import re
import subprocess
import sys
from functools import partial
from itertools import starmap
from pathlib import Path

import numpy as np
import pytest
from judging import judge
from scipy import stats

from hw4.claims.claim import Claim
from hw4.ledger import ledger
from hw4.ledger.ledger import Origin
from hw4.statistics import SequentialTest, share_interval, share_when_stopped

ROOT = Path(__file__).parents[2]
EXTENSIONS = ROOT / "docs" / "_ext"
SCRIPT = '<script>alert("it runs")</script>'
RIGHT_TO_LEFT = "‮evil"
LONG = "w" * 10_000
HOSTILE = (
    SCRIPT,
    RIGHT_TO_LEFT,
    LONG,
    "a `b` *c* _d_ [e](f) {g}`h` {{ i }} $j$ | k |",
    "```\n# ](x)",
)


@pytest.fixture(scope="module")
def computed():
    spec = importlib.util.spec_from_file_location("computed", EXTENSIONS / "computed.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Numbers


def test_the_coarse_table_is_the_one_of_the_design(computed):
    """In the order of the shares 0.5, 0.841, 0.9; "1 − x" is checked by its x."""
    table = str(computed.substitutions()["coarse_characteristics"])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    assert [row[:1] + row[3:] for row in rows] == [
        ["0.5", "9.6e-04", "15.0"],
        ["0.841", "0.062", "28.1"],
        ["0.9", "1.9e-03", "19.4"],
    ]
    assert [row[1] for row in rows] == ["7.9e-04", "0.926", "1 − 2.5e-03"]
    assert [row[2] for row in rows] == ["1 − 1.8e-03", "0.012", "5.1e-04"]


def test_the_numbers_of_confirming_are_those_of_simulated_claims(computed):
    """To within luck; what a claim costs that all seeds show is no matter of luck."""
    told = computed.substitutions()
    rows = [[c.strip() for c in line.split("|")[1:-1]] for line in told["confirming"].splitlines()]
    found = {row[0]: row[1:] for row in rows[2:]}
    assert found["1"] == ["1", "0", "0", "8.0", "16.0"]
    test, claims = SequentialTest().confirming(), 20_000
    for share, said in (("0.5", "confirm_missed"), ("0.8", "confirm_eroded")):
        events = np.random.default_rng(5).random((claims, test.budget)) < float(share)
        decisions = [test.decide(row) for row in events]
        confirmed = np.mean([decision.verdict == "confirmed" for decision in decisions])
        error = 4 * np.sqrt(confirmed * (1 - confirmed) / claims)
        assert float(found[share][0]) == pytest.approx(confirmed, abs=error)
        assert float(told[said].removesuffix(" %")) / 100 == pytest.approx(confirmed, abs=2 * error)
        seeds = np.mean([decision.seeds for decision in decisions])
        assert float(found[share][3]) == pytest.approx(seeds, rel=0.02)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.9])
def test_coverage_when_stopped_is_that_of_simulated_claims(computed, share):
    claims = 4000
    test = SequentialTest()
    events = np.random.default_rng(3).random((claims, test.budget)) < share
    stopped, _ = test.stops(events)
    ended = [(int(e[:n].sum()), int(n)) for e, n in zip(events, stopped, strict=True)]
    kinds = {computed.FIXED: share_interval, computed.STOPPED: partial(share_when_stopped, test)}
    for kind, interval in kinds.items():
        held = sum(low <= share <= high for low, high in starmap(interval, ended))
        exact = computed.coverage_when_stopped(share, kind)
        assert stats.binomtest(held, claims, exact).pvalue > 1e-3, kind


def test_the_t_tests_error_on_rare_divergence_is_that_of_seeing_none(computed):
    """With no bad seed among eight it finds a gain, with one or more it does not."""
    assert computed.error_of_t_tests(computed.diverging) == pytest.approx(0.9**8, abs=0.005)


def test_seven_images_apart_is_as_probable_as_in_simulation(computed):
    hits = np.random.default_rng(0).binomial(175, 223 / 350, (100_000, 2))
    found = np.mean(np.abs(hits[:, 0] - hits[:, 1]) >= 7)
    assert computed.by_seven_images() == pytest.approx(found, abs=0.01)


# What became of the claims

SITE = """# Site

```{{ledger}}
```

```{{arms}} area/one
```

{{report}}`all of them`, {{report}}`one <area/one>`, {{report}}`another <{name}>`
"""
NAMES = ("area/one", 'A & "b"/é~1')


def record(name, words, instance=""):
    """Return a record that has the same words wherever a user may put some."""
    claim = Claim(words, id=name, source=words, unit=words, expect=None)
    found = judge(claim, 0, lambda seeds: 1.0 + seeds % 97)
    arm = {"arm": words, "quartiles": [25, 50, 75], "probes": {}}
    curves = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    arm |= {curve: [[0.9, 0.1], [0.9, 0.2], [0.9, 0.3]] for curve in curves}
    origin = Origin(f"{words}::test_it[{instance}]", instance, {"dataset": words}, words)
    return ledger.record(claim, origin, None, found, [arm], 0.1, cached=False)


def build(folder, book, text):
    """Build a site of one page of text; return its exit code and what was said."""
    source, target = folder / "source", folder / "site"
    source.mkdir(exist_ok=True)
    conf = f"import sys; sys.path.insert(0, {str(EXTENSIONS)!r})\n"
    conf += "smartquotes = False; extensions = ['myst_parser', 'claims']\n"
    conf += f"hw4_ledger = {str(folder / 'ledger.json')!r}\n"
    (source / "conf.py").write_text(conf, encoding="utf-8")
    (source / "index.md").write_text(text, encoding="utf-8")
    if book is not None:
        (folder / "ledger.json").write_text(json.dumps(ledger.plain(book)), encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-b", "html", source, target]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site's one page, and the report beside it, as HTML; all texts of its ledger are hostile."""
    pytest.importorskip("myst_parser", reason="the extra docs is not installed")
    folder = tmp_path_factory.mktemp("documentation")
    hostile = [record(f"text/{number}", words) for number, words in enumerate(HOSTILE)]
    ours = [record(name, SCRIPT, instance) for name in NAMES for instance in ("2", "10")]
    book = ledger.build([*hostile, *ours], [], "quick", 0)
    code, said = build(folder, book, SITE.format(name=NAMES[1]))
    assert (code, said) == (0, "")
    files = (folder / "site" / name for name in ("index.html", "report.html"))
    return [file.read_text(encoding="utf-8") for file in files]


def test_links_lead_to_the_report_and_to_articles_in_it(site):
    page, report = site
    links = [html.unescape(link) for link in re.findall(r'href="(report\.html[^"]*)"', page)]
    assert len(links) == 3
    assert links[0] == "report.html"
    anchors = [re.escape(link.removeprefix("report.html#")) for link in links[1:]]
    assert len(set(anchors)) == 2
    assert all(re.search(f'<article [^>]*id="{anchor}"', report) for anchor in anchors)
    assert anchors[0].endswith(":2")  # its first instance


def test_the_page_says_what_the_ledger_is_of_and_what_arms_reached_as_text(site):
    page, _ = site
    shown = html.unescape(re.sub(r"<[^>]*>", "", page))
    assert "profile quick, root seed 0, with " in shown
    reached = "test accuracy 0.2 (0.1 to 0.3), training loss 0.2 (0.1 to 0.3)"
    assert shown.count(f"{SCRIPT}: {reached}") == 2
    assert SCRIPT not in page


def test_a_link_to_a_claim_that_there_is_not_ends_the_build(tmp_path):
    pytest.importorskip("myst_parser", reason="the extra docs is not installed")
    book = ledger.build([record("area/one", "It is so.")], [], "quick", 0)
    code, said = build(tmp_path, book, "# Site\n\n{report}`two <area/two>`\n")
    assert code != 0
    assert "the ledger has no claim 'area/two'" in said


@pytest.mark.parametrize(
    ("text", "sentence"), [(None, "cannot be read"), ("{}", "is not a ledger")]
)
def test_without_a_ledger_the_build_says_how_to_get_one(tmp_path, text, sentence):
    pytest.importorskip("myst_parser", reason="the extra docs is not installed")
    if text:
        (tmp_path / "ledger.json").write_text(text, encoding="utf-8")
    code, said = build(tmp_path, None, "# Site\n")
    assert code != 0
    assert sentence in said
    assert "hw4 run --ledger ledger.json" in said


def test_every_link_of_the_pages_names_a_file():
    """Only relative ones; the site's own are checked when it is built."""
    pages = itertools.chain((ROOT / "docs").glob("*.md"), [ROOT / "README.md"])
    for page in pages:
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
