"""Refractory neurons: rate and count variance of a renewal process, and longer intervals."""

import pytest
import torch

from spikedim.neurons import (
    LIFParameters,
    RefractoryEncoder,
    Reset,
    drive_for_rate,
    escape_step,
    firing_rate,
    init_state,
    lif_run,
)

HAZARD = 0.3
# Design, test 2: p = .3, T = 400, 20,000 trains; rate, and variance of the count over T.
EXPECTED = [(1, 0.2308, 0.0956), (3, 0.1579, 0.0306)]


@pytest.mark.parametrize(("silent", "rate", "variance"), EXPECTED)
def test_rate_and_count_variance_of_the_design(silent, rate, variance, generator):
    value = (1 + silent) * HAZARD / (1 + silent * HAZARD)
    encoder = RefractoryEncoder(refractory_steps=silent)
    rates = torch.full((20_000,), value)
    counts = encoder.encode(rates, steps=400, generator=generator).sum(dim=0)
    assert counts.mean().item() / 400 == pytest.approx(rate, rel=0.01)
    assert counts.var().item() / 400 == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize(("silent", "rate", "variance"), EXPECTED)
def test_an_escape_neuron_with_that_hazard_is_that_renewal_process(
    silent, rate, variance, generator
):
    # Leak 0 and a hard reset forget everything: the hazard is exp(I - v_th) = .3.
    neuron = LIFParameters(leak=0.0, reset=Reset.HARD, refractory_steps=silent)
    current = torch.full((4000,), 1.0 + torch.tensor(HAZARD).log().item())
    state, counts = init_state((4000,), neuron), torch.zeros(4000)
    for step in range(440):
        spikes, state = escape_step(current, state, neuron, generator=generator)
        counts += spikes if step >= 40 else 0
    assert counts.mean().item() / 400 == pytest.approx(rate, rel=0.01)
    # 4,000 counts: the standard error of a variance is 2.2 % of it.
    assert counts.var().item() / 400 == pytest.approx(variance, rel=0.09)


def measured_rate(drive, neuron, steps=4000):
    currents = torch.full((steps, 1), drive, dtype=torch.float64)
    spikes, _ = lif_run(currents, init_state((1,), neuron, dtype=torch.float64), neuron)
    return spikes[steps // 2 :].mean().item()


@pytest.mark.parametrize("reset", list(Reset))
@pytest.mark.parametrize("silent", [1, 3])
@pytest.mark.parametrize("leak", [0.5, 0.9, 1.0])
def test_every_interval_is_longer_by_the_refractory_period(reset, silent, leak):
    drive = 0.63
    free = LIFParameters(leak=leak, reset=reset)
    held = LIFParameters(leak=leak, reset=reset, refractory_steps=silent)
    rate = firing_rate(drive, free)
    assert firing_rate(drive, held) == pytest.approx(rate / (1 + silent * rate), abs=1e-12)
    assert measured_rate(drive, held) == pytest.approx(firing_rate(drive, held), abs=1e-3)


def test_the_fastest_neuron_fires_once_per_refractory_cycle():
    neuron = LIFParameters(leak=0.5, refractory_steps=2)
    drive = drive_for_rate(1 / 3, neuron)
    assert measured_rate(drive, neuron) == pytest.approx(1 / 3, abs=1e-3)
