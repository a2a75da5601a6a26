"""A dropout ratio: the share of zeros is the rate of the layer, but for chance."""

import pytest
import torch


@pytest.fixture
def inputs(seed):
    torch.manual_seed(seed)
    return torch.rand(20, 50) + 1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_dropout_drops_its_rate(inputs, rate):
    outputs = torch.nn.Dropout(rate)(inputs)
    assert abs((outputs == 0).float().mean() - rate) < 0.03
    assert outputs.mean() == pytest.approx(inputs.mean().item(), rel=0.15)
