"""The bounds of random circuits with every constant written out: unions, variances, drives."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from spikedim.circuits import exp_taylor_coincidence, gli, gli_step, init_gli_state, taylor_order
from spikedim.circuits.competition._gli_law import escape_bound
from spikedim.circuits.exponential._exp_entries import deviation


def freedman(variance, log_odds):
    """Solve x ((1 + u) ln(1 + u) - u) = l for a = x u by bracketing, or its weaker closed form."""
    u = brentq(lambda u: variance * ((1 + u) * math.log1p(u) - u) - log_odds, 1e-9, 1e9, xtol=1e-13)
    weaker = log_odds / 3 + math.sqrt(log_odds**2 / 9 + 2 * log_odds * variance)
    return min(variance * u, weaker)


def test_the_escape_bound_has_its_union_over_rows_competitors_signs_and_cells():
    attn, counts = np.array([[0.5, 0.25, 0.25]]), np.array([[30, 20, 14]])
    got = escape_bound(attn, counts, np.array([64.0]), steps=128, bounds=6, failure=1e-6)
    cells = 8 * (7 + 40) + 1  # eighths of a doubling from 2**-40 to 2**7 >= T
    log_odds = math.log(2 * 6 * cells / 1e-6)
    first = freedman(0.5 * 0.5 * 64, log_odds)  # 16: on the grid
    other = freedman(2 ** (29 / 8), log_odds)  # 0.25 * 0.75 * 64 = 12, rounded up
    assert got[0] == pytest.approx(math.sqrt(first**2 + 2 * other**2) / 64, rel=1e-9)


def test_the_certificate_of_escape_uses_the_whole_drive_of_its_run():
    z, steps = np.array([0.0, 0.0]), 40
    noise = np.random.default_rng(5).random((steps, 1, 2))
    certificate = gli([z], steps=steps, emission="escape", noise=noise).certificate
    state, drive, counts = init_gli_state(z), 0.0, np.zeros(2)
    for uniforms in noise[:, 0]:
        spikes, state = gli_step(state, z, emission="escape", uniforms=uniforms)
        drive += 2 * math.exp(-float(state.feedback))  # both weights are 1
        counts += spikes
    cell = 2 ** (math.ceil(8 * math.log2(0.25 * drive)) / 8)
    deviation_of_each = freedman(cell, math.log(2 * 2 * (8 * (6 + 40) + 1) / 1e-6))
    want = math.sqrt(2) * deviation_of_each / counts.sum()
    assert certificate.bound == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize(
    ("variance", "steps", "want"),
    [
        (4.0, 100, None),  # Bernstein
        (25.0, 100, 10 * math.sqrt(math.log(2 * 5 / 1e-6) / 200)),  # Hoeffding: of the range 10
        (25.0, 2, 10.0),  # the range itself
    ],
)
def test_the_deviation_of_an_exponential_has_its_union_over_entries(variance, steps, want):
    log = math.log(2 * 5 / 1e-6)
    if want is None:
        first = 10 * log / (3 * steps)
        want = first + math.sqrt(first**2 + 2 * variance * log / steps)
        assert want == pytest.approx(1.7935, abs=1e-4)
    assert deviation(np.array([variance]), 10.0, steps, 5)[0] == pytest.approx(want)


def test_each_circuit_takes_the_union_over_all_its_entries():
    def bound(entries):
        got = exp_taylor_coincidence(
            np.zeros(entries),
            half_range=1.0,
            order=taylor_order(half_range=1.0, error=1e-15),
            steps=10**9,
            generator=np.random.default_rng(0),
        )
        return got.certificate.bound

    # For many steps the deviation is sqrt(2 variance ln(2 entries / 1e-6) / T).
    want = math.sqrt(math.log(2 * 1000 / 1e-6) / math.log(2 / 1e-6))
    assert bound(1000) / bound(1) == pytest.approx(want, rel=1e-3)
