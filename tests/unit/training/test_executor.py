import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from hw4.networks import backend
from hw4.networks.models import mlp
from hw4.objectives.optimisers import sgd
from hw4.training import replicas
from hw4.training.executor import execute
from hw4.training.runs import METRICS

SEEDS = list(range(100, 118))  # two whole blocks of eight, and two seeds
PROBES = ("gradient_norm", "weight_norm")


@pytest.fixture(scope="module")
def arm(recipe):
    import dataclasses

    return dataclasses.replace(recipe, network=mlp(widths=(4,), dropout=0.2), probes=PROBES)


@pytest.fixture(scope="module")
def trained(arm):
    return execute(arm, SEEDS)[0]


@pytest.fixture
def blocks(monkeypatch):
    """The seeds of every block that is trained, in the order in which they begin."""
    trained = []
    train_block = replicas.train_block

    def recording(recipe, seeds):
        trained.append(list(seeds))
        return train_block(recipe, seeds)

    monkeypatch.setattr(replicas, "train_block", recording)
    return trained


def assert_same_bits(found, expected):
    np.testing.assert_array_equal(found.seeds, expected.seeds)
    for name in METRICS:
        assert getattr(found, name).tobytes() == getattr(expected, name).tobytes(), name
    assert found.probes.keys() == expected.probes.keys()
    for name in expected.probes:
        assert found.probes[name].tobytes() == expected.probes[name].tobytes(), name


def part(runs, index):
    """Return the runs of some of the seeds."""
    probes = {name: values[index] for name, values in runs.probes.items()}
    metrics = {name: getattr(runs, name)[index] for name in METRICS}
    return type(runs)(runs.seeds[index], **metrics, probes=probes)


def test_the_runs_are_shaped_as_asked(arm, trained):
    assert trained.seeds.tolist() == SEEDS
    for name in METRICS:
        assert getattr(trained, name).shape == (18, arm.epochs)
    assert trained.probes["weight_norm"].shape == (18, 2, 2)
    assert len(set(trained.test_loss[:, -1])) == 18  # every seed trained its own network


def test_a_seed_alone_in_its_block_trains_to_the_same_bits(arm, trained):
    for count in (1, 3, 8, 11):
        assert_same_bits(execute(arm, SEEDS[:count])[0], part(trained, slice(count)))


def test_a_seed_does_not_depend_on_its_neighbours(arm, trained):
    """In another place of the block, next to others: XLA rounds every slice alike here."""
    runs, _ = execute(arm, [7, SEEDS[3], 8, SEEDS[0]])
    for name in METRICS:
        found, expected = getattr(runs, name)[[3, 1]], getattr(trained, name)[[0, 3]]
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("compiled", [False, True])
def test_lanes_change_no_bit(arm, trained, monkeypatch, lanes, compiled):
    monkeypatch.setattr(replicas, "is_compiled", lambda recipe: compiled)
    alone = execute(arm, SEEDS)[0] if compiled else trained
    monkeypatch.setattr(backend, "lanes", lambda: lanes)
    assert_same_bits(execute(arm, SEEDS)[0], alone)


def test_what_is_stored_is_what_was_trained(arm, trained, store, blocks):
    first, count = execute(arm, SEEDS, store)
    assert count == len(SEEDS)
    assert len(blocks) == 3
    again, count = execute(arm, SEEDS, store)
    assert count == 0
    assert len(blocks) == 3
    assert_same_bits(first, trained)
    assert_same_bits(again, trained)


def test_a_block_of_which_a_run_is_missing_is_trained_again_to_the_same_bits(
    arm, trained, store, blocks
):
    for index in (0, 1, 2, *range(8, 16)):
        store.put({arm.key(SEEDS[index]): trained.row(index)})
    runs, count = execute(arm, SEEDS, store)
    assert sorted(blocks) == [SEEDS[:8], SEEDS[16:]]
    assert count == 7
    assert_same_bits(runs, trained)


def test_a_longer_list_of_seeds_keeps_what_a_shorter_one_stored(arm, trained, store, blocks):
    execute(arm, SEEDS[:8], store)
    assert_same_bits(execute(arm, SEEDS, store)[0], trained)
    assert sorted(blocks) == [SEEDS[:8], SEEDS[8:16], SEEDS[16:]]


def test_a_block_that_was_finished_before_a_crash_is_kept(arm, store, monkeypatch):
    train_block = replicas.train_block

    def crashing(recipe, seeds):
        if seeds[0] != SEEDS[0]:
            raise RuntimeError("power failure")
        return train_block(recipe, seeds)

    monkeypatch.setattr(replicas, "train_block", crashing)
    with pytest.raises(RuntimeError, match="power failure"):
        execute(arm, SEEDS, store)
    found = store.get([arm.key(seed) for seed in SEEDS])
    assert [row is not None for row in found] == [True] * 8 + [False] * 10


@pytest.mark.filterwarnings("error")
def test_a_run_that_diverges_says_so(but):
    wild, _ = execute(but(optimiser=sgd(1e30), network=mlp(widths=(4,), activation="linear")), [1])
    tame, _ = execute(but(network=mlp(widths=(4,), activation="linear")), [1])
    assert wild.diverged.tolist() == [True]
    assert tame.diverged.tolist() == [False]
    assert wild.test_loss[0, -1] == np.inf
    assert wild.test_accuracy[0, -1] == -np.inf


def test_evaluating_the_last_epochs_only_changes_none_of_their_bits(arm, trained):
    import dataclasses

    for last, columns in ((1, 1), (arm.epochs, arm.epochs), (arm.epochs + 5, arm.epochs)):
        runs, _ = execute(dataclasses.replace(arm, evaluate_last=last), SEEDS)
        for name in METRICS:
            expected = getattr(trained, name)[:, -columns:]
            np.testing.assert_array_equal(getattr(runs, name), expected)
        for name in PROBES:
            np.testing.assert_array_equal(runs.probes[name], trained.probes[name])


def test_a_run_that_is_evaluated_once_says_that_it_diverged(but):
    wild = but(optimiser=sgd(1e30), network=mlp(widths=(4,), activation="linear"), evaluate_last=1)
    runs, _ = execute(wild, [1])
    assert runs.diverged.tolist() == [True]
    assert runs.test_accuracy.tolist() == [[-np.inf]]


def test_without_an_epoch_there_are_probes_and_no_curve(arm):
    import dataclasses

    runs, _ = execute(dataclasses.replace(arm, epochs=0), SEEDS[:2])
    assert runs.train_loss.shape == (2, 0)
    norms = runs.probes["weight_norm"]
    np.testing.assert_array_equal(norms[:, 0], norms[:, 1])


HOLDS = """
import sys, time
from pathlib import Path
from hw4.store.store import Store
with Store(Path(sys.argv[1])).reserved(sys.argv[2], wait=False) as reserved:
    print(reserved, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def held(arm, store):
    """Let another process hold the second block of the arm; call it to let go."""
    command = [sys.executable, "-c", HOLDS, str(store.path), arm.key(SEEDS[8])]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "True\n"
        yield other
        other.kill()


def test_a_block_that_another_process_trains_is_left_for_last(arm, trained, store, blocks, held):
    found = []
    waiting = threading.Thread(target=lambda: found.append(execute(arm, SEEDS, store)))
    waiting.start()
    while len(blocks) < 2:
        time.sleep(0.01)
    assert sorted(blocks) == [SEEDS[:8], SEEDS[16:]]
    store.put({arm.key(SEEDS[index]): trained.row(index) for index in range(8, 16)})
    held.stdin.close()
    waiting.join()
    runs, count = found[0]
    assert count == 10  # what the other process trained is not counted
    assert len(blocks) == 2
    assert_same_bits(runs, trained)


def test_a_block_whose_process_was_killed_is_trained_here(arm, trained, store, blocks, held):
    threading.Timer(0.5, held.kill).start()
    runs, count = execute(arm, SEEDS, store)
    assert count == len(SEEDS)
    assert len(blocks) == 3
    assert_same_bits(runs, trained)
