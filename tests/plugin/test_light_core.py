"""Without Keras and TensorFlow, which the extra `keras` installs, all but training works."""

import json
import subprocess
import sys
import textwrap

import pytest

CLAIMS = """
    import numpy as np
    from hw4 import activation_bytes, claim, mlp, peak_memory, sgd

    @claim("It rises.", id="light/rises")
    def test_rises(seeds):
        return np.array([np.random.default_rng(seed).normal(5) for seed in seeds])

    @claim("It trains.", id="light/trains")
    def test_trains(train):
        return train(mlp(1, 4), sgd(0.1), "digits", epochs=1).test_loss[:, -1]

    @claim("It takes memory.", id="light/peak")
    def test_peak(seeds):
        return peak_memory(mlp(1, 4), (8, 8, 1), 10, batch=2, images=4, seeds=seeds)

    @claim.exact("It keeps bytes.", id="light/bytes")
    def test_bytes():
        assert activation_bytes(mlp(1, 4), (8, 8, 1), 10, batch=2) > 0
"""
PROGRAM = """
import sys
from importlib.machinery import PathFinder

class WithoutKeras(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        hidden = name.partition(".")[0] in ("keras", "tensorflow")
        return None if hidden else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutKeras

from hw4.cli.main import main

run = ["run", "test_light.py", "--jobs=1", "--store=s.sqlite", "--ledger=l.json"]
for arguments in (run, ["report", "l.json", "--html=r.html"], ["compare", "3/9", "5/9"], ["run"]):
    print("code", main(arguments), flush=True)
"""
MISSING = "training needs Keras and TensorFlow: expected pip install 'hw4[keras]'"


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    """A folder in which one process without TensorFlow has run four commands, and what it said."""
    folder = tmp_path_factory.mktemp("light")
    (folder / "test_light.py").write_text(textwrap.dedent(CLAIMS), encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM]
    return folder, subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_what_needs_no_training_is_decided_and_the_rest_told_in_a_sentence(light):
    folder, _ = light
    book = json.loads((folder / "l.json").read_text(encoding="utf-8"))
    assert {record["id"]: record["verdict"] for record in book["claims"]} == {
        "light/rises": "supported"
    }
    told = {record["id"]: record["message"] for record in book["errors"]}
    assert told.keys() == {"light/trains", "light/peak", "light/bytes"}
    assert all(MISSING in message for message in told.values())
    assert not {"keras", "tensorflow"} & book["environment"].keys()


def test_other_commands_work_and_the_homework_is_refused(light):
    folder, ended = light
    codes = [line for line in ended.stdout.splitlines() if line.startswith("code")]
    assert codes == ["code 3", "code 0", "code 0", "code 2"]
    assert "3/9" in ended.stdout
    assert (folder / "r.html").stat().st_size > 10_000
    assert "Traceback" not in ended.stderr
    said = "the homework's claims train Keras networks: expected pip install 'hw4[keras]', or paths"
    assert said in ended.stderr
