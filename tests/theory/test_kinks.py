"""Where the response law has no limit K: maxima over rates that are equal."""

import pytest
import torch
from scipy import integrate, stats
from torch import nn

from spikedim.response import response_trace, simulate_response

STEPS = (1024, 4096)


@pytest.fixture
def pooled():
    return nn.Sequential(nn.MaxPool2d(3), nn.Flatten())


def squared_maximum(count):
    """Return the mean square of the largest of some standard normals."""
    density = lambda z: count * stats.norm.pdf(z) * stats.norm.cdf(z) ** (count - 1)  # noqa: E731
    return integrate.quad(lambda z: z**2 * density(z), -8, 8)[0]


def scaled_errors(model, x, passes):
    found = simulate_response(model, x, steps=STEPS, passes=passes)
    return [point.steps * point.squared_error for point in found.points]


def test_noise_of_every_tied_rate_raises_a_maximum_whatever_the_steps(pooled):
    """A maximum of nine equal rates errs by E max(z)^2 = 2.56 times what its derivative says."""
    x = torch.full((64, 1, 3, 3), 0.5)
    trace = response_trace(pooled, x).value
    assert trace == pytest.approx(0.25)  # one of the nine carries the derivative
    want = squared_maximum(9)
    assert want == pytest.approx(2.56, abs=0.01)
    for found in scaled_errors(pooled, x, passes=64):
        assert found / trace == pytest.approx(want, rel=0.06)  # 4 s.e. of 4096 draws


def test_a_maximum_of_rates_that_differ_has_its_limit(pooled):
    x = torch.full((64, 1, 3, 3), 0.3)
    x[..., 1, 1] = 0.5
    trace = response_trace(pooled, x).value
    for found in scaled_errors(pooled, x, passes=64):
        assert found / trace == pytest.approx(1, rel=0.1)
