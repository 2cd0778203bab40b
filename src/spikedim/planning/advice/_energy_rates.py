"""Energy of an outcome: picojoule a spike of every population, from counts of operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from spikedim._core import AbstractProgress
from spikedim.energy import Rules, count_operations, price
from spikedim.models import AbstractSpikingTransformer, Coding

__all__ = ["COUNTED", "EnergyRates", "counted_mj", "energy_rates"]

COUNTED = 8  # samples whose operations are counted


@final
@dataclass(frozen=True)
class EnergyRates:
    """Energy as a linear function of spikes.

    Parameters
    ----------
    rules : Rules
        Rule set of the prices.
    fixed_mj : float
        Millijoule that no spike of a population causes: the stem of a static image and the rest.
    spike_mj : dict of str to float
        Millijoule a spike of each population causes in the layers that read it.
    """

    rules: Rules
    fixed_mj: float
    spike_mj: dict[str, float]

    def of(self, spikes: Mapping[str, float]) -> float:
        """Return millijoule of one inference with so many spikes of every population."""
        return self.fixed_mj + sum(
            (self.spike_mj.get(name, 0.0) * number for name, number in spikes.items()), start=0.0
        )

    def step_pj(self, spikes_per_step: Mapping[str, float]) -> dict[str, float]:
        """Return picojoule of one step of every population, at least a little of each."""
        own = {name: 1e9 * self.spike_mj[name] * n for name, n in spikes_per_step.items()}
        least = 1e-3 * max(own.values(), default=1.0)  # what no layer reads costs its spikes
        return {name: max(value, least) for name, value in own.items()}


def energy_rates(
    model: AbstractSpikingTransformer,
    x: Tensor,
    *,
    steps: int,
    rules: Rules,
    progress: AbstractProgress,
) -> EnergyRates:
    """Count a few samples at T, and with the steps of each population doubled in turn."""
    if model.coding is not Coding.RATES:
        return _of_steps(model, x, steps=steps, rules=rules)
    names = list(model.code_lengths(steps))
    energy, spikes = _counted(model, x, dict.fromkeys(names, steps), rules)
    rates: dict[str, float] = {}
    for name in progress.track(names, "price spikes", float(len(names))):
        doubled, fired = _counted(model, x, {**dict.fromkeys(names, steps), name: 2 * steps}, rules)
        more = fired[name] - spikes[name]
        rates[name] = max(doubled - energy, 0.0) / more if more > 0 else 0.0
    caused = sum(rates[name] * spikes[name] for name in names)
    return EnergyRates(rules, max(energy - caused, 0.0), rates)


def counted_mj(
    model: AbstractSpikingTransformer,
    x: Tensor,
    lengths: int | Mapping[str, int],
    rules: Rules,
) -> float:
    """Return millijoule of a twin on a few samples, with nearest counts, which draw nothing."""
    counts = count_operations(model, x[:COUNTED], code_steps=lengths, code="sigma_delta")
    return price(counts, rules=rules).value_mj


def _counted(
    model: AbstractSpikingTransformer, x: Tensor, lengths: Mapping[str, int], rules: Rules
) -> tuple[float, dict[str, float]]:
    """Return energy and spikes."""
    found = model.count_spikes(x, code_steps=lengths, code="sigma_delta")
    fired = {name: float(s.double().sum()) / len(x) for name, s in found.spikes.items()}
    return counted_mj(model, x, lengths, rules), fired


def _of_steps(
    model: AbstractSpikingTransformer, x: Tensor, *, steps: int, rules: Rules
) -> EnergyRates:
    """Return one price for the spikes of all populations, from T and 2 T steps."""
    energies, totals = [], []
    names: list[str] = []
    for t in (steps, 2 * steps):
        with torch.no_grad():
            counts = count_operations(model, x, steps=t)
            found = model.count_spikes(x, steps=t)
        energies.append(price(counts, rules=rules).value_mj)
        totals.append(sum(float(s.double().sum()) for s in found.spikes.values()) / len(x))
        names = list(found.spikes)
    more = totals[1] - totals[0]
    rate = max(energies[1] - energies[0], 0.0) / more if more > 0 else 0.0
    return EnergyRates(rules, max(energies[0] - rate * totals[0], 0.0), dict.fromkeys(names, rate))
