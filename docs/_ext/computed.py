"""The numbers of the pages, computed while the site is built by the functions that they describe.

A page writes `{{ name }}`; each value is Markdown. Nothing here is typed by hand.
"""

import functools
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from scipy import stats

from hw4.bench import finding as found
from hw4.bench import measure
from hw4.bench import table as benchmarks
from hw4.bench.comparison import Comparison
from hw4.homework import CONVOLUTIONAL, DENSE, DENSE_FEW
from hw4.report.reading import overtime
from hw4.statistics import (
    SequentialTest,
    detectable_difference,
    images_needed,
    instances_within,
    interval_span,
    median_interval,
    power_of_comparison,
    share_interval,
    share_when_stopped,
)
from hw4.statistics.bootstraps import BootstrapTest
from hw4.statistics.effects import CONFIDENCE
from hw4.statistics.ratios import ENOUGH, FEWEST, MOST, RatioTest
from hw4.statistics.sequential import BUDGETED, MAX_SEEDS
from hw4.statistics.stopping import ends
from hw4.training.profiles import PROFILES

TEST = SequentialTest()
CONFIRMING = TEST.confirming()
SHARES = (0.0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
SIMULATED = 100_000  # t-tests; an error of a thousandth is then known to a tenth of itself
NOMINAL = 1e-3  # of those t-tests
DIVERGE = 0.1  # of seeds


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def small(value: float) -> str:
    """Return a probability with two digits; 0 and 1 as what they are to twelve digits."""
    if value < 1e-12:
        return "0"
    if 1 - value < 1e-12:
        return "1"
    if value > 0.99:
        return f"1 − {1 - value:.1e}"
    return f"{value:.3f}" if value >= 0.01 else f"{value:.1e}"


# The sequential test


def characteristics(test: SequentialTest, shares: Iterable[float] = SHARES) -> str:
    """Return the table of a test's exact operating characteristics."""
    rows = []
    for share in shares:
        found = test.operating_characteristics(share)
        chances = map(small, (found.supported, found.refuted, found.inconclusive))
        rows.append((f"{share:.3g}", *chances, f"{found.seeds:.1f}"))
    head = ("true share", "supported", "refuted", "inconclusive", "expected seeds")
    return markdown(head, rows)


def unanimous(event: bool, test: SequentialTest = TEST) -> int:
    """Return how many seeds that all agree settle a claim."""
    return test.decide(np.full(test.budget, event)).seeds


def confirming() -> str:
    """Return the table of what confirming does, beside the seeds that deciding takes."""
    rows = []
    for share in (0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0):
        found, decided = (t.operating_characteristics(share) for t in (CONFIRMING, TEST))
        chances = map(small, (found.supported, found.refuted, found.inconclusive))
        rows.append((f"{share:.3g}", *chances, f"{found.seeds:.1f}", f"{decided.seeds:.1f}"))
    head = ("true share", "confirmed", "refuted", "inconclusive", "expected seeds", "to decide it")
    return markdown(head, rows)


def confirmed() -> dict[str, object]:
    """Return the numbers of confirming that stand in a sentence, by name."""
    erring, eroded, true, often = map(CONFIRMING.operating_characteristics, (0.5, 0.8, 0.9, 0.95))
    return {
        "confirming": confirming(),
        "confirm_odds": f"{1 / CONFIRMING.confirm_alpha:,.0f}",
        "confirm_block": CONFIRMING.block,
        "confirm_all_for": unanimous(True, CONFIRMING),
        "confirm_missed": f"{erring.supported:.1%}".replace("%", " %"),
        "confirm_missed_thrice": f"{erring.supported**3:.0e}",
        "confirm_eroded": f"{eroded.supported:.0%}".replace("%", " %"),
        "decide_eroded": f"{TEST.operating_characteristics(0.8).supported:.0%}".replace("%", " %"),
        "confirm_overturned": f"{true.refuted:.1e}",
        "confirm_seeds_95": f"{often.seeds:.0f}",
        "decide_seeds_95": f"{TEST.operating_characteristics(0.95).seeds:.0f}",
    }


def other_shares() -> str:
    """Return what tests of other shares than nine in ten need."""
    rows = []
    for share in (0.75, 0.8, 0.9, 0.95, 0.99, 0.999):
        test = SequentialTest.of_share(share, most=10_000)
        settled = [test.decide(np.full(test.budget, event)).seeds for event in (True, False)]
        found = test.operating_characteristics(share)
        wrong = test.operating_characteristics(test.p0).supported
        chances = small(wrong), small(found.refuted), small(found.supported)
        budget = f"{test.budget:,}"
        rows.append((share, f"{test.p0:.3g}", budget, *settled, *chances, f"{found.seeds:.0f}"))
    head = ("p₁", "p₀", "budget", "agreeing seeds that support", "disagreeing ones that refute")
    errors = ("supported at p₀", "refuted at p₁", "supported at p₁", "expected seeds at p₁")
    return markdown((*head, *errors), rows)


def own_sizes() -> str:
    """Return what tests with an error rate, p0 or budget of their own do."""
    rows = []
    for options in (
        {},
        {"alpha": 0.01},
        {"alpha": 0.05},
        {"p0": 0.6},
        {"p0": 0.7, "alpha": 0.01},
        {"alpha": 0.01, "budget": 16},
        {"budget": 512},
    ):
        test = SequentialTest.of_share(TEST.p1, 20_000, **options)
        false, true = map(test.operating_characteristics, (test.p0, test.p1))
        least = [test.detectable_share(power) for power in (0.8, 0.9)]
        said = ", ".join(f"`{name}={value}`" for name, value in options.items()) or "none: default"
        chances = small(false.supported), small(true.refuted), small(true.supported)
        found = f"{true.seeds:.0f}", ", ".join(f"{share:.3f}" for share in least)
        rows.append((said, f"{test.budget:,}", unanimous(True, test), *chances, *found))
    head = ("options", "budget", "agreeing seeds that support", "supported at p₀", "refuted at p₁")
    more = ("supported at p₁", "expected seeds at p₁", "detects in 8 and in 9 runs of ten")
    return markdown((*head, *more), rows)


# Why no t-test


def error_of_t_tests(draw: Callable[[np.random.Generator, tuple[int, int]], np.ndarray]) -> float:
    """Return how often a one-sided t-test at 1e-3 finds a positive mean of eight differences.

    Args:
        draw: generator, (samples, seeds) → differences, whose true mean is 0 or less.
    """
    values = draw(np.random.default_rng(0), (SIMULATED, 8))
    means, errors = values.mean(axis=1), values.std(axis=1, ddof=1) / math.sqrt(values.shape[1])
    return float(np.mean(means > errors * stats.t.isf(NOMINAL, values.shape[1] - 1)))


def skewed(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Draw differences of mean 0 with a long tail to the left."""
    return math.exp(0.5) - rng.lognormal(size=size)


def diverging(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Draw small gains of about 0.1, but that every tenth seed loses 10."""
    gains = rng.normal(0.1, 0.02, size)
    return np.where(rng.random(size) < DIVERGE, -10.0, gains)


def t_tests() -> str:
    """Return the table of their errors."""
    kinds = {
        "normal, mean 0": lambda rng, size: rng.normal(size=size),
        "skewed (a lognormal's mirror image), mean 0": skewed,
        "a gain of 0.1, but one seed in ten loses 10: mean −0.91": diverging,
    }
    rows = [(name, f"{error_of_t_tests(draw):.2g}") for name, draw in kinds.items()]
    return markdown(("differences", f"a positive mean is found, at a nominal {NOMINAL:g}"), rows)


# Effects


def median_ranks() -> str:
    """Return which order statistics make the median's interval, and what it covers."""
    rows = []
    for seeds in (5, 6, 8, 16, 24, 32, 64):
        found = median_interval(np.arange(1.0, seeds + 1))
        rank = int(found.low) if math.isfinite(found.low) else 0
        covered = 1 - 2 * stats.binom.cdf(rank - 1, seeds, 0.5) if rank else 1.0
        ends = f"{rank} and {seeds + 1 - rank}" if rank else "none: −∞ and ∞"
        rows.append((seeds, ends, f"{covered:.4g}", f"{interval_span(seeds):.2f}"))
    head = ("seeds", "ranks of the ends", "covers with probability", "spans on average")
    return markdown(head, rows)


def share_intervals() -> str:
    """Return some intervals of the share, beside those for a fixed number of seeds."""
    rows = []
    for events, seeds in ((0, 6), (3, 10), (16, 16), (34, 44), (48, 64)):
        ends = *share_when_stopped(TEST, events, seeds), *share_interval(events, seeds)
        rows.append((f"{events} of {seeds}", *(f"{end:.3f}" for end in ends)))
    head = ("shown by", "low", "high", "low, seeds fixed", "high, seeds fixed")
    return markdown(head, rows)


STOPPED, FIXED = "when stopped", "seeds fixed"


@functools.cache
def intervals(kind: str) -> np.ndarray:
    """Return the share's interval of a kind at every end of the test, (ends, 2)."""
    every = ends(TEST, TEST.budget)
    found = zip(every.events.tolist(), every.seeds.tolist(), strict=True)
    if kind == STOPPED:
        return np.array([share_when_stopped(TEST, *each) for each in found])
    return np.array([share_interval(*each) for each in found])


def coverage_when_stopped(share: float, kind: str = STOPPED) -> float:
    """Return how often the share's interval holds the true share, of a claim that stops."""
    low, high = intervals(kind).T
    return float(ends(TEST, TEST.budget).chances(share) @ ((low <= share) & (share <= high)))


def width_when_stopped(share: float) -> float:
    """Return how wide the interval is on average, in widths of that for fixed seeds."""
    chances = ends(TEST, TEST.budget).chances(share)
    stopped, fixed = (chances @ np.diff(intervals(kind))[:, 0] for kind in (STOPPED, FIXED))
    return float(stopped / fixed)


def coverage() -> str:
    """Return the table of that."""
    shares = (0.05, 0.3, 0.5, 0.685, 0.8, 0.9, 0.95)
    rows = [
        (f"held, {kind}", *(f"{coverage_when_stopped(share, kind):.3f}" for share in shares))
        for kind in (STOPPED, FIXED)
    ]
    rows.append(("width, in widths of that", *(f"{width_when_stopped(s):.3f}" for s in shares)))
    return markdown(("true share", *map(str, shares)), rows)


def covered() -> dict[str, object]:
    """Return the extremes of coverage and width over all shares, by name."""
    shares = [n / 2000 for n in range(1, 2000)]
    least, fixed = (
        min((coverage_when_stopped(s, kind), s) for s in shares) for kind in (STOPPED, FIXED)
    )
    return {
        "coverage": coverage(),
        "least_coverage": f"{100 * least[0]:.1f} %",
        "least_coverage_fixed": f"{100 * fixed[0]:.1f} %",
        "least_coverage_fixed_at": f"{fixed[1]:.3f}",
        "most_width": f"{100 * (max(map(width_when_stopped, shares)) - 1):.1f} %",
    }


# Reported proportions, times


def few_images() -> str:
    """Return what differences samples of some sizes can show, near an accuracy of 0.65."""
    rows = []
    for images in (50, 175, 500, 1000, 10_000):
        more = detectable_difference(images, round(0.65 * images))
        power = power_of_comparison(images, 0.65, 0.70)
        rows.append((f"{images:,}", f"{100 * more / images:.1f} points", small(power)))
    head = ("images each", "smallest significant difference", "power for 0.65 against 0.70")
    return markdown(head, rows)


def processes() -> str:
    """Return which ratios some numbers of processes can show."""
    test, counts = RatioTest(), (FEWEST, ENOUGH, 8, 12, MOST)
    rows = [
        (
            f"{100 * spread:.0f} %",
            *(f"{test.detectable_ratio(spread, count):.3f}" for count in counts),
        )
        for spread in (0.01, 0.03, 0.05, 0.1)
    ]
    head = ("spread of a process's median", *(f"{count} processes" for count in counts))
    return markdown(head, rows)


def bench_report() -> str:
    """Return a comparison as `hw4 bench` prints it, of rounds that are drawn here."""
    drawn = {  # ratio, spread of a round
        "tests/benchmarks/test_parser.py::test_parse": (1.31, 0.03),
        "tests/benchmarks/test_parser.py::test_format": (1.004, 0.02),
        "tests/benchmarks/test_io.py::test_read": (1.1, 0.5),
    }
    rng = np.random.default_rng(1)
    findings = []
    for name, (ratio, spread) in drawn.items():
        values = rng.normal(math.log(ratio), spread, (measure.SETS, measure.ROUNDS))
        decision = BootstrapTest().decide(values, rng.normal(0, spread, values.shape))
        findings.append(found.Finding(name, found.verdict(decision), decision, 1.3e-3))
    run = Comparison(findings, "main", "", "", "", {})
    table = benchmarks.table(run, 80)
    past = np.exp(np.repeat([0.0, 0.27], 8) + rng.normal(0, 0.01, 16)).tolist()
    history = "\n".join(benchmarks.history(findings[0].benchmark, past))
    return f"```text\n{table}\n{history}\n```"


SUITE, RUNS = 200, 1000  # benchmarks of a run, and runs
SLOW = 0.1  # of processes are slower, by more than the margin


def red_runs(*measurements: str) -> str:
    """Return how many runs of a suite are red though nothing has changed.

    A measurement is red if the current tree's processes are slow in every set, and the other's in
    none: were its control's two processes unlike, the margin would have widened.

    Args:
        measurements: each set's doubled tree, "b" for before or "n" for now, as "bnb".
    """
    fast = 1 - SLOW
    chances = {"b": SLOW * fast**2, "n": fast * SLOW**2}
    red = math.prod(chances[doubled] for sets in measurements for doubled in sets)
    runs = RUNS * -math.expm1(SUITE * math.log1p(-red))
    return f"{runs:.0f}" if runs >= 1 else f"{runs:.1g}"


def profiles() -> str:
    """Return the sizes of both profiles."""
    sizes = {
        "training images of a seed": {name: each.images for name, each in PROFILES.items()},
        "test images": {name: each.test_images for name, each in PROFILES.items()},
        "training images, the homework's dense networks": DENSE["images"],
        "the same, where a short run shows as much": DENSE_FEW["images"],
        "their side in pixels, averaged down as far as this": DENSE["side"],
        "training images, the homework's convolutional networks": CONVOLUTIONAL["images"],
        "their side in pixels": CONVOLUTIONAL["side"],
    }
    rows = [(words, *(f"{each[name]:,}" for name in PROFILES)) for words, each in sizes.items()]
    return markdown(("", *(f"`{name}`" for name in PROFILES)), rows)


def by_seven_images() -> float:
    """Return how often two networks as good as the homework's differ by 7 of 175 images or more."""
    chances = stats.binom.pmf(np.arange(176), 175, (115 + 108) / 350)
    apart = np.abs(np.subtract.outer(np.arange(176), np.arange(176)))
    return float(np.outer(chances, chances)[apart >= 7].sum())


def substitutions() -> dict[str, object]:
    """Return name → Markdown."""
    wrong, missed = (TEST.operating_characteristics(share) for share in (TEST.p0, TEST.p1))
    return {
        "alpha": f"{TEST.alpha:g}",
        "odds": f"{1 / TEST.alpha:,.0f}",
        "boundary": f"{-math.log(TEST.alpha):.2f}",
        "gain": f"{math.log(TEST.p1 / TEST.p0):.3f}",
        "loss": f"{-math.log((1 - TEST.p1) / (1 - TEST.p0)):.3f}",
        "budget": TEST.budget,
        "runs_shown": overtime.MOST,
        "all_for": unanimous(True),
        "all_against": unanimous(False),
        "wrongly_supported": f"{wrong.supported:.1e}",
        "wrongly_refuted": f"{missed.refuted:.1e}",
        "power": f"{missed.supported:.3f}",
        "detectable": f"{TEST.detectable_share():.2f}",
        "characteristics": characteristics(TEST),
        "coarse_characteristics": characteristics(
            SequentialTest(alpha=1e-3, budget=60), (0.5, stats.norm.cdf(1), 0.9)
        ),
        "other_shares": other_shares(),
        "own_sizes": own_sizes(),
        "t_tests": t_tests(),
        "no_divergence": f"{(1 - DIVERGE) ** 8:.2f}",
        "median_ranks": median_ranks(),
        "share_intervals": share_intervals(),
        "confidence": f"{CONFIDENCE:.0%}",
        "no_event_of_six": f"{share_when_stopped(TEST, 0, 6)[1]:.2f}",
        "within_a_hundredth": instances_within(0.01, TEST.alpha),
        "few_images": few_images(),
        "images_for_five_points": f"{images_needed(0.65, 0.70):,}",
        "processes": processes(),
        "by_seven_images": f"{by_seven_images():.2f}",
        "profiles": profiles(),
        **covered(),
        "supported_at_80": f"{TEST.operating_characteristics(0.8).supported:.2f}",
        "refuted_at_60": f"{TEST.operating_characteristics(0.6).refuted:.2f}",
        "most": MAX_SEEDS,
        "bench_red_before": red_runs("bbb"),
        "bench_red_once": red_runs("bnb"),
        "bench_red_twice": red_runs("bnb", "nbn"),
        "budget_of_99": SequentialTest.of_share(0.99).budget,
        "seeds_of_999": f"{SequentialTest.of_share(0.999, 10_000).seeds_needed(0.999, BUDGETED):,}",
        "bench_report": bench_report(),
        **confirmed(),
    }
