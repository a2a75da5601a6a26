import functools
import subprocess
import sys

import numpy as np
import pytest

from hw4.models import cnn, mlp
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
    monkeypatch.setattr(peaks.sys, "executable", "/bin/false")
    with pytest.raises(OSError, match=r"^the process that measures peak memory failed: "):
        peaks.peak_memory(mlp(0), (2, 2, 1), 3, batch=2, images=4, seeds=[1])


@needs_linux
def test_a_measurement_that_fails_is_told_and_the_next_one_works():
    with pytest.raises(OSError, match=r"failed: .*got images of 2×2 pixels: expected at least 8×8"):
        peaks.peak_memory(cnn(), (2, 2, 1), 3, batch=2, images=4, seeds=[1])
    assert peaks.peak_memory(mlp(0), (2, 2, 1), 3, batch=2, images=4, seeds=[1]).shape == (1,)


@needs_linux
def test_a_measurement_leaves_no_memory_to_the_next_one():
    def peak(images):
        return peaks.peak_memory(mlp(0), (8, 8, 1), 3, batch=2, images=images, seeds=[1])[0]

    small, large, again = peak(4), peak(200_000), peak(4)
    assert large - small > 40  # 51 MB of pixels
    assert again == pytest.approx(small, abs=5)


def test_another_system_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(peaks, "_RESET", tmp_path / "clear_refs")
    assert not peaks.can_measure_peaks()
    with pytest.raises(OSError, match=r"^cannot measure peak memory: expected "):
        peaks.peak_memory(mlp(0), (2, 2, 1), 3, batch=2, images=4, seeds=[1])


MEASURES = """
from hw4.models import mlp
from hw4.training.peak_memory import peak_memory
peak_memory(mlp(0), (2, 2, 1), 3, batch=2, images=4, seeds=[1])
"""


@needs_linux
def test_the_process_that_measures_leaves_nothing_open():
    """At the interpreter's end, where a file left open is a warning."""
    command = [sys.executable, "-W", "error", "-c", MEASURES]
    process = subprocess.run(command, capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (0, "")
