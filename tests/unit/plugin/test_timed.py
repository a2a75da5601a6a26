"""What the rounds of several processes say of a claim about time."""

import numpy as np
import pytest

from hw4.claims.claim import Claim
from hw4.plugin.timed import _judgement
from hw4.timing.stopwatch import Rounds

CLAIM = Claim("It takes longer.", "it/longer", "timing", margin=0.1)


def process(seconds, ratio=1.5, **options):
    return Rounds([ratio * seconds] * 8, [seconds] * 8, **options)


@pytest.mark.parametrize(
    ("seconds", "control"),
    [
        ([2, 2, 2, 2, 2, 2], 1),
        ([3, 2, 3, 2, 3, 2], 1.5),
        ([3, 2, 2, 3, 2, 2], 1),
        ([3, 2, 3, 3, 2, 2], 1.5 ** (1 / 3)),
        ([1, 1, 9, 9, 3, 3], 1),  # what slows both of a pair is no difference between them
    ],
)
def test_the_control_is_the_second_in_one_process_of_a_pair_over_it_in_the_other(seconds, control):
    found = _judgement(CLAIM, [process(each) for each in seconds], set())
    assert found.ratio.control == pytest.approx(control)
    assert found.rounds["control"] == found.ratio.control
    assert found.rounds["margin"] == pytest.approx(max(0.1, control**2 - 1))
    assert str(found.verdict) == ("supported" if control < 1.2 else "inconclusive")
    np.testing.assert_allclose(found.evidence, [1.5] * 48)


def test_beyond_a_million_elements_the_margin_is_wider():
    few, many = (
        _judgement(CLAIM, [process(1, 1.12, elements=n)] * 6, set()) for n in (10**6, 10**6 + 1)
    )
    assert (str(few.verdict), few.rounds["margin"]) == ("supported", 0.1)
    assert (str(many.verdict), many.rounds["margin"]) == ("equivalent", 0.15)


def test_a_verdict_comes_with_its_processes_times_and_warnings():
    odd = process(2, elements=7, warnings=("a hot day",))
    found = _judgement(CLAIM, [odd, *[process(2, elements=7)] * 3], {"a busy machine"})
    assert found.rounds == {
        "processes": 4,
        "rounds": 8,
        "elements": 7,
        "seconds": [[3, 2]] * 4,
        "control": 1,
        "margin": 0.1,
        "warnings": ["a busy machine", "a hot day"],
    }
