"""The campaign's quick form: a few faults of every subject."""

import runpy
from pathlib import Path

import pytest

SUBJECTS = runpy.run_path(str(Path(__file__).parent))["SUBJECTS"]


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_few_faults_have_no_wrong_outcome(name):
    found = SUBJECTS[name].inject(0, SUBJECTS[name].quick)
    assert sum(found.values()) == SUBJECTS[name].quick
