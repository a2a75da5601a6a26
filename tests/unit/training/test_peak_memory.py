import functools
import subprocess
import sys

import numpy as np
import pytest

from hw4.networks.models import Custom, cnn, mlp
from hw4.processes.channel import Channel
from hw4.store.store import open_store, using
from hw4.training import peak_memory as peaks

needs_linux = pytest.mark.skipif(not peaks.can_measure_peaks(), reason="cannot reset the peak")


@needs_linux
def test_a_peak_is_what_was_allocated_since_the_last_reset():
    def peak(megabytes):
        peaks._RESET.write_text("5", encoding="ascii")
        np.ones(megabytes * 125_000)
        return peaks._peak() / 1e6

    before, large, after = peak(1), peak(200), peak(1)
    assert large - before == pytest.approx(199, abs=5)
    assert after == pytest.approx(before, abs=5)


@needs_linux
def test_one_number_a_seed_in_megabytes():
    found = peaks.peak_memory(mlp(0), (2, 2, 1), 3, batch=2, images=4, seeds=[1, 5])
    assert found.shape == (2,)
    assert np.all((found > 100) & (found < 5000))  # Python, TensorFlow and next to nothing


@needs_linux
def test_a_process_that_does_not_start_is_told_in_one_sentence(monkeypatch):
    another = functools.cache(peaks._server.__wrapped__)  # the one that runs stays for other tests
    monkeypatch.setattr(peaks, "_server", another)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(OSError, match=r"^the process that measures peak memory failed: "):
        peaks.peak_memory(mlp(0), (2, 2, 1), 3, batch=2, images=4, seeds=[1])


@needs_linux
def test_a_measurement_that_fails_is_told_and_the_next_one_works():
    with pytest.raises(OSError, match=r"failed: .*got images of 2×2 pixels: expected at least 8×8"):
        peaks.peak_memory(cnn(), (2, 2, 1), 3, batch=2, images=4, seeds=[1])
    assert peaks.peak_memory(mlp(0), (2, 2, 1), 3, batch=2, images=4, seeds=[1]).shape == (1,)


@needs_linux
def test_an_answer_that_an_interrupt_left_waiting_is_not_the_next_one_s(monkeypatch):
    another = functools.cache(peaks._server.__wrapped__)
    monkeypatch.setattr(peaks, "_server", another)
    hear = Channel.hear

    def interrupted(channel):
        monkeypatch.setattr(Channel, "hear", hear)
        raise TimeoutError("a plugin has ended the test")

    monkeypatch.setattr(Channel, "hear", interrupted)
    with pytest.raises(TimeoutError, match="a plugin"):
        peaks.peak_memory(mlp(0), (2, 2, 1), 3, batch=2, images=4, seeds=[1, 2, 3])
    assert peaks.peak_memory(mlp(0), (2, 2, 1), 3, batch=2, images=4, seeds=[1]).shape == (1,)


@needs_linux
def test_a_measurement_leaves_no_memory_to_the_next_one():
    def peak(images):
        return peaks.peak_memory(mlp(0), (8, 8, 1), 3, batch=2, images=images, seeds=[1])[0]

    small, large, again = peak(4), peak(200_000), peak(4)
    assert large - small > 40  # 51 MB of pixels
    assert again == pytest.approx(small, abs=5)


@pytest.mark.parametrize("batch", [0, 5])
def test_a_batch_that_there_is_not_is_refused(batch):
    with pytest.raises(ValueError, match=rf"^peak_memory got batch={batch}: expected 1 to 4, its"):
        peaks.peak_memory(mlp(0), (2, 2, 1), 3, batch=batch, images=4, seeds=[1])


def test_another_system_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(peaks, "_RESET", tmp_path / "clear_refs")
    assert not peaks.can_measure_peaks()
    with pytest.raises(OSError, match=r"^cannot measure peak memory: expected "):
        peaks.peak_memory(mlp(0), (2, 2, 1), 3, batch=2, images=4, seeds=[1])


class Counting:
    """In place of the process that measures: says what it was asked for."""

    def __init__(self):
        self.asked = []

    def measure(self, task):
        *_, batch, images, seeds = task
        self.asked.append((batch, images, seeds))
        return [seed * 1_000_000 for seed in seeds]


@pytest.fixture
def counting(monkeypatch):
    server = Counting()
    monkeypatch.setattr(peaks, "_server", lambda: server)
    return server


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "runs.sqlite"
    yield path
    open_store(path).close()
    open_store.cache_clear()


def some_peaks(network=None, batch=2, images=4, seeds=(1, 5)):
    network = network or mlp(0)
    return peaks.peak_memory(network, (2, 2, 1), 3, batch=batch, images=images, seeds=seeds)


@needs_linux
def test_a_claims_peaks_are_kept_and_found_again(counting, store):
    with using(store):
        assert some_peaks().tolist() == some_peaks().tolist() == [1, 5]
        assert some_peaks(seeds=[5]).tolist() == [5]
    assert counting.asked == [(2, 4, [1, 5])]


@needs_linux
@pytest.mark.parametrize(
    "change", [{"network": mlp(1)}, {"batch": 3}, {"images": 5}, {"seeds": (1, 6)}], ids=str
)
def test_other_peaks_are_measured(counting, store, change):
    with using(store):
        some_peaks()
        some_peaks(**change)
    assert len(counting.asked) == 2


@needs_linux
@pytest.mark.parametrize("what", ["platform", "python_version"])
def test_peaks_of_another_system_are_measured(counting, store, monkeypatch, what):
    with using(store):
        some_peaks()
        peaks._system.cache_clear()
        monkeypatch.setattr(peaks.platform, what, lambda: "another")
        some_peaks()
    peaks._system.cache_clear()
    assert len(counting.asked) == 2


@needs_linux
def test_peaks_outside_a_claim_or_of_a_users_own_network_are_measured(counting, store):
    some_peaks()
    some_peaks()
    with using(store):
        some_peaks(Custom(len))
        some_peaks(Custom(len))
    assert len(counting.asked) == 4


MEASURES = """
from hw4.networks.models import mlp
from hw4.training.peak_memory import peak_memory
peak_memory(mlp(0), (2, 2, 1), 3, batch=2, images=4, seeds=[1])
"""


@needs_linux
def test_the_process_that_measures_leaves_nothing_open():
    """At the interpreter's end, where a file left open is a warning."""
    command = [sys.executable, "-W", "error", "-c", MEASURES]
    process = subprocess.run(command, capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (0, "")
