from types import SimpleNamespace

import numpy as np
import pytest
from entries import arm, entry
from judging import judge
from msgspec import UNSET
from msgspec.structs import replace

from hw4 import Claim
from hw4.ledger import ledger
from hw4.report.text import evidence, strips
from hw4.report.text.strips import Scale, points
from hw4.seeds import seeds_from

ALPHA = 1e-4
ARMS = SimpleNamespace(used=True, arms=2, varied=True, incomparable=np.True_)
BESIDE = " " * 13  # in front of what is said of a picture


def ordered(seeds):
    """Return 1, 2, … for the seeds of root 0, in their order."""
    place = {seed: 1.0 + index for index, seed in enumerate(seeds_from(0, 64).tolist())}
    return np.array([place[seed] for seed in seeds.tolist()])


def drawn(kind="win", give=ordered, arms=(), confirm=False, **options):
    claim = Claim("A statement.", "area/name", kind, **options)
    judgement = judge(claim, 0, give, confirm=confirm, arms=ARMS)
    origin = ledger.Origin("t.py::t[digits]", "digits")
    record = ledger.record(claim, origin, "supported", judgement, list(arms), 1.0, False)
    return evidence.drawn(record, ALPHA).splitlines()


def strip_of(lines):
    """Return the line of points, and what it says below."""
    (at,) = [index for index, line in enumerate(lines) if line.startswith("  seeds:")]
    return lines[at].removeprefix("  seeds:").strip(), lines[at + 1].strip()


def test_a_win_is_drawn_with_its_numbers():
    arms = [arm("mlp(1, 8), sgd(0.1)")]
    lines = drawn(source="HW4 part 1", margin=0.5, unit="points", arms=arms)
    assert lines[:4] == [
        "area/name [digits]",
        "  “A statement.”",
        "  source: HW4 part 1",
        "  supported, shown by 16 of 16 seeds (79 to 100 %); registered: supported",
    ]
    assert "  share of seeds 100 %, 95 % interval 79 % to 100 %" in lines  # 1 − 0.025^(1/16)
    assert "  median +8.5 points, 95 % interval +4 to +13; margin 0.5" in lines
    assert lines[-2:] == ["  arm: mlp(1, 8), sgd(0.1)", "  test: t.py::t[digits]"]
    assert " ".join(map(str.strip, lines[4:7])) == (
        "Clearly more than half of all seeds show it by more than 0.5 points. Were it half or "
        "fewer, this verdict would come at most once in 10,000 runs. It does not prove nine in ten."
    )
    strip, key = strip_of(lines)
    assert strip.startswith("0 ┊")
    assert strip.endswith("· +16")
    assert strip.count("┃") == 1
    assert key == "shown right of ┃; ┊ is zero; · a seed, ● four or more"


def test_a_median_over_ordered_seeds_has_its_exact_interval():
    """Of 16 ordered differences, the 4th and the 13th: P(K ≤ 3) = 0.0106, P(K ≤ 4) = 0.038."""
    assert any("interval +4 to +13" in line for line in drawn())


def test_both_errors_are_printed():
    supported, refuted = [line.strip().split(": ") for line in drawn() if "wrongly" in line]
    assert supported[0] == "wrongly supported at a true share of 50 %"
    assert refuted[0] == "wrongly refuted at a true share of 90 %"
    for _, chance in (supported, refuted):
        assert 0 < float(chance.removesuffix(" %")) <= 100 * ALPHA  # of a hundred


def test_an_equivalence_has_a_margin_on_both_sides():
    lines = drawn("equivalent", lambda seeds: np.linspace(-0.1, 0.1, seeds.size), margin=0.5)
    strip, key = strip_of(lines)
    assert strip.startswith("−0.5 ┃")
    assert strip.endswith("┃ +0.5")
    assert key.startswith("shown between the two ┃")


def test_a_rate_is_a_row_of_dots():
    lines = drawn("rate", lambda seeds: np.arange(seeds.size) != 3)
    row, key = strip_of(lines)
    assert row.startswith("●●●○●●")
    assert row.count("●") + row.count("○") == len(row)
    assert key == "● shows it, ○ does not"
    assert not any("median" in line for line in lines)


def test_an_unsettled_claim_says_what_it_lacks():
    lines = drawn("rate", lambda seeds: np.arange(seeds.size) % 4 > 0)
    assert "more seeds would probably settle it." in " ".join(map(str.strip, lines))


def test_a_counter_example_is_shown_whole():
    def refuting(seeds):
        raise AssertionError("first\nsecond")

    lines = drawn("exact", refuting)
    assert lines[2] == "  refuted, by counter-example; registered: supported"
    assert lines[3].startswith("  One case in which it is false was found")
    assert lines[5:7] == ["  first", "  second"]


def test_a_proof_has_nothing_to_draw():
    lines = drawn("exact", lambda seeds: None)
    assert lines[2] == "  supported, by proof; registered: supported"
    assert [line for line in lines[3:] if line[:6] != "  test"] == [
        "  Checked for every case that the test names. No chance is involved, so no seeds",
        "  are.",
    ]


def test_diverged_seeds_are_counted():
    values = np.array([np.inf, np.inf, -np.inf, np.nan, *np.arange(1.0, 13)])
    given = dict(zip(seeds_from(0, 64).tolist(), np.resize(values, 64), strict=True))
    lines = drawn(give=lambda seeds: [given[seed] for seed in seeds.tolist()])
    seeds = int(lines[2].split()[5])  # "inconclusive, shown by 56 of 64 seeds"
    used = np.resize(values, seeds)
    assert f"{BESIDE}{np.sum(used == np.inf)} seeds at +∞" in lines
    assert f"{BESIDE}{np.sum(used == -np.inf)} seeds at −∞" in lines
    assert f"{BESIDE}{np.sum(np.isnan(used))} seeds on which both arms diverged" in lines


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_seeds_that_all_diverge_can_be_drawn(value):
    assert drawn(give=lambda seeds: np.full(seeds.size, value))


@pytest.mark.parametrize("scale", [1e-5, 1.0, 1e300])
def test_any_scale_can_be_drawn(scale):
    lines = drawn(give=lambda seeds: scale * (np.arange(seeds.size) - 3.5))
    assert max(map(len, lines)) <= 80
    strip, _ = strip_of(lines)
    assert (strip.count("·"), strip.count("∙"), strip.count("┃")) == (4, 4, 1)


def test_an_error_says_why_nothing_was_measured():
    record = entry(id="a/b", error="crash", message="why")
    assert evidence.drawn(record, ALPHA).splitlines() == [
        "a/b",
        "  not measured: why",
        "  test: t.py::t",
    ]


# What is told, and how wide


def record_of(kind="win", give=ordered, instance="digits", explanation="", **options):
    claim = Claim(options.pop("statement", "A statement."), "area/name", kind, **options)
    origin = ledger.Origin(f"t.py::t[{instance}]", instance, {}, explanation)
    return ledger.record(claim, origin, "supported", judge(claim, 0, give), [], 1.0, False)


def timed(processes=3, rounds=16, verdict="supported", margin=0.1):
    """Ratios of 1.5, of which every process has one half as large again."""
    evidence = [1.5 * (1.5 if index % rounds == 0 else 1) for index in range(processes * rounds)]
    found = {"median": 1.5, "low": 1.4, "high": 1.6, "confidence": 0.99}
    timing = {"processes": processes, "rounds": rounds, "elements": 1, "control": 1.001}
    timing |= {"seconds": [[3e-6, 2e-6]] * processes, "margin": margin, "warnings": ["a hot day"]}
    return entry(kind="timing", verdict=verdict, evidence=evidence, effect=found, timing=timing)


EXPLANATION = """What is compared, and\nin which units.

Why it comes out   as it does: a long sentence that goes beyond the eighty columns
of a terminal, so that it is wrapped.

- One.
- Another.
"""


def test_the_explanation_stands_below_the_verdict_in_paragraphs():
    text = evidence.drawn(record_of(explanation=EXPLANATION), ALPHA)
    assert (
        "nine in ten.\n\n"
        "  What is compared, and in which units.\n\n"
        "  Why it comes out as it does: a long sentence that goes beyond the eighty\n"
        "  columns of a terminal, so that it is wrapped.\n\n"
        "  - One.\n"
        "  - Another.\n\n"
        "  seeds: "
    ) in text


def test_a_ledger_without_explanations_is_shown():
    record = record_of("rate", lambda seeds: np.arange(seeds.size) != 3)
    old = replace(record, holds_when=UNSET)
    assert "●●●○●●" in evidence.drawn(old, ALPHA)


def test_instances_share_what_they_share():
    first, second = (record_of(instance=name, explanation="Why.") for name in ("a", "b"))
    other = record_of(instance="c", explanation="Why else.")
    text = evidence.shown([first, second, other], ALPHA)
    assert text.count("“A statement.”") == 2
    assert [text.count(why) for why in ("  Why.", "  Why else.")] == [1, 1]
    blocks = text.split("\n\n")
    assert sum(block.startswith("area/name [") for block in blocks) == 3


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize(
    "make",
    [
        record_of,
        timed,
        lambda: record_of("equivalent", lambda s: np.linspace(-0.1, 0.1, s.size), margin=0.5),
        lambda: record_of("rate", lambda seeds: np.arange(seeds.size) % 4 > 0),
        lambda: record_of("exact", lambda seeds: None),
    ],
    ids=["win", "timing", "equivalent", "rate", "exact"],
)
def test_no_line_is_wider_than_the_terminal(make, width):
    record = entry(make(), {"explanation": EXPLANATION, "source": "word " * 99, "unit": "図" * 99})
    more = {"series": {"arms": [arm("x" * 500)]}, "test": "p" * 90 + "::" + "t" * 90}
    lines = evidence.drawn(entry(record, more), ALPHA, width).splitlines()
    wide = [len(line) + line.count("図") for line in lines]
    assert max(wide) <= max(width, 33)  # numbers and eight columns of a picture are the least


HOSTILE = "\x1b[2J\x1b]0;x\x07\u202e\r[bold]a[/bold]\n:smile: <script> " + "x" * 10_000


def test_hostile_text_is_text_and_whole():
    options = {"statement": HOSTILE, "source": HOSTILE, "unit": HOSTILE, "explanation": HOSTILE}
    record = record_of(instance=HOSTILE, **options)
    record = entry(record, series={"arms": [arm(HOSTILE)]}, test=HOSTILE)
    refuted = entry(record_of("exact", lambda seeds: None), {"counterexample": HOSTILE})
    error = entry(id=HOSTILE, test=HOSTILE, error="crash", message=HOSTILE)
    text = evidence.shown([record, refuted, error], ALPHA)
    assert text.replace("\n", "").isprintable()
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("x") >= 11 * 10_000
    assert text.count(r"\x1b[2J\x1b]0;x\x07\u202e") == 11
    assert text.count("[bold]a[/bold]") == 11


def test_a_claim_is_found_by_its_id_or_with_its_instance():
    records = [record_of(instance=name) for name in ("a", "b-c")]
    error = entry(instance="d", error="crash")
    other = entry(record_of(instance=""), {"id": "area/other"})
    book = ledger.build([*records, other], [error], "quick", 0)
    assert evidence.chosen(book, "area/name") == [*records, error]
    assert evidence.chosen(book, "area/name [b-c]") == [records[1]]
    assert evidence.chosen(book, "area/name[b-c]") == [records[1]]
    assert evidence.chosen(book, "area/name[d]") == [error]
    assert evidence.chosen(book, "area/other") == evidence.chosen(book, "area/other[]") == [other]
    assert evidence.chosen(book, "area/nam") == evidence.chosen(book, "area/name []") == []


# Pictures


def test_the_walk_ends_at_the_boundary_that_it_reached():
    """Every event multiplies the odds by 9/5: 1.8^16 = 12,144 to 1."""
    lines = drawn()
    (at,) = [index for index, line in enumerate(lines) if line.startswith("  evidence:")]
    walk = lines[at].split()[1]
    assert len(walk) == 16
    assert list(walk) == sorted(walk)
    assert (walk[0], walk[-1]) == ("▅", "█")
    assert (
        lines[at + 1]
        == f"{BESIDE}12,100 : 1 for it; decided at 10,000 : 1 (█ supported, ▁ refuted)"
    )


def test_a_claim_that_is_confirmed_says_so_and_at_which_odds():
    """1.8^8 = 110 to 1; .59 % is what the dynamic programme says of confirming."""
    lines = drawn(confirm=True)
    assert lines[2:4] == [
        "  confirmed, shown by 8 of 8 seeds (63 to 100 %); registered: supported",
        "  It is registered as supported, and 8 of 8 seeds agree. Were it half of all",
    ]
    (at,) = [index for index, line in enumerate(lines) if line.startswith("  evidence:")]
    walk = lines[at].split()[1]
    assert (len(walk), walk[-1]) == (8, "█")
    assert "█" not in walk[:-1]
    assert [line.strip() for line in lines[at + 1 : at + 3]] == [
        "110 : 1 for it; confirmed at 100 : 1 after a whole block of 8 seeds",
        "(█), refuted at 10,000 : 1 (▁)",
    ]
    assert "  wrongly confirmed at a true share of 50 %: 0.59 %" in lines
    assert not any("wrongly supported" in line for line in lines)


def test_what_overturns_a_confirmation_is_drawn_to_the_lower_boundary():
    lines = drawn(give=lambda seeds: -ordered(seeds), confirm=True)
    (walk,) = [line.split()[1] for line in lines if line.startswith("  evidence:")]
    assert (len(walk), walk[-1]) == (6, "▁")
    assert "▁" not in walk[:-1]
    assert any(
        "refuted, shown by 0 of 6 seeds (0 to 46 %); registered: supported" in line
        for line in lines
    )


def test_a_walk_downwards_ends_below():
    """Every other seed divides the odds by 5: 5^6 = 15,625."""
    lines = drawn(give=lambda seeds: -ordered(seeds))
    (walk,) = [line.split()[1] for line in lines if line.startswith("  evidence:")]
    assert (len(walk), walk[-1]) == (6, "▁")
    assert any(line.strip().startswith("15,600 : 1 against it") for line in lines)


def test_the_rounds_of_each_process_have_a_line():
    lines = evidence.drawn(timed(processes=12), ALPHA).splitlines()
    strips = [line for line in lines if line.startswith("  process ")]
    assert [line.split()[1] for line in strips] == [str(n) for n in range(1, 13)]
    for line in strips:
        low, *picture, high = line.split()[2:]
        assert (low, high) == ("0.909", "2.250")  # 1/1.1, and the largest ratio
        assert picture == ["┃", "┊", "┃", "●", "·"]


def test_a_longer_walk_than_the_line_keeps_its_end():
    steps = [index / 64 for index in range(1, 65)]
    assert strips.walk(steps, (-1.0, 1.0), 64)[-1] == "█"
    for width in (1, 7, 32, 63):
        line = strips.walk(steps, (-1.0, 1.0), width)
        assert len(line) <= width
        assert line[-1] == "█"
    assert strips.walk([-9.0, 0.1, 9.0], (-1.0, 1.0), 9) == "▁▅█"
    assert strips.walk([-3.9, -4.0, 1.9, 2.0], (-4.0, 2.0), 9) == "▂▁▇█"


def test_points_that_fall_together_are_heavier():
    scale = Scale(0.0, 10.0)
    assert points([0, 1, 1, 2, 2, 2, 3, 3, 3, 3], scale, {}, 11) == "·∙•●       "
    assert points([5], scale, {0: "┊", 5: "┃", 9: "┃"}, 11) == "┊    ·   ┃ "
    assert points([], Scale(1.0, 1.0), {1.0: "┃"}, 3) == "┃  "


def test_odds_that_no_float_holds_are_bounded():
    """Of 100,000 seeds 100 show it: the logarithm of the odds is far beyond 709."""
    values = [1.0] * 100 + [-1.0] * 99_900
    made = entry(record_of(), {"seeds": 100_000, "events": 100, "evidence": values})
    assert "more than 1,000,000,000,000 : 1 against it" in evidence.drawn(made, 1e-4, 120)
