"""Records as a run writes them, and pictures read back as XML."""

import itertools
import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import entries
import numpy as np
import pytest
from judging import judge

from hw4 import Claim
from hw4.claims.walk import Judgement
from hw4.ledger import ledger
from hw4.seeds import seeds_from
from hw4.statistics.ratios import RatioTest

ARMS = SimpleNamespace(used=True, arms=2, varied=True, incomparable=np.True_)
"""As a judge asks for them: that both diverge is evidence."""
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>alert('1')</script> & \"q\" \u202eRTL \u05d0\u05d1 \x00\x1b[31m \ud800" + 10_000 * "x"
)


@pytest.fixture(scope="session")
def hostile():
    """Text that ends elements and attributes, turns round, and has what XML cannot write."""
    return HOSTILE


@pytest.fixture(scope="session")
def decided():
    """Return the record of a claim of a kind that was given this evidence, seed by seed."""

    def decide(
        values, kind="win", instance="digits", arms=(), parameters=None, confirm=False, **options
    ):
        claim = Claim("A statement.", options.pop("id", "area/name"), kind, **options)
        dtype = bool if kind == "rate" else float
        seeds = seeds_from(0, claim.test.budget)
        given = dict(zip(seeds.tolist(), itertools.cycle(values)))
        judgement = judge(
            claim,
            0,
            lambda seeds: np.array([given[s] for s in seeds], dtype),
            arms=ARMS,
            confirm=confirm,
        )
        origin = ledger.Origin("test_it.py::test_it", instance, parameters or {})
        return ledger.record(claim, origin, "supported", judgement, list(arms), 1.0, False)

    return decide


@pytest.fixture(scope="session")
def timed():
    """Return the record of a claim about time with these ratios, (processes, rounds)."""

    def decide(ratios, instance="16k", parameters=None, margin=0.1):
        claim = Claim("It takes longer.", "area/time", "timing", margin=margin, unit="times")
        logs = np.log(np.asarray(ratios, float))
        decision = RatioTest(margin).decide(logs, np.zeros_like(logs[::2]))
        rounds = {
            "processes": logs.shape[0],
            "rounds": logs.shape[1],
            "elements": 1,
            "seconds": [[1e-3, 1e-3]] * logs.shape[0],
            "control": decision.control,
            "margin": decision.margin,
            "warnings": [],
        }
        judgement = Judgement(decision.verdict, np.exp(logs).ravel(), ratio=decision, rounds=rounds)
        origin = ledger.Origin("test_it.py::test_it", instance, parameters or {})
        return ledger.record(claim, origin, "supported", judgement, [], 1.0, False)

    return decide


@pytest.fixture(scope="session")
def arm():
    """Return an arm whose metrics all are `curve`, by epoch, on every seed."""

    def make(text, curve=(2.0, 1.0, 0.5), **probes):
        return entries.arm(text, curve, probes)

    return make


class Drawing:
    """One picture, read back.

    Attributes:
        title: its name.
        description: its alternative text.
        width: of its box.
        height: of its box.
    """

    def __init__(self, root):
        self.root = root
        self.title, self.description = (root.find(f"{SVG}{tag}").text for tag in ("title", "desc"))
        self.width, self.height = (float(number) for number in root.get("viewBox").split()[2:])

    def texts(self):
        """Return all words, as (x, y, words)."""
        found = self.root.iter(f"{SVG}text")
        return [(float(t.get("x", 0)), float(t.get("y", 0)), "".join(t.itertext())) for t in found]

    def words(self):
        return [words for _, _, words in self.texts()]

    def paths(self, name):
        """Return the shapes of a class."""
        found = self.root.iter(f"{SVG}path")
        return [path.get("d") for path in found if name in path.get("class", "").split()]

    def points(self, name):
        """Return all points of a class's shapes, those of relative lines added up."""
        return [point for shape in self.paths(name) for point in points_of(shape)]

    def x_scale(self, y=None):
        """Return pixel → value along x, from the two outermost numbers of the axis below."""
        return _inverse([(x, words) for x, at, words in self.texts() if y is None or at == y])


def points_of(shape):
    """Return the absolute points of a path of M, l, h and v commands."""
    points, at = [], (0.0, 0.0)
    for command, numbers in re.findall(r"([Mlhvaz])([^Mlhvaz]*)", shape):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "M":
            at = values[0], values[1]
        elif command == "l":
            at = at[0] + values[0], at[1] + values[1]
        elif command == "h" and values != [0]:  # a line of no length is a dot
            at = at[0] + values[0], at[1]
        elif command == "v":
            at = at[0], at[1] + values[0]
        else:
            continue
        points.append(at)
    return points


def _inverse(ticks):
    numbers = [(x, float(words.replace("−", "-"))) for x, words in ticks if _is_number(words)]
    (left, low), (right, high) = min(numbers), max(numbers)
    return lambda x: low + (x - left) * (high - low) / (right - left)


def _is_number(words):
    return re.fullmatch(r"−?[\d.]+(e−?\d+)?", words) is not None


@pytest.fixture(scope="session")
def read():
    """Return the pictures of a text of SVGs."""

    def parse(text):
        found = ET.fromstring(f"<div>{text}</div>")
        return [Drawing(root) for root in found]

    return parse
