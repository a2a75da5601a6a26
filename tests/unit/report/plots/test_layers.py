"""Probes are drawn over what they were measured along."""

import pytest

from hw4.report.plots import layers
from hw4.report.plots.layers import BATCH_SIZES
from hw4.training import gradient_noise

DEPTH = [[1e-8, 1e-6, 1e-4, 1e-2, 1.0]] * 2  # before and after, by layer: a straight line


def test_a_gradients_norm_is_drawn_against_depth_on_a_log_axis(decided, arm, read):
    moved = [[value * 2 for value in DEPTH[0]], DEPTH[1]]
    record = decided([0.5, 0.4], arms=[arm("a, b", gradient_norm=[moved] * 3)])
    key, norm = read(layers(record))
    before, after = norm.paths("line")
    assert before.count("l") == after.count("l") == 1  # equal ratios are equal steps
    assert {"1", "2", "3", "4", "5"} <= set(norm.words())
    assert "before the first step" in key.words()


def test_what_training_left_alone_is_one_curve(decided, arm, read):
    record = decided([0.5, 0.4], arms=[arm("a, b", [], saturated_units=[[[0.1, 0.2]] * 2] * 3)])
    key, share = read(layers(record))
    assert len(share.paths("line")) == 1
    assert "before the first step" not in key.words()
    assert " ".join(key.words()[:2]).startswith(
        "before the first step and after the last: the same"
    )


def test_only_what_was_not_trained_is_called_untrained(decided, arm, read):
    arms = [arm("a, 0 epochs, b", [], saturated_units=[[[0.1, 0.2]] * 2] * 3)]
    key, _ = read(layers(decided([0.5, 0.4], arms=arms)))
    assert key.words()[0] == "untrained (median over seeds)"


def test_a_path_is_drawn_by_epoch(decided, arm, read):
    record = decided([0.5, 0.4], arms=[arm("a, b", path_length=[[3.0, 2.0, 2.5, 0.5]] * 3)])
    _, path = read(layers(record))
    assert path.paths("line")[0].count("l") == 3
    assert "epoch" in path.words()


@pytest.mark.parametrize("probe", ["gradient_cosine", "gradient_variance"])
def test_noise_is_drawn_by_batch_size(decided, arm, read, probe):
    record = decided(
        [0.5, 0.4], arms=[arm("a, b", [], **{probe: [[[0.1, 0.4, 0.7, 0.9]] * 2] * 3})]
    )
    _, noise = read(layers(record))
    assert {"1", "4", "16", "64", "batch size"} <= set(noise.words())


def test_the_batch_sizes_are_those_of_the_probes():
    assert BATCH_SIZES == gradient_noise.BATCH_SIZES


def test_a_gradient_of_zero_is_marked_below_the_log_axis(decided, arm, read):
    values = [[0.0, 0.0, 1e-3, 1.0]] * 2
    record = decided([0.5, 0.4], arms=[arm("a, b", gradient_norm=[values] * 3)])
    _, norm = read(layers(record))
    assert "▼ beyond the axis" in norm.words()
    assert norm.paths("line")[0].count("l") == 1


def test_a_probe_that_is_zero_everywhere_does_not_go_below_it(decided, arm, read):
    record = decided([0.5, 0.4], arms=[arm("a, b", zero_weights=[[[0.0, 0.0, 0.0]] * 2] * 3)])
    _, zeros = read(layers(record))
    assert not [words for words in zeros.words() if words.startswith("−")]


def test_an_unknown_probe_is_drawn_by_layer(decided, arm, read):
    record = decided([0.5, 0.4], arms=[arm("a, b", new_probe=[[[0.5, 0.2]] * 2] * 3)])
    _, new = read(layers(record))
    assert {"new probe", "layer"} <= set(new.words())


def test_no_probes_no_picture(decided, arm):
    old = arm("a, b")
    del old["probes"]
    assert layers(decided([0.5, 0.4], arms=[old])) == ""
    assert layers(decided([0.5, 0.4])) == ""
