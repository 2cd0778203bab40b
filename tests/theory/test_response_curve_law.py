"""The small-T law where mathematics gives the answer, and where it must not be used."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from tests.trace_examples import Linear, generator, matrix, uniform

from spikedim.response import CurveVariant, response_curve
from spikedim.response.curve._decision_law import DecisionLaw, effective_steps
from spikedim.response.curve._error_law import ErrorLaw, is_guarded

RUNS = Path(__file__).parents[2] / "studies" / "cpu_training" / "runs"


def law(steps, **changes):
    given = {
        "variant": CurveVariant.TWO_POINT, "interpolated": False, "steps": steps, "exponent": 1,
        "limit": 1.0, "own": False,
    }  # fmt: skip
    return ErrorLaw(**(given | changes))


def test_one_rectifier_loses_a_known_share_to_its_kink():
    # Mean over noise xi of the integral over z of (relu(z + xi) - relu(z))^2 - xi^2 1(z > 0).
    def over_z(xi):
        def excess(z):
            return (max(z + xi, 0.0) - max(z, 0.0)) ** 2 - (xi**2 if z > 0 else 0.0)

        return quad(excess, -abs(xi), abs(xi), points=[0.0])[0]

    def weighted(xi):
        return over_z(xi) * math.exp(-xi * xi / 2) / math.sqrt(2 * math.pi)

    found = quad(weighted, -9, 9, points=[0.0])[0]
    assert found == pytest.approx(-math.sqrt(2 / math.pi) / 3, abs=1e-6)
    assert found == pytest.approx(-0.26596, abs=1e-5)


def test_a_sinusoid_follows_the_exponential_law_and_the_free_form_bounds_it():
    omega, draws = 3.0, 400_000
    phase = 2 * math.pi * uniform(draws, seed=1)
    noise = torch.randn(draws, generator=generator(2), dtype=torch.float64)
    trace, limit = omega**2 / 2, 1.0
    free = law((), variant=CurveVariant.FREE, limit=limit)
    for steps in (1, 2, 4, 8, 32, 128):
        moved = torch.sin(phase + omega * noise / math.sqrt(steps)) - torch.sin(phase)
        found = float(moved.square().mean())
        assert found == pytest.approx(limit * (1 - math.exp(-trace / steps)), rel=0.03)
        predicted = float(free.errors(np.asarray([float(steps)]), np.log([trace]))[0])
        assert predicted <= found * 1.02  # k = 1 lies below k = infinity
        assert predicted == pytest.approx(found, rel=0.35)


@pytest.mark.parametrize("steps", [(1, 4), (2, 8), (1, 2, 4, 16, 64)])
def test_the_law_passes_through_its_points(steps):
    errors = 7.0 / (np.asarray(steps) + 2.0) * (1 + 0.1 * np.sin(np.arange(len(steps))))
    logs = np.log([7.0, *errors])
    form = law(steps, interpolated=len(steps) > 2)
    np.testing.assert_allclose(form.errors(np.asarray(steps, float), logs), errors, rtol=1e-12)


def test_more_points_agree_with_two_where_two_hold():
    steps, asked = (1, 4, 16, 64), np.arange(1.0, 300)
    errors = 50.0 / (np.asarray(steps) + 5.0)
    logs = np.log([50.0, *errors])
    two = law((1, 4)).errors(asked, logs[:3])
    np.testing.assert_allclose(two, 50.0 / (asked + 5.0), rtol=1e-12)
    more = law(steps, interpolated=True).errors(asked, logs)
    np.testing.assert_allclose(more, two, rtol=0.025)


def test_a_pole_is_seen():
    near, far = np.log([1.0, 1 / 0.29, 1 / 1.4]), np.log([1.0, 1 / 1.4, 1 / 4.6])
    assert not is_guarded(law((1, 4)), near)
    assert is_guarded(law((1, 4)), far)


@pytest.mark.parametrize(("ratio", "decay"), [(0.5, 1.0), (3.0, 0.5)])
def test_the_ratio_goes_to_one_behind_the_last_point(ratio, decay):
    steps = (1, 4, 64)
    logs = np.log([1.0, 2.0, 0.5, ratio / 64])
    asked = np.asarray([64.0 * 4**k for k in range(12)])
    found = law(steps, interpolated=True).errors(asked, logs) * asked
    expected = 1 / (1 + (1 / ratio - 1) * (64 / asked) ** decay)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    own = law(steps, interpolated=True, own=True).errors(asked, logs) * asked
    np.testing.assert_allclose(own, ratio, rtol=1e-9)


def test_a_linear_network_has_no_saturation():
    curve = response_curve(
        Linear(matrix(4, 6)), uniform(60, 6, seed=1), passes=40, generator=generator()
    )
    for steps, a, sd in zip(
        curve.calibration_steps, curve.coefficients, curve.calibration_deviations, strict=True
    ):
        assert abs(a) < 3.5 * sd * (steps + a)


def test_accuracy_is_taken_at_its_own_effective_steps():
    # h = 30 at both points, a = 3: A(T + a) is another accuracy than the measured one.
    grid = np.geomspace(0.01, 1e4, 300)
    accuracies = 0.95 - 0.85 * np.exp(-grid)
    measured = np.interp([1 / 31, 16 / 34], grid, accuracies)
    found = DecisionLaw((1, 4), measured, 0.95, grid, accuracies, (1, 4))
    np.testing.assert_allclose(found.at(np.asarray([1.0, 4.0])), measured, atol=2e-3)
    wrong = np.interp(4 + 3, grid, accuracies)
    assert wrong - found.at(np.asarray([4.0]))[0] > 0.3


def test_two_effective_steps_have_a_line_of_h():
    steps, h = np.asarray([1.0, 4.0]), np.asarray([3.0, 5.0])
    taus = steps**2 / (steps + h)
    asked = np.asarray([2.0, 16.0])
    np.testing.assert_allclose(
        effective_steps(asked, steps, taus), asked**2 / (asked + np.asarray([4.0, 7.0])), rtol=1e-12
    )
    # Kept clear of the pole.
    assert effective_steps(np.asarray([4.0]), steps, 30 * steps)[0] == pytest.approx(20.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits-twin", "digits-noise"])
def test_kept_twins_are_predicted(name):
    from spikedim.response import response_trace, simulate_response
    from spikedim.training import batches_of, open_examples, open_run, spread

    run = open_run(RUNS / name)
    examples = open_examples(run.record.data).test
    rows = spread(len(examples.inputs), 128)
    batches = list(batches_of(examples, rows, 64, run.model.head.weight))
    x, y = (torch.cat(part) for part in zip(*batches, strict=True))
    trace = response_trace(run.model, x)
    curve = response_curve(run.model, x, y, trace=trace, passes=12, generator=generator(1))
    truth = simulate_response(
        run.model, x, y, steps=(2, 3, 6, 12, 24), passes=24, generator=generator(2)
    )
    off = [abs(curve.at(p.steps).squared_error / p.squared_error - 1) for p in truth.points]
    missed = [abs(curve.at(p.steps).accuracy - p.accuracy) for p in truth.points]
    assert np.mean(off) < 0.1
    assert max(off) < 0.25
    assert max(missed) < 0.05
