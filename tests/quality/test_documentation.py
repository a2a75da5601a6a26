"""Does the documentation's site say what is so, whatever a ledger says?

Numbers of its pages are held to the design's own table and to simulation. A site of nothing but
claims' pages is built from hostile ledgers; that needs Sphinx, of the extra `docs`.
"""

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


# Claims' pages


def record(name, words, instance=""):
    """Return a record that has the same words wherever a user may put some."""
    claim = Claim(words, id=name, source=words, unit=words, expect=None)
    rng = np.random.default_rng(0)
    found = judge(claim, 0, lambda seeds: rng.normal(5, 1, seeds.size))
    arm = {"arm": words, "quartiles": [25, 50, 75], "probes": {}}
    curves = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    arm |= {curve: [[0.1, 0.2]] * 3 for curve in curves}
    origin = Origin(f"{words}::test_it[{instance}]", instance, {"dataset": words}, words)
    return ledger.record(claim, origin, None, found, [arm], 0.1, cached=False)


def build(folder, book):
    """Build a site of nothing but the claims' pages; return its exit code and what was said."""
    source, target = folder / "source", folder / "site"
    source.mkdir(exist_ok=True)
    conf = f"import sys; sys.path.insert(0, {str(EXTENSIONS)!r})\n"
    conf += "extensions = ['myst_parser', 'claims', 'mathml']\nhtml_math_renderer = 'mathml'\n"
    conf += "myst_enable_extensions = ['dollarmath', 'substitution', 'colon_fence']\n"
    conf += f"hw4_ledger = {str(folder / 'ledger.json')!r}\n"
    (source / "conf.py").write_text(conf, encoding="utf-8")
    (source / "index.md").write_text(
        "# Site\n\n```{toctree}\nclaims/index\n```\n", encoding="utf-8"
    )
    if book is not None:
        (folder / "ledger.json").write_text(json.dumps(book), encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-b", "html", source, target]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def built(folder, records):
    """Build a site from records; return its pages: name → HTML."""
    code, said = build(folder, ledger.build(records, [], "quick", 0))
    assert code == 0, said
    site = folder / "site"
    pages = (site / "claims").rglob("*.html")
    return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in pages}


TEXTS = dict(zip((f"text/{number}" for number in range(len(HOSTILE))), HOSTILE, strict=True))
IDS = [
    "../../out",
    "a/../b",
    "A/B",
    "a/b",
    SCRIPT,
    LONG,
    "a/b?c#d",
    "/",
    "{{ x }}/`y`",
    "no area",
]
INSTANCES = ("digits", "phantom")


def rare():
    """Return the record of what happened on no seed, which shows that it hardly ever does."""
    explanation = "Is *much worse* than ``x``.\n\n- 2 * 3\n- `b`"
    claim = Claim("It hardly ever happens.", "area/rare", "rate", share=0.95, holds_when=False)
    found = judge(claim, 0, lambda seeds: seeds < 0)
    origin = Origin("t.py::test_it", "", {}, explanation)
    return ledger.record(claim, origin, None, found, [], 0.1, cached=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("documentation")


@pytest.fixture(scope="module")
def pages(folder):
    """The pages, name → HTML, of one site with all the claims that are looked at below."""
    pytest.importorskip("myst_parser", reason="the extra docs is not installed")
    records = [record(name, words, words) for name, words in TEXTS.items()]
    records += [record(name, "It is so.") for name in IDS]
    records += [record("area/one", "One.", instance) for instance in INSTANCES]
    return built(folder, [*records, rare()])


def text_of(page):
    """Return what a page shows, without markup."""
    import html

    return html.unescape(re.sub(r"<[^>]*>", "", page))


def test_hostile_text_is_text(pages):
    for name, words in TEXTS.items():
        page = pages[f"claims/{name}.html"]
        assert not re.findall(r"<script>alert|<em>d</em>|<a [^>]*href=\"f\"", page)
        shown = "".join(re.sub(r"[`*]", "", text_of(page)).split())
        assert "".join(re.sub(r"[`*]", "", words).split()) in shown


def test_hostile_ids_make_pages_of_their_own_within_the_folder(pages, folder):
    claims = {*TEXTS, *IDS, "area/one", "area/rare"}
    assert len([name for name in pages if name.count("/") == 2]) == len(claims)
    outside = {path.name for path in folder.iterdir()} - {"source", "site", "ledger.json"}
    assert not outside
    titles = [text_of(re.search(r"<h1>(.*?)<", page, re.DOTALL)[1]) for page in pages.values()]
    assert claims - {SCRIPT} <= set(titles)


def test_instances_of_one_claim_share_a_page(pages):
    (page,) = (page for name, page in pages.items() if name.endswith("one.html"))
    assert all(f"<bdi>{instance}: supported" in page for instance in INSTANCES)
    assert page.count("<svg") >= 2 * len(INSTANCES)
    assert set(re.findall(r'href="#([^"]+)', page)) <= set(re.findall(r' id="([^"]+)', page))


def test_a_claims_page_reads_effects_and_docstrings_as_the_report_does(pages):
    page = pages["claims/area/rare.html"]
    low = f"{100 * 0.025 ** (1 / rare()['seeds']):.0f} %"
    assert f"100 % ({low} to 100 %) of seeds, margin 95 %" in text_of(page)
    assert "<em>much worse</em>" in page
    assert re.search(r"<code[^>]*>(<[^>]*>)*x<", page)
    assert len(re.findall('<div class="line">', page)) == 2
    assert "2 * 3" in page


def test_a_page_of_a_claim_that_is_gone_goes(pages, folder):
    """In the end, for it builds the site anew."""
    built(folder, [record("area/two", "Two.")])
    sources = {path.name for path in (folder / "source" / "claims").rglob("*.md")}
    assert sources == {"index.md", "area.md", "two.md"}


@pytest.mark.parametrize(
    ("text", "sentence"), [(None, "cannot be read"), ("{}", "is not a ledger")]
)
def test_without_a_ledger_the_build_says_how_to_get_one(tmp_path, text, sentence):
    pytest.importorskip("myst_parser", reason="the extra docs is not installed")
    if text:
        (tmp_path / "ledger.json").write_text(text, encoding="utf-8")
    code, said = build(tmp_path, None)
    assert code != 0
    assert sentence in said
    assert "hw4 run --ledger ledger.json" in said


def test_every_link_of_the_pages_names_a_file():
    """Only relative ones; the site's own are checked when it is built."""
    pages = itertools.chain((ROOT / "docs").glob("*.md"), [ROOT / "README.md"])
    for page in pages:
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8")):
            made = target.startswith("claims/")  # from a ledger
            assert made or (page.parent / target).exists(), f"{page.name}: {target}"
