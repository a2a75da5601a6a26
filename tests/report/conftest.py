"""The page in a real Chromium: one browser a worker, one file a ledger.

Without playwright or a browser the folder is skipped, unless HW4_CHROMIUM names the browser: then
whatever is missing is an error.
"""

import contextlib
import importlib
import os
import shutil
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from entries import entry
from judging import judge

from hw4 import Claim
from hw4.ledger import ledger
from hw4.report.page import render

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP = {"width": 1280, "height": 900}
NORM = "HW4 part 1, task 4b"


def needed(module):
    """Return a module; where it is missing, skip, or fail if the browser was asked for."""
    if os.environ.get("HW4_CHROMIUM"):
        return importlib.import_module(module)
    return pytest.importorskip(module, reason="the page's tests need hw4[browser] and a Chromium")


@pytest.fixture(scope="session")
def browser():
    playwright = needed("playwright.sync_api")
    asked = os.environ.get("HW4_CHROMIUM")
    path = next(filter(None, map(shutil.which, [asked] if asked else NAMES)), None)
    if path is None and asked:
        pytest.fail(f"HW4_CHROMIUM={asked}: no such program")
    if path is None:
        pytest.skip("the page's tests need hw4[browser] and a Chromium")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def expect(browser):
    """Playwright's assertions, which wait for what a page does in its own time."""
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)  # milliseconds
    return expect


@dataclass
class Seen:
    """What a page did that it should not have: messages on its console, dialogs, requests."""

    messages: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def watch(self, page):
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("dialog", lambda dialog: (self.messages.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))


@pytest.fixture
def opened(browser, tmp_path):
    """Return a function that opens the page of a ledger, or one that is rendered already.

    What no page may do is checked at the end.
    """
    seen, contexts = Seen(), []

    def open_page(book, fragment="", *, difference=None, size=DESKTOP, before="", **options):
        file = tmp_path / "report.html"
        html = book if isinstance(book, str) else render(book, difference=difference)
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(viewport=size, **options)
        context.set_default_timeout(30_000)  # milliseconds: a test that passes waits for none
        context.set_default_navigation_timeout(60_000)  # 40 MB, on a busy machine
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(before)  # runs before any script of the page
        seen.watch(page)
        page.goto(file.as_uri() + fragment)
        return page

    yield open_page
    for context in contexts:
        with contextlib.suppress(Exception):
            context.close()
    assert seen.messages == []
    strangers = [u for u in seen.requests if not u.startswith((tmp_path.as_uri(), "data:"))]
    assert strangers == []


def curves(rng, epochs=8):
    """Return an arm's learning curves as a ledger has them, quartiles (3, epochs)."""
    level = np.sort(rng.random((3, epochs)).round(4), axis=0)
    names = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    return {name: level.tolist() for name in names}


def arm(text, rng):
    return {"arm": text, "quartiles": [25, 50, 75], **curves(rng), "probes": {}}


def rising(seeds):
    return 1.0 + seeds


def falling(seeds):
    return -1.0 - seeds


def unsettled(seeds):
    return np.arange(seeds.size) % 4 > 0


def refuting(seeds):
    raise AssertionError("1 > 2\nas anyone can see")


def proving(seeds):
    return None


def decided(name, give=rising, kind="win", dataset="", place="HW4 part 1, task 2", **more):
    """Return the record of a claim whose function is `give`."""
    expect = more.pop("expect", "supported")
    options = {"margin": 0.5, "unit": "points"} if kind in ("win", "equivalent") else {}
    statement = more.pop("statement", f"The claim {name} is true.")
    source = more.pop("source", f"{place}: 'it is said that {name}'")
    claim = Claim(statement, name, kind, source=source, **options)
    parameters = {"dataset": dataset} if dataset else {}
    origin = ledger.Origin(
        f"hw4/homework/claims/t.py::t[{dataset}]", dataset, parameters, "Because."
    )
    rng = np.random.default_rng(0)
    arms = [arm("MLP(8), SGD(0.1), digits", rng), arm("MLP(8), SGD(0.2), digits", rng)]
    series = [] if kind == "exact" else arms
    made = ledger.record(claim, origin, expect, judge(claim, 0, give), series, 1.0, False)
    return entry(made, more)


def failed(name, message="RuntimeError: boom", **more):
    return entry({"id": name, "error": "crash", "message": message}, more)


def bound(claims, errors=()):
    return ledger.build(claims, errors, "quick", 0)


@pytest.fixture(scope="session")
def make():
    """The makers of records and ledgers; test modules here cannot import one another."""
    return SimpleNamespace(decided=decided, failed=failed, bound=bound, falling=falling)


@pytest.fixture(scope="session")
def mixed():
    """One claim of each sort: two data sets, two parts, every verdict but that about time."""
    return bound(
        [
            decided("batch-norm/worse-here", falling, dataset="phantom", expect="refuted"),
            decided(
                "batch-norm/worse-here", falling, dataset="digits", place="HW4 part 1, task 4b"
            ),
            decided("activations/relu-wins", rising, dataset="digits"),
            decided("activations/coin", unsettled, "rate", expect=None),
            decided("cnn/proof", proving, "exact", place="HW4 part 2, task 1"),
            decided("cnn/counter-example", refuting, "exact", place="HW4 part 2, task 1"),
            decided("epochs/small", lambda seeds: 10.0 + seeds / 2**31, dataset="phantom"),
        ],
        [failed("epochs/crash", statement="This one crashed.")],
    )


def many(instances=2000, seeds=64, epochs=20):
    """Return a ledger of many instances that each took all the seeds there are: inconclusive."""
    template = decided("area/name", unsettled, "rate", expect=None)
    rng = np.random.default_rng(0)
    claims = []
    for n in range(instances):
        evidence = rng.normal(0.5, 1, seeds).round(6)
        middle = float(np.median(evidence))
        arms = [arm(f"MLP({n}), SGD({rate}), digits", rng) for rate in (0.1, 0.2)]
        claims.append(
            entry(
                template,
                {
                    "id": f"area-{n % 40}/claim-{n % 500}",
                    "instance": ("phantom", "digits")[n % 2] + f"-{n}",
                    "parameters": {"dataset": ("phantom", "digits")[n % 2]},
                    "test": f"hw4/homework/claims/test_{n % 40}.py::test_claim_{n % 500}[{n}]",
                    "statement": f"Claim number {n} says that one thing is better than another.",
                    "source": f"HW4 part {n % 2 + 1}, task {n % 4 + 1}: 'thing {n} is better'",
                    "kind": "win",
                    "unit": "test accuracy",
                    "margin": 0.05,
                    "verdict": ("supported", "refuted", "inconclusive")[n % 3],
                    "seeds": seeds,
                    "events": int((evidence > 0.05).sum()),
                    "evidence": evidence.tolist(),
                    "effect": {
                        "median": middle,
                        "low": middle - 0.2,
                        "high": middle + 0.2,
                        "confidence": 0.95,
                    },
                    "series": {"arms": [a | curves(rng, epochs) for a in arms]},
                },
            )
        )
    return bound(claims)


@pytest.fixture(scope="session")
def deeper():
    """One claim at three depths: a family that has a picture of its own."""
    parameters = [{"dataset": "digits", "depth": str(depth)} for depth in (2, 4, 16)]
    return bound(
        decided("a/depth", dataset="digits", instance=f"digits-{p['depth']}", parameters=p)
        for p in parameters
    )


@pytest.fixture(scope="session")
def large():
    return many()
