"""Error laws, the identity and the mean field: values by hand and doors."""

import itertools
import math

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.circuits import (
    Emission,
    MeanField,
    gli_error_law,
    mean_field,
    mean_field_inhibition,
    softmax_identity_residual,
)
from spikedim.circuits.competition._gli_law import (
    attainable_rate,
    escape_bound,
    escape_rms,
    freedman,
    integrate_bound,
    phase_rms,
)


def test_two_equal_competitors_by_hand():
    # Escape: p = 1/2 each, variance T/4 each, moving along +-(1, -1)/2.
    assert gli_error_law([0.0, 0.0], steps=100, emission="escape") == pytest.approx(0.05)
    # Integrate-and-fire: sqrt((2 - 2 + 2/2) / 12) / T, and twice its variance from random phases.
    assert gli_error_law([5.0, 5.0], steps=100) == pytest.approx(math.sqrt(1 / 12) / 100)
    phase = gli_error_law([5.0, 5.0], steps=100, emission="random_phase")
    assert phase == pytest.approx(math.sqrt(1 / 6) / 100)


def test_a_masked_competitor_is_not_there():
    for emission in Emission:
        masked = gli_error_law([0.0, -np.inf, 1.0], steps=50, emission=emission)
        assert masked == pytest.approx(gli_error_law([0.0, 1.0], steps=50, emission=emission))


def test_one_competitor_makes_no_error():
    for emission in Emission:
        assert gli_error_law([[7.0]], steps=3, emission=emission).tolist() == [0.0]


def test_the_rate_is_the_budget_or_what_the_strongest_allows():
    attn = np.array([[0.5, 0.5], [0.8, 0.2]])
    assert attainable_rate(attn, 1.5).tolist() == [1.5, 1.25]


def test_certain_spikes_carry_no_noise():
    attn = np.array([[0.5, 0.5]])
    assert escape_rms(attn, np.array([200]), 100).tolist() == [0.0]  # both fire every step


def test_the_l1_bound_is_the_other_competitors_over_spikes():
    counts = np.array([[3, 1, 0], [5, 5, 0], [4, 0, 0]])
    competitors = np.array([3, 2, 1])
    assert integrate_bound(counts, competitors, residual=0.5).tolist() == [0.5, 0.1, 0.0]
    assert integrate_bound(counts, competitors, residual=1.0).tolist() == [1.0, 0.2, 0.0]


def test_no_residuals_of_half_a_spike_pass_the_l1_bound_and_some_reach_it():
    # sum |r_i - a_i R| <= n - 1: the identity with every sign pattern, from flat to one-hot rows.
    rng = np.random.default_rng(0)
    for n in (2, 3, 6):
        signs = np.array(list(itertools.product([-0.5, 0.5], repeat=n)))
        largest = 0.0
        rows = [spread * rng.standard_normal(n) for spread in (0.0, 1.0, 5.0)]
        for z in [*rows, 60 * np.eye(n)[0]]:
            attn = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
            moved = np.abs(signs - attn * signs.sum(axis=1, keepdims=True)).sum(axis=1)
            weighted = 2 * ((1 - attn) * np.abs(signs)).sum(axis=1)
            assert (moved <= weighted + 1e-12).all()
            assert weighted == pytest.approx(n - 1)
            largest = max(largest, moved.max())
        assert largest == pytest.approx(n - 1, rel=1e-3)


def test_random_phases_of_untouched_competitors_are_coins():
    attn, spikes = np.array([[0.98, 0.02]]), np.array([10])  # 9.8 and 0.2 spikes are expected
    along = 2 * 0.02**2, 2 * 0.98**2
    want = math.sqrt(along[0] / 6 + along[1] * 0.2 * 0.8) / 10
    assert phase_rms(attn, spikes)[0] == pytest.approx(want)
    attn, spikes = np.array([[0.5, 0.3, 0.2]]), np.array([20])
    law = math.sqrt((3 - 2 + 3 * np.square(attn).sum()) / 6) / 20
    assert phase_rms(attn, spikes)[0] == pytest.approx(law)


def test_freedmans_deviation_grows_with_variance_and_confidence():
    x = np.array([0.1, 1.0, 10.0, 1e4, 1e8])
    assert (np.diff(freedman(x, 5.0)) > 0).all()
    assert (freedman(x, 6.0) > freedman(x, 5.0)).all()
    # Large variance: the Gaussian deviation.
    assert freedman(np.array([1e10]), 5.0)[0] == pytest.approx(math.sqrt(2e10 * 5.0), rel=1e-4)
    # Both branches meet.
    a, b = freedman(np.array([5.0 / 0.99999e-3, 5.0 / 1.00001e-3]), 5.0)
    assert a == pytest.approx(b, rel=1e-4)


def test_the_escape_bound_shrinks_with_risk_and_ignores_certain_entries():
    attn, counts = np.array([[0.25, 0.75, 0.0]]), np.array([[20, 70, 0]])
    drive = np.array([90.0])
    options = {"steps": 90, "bounds": 3}
    safe = escape_bound(attn, counts, drive, failure=1e-9, **options)
    bold = escape_bound(attn, counts, drive, failure=1e-2, **options)
    assert 0 < bold[0] < safe[0]
    bare = escape_bound(attn[:, :2], counts[:, :2], drive, failure=1e-2, **options)
    assert bare.tolist() == bold.tolist()
    sure = escape_bound(np.array([[1.0, 0.0]]), np.array([[9, 0]]), drive, failure=0.5, **options)
    assert sure.tolist() == [0.0]


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "`steps` must be an integer >= 1; got 0"),
        ({"emission": "if"}, "`emission` must be one of"),
        ({"budget": 4.0}, r"`budget` must be in \(0, 2\]"),
    ],
)
def test_the_law_checks_its_door(options, message):
    with pytest.raises(InputError, match=f"^gli_error_law: {message}"):
        gli_error_law([0.0, 0.0], **{"steps": 5, **options})


def test_the_identity_sees_a_wrong_softmax(monkeypatch):
    from spikedim.circuits.competition import _identity

    monkeypatch.setattr(_identity, "softmax_rows", lambda z: np.full(z.shape, 1 / z.shape[1]))
    assert softmax_identity_residual([[0.0, 2.0]], [[3, 9]], [[2.0], [2.5]]).max() > 1e-3


@pytest.mark.parametrize(
    ("counts", "path", "message"),
    [
        ([[1, 2, 3]], [[0.0]], "`inhibition` must have shape"),
        ([[1, 2]], [[0.0, 1.0]], "`inhibition` must have shape"),
        ([[0, 0]], [[0.0]], "`counts` must be at least 0 with a spike in every row"),
        ([[3, -1]], [[0.0]], "`counts` must be at least 0 with a spike in every row"),
        ([[3, 1]], [[np.nan]], "`inhibition` must be finite"),
        ([[3, 1]], [0.0], "`inhibition` must have 2 axes"),
    ],
)
def test_the_identity_checks_its_door(counts, path, message):
    with pytest.raises(InputError, match=f"^softmax_identity_residual: {message}"):
        softmax_identity_residual([[0.0, 1.0]], counts, path)


def test_the_mean_field_by_hand():
    at = mean_field([0.0, math.log(3)], math.log(2), budget=1.0, gain=0.1)
    assert at.rates.tolist() == pytest.approx([0.5, 1.5])
    assert float(at.excess) == pytest.approx(2.0)
    assert float(at.inhibition_slope) == pytest.approx(0.1)
    assert float(at.lyapunov) == pytest.approx(0.25**2 + 0.75**2)
    assert float(at.lyapunov_slope) == pytest.approx(-2 * 0.1 * 2 * 0.625)
    assert MeanField.from_json(at.to_json()).rates.tolist() == at.rates.tolist()


def test_the_mean_field_rests_at_the_softmax_times_the_budget():
    z, rho = np.array([[1.0, 2.0, -np.inf], [0.0, 0.0, 0.0]]), 0.25
    rest = np.log(np.exp(z).sum(axis=1) / rho)
    at = mean_field(z, rest, budget=rho)
    np.testing.assert_allclose(at.lyapunov, 0, atol=1e-30)
    np.testing.assert_allclose(
        mean_field_inhibition(z, [0.0, 7.0, 1e6], start=rest, budget=rho),
        np.tile(rest, (3, 1)),
        rtol=1e-12,
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_field([0.0], -1e3), "mean_field: `inhibition` must leave finite rates"),
        (lambda: mean_field([0.0], 0.0, gain=0.0), "mean_field: `gain` must be above 0"),
        (lambda: mean_field([0.0], 0.0, budget=2.0), r"mean_field: `budget` must be in \(0, 1\]"),
        (lambda: mean_field([0.0], [0.0, 1.0]), "mean_field: `inhibition` must be a number or"),
        (
            lambda: mean_field_inhibition([0.0], [-1.0], start=0.0),
            "mean_field_inhibition: `times` must be at least 0; got -1",
        ),
        (
            lambda: mean_field_inhibition([0.0], [1.0], start=np.nan),
            "mean_field_inhibition: `start` must be finite",
        ),
    ],
)
def test_the_mean_field_checks_its_door(call, message):
    with pytest.raises(InputError, match=f"^{message}"):
        call()
