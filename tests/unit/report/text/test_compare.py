"""The text of `hw4 compare`, its numbers computed by SciPy."""

import itertools

import pytest
from scipy import stats

from hw4.report.text.compare import described

HOMEWORK = [(118, 175), (100, 175), (150, 175)]


def block(text, title):
    """Return the lines of the part of a text that begins with a title."""
    (found,) = [part for part in text.split("\n\n") if part.startswith(title)]
    return found.splitlines()


def fisher(first, second):
    table = [[hits, total - hits] for hits, total in (first, second)]
    return stats.fisher_exact(table).pvalue


def test_a_pair_is_described_in_words_and_numbers():
    text = described([(118, 175), (100, 175)])
    assert block(text, "118/175 = ") == [
        "118/175 = 67.4 %, 95 % interval 59.9 to 74.3 %",
        "100/175 = 57.1 %, 95 % interval 49.5 to 64.6 %",
    ]
    assert block(text, "118/175 and 100/175") == [
        "118/175 and 100/175: not distinguishable",
        "  p = .061",
        "  second minus first -10.3 points, 95 % interval -20.1 to -0.1",
        "  175 images can show differences from about 10.9 points on",
    ]
    assert "correct" not in text


@pytest.mark.parametrize(("hits", "total"), [(118, 175), (0, 7), (7, 7), (1, 400)])
def test_a_shares_interval_is_clopper_and_pearsons(hits, total):
    low = 100 * stats.beta.ppf(0.025, hits, total - hits + 1) if hits else 0.0
    high = 100 * stats.beta.ppf(0.975, hits + 1, total - hits) if hits < total else 100.0
    assert f"interval {low:.1f} to {high:.1f} %" in described([(hits, total)] * 2)


def test_every_pair_is_compared_and_its_p_corrected_by_holm():
    text = described(HOMEWORK)
    pairs = list(itertools.combinations(HOMEWORK, 2))
    p_values = sorted(fisher(*pair) for pair in pairs)
    assert p_values[0] * 3 < p_values[1] * 2 < 1e-3 < p_values[2]  # so Holm's steps need no maximum
    near, far = block(text, "118/175 and 100/175"), block(text, "118/175 and 150/175")
    assert near[0].endswith(": not distinguishable")
    assert near[1] == f"  p = .061, corrected for 3 pairs p = {p_values[2]:.3f}".replace("0.", ".")
    assert far[0].endswith(": different")
    assert far[1].startswith("  p < .0001, corrected for 3 pairs p = .000")
    assert float(far[1].split()[-1]) == pytest.approx(p_values[1] * 2, rel=0.05)
    assert "Holm" in text


def test_the_verdict_is_that_of_the_corrected_p():
    pair = [(100, 175), (120, 175)]
    assert 0.025 < fisher(*pair) < 0.05
    assert block(described(pair), "100/175 and")[0].endswith(": different")
    third = described([*pair, (119, 175)])
    assert block(third, "100/175 and 120/175")[0].endswith("not distinguishable")


def test_so_few_images_that_they_can_show_nothing_say_so():
    lines = block(described([(3, 3), (0, 3)]), "3/3 and")
    assert lines[0].endswith("not distinguishable")
    assert lines[-1] == "  3 images can show no difference here, however large"
    assert block(described([(0, 1), (1, 1)]), "0/1 and")[-1].startswith("  1 image can")


@pytest.mark.parametrize(
    "proportions",
    [HOMEWORK, [(999_999, 1_000_000), (1_000_000, 1_000_000), (0, 999_999)], [(0, 1)] * 5],
)
def test_the_text_fits_eighty_columns(proportions):
    assert max(map(len, described(proportions).splitlines())) <= 80


def test_more_images_are_written_with_more_decimals():
    assert "9996/10000 = 99.960 %" in described([(9996, 10_000), (9990, 10_000)])
