"""Theorem 6.3: the dimension of data replaces the number of neurons behind a projecting decoder."""

import pytest
import torch

from spikedim.models import PrincipalRates, ProjectingDecoder, code_rates
from spikedim.models.decoders._held_out import flat_directions

NEURONS, SAMPLES, STEPS = 256, 400, 4


def generator(seed):
    return torch.Generator().manual_seed(seed)


def basis(directions, draw):
    square = torch.randn(NEURONS, directions, generator=draw, dtype=torch.float64)
    return torch.linalg.qr(square).Q


def spikes_of(rates, draw):
    return code_rates(rates, steps=STEPS, generator=draw)


@pytest.mark.parametrize("directions", [8, 32, 128])
def test_error_behind_the_projection_is_the_noise_inside_the_subspace(directions):
    draw = generator(directions)
    along = basis(directions, draw)
    mean = 0.2 + 0.6 * torch.rand(NEURONS, generator=draw, dtype=torch.float64)
    c = 2 * torch.rand(SAMPLES, directions, generator=draw, dtype=torch.float64) - 1
    rates = mean + 0.8 * c @ along.T / directions**0.5
    rates = rates.clamp(0, 1) if (rates < 0).any() or (rates > 1).any() else rates
    decoder = ProjectingDecoder(mean, along, torch.ones(directions)).double()
    spikes = spikes_of(rates, draw)
    noise = rates * (1 - rates)
    projected = STEPS * (decoder(spikes[None])[0] - decoder(rates[None])[0]).square().sum(dim=1)
    inside = (noise @ along.square()).sum(dim=1)  # tr(U' D U) of each sample
    # Each sample's error has a relative deviation of about sqrt(2 / k).
    assert projected.mean() == pytest.approx(
        float(inside.mean()), rel=4 * (2 / (directions * SAMPLES)) ** 0.5
    )
    raw = STEPS * (spikes - rates).square().sum(dim=1).mean()
    assert raw == pytest.approx(float(noise.sum(dim=1).mean()), rel=0.05)
    assert projected.mean() / raw == pytest.approx(directions / NEURONS, rel=0.2)


def test_wiener_error_is_noise_times_ridge_dimension():
    draw = generator(1)
    along = basis(64, draw)
    variance = 0.5 * torch.arange(1, 65, dtype=torch.float64) ** -1.5
    c = torch.randn(4 * SAMPLES, 64, generator=draw, dtype=torch.float64)
    rates = (0.5 + c * variance.sqrt() @ along.T).clamp(0, 1)
    per_neuron = (rates * (1 - rates)).mean(dim=0)
    v = float(per_neuron.mean())
    known = PrincipalRates(
        mean=torch.full((NEURONS,), 0.5),
        basis=along,
        variance=variance,
        signal=variance,
        noise=per_neuron @ along.square(),
        outside_signal=0.0,
        total_variance=float(variance.sum()),
        total_noise=NEURONS * v,
        samples=len(rates),
    )
    decoder = known.decoder("wiener", code_steps=STEPS).double()
    error = (decoder(spikes_of(rates, draw)[None])[0] - rates).square().sum(dim=1).mean()
    ridge = float((variance / (variance + v / STEPS)).sum())
    assert error == pytest.approx(v / STEPS * ridge, rel=0.05)
    raw = NEURONS * v / STEPS
    assert error < 0.1 * raw


def test_the_wiener_gain_is_the_best_one():
    draw = generator(2)
    along = basis(4, draw)
    c = 0.8 * torch.randn(4 * SAMPLES, 4, generator=draw, dtype=torch.float64)
    rates = (0.5 + c @ along.T).clamp(0, 1)
    spikes = spikes_of(rates, draw)[None]
    signal = ((rates - 0.5) @ along).square().mean(dim=0)
    noise = (rates * (1 - rates)).mean(dim=0) @ along.square()
    best = signal / (signal + noise / STEPS)

    def error(gains):
        decoder = ProjectingDecoder(torch.full((NEURONS,), 0.5), along, gains).double()
        return float((decoder(spikes)[0] - rates).square().sum())

    assert error(best) < min(error(best * 0.9), error(best * 1.1), error(torch.ones(4)))


def test_held_out_signal_is_that_of_new_samples_and_eigenvalues_are_not():
    draw = generator(3)
    scale = torch.arange(1, NEURONS + 1, dtype=torch.float64) ** -0.4
    x = torch.randn(80, NEURONS, generator=draw, dtype=torch.float64) * scale
    found = flat_directions(x @ x.T, None)
    known = len(found.signal)
    assert known == 59  # of three quarters of the samples, about their mean
    along = ((x - x.mean(dim=0)).T @ found.basis)[:, :known]
    truth = float((scale.square() @ along.square()).sum())  # what the next sample has
    # Directions of fewer samples are a little worse, so the estimate is on the safe side.
    assert 0.8 * truth < found.signal.sum() < 1.02 * truth
    assert found.variance[:known].sum() > 1.8 * truth
    assert found.rest == pytest.approx(float(scale.square().sum()) - truth, rel=0.15)
