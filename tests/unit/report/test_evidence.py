import numpy as np
import pytest

from hw4 import Claim, ledger
from hw4.judge import judge
from hw4.report import evidence
from hw4.seeds import seeds_from

ALPHA = 1e-4


def ordered(seeds):
    """Return 1, 2, … for the seeds of root 0, in their order."""
    place = {seed: 1.0 + index for index, seed in enumerate(seeds_from(0, 64).tolist())}
    return np.array([place[seed] for seed in seeds.tolist()])


def drawn(kind="win", give=ordered, arms=(), **options):
    claim = Claim("A statement.", "area/name", kind, **options)
    judgement = judge(claim, 0, give)
    origin = ledger.Origin("t.py::t[digits]", "digits")
    record = ledger.record(claim, origin, "supported", judgement, list(arms), 1.0, False)
    return evidence.drawn(record, ALPHA).splitlines()


def test_a_win_is_drawn_with_its_numbers():
    arm = {"arm": "mlp(1, 8), sgd(0.1)"}
    lines = drawn(source="HW4 part 1", margin=0.5, unit="points", arms=[arm])
    assert lines[:4] == [
        "area/name [digits]",
        "  “A statement.”",
        "  source: HW4 part 1",
        "  supported, shown by 16 of 16 seeds (registered: supported)",
    ]
    assert "  share of seeds 1.00, 95 % interval 0.79 to 1.00" in lines  # 1 − 0.025^(1/16)
    assert "  median +8.5, 95 % interval +4 to +13 points; margin 0.5" in lines
    assert lines[-2:] == ["  arm: mlp(1, 8), sgd(0.1)", "  test: t.py::t[digits]"]
    (strip,) = [line for line in lines if "┊ zero" in line]
    assert strip.startswith("  +0 ┊")
    assert "┃" in strip.partition("(")[0]


def test_a_median_over_ordered_seeds_has_its_exact_interval():
    """Of 16 ordered differences, the 4th and the 13th: P(K ≤ 3) = 0.0106, P(K ≤ 4) = 0.038."""
    assert any("interval +4 to +13" in line for line in drawn())


def test_both_errors_are_printed():
    (line,) = [line for line in drawn() if "wrongly" in line]
    assert line.startswith("  wrongly supported at a share of 0.5: ")
    supported, refuted = float(line.split()[7].rstrip(";")), float(line.split()[-1])
    assert 0 < supported <= ALPHA
    assert 0 < refuted <= ALPHA


def test_an_equivalence_has_a_margin_on_both_sides():
    lines = drawn("equivalent", lambda seeds: np.linspace(-0.1, 0.1, seeds.size), margin=0.5)
    (strip,) = [line for line in lines if "┊ zero" in line]
    assert strip.startswith("  -0.5 ┃")
    assert strip.partition("  (")[0].endswith("┃ +0.5")


def test_a_rate_is_a_row_of_dots():
    lines = drawn("rate", lambda seeds: np.arange(seeds.size) != 3)
    (row,) = [line for line in lines if line.startswith("  seeds: ")]
    assert row.startswith("  seeds: ●●●○●●")
    assert row.count("●") + row.count("○") == len(row) - len("  seeds: ")
    assert not any("median" in line for line in lines)


def test_an_unsettled_claim_says_what_it_lacks():
    lines = drawn("rate", lambda seeds: np.arange(seeds.size) % 4 > 0)
    assert any(line.endswith("more seeds would probably settle it") for line in lines)


def test_a_counter_example_is_shown_whole():
    def refuting(seeds):
        raise AssertionError("first\nsecond")

    lines = drawn("exact", refuting)
    assert lines[2] == "  refuted, by counter-example (registered: supported)"
    assert lines[3:5] == ["  first", "  second"]


def test_a_proof_has_nothing_to_draw():
    lines = drawn("exact", lambda seeds: None)
    assert lines[2:] == ["  supported, by proof (registered: supported)", "  test: t.py::t[digits]"]


def test_diverged_seeds_are_counted():
    values = np.array([np.inf, np.inf, -np.inf, np.nan, *np.arange(1.0, 13)])
    given = dict(zip(seeds_from(0, 64).tolist(), np.resize(values, 64), strict=True))
    lines = drawn(give=lambda seeds: [given[seed] for seed in seeds.tolist()])
    seeds = int(lines[2].split()[5])  # "inconclusive, shown by 56 of 64 seeds"
    used = np.resize(values, seeds)
    assert f"  {np.sum(used == np.inf)} seeds at +∞" in lines
    assert f"  {np.sum(used == -np.inf)} seeds at −∞" in lines
    assert f"  {np.sum(np.isnan(used))} seeds on which both arms diverged" in lines


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_seeds_that_all_diverge_can_be_drawn(value):
    assert drawn(give=lambda seeds: np.full(seeds.size, value))


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e300])
def test_any_scale_can_be_drawn(scale):
    lines = drawn(give=lambda seeds: scale * (np.arange(seeds.size) - 3.5))
    (strip,) = [line for line in lines if "┊ zero" in line]
    assert len(strip.partition("  (")[0]) <= 90


def test_an_error_says_why_nothing_was_measured():
    record = {"id": "a/b", "instance": "", "test": "t.py::t", "error": "crash", "message": "why"}
    assert evidence.drawn(record, ALPHA).splitlines() == [
        "a/b",
        "  not measured: why",
        "  test: t.py::t",
    ]
