"""What the study of the response law concludes, measured again on the smallest kept nets."""

from pathlib import Path

import numpy as np
import pytest
import torch

from spikedim.response import allocate, response_curve, response_trace, simulate_response
from spikedim.training import open_examples, open_run

STUDIES = Path(__file__).resolve().parents[2] / "studies"
STEPS = (3, 12, 24)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def twin():
    """Return a twin of the digits with pooled rates, and 96 test images with their classes."""
    run = open_run(STUDIES / "cpu_training" / "runs" / "digits-twin")
    test = open_examples("digits").test
    images, classes = test.take(np.arange(96))
    return run.model, test.normalise(images), classes


@pytest.fixture(scope="module")
def trace(twin):
    model, x, _ = twin
    return response_trace(model, x)


@pytest.fixture(scope="module")
def truth(twin):
    model, x, y = twin
    draws = torch.Generator().manual_seed(1)
    found = simulate_response(model, x, y, steps=STEPS, passes=24, generator=draws)
    return [found.at(count) for count in STEPS]


def test_checked_points_predict_what_the_first_order_does_not(twin, trace, truth):
    """K / T is far off where rates are pooled; a curve through checked points is not."""
    model, x, y = twin
    curve = response_curve(model, x, y, trace=trace, passes=8)
    off = [abs(curve.at(p.steps).squared_error / p.squared_error - 1) for p in truth]
    first = [abs(trace.value / p.steps / p.squared_error - 1) for p in truth]
    assert max(off) < 0.35
    assert np.mean(off) < 0.5 * np.mean(first)
    points = [abs(curve.at(p.steps).accuracy - p.accuracy) for p in truth]
    assert max(points) < 0.05


def test_unequal_steps_err_less_at_the_same_spikes(twin, trace):
    model, x, _ = twin
    offered = allocate(trace, steps=8)
    found = simulate_response(model, x, steps=(8,), allocations=[offered.steps], passes=8)
    equal, unequal = found.points
    assert unequal.spikes == pytest.approx(equal.spikes, rel=0.03)
    assert unequal.squared_error < 0.75 * equal.squared_error


def test_sigma_delta_answers_better_than_independent_spikes(twin, truth):
    model, x, y = twin
    found = simulate_response(model, x, y, steps=STEPS, code="sigma_delta")
    for fixed, drawn in zip(found.points, truth, strict=True):
        assert fixed.squared_error < 0.5 * drawn.squared_error
        assert fixed.accuracy >= drawn.accuracy - 0.01
