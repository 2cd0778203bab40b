"""Coincidence exponentials against their laws and against spikes simulated step by step."""

import math

import numpy as np
import pytest
from scipy import special, stats

from spikedim.circuits import (
    exp_bernoulli_factory,
    exp_taylor_coincidence,
    published_exp_series,
    taylor_bias,
    taylor_order,
    taylor_steps,
    taylor_variance,
)


def rng(seed=0):
    return np.random.default_rng(seed)


def simulated_coincidences(rate, order, steps, runs, generator, *, nested):
    """Return counts of coincidences [runs, order] and input spikes [runs], spike by spike."""
    counts = np.zeros((runs, order), dtype=int)
    spikes = np.zeros(runs, dtype=int)
    if nested:
        trains = generator.random((runs, steps, order)) < rate
        spikes += trains.sum(axis=(1, 2))
        counts += np.logical_and.accumulate(trains, axis=2).sum(axis=1)
        return counts, spikes
    for j in range(1, order + 1):
        trains = generator.random((runs, steps, j)) < rate
        spikes += trains.sum(axis=(1, 2))
        counts[:, j - 1] = trains.all(axis=2).sum(axis=1)
    return counts, spikes


@pytest.mark.parametrize(
    ("half_range", "orders"),
    [(1.0, (6, 8, 12)), (2.0, (9, 11, 17)), (3.0, (12, 15, 21)), (5.0, (18, 21, 28))],
)
def test_orders_of_the_design(half_range, orders):
    got = [taylor_order(half_range=half_range, error=e) for e in (1e-2, 1e-3, 1e-6)]
    assert got == list(orders)


@pytest.mark.parametrize("half_range", [0.5, 1.0, 2.0, 3.0, 5.0, 10.0])
@pytest.mark.parametrize("error", [1e-2, 1e-6])
def test_closed_form_of_the_order_is_enough(half_range, error):
    enough = math.ceil(max(2 * half_range * math.e**2, math.log(2 / error))) - 1
    assert enough >= taylor_order(half_range=half_range, error=error)


@pytest.mark.parametrize("half_range", [0.7, 2.0, 3.0])
@pytest.mark.parametrize("order", [1, 5, 11])
def test_truncation_is_within_its_bound_and_worst_at_the_upper_end(half_range, order):
    z = np.linspace(-half_range, half_range, 101)
    bias = taylor_bias(z, half_range=half_range, order=order)
    bound = math.exp(half_range) * stats.poisson.sf(order, 2 * half_range)
    assert (bias <= 0).all()
    assert (-bias <= bound * (1 + 1e-12)).all()
    assert -bias[-1] == pytest.approx(bound, rel=1e-9)


@pytest.mark.parametrize(("streams", "want"), [("fresh", 0.694), ("nested", 2.09)])
def test_relative_variance_of_the_design(streams, want):
    got = exp_taylor_coincidence(
        np.zeros(4000), half_range=2.0, order=13, streams=streams, steps=256, generator=rng()
    )
    assert 256 * got.value.var() == pytest.approx(want, rel=0.15)
    law = taylor_variance([0.0], half_range=2.0, order=13, steps=256, streams=streams)
    assert 256 * law[0] == pytest.approx(want, rel=0.005)


@pytest.mark.parametrize("nested", [False, True])
def test_drawn_counts_follow_the_law_of_simulated_streams(nested):
    half_range, z, order, steps, runs = 1.0, 0.2, 4, 32, 1000
    counts, spikes = simulated_coincidences(0.6, order, steps, runs, rng(1), nested=nested)
    weights = [math.exp(-1) * 2**j / math.factorial(j) for j in range(order + 1)]
    simulated = weights[0] + counts @ np.array(weights[1:]) / steps
    streams = "nested" if nested else "fresh"
    drawn, drawn_spikes = [], []
    generator = rng(2)
    for _ in range(runs):
        got = exp_taylor_coincidence(
            [z],
            half_range=half_range,
            order=order,
            streams=streams,
            steps=steps,
            generator=generator,
        )
        drawn.append(got.value[0])
        drawn_spikes.append(got.spikes[0].spikes)
    assert stats.ks_2samp(simulated, drawn).pvalue > 1e-3
    assert stats.ks_2samp(spikes, drawn_spikes).pvalue > 1e-3
    # Spikes and value are drawn together: their correlation is that of the simulation.
    want = np.corrcoef(simulated, spikes)[0, 1]
    assert np.corrcoef(drawn, drawn_spikes)[0, 1] == pytest.approx(want, abs=0.1)


def test_sharing_streams_costs_two_to_five_times_the_variance():
    for half_range in (1.0, 2.0, 3.0):
        order = taylor_order(half_range=half_range, error=1e-6)
        z = np.linspace(-half_range / 2, half_range / 2, 9)
        fresh, nested = (
            taylor_variance(z, half_range=half_range, order=order, steps=1, streams=kind)
            for kind in ("fresh", "nested")
        )
        assert (nested > 1.5 * fresh).all()
        assert (nested < 6 * fresh).all()


@pytest.mark.parametrize("half_range", [0.5, 1.0, 2.0, 3.0])
def test_amplification_is_at_most_e_to_the_m(half_range):
    order = taylor_order(half_range=half_range, error=1e-12)
    z = np.linspace(-half_range, half_range, 201)
    r = (z + half_range) / (2 * half_range)
    relative = {
        kind: taylor_variance(z, half_range=half_range, order=order, steps=1, streams=kind)
        / np.exp(2 * z)
        for kind in ("fresh", "nested")
    }
    assert (relative["nested"] <= np.exp(4 * half_range * (np.sqrt(r) - r))).all()
    assert relative["nested"].max() <= math.exp(half_range)
    bessel = np.exp(-4 * half_range * r) * special.iv(0, 4 * half_range * np.sqrt(r))
    assert (relative["fresh"] <= bessel).all()
    if half_range >= 2:
        assert relative["nested"].max() > math.exp(half_range) / 3
        assert abs(z[relative["nested"].argmax()] + half_range / 2) < half_range / 2


def test_steps_for_a_relative_error_are_enough_everywhere():
    half_range, epsilon = 2.0, 0.1
    steps = taylor_steps(half_range=half_range, epsilon_relative=epsilon)
    z = np.linspace(-half_range, half_range, 41)
    for kind in ("fresh", "nested"):
        law = taylor_variance(z, half_range=half_range, order=17, steps=steps, streams=kind)
        assert (np.sqrt(law) <= epsilon * np.exp(z)).all()


@pytest.mark.parametrize("circuit", [exp_taylor_coincidence, exp_bernoulli_factory])
def test_error_falls_with_the_root_of_steps(circuit):
    steps = 2 ** np.arange(4, 17, 2)
    z = np.linspace(-1, 1, 2000)
    errors = [
        circuit(z, half_range=1.0, steps=int(t), generator=rng(t)).certificate.rms_error
        for t in steps
    ]
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(-0.5, abs=0.03)


@pytest.mark.parametrize(
    "circuit", [exp_taylor_coincidence, exp_bernoulli_factory, published_exp_series]
)
def test_measured_error_follows_the_law(circuit):
    z = np.linspace(-2, 2, 5000)
    got = circuit(z, half_range=2.0, steps=128, generator=rng()).certificate
    assert got.rms_error == pytest.approx(got.rms_law, rel=0.05)


def test_factory_rate_of_the_design():
    got = exp_bernoulli_factory([0.5], half_range=2.0, steps=400_000, generator=rng())
    assert got.value[0] / math.exp(2) == pytest.approx(0.2231, abs=0.003)


def test_factory_simulated_gate_by_gate_has_the_same_law():
    half_range, z, steps, runs = 1.0, 0.2, 64, 1000
    generator = rng(1)
    wanted = generator.poisson(2 * half_range, (runs, steps))
    pool = wanted.max()
    gated = np.arange(pool) < wanted[:, :, None]
    fires = gated & (generator.random(gated.shape) < (z + half_range) / (2 * half_range))
    outputs = (fires.sum(axis=2) - gated.sum(axis=2) >= 0).sum(axis=1)  # the wiring's weights
    drawn = [
        [part.spikes for part in got.spikes]
        for got in (
            exp_bernoulli_factory([z], half_range=half_range, steps=steps, generator=generator)
            for _ in range(runs)
        )
    ]
    gates, inputs, coincidence = np.array(drawn).T
    assert stats.ks_2samp(gated.sum(axis=(1, 2)), gates).pvalue > 1e-3
    assert stats.ks_2samp(fires.sum(axis=(1, 2)), inputs).pvalue > 1e-3
    assert stats.ks_2samp(outputs, coincidence).pvalue > 1e-3
    want = np.corrcoef(gated.sum(axis=(1, 2)), outputs)[0, 1]
    assert np.corrcoef(gates, coincidence)[0, 1] == pytest.approx(want, abs=0.1)
    assert abs(np.corrcoef(inputs, coincidence)[0, 1]) < 0.1


def test_a_stream_that_meets_itself_gives_its_rate_not_a_power():
    stream = rng().random(200_000) < 0.6
    assert (stream & stream & stream).mean() == pytest.approx(0.6, abs=0.005)
    three = rng(1).random((3, 200_000)) < 0.6
    assert three.all(axis=0).mean() == pytest.approx(0.6**3, abs=0.005)


def test_published_series_tends_to_the_exponential_of_the_rate():
    z = np.linspace(-2, 2, 9)
    errors = []
    for steps in (1 << 10, 1 << 20):
        got = published_exp_series(z, half_range=2.0, steps=steps, generator=rng())
        errors.append(got.certificate.error)
    np.testing.assert_allclose(got.value, np.exp((z + 2) / 4), rtol=0.01)
    assert errors[1] == pytest.approx(math.exp(2) - math.e, rel=0.01)
    assert errors[1] > 0.9 * errors[0]  # more steps do not help


@pytest.mark.parametrize("circuit", [exp_taylor_coincidence, exp_bernoulli_factory])
def test_certificate_holds_and_is_not_empty(circuit):
    z = np.linspace(-2, 2, 500)
    for steps in (1, 16, 256, 4096, 1 << 16):
        got = circuit(z, half_range=2.0, steps=steps, generator=rng(steps)).certificate
        assert got.holds is True
        assert got.error > got.bound / 30


def test_certificate_fails_if_the_estimate_is_not_of_this_law():
    # A bound that no wrong value could pass would prove nothing: halve the steps it speaks of.
    z = np.zeros(4000)
    got = exp_taylor_coincidence(z, half_range=2.0, steps=4096, generator=rng())
    few = exp_taylor_coincidence(z, half_range=2.0, steps=64, generator=rng())
    assert np.abs(few.value - 1).max() > got.certificate.bound
