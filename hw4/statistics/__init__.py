"""Arrays in, numbers and verdicts out: how sure one may be, and how many seeds that takes.

Every decision comes as a triple: decide, the smallest effect it can detect, the sample it needs.
An invalid argument raises `ValueError` in one sentence; a valid question that has no answer (no
sample would be enough) returns None.
"""

from hw4.statistics.effects import Effect, interval_span, median_interval, share_interval
from hw4.statistics.multiplicity import holm, instances_within, suite_error
from hw4.statistics.proportions import (
    Comparison,
    against,
    compare,
    detectable_difference,
    detectable_near,
    images_needed,
    power_of_comparison,
)
from hw4.statistics.sequential import (
    Decision,
    OperatingCharacteristics,
    SequentialTest,
    Verdict,
    agree,
    share_ruled_out,
)
from hw4.statistics.stopping import share_when_stopped

__all__ = [
    "Comparison",
    "Decision",
    "Effect",
    "OperatingCharacteristics",
    "SequentialTest",
    "Verdict",
    "against",
    "agree",
    "compare",
    "detectable_difference",
    "detectable_near",
    "holm",
    "images_needed",
    "instances_within",
    "interval_span",
    "median_interval",
    "power_of_comparison",
    "share_interval",
    "share_ruled_out",
    "share_when_stopped",
    "suite_error",
]
